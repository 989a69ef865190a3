"""What the inspector notes of what goes over the wire, and that it changes nothing of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, StreamingResponse
from starlette.routing import Mount, Route, WebSocketRoute

from corsense.dev.inspector.recorder import LONGEST_LINE, MOST_LINES, RecordedExchange, Recorder
from corsense.fetch.wire import NetworkError, WireResponse
from tests.dev.inspector.asgi import PAGE, ask, scope, send

ANSWERED = WireResponse(200, (("content-length", "2"), ("content-type", "application/json")))


def crash(_: Any) -> None:
    raise ValueError("no such table: users")


async def socket(websocket: Any) -> None:
    await websocket.accept(headers=[(b"x-mark", b"1")])


async def closed_socket(websocket: Any) -> None:
    await websocket.close()


ROUTES = [
    Route("/items/{item_id}", lambda _: JSONResponse({}), methods=["GET", "PUT"]),
    Route("/gone", lambda _: PlainTextResponse("It is gone.", 410)),
    Route("/login", lambda _: HTMLResponse("<h1>Sign in</h1>")),
    Route("/crash", crash),
    Route("/stream", lambda _: StreamingResponse(iter(["a", "b"]))),
    Mount("/v1", routes=[Route("/deep/{name}", lambda _: JSONResponse({}))]),
    WebSocketRoute("/ws", socket),
    WebSocketRoute("/closed", closed_socket),
]


@pytest.fixture
def noted() -> list[RecordedExchange]:
    return []


@pytest.fixture
def app(noted: list[RecordedExchange]) -> Recorder:
    return Recorder(Starlette(routes=ROUTES), noted.append)


def test_an_exchange_with_a_page_of_another_origin_is_noted_as_a_recording_holds_it(
    app: Recorder, noted: list[RecordedExchange]
) -> None:
    ask(app, "GET", "/items/7?page=2", {"Origin": PAGE, "Cookie": "sid=s3cr3t; theme=dark"})
    (one,) = noted
    assert one.entry.request.method == "GET"
    assert one.entry.request.url == "http://localhost:8000/items/7?page=2"
    assert one.entry.request.credentials
    assert not one.entry.request.preflight
    assert (one.entry.page, one.entry.kind, one.entry.cookie_names) == (PAGE, "fetch", ("sid", "theme"))
    assert one.entry.response == ANSWERED
    assert one.entry.body is None
    assert one.route == "/items/{item_id}"
    assert one.exception is None


def test_the_app_answers_as_it_does_without_the_recorder(app: Recorder) -> None:
    for url in ("/items/7", "/gone", "/login", "/stream", "/v1/deep/x", "/nothing"):
        assert ask(app, "GET", url, {"Origin": PAGE}) == ask(app.app, "GET", url, {"Origin": PAGE})


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "http://localhost:8000"},
        {"Origin": "https://localhost:8000", "Sec-Fetch-Site": "same-origin"},
        {"Origin": "not an origin"},
    ],
)
def test_what_no_page_of_another_origin_asks_is_not_noted(
    app: Recorder, noted: list[RecordedExchange], headers: dict[str, str]
) -> None:
    ask(app, "GET", "/items/7", headers)
    assert noted == []


@pytest.mark.parametrize(
    "origin", ["null", "http://127.0.0.1:8000", "https://localhost:8000", "http://localhost", "capacitor://localhost"]
)
def test_another_scheme_host_or_port_is_another_origin(app: Recorder, noted: list[RecordedExchange], origin: str) -> None:
    ask(app, "GET", "/items/7", {"Origin": origin})
    assert [one.entry.page for one in noted] == [origin]


def test_a_preflight_is_noted_with_the_route_of_the_request_it_is_for(app: Recorder, noted: list[RecordedExchange]) -> None:
    ask(app, "OPTIONS", "/items/7", {"Origin": PAGE, "Access-Control-Request-Method": "PUT"})
    assert noted[0].entry.request.preflight
    assert noted[0].route == "/items/{item_id}"
    ask(app, "OPTIONS", "/items/7", {"Origin": PAGE})
    assert not noted[1].entry.request.preflight


def test_the_beginning_of_an_error_and_of_a_page_is_kept_and_of_no_other_answer(
    app: Recorder, noted: list[RecordedExchange]
) -> None:
    for url in ("/gone", "/login", "/stream"):
        ask(app, "GET", url, {"Origin": PAGE})
    assert [one.entry.body for one in noted] == ["It is gone.", "<h1>Sign in</h1>", None]


def test_what_the_app_raises_is_raised_and_noted_beside_the_answer(app: Recorder, noted: list[RecordedExchange]) -> None:
    with pytest.raises(ValueError, match="no such table"):
        ask(app, "GET", "/crash", {"Origin": PAGE})
    (one,) = noted
    assert isinstance(one.entry.response, WireResponse)
    assert one.entry.response.status == 500
    assert one.exception is not None
    assert one.exception.summary == "ValueError: no such table: users"
    frame = one.exception.user_frame
    assert frame is not None
    assert frame.function == "crash"


@pytest.mark.parametrize(("path", "status"), [("/ws", 101), ("/closed", 403)])
def test_a_handshake_is_noted_by_how_it_ends(app: Recorder, noted: list[RecordedExchange], path: str, status: int) -> None:
    ask(app, "GET", path, {"Origin": PAGE}, type="websocket", scheme="ws", subprotocols=[])
    (one,) = noted
    assert one.entry.kind == "websocket"
    assert isinstance(one.entry.response, WireResponse)
    assert one.entry.response.status == status
    assert one.entry.request.url == f"http://localhost:8000{path}"


@pytest.mark.parametrize(
    ("agent", "engine"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36", "chromium"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "firefox"),
        ("Mozilla/5.0 (Macintosh) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15", "webkit"),
        ("curl/8.5.0", "chromium"),
    ],
)  # fmt: skip
def test_the_engine_is_the_one_that_the_browser_names(
    app: Recorder, noted: list[RecordedExchange], agent: str, engine: str
) -> None:
    ask(app, "GET", "/items/7", {"Origin": PAGE, "User-Agent": agent})
    assert noted[0].engine == engine


def test_an_endless_answer_is_noted_when_it_begins(noted: list[RecordedExchange]) -> None:
    async def endless(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/event-stream")]})
        while True:
            await send({"type": "http.response.body", "body": b"data: 1\n\n", "more_body": True})
            await asyncio.sleep(0.001)

    async def serve() -> None:
        task = asyncio.create_task(
            send(Recorder(endless, noted.append), scope("GET", "/", {"Origin": PAGE, "Accept": "text/event-stream"}))
        )
        while not noted:
            await asyncio.sleep(0.001)
        task.cancel()

    asyncio.run(serve())
    assert noted[0].entry.kind == "eventsource"


async def silent(scope: Any, receive: Any, send: Any) -> None:
    return


async def garbled(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": "two hundred", "headers": 5})


@pytest.mark.parametrize("app_of_theirs", [silent, garbled])
def test_an_app_that_sends_no_answer_is_noted_as_one(noted: list[RecordedExchange], app_of_theirs: Callable[..., Any]) -> None:
    ask(Recorder(app_of_theirs, noted.append), "GET", "/", {"Origin": PAGE})
    assert isinstance(noted[0].entry.response, NetworkError)


def test_what_is_kept_of_a_request_and_its_answer_is_bounded(noted: list[RecordedExchange]) -> None:
    async def large(scope: Any, receive: Any, send: Any) -> None:
        headers = [(b"x-%d" % number, b"y" * 100_000) for number in range(1_000)]
        await send({"type": "http.response.start", "status": 404, "headers": headers})
        await send({"type": "http.response.body", "body": b"z" * 1_000_000})

    lines = [("Origin", PAGE), *[(f"X-{number}", "y" * 100_000) for number in range(1_000)]]
    ask(Recorder(large, noted.append), "GET", "/" + "a" * 1_000_000, lines)
    entry = noted[0].entry
    assert isinstance(entry.response, WireResponse)
    for kept in (entry.request.headers, entry.response.headers):
        assert len(kept) == MOST_LINES
        assert all(len(value) <= LONGEST_LINE for _, value in kept)
    assert len(entry.request.url) <= 8_300
    assert entry.body is not None
    assert len(entry.body) <= 400


def test_a_request_is_served_even_if_it_cannot_be_noted(caplog: pytest.LogCaptureFixture) -> None:
    def fail(_: RecordedExchange) -> None:
        raise RuntimeError("out of order")

    app = Recorder(Starlette(routes=ROUTES), fail)
    assert ask(app, "GET", "/items/7", {"Origin": PAGE})[0]["status"] == 200
    assert "could not record a request" in caplog.text
