"""The layer behind a real server, over sockets of this machine."""

from __future__ import annotations

import asyncio
import http.client
import importlib.util
import json
import socket
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from fastapi import BackgroundTasks, FastAPI, WebSocket
from fastapi.responses import FileResponse, StreamingResponse
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route

from corsense.fetch import Allowed, Browser, FetchRequest
from corsense.middleware import CORSMiddleware, Installation, install
from corsense.policy import Policy
from corsense.transports import drive
from corsense.transports.http import HttpClient, http_send
from tests.middleware.asking import ORIGIN, UNTRUSTED_ORIGIN

POLICY = Policy(
    origins=[ORIGIN, "http://localhost:*"], credentials=True, methods=["PUT"], request_headers=["Content-Type"], websockets=True
)
FIRST_EVENT_READ = threading.Event()
Serve = Callable[[Any], AbstractContextManager[int]]


@contextmanager
def serving(app: Any, **settings: Any) -> Iterator[int]:
    """The port of a server that serves `app` until the block ends."""
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="critical", **settings))
    thread = threading.Thread(target=lambda: asyncio.run(server.serve(sockets=[listening])), daemon=True)
    thread.start()
    deadline = time.monotonic() + 60
    while not server.started and time.monotonic() < deadline:
        time.sleep(0.01)
    try:
        yield listening.getsockname()[1]
    finally:
        server.should_exit = True
        thread.join(10)
        listening.close()


def request(
    port: int, path: str, origin: str | None = ORIGIN, method: str = "GET", **headers: str
) -> tuple[int, list[Any], bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request(method, path, headers=sent if origin is None else {**sent, "Origin": origin})
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer.status, [(name.lower(), value) for name, value in answer.getheaders()], body


def application(folder: Path, done: list[str]) -> FastAPI:
    app = FastAPI()
    (folder / "file.txt").write_text("file" * 1000, encoding="utf-8")

    @app.put("/items/{number}")
    def put(number: int, tasks: BackgroundTasks) -> dict[str, int]:
        tasks.add_task(done.append, "background")
        return {"number": number}

    @app.get("/crash")
    def crash() -> None:
        raise ValueError("no")

    @app.get("/file")
    def file() -> FileResponse:
        return FileResponse(folder / "file.txt")

    @app.get("/events")
    async def events() -> StreamingResponse:
        async def stream() -> AsyncIterator[str]:
            for number in range(3):
                yield f"data: {number}\n\n"
                while not FIRST_EVENT_READ.is_set():
                    await asyncio.sleep(0.01)

        return StreamingResponse(stream(), media_type="text/event-stream")

    @app.websocket("/ws")
    async def ws(websocket: WebSocket) -> None:
        await websocket.accept()
        await websocket.send_text("hello")
        await websocket.close()

    inner = Starlette(routes=[Route("/x", lambda request: PlainTextResponse("x"))])
    app.mount("/inner", inner)
    return app


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, list[str], Installation]]:
    done: list[str] = []
    app = application(tmp_path_factory.mktemp("files"), done)
    handle = install(app, POLICY)
    with serving(app) as port:
        yield port, done, handle


Served = tuple[int, list[str], Installation]


@pytest.mark.parametrize(
    ("path", "status"), [("/items/1", 405), ("/crash", 500), ("/file", 200), ("/inner/x", 200), ("/no", 404)]
)
def test_every_answer_can_be_read_by_the_allowed_and_by_nobody_else(served: Served, path: str, status: int) -> None:
    for origin, sent in ((ORIGIN, [ORIGIN]), (UNTRUSTED_ORIGIN, []), (None, [])):
        found, lines, _ = request(served[0], path, origin)
        assert found == status
        assert [value for name, value in lines if name == "access-control-allow-origin"] == sent
        assert [value for name, value in lines if name == "vary"] == ["Origin"]


@pytest.mark.parametrize(("origin", "allowed"), [("http://localhost:5173", True), ("http://stranger.test", False)])
def test_a_browser_gets_what_the_policy_permits(served: Served, origin: str, allowed: bool) -> None:
    asked = FetchRequest(
        f"http://127.0.0.1:{served[0]}/items/7",
        origin,
        method="PUT",
        headers=(("Content-Type", "application/json"),),
        credentials="include",
        body="{}",
    )
    with HttpClient() as client:
        outcome = drive(Browser().fetch(asked), http_send(client)).outcome
    assert isinstance(outcome, Allowed) is allowed is POLICY.permits(asked)


