"""What Firefox's console says. Source: `security.properties` and `nsCORSListenerProxy.cpp`; verified against Firefox 153."""

from __future__ import annotations

from itertools import pairwise

from corsense.fetch.check import read_allow_origin
from corsense.fetch.engines import ENGINES
from corsense.fetch.errors import CorsError
from corsense.fetch.safelist import is_forbidden_request_header
from corsense.fetch.trace import Blocked, Failed, FailureReason
from corsense.fetch.wire import WireResponse
from corsense.fetch.wording.story import Story
from corsense.fetch.wording.templates import Template

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


def lines(story: Story) -> list[str]:
    """The lines that Firefox's console shows for a fetch, in order."""
    outcome = story.trace.outcome
    printed = _before(story)
    if isinstance(outcome, Blocked):
        return printed + _blocked(story, outcome) + _after(story)
    if isinstance(outcome, Failed):
        return printed + _failed(story, outcome) + _after(story)
    if story.initiator == "eventsource" and (story.refused_type is not None or story.status != 200):
        return printed + _after(story)
    if story.refused_type is not None:
        refused = MODULE_TYPE.format(url=story.url, mime_type=story.refused_type)
        return [*printed, refused, _did_not_succeed(story.url), *_after(story)]
    return printed


def sentence(key: str, url: str, *, status: str = "", **values: str) -> str:
    """The sentence for a key of the string table, status code and all."""
    frame = QUOTED_FRAME if key == "CORSNotSupportingCredentials" else FRAME
    line = frame.format(url=url, reason=REASONS[key].format(**values))
    return line + STATUS_TAIL.format(status=status) if key in WITH_STATUS else line


def _before(story: Story) -> list[str]:
    printed = []
    if story.initiator == "xhr":
        forbidden = [name for name, value in story.trace.request.headers if is_forbidden_request_header(name, value)]
        printed += [UNSAFE_HEADER.format(header=name) for name in forbidden]
    preflights = [exchange.request.url for exchange in story.trace.exchanges if exchange.request.preflight]
    if "authorization-covered-by-wildcard" in story.trace.notes and preflights:
        printed.append(AUTHORIZATION_WARNING.format(url=preflights[0]))
    return printed


def _after(story: Story) -> list[str]:
    """What the element or object adds that had asked for the resource."""
    match story.initiator:
        case "eventsource":
            return [NO_CONNECTION.format(url=_event_source_url(story))]
        case "script":
            return [SCRIPT_REFUSED.format(url=story.first_url)]
        case "module" | "import":
            return [MODULE_REFUSED.format(url=story.first_url)]
        case _:
            return []


def _event_source_url(story: Story) -> str:
    """The URL that an EventSource will connect to again: the one it was given, until a redirect is permanent."""
    url = story.first_url
    for before, after in pairwise(story.trace.exchanges):
        answer = before.response
        if isinstance(answer, WireResponse) and answer.status in (301, 308) and answer.header("location") is not None:
            url = after.request.url
    return url


def _blocked(story: Story, outcome: Blocked) -> list[str]:
    error = outcome.error
    if error is CorsError.DisallowedByMode:
        return [SAME_ORIGIN_MODE.format(page_url=story.page, url=story.refused_url)]
    failed = _did_not_succeed(story.url)
    if error is CorsError.RedirectContainsCredentials:
        return [failed]
    key = _key(story, error)
    if key is None:
        return []
    redirects = story.raw_location is not None and story.trace.request.redirect == "follow"
    if key == "CORSExternalRedirectNotAllowed" and not redirects:
        key = "CORSPreflightDidNotSucceed3"
    url = story.location.href if key == "CORSRequestNotHttp" and story.location else story.url
    line = sentence(key, url, status=str(story.status), **_values(story, outcome))
    if not story.is_preflight:
        return [line, failed] if redirects else [line]
    if key == "CORSExternalRedirectNotAllowed":
        return [line, sentence("CORSPreflightDidNotSucceed3", url, status=str(story.status)), failed]
    return [line, failed, failed] if redirects else [line, failed]


def _key(story: Story, error: CorsError) -> str | None:
    if error not in _MULTIPLE:
        return _KEYS.get(error)
    # Firefox counts repeated lines only where they are spelled as the standard spells the name.
    response = story.response
    repeated = [name for name, _ in response.headers if name == "Access-Control-Allow-Origin"] if response else []
    return "CORSMultipleAllowOriginNotAllowed" if len(repeated) > 1 else "CORSAllowOriginNotMatchingOrigin"


def _values(story: Story, outcome: Blocked) -> dict[str, str]:
    token = outcome.parameter or ""
    if outcome.error is CorsError.InvalidAllowMethodsPreflightResponse:
        token = _first_bad_token(story.header("access-control-allow-methods"))
    elif outcome.error is CorsError.InvalidAllowHeadersPreflightResponse:
        token = _first_bad_token(story.header("access-control-allow-headers"))
    return {
        "value": as_utf8((read_allow_origin(story.response, ENGINES["firefox"]) if story.response else None) or ""),
        "header": outcome.parameter or "",
        "token": as_utf8(token),
    }


def _first_bad_token(value: str) -> str:
    from corsense.fetch.safelist import is_token

    members = [member.strip(" \t") for member in value.split(",")]
    return next((member for member in members if member and not is_token(member)), value)


def as_utf8(value: str) -> str:
    """A header value as Firefox shows it: its bytes read as UTF-8, with U+FFFD for what is none."""
    return value.encode("latin-1", "replace").decode("utf-8", "replace")


def _failed(story: Story, outcome: Failed) -> list[str]:
    reason = outcome.reason
    if reason == FailureReason.INVALID_REQUEST:
        return []
    if reason == FailureReason.MIXED_CONTENT:
        blocked = MIXED_CONTENT.format(url=story.refused_url)
        return [blocked, _did_not_succeed(story.url)] if story.refused_unsent and story.is_cors else [blocked]
    if reason == FailureReason.CORP:
        return [RESOURCE_POLICY.format(url=story.url, help_url=_RESOURCE_POLICY_HELP)]
    if not story.is_cors or (reason == FailureReason.REDIRECT_REFUSED and story.raw_location is not None):
        return []
    if reason == FailureReason.URL_SCHEME:
        return [sentence("CORSRequestNotHttp", story.refused_url)]
    failed = _did_not_succeed(story.url)
    if reason == FailureReason.INVALID_HTTP:  # taken for an answer of HTTP/0.9, which has a body and no headers
        missing = sentence("CORSMissingAllowOrigin2", story.url, status="200")
        return [missing, failed] if story.is_preflight else [missing]
    if reason == FailureReason.UNSAFE_REDIRECT and story.location and story.location.scheme == "data":
        return [failed, DATA_REDIRECT.format(url=story.location.href)]
    return [failed, failed] if story.is_preflight else [failed]


def _did_not_succeed(url: str) -> str:
    return sentence("CORSDidNotSucceed2", url, status="(null)")
