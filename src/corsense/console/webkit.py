"""What WebKit's console says. Source: `CrossOriginAccessControl.cpp` and WebKit's loaders; verified against WebKitGTK 2.50."""

from __future__ import annotations

from corsense.console.chromium import EVENT_STREAM_TYPE, error_status, unsafe_headers
from corsense.console.context import Context, is_network_failure
from corsense.console.firefox import as_utf8
from corsense.console.templates import Template
from corsense.fetch.errors import CorsError
from corsense.fetch.trace import Blocked, Failed, FailureReason
from corsense.url import is_loopback_host, parse_url

NOT_ALLOWED = Template("Origin {origin} is not allowed by Access-Control-Allow-Origin. Status code: {status}")
MULTIPLE = Template("Access-Control-Allow-Origin cannot contain more than one origin.")
WILDCARD = Template("Cannot use wildcard in Access-Control-Allow-Origin when credentials flag is true.")
CREDENTIALS = Template('Credentials flag is true, but Access-Control-Allow-Credentials is not "true".')
PREFLIGHT_STATUS = Template("Preflight response is not successful. Status code: {status}")
METHOD = Template("Method {method} is not allowed by Access-Control-Allow-Methods.")
HEADER = Template("Request header field {header} is not allowed by Access-Control-Allow-Headers.")
INVALID_METHODS = Template("Header Access-Control-Allow-Methods has an invalid value: {value}")
INVALID_HEADERS = Template("Header Access-Control-Allow-Headers has an invalid value: {value}")
REDIRECT_DENIED = Template("Cross-origin redirection to {url} denied by Cross-Origin Resource Sharing policy: {reason}")
REDIRECT_HAS_CREDENTIALS = Template("redirection URL {url} has credentials")
REDIRECT_SCHEME = Template("not allowed to follow a cross-origin CORS redirection with non CORS scheme")
REDIRECT_REFUSED = Template("Not allowed to follow a redirection while loading {url}")
TOO_MANY_REDIRECTS = Template("Load cannot follow more than 20 redirections")
HTTP_ONLY = Template("Cross origin requests are only supported for HTTP.")
MODULE_TYPE = Template("TypeError: '{mime_type}' is not a valid JavaScript MIME type.")
FTP_DISABLED = Template("FTP URLs are disabled")
RESTRICTED_PORT = Template("Not allowed to use restricted network port {port}: {url}")
RESOURCE_POLICY = Template(
    "Cancelled load to {url} because it violates the resource's Cross-Origin-Resource-Policy response header."
)

WRAPPERS = {
    "fetch": Template("Fetch API cannot load {url} due to access control checks."),
    "xhr": Template("XMLHttpRequest cannot load {url} due to access control checks."),
    "eventsource": Template("EventSource cannot load {url} due to access control checks."),
    "image": Template("Cannot load image {url} due to access control checks."),
    "img": Template("Cannot load image {url} due to access control checks."),
}
"""The line that names the URL, by `FetchRequest.initiator`; the others have none."""
BEACON = Template("Beacon API cannot load {url}. {reason}")
SCRIPT_DENIED = Template("Cross-origin script load denied by Cross-Origin Resource Sharing policy.")
SAME_ORIGIN_MODE = Template("Fetch API cannot load {url}.")
NO_CORS_REDIRECT = Template("No-Cors mode requires follow redirect mode")
FAILED = Template("Failed to load resource: {detail}")
MIXED_CONTENT = Template(
    "[blocked] The page at {page_url} requested insecure content from {url}. This content was blocked and"
    " must be served over HTTPS.\n"
)
MIXED_CONTENT_ON_LOOPBACK = Template(  # cut off by WebKit itself
    "[blocked] The page at {page_url} requested insecure content from {url}. This content was blocked and must\n"
)
NOT_ALLOWED_TO_REQUEST = Template("Not allowed to request resource")
REDIRECT_NOT_ALLOWED = Template("Redirect was not allowed")

_NETWORK: dict[str, Template] = {
    FailureReason.CONNECTION_REFUSED: Template("Could not connect to {host}: Connection refused"),
    FailureReason.CONNECTION_RESET: Template("Error receiving data: Connection reset by peer"),
    FailureReason.CONNECTION_CLOSED: Template("Connection terminated unexpectedly"),
    FailureReason.NAME_NOT_RESOLVED: Template("Error resolving “{host}”: Temporary failure in name resolution"),
    FailureReason.TLS: Template("Error performing TLS handshake: An unexpected TLS packet was received."),
    FailureReason.TIMEOUT: Template("Socket I/O timed out"),
    FailureReason.INVALID_HTTP: Template("Could not parse HTTP response"),
}

