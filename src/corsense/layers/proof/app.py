"""The app behind a proxy that is proven: answers of every status, with and without CORS headers of its own."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

from corsense.middleware.compiled import CompiledPolicy
from corsense.policy import Policy

SLOW: Final = 1.2
"""Seconds that `/plain/slow` takes: longer than the proxy waits."""
HIDDEN: Final = "X-Not-Exposed"
VARIES: Final = ("Accept-Encoding", "Cookie")
"""What the app's own answers depend on, each in a line of its own where `several_vary_lines`."""

_NOT_ADDED: Final = frozenset(
    {
        "age", "connection", "content-encoding", "content-length", "content-range", "content-type", "date", "keep-alive",
        "location", "proxy-authenticate", "server", "trailer", "transfer-encoding", "upgrade", "vary", "via", "www-authenticate",
    }
)  # fmt: skip
_HOSTILE: Final = (
    ("Access-Control-Allow-Origin", "*"),
    ("Access-Control-Allow-Origin", "https://evil.example"),
    ("Access-Control-Allow-Credentials", "true"),
    ("Access-Control-Expose-Headers", HIDDEN),
    ("Access-Control-Allow-Methods", "*"),
    ("Access-Control-Allow-Headers", "*"),
    ("Access-Control-Max-Age", "86400"),
)


def exposable(policy: Policy) -> tuple[str, ...]:
    """The headers of the app's answers whose exposure is compared."""
    return (HIDDEN, *(name for name in policy.expose_headers if name.lower() not in _NOT_ADDED))


class ProofApp(ThreadingHTTPServer):
    """Serves `/plain/STATUS` without CORS headers and `/cors/STATUS` with those that an app sets itself: by the policy where it
    keeps its CORS, else hostile ones, which must not reach the page."""

    daemon_threads = True

    def __init__(self, policy: Policy, *, keeps_cors: bool, several_vary_lines: bool) -> None:
        self.policy, self.keeps_cors, self.several_vary_lines = policy, keeps_cors, several_vary_lines
        self.compiled = CompiledPolicy(policy)
        self.preflights: list[str] = []
        self.handshakes = 0
        super().__init__(("127.0.0.1", 0), _Handler)

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.server_address[1])

    def handle_error(self, request: object, client_address: object) -> None:
        """A proxy that has waited long enough hangs up."""

    def own_headers(self, origin: str | None) -> tuple[tuple[str, str], ...]:
        """The CORS headers of the app itself."""
        if not self.keeps_cors:
            return _HOSTILE
        policy = self.policy
        vary = () if policy.any_origin and not policy.credentials else (("Vary", "Origin"),)
        uniform = policy.any_origin and not policy.credentials
        if not uniform and not (origin and self.compiled.admits(origin.encode("latin-1"))):
            return vary
        credentials = not uniform and policy.credentials_for(origin or "")
        shown = "*" if policy.any_origin and not credentials else origin or ""
        headers = [("Access-Control-Allow-Origin", shown), *vary]
        headers += [("Access-Control-Allow-Credentials", "true")] if credentials else []
        exposed = "*" if policy.exposes_any_header else ", ".join(policy.expose_headers)
        return (*headers, *([("Access-Control-Expose-Headers", exposed)] if exposed else []))


class _Handler(BaseHTTPRequestHandler):
    server: ProofApp
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def __getattr__(self, name: str) -> Any:
        if name.startswith("do_"):
            return self._answer
        raise AttributeError(name)

    def _answer(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        self.rfile.read(length)
        if self.command == "OPTIONS" and self.headers.get("Origin") and self.headers.get("Access-Control-Request-Method"):
            self.server.preflights.append(self.path)
        if self.headers.get("Upgrade", "").lower() == "websocket":
            self.server.handshakes += 1
            self.wfile.write(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n")
            self.wfile.write(b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n")
            self.close_connection = True
            return
        _, kind, what = [*self.path.split("/"), "", ""][:3]
        if what == "slow":
            time.sleep(SLOW)
        self.send_response(int(what) if what.isdigit() else 200)
        for name in exposable(self.server.policy):
            self.send_header(name, "1")
        for name, value in self.server.own_headers(self.headers.get("Origin")) if kind == "cors" else ():
            self.send_header(name, value)
        for value in VARIES if self.server.several_vary_lines else [", ".join(VARIES)]:
            self.send_header("Vary", value)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", "2")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(b"{}")

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def serving(policy: Policy, *, keeps_cors: bool, several_vary_lines: bool = True) -> Iterator[ProofApp]:
    """The app, until the block ends or it is closed."""
    app = ProofApp(policy, keeps_cors=keeps_cors, several_vary_lines=several_vary_lines)
    thread = threading.Thread(target=app.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield app
    finally:
        app.shutdown()
        app.server_close()
