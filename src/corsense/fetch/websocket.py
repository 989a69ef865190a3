"""The handshake of a WebSocket: no CORS and no preflight; the browser sends `Origin` and cookies, and the server decides.

The outcome is `Allowed` when the server accepted it, `Failed` with what it answered when not. Source: WebSockets, *Establish a
WebSocket connection*; RFC 6455, section 4.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Final

from corsense.fetch.engines import Engine
from corsense.fetch.errors import CorsError
from corsense.fetch.request import FetchRequest
from corsense.fetch.safelist import is_token
from corsense.fetch.trace import Allowed, Blocked, Failed, FailureReason, Outcome, Step, Trace
from corsense.fetch.unsent import has_bad_port, is_mixed_content
from corsense.fetch.wire import REDIRECT_STATUSES, Exchange, Headers, NetworkError, WireRequest, WireResponse
from corsense.url import ParsedUrl, is_more_private, parse_url

Run = Generator[WireRequest, WireResponse | NetworkError, Trace]

_SCHEMES: Final = {"ws": "http", "wss": "https"}
_FROM_HTTP: Final = {"http": "ws", "https": "wss"}
_MAX_REDIRECTS: Final = 20
_KEY: Final = "Y29yc2Vuc2UgY29yc2Vucw=="
"""Sixteen bytes in base64, as in each handshake; a browser generates new ones each time."""


def handshake(engine: Engine, asked: FetchRequest) -> Run:
    """Open a WebSocket: a generator that yields the request (in WebKit one more for each redirect), is sent what comes back, and
    returns the `Trace`."""
    url = websocket_url(asked)
    refused = _refused(engine, asked, url) if isinstance(url, ParsedUrl) else url
    if refused is not None or not isinstance(url, ParsedUrl):
        outcome: Outcome = refused or Failed(FailureReason.INVALID_REQUEST, asked.url)
        steps = (_local_network_step(url, outcome),) if isinstance(outcome, Blocked) and isinstance(url, ParsedUrl) else ()
        return Trace(asked, engine.name, (), steps, outcome)
    target = _SCHEMES[url.scheme] + url.request_url.removeprefix(url.scheme)
    exchanges: list[Exchange] = []
    while True:
        request = WireRequest("GET", target, _headers(asked), credentials=True)
        answer = yield request
        exchanges.append(Exchange(request, answer))
        following = _redirected(answer, target) if engine.websocket_follows_redirects else None
        if following is None or len(exchanges) > _MAX_REDIRECTS:
            break
        target = following.request_url
    step = Step("a WebSocket: CORS does not apply, the server decides by Origin", "WebSockets", True, asked.origin)
    return Trace(asked, engine.name, tuple(exchanges), (step,), _judged(answer, len(exchanges) - 1))


def websocket_url(asked: FetchRequest) -> ParsedUrl | Failed:
    """The URL of `new WebSocket()`: one of http stands for ws. Source: WebSockets, *constructor*."""
    url = parse_url(asked.url) or parse_url(asked.url, asked.origin)
    if url is not None and url.is_http:
        url = parse_url(_FROM_HTTP[url.scheme] + url.href.removeprefix(url.scheme))
    if url is None or url.scheme not in _SCHEMES:
        return Failed(FailureReason.INVALID_REQUEST, f"{asked.url!r} is not the URL of a WebSocket")
    if url.fragment:
        return Failed(FailureReason.INVALID_REQUEST, "the URL of a WebSocket cannot have a fragment")
    return url


def _refused(engine: Engine, asked: FetchRequest, url: ParsedUrl) -> Outcome | None:
    """Why nothing is sent."""
    for name, value in asked.headers:
        if name.lower() != "sec-websocket-protocol":
            return Failed(FailureReason.INVALID_REQUEST, f"script cannot set the header {name} of a WebSocket handshake")
        if not all(is_token(protocol.strip()) for protocol in value.split(",")):
            return Failed(FailureReason.INVALID_REQUEST, f"{value!r} is not a list of subprotocols")
    if is_mixed_content(url, asked.origin, engine):
        return Failed(FailureReason.MIXED_CONTENT, url.href)
    if has_bad_port(url):
        return Failed(FailureReason.BAD_PORT, f"port {url.port}")
    if engine.asks_websockets_for_local_network and asked.address_space and is_more_private(url.host, asked.address_space):
        return Blocked(CorsError.LocalNetworkAccessPermissionDenied)
    return None


def _local_network_step(url: ParsedUrl, outcome: Blocked) -> Step:
    return Step("permission for the local network", "Local Network Access", False, url.host, error=outcome.error)


def _headers(asked: FetchRequest) -> Headers:
    return (
        ("Connection", "Upgrade"),
        ("Upgrade", "websocket"),
        ("Origin", asked.origin),
        ("Sec-WebSocket-Version", "13"),
        ("Sec-WebSocket-Key", _KEY),
        *asked.headers,
    )


def _redirected(answer: WireResponse | NetworkError, url: str) -> ParsedUrl | None:
    """Where a redirect leads; None where there is none that can be followed."""
    if isinstance(answer, NetworkError) or answer.status not in REDIRECT_STATUSES:
        return None
    location = answer.header("location")
    target = None if location is None else parse_url(location, url)
    return target if target is not None and target.is_http else None


def _judged(answer: WireResponse | NetworkError, index: int) -> Outcome:
    if isinstance(answer, NetworkError):
        return Failed(answer.reason, answer.detail, index)
    if answer.status != 101:
        return Failed(FailureReason.WEBSOCKET_REFUSED, str(answer.status), index)
    return Allowed((), "basic")
