"""What Chromium's console says. Source: `cors_error_string.cc` and the loader of Blink; verified against Chromium 156."""

from __future__ import annotations

from corsense.console.context import Context, reason_phrase, visible_error_status
from corsense.console.templates import Template
from corsense.fetch.errors import CorsError
from corsense.fetch.safelist import is_forbidden_request_header
from corsense.fetch.trace import Blocked, Failed, FailureReason
from corsense.url import is_loopback_host, parse_url

FRAME = Template("Access to {initiator} at '{url}' from origin '{origin}' has been blocked by CORS policy: {detail}")
REDIRECTED = Template(
    "Access to {initiator} at '{url}' (redirected from '{initial_url}') from origin '{origin}' has been"
    " blocked by CORS policy: {detail}"
)
SHORT_FRAME = Template("Access blocked by CORS policy: {detail}")

PREFLIGHT = "Response to preflight request doesn't pass access control check: "

HINT_FOR_FETCH = " Have the server send the header with a valid value."
HINT_FOR_XHR = " The credentials mode of requests initiated by the XMLHttpRequest is controlled by the withCredentials attribute."
OLD_HINTS = (
    " Have the server send the header with a valid value, or, if an opaque response serves your needs,"
    " set the request's mode to 'no-cors'"
    " to fetch the resource with CORS disabled.",
    " If an opaque response serves your needs, set the request's mode to 'no-cors' to fetch the resource with CORS disabled.",
    " The credentials mode of an XMLHttpRequest is controlled by the withCredentials attribute.",
)
"""Tails that versions until 2025 printed."""

INITIATORS = {
    "fetch": "fetch",
    "worker-fetch": "fetch",
    "xhr": "XMLHttpRequest",
    "eventsource": "resource",
    "beacon": "resource",
    "image": "image",
    "img": "image",
    "script": "script",
    "module": "script",
    "import": "script",
    "font": "font",
    "stylesheet": "CSS stylesheet",
    "css": "CSS stylesheet",
    "link": "CSS stylesheet",
    "video": "video",
    "audio": "audio",
    "track": "text track",
    "manifest": "manifest",
}
"""The word for each `FetchRequest.initiator`; any other is a `resource`."""

_MISSING = "No 'Access-Control-Allow-Origin' header is present on the requested resource."
_MISMATCH = "The 'Access-Control-Allow-Origin' header has a value '{value}' that is not equal to the supplied origin."
_WILDCARD = (
    "The value of the 'Access-Control-Allow-Origin' header in the response must not be the wildcard '*'"
    " when the request's credentials mode"
    " is 'include'."
)
_CREDENTIALS = (
    "The value of the 'Access-Control-Allow-Credentials' header in the response is '{value}' which must"
    " be 'true' when the request's"
    " credentials mode is 'include'."
)
_MULTIPLE = "The 'Access-Control-Allow-Origin' header contains multiple values '{value}', but only one is allowed."
_INVALID = "The 'Access-Control-Allow-Origin' header contains the invalid value '{value}'."
_EXPERIMENT = "(This is an experimental header which is defined in 'https://wicg.github.io/cors-rfc1918/')."
_PRIVATE = "in the preflight response for this private network request targeting the `{space}` address space"

