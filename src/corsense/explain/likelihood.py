"""Which causes are behind a message, for an API made with FastAPI or Starlette.

The most likely cause comes first, by the reason the browser gives, the status of the response where it is known, and the
addresses: a 500 without headers is a crash first, a 502 a gateway, a 401 a layer outside of CORS, a 307 a slash, a 405 on a
preflight an app without a CORS layer. A failure below CORS never has a CORS cause first.
"""

from __future__ import annotations

from typing import Literal

from corsense.console.model import CatalogueEntry
from corsense.console.parse import Message
from corsense.diagnose.known_servers import known_server
from corsense.diagnose.logins import is_login_of_a_provider, leads_to_login
from corsense.diagnose.statuses import GATEWAY, TOO_LARGE
from corsense.explain import hints, raw_response
from corsense.fetch import CorsError
from corsense.fetch.wire import REDIRECT_STATUSES

Likelihood = Literal["certain", "likely", "possible"]
RankedCause = tuple[str, Likelihood]

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
_SAID_BY_STARLETTE = {"origin": "origin-mismatch", "method": "method-not-allowed", "headers": "header-not-allowed"}
_MISMATCH = (
    CorsError.AllowOriginMismatch,
    CorsError.PreflightAllowOriginMismatch,
    CorsError.InvalidAllowOriginValue,
    CorsError.PreflightInvalidAllowOriginValue,
)
_BY_CATEGORY: dict[str, tuple[RankedCause, ...]] = {
    "local-network": (("local-network-access", "certain"),),
    "mixed-content": (("mixed-content", "certain"), ("redirect-downgrades-to-http", "possible")),
    "network": (("server-unreachable", "certain"),),
    "tls": (("server-unreachable", "certain"),),
    "csp": (("content-security-policy", "certain"),),
    "corp-coep": (("cross-origin-resource-policy", "certain"),),
    "orb": (("cross-origin-resource-policy", "likely"), ("opaque-response", "possible")),
    "cookie": (("cookie-not-sent", "certain"),),
    "scheme": (("url-without-scheme", "likely"),),
    "mime": (("route-not-found", "possible"),),
}
_VAGUE: tuple[RankedCause, ...] = (
    ("missing-cors-middleware", "possible"),
    ("server-unreachable", "possible"),
    ("mixed-content", "possible"),
)
_UNREPORTED: tuple[RankedCause, ...] = (
    ("server-unreachable", "possible"),
    ("mixed-content", "possible"),
    ("missing-cors-middleware", "possible"),
)
"""Causes of a rejected fetch() that names no reason; the console line before it names one."""
_BROKE_OFF: tuple[RankedCause, ...] = (("unhandled-exception", "likely"), ("gateway-error", "possible"))
_CUT_SHORT: tuple[RankedCause, ...] = (("server-unreachable", "likely"), ("request-too-large", "possible"))
_TAINTED: tuple[RankedCause, ...] = (("tainted-canvas", "certain"),)
_NOT_EXPOSED: tuple[RankedCause, ...] = (("header-not-exposed", "likely"),)
_NOTHING: tuple[RankedCause, ...] = ()
_BY_CODE: dict[str, tuple[RankedCause, ...]] = {
    # Network errors by which an answer came, or none was asked for.
    "net::ERR_INVALID_URL": (("url-without-scheme", "certain"),),
    "net::ERR_UNKNOWN_URL_SCHEME": (("url-without-scheme", "certain"),),
    "net::ERR_CLEARTEXT_NOT_PERMITTED": (("mixed-content", "certain"),),
    "net::ERR_UNEXPECTED_PROXY_AUTH": (("preflight-answered-by-other-layer", "certain"),),
    "net::ERR_TOO_MANY_REDIRECTS": (("redirect-to-login", "possible"), ("redirect-slashes", "possible")),
    "net::ERR_INVALID_REDIRECT": (("redirect-loses-cors", "likely"),),
    "net::ERR_UNSAFE_REDIRECT": (("redirect-loses-cors", "likely"),),
    "net::ERR_EMPTY_RESPONSE": (("server-unreachable", "likely"), ("unhandled-exception", "possible")),
    "net::ERR_CONNECTION_RESET": _CUT_SHORT,
    "net::ERR_CONNECTION_ABORTED": _CUT_SHORT,
    "net::ERR_CONNECTION_CLOSED": _CUT_SHORT,
    "net::ERR_INCOMPLETE_CHUNKED_ENCODING": _BROKE_OFF,
    "net::ERR_CONTENT_LENGTH_MISMATCH": _BROKE_OFF,
    "net::ERR_HTTP2_PROTOCOL_ERROR": _BROKE_OFF,
    "net::ERR_QUIC_PROTOCOL_ERROR": _BROKE_OFF,
    "net::ERR_RESPONSE_HEADERS_TOO_BIG": (("request-too-large", "possible"),),
    "net::ERR_ALPN_NEGOTIATION_FAILED": _NOTHING,
    "net::ERR_FAILED": _VAGUE,
    "net::ERR_ABORTED": _NOTHING,
    "devtools:network-line": _VAGUE,
    # Libraries.
    "ECONNABORTED": (("server-unreachable", "likely"), ("gateway-error", "possible")),
    "ECONNABORTED:abort": _NOTHING,
    "ERR_BAD_REQUEST:protocol": (("url-without-scheme", "certain"),),
    "HttpErrorResponse:parse": (("route-not-found", "possible"),),
    "definition-mixed": (("mixed-content", "certain"),),
    "definition-cors": (("missing-cors-middleware", "likely"), ("origin-mismatch", "possible")),
    "network": (("server-unreachable", "likely"), ("missing-cors-middleware", "possible"), ("mixed-content", "possible")),
    "web": (("server-unreachable", "likely"),),
    "socketio:poll-error": (
        ("missing-cors-middleware", "possible"),
        ("origin-mismatch", "possible"),
        ("server-unreachable", "possible"),
    ),
    "mcp:session": _NOT_EXPOSED,
    "header-undefined": _NOT_EXPOSED,
    "header-missing": _NOT_EXPOSED,
    "etag-missing": _NOT_EXPOSED,
    "mcp:origin": (("origin-check-refused", "certain"),),
    "mcp:host": (("origin-check-refused", "certain"),),
    "mcp:redirect": (("redirect-slashes", "likely"),),
    "tus:location": _NOT_EXPOSED,
    "grpc-web:status": _NOT_EXPOSED,
    "hidden-header": (("header-not-exposed", "certain"),),
    # The page.
    "canvas": _TAINTED,
    "canvas-tainted": _TAINTED,
    "texture-tainted": _TAINTED,
    "operation-insecure": (("tainted-canvas", "possible"),),
    # Servers.
    "starlette:options-405": (("missing-cors-middleware", "likely"), ("options-without-request-method", "likely")),
    "starlette:500": (("unhandled-exception", "certain"),),
    "python-exception": (("unhandled-exception", "certain"),),
    "python:unknown-keyword": (("unknown-keyword", "certain"),),
    "python:added-late": (("middleware-added-after-startup", "certain"),),
    "pydantic:settings": (("setting-not-json", "certain"),),
    "pydantic:origins": (("setting-not-json", "likely"),),
    "starlette:host": (("cors-not-outermost", "possible"),),
    "engineio:origin": (("origin-mismatch", "certain"), ("websocket-refused", "possible")),
    "express:not-allowed": (("origin-mismatch", "certain"),),
    "spring": (("origin-mismatch", "likely"), ("method-not-allowed", "possible"), ("header-not-allowed", "possible")),
    "uvicorn:websocket-library": (("websocket-refused", "certain"),),
    "uvicorn:redirect-log": (("redirect-slashes", "likely"), ("preflight-redirected", "possible")),
    "nginx:upstream": (("gateway-error", "certain"),),
    "nginx:too-large": (("request-too-large", "certain"),),
    "page:gateway": (("gateway-error", "certain"),),
    "gateway:log": (("gateway-error", "certain"),),
    "cloudflare:1xxx": (("answered-by-proxy", "likely"),),
    "html-for-json": (("route-not-found", "likely"), ("tunnel-interstitial", "possible"), ("redirect-to-login", "possible")),
    "page:too-large": (("request-too-large", "certain"),),
    "page:tunnel": (("tunnel-interstitial", "certain"),),
    "page:api-gateway": (("answered-by-proxy", "certain"),),
}
"""Causes of messages that name no `CorsError`, by the code of their entry."""