def test_background_tasks_run_after_the_answer(served: Served) -> None:
    served[1].clear()
    assert request(served[0], "/items/1", method="PUT")[2] == b'{"number":1}'
    deadline = time.monotonic() + 60
    while not served[1] and time.monotonic() < deadline:
        time.sleep(0.01)
    assert served[1] == ["background"]


def test_files_are_served_whole_and_in_ranges(served: Served) -> None:
    assert request(served[0], "/file")[2] == b"file" * 1000
    status, lines, body = request(served[0], "/file", Range="bytes=0-3")
    assert (status, body) == (206, b"file")
    assert ("access-control-allow-origin", ORIGIN) in lines


def test_events_arrive_as_they_are_sent(served: Served) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", served[0], timeout=10)
    connection.request("GET", "/events", headers={"Origin": ORIGIN})
    answer = connection.getresponse()
    assert answer.getheader("access-control-allow-origin") == ORIGIN
    assert answer.read1(100) == b"data: 0\n\n"
    FIRST_EVENT_READ.set()
    assert answer.read() == b"data: 1\n\ndata: 2\n\n"
    connection.close()


def shake_hands(port: int, origin: str | None) -> bytes:
    """The first line of the answer to a websocket's handshake."""
    lines = ["GET /ws HTTP/1.1", "Host: 127.0.0.1", "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13"]
    lines += ["Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", *([f"Origin: {origin}"] if origin else [])]
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        return connection.recv(4000).partition(b"\r\n")[0]


@pytest.mark.parametrize("library", ["wsproto", "websockets-sansio"])
def test_handshakes_of_foreign_pages_are_refused(library: str, tmp_path: Path) -> None:
    if importlib.util.find_spec(library.partition("-")[0]) is None:
        pytest.skip(f"{library} is not installed")
    app = application(tmp_path, [])
    install(app, POLICY)
    with serving(app, ws=library) as port:
        assert b" 101 " in shake_hands(port, ORIGIN)
        assert b" 101 " in shake_hands(port, None)
        assert b" 403 " in shake_hands(port, UNTRUSTED_ORIGIN)
        assert b" 403 " in shake_hands(port, "null")


@pytest.mark.parametrize("how", ["wrapped", "added", "mounted"])
def test_starlette_serves_it_in_each_place(how: str) -> None:
    inner = Starlette(routes=[Route("/x", lambda request: PlainTextResponse("x"))])
    app: Any = inner
    if how == "wrapped":
        app = CORSMiddleware(inner, policy=POLICY)
    elif how == "added":
        inner.add_middleware(CORSMiddleware, policy=POLICY)
    else:
        install(inner, POLICY)
        app = Starlette(routes=[Mount("/sub", inner)])
    with serving(app) as port:
        path = "/sub/x" if how == "mounted" else "/x"
        assert ("access-control-allow-origin", ORIGIN) in request(port, path)[1]
        status, lines, _ = request(port, path, method="OPTIONS", Access_Control_Request_Method="PUT")
        assert status == 200
        assert dict(lines)["access-control-allow-methods"] == "GET, HEAD, POST, PUT"


def test_reconfiguring_under_load_loses_no_request() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            body = json.dumps({"path": scope["path"]}).encode()
            await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(body))]})
            await send({"type": "http.response.body", "body": body})

    first, second = Policy(origins=[ORIGIN], credentials=True), Policy(origins=[ORIGIN], expose_headers=["X-Second"])
    layer = CORSMiddleware(app, policy=first)
    wanted = {frozenset({"access-control-allow-credentials"}), frozenset({"access-control-expose-headers"})}
    seen: list[tuple[int, bytes, frozenset[str]]] = []

    changed_often = threading.Event()

    def page(number: int, port: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        for turn in range(100):
            if turn == 50:
                assert changed_often.wait(60)
            connection.request("GET", f"/{number}/{turn}", headers={"Origin": ORIGIN})
            answer = connection.getresponse()
            names = {name.lower() for name, _ in answer.getheaders() if name.lower().startswith("access-control-")}
            seen.append((answer.status, answer.read(), frozenset(names - {"access-control-allow-origin"})))
        connection.close()

    with serving(layer, lifespan="off") as port:
        pages = [threading.Thread(target=page, args=(number, port)) for number in range(6)]
        for thread in pages:
            thread.start()
        changes = 0
        while any(thread.is_alive() for thread in pages):
            layer.reconfigure(second if changes % 2 else first)
            changes += 1
            if changes > 10:
                changed_often.set()
            time.sleep(0.005)
    bodies = {json.dumps({"path": f"/{number}/{turn}"}).encode() for number in range(6) for turn in range(100)}
    assert {body for _, body, _ in seen} == bodies
    assert {status for status, _, _ in seen} == {200}
    assert {names for _, _, names in seen} == wanted
