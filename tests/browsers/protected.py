"""Small servers modelled on public threads, each behind protection, and the one address at which browsers meet them all.

A front takes every connection that a browser makes, ends TLS where there is any, and plays the reverse proxy that the thread is
about. What arrives at a server is kept, whether or not the protection lets it through.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import time
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal
from urllib.parse import parse_qs, urlsplit

import uvicorn
from fastapi import APIRouter, FastAPI, Request, WebSocket
from starlette.applications import Starlette
from starlette.middleware.sessions import SessionMiddleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute

from corsense import CORSMiddleware, CrossOriginProtection, Policy, install
from corsense.browsers.certificate import server_context

_DATA = Path(__file__).parents[1] / "data" / "protection" / "servers.toml"

PAGE_PATH = "/.page"
_WORKER_PATH = "/.worker.js"
_PAGE = b"<!doctype html><html><head><link rel=icon href='data:,'><title>page</title></head><body></body></html>"
_WORKER = b"onfetch = event => event.respondWith(fetch(event.request)); onactivate = () => clients.claim()"
_PROXY = ("10.0.0.2", 4000)

Shape = Literal["installed", "middleware", "starlette", "mounted", "session", "asgi"]
Proxy = Literal["", "backend", "backend and forwarded host", "port left out", "port written out"]


@dataclass(frozen=True)
class Server:
    """A small server: `thread` is what it is modelled on, `base` what browsers call it, `proxy` what stands before it."""

    name: str
    thread: str
    base: str
    shape: Shape = "installed"
    origins: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    proxy: Proxy = ""
    ran: list[str] = field(default_factory=list)

    @property
    def prefix(self) -> str:
        return "/ui" if self.shape == "mounted" else ""

    @property
    def write(self) -> str:
        return f"{self.base}{self.prefix}/write"

    @property
    def socket(self) -> str:
        return f"ws{self.base.removeprefix('http')}{self.prefix}/ws"

    @property
    def authority(self) -> str:
        return urlsplit(self.base).netloc

    @property
    def is_secure(self) -> bool:
        return self.base.startswith("https:")

    def rebound(self, number: int) -> str:
        """A name of the attacker's that leads to this server."""
        port = urlsplit(self.base).port
        return f"rebound-{number}.attacker.example" + (f":{port}" if port else "")


def _read() -> Iterator[Server]:
    for entry in tomllib.loads(_DATA.read_text(encoding="utf-8"))["server"]:
        given: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in entry.items()}
        yield Server(**given)


SERVERS = tuple(_read())


def app_of(server: Server, *, protected: bool = True) -> Any:
    """The server as an ASGI app; what runs is noted in `server.ran`."""
    protection = CrossOriginProtection(mode="enforce", hosts=server.hosts, trusted_proxies=[_PROXY[0]], exempt=["/hooks/*"])
    policy = None
    if server.origins:
        policy = Policy(
            origins=list(server.origins), credentials=True, methods=["PUT", "DELETE"], request_headers=["content-type"]
        )
    given: dict[str, Any] = {"policy": policy, "protection": protection if protected else None}
    if not protected and policy is None:
        return _bare(server)
    if server.shape in ("middleware", "asgi"):
        return CORSMiddleware(_bare(server), **given)
    app = _bare(server)
    if server.shape == "session":
        app.add_middleware(SessionMiddleware, secret_key="not-secret", same_site="none")
    install(app, **given)
    return app


def _bare(server: Server) -> Any:
    """The server without a layer around it."""

    async def write(request: Request) -> PlainTextResponse:
        server.ran.append(request.query_params.get("who", ""))
        return PlainTextResponse("done")

    async def download(request: Request) -> PlainTextResponse:
        return PlainTextResponse("data", headers={"Content-Disposition": "attachment; filename=data.txt"})

    async def socket(websocket: WebSocket) -> None:
        server.ran.append(websocket.query_params.get("who", ""))
        await websocket.accept()
        await websocket.close()

    methods = ["POST", "PUT", "DELETE", "PATCH"]
    if server.shape == "starlette":
        return Starlette(
            routes=[
                Route("/write", write, methods=methods), Route("/hooks/paid", write, methods=methods),
                Route("/download", download), WebSocketRoute("/ws", socket),
            ]
        )  # fmt: skip
    router = APIRouter()
    router.add_api_route("/write", write, methods=methods, response_model=None)
    router.add_api_route("/hooks/paid", write, methods=methods, response_model=None)
    router.add_api_route("/download", download, response_model=None)
    router.add_api_websocket_route("/ws", socket)
    app, inner = FastAPI(), FastAPI()
    inner.include_router(router)
    app.include_router(router)
    app.mount("/ui", inner)
    return app