def likely_causes(message: Message, known: CatalogueEntry, status: int | None) -> tuple[RankedCause, ...]:
    """The causes behind `message`, most likely first; empty where it is not a browser's complaint about a cross-origin call.

    `known` is its entry in the catalogue; `status` the answer's status, from the message or from lines beside it.
    """
    causes = _by_message(message, known, status)
    first = _by_address(message, status)
    if not causes or first is None:
        return causes
    return (first, *(cause for cause in causes if cause[0] != first[0]))


def _by_message(message: Message, known: CatalogueEntry, status: int | None) -> tuple[RankedCause, ...]:
    error = message.error
    if error is None:
        return _without_error(message, known.category, status)
    if error in _SURE:
        return ((_SURE[error], "certain"),)
    if error is CorsError.HeaderDisallowedByPreflightResponse:
        also: tuple[RankedCause, ...] = (("authorization-not-covered-by-wildcard", "possible"),)
        return (("header-not-allowed", "certain"), *(also if (message.header or "").lower() == "authorization" else ()))
    if error in _MISMATCH:
        unreadable = error in (CorsError.InvalidAllowOriginValue, CorsError.PreflightInvalidAllowOriginValue)
        return _unreadable(message) if unreadable and message.origin is None else _mismatch(message)
    if error is CorsError.PreflightDisallowedRedirect:
        return _redirected_preflight(message)
    if error is CorsError.CorsDisabledScheme:
        if (message.url or "").startswith("file:") or (message.url is None and hints.is_opaque(message.origin)):
            return (("null-origin", "certain"),)
        return (("url-without-scheme", "likely"), ("redirect-loses-cors", "possible"))
    if error is CorsError.PreflightInvalidStatus:
        return _preflight_status(message, status)
    if error in (CorsError.MissingAllowOriginHeader, CorsError.PreflightMissingAllowOriginHeader):
        preflight = message.preflight if message.preflight is not None else error.is_preflight
        return _preflight_without_permission(status) if preflight else _answer_without_permission(message, status)
    return (("invalid-cors-header", "possible"),)


