"""Serves an app on loopback with the user's own uvicorn: a real browser meets the same app as the probes."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import Any

from .tracing import SCOPE_KEY, Passage

HEADER = "corsense-situation"
"""A header for the server alone, which the app never sees: `SITUATION SCHEME HOST PORT`, of which the last three are the
server that the browser believes it talks to."""

_POLL = 0.05
_GRACE = 1


class ServedApp:
    """An app as ASGI callable, with a stand-in where its endpoints would run unless `real`. It answers only requests that
    name the situation in `HEADER`."""

    def __init__(self, app: Any, *, real: bool, state: dict[str, Any]) -> None:
        self.app = app
        self.real = real
        self.state = state

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        given = next((value for name, value in scope.get("headers", ()) if name == HEADER.encode()), b"")
        fields = given.decode("latin-1").split()
        if scope["type"] != "http" or len(fields) != 4:
            await self._refuse(scope, send)
            return
        situation, scheme, host, port = fields
        headers = [line for line in scope["headers"] if line[0] != HEADER.encode()]
        passage = Passage(situation, self.real)
        await self.app(
            {
                **scope,
                "headers": headers,
                "scheme": scheme,
                "server": (host, int(port)),
                "state": dict(self.state),
                SCOPE_KEY: passage,
            },
            receive,
            send,
        )

    async def _refuse(self, scope: Any, send: Any) -> None:
        if scope["type"] == "websocket":
            await send({"type": "websocket.close"})
        elif scope["type"] == "http":
            await send({"type": "http.response.start", "status": 421, "headers": []})
            await send({"type": "http.response.body", "body": b""})


async def serve(app: ServedApp, listening: socket.socket, started: Callable[[], None], over: Callable[[], bool]) -> None:
    """Serve `app` on a socket that listens; `started` is called when it answers. Returns when `over` returns true.

    Raises ImportError when uvicorn is not installed.
    """
    import uvicorn

    config = uvicorn.Config(
        app,
        lifespan="off",
        log_config=None,
        log_level="critical",
        access_log=False,
        ws="none",
        server_header=False,
        date_header=False,
        timeout_graceful_shutdown=_GRACE,
    )
    server = uvicorn.Server(config)
    serving = asyncio.get_running_loop().create_task(server.serve(sockets=[listening]))
    while not server.started and not serving.done():
        await asyncio.sleep(0.01)
    if not serving.done():
        started()
    while not over() and not serving.done():
        await asyncio.sleep(_POLL)
    server.should_exit = True
    await serving
