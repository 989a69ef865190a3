"""Which causes stand behind a message, for an API made with FastAPI or Starlette.

The order is that of likelihood. What decides is the reason the browser gives and, where it is told, the status of the
answer: a 500
without headers is a crash first, a 401 a layer outside of CORS, a 307 a slash, a 405 on a preflight an app without a CORS layer.
"""

from __future__ import annotations

from typing import Literal

from corsense.fetch import CorsError
from corsense.fetch.wording.model import Entry
from corsense.fetch.wording.parse import Message

Likelihood = Literal["certain", "likely", "possible"]
Likely = tuple[str, Likelihood]

_SURE: dict[CorsError, str] = {
    CorsError.WildcardOriginNotAllowed: "wildcard-with-credentials",
    CorsError.PreflightWildcardOriginNotAllowed: "wildcard-with-credentials",
    CorsError.InvalidAllowCredentials: "credentials-not-allowed",
    CorsError.PreflightInvalidAllowCredentials: "credentials-not-allowed",
    CorsError.MultipleAllowOriginValues: "duplicate-cors-headers",
    CorsError.PreflightMultipleAllowOriginValues: "duplicate-cors-headers",
    CorsError.MethodDisallowedByPreflightResponse: "method-not-allowed",
    CorsError.InvalidAllowMethodsPreflightResponse: "invalid-cors-header",
    CorsError.InvalidAllowHeadersPreflightResponse: "invalid-cors-header",
    CorsError.RedirectContainsCredentials: "credentials-in-url",
    CorsError.DisallowedByMode: "opaque-response",
    CorsError.NoCorsRedirectModeNotFollow: "opaque-response",
    CorsError.InsecureLocalNetwork: "local-network-access",
    CorsError.LocalNetworkAccessPermissionDenied: "local-network-access",
    CorsError.InvalidLocalNetworkAccess: "local-network-access",
    CorsError.UnexpectedPrivateNetworkAccess: "local-network-access",
    CorsError.PreflightMissingAllowPrivateNetwork: "local-network-access",
    CorsError.PreflightInvalidAllowPrivateNetwork: "local-network-access",
    CorsError.PreflightMissingPrivateNetworkAccessId: "local-network-access",
    CorsError.PreflightMissingPrivateNetworkAccessName: "local-network-access",
    CorsError.PrivateNetworkAccessPermissionDenied: "local-network-access",
    CorsError.PrivateNetworkAccessPermissionUnavailable: "local-network-access",
    CorsError.PreflightMissingAllowExternal: "local-network-access",
    CorsError.PreflightInvalidAllowExternal: "local-network-access",
}
_TOLD_BY_STARLETTE = {"origin": "origin-mismatch", "method": "method-not-allowed", "headers": "header-not-allowed"}
_MISMATCH = (
    CorsError.AllowOriginMismatch,
    CorsError.PreflightAllowOriginMismatch,
    CorsError.InvalidAllowOriginValue,
    CorsError.PreflightInvalidAllowOriginValue,
)
_SAYS_NOTHING = ("net::ERR_FAILED", "net::ERR_ABORTED", "devtools:network-line")
_BY_CATEGORY: dict[str, tuple[Likely, ...]] = {
    "local-network": (("local-network-access", "certain"),),
    "mixed-content": (("mixed-content", "certain"), ("redirect-downgrades-to-http", "possible")),
    "network": (("server-unreachable", "certain"),),
    "tls": (("server-unreachable", "certain"),),
    "csp": (("content-security-policy", "certain"),),
    "corp-coep": (("cross-origin-resource-policy", "certain"),),
    "orb": (("cross-origin-resource-policy", "likely"), ("opaque-response", "possible")),
    "cookie": (("cookie-not-sent", "certain"),),
    "scheme": (("url-without-scheme", "likely"),),
    "websocket": (("server-unreachable", "likely"),),
    "generic": (("missing-cors-middleware", "possible"), ("server-unreachable", "possible"), ("mixed-content", "possible")),
    "library": (("missing-cors-middleware", "possible"), ("server-unreachable", "possible"), ("mixed-content", "possible")),
}