_STANDARD_SPELLINGS = {
    name.lower(): name
    for name in (
        "Accept", "Accept-Charset", "Accept-Encoding", "Accept-Language", "Authorization", "Cache-Control",
        "Content-Disposition", "Content-Encoding", "Content-Language", "Content-Length", "Content-Location", "Content-Range",
        "Content-Type", "DPR", "Date", "Device-Memory", "Downlink", "ECT", "ETag", "Expires", "Host", "If-Match",
        "If-Modified-Since", "If-None-Match", "If-Range", "If-Unmodified-Since", "Keep-Alive", "Last-Event-ID", "Last-Modified",
        "Link", "Location", "Origin", "Ping-From", "Ping-To", "Pragma", "Priority", "Proxy-Authorization", "Purpose", "RTT",
        "Range", "Referer", "Referrer-Policy", "Refresh", "Save-Data", "Service-Worker", "Transfer-Encoding", "Upgrade",
        "Upgrade-Insecure-Requests", "User-Agent", "Vary", "Via", "Viewport-Width", "Width",
    )
}  # fmt: skip
"""Header names that WebKit knows are printed as the standards spell them, all others as the script did."""


def lines(console_context: Context) -> list[str]:
    """The lines that WebKit's console shows for a fetch, in order."""
    outcome = console_context.trace.outcome
    printed = unsafe_headers(console_context)
    if isinstance(outcome, Blocked):
        return printed + _blocked(console_context, outcome)
    if isinstance(outcome, Failed):
        return printed + _failed(console_context, outcome)
    if console_context.refused_type is not None:
        template = EVENT_STREAM_TYPE if console_context.initiator == "eventsource" else MODULE_TYPE
        printed.append(template.format(mime_type=console_context.refused_type))
    # An EventSource gives up an answer with an error status before WebKit reports anything.
    return printed if console_context.initiator == "eventsource" else printed + error_status(console_context)


def _blocked(console_context: Context, outcome: Blocked) -> list[str]:
    if outcome.error is CorsError.DisallowedByMode:
        return [SAME_ORIGIN_MODE.format(url=console_context.refused_url)] if console_context.initiator == "fetch" else []
    if outcome.error is CorsError.NoCorsRedirectModeNotFollow:
        return [NO_CORS_REDIRECT.format(), NOT_ALLOWED_TO_REQUEST.format(), *_wrapped(console_context, "")]
    reason = _reason(console_context, outcome)
    return _three_lines(console_context, reason) if reason else []


def _three_lines(console_context: Context, reason: str) -> list[str]:
    wrapped = _wrapped(console_context, reason)
    if console_context.initiator == "font":
        return []  # WebKit loads fonts without CORS
    if (console_context.started_same_origin and not console_context.redirected) or console_context.initiator == "script":
        return [reason, FAILED.format(detail=reason), *wrapped]
    return [reason, *wrapped, FAILED.format(detail=reason)]


def _wrapped(console_context: Context, reason: str, url: str | None = None) -> list[str]:
    if console_context.initiator == "beacon":
        return [BEACON.format(url=console_context.url, reason=reason)]
    if console_context.initiator == "script":
        return [SCRIPT_DENIED.format()]
    wrapper = WRAPPERS.get(console_context.initiator)
    return [wrapper.format(url=console_context.url if url is None else url)] if wrapper else []


def _reason(console_context: Context, outcome: Blocked) -> str | None:
    error = outcome.error
    target = console_context.location
    if error is CorsError.CorsDisabledScheme and target is not None and target.scheme == "ftp":
        return FTP_DISABLED.format()
    if error is CorsError.CorsDisabledScheme:
        return _denied_redirect(console_context, REDIRECT_SCHEME.format())
    if error is CorsError.RedirectContainsCredentials and target is not None:
        return _denied_redirect(console_context, REDIRECT_HAS_CREDENTIALS.format(url=target.href))
    reason = _check_reason(console_context, outcome)
    if reason is not None and not console_context.is_preflight and console_context.raw_location is not None:
        return _denied_redirect(console_context, reason)
    return reason


def _denied_redirect(console_context: Context, reason: str) -> str:
    target = console_context.location
    url = (target.request_url + (target.fragment or console_context.fragment)) if target else console_context.raw_location or ""
    return REDIRECT_DENIED.format(url=url, reason=reason)