DETAILS: dict[CorsError, Template] = {
    error: Template(text)
    for error, text in {
        CorsError.MissingAllowOriginHeader: _MISSING,
        CorsError.PreflightMissingAllowOriginHeader: PREFLIGHT + _MISSING,
        CorsError.WildcardOriginNotAllowed: _WILDCARD,
        CorsError.PreflightWildcardOriginNotAllowed: PREFLIGHT + _WILDCARD,
        CorsError.MultipleAllowOriginValues: _MULTIPLE,
        CorsError.PreflightMultipleAllowOriginValues: PREFLIGHT + _MULTIPLE,
        CorsError.InvalidAllowOriginValue: _INVALID,
        CorsError.PreflightInvalidAllowOriginValue: PREFLIGHT + _INVALID,
        CorsError.AllowOriginMismatch: _MISMATCH,
        CorsError.PreflightAllowOriginMismatch: PREFLIGHT + _MISMATCH,
        CorsError.InvalidAllowCredentials: _CREDENTIALS,
        CorsError.PreflightInvalidAllowCredentials: PREFLIGHT + _CREDENTIALS,
        CorsError.PreflightInvalidStatus: PREFLIGHT + "It does not have HTTP ok status.",
        CorsError.PreflightDisallowedRedirect: PREFLIGHT + "Redirect is not allowed for a preflight request.",
        CorsError.InvalidAllowMethodsPreflightResponse: (
            "Cannot parse Access-Control-Allow-Methods response header field in preflight response."
        ),
        CorsError.InvalidAllowHeadersPreflightResponse: (
            "Cannot parse Access-Control-Allow-Headers response header field in preflight response."
        ),
        CorsError.MethodDisallowedByPreflightResponse: (
            "Method {method} is not allowed by Access-Control-Allow-Methods in preflight response."
        ),
        CorsError.HeaderDisallowedByPreflightResponse: (
            "Request header field {header} is not allowed by Access-Control-Allow-Headers in preflight response."
        ),
        CorsError.RedirectContainsCredentials: (
            "Redirect location '{value}' contains a username and password, which is disallowed for cross-origin requests."
        ),
        CorsError.CorsDisabledScheme: "Cross origin requests are only supported for protocol schemes: {schemes}.",
        CorsError.DisallowedByMode: "Cross origin requests are not allowed by request mode.",
        CorsError.InvalidResponse: "The response is invalid.",
        CorsError.LocalNetworkAccessPermissionDenied: (
            "Permission was denied for this request to access the `{space}` address space."
        ),
        CorsError.PrivateNetworkAccessPermissionDenied: (
            "Permission was denied for this request to access the `{space}` address space."
        ),
        CorsError.PrivateNetworkAccessPermissionUnavailable: (
            "Unable to ask for permission to access the `{space}` IP address space."
        ),
        CorsError.InsecureLocalNetwork: (
            "The request client is not a secure context and the resource is in more-private address space `{space}`."
        ),
        CorsError.InvalidLocalNetworkAccess: (
            "Request had a target IP address space of `{target_space}` yet the resource is in address space `{space}`."
        ),
        CorsError.UnexpectedPrivateNetworkAccess: (
            "Request had no target IP address space, yet the resource is in address space `{space}`."
        ),
        CorsError.PreflightMissingAllowPrivateNetwork: (
            f"No 'Access-Control-Allow-Private-Network' header was present {_PRIVATE}."
        ),
        CorsError.PreflightInvalidAllowPrivateNetwork: (
            f"The 'Access-Control-Allow-Private-Network' header {_PRIVATE} had a value of '{{value}}',  not 'true'."
        ),
        CorsError.PreflightMissingPrivateNetworkAccessId: f"No 'Private-Network-Access-Id' header was present {_PRIVATE}.",
        CorsError.PreflightMissingPrivateNetworkAccessName: f"No 'Private-Network-Access-Name' header was present {_PRIVATE}.",
        CorsError.PreflightMissingAllowExternal: (
            f"{PREFLIGHT}No 'Access-Control-Allow-External' header was present in the preflight response for this"
            f" external request {_EXPERIMENT}"
        ),
        CorsError.PreflightInvalidAllowExternal: (
            f"{PREFLIGHT}The 'Access-Control-Allow-External' header in the preflight response for this external"
            f" request had a value of"
            f" '{{value}}',  not 'true' {_EXPERIMENT}"
        ),
    }.items()
}
"""What follows the frame, for each error that has a frame."""

_HINTED_FOR_FETCH = frozenset(
    {
        CorsError.AllowOriginMismatch,
        CorsError.PreflightAllowOriginMismatch,
        CorsError.MultipleAllowOriginValues,
        CorsError.PreflightMultipleAllowOriginValues,
        CorsError.InvalidAllowOriginValue,
        CorsError.PreflightInvalidAllowOriginValue,
    }
)
_HINTED_FOR_XHR = frozenset(
    {
        CorsError.WildcardOriginNotAllowed,
        CorsError.PreflightWildcardOriginNotAllowed,
        CorsError.InvalidAllowCredentials,
        CorsError.PreflightInvalidAllowCredentials,
    }
)
_SCHEMES = "chrome, chrome-experimental-site-token-provider, chrome-extension, chrome-untrusted, data, http, https, isolated-app"