def likely_causes(message: Message, known: Entry, status: int | None) -> tuple[Likely, ...]:
    """The causes behind `message`, the likeliest first; empty where it is no complaint of a browser about a call between origins.

    `known` is its entry in the catalogue; `status` the answer's status, from the message or from lines beside it.
    """
    error = message.error
    if error is None:
        return _without_error(message, known.category, status)
    if error in _SURE:
        return ((_SURE[error], "certain"),)
    if error is CorsError.HeaderDisallowedByPreflightResponse:
        also: tuple[Likely, ...] = (("authorization-not-covered-by-wildcard", "possible"),)
        return (("header-not-allowed", "certain"), *(also if (message.header or "").lower() == "authorization" else ()))
    if error in _MISMATCH:
        return _mismatch(message)
    if error is CorsError.PreflightDisallowedRedirect:
        return (("redirect-slashes", "likely"), ("preflight-redirected", "likely"), ("missing-cors-middleware", "possible"))
    if error is CorsError.CorsDisabledScheme:
        return (("url-without-scheme", "likely"), ("redirect-loses-cors", "possible"))
    if error is CorsError.PreflightInvalidStatus:
        return _preflight_status(message, status)
    if error in (CorsError.MissingAllowOriginHeader, CorsError.PreflightMissingAllowOriginHeader):
        preflight = message.preflight if message.preflight is not None else error.is_preflight
        return _preflight_without_leave(status) if preflight else _answer_without_leave(message, status)
    return (("invalid-cors-header", "possible"),)


def _without_error(message: Message, category: str, status: int | None) -> tuple[Likely, ...]:
    if category == "server":
        return _server_text(message)
    if category == "status" or (status is not None and not message.is_cors and category == "library"):
        return _readable_status(status)
    if message.is_cors:  # cut off before the reason
        return (("missing-cors-middleware", "possible"), ("origin-mismatch", "possible"), ("unhandled-exception", "possible"))
    if message.code in _SAYS_NOTHING:
        category = "generic"
    return _BY_CATEGORY.get(category, ())


def _server_text(message: Message) -> tuple[Likely, ...]:
    text = message.text.lower()
    if "disallowed cors" in text:
        return tuple(
            (slug, "certain") for word, slug in _TOLD_BY_STARLETTE.items() if word in text.partition("disallowed cors")[2]
        )
    if "options" in text and "405" in text:
        return (("missing-cors-middleware", "likely"), ("options-without-request-method", "possible"))
    if "internal server error" in text:
        return (("unhandled-exception", "certain"),)
    if "method not allowed" in text:
        return (("missing-cors-middleware", "likely"), ("options-without-request-method", "likely"))
    return ()


def _readable_status(status: int | None) -> tuple[Likely, ...]:
    """The page could read this answer: CORS let it through, and the status is the app's own."""
    if status is not None and status >= 500:
        return (("unhandled-exception", "likely"),)
    return ()


def _mismatch(message: Message) -> tuple[Likely, ...]:
    """Starlette never answers with another origin than the page's: something else set the header."""
    beside: tuple[Likely, ...] = (("manual-cors-headers", "likely"), ("vary-origin-missing", "possible"))
    if message.origin is None or message.value is None:
        return (("origin-mismatch", "likely"), *beside)
    from corsense.diagnose.origins import compare  # only here: the other messages need nothing of the diagnosis

    slug = compare(message.origin, message.value).slug
    if slug in ("glob-in-origins", "regex-in-origins", "origins-not-a-list", "env-split-without-strip"):
        return (("invalid-cors-header", "certain"), (slug, "likely"), *beside)
    return ((slug, "certain"), *beside)


