"""What the parser looks for: a `Matcher` for every sentence, and for every part of a longer message."""

from __future__ import annotations

from functools import cache

from corsense.console import chromium, firefox, translations
from corsense.console.catalogue import THEREFORE, catalogue, entry
from corsense.console.model import CatalogueEntry
from corsense.console.parse.matchers import Matcher
from corsense.console.reports import ENTRIES
from corsense.console.templates import Template
from corsense.fetch.errors import CorsError

_SHORT = frozenset(
    {
        ("chromium", "frame"),
        ("chromium", "frame:redirected"),
        ("chromium", "frame:short"),
        ("chromium", "console:net-error"),
        ("chromium", "devtools:network-line"),
        ("firefox", "frame"),
        ("webkit", "wrap:failed"),
        ("webkit", "redirect-denied"),
        ("webkit", "wrap:beacon"),
        ("webkit", "fetch:same-origin-mode"),
        ("chromium", "exception:fetch"),
        ("webkit", "exception:fetch"),
        ("firefox", "exception:xhr"),
        ("server", "starlette:500"),
        ("server", "uvicorn:options-log"),
        ("jquery", "ajax-error"),
        ("axios", "ERR_NETWORK"),
        ("angular", "HttpErrorResponse:0"),
        ("angular", "HttpErrorResponse:status"),
        ("axios", "status"),
        ("dart-http", "xhr"),
        ("dio", "connectionError"),
        ("graphql", "apollo"),
        ("ie-edge-legacy", "SCRIPT5"),
        ("ie-edge-legacy", "SCRIPT7002"),
        ("ie-edge-legacy", "CSP14312"),
        *((known.product, known.code) for known in ENTRIES),
    }
)
"""Entries that have matchers of their own below, or that patterns recognise (`short_patterns`)."""

_KEYS: dict[tuple[str, str], str] = {
    ("chromium", "MixedContent:blocked"): "this request has been blocked the content must be served over",
    ("chromium", "MixedContent:warning"): "this content should also be served over",
    ("chromium", "MixedContent:upgraded"): "this request was automatically upgraded",
    ("chromium", "MixedContent:not-upgraded"): "this request was not upgraded",
    ("chromium", "MixedContent:websocket"): "to the insecure websocket endpoint",
    ("chromium", "CSP:connect-old"): "refused to connect to",
    ("chromium", "console:status"): "server responded with a status of",
    ("firefox", "CORSAllowHeaderFromPreflightDeprecation"): "the authorization header is not covered",
    ("firefox", "LocalNetworkAccessPermissionRequired"): "local network access permission required",
    ("firefox", "LocalNetworkAccessDetected"): "local network access detected",
    ("webkit", "csp"): "content security policy",
    ("webkit", "mixed-new"): "requested insecure content from",
    ("webkit", "mixed-old"): "insecure content from",
    ("webkit", "corp"): "because it violates the resources cross origin resource policy",
    ("webkit", "multiple"): "cannot contain more than one origin",
    ("webkit", "wildcard"): "cannot use wildcard in access control allow origin",
    ("webkit", "credentials"): "credentials flag is true but access control",
    ("webkit", "preflight-status"): "preflight response is not successful",
    ("chromium", "CORB"): "corb blocked cross origin response",
    ("swagger-ui", "failed-to-fetch"): "possible reasons cors network failure",
    ("swagger-ui", "definition-cors"): "possible cross origin cors issue",
    ("swagger-ui", "definition-mixed"): "possible mixed content issue",
    ("superagent", "crossDomainError"): "request has been terminated possible causes",
    ("chromium", "module-mime"): "module script but the server responded with a mime type",
    ("chromium", "fetch:csp"): "refused to connect because it violates the documents content security policy",
    ("chromium", "fetch:same-origin-mode"): "request mode is same origin but",
    ("chromium", "NoCorsRedirectModeNotFollow"): "request mode is no cors but the redirect mode is not",
    ("firefox", "CrossSiteRequestBlocked"): "this can be fixed by moving the resource to the same domain",
}
"""The words that identify an entry whose longest piece is shared with others, or often cut."""

_WHOLE_WORDS = frozenset(
    {
        "blockedbycontentextension",
        "ftpurlsaredisabled",
        "notallowedtorequestresource",
        "toomanyredirections",
        "socketiotimedout",
        "therequesttimedout",
        "corsrequestnothttp",
        "corsrequestfailed",
    }
)


@cache
def matchers() -> dict[str, tuple[Matcher, ...]]:
    """All matchers by their key."""
    by_key: dict[str, list[Matcher]] = {}
    for matcher in (*_frames(), *_details(), *_reasons(), *_linking(), *_wholes()):
        by_key.setdefault(matcher.key, []).append(matcher)
    return {key: tuple(found) for key, found in by_key.items()}