def _by_address(message: Message, status: int | None) -> RankedCause | None:
    """The cause that the addresses in a refusal suggest, before all others; None where they say nothing."""
    missing = message.error in (CorsError.MissingAllowOriginHeader, CorsError.PreflightMissingAllowOriginHeader)
    mismatch = message.error in _MISMATCH
    if hints.is_opaque(message.origin) and (missing or mismatch) and (status is None or status in (200, 400)):
        return ("null-origin", "likely")
    redirected = message.error is CorsError.PreflightDisallowedRedirect
    if not missing and not redirected and message.error is not CorsError.PreflightInvalidStatus:
        return None
    if message.initial_url is None and not redirected and known_server(message.url) is not None:
        return ("origin-mismatch", "likely")  # in the list of that server
    if message.initial_url is not None and leads_to_login(message.initial_url, message.url or ""):
        return ("redirect-to-login", "certain")
    if missing and message.initial_url is None and is_login_of_a_provider(message.url or ""):
        return ("redirect-to-login", "likely")
    if missing and status in (None, 200, 511) and hints.is_tunnel(message.url):
        return ("tunnel-interstitial", "likely")
    if missing and message.initial_url is None and hints.differs_by_scheme(message.origin, message.url):
        return ("mixed-content", "likely")
    if hints.gateway(message.url) is not None and (message.preflight or status in (401, 403, 404, 429)):
        return ("answered-by-proxy", "likely")
    if hints.is_cloud_run(message.url) and status == 403:  # its own check of who may call, before the app
        return ("answered-by-proxy", "likely")
    return None


