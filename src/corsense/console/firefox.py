"""What Firefox's console says. Source: `security.properties` and `nsCORSListenerProxy.cpp`; verified against Firefox 153."""

from __future__ import annotations

from itertools import pairwise

from corsense.console.context import Context
from corsense.console.templates import Template
from corsense.fetch.check import read_allow_origin
from corsense.fetch.engines import ENGINES
from corsense.fetch.errors import CorsError
from corsense.fetch.safelist import is_forbidden_request_header
from corsense.fetch.trace import Blocked, Failed, FailureReason
from corsense.fetch.wire import WireResponse

FRAME = Template(
    "Cross-Origin Request Blocked: The Same Origin Policy disallows reading the remote resource at {url}. (Reason: {reason})."
)
QUOTED_FRAME = Template(
    "Cross-Origin Request Blocked: The Same Origin Policy disallows reading the remote resource at ‘{url}’. (Reason: {reason})."
)
"""Only `CORSNotSupportingCredentials` puts the URL between quotes."""
STATUS_TAIL = Template(" Status code: {status}.")

REASONS: dict[str, Template] = {
    "CORSMissingAllowOrigin2": Template("CORS header ‘Access-Control-Allow-Origin’ missing"),
    "CORSDidNotSucceed2": Template("CORS request did not succeed"),
    "CORSAllowOriginNotMatchingOrigin": Template("CORS header ‘Access-Control-Allow-Origin’ does not match ‘{value}’"),
    "CORSMultipleAllowOriginNotAllowed": Template("Multiple CORS header ‘Access-Control-Allow-Origin’ not allowed"),
    "CORSNotSupportingCredentials": Template(
        "Credential is not supported if the CORS header ‘Access-Control-Allow-Origin’ is ‘*’"
    ),
    "CORSMissingAllowCredentials": Template("expected ‘true’ in CORS header ‘Access-Control-Allow-Credentials’"),
    "CORSPreflightDidNotSucceed3": Template("CORS preflight response did not succeed"),
    "CORSMethodNotFound": Template("Did not find method in CORS header ‘Access-Control-Allow-Methods’"),
    "CORSMissingAllowHeaderFromPreflight2": Template(
        "header ‘{header}’ is not allowed according to header ‘Access-Control-Allow-Headers’ from CORS preflight response"
    ),
    "CORSInvalidAllowMethod": Template("invalid token ‘{token}’ in CORS header ‘Access-Control-Allow-Methods’"),
    "CORSInvalidAllowHeader": Template("invalid token ‘{token}’ in CORS header ‘Access-Control-Allow-Headers’"),
    "CORSExternalRedirectNotAllowed": Template("CORS request external redirect not allowed"),
    "CORSRequestNotHttp": Template("CORS request not http"),
    "CORSDisabled": Template("CORS disabled"),
    "CORSOriginHeaderNotAdded": Template("CORS header ‘Origin’ cannot be added"),
}
"""The reason for each key of Firefox's string table."""

WITH_STATUS = frozenset({"CORSMissingAllowOrigin2", "CORSDidNotSucceed2", "CORSPreflightDidNotSucceed3"})
"""The keys whose sentence ends with a status code."""

AUTHORIZATION_WARNING = Template(
    "Cross-Origin Request Warning: The Same Origin Policy will disallow reading the remote resource at"
    " {url} soon. (Reason: When the"
    " `Access-Control-Allow-Headers` is `*`, the `Authorization` header is not covered. To include the"
    " `Authorization` header, it must be"
    " explicitly listed in CORS header `Access-Control-Allow-Headers`)."
)
MIXED_CONTENT = Template("Blocked loading mixed active content “{url}”")
SAME_ORIGIN_MODE = Template("Security Error: Content at {page_url} may not load data from {url}.")
UNSAFE_HEADER = Template("Attempt to set a forbidden header was denied: {header}")
DATA_REDIRECT = Template("Redirecting to data: URI not allowed (Blocked loading of: “{url}”)")
NO_CONNECTION = Template("Firefox can’t establish a connection to the server at {url}.")
SCRIPT_REFUSED = Template("<script> source URI is not allowed in this document: “{url}”.")
MODULE_REFUSED = Template("Module source URI is not allowed in this document: “{url}”.")
MODULE_TYPE = Template("Loading module from “{url}” was blocked because of a disallowed MIME type (“{mime_type}”).")
RESOURCE_POLICY = Template(
    "The resource at “{url}” was blocked due to its Cross-Origin-Resource-Policy header (or lack thereof). See {help_url}"
)
_RESOURCE_POLICY_HELP = "https://developer.mozilla.org/docs/Web/HTTP/Cross-Origin_Resource_Policy_(CORP)#"

