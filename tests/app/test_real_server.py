"""What a session says an app answers is what the same app answers behind a real server."""

from __future__ import annotations

import http.client
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from corsense.app import AppSession, AppTarget, Probe
from corsense.fetch import FetchRequest, WireRequest, WireResponse
from tests.app.conftest import write_files

ORIGIN = "http://localhost:3000"
SOURCE = """\
    from fastapi import FastAPI, HTTPException, Request
    from fastapi.middleware.cors import CORSMiddleware
    from fastapi.middleware.gzip import GZipMiddleware
    from fastapi.responses import RedirectResponse, StreamingResponse
    from fastapi.staticfiles import StaticFiles
    from starlette.responses import JSONResponse

    app = FastAPI()
    app.add_middleware(GZipMiddleware, minimum_size=10)
    app.add_middleware(
        CORSMiddleware,
        allow_origins=["http://localhost:3000"],
        allow_methods=["PUT", "GET"],
        allow_credentials=True,
        expose_headers=["X-A"],
    )

    @app.middleware("http")
    async def guard(request: Request, call_next):
        if request.query_params.get("refuse"):
            return JSONResponse({"detail": "no"}, 401)
        return await call_next(request)

    @app.get("/items")
    def items():
        return list(range(100))

    @app.put("/items/{number}")
    async def put(number: int, request: Request):
        return {"number": number, "body": (await request.body()).decode(), "cookie": request.headers.get("cookie")}

    @app.get("/crash")
    def crash():
        raise ValueError("no")

    @app.get("/missing")
    def missing():
        raise HTTPException(404, headers={"X-A": "1"})

    @app.get("/stream")
    def stream():
        return StreamingResponse(iter([b"a", b"b"]))

    @app.get("/away")
    def away():
        return RedirectResponse("/items")

    @app.options("/hand")
    def hand():
        return {}

    @app.put("/hand")
    def put_hand():
        return {}

    app.mount("/files", StaticFiles(directory="files"))
    sub = FastAPI()

    @sub.get("/x/")
    def x():
        return {}

    app.mount("/sub", sub)
    """
REQUESTS = [
    *(
        (path, "GET")
        for path in ("/items", "/items/", "/crash", "/missing", "/stream", "/away", "/nothing", "/sub/x", "/sub/x/", "/sub/y")
    ),
    *(
        (path, "GET")
        for path in ("/files/style.css", "/files/none", "/items?refuse=1", "/items?q=a%20b", "/it%65ms", "/docs", "/openapi.json")
    ),
    *((path, "PUT") for path in ("/items/1", "/items/x", "/items/1/", "/hand", "/items", "/items/1?refuse=1")),
    ("/items/1", "DELETE"),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("served")
    write_files(path, {"main.py": SOURCE, "files/style.css": "a {}"})
    return path


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[str]:
    """The address of a uvicorn that serves the app."""
    command = [sys.executable, "-m", "uvicorn", "main:app", "--port", "0", "--no-date-header", "--no-server-header"]
    process = subprocess.Popen(command, cwd=folder, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
    assert process.stderr is not None
    for line in process.stderr:
        if match := re.search(r"running on (http://[\d.:]+)", line):
            break
    else:
        raise AssertionError("uvicorn did not start")
    yield match[1]
    process.kill()
    process.wait()
    process.stderr.close()


@pytest.fixture(scope="module")
def session(folder: Path) -> Iterator[AppSession]:
    with AppSession.start(AppTarget.parse(directory=folder), base=folder, output="none") as session:
        yield session


def answer(request: WireRequest, sent: dict[str, str]) -> tuple[int, list[tuple[str, str]]]:
    """Status and headers that a server gives to a request."""
    url = urlsplit(request.url)
    connection = http.client.HTTPConnection(url.hostname or "", url.port, timeout=10)
    connection.putrequest(request.method, request.url.partition(url.netloc)[2], skip_accept_encoding=True)
    for name, value in (*request.headers, *sent.items()):
        connection.putheader(name, value)
    connection.endheaders()
    response = connection.getresponse()
    response.read()
    connection.close()
    return response.status, comparable(tuple(response.getheaders()))


def comparable(headers: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Headers without those that the connection adds, or that name a time."""
    return sorted(
        (name.lower(), value) for name, value in headers if name.lower() not in ("connection", "transfer-encoding", "date")
    )


@pytest.mark.parametrize("origin", [ORIGIN, "http://localhost:9999"])
@pytest.mark.parametrize(("path", "method"), REQUESTS)
def test_the_answers_are_those_of_a_real_server(server: str, session: AppSession, path: str, method: str, origin: str) -> None:
    request = FetchRequest(server + path, origin, method, credentials="include")
    (result,) = session.run([Probe(request)], run_endpoints=True)
    assert result.trace.exchanges
    for exchange in result.trace.exchanges:
        assert isinstance(exchange.response, WireResponse)
        sent = {"Content-Length": "0"} if exchange.request.method in ("PUT", "DELETE") else {}
        assert (exchange.response.status, comparable(exchange.response.headers)) == answer(exchange.request, sent)