UNSUPPORTED_SCHEME = Template('Fetch API cannot load {url}. URL scheme "{protocol}" is not supported.')
SAME_ORIGIN_MODE = Template(
    'Fetch API cannot load {url}. Request mode is "same-origin" but the URL\'s origin is not same as the request origin {origin}.'
)
UNSAFE_ATTEMPT = Template(
    "Unsafe attempt to load URL {url} from frame with URL {page_url}. Domains, protocols and ports must match.\n"
)
NO_CORS_REDIRECT = Template('Fetch API cannot load {url}. Request mode is "no-cors" but the redirect mode is not "follow".')
STATUS = Template("Failed to load resource: the server responded with a status of {status} ({status_text})")
NET_ERROR = Template("Failed to load resource: net::{net_error}")
MIXED_CONTENT = Template(
    "Mixed Content: The page at '{page_url}' was loaded over HTTPS, but requested an insecure {resource_kind} '{url}'."
    " This request has been blocked; the content must be served over HTTPS."
)
EVENT_STREAM_TYPE = Template(
    'EventSource\'s response has a MIME type ("{mime_type}") that is not "text/event-stream". Aborting the connection.'
)
MODULE_TYPE = Template(
    "Failed to load module script: Expected a JavaScript-or-Wasm module script but the server responded with a MIME type of"
    ' "{mime_type}". Strict MIME type checking is enforced for module scripts per HTML spec.'
)
UNSAFE_HEADER = Template('Refused to set unsafe header "{header}"')

NET_ERRORS: dict[str, str] = {
    FailureReason.CONNECTION_REFUSED: "ERR_CONNECTION_REFUSED",
    FailureReason.CONNECTION_RESET: "ERR_CONNECTION_RESET",
    FailureReason.CONNECTION_CLOSED: "ERR_EMPTY_RESPONSE",
    FailureReason.NAME_NOT_RESOLVED: "ERR_NAME_NOT_RESOLVED",
    FailureReason.TLS: "ERR_SSL_PROTOCOL_ERROR",
    FailureReason.TIMEOUT: "ERR_TIMED_OUT",
    FailureReason.INVALID_HTTP: "ERR_INVALID_HTTP_RESPONSE",
    FailureReason.BAD_PORT: "ERR_UNSAFE_PORT",
    FailureReason.TOO_MANY_REDIRECTS: "ERR_TOO_MANY_REDIRECTS",
    FailureReason.INVALID_REDIRECT: "ERR_INVALID_REDIRECT",
    FailureReason.UNSAFE_REDIRECT: "ERR_UNSAFE_REDIRECT",
    FailureReason.PROXY_AUTH: "ERR_UNEXPECTED_PROXY_AUTH",
    FailureReason.STREAM_NEEDS_HTTP2: "ERR_ALPN_NEGOTIATION_FAILED",
}
"""The name of the network error for each reason; any other failure is `ERR_FAILED`."""


def lines(console_context: Context) -> list[str]:
    """The lines that Chromium's console shows for a fetch, in order."""
    outcome = console_context.trace.outcome
    printed = unsafe_headers(console_context)
    if isinstance(outcome, Blocked):
        return printed + _blocked(console_context, outcome)
    if isinstance(outcome, Failed):
        return printed + _failed(console_context, outcome)
    if console_context.refused_type is not None:
        template = EVENT_STREAM_TYPE if console_context.initiator == "eventsource" else MODULE_TYPE
        printed.append(template.format(mime_type=console_context.refused_type))
    return printed + error_status(console_context)


def error_status(console_context: Context) -> list[str]:
    """The line for an answer with an error status that the page still got."""
    status = visible_error_status(console_context)
    return [] if status is None else [STATUS.format(status=str(status), status_text=reason_phrase(status))]


def unsafe_headers(console_context: Context) -> list[str]:
    """The complaints about headers that an XMLHttpRequest may not set."""
    if console_context.initiator != "xhr":
        return []
    forbidden = [name for name, value in console_context.trace.request.headers if is_forbidden_request_header(name, value)]
    return [UNSAFE_HEADER.format(header=name) for name in forbidden]