def _wholes() -> list[Matcher]:
    found = []
    for known in catalogue():
        name = (known.product, known.code)
        if name in _SHORT or known.code.startswith("net::") or known.product == "chromium-old" or _is_framed(known):
            continue
        for template in (known.template, *known.others):
            key = _KEYS.get(name, "") if template is known.template or _KEYS.get(name, "") in template.text.lower() else ""
            matcher = Matcher(known, template, key_words=key)
            if len(matcher.key) < 15 or (known.engine == "library" and len(matcher.key) < 20):
                continue  # patterns recognise it
            found.append(Matcher(known, template, key_words=key, whole_words=matcher.key in _WHOLE_WORDS))
    return found


def _is_framed(known: CatalogueEntry) -> bool:
    """Whether the entry is a frame with a detail or a reason in it, each of which has a matcher."""
    return (known.product == "chromium" and known.error in chromium.DETAILS and known.template.text.startswith("Access to")) or (
        known.product == "firefox" and known.code in firefox.REASONS
    )


# Frames.

_KINDS = (
    "fetch",
    "XMLHttpRequest",
    "script",
    "image",
    "font",
    "CSS stylesheet",
    "resource",
    "video",
    "audio",
    "manifest",
    "other resource",
)


def _frames() -> list[Matcher]:
    frame, redirected, short = (entry("chromium", code) for code in ("frame", "frame:redirected", "frame:short"))
    blocked = "has been blocked by CORS policy"
    return [
        Matcher(frame, _without_field(chromium.FRAME, "detail"), "frame", blocked),
        Matcher(redirected, _without_field(chromium.REDIRECTED, "detail"), "frame", blocked),
        Matcher(short, _without_field(chromium.SHORT_FRAME, "detail"), "frame", "blocked by CORS policy"),
        *(
            Matcher(frame, Template(f"Access to {kind} at '{{url}}' from origin '{{origin}}'"), "frame", f"Access to {kind} at")
            for kind in _KINDS
        ),
        *_old_frames(),
        *_firefox_frames(),
    ]


def _without_field(template: Template, name: str) -> Template:
    return Template(template.text.removesuffix(f" {{{name}}}"))


def _old_frames() -> list[Matcher]:
    of_redirect, of_2015, of_resource = (
        entry("chromium-old", code) for code in ("old:redirect-frame", "old:redirect-frame-2015", "old:resource-frame")
    )
    blocked_2015 = "has been blocked from loading by Cross-Origin Resource Sharing policy"
    return [
        Matcher(entry("chromium-old", "old:xhr-missing"), Template("XMLHttpRequest cannot load {url}"), "old-frame"),
        Matcher(entry("chromium-old", "old:fetch-missing"), Template("Fetch API cannot load {url}"), "old-frame"),
        Matcher(entry("chromium-old", "old:failed-to-load"), Template("Failed to load {url}"), "old-frame", "Failed to load"),
        Matcher(of_redirect, _without_field(of_redirect.template, "detail"), "old-frame", "has been blocked by CORS policy"),
        Matcher(of_2015, _without_field(of_2015.template, "detail"), "old-frame", blocked_2015),
        Matcher(of_resource, _without_field(of_resource.template, "detail"), "old-frame", blocked_2015),
    ]


def _firefox_frames() -> list[Matcher]:
    frame = entry("firefox", "frame")
    english = "Cross-Origin Request Blocked: The Same Origin Policy disallows reading the remote resource at {url}"
    translated = [Matcher(frame, Template(text), "firefox-frame") for text in translations.FRAMES]
    return [
        Matcher(frame, Template(english + ". (Reason:"), "firefox-frame", "policy disallows reading the remote resource at"),
        Matcher(frame, Template(english), "firefox-frame", "policy disallows reading the remote resource at"),
        *translated,
    ]


# What follows a frame.

_DETAIL_KEYS: dict[CorsError, tuple[str, ...]] = {
    CorsError.MissingAllowOriginHeader: ("no access control allow origin header is present",),
    CorsError.AllowOriginMismatch: ("is not equal to the supplied origin", "access control allow origin header has a value"),
    CorsError.MultipleAllowOriginValues: ("header contains multiple values",),
    CorsError.InvalidAllowOriginValue: ("contains the invalid value",),
    CorsError.WildcardOriginNotAllowed: ("must not be the wildcard",),
    CorsError.InvalidAllowCredentials: (
        "which must be true when the requests credentials",
        "access control allow credentials header in the response is",
    ),
    CorsError.PreflightInvalidStatus: ("does not have http ok status",),
    CorsError.PreflightDisallowedRedirect: ("redirect is not allowed for a preflight",),
    CorsError.InvalidAllowMethodsPreflightResponse: ("cannot parse access control allow methods",),
    CorsError.InvalidAllowHeadersPreflightResponse: ("cannot parse access control allow headers",),
    CorsError.CorsDisabledScheme: ("cross origin requests are only support",),
    CorsError.DisallowedByMode: ("cross origin requests are not allowed by request mode",),
    CorsError.InvalidResponse: ("the response is invalid",),
    CorsError.RedirectContainsCredentials: ("contains a username and password",),
}
_AMBIGUOUS = (CorsError.PrivateNetworkAccessPermissionDenied,)
"""Errors whose words another error shares."""