def _without_error(message: Message, category: str, status: int | None) -> tuple[RankedCause, ...]:
    if message.code in ("uvicorn:options-log", "access-log", "uvicorn:websocket-log", "uvicorn:websocket-rejected"):
        return _log_line(message, status)
    if message.code == "http:response":
        return _raw_answer(message, status)
    if message.code == "http:preflight":
        return _preflight_by_hand(message, status)
    if message.code in ("devtools:general", "netmonitor:row"):
        return _logged_preflight(status) if message.method == "OPTIONS" else _of_url(message, status)
    if category == "websocket":
        return _websocket(message, status)
    if message.code in ("CORSDidNotSucceed2", "netmonitor:no-success"):
        return _no_answer(message)
    if message.code.startswith("wrap:") and message.engine == "webkit":
        return _no_answer(message, sure=False)
    if message.code == "NoConnection":
        return _no_connection(message, status)
    if message.code in _BY_CODE:
        return _for_addresses(message, _BY_CODE[message.code])
    if message.code == "starlette:disallowed":
        reported = message.text.lower().partition("disallowed cors")[2]
        return tuple((slug, "certain") for word, slug in _SAID_BY_STARLETTE.items() if word in reported)
    if status == 400 and "/socket.io/" in (message.url or ""):
        return (("origin-mismatch", "likely"), ("missing-cors-middleware", "possible"))  # its own list, cors_allowed_origins
    if category == "status" or (status is not None and not message.is_cors and category == "library"):
        return _readable_status(status)
    if message.is_cors:  # cut off before the reason
        return (("missing-cors-middleware", "possible"), ("origin-mismatch", "possible"), ("unhandled-exception", "possible"))
    if category in ("generic", "library"):
        return _for_addresses(message, _UNREPORTED)
    return _BY_CATEGORY.get(category, ())


def _for_addresses(message: Message, causes: tuple[RankedCause, ...]) -> tuple[RankedCause, ...]:
    """Vague causes in the order that the addresses of the message suggest."""
    if causes in (_VAGUE, _UNREPORTED) and hints.is_mixed(message.origin, message.url):
        return (("mixed-content", "likely"), *(cause for cause in causes if cause[0] != "mixed-content"))
    if causes in (_VAGUE, _UNREPORTED) and hints.is_of_a_container(message.url):
        return (("server-unreachable", "likely"), *(cause for cause in causes if cause[0] != "server-unreachable"))
    return causes


def _no_answer(message: Message, *, sure: bool = True) -> tuple[RankedCause, ...]:
    """A refusal below CORS: there was no answer whose headers could be checked. `sure` is False where the words do not say so:
    WebKit says the same about what CORS refused, with the reason on a line of its own before."""
    mixed = hints.is_mixed(message.origin, message.url)
    unreachable: tuple[RankedCause, ...] = (("server-unreachable", "likely"),)
    if hints.is_of_a_container(message.url):
        unreachable = (("server-unreachable", "certain"),)
    also: list[RankedCause] = []
    if not sure:
        also.append(("missing-cors-middleware", "possible"))
    if hints.is_local(message.url) and not hints.is_of_a_container(message.url) and not hints.is_local(message.origin):
        also.append(("local-network-access", "possible"))
    if not mixed and hints.parts(message.url).scheme != "https":
        also.append(("mixed-content", "possible"))
    if message.status is None and sure:
        also.append(("request-too-large", "possible"))
    first: tuple[RankedCause, ...] = (("mixed-content", "likely"),) if mixed else ()
    return (*first, *unreachable, *also)


def _no_connection(message: Message, status: int | None) -> tuple[RankedCause, ...]:
    """Firefox's line for a WebSocket or an event stream that did not open, or ended."""
    if hints.parts(message.url).scheme in ("ws", "wss"):
        if status is not None:
            return _websocket(message, status)
        return (("server-unreachable", "likely"), ("websocket-refused", "likely"))
    return (("server-unreachable", "likely"), ("missing-cors-middleware", "possible"))


