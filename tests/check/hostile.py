"""Servers that mean harm, on loopback: each is a function that answers one connection."""

from __future__ import annotations

import gzip
import itertools
import json
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

Talk = Callable[[socket.socket, bytes], None]
"""Answers one request on a connection; the second argument is the request as it came in."""

ALLOWING = b"Access-Control-Allow-Origin: *\r\nAccess-Control-Allow-Methods: *\r\nAccess-Control-Allow-Headers: *\r\n"


class HostileServer:
    """Talks to each connection in a thread of its own; `requests` are those that came in."""

    def __init__(self, talk: Talk) -> None:
        self.requests: list[bytes] = []
        self._talk = talk
        self._ended = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):
            connection.settimeout(30)
            while request := _request(connection):
                self.requests.append(request)
                self._talk(connection, request)

    def close(self) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()


@contextmanager
def hostile(talk: Talk) -> Iterator[HostileServer]:
    server = HostileServer(talk)
    try:
        yield server
    finally:
        server.close()


def _request(connection: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        chunk = connection.recv(65536)
        if not chunk:
            return b""
        data += chunk
    return data


def answer(*lines: bytes, status: bytes = b"200 OK", body: bytes = b"") -> bytes:
    """A response that lets the page in, with further header lines."""
    head = b"".join(line + b"\r\n" for line in lines)
    return b"HTTP/1.1 " + status + b"\r\n" + ALLOWING + head + b"Content-Length: %d\r\n\r\n" % len(body) + body


def always(data: bytes) -> Talk:
    """The same answer to every request."""
    return lambda connection, _request: connection.sendall(data)


def then_close(data: bytes) -> Talk:
    """The data, and the connection is closed."""

    def talk(connection: socket.socket, _request: bytes) -> None:
        connection.sendall(data)
        raise OSError("closed")

    return talk


def endless(start: bytes, piece: bytes, *, pause: float = 0.0) -> Talk:
    """`start`, then `piece` for ever, with `pause` seconds between."""

    def talk(connection: socket.socket, _request: bytes) -> None:
        connection.sendall(start)
        pausing = threading.Event()
        while True:
            connection.sendall(piece)
            if pause:
                pausing.wait(pause)

    return talk


def redirecting(location: Callable[[bytes, int], bytes], status: bytes = b"302 Found") -> Talk:
    """Redirects to what `location` makes of the request's target and a number that counts up."""
    numbers = itertools.count()

    def talk(connection: socket.socket, request: bytes) -> None:
        target = request.split(b" ")[1]
        connection.sendall(answer(b"Location: " + location(target, next(numbers)), status=status))

    return talk


def publishing(document: object) -> Talk:
    """Serves an OpenAPI document, and allows everything else."""
    body = document if isinstance(document, bytes) else json.dumps(document).encode()

    def talk(connection: socket.socket, request: bytes) -> None:
        path = request.split(b" ")[1]
        connection.sendall(answer(b"Content-Type: application/json", body=body) if path == b"/openapi.json" else answer())

    return talk


def resetting(connection: socket.socket, _request: bytes) -> None:
    """Ends the connection with a reset."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


BOMB = gzip.compress(b"\0" * 50_000_000)
NAMES = [f"x-{number}" for number in range(10_000)]
PARAMETERS = [{"in": "header", "name": name, "schema": {"type": "string"}} for name in NAMES]

SERVERS: dict[str, Talk] = {
    "drips its status line": endless(b"", b"H", pause=0.05),
    "drips its headers": endless(b"HTTP/1.1 200 OK\r\nX-A: ", b"a", pause=0.05),
    "drips its body": endless(answer()[:-23] + b"Content-Length: 100000\r\n\r\n", b"a", pause=0.05),
    "sends headers without end": endless(b"HTTP/1.1 200 OK\r\n", b"X-A: 1\r\n" * 1000),
    "sends one header without end": endless(b"HTTP/1.1 200 OK\r\nX-A: ", b"a" * 65536),
    "sends a body without end": endless(b"HTTP/1.1 500 Oops\r\n" + ALLOWING + b"\r\n", b"a" * 65536),
    "sends tiny chunks without end": endless(
        b"HTTP/1.1 500 Oops\r\n" + ALLOWING + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\na\r\n" * 1000
    ),
    "sends a chunk size without end": endless(
        b"HTTP/1.1 500 Oops\r\n" + ALLOWING + b"Transfer-Encoding: chunked\r\n\r\n", b"0" * 65536
    ),
    "floods with 103 Early Hints": endless(b"", b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" * 100),
    "floods with 100 Continue": endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 100),
    "switches protocols": always(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"),
    "redirects to itself": redirecting(lambda target, _: target),
    "redirects to ever longer URLs": redirecting(lambda target, _: target + b"&a=" + b"a" * 2000),
    "redirects to a new path for ever": redirecting(lambda _, number: b"/%d" % number, b"307 Temporary Redirect"),
    "redirects to a file": redirecting(lambda *_: b"file:///etc/passwd"),
    "redirects to script": redirecting(lambda *_: b"javascript:alert(1)"),
    "redirects to data": redirecting(lambda *_: b"data:text/plain,hello"),
    "redirects to no URL": redirecting(lambda *_: b"http://[::1"),
    "redirects with a password": redirecting(lambda *_: b"http://user:hunter2@127.0.0.1:9/"),
    "redirects to 90,000 characters": redirecting(lambda *_: b"/" + b"a" * 90_000),
    "redirects to terminal sequences": redirecting(lambda *_: b"/\x1b[2J\x9b2J"),
    "has binary headers": always(answer(b"X-A: \xff\xfe\x80\xc0", b"Access-Control-Expose-Headers: \xff\xfe")),
    "has a NUL in a header": always(answer(b"X-A: a\0b")),
    "has a bare carriage return in a header": always(answer(b"X-A: a\rX-B: b")),
    "writes to the terminal": always(answer(b"Access-Control-Allow-Origin: \x1b]0;owned\x07", b"Server: \x1b[31m")),
    "has 5,000 headers": always(answer(*(b"X-%d: 1" % number for number in range(5000)))),
    "has 900 headers": always(answer(*(b"X-%d: 1" % number for number in range(900)))),
    "sets 900 cookies": always(answer(*(b"Set-Cookie: a%d=1; SameSite=None" % number for number in range(900)))),
    "allows 900 origins in 900 lines": always(
        answer(*(b"Access-Control-Allow-Origin: http://h%d" % number for number in range(900)))
    ),
    "closes at once": then_close(b""),
    "closes in its status line": then_close(b"HTTP/1."),
    "closes in its headers": then_close(b"HTTP/1.1 200 OK\r\nX-A"),
    "closes in its body": then_close(answer(status=b"500 Oops")[:-23] + b"Content-Length: 1000\r\n\r\nabc"),
    "resets": resetting,
    "talks SSH": then_close(b"SSH-2.0-OpenSSH_9.6\r\n"),
    "talks HTTP/0.9": then_close(b"<html>hello</html>\n"),
    "talks HTTP/2": then_close(b"\0\0\x12\x04\0\0\0\0\0\0\x03\0\0\0\x64\0\x04\x40\0\0\0"),
    "has a status of four digits": always(b"HTTP/1.1 1000 Odd\r\nContent-Length: 0\r\n\r\n"),
    "has status 999": always(answer(status=b"999 Odd")),
    "has status 0": always(answer(status=b"000 Odd")),
    "has two lengths": always(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab"),
    "has a negative length": always(b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n"),
    "has a length of 400 digits": always(b"HTTP/1.1 200 OK\r\nContent-Length: " + b"9" * 400 + b"\r\n\r\n"),
    "has a length and chunks": always(
        b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n"
    ),
    "sends a gzip bomb": always(answer(b"Content-Encoding: gzip", status=b"500 Oops", body=BOMB)),
    "publishes a gzip bomb": publishing(BOMB),
    "publishes 20,000 operations": publishing({"paths": {f"/{number}": {"get": {}} for number in range(20_000)}}),
    "publishes nested brackets": publishing(b'{"paths":' + b"[" * 500_000),
    "publishes a number of a million digits": publishing(b'{"paths":{},"x":' + b"9" * 1_000_000 + b"}"),
    "publishes 10,000 header parameters": publishing({"paths": {"/": {"get": {"parameters": PARAMETERS}}}}),
    "publishes paths of another server": publishing({"paths": {"//evil.example/x": {"get": {}}, "/\\evil.example": {"get": {}}}}),
    "publishes references in circles": publishing({"paths": {"/": {"$ref": "#/paths/~1"}}}),
}
"""By what they do."""