def _check_reason(console_context: Context, outcome: Blocked) -> str | None:
    match outcome.error.removeprefix("Preflight"):
        case "MissingAllowOriginHeader" | "AllowOriginMismatch" | "InvalidAllowOriginValue" | "MultipleAllowOriginValues":
            if "," in console_context.header("access-control-allow-origin"):
                return MULTIPLE.format()
            return NOT_ALLOWED.format(origin=console_context.sent_origin, status=str(console_context.status))
        case "WildcardOriginNotAllowed":
            return WILDCARD.format()
        case "InvalidAllowCredentials":
            return CREDENTIALS.format()
        case "InvalidStatus" | "DisallowedRedirect":
            return PREFLIGHT_STATUS.format(status=str(console_context.status))
        case "MethodDisallowedByPreflightResponse":
            return METHOD.format(method=outcome.parameter or "")
        case "HeaderDisallowedByPreflightResponse":
            return HEADER.format(header=_spelling(console_context, outcome.parameter or ""))
        case "InvalidAllowMethodsPreflightResponse":
            return INVALID_METHODS.format(value=_as_shown(console_context.header("access-control-allow-methods")))
        case "InvalidAllowHeadersPreflightResponse":
            return INVALID_HEADERS.format(value=_as_shown(console_context.header("access-control-allow-headers")))
        case _:
            return None


def _spelling(console_context: Context, name: str) -> str:
    known = _STANDARD_SPELLINGS.get(name.lower())
    if known is not None:
        return known
    return next((written for written, _ in console_context.trace.request.headers if written.lower() == name.lower()), name)


def _as_shown(value: str) -> str:
    """A header value as WebKit shows it: what is not UTF-8 becomes U+FFFD, whose bytes are then shown one by one."""
    return value if value.isascii() else as_utf8(value).encode().decode("latin-1")


def _failed(console_context: Context, outcome: Failed) -> list[str]:
    reason = outcome.reason
    if reason == FailureReason.INVALID_REQUEST:
        return []
    if reason == FailureReason.MIXED_CONTENT:
        return _mixed_content(console_context)
    if reason == FailureReason.URL_SCHEME:
        return [HTTP_ONLY.format(), *_wrapped(console_context, HTTP_ONLY.format())]
    if reason == FailureReason.BAD_PORT:
        port = outcome.detail.removeprefix("port ") if outcome.detail else ""
        return [RESTRICTED_PORT.format(port=port, url=console_context.refused_url), *_wrapped(console_context, "")]
    refused = _refused_by_the_browser(console_context, reason)
    if refused is not None and reason == FailureReason.REDIRECT_REFUSED:
        return [refused, *_wrapped(console_context, refused), FAILED.format(detail=refused)]
    if refused is not None:
        return _three_lines(console_context, refused)
    text = _network_text(console_context, outcome)
    return _three_lines(console_context, text) if console_context.is_preflight else [FAILED.format(detail=text)]


def _refused_by_the_browser(console_context: Context, reason: str) -> str | None:
    match reason:
        case FailureReason.INVALID_REDIRECT | FailureReason.UNSAFE_REDIRECT:
            return _denied_redirect(console_context, REDIRECT_SCHEME.format())
        case FailureReason.REDIRECT_REFUSED:
            return REDIRECT_REFUSED.format(url=console_context.url)
        case FailureReason.TOO_MANY_REDIRECTS:
            return TOO_MANY_REDIRECTS.format()
        case FailureReason.CORP:
            return RESOURCE_POLICY.format(url=console_context.url)
        case _:
            return None


def _network_text(console_context: Context, outcome: Failed) -> str:
    template = _NETWORK.get(outcome.reason)
    if template is None:
        return outcome.detail or outcome.reason if is_network_failure(outcome.reason) else outcome.reason
    parsed = parse_url(console_context.url)
    return template.format(host=parsed.host.strip("[]") if parsed else "")


def _mixed_content(console_context: Context) -> list[str]:
    url = console_context.refused_url
    template = MIXED_CONTENT if _has_a_name(url) else MIXED_CONTENT_ON_LOOPBACK
    blocked = template.format(page_url=console_context.page, url=url)
    if console_context.refused_unsent:
        return [
            blocked,
            FAILED.format(detail=REDIRECT_NOT_ALLOWED.format()),
            *_wrapped(console_context, "", _redirecting_url(console_context)),
        ]
    return [blocked, NOT_ALLOWED_TO_REQUEST.format(), *_wrapped(console_context, "")]


def _redirecting_url(console_context: Context) -> str:
    """The URL whose answer redirected; a preflight of the target may have come after it."""
    exchanges = console_context.trace.exchanges
    actual = [exchange.request.url for exchange in exchanges if not exchange.request.preflight]
    if not exchanges or not exchanges[-1].request.preflight or not actual:
        return console_context.url
    return actual[-1] + console_context.fragment if len(actual) > 1 else console_context.first_url


def _has_a_name(url: str) -> bool:
    parsed = parse_url(url)
    return parsed is None or not is_loopback_host(parsed.host)