_KEYS = {
    CorsError.MissingAllowOriginHeader: "CORSMissingAllowOrigin2",
    CorsError.AllowOriginMismatch: "CORSAllowOriginNotMatchingOrigin",
    CorsError.InvalidAllowOriginValue: "CORSAllowOriginNotMatchingOrigin",
    CorsError.WildcardOriginNotAllowed: "CORSNotSupportingCredentials",
    CorsError.InvalidAllowCredentials: "CORSMissingAllowCredentials",
    CorsError.PreflightMissingAllowOriginHeader: "CORSMissingAllowOrigin2",
    CorsError.PreflightAllowOriginMismatch: "CORSAllowOriginNotMatchingOrigin",
    CorsError.PreflightInvalidAllowOriginValue: "CORSAllowOriginNotMatchingOrigin",
    CorsError.PreflightWildcardOriginNotAllowed: "CORSNotSupportingCredentials",
    CorsError.PreflightInvalidAllowCredentials: "CORSMissingAllowCredentials",
    CorsError.PreflightInvalidStatus: "CORSPreflightDidNotSucceed3",
    CorsError.PreflightDisallowedRedirect: "CORSExternalRedirectNotAllowed",
    CorsError.MethodDisallowedByPreflightResponse: "CORSMethodNotFound",
    CorsError.HeaderDisallowedByPreflightResponse: "CORSMissingAllowHeaderFromPreflight2",
    CorsError.InvalidAllowMethodsPreflightResponse: "CORSInvalidAllowMethod",
    CorsError.InvalidAllowHeadersPreflightResponse: "CORSInvalidAllowHeader",
    CorsError.CorsDisabledScheme: "CORSRequestNotHttp",
}
_MULTIPLE = (CorsError.MultipleAllowOriginValues, CorsError.PreflightMultipleAllowOriginValues)


def lines(console_context: Context) -> list[str]:
    """The lines that Firefox's console shows for a fetch, in order."""
    outcome = console_context.trace.outcome
    printed = _before(console_context)
    if isinstance(outcome, Blocked):
        return printed + _blocked(console_context, outcome) + _after(console_context)
    if isinstance(outcome, Failed):
        return printed + _failed(console_context, outcome) + _after(console_context)
    if console_context.initiator == "eventsource" and (console_context.refused_type is not None or console_context.status != 200):
        return printed + _after(console_context)
    if console_context.refused_type is not None:
        refused = MODULE_TYPE.format(url=console_context.url, mime_type=console_context.refused_type)
        return [*printed, refused, _did_not_succeed(console_context.url), *_after(console_context)]
    return printed


def sentence(key: str, url: str, *, status: str = "", **values: str) -> str:
    """The sentence for a key of the string table, status code and all."""
    frame = QUOTED_FRAME if key == "CORSNotSupportingCredentials" else FRAME
    line = frame.format(url=url, reason=REASONS[key].format(**values))
    return line + STATUS_TAIL.format(status=status) if key in WITH_STATUS else line


def _before(console_context: Context) -> list[str]:
    printed = []
    if console_context.initiator == "xhr":
        forbidden = [name for name, value in console_context.trace.request.headers if is_forbidden_request_header(name, value)]
        printed += [UNSAFE_HEADER.format(header=name) for name in forbidden]
    preflights = [exchange.request.url for exchange in console_context.trace.exchanges if exchange.request.preflight]
    if "authorization-covered-by-wildcard" in console_context.trace.notes and preflights:
        printed.append(AUTHORIZATION_WARNING.format(url=preflights[0]))
    return printed


def _after(console_context: Context) -> list[str]:
    """What the element or object adds that had asked for the resource."""
    match console_context.initiator:
        case "eventsource":
            return [NO_CONNECTION.format(url=_event_source_url(console_context))]
        case "script":
            return [SCRIPT_REFUSED.format(url=console_context.first_url)]
        case "module" | "import":
            return [MODULE_REFUSED.format(url=console_context.first_url)]
        case _:
            return []


def _event_source_url(console_context: Context) -> str:
    """The URL that an EventSource will connect to again: the one it was given, until a redirect is permanent."""
    url = console_context.first_url
    for index, (before, after) in enumerate(pairwise(console_context.trace.exchanges), 1):
        answer = before.response
        if isinstance(answer, WireResponse) and answer.status in (301, 308) and answer.header("location") is not None:
            url = after.request.url + console_context.fragment_at(index)
    return url