def _details() -> list[Matcher]:
    found = []
    for error, template in chromium.DETAILS.items():
        base = Template(template.text.removeprefix(chromium.PREFLIGHT))
        if (error.startswith("Preflight") and error.removeprefix("Preflight") in _names()) or error in _AMBIGUOUS:
            continue
        known = entry("chromium", str(error))
        found += [Matcher(known, base, "detail", key) for key in _DETAIL_KEYS.get(error, ("",))]
    return found + _old_details()


def _old_details() -> list[Matcher]:
    plain = ("old:wildcard", "old:credentials", "old:invalid-response")
    found = [
        Matcher(
            entry("chromium-old", code), Template(entry("chromium-old", code).template.text.removesuffix(THEREFORE)), "detail"
        )
        for code in plain
    ]
    found[-1] = Matcher(
        found[-1].entry,
        Template("Invalid response. Origin '{origin}' is therefore not allowed access."),
        "detail",
        "invalid response origin",
    )
    others = ("old:preflight-status", "old:preflight-redirect", "old:redirect-scheme", "old:redirect-userinfo")
    found += [Matcher(entry("chromium-old", code), entry("chromium-old", code).template, "detail") for code in others]
    old = "The request was redirected to '{url}', which is disallowed for cross-origin requests that require preflight."
    found.append(Matcher(entry("chromium-old", "old:preflight-redirect"), Template(old), "detail"))
    return found


def _reasons() -> list[Matcher]:
    found = []
    for code, template in firefox.REASONS.items():
        known = entry("firefox", code)
        text = template.text if code != "CORSDisabled" else "Reason: CORS disabled"
        found.append(Matcher(known, Template(text), "reason"))
        found += [Matcher(known, Template(translated), "reason") for translated in translations.REASONS[code]]
    older = {
        "CORSDidNotSucceed2": "CORS request failed",
        "CORSPreflightDidNotSucceed3": "CORS preflight channel did not succeed",
        "CORSMissingAllowHeaderFromPreflight2": "missing token ‘{header}’ in CORS header"
        " ‘Access-Control-Allow-Headers’ from CORS preflight channel",
    }
    found += [Matcher(entry("firefox", code), Template(text), "reason") for code, text in older.items()]
    return found


def _linking() -> list[Matcher]:
    missing = entry("chromium", "PreflightMissingAllowOriginHeader")
    return [
        Matcher(missing, Template(chromium.PREFLIGHT.strip()), "preflight", "response to preflight request"),
        Matcher(entry("webkit", "wrap:failed"), Template("Failed to load resource:"), "loader"),
        Matcher(entry("chromium", "websocket-handshake"), Template("WebSocket connection to '{url}' failed:"), "loader"),
        Matcher(entry("webkit", "wrap:beacon"), Template("Beacon API cannot load {url}."), "loader"),
        Matcher(
            entry("webkit", "redirect-denied"),
            Template("Cross-origin redirection to {url} denied by Cross-Origin Resource Sharing policy:"),
            "denied",
        ),
        Matcher(entry("webkit", "redirect-denied"), Template("redirection URL {url} has credentials"), "detail"),
        Matcher(
            entry("webkit", "redirect-denied"),
            Template("not allowed to follow a cross-origin CORS redirection with non CORS scheme"),
            "detail",
        ),
        Matcher(entry("chromium", "exception:fetch"), Template("TypeError: Failed to fetch")),
        Matcher(entry("webkit", "exception:fetch"), Template("TypeError: Load failed")),
        Matcher(entry("graphql", "apollo"), entry("graphql", "apollo").template),
        Matcher(entry("axios", "status"), Template("Request failed with status code {status}")),
        Matcher(entry("angular", "HttpErrorResponse:0"), entry("angular", "HttpErrorResponse:0").template),
        Matcher(entry("axios", "ERR_NETWORK"), Template("AxiosError: Network Error")),
        Matcher(missing, Template(THEREFORE.strip()), "therefore"),
        Matcher(missing, Template("The response had HTTP status code {status}"), "had-status"),
    ]


def _names() -> frozenset[str]:
    return frozenset(map(str, CorsError))