def _preflight_status(message: Message, status: int | None) -> tuple[Likely, ...]:
    # WebKit looks at the status before anything else: the origin may be refused as well.
    origin_too = message.engine == "webkit"
    match status:
        case 400:
            refused: tuple[Likely, ...] = (("method-not-allowed", "likely"), ("header-not-allowed", "likely"))
            return (("origin-mismatch", "likely"), *refused) if origin_too else refused
        case 405:
            missing: Likely = ("missing-cors-middleware", "likely")
            by_hand: Likely = ("manual-cors-headers", "likely")
            return (missing, by_hand) if origin_too else (by_hand, missing)
        case 401 | 403 | 429:
            return (("preflight-answered-by-other-layer", "likely"), ("cors-not-outermost", "likely"))
        case 301 | 302 | 303 | 307 | 308:
            return (("redirect-slashes", "likely"), ("preflight-redirected", "likely"))
        case 404:
            return (("missing-cors-middleware", "likely"), ("preflight-bad-status", "possible"))
        case int() if status >= 500:
            return (("preflight-bad-status", "likely"), ("unhandled-exception", "likely"))
        case _:
            return (
                ("method-not-allowed", "likely"),
                ("header-not-allowed", "likely"),
                ("manual-cors-headers", "possible"),
                ("preflight-answered-by-other-layer", "possible"),
            )


def _preflight_without_leave(status: int | None) -> tuple[Likely, ...]:
    match status:
        case 400:
            return (("origin-mismatch", "likely"), ("method-not-allowed", "possible"), ("header-not-allowed", "possible"))
        case 401 | 403 | 407 | 429:
            return (("preflight-answered-by-other-layer", "likely"), ("cors-not-outermost", "likely"))
        case 404 | 405:
            return (("missing-cors-middleware", "likely"), ("mounted-app-without-cors", "possible"))
        case 301 | 302 | 303 | 307 | 308:
            return (("redirect-slashes", "likely"), ("preflight-redirected", "likely"))
        case int() if status >= 500:
            return (("preflight-bad-status", "likely"), ("unhandled-exception", "likely"))
        case int() if 200 <= status < 300:
            return (("manual-options-handler", "likely"), ("missing-cors-middleware", "possible"))
        case _:
            return (
                ("missing-cors-middleware", "likely"),
                ("origin-mismatch", "likely"),
                ("cors-not-outermost", "possible"),
                ("manual-options-handler", "possible"),
                ("redirect-slashes", "possible"),
            )


def _answer_without_leave(message: Message, status: int | None) -> tuple[Likely, ...]:
    match status:
        case int() if status >= 500:
            crash: tuple[Likely, ...] = (("unhandled-exception", "likely"), ("error-response-without-cors", "likely"))
            return (*crash, ("missing-cors-middleware", "possible"))
        case 401 | 403 | 429:
            return (("cors-not-outermost", "likely"), ("missing-cors-middleware", "likely"), ("origin-mismatch", "possible"))
        case 301 | 302 | 303 | 307 | 308:
            return (("redirect-slashes", "likely"), ("redirect-loses-cors", "likely"), ("missing-cors-middleware", "possible"))
        case int() if status >= 400:
            return (("missing-cors-middleware", "likely"), ("origin-mismatch", "likely"), ("cors-not-outermost", "possible"))
        case int():
            return (
                ("missing-cors-middleware", "likely"),
                ("origin-mismatch", "likely"),
                ("mounted-app-without-cors", "possible"),
            )
        case _ if message.initial_url is not None:
            return (("redirect-loses-cors", "likely"), ("redirect-slashes", "possible"), ("missing-cors-middleware", "possible"))
        case _:
            return (
                ("missing-cors-middleware", "likely"),
                ("origin-mismatch", "likely"),
                ("unhandled-exception", "likely"),
                ("cors-not-outermost", "possible"),
                ("redirect-slashes", "possible"),
            )