def _blocked(console_context: Context, outcome: Blocked) -> list[str]:
    error = outcome.error
    if error is CorsError.DisallowedByMode:
        return [SAME_ORIGIN_MODE.format(page_url=console_context.page, url=console_context.refused_url)]
    failed = _did_not_succeed(console_context.url)
    if error is CorsError.RedirectContainsCredentials:
        return [failed]
    key = _key(console_context, error)
    if key is None:
        return []
    redirects = console_context.raw_location is not None and console_context.trace.request.redirect == "follow"
    if key == "CORSExternalRedirectNotAllowed" and not redirects:
        key = "CORSPreflightDidNotSucceed3"
    url = console_context.location.href if key == "CORSRequestNotHttp" and console_context.location else console_context.url
    line = sentence(key, url, status=str(console_context.status), **_values(console_context, outcome))
    if not console_context.is_preflight:
        return [line, failed] if redirects else [line]
    if key == "CORSExternalRedirectNotAllowed":
        return [line, sentence("CORSPreflightDidNotSucceed3", url, status=str(console_context.status)), failed]
    return [line, failed, failed] if redirects else [line, failed]


def _key(console_context: Context, error: CorsError) -> str | None:
    if error not in _MULTIPLE:
        return _KEYS.get(error)
    # Firefox counts repeated lines only where they are spelled as the standard spells the name.
    response = console_context.response
    repeated = [name for name, _ in response.headers if name == "Access-Control-Allow-Origin"] if response else []
    return "CORSMultipleAllowOriginNotAllowed" if len(repeated) > 1 else "CORSAllowOriginNotMatchingOrigin"


def _values(console_context: Context, outcome: Blocked) -> dict[str, str]:
    token = outcome.parameter or ""
    if outcome.error is CorsError.InvalidAllowMethodsPreflightResponse:
        token = _first_bad_token(console_context.header("access-control-allow-methods"))
    elif outcome.error is CorsError.InvalidAllowHeadersPreflightResponse:
        token = _first_bad_token(console_context.header("access-control-allow-headers"))
    return {
        "value": as_utf8(
            (read_allow_origin(console_context.response, ENGINES["firefox"]) if console_context.response else None) or ""
        ),
        "header": outcome.parameter or "",
        "token": as_utf8(token),
    }


def _first_bad_token(value: str) -> str:
    from corsense.fetch.safelist import is_token

    members = [member.strip(" \t") for member in value.split(",")]
    return next((member for member in members if member and not is_token(member)), value)


def as_utf8(value: str) -> str:
    """A header value as Firefox shows it: its bytes read as UTF-8, with U+FFFD for what is not UTF-8."""
    return value.encode("latin-1", "replace").decode("utf-8", "replace")


def _failed(console_context: Context, outcome: Failed) -> list[str]:
    reason = outcome.reason
    if reason == FailureReason.INVALID_REQUEST:
        return []
    if reason == FailureReason.MIXED_CONTENT:
        blocked = MIXED_CONTENT.format(url=console_context.refused_url)
        return (
            [blocked, _did_not_succeed(console_context.url)]
            if console_context.refused_unsent and console_context.is_cors
            else [blocked]
        )
    if reason == FailureReason.CORP:
        return [RESOURCE_POLICY.format(url=console_context.url, help_url=_RESOURCE_POLICY_HELP)]
    if not console_context.is_cors or (reason == FailureReason.REDIRECT_REFUSED and console_context.raw_location is not None):
        return []
    if reason == FailureReason.URL_SCHEME:
        return [sentence("CORSRequestNotHttp", console_context.refused_url)]
    failed = _did_not_succeed(console_context.url)
    if reason == FailureReason.INVALID_HTTP:  # treated as an answer of HTTP/0.9, which has a body and no headers
        missing = sentence("CORSMissingAllowOrigin2", console_context.url, status="200")
        return [missing, failed] if console_context.is_preflight else [missing]
    if reason == FailureReason.UNSAFE_REDIRECT and console_context.location and console_context.location.scheme == "data":
        return [failed, DATA_REDIRECT.format(url=console_context.location.href)]
    return [failed, failed] if console_context.is_preflight else [failed]


def _did_not_succeed(url: str) -> str:
    return sentence("CORSDidNotSucceed2", url, status="(null)")
