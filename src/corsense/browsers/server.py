"""The stage: one server on loopback behind every host and port that a browser asks for.

The browser connects to it whatever the address, so that a page has exactly the requested origin, no port has to
be free, and nothing leaves this machine through the browser. It serves the page on every origin, hands every other request to the
`Answer` of the moment, and keeps what went over the wire. It speaks plain HTTP and TLS on the same port, and is a proxy where a
browser needs one.
"""

from __future__ import annotations

import contextlib
import socket
import socketserver
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from types import TracebackType
from typing import Self
from urllib.parse import urljoin

from corsense.browsers.certificate import server_context
from corsense.browsers.page import HTML, OPAQUE_PATH, PATH
from corsense.console.context import reason_phrase
from corsense.fetch import Exchange, NetworkError, WireRequest, WireResponse
from corsense.url import parse_url

_PATIENCE = 15.0
_MOST_HEAD = 1 << 18
_TLS_HANDSHAKE = b"\x16"
_FRAMING = frozenset(
    {"connection", "content-encoding", "content-length", "keep-alive", "proxy-connection", "trailer", "transfer-encoding",
     "upgrade"}
)  # fmt: skip
_STATEFUL = frozenset(
    {"alt-svc", "cache-control", "clear-site-data", "expires", "nel", "refresh", "report-to", "set-cookie",
     "strict-transport-security"}
)  # fmt: skip
"""Answers that make a browser treat the next request differently: each request here is a browser's first."""


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer with its body."""

    response: WireResponse
    body: bytes = b""


Answer = Callable[[WireRequest, bytes], Answered | NetworkError]
"""What answers a request (with its body) in the place of the server. A `NetworkError` closes the connection without an answer."""


class BrowserServer:
    """The server; a context manager. `port` is where it listens, on 127.0.0.1."""

    def __init__(self) -> None:
        self._server = _Server(("127.0.0.1", 0), _Connection)
        self._server.stage = self
        self.port: int = self._server.server_address[1]
        self._lock = threading.Lock()
        self._answer: Answer | None = None
        self._hosts: set[str] = set()
        self._exchanges: list[Exchange] = []
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()

    def begin(self, url: str, answer: Answer) -> None:
        """From now on `answer` answers what a request of `url` leads to, and what went before is forgotten."""
        with self._lock:
            self._answer = answer
            self._hosts = {_host(url)}
            self._exchanges = []

    def end(self) -> tuple[Exchange, ...]:
        """What went over the wire since `begin`; from now on nothing is answered."""
        with self._lock:
            self._answer = None
            return tuple(self._exchanges)

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5.0)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    @cached_property
    def tls(self) -> ssl.SSLContext:
        """Made when the first browser speaks TLS."""
        with self._lock:
            return server_context()

    def answer(self, request: WireRequest, body: bytes) -> Answered | NetworkError:
        """The answer to a request, complete; that to a request of the page is kept."""
        with self._lock:
            answer = self._answer
            # Browsers ask for things of their own, of hosts that no page has named.
            if answer is None or _host(request.url) not in self._hosts:
                return _complete(Answered(WireResponse(404)), request)
            index = len(self._exchanges)
            self._exchanges.append(Exchange(request, NetworkError("not answered")))
            exchanges = self._exchanges
        found = answer(request, body)
        if isinstance(found, Answered):
            found = _complete(found, request)
            location = found.response.header("location")
            if location is not None:
                self._hosts.add(_host(urljoin(request.url, location)))
        exchanges[index] = Exchange(request, found.response if isinstance(found, Answered) else found)
        return found


def _host(url: str) -> str:
    parsed = parse_url(url)
    return parsed.host if parsed is not None else ""


def _complete(answered: Answered, request: WireRequest) -> Answered:
    """The answer as it goes over the wire: without what a browser would remember of it, with what frames its body."""
    status = answered.response.status
    lines = [line for line in answered.response.headers if line[0].lower() not in _STATEFUL | _FRAMING]
    if request.preflight:
        lines = [line for line in lines if line[0].lower() != "access-control-max-age"]
        lines.append(("Access-Control-Max-Age", "0"))
    lines.append(("Cache-Control", "no-store"))
    if status != 204:
        lines.append(("Content-Length", str(len(answered.body) if status != 304 else 0)))
    return Answered(WireResponse(status, (*lines, ("Connection", "close"))), answered.body)


class _Server(socketserver.ThreadingMixIn, socketserver.TCPServer):
    daemon_threads = True
    request_queue_size = 128
    stage: BrowserServer

    def handle_error(self, request: object, client_address: object) -> None:
        """A browser that hangs up is not an error."""


class _Connection(socketserver.BaseRequestHandler):
    """One request, or one behind a `CONNECT`."""

    request: socket.socket
    server: _Server

    def handle(self) -> None:
        self.request.settimeout(_PATIENCE)
        with contextlib.suppress(OSError, ValueError):
            self._serve(self.request, None)

    def _serve(self, plain: socket.socket, tunnel: str | None) -> None:
        if plain.recv(1, socket.MSG_PEEK) != _TLS_HANDSHAKE:
            self._exchange(plain, "http", tunnel)
            return
        with self.server.stage.tls.wrap_socket(plain, server_side=True) as secure:
            self._exchange(secure, "https", tunnel)

    def _exchange(self, connection: socket.socket, scheme: str, tunnel: str | None) -> None:
        with connection.makefile("rb") as reader:
            head = _read_head(reader.readline)
            if head is None:
                return
            method, target, headers = head
            if method == "CONNECT" and tunnel is None:
                connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
                self._serve(connection, target)
                return
            request = _wire_request(method, target, headers, scheme)
            body = _read_body(headers, reader.read, reader.readline)
        self._reply(connection, request, body, target)

    def _reply(self, connection: socket.socket, request: WireRequest, body: bytes, target: str) -> None:
        path = "/" + target.partition("://")[2].partition("/")[2] if "://" in target else target
        page = _page(path)
        answered = self.server.stage.answer(request, body) if page is None else _complete(page, request)
        if isinstance(answered, Answered):
            connection.sendall(_serialised(request, answered))


def _page(path: str) -> Answered | None:
    if path not in (PATH, OPAQUE_PATH):
        return None
    sandbox = [("Content-Security-Policy", "sandbox allow-scripts")] if path == OPAQUE_PATH else []
    return Answered(WireResponse(200, (("Content-Type", "text/html; charset=utf-8"), *sandbox)), HTML.encode())


def _read_head(readline: Callable[[int], bytes]) -> tuple[str, str, list[tuple[str, str]]] | None:
    """Method, target and header lines, as they came; None when nothing comes."""
    start = readline(_MOST_HEAD).decode("latin-1").split()
    if len(start) != 3:
        return None
    headers: list[tuple[str, str]] = []
    while line := readline(_MOST_HEAD).decode("latin-1").rstrip("\r\n"):
        name, _, value = line.partition(":")
        headers.append((name, value.strip(" \t")))
    return start[0], start[1], headers


def _read_body(headers: list[tuple[str, str]], read: Callable[[int], bytes], readline: Callable[[], bytes]) -> bytes:
    given = {name.lower(): value for name, value in headers}
    if "chunked" not in given.get("transfer-encoding", "").lower():
        return read(int(given.get("content-length", "0")))
    body = b""
    while size := int(readline().partition(b";")[0].strip() or b"0", 16):
        body += read(size)
        readline()
    readline()
    return body


def _wire_request(method: str, target: str, headers: list[tuple[str, str]], scheme: str) -> WireRequest:
    lower = {name.lower() for name, _ in headers}
    host = next((value for name, value in headers if name.lower() == "host"), "")
    url = target if "://" in target else f"{scheme}://{host}{target}"
    preflight = method == "OPTIONS" and {"origin", "access-control-request-method"} <= lower
    return WireRequest(method, url, tuple(headers), "cookie" in lower, preflight)


def _serialised(request: WireRequest, answered: Answered) -> bytes:
    """The answer as bytes, its header lines exactly as given."""
    response = answered.response
    lines = [f"HTTP/1.1 {response.status} {reason_phrase(response.status)}"]
    lines += [f"{name}: {value}" for name, value in response.headers]
    head = "\r\n".join([*lines, "", ""]).encode("latin-1", "replace")
    return head + (answered.body if request.method != "HEAD" and response.status not in (204, 304) else b"")