def _websocket(message: Message, status: int | None) -> tuple[RankedCause, ...]:
    """A handshake that failed: with a status the server is there and refused it."""
    if status in GATEWAY:
        return (("gateway-error", "likely"), ("websocket-refused", "likely"))
    text = message.text.lower()
    answered = ("did not accept", "during websocket handshake", "http authentication failed")
    if status is not None or message.code == "websocket:bad-response" or any(words in text for words in answered):
        return (("websocket-refused", "certain"),)
    if "net::err" in text or "could not connect" in text or "connection refused" in text or "timed out" in text:
        return (("server-unreachable", "certain"),)
    if "closed before the connection is established" in text:
        return _NOTHING
    return (("server-unreachable", "likely"), ("websocket-refused", "likely"))


def _log_line(message: Message, status: int | None) -> tuple[RankedCause, ...]:
    """A line of an access log: what the server answered; of OPTIONS, what a preflight got."""
    if message.code.startswith("uvicorn:websocket"):
        return (("websocket-refused", "certain"),) if status is not None and status >= 400 else ()
    if message.code == "uvicorn:options-log":
        return _logged_preflight(status)
    if message.method not in ("GET", "HEAD") and status == 405:
        return (("route-not-found", "likely"),)
    return _readable_status(status)


def _of_url(message: Message, status: int | None) -> tuple[RankedCause, ...]:
    """A request and its status: a handshake of a WebSocket, or any other call."""
    if hints.parts(message.url).scheme in ("ws", "wss"):
        return _websocket(message, status)
    return _readable_status(status)


_OF_FRONTS = ("gateway-error", "tunnel-interstitial", "answered-by-proxy", "request-too-large")


def _raw_answer(message: Message, status: int | None) -> tuple[RankedCause, ...]:
    """A response pasted with its lines, as curl -i prints it: its headers and body show who sent it."""
    if message.method == "OPTIONS":
        return _preflight_by_hand(message, status)
    return _of_front(message, status) or _readable_status(status)


def _of_front(message: Message, status: int | None) -> tuple[RankedCause, ...]:
    """The cause where something in front of the app sent a pasted response; empty where the app may have."""
    _, kind = raw_response.layer_in_front(message, status)
    if kind == "tunnel":
        return (("gateway-error" if status in (404, 502, 503) else "tunnel-interstitial", "likely"),)
    if kind == "front" and status not in GATEWAY and status not in TOO_LARGE and status not in REDIRECT_STATUSES:
        return (("answered-by-proxy", "likely"),)
    return ()


def _preflight_by_hand(message: Message, status: int | None) -> tuple[RankedCause, ...]:
    """A preflight sent by hand, and its response: from something in front of the app, one that allows no page, or one whose
    status browsers refuse whatever its headers say (Fetch, *CORS-preflight fetch*: an ok status)."""
    allows = raw_response.allows_a_page(message)
    if allows and (status is None or 200 <= status < 300):
        return ()
    made = _of_front(message, status) or _readable_status(status)
    in_front = tuple(each for each in made if each[0] in _OF_FRONTS)
    if not in_front and not allows and message.origin is not None and status is not None and 200 <= status < 300:
        return _preflight_without_permission(status)
    if not in_front and status == 405 and message.code == "http:preflight" and message.origin is None:
        return (("options-without-request-method", "likely"), ("missing-cors-middleware", "possible"))
    return in_front or (_preflight_status(message, status) if allows else _logged_preflight(status))


def _logged_preflight(status: int | None) -> tuple[RankedCause, ...]:
    match status:
        case 400:
            return (("origin-mismatch", "likely"), ("method-not-allowed", "likely"), ("header-not-allowed", "likely"))
        case 405:
            return (("missing-cors-middleware", "likely"), ("options-without-request-method", "possible"))
        case 401 | 403 | 407 | 422 | 429:
            return (("cors-not-outermost", "likely"), ("missing-cors-middleware", "likely"))
        case 500:
            return (("unhandled-exception", "likely"), ("unknown-keyword", "possible"))
        case int() if 200 <= status < 300 or status == 304:
            return ()
        case _:
            return _preflight_without_permission(status)


