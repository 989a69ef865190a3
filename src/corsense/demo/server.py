"""`LocalServer`: many apps, each on a port of its own of this machine, served by one thread."""

from __future__ import annotations

import socket
import threading
import time
from types import TracebackType
from typing import Any, Self

import uvicorn

_START_LIMIT = 10.0
_STOP_LIMIT = 5.0
_BACKLOG = 128


class PortTakenError(OSError):
    """The requested port cannot be used."""


class LocalServer:
    """Serves ASGI apps over HTTP/1.1 on 127.0.0.1; a context manager. No port is open before `with`, none after.

    `add` takes a port (0: a free one) and `serve` names the app that answers there; until then it answers with 503.
    """

    def __init__(self) -> None:
        self._sockets: list[socket.socket] = []
        self._apps: dict[int, Any] = {}
        self._thread: threading.Thread | None = None
        self._server: uvicorn.Server | None = None

    def add(self, port: int = 0) -> int:
        """Take a port and return it. Raises PortTakenError."""
        bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            bound.bind(("127.0.0.1", port))
        except OSError as error:
            bound.close()
            raise PortTakenError(f"port {port} cannot be used: {error.strerror}") from None
        bound.listen(_BACKLOG)
        self._sockets.append(bound)
        return int(bound.getsockname()[1])

    def serve(self, port: int, app: Any) -> None:
        """Let `app` answer on a port."""
        self._apps[port] = app

    def start(self) -> None:
        """Begin to answer. Raises RuntimeError when the server does not come up."""
        config = uvicorn.Config(
            self._dispatch,
            interface="asgi3",  # it is a bound method, which uvicorn would treat as an app of the old interface
            lifespan="off",
            ws="none",
            log_config=None,
            log_level="critical",
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=1,
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": self._sockets}, name="demo", daemon=True)
        self._thread.start()
        limit = time.monotonic() + _START_LIMIT
        while not self._server.started:
            if not self._thread.is_alive() or time.monotonic() > limit:
                raise RuntimeError("the server did not start")
            time.sleep(0.01)

    def close(self) -> None:
        """Stop answering and free all ports. May be called twice."""
        if self._server is not None and self._thread is not None:
            self._server.should_exit = True
            self._thread.join(_STOP_LIMIT)
        for bound in self._sockets:
            bound.close()
        self._sockets.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    async def _dispatch(self, scope: Any, receive: Any, send: Any) -> None:
        app = self._apps.get(_port_named(scope), _nothing_here)
        await app(scope, receive, send)


def _port_named(scope: Any) -> int:
    """The port in the `Host` header, else that of the socket: they differ when a browser takes every connection to one
    port."""
    host = next((value for name, value in scope["headers"] if name == b"host"), b"")
    named = host.rpartition(b":")[2]
    return int(named) if named.isdigit() else int(scope["server"][1])


async def _nothing_here(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 503, "headers": [(b"content-type", b"text/plain")]})
    await send({"type": "http.response.body", "body": b"Not repaired yet."})