@dataclass
class Front:
    """What every address leads to. `arrived`: what reached a server, refused or not."""

    apps: dict[str, tuple[Server, Any]]
    arrived: set[str] = field(default_factory=set)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await receive()
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await send({"type": "lifespan.shutdown.complete"})
            return
        headers = dict(scope["headers"])
        authority = headers.get(b"host", b"").decode()
        known = self.apps.get(authority)
        if scope["path"] in (PAGE_PATH, _WORKER_PATH) or known is None:
            await self._page(scope, receive, send)
            return
        server, app = known
        who = parse_qs(scope["query_string"].decode()).get("who", [""])[0]
        if scope.get("method") != "OPTIONS":
            self.arrived.add(who)
        await app(behind(server, scope, authority.encode()), receive, send)

    async def _page(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close"})
            return
        kind, body = (b"text/javascript", _WORKER) if scope["path"] == _WORKER_PATH else (b"text/html; charset=utf-8", _PAGE)
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", kind)]})
        await send({"type": "http.response.body", "body": body})

    def wait_for(self, wanted: set[str], seconds: float = 20.0) -> set[str]:
        """Those of `wanted` that have not arrived in time."""
        end = time.monotonic() + seconds
        while wanted - self.arrived and time.monotonic() < end:
            time.sleep(0.05)
        return wanted - self.arrived


def behind(server: Server, scope: Any, authority: bytes) -> Any:
    """The scope of a request as the server's proxy passes it on."""
    host = authority
    forwarded: list[tuple[bytes, bytes]] = []
    if server.proxy.startswith("backend"):
        host = b"10.0.0.9:8000" if server.proxy == "backend" else b"backend.internal:8000"
        forwarded = [(b"x-forwarded-host", authority)] if "forwarded" in server.proxy else []
    elif server.proxy == "port left out":
        host = authority.partition(b":")[0]
    elif server.proxy == "port written out":
        host = authority if b":" in authority else authority + (b":443" if server.is_secure else b":80")
    lines = [(name, host if name == b"host" else value) for name, value in scope["headers"]]
    return {**scope, "headers": [*lines, *forwarded], "client": _PROXY if server.proxy else scope["client"]}


@contextlib.contextmanager
def fronting(front: Front) -> Iterator[int]:
    """The port at which `front` is served, plain and over TLS alike."""
    listening = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(front, log_config=None, log_level="critical", ws="wsproto", proxy_headers=False)
    server = uvicorn.Server(config)
    running = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    running.start()
    while not server.started and running.is_alive():
        time.sleep(0.005)
    outside = socket.create_server(("127.0.0.1", 0), backlog=256)
    accepting = threading.Thread(target=_accept, args=(outside, server_context(), listening.getsockname()[1]), daemon=True)
    accepting.start()
    try:
        yield int(outside.getsockname()[1])
    finally:
        outside.close()
        server.should_exit = True
        running.join(10.0)
        listening.close()


def _accept(outside: socket.socket, context: ssl.SSLContext, port: int) -> None:
    with contextlib.suppress(OSError):
        while True:
            connection, _ = outside.accept()
            threading.Thread(target=_relay, args=(connection, context, port), daemon=True).start()


def _relay(connection: socket.socket, context: ssl.SSLContext, port: int) -> None:
    """Pass on one connection, without its TLS."""
    with contextlib.ExitStack() as closing, contextlib.suppress(OSError, ValueError):
        closing.enter_context(connection)
        connection.settimeout(30.0)
        client: Any = connection
        if connection.recv(1, socket.MSG_PEEK) == b"\x16":
            client = closing.enter_context(context.wrap_socket(connection, server_side=True, do_handshake_on_connect=False))
            client.do_handshake()
        inner = closing.enter_context(socket.create_connection(("127.0.0.1", port)))
        back = threading.Thread(target=_pump, args=(inner, client), daemon=True)
        back.start()
        _pump(client, inner)
        back.join(5.0)


def _pump(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError, ValueError):
        while chunk := source.recv(65536):
            target.sendall(chunk)
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_WR)