def _readable_status(status: int | None) -> tuple[RankedCause, ...]:
    """The page could read this answer: CORS let it through, and the status is the app's own, or that of something in front."""
    if status in GATEWAY:
        return (("gateway-error", "likely"), ("unhandled-exception", "possible"))
    if status in TOO_LARGE:
        return (("request-too-large", "likely"),)
    if status in (404, 405):
        return (("route-not-found", "likely"),)
    if status == 421:  # Misdirected Request: the host is not one of the server's
        return (("origin-check-refused", "likely"),)
    if status is not None and status >= 500:
        return (("unhandled-exception", "likely"),)
    return ()


def _redirected_preflight(message: Message) -> tuple[RankedCause, ...]:
    url = hints.parts(message.initial_url or message.url)
    to_https: RankedCause = ("preflight-redirected", "likely")
    slash: RankedCause = ("redirect-slashes", "likely")
    login: RankedCause = ("redirect-to-login", "possible")
    address = message.initial_url or message.url
    plain = url.scheme == "http" and (not hints.is_local(address) or hints.has_default_port(address))
    return (to_https, slash, login) if plain else (slash, to_https, login)


def _unreadable(message: Message) -> tuple[RankedCause, ...]:
    """The header's value is not an origin, and the message does not name the page: only the value suggests a cause."""
    value = message.value or ""
    also: tuple[RankedCause, ...] = (("origins-not-a-list", "possible"),) if value[:1] in ("[", "(", "{") else ()
    return (("invalid-cors-header", "certain"), *also, ("manual-cors-headers", "likely"))


def _mismatch(message: Message) -> tuple[RankedCause, ...]:
    """Starlette never answers with another origin than the page's: something else set the header."""
    beside: tuple[RankedCause, ...] = (("manual-cors-headers", "likely"), ("vary-origin-missing", "possible"))
    if message.value == "(null)":  # Firefox, for a value that is not a single origin
        return (("duplicate-cors-headers", "likely"), ("invalid-cors-header", "likely"), *beside)
    if message.origin is None or message.value is None:
        return (("origin-mismatch", "likely"), *beside)
    from corsense.diagnose.origins import compare  # only here: the other messages need nothing of the diagnosis

    slug = compare(message.origin, message.value).slug
    if slug in ("glob-in-origins", "regex-in-origins", "origins-not-a-list", "env-split-without-strip"):
        return (("invalid-cors-header", "certain"), (slug, "likely"), *beside)
    return ((slug, "certain"), *beside)


def _preflight_status(message: Message, status: int | None) -> tuple[RankedCause, ...]:
    # WebKit looks at the status before anything else: the origin may be refused as well.
    origin_too = message.engine == "webkit"
    match status:
        case 400:
            refused: tuple[RankedCause, ...] = (("method-not-allowed", "likely"), ("header-not-allowed", "likely"))
            return (("origin-mismatch", "likely"), *refused) if origin_too else refused
        case 405:
            missing: RankedCause = ("missing-cors-middleware", "likely")
            by_hand: RankedCause = ("manual-cors-headers", "likely")
            return (missing, by_hand) if origin_too else (by_hand, missing)
        case 404:
            return (("missing-cors-middleware", "likely"), ("route-not-found", "possible"), ("preflight-bad-status", "possible"))
        case int():
            return _preflight_without_permission(status)
        case _:
            return (
                ("method-not-allowed", "likely"),
                ("header-not-allowed", "likely"),
                ("manual-cors-headers", "possible"),
                ("preflight-answered-by-other-layer", "possible"),
            )


