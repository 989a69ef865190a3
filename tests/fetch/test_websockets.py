"""The handshake of a WebSocket: the browser sends Origin and cookies, CORS does not apply, and the server decides."""

from __future__ import annotations

import pytest

from corsense.fetch import Allowed, Blocked, Browser, CorsError, Failed, FailureReason, FetchRequest, NetworkError, WireResponse
from corsense.fetch.trace import EngineName, Trace
from corsense.transports import drive

ENGINES: tuple[EngineName, ...] = ("standard", "chromium", "firefox", "webkit")
PAGE = "http://localhost:3000"
CHAT = "ws://localhost:8000/chat"


def opened(
    url: str, answer: WireResponse | NetworkError, engine: EngineName = "chromium", origin: str = PAGE, **asked: str
) -> Trace:
    request = FetchRequest(url, origin, initiator="websocket", **asked)  # type: ignore[arg-type]
    return drive(Browser(engine).fetch(request), lambda _: answer)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("origin", [PAGE, "https://app.example.com", "null"])
def test_a_handshake_carries_the_origin_and_cookies_and_needs_no_permission(engine: EngineName, origin: str) -> None:
    trace = opened("wss://api.example.com/chat", WireResponse(101), engine, origin)
    assert trace.outcome == Allowed((), "basic")
    (exchange,) = trace.exchanges
    assert exchange.request.url == "https://api.example.com/chat"
    assert exchange.request.header("origin") == origin
    assert exchange.request.header("upgrade") == "websocket"
    assert exchange.request.credentials
    assert trace.console() == []


@pytest.mark.parametrize("status", [200, 302, 401, 403, 404, 500])
def test_any_other_status_refuses_the_handshake_with_or_without_headers_of_cors(status: int) -> None:
    answer = WireResponse(status, (("Access-Control-Allow-Origin", "*"), ("Location", "/elsewhere")))
    outcome = opened(CHAT, answer).outcome
    assert outcome == Failed(FailureReason.WEBSOCKET_REFUSED, str(status), 0)


@pytest.mark.parametrize(("engine", "requests"), [("standard", 1), ("chromium", 1), ("firefox", 1), ("webkit", 2)])
def test_only_webkit_follows_a_redirect_of_a_handshake(engine: EngineName, requests: int) -> None:
    answers = iter((WireResponse(302, (("Location", "/moved"),)), WireResponse(101)))
    trace = drive(Browser(engine).fetch(FetchRequest(CHAT, PAGE, initiator="websocket")), lambda _: next(answers))
    assert len(trace.exchanges) == requests
    assert isinstance(trace.outcome, Allowed) == (engine == "webkit")


def test_webkit_follows_no_redirect_forever() -> None:
    trace = opened(CHAT, WireResponse(302, (("Location", "/again"),)), "webkit")
    assert len(trace.exchanges) == 21
    assert isinstance(trace.outcome, Failed)


@pytest.mark.parametrize(
    ("engine", "line"),
    [
        ("chromium", f"WebSocket connection to '{CHAT}' failed: Error during WebSocket handshake: Unexpected response code: 403"),
        ("firefox", f"Firefox can’t establish a connection to the server at {CHAT}."),
        ("webkit", f"WebSocket connection to '{CHAT}' failed: The server did not accept the WebSocket handshake."),
    ],
)
def test_consoles_say_of_a_refused_handshake_what_was_recorded(engine: EngineName, line: str) -> None:
    assert opened(CHAT, WireResponse(403), engine).console() == [line]
    assert opened(CHAT, WireResponse(403)).console(engine) == [line]


def test_chromium_says_of_401_and_of_a_server_that_is_down_what_was_recorded() -> None:
    why = f"WebSocket connection to '{CHAT}' failed: "
    assert opened(CHAT, WireResponse(401)).console() == [why + "HTTP Authentication failed; no valid credentials available"]
    down = opened(CHAT, NetworkError("connection refused"))
    assert down.outcome == Failed("connection refused", None, 0)
    assert down.console() == [why + "Error in connection establishment: net::ERR_CONNECTION_REFUSED"]


@pytest.mark.parametrize("engine", ENGINES)
def test_a_page_on_https_opens_no_plain_websocket(engine: EngineName) -> None:
    trace = opened("ws://api.example.com/chat", WireResponse(101), engine, "https://app.example.com")
    assert trace.outcome == Failed(FailureReason.MIXED_CONTENT, "ws://api.example.com/chat")
    assert trace.exchanges == ()
    local = opened(CHAT, WireResponse(101), engine, "https://app.example.com").outcome
    assert isinstance(local, Failed) == (engine == "webkit")


@pytest.mark.parametrize("origin", ["http://app.example.test", "https://app.example.test", "null"])
def test_chromium_asks_for_a_permission_before_a_public_page_opens_a_websocket_on_this_machine(origin: str) -> None:
    trace = opened(CHAT, WireResponse(101), origin=origin, address_space="public")
    assert isinstance(trace.outcome, Blocked)
    assert trace.outcome.error is CorsError.LocalNetworkAccessPermissionDenied
    assert trace.console() == [
        f"WebSocket connection to '{CHAT}' failed: Error in connection establishment: "
        "net::ERR_BLOCKED_BY_LOCAL_NETWORK_ACCESS_CHECKS"
    ]
    assert isinstance(opened(CHAT, WireResponse(101), "firefox", origin, address_space="public").outcome, Allowed)


def test_a_url_of_http_stands_for_one_of_ws() -> None:
    trace = opened("http://localhost:8000/chat", WireResponse(101))
    assert isinstance(trace.outcome, Allowed)
    assert trace.exchanges[0].request.url == "http://localhost:8000/chat"
    for engine in ("chromium", "firefox", "webkit"):
        (line,) = opened("http://localhost:8000/chat", WireResponse(403), engine).console()
        assert CHAT in line


@pytest.mark.parametrize("url", ["ftp://localhost/chat", "ws://localhost:8000/chat#part", "ws://"])
def test_what_is_not_the_url_of_a_websocket_throws(url: str) -> None:
    outcome = opened(url, WireResponse(101)).outcome
    assert isinstance(outcome, Failed)
    assert outcome.reason == FailureReason.INVALID_REQUEST


def test_script_chooses_subprotocols_and_no_other_header() -> None:
    chosen = FetchRequest(CHAT, PAGE, initiator="websocket", headers=(("Sec-WebSocket-Protocol", "graphql-ws, json"),))
    trace = drive(Browser().fetch(chosen), lambda _: WireResponse(101))
    assert trace.exchanges[0].request.header("sec-websocket-protocol") == "graphql-ws, json"
    for headers in ((("Authorization", "Bearer x"),), (("Sec-WebSocket-Protocol", "a b"),)):
        refused = drive(
            Browser().fetch(FetchRequest(CHAT, PAGE, initiator="websocket", headers=headers)), lambda _: WireResponse(101)
        )
        assert isinstance(refused.outcome, Failed)
        assert refused.exchanges == ()


def test_browsers_open_no_websocket_on_the_port_of_another_protocol() -> None:
    assert opened("ws://localhost:6000/chat", WireResponse(101)).outcome == Failed(FailureReason.BAD_PORT, "port 6000")