def hint(error: CorsError, initiator: str) -> str:
    """The advice that Chromium adds to the reason, empty where it adds none. `initiator` is the word of the frame."""
    if error in _HINTED_FOR_FETCH and initiator == "fetch":
        return HINT_FOR_FETCH
    if error in _HINTED_FOR_XHR and initiator == "XMLHttpRequest":
        return HINT_FOR_XHR
    return ""


def _blocked(console_context: Context, outcome: Blocked) -> list[str]:
    error = outcome.error
    if error is CorsError.DisallowedByMode and console_context.initiator == "fetch":
        if console_context.location is not None or console_context.redirected:
            return [UNSAFE_ATTEMPT.format(url=console_context.refused_url, page_url=console_context.page)]
        return [SAME_ORIGIN_MODE.format(url=console_context.refused_url, origin=console_context.origin)]
    if error is CorsError.NoCorsRedirectModeNotFollow:
        return [NO_CORS_REDIRECT.format(url=console_context.refused_url)]
    initiator = INITIATORS.get(console_context.initiator, "resource")
    leads_away = console_context.refused_unsent or (
        error is CorsError.CorsDisabledScheme and console_context.location is not None
    )
    url = console_context.location.href if leads_away and console_context.location else console_context.url
    frame = REDIRECTED if console_context.redirected or leads_away else FRAME
    detail = _detail(console_context, outcome, url) + hint(error, initiator)
    line = frame.format(
        initiator=initiator, url=url, initial_url=console_context.first_url, origin=console_context.origin, detail=detail
    )
    return [line, NET_ERROR.format(net_error="ERR_FAILED")]


def _detail(console_context: Context, outcome: Blocked, url: str) -> str:
    parameter = outcome.parameter or ""
    value = parameter
    if outcome.error.endswith("InvalidAllowCredentials"):
        value = console_context.header("access-control-allow-credentials")
    elif outcome.error in _HINTED_FOR_FETCH:
        value = console_context.header("access-control-allow-origin")
    space = _address_space(url)
    return DETAILS[outcome.error].format(
        value=_escaped(value), method=parameter, header=parameter, schemes=_SCHEMES, space=space, target_space=space
    )


def _escaped(value: str) -> str:
    """A header value as Chromium shows it: what is not ASCII as `\\u00A0`."""
    return value if value.isascii() else "".join(char if char.isascii() else f"\\u{ord(char):04X}" for char in value)


def _failed(console_context: Context, outcome: Failed) -> list[str]:
    reason = outcome.reason
    if reason == FailureReason.INVALID_REQUEST:
        return []
    if reason == FailureReason.MIXED_CONTENT:
        return [_mixed_content(console_context)]
    if reason == FailureReason.URL_SCHEME:
        return _unsupported_scheme(console_context)
    if reason == FailureReason.UNSAFE_REDIRECT and console_context.location is not None and console_context.location.is_http:
        return []  # a redirect to a URL with userinfo, no-cors or within one origin: refused silently
    if reason == FailureReason.CORP:
        name = "NotSameOrigin" if outcome.detail == "same-origin" else "NotSameSite"
        return [NET_ERROR.format(net_error=f"ERR_BLOCKED_BY_RESPONSE.{name}")]
    return [NET_ERROR.format(net_error=NET_ERRORS.get(reason, "ERR_FAILED"))]


def _mixed_content(console_context: Context) -> str:
    kind = {"xhr": "XMLHttpRequest endpoint", "eventsource": "EventSource endpoint"}.get(console_context.initiator, "resource")
    return MIXED_CONTENT.format(page_url=console_context.page, resource_kind=kind, url=console_context.refused_url)


def _unsupported_scheme(console_context: Context) -> list[str]:
    parsed = parse_url(console_context.refused_url)
    if console_context.initiator == "fetch":
        return [UNSUPPORTED_SCHEME.format(url=console_context.refused_url, protocol=parsed.scheme if parsed else "")]
    initiator = INITIATORS.get(console_context.initiator, "resource")
    detail = DETAILS[CorsError.CorsDisabledScheme].format(schemes=_SCHEMES)
    line = FRAME.format(initiator=initiator, url=console_context.refused_url, origin=console_context.origin, detail=detail)
    return [line, NET_ERROR.format(net_error="ERR_FAILED")]


def _address_space(url: str) -> str:
    parsed = parse_url(url)
    return "loopback" if parsed is None or is_loopback_host(parsed.host) else "local"