def _preflight_without_permission(status: int | None) -> tuple[RankedCause, ...]:
    match status:
        case 400:
            return (("origin-mismatch", "likely"), ("method-not-allowed", "possible"), ("header-not-allowed", "possible"))
        case 401 | 403 | 407 | 429:
            return (
                ("preflight-answered-by-other-layer", "likely"),
                ("cors-not-outermost", "likely"),
                ("answered-by-proxy", "possible"),
            )
        case 404 | 405:
            return (("missing-cors-middleware", "likely"), ("mounted-app-without-cors", "possible"))
        case 301 | 302 | 303 | 307 | 308:
            return (("redirect-slashes", "likely"), ("preflight-redirected", "likely"))
        case int() if status in GATEWAY:
            return (("gateway-error", "likely"), ("preflight-bad-status", "possible"))
        case int() if status >= 500:
            return (("preflight-bad-status", "likely"), ("unhandled-exception", "likely"))
        case int() if 200 <= status < 300:
            return (
                ("manual-options-handler", "likely"),
                ("answered-by-proxy", "possible"),
                ("missing-cors-middleware", "possible"),
            )
        case _:
            return (
                ("missing-cors-middleware", "likely"),
                ("origin-mismatch", "likely"),
                ("cors-not-outermost", "possible"),
                ("manual-options-handler", "possible"),
                ("redirect-slashes", "possible"),
            )


def _answer_without_permission(message: Message, status: int | None) -> tuple[RankedCause, ...]:
    match status:
        case int() if status in GATEWAY:
            return (("gateway-error", "likely"), ("error-response-without-cors", "possible"))
        case int() if status in TOO_LARGE:
            return (("request-too-large", "likely"), ("missing-cors-middleware", "possible"))
        case int() if status >= 500:
            crash: tuple[RankedCause, ...] = (("unhandled-exception", "likely"), ("error-response-without-cors", "likely"))
            return (*crash, ("missing-cors-middleware", "possible"))
        case 401 | 403 | 407 | 429:
            return (
                ("cors-not-outermost", "likely"),
                ("missing-cors-middleware", "likely"),
                ("answered-by-proxy", "possible"),
                ("origin-mismatch", "possible"),
            )
        case int() if status in REDIRECT_STATUSES:
            return (("redirect-slashes", "likely"), ("redirect-loses-cors", "likely"), ("missing-cors-middleware", "possible"))
        case 404 | 405:  # with every CORS setting right, the call would still fail
            return (("route-not-found", "likely"), ("missing-cors-middleware", "likely"), ("origin-mismatch", "possible"))
        case int() if status >= 400:
            return (("missing-cors-middleware", "likely"), ("origin-mismatch", "likely"), ("cors-not-outermost", "possible"))
        case int():
            return (
                ("missing-cors-middleware", "likely"),
                ("origin-mismatch", "likely"),
                ("mounted-app-without-cors", "possible"),
            )
        case _ if message.initial_url is not None:
            return _after_redirect(message)
        case _:
            large: tuple[RankedCause, ...] = (("request-too-large", "possible"),) if hints.is_upload(message.url) else ()
            return (
                ("missing-cors-middleware", "likely"),
                ("origin-mismatch", "likely"),
                ("unhandled-exception", "likely"),
                *large,
                ("cors-not-outermost", "possible"),
                ("redirect-slashes", "possible"),
            )


def _after_redirect(message: Message) -> tuple[RankedCause, ...]:
    """The answer after a redirect was refused: the difference between the two addresses suggests why."""
    causes: list[RankedCause] = [
        ("redirect-loses-cors", "likely"),
        ("redirect-slashes", "possible"),
        ("missing-cors-middleware", "possible"),
    ]
    here, there = hints.parts(message.initial_url), hints.parts(message.url)
    if hints.differs_by_slash(message.initial_url, message.url):
        causes.insert(0, ("redirect-slashes", "likely"))
    if (here.scheme, there.scheme) == ("https", "http"):
        causes.insert(0, ("redirect-downgrades-to-http", "likely"))
    first: dict[str, Likelihood] = {}
    for slug, likelihood in causes:
        first.setdefault(slug, likelihood)
    return tuple(first.items())
