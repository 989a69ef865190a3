"""One request to an ASGI app, and its answer, from the side of the server: what a server sends, and how it reads what comes
back."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import quote, unquote, urlsplit
from weakref import WeakKeyDictionary

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
SendMessage = Callable[[Message], Awaitable[None]]
AsgiApp = Callable[[Scope, Receive, SendMessage], Awaitable[None]]

COOKIE = "corsense=1"
"""Stands for the cookies that a browser may have: the app sees that there are some."""

KEPT_BODY = 4096
"""The most bytes of a body that are kept."""

LARGEST_HEADERS = 1 << 18
"""The most bytes of the header of an answer: what browsers accept."""

_STREAM_GRACE = 0.25
_FINISH_GRACE = 1.0
_TICK = 0.05
_DEFAULT_PORTS = {"http": 80, "https": 443}
_USER_AGENT = "Mozilla/5.0 (corsense)"
_NOT_IN_A_NAME = re.compile(rb"[^!#$%&'*+.^_`|~0-9A-Za-z-]")
_NOT_IN_A_VALUE = re.compile(rb"[\0\r\n]")


class AnsweredRequest(NamedTuple):
    """What an app answered.

    `status` is None when it did not answer in time; `headers` are lines of ISO-8859-1 text. `body` is the beginning of the body
    (`KEPT_BODY` at most), `exception` what the app raised, also after it had answered. `by_server`: the app sent nothing, and a
    server answers in its place.
    """

    status: int | None
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    exception: BaseException | None = None
    by_server: bool = False


def scope_of(
    method: str, url: str, headers: Iterable[tuple[str, str]], *, cookies: bool = False, body: bytes | None = None
) -> dict[str, Any]:
    """The ASGI scope that uvicorn makes of a request; a fresh one each time, since apps write to it.

    Headers are in the order sent, after `host`; `cookies` attaches a cookie. Source: ASGI, *HTTP connection scope*.
    """
    target = _target(url)
    lines = [(b"host", target.host), *((name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers)]
    names = {name for name, _ in lines}
    if b"user-agent" not in names:
        lines.append((b"user-agent", _USER_AGENT.encode()))
    if b"accept" not in names:
        lines.append((b"accept", b"*/*"))
    if body is not None and b"content-length" not in names:
        lines.append((b"content-length", str(len(body)).encode()))
    if cookies and b"cookie" not in names:
        lines.append((b"cookie", COOKIE.encode()))
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "server": target.server,
        "client": ("127.0.0.1", 50000),
        "scheme": target.scheme,
        "method": method,
        "root_path": "",
        "path": target.path,
        "raw_path": target.raw_path,
        "query_string": target.query,
        "headers": lines,
        "state": {},
    }


async def exchange(app: AsgiApp, scope: dict[str, Any], *, body: bytes = b"", time_limit: float) -> AnsweredRequest:
    """Send one request to an app, in a separate task as servers do, and wait for the answer.

    An app that does not begin to answer within `time_limit` seconds has no status; one that raises, or sends nothing, is a 500
    without headers, as uvicorn makes it. Endless bodies are dropped after their first chunk, as when a browser disconnects. What
    no server could send (text where bytes belong, a header with a line break) raises where the app sends it.
    """
    return await _Conversation(body, time_limit).hold(app, scope)


class _Target(NamedTuple):
    scheme: str
    host: bytes
    server: tuple[str, int]
    path: str
    raw_path: bytes
    query: bytes


@lru_cache(maxsize=8192)
def _target(url: str) -> _Target:
    parts = urlsplit(url)
    port = parts.port or _DEFAULT_PORTS.get(parts.scheme, 80)
    host = parts.netloc.rpartition("@")[2]
    if parts.port == _DEFAULT_PORTS.get(parts.scheme):
        host = host.rpartition(":")[0]
    raw = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~-._[]|^\\")
    return _Target(
        scheme=parts.scheme,
        host=host.encode("idna" if not host.isascii() else "ascii"),
        server=(parts.hostname or "", port),
        path=unquote(raw),
        raw_path=raw.encode("ascii"),
        query=quote(parts.query, safe="/%:@!$&'()*+,;=~-._[]|^\\?{}`").encode("ascii"),
    )


class _Clock:
    """Ends exchanges whose time is up. All share one timer, since setting one for each costs more than the rest."""

    def __init__(self) -> None:
        self.held: set[_Conversation] = set()
        self.ticking = False

    def watch(self, conversation: _Conversation) -> None:
        self.held.add(conversation)
        if not self.ticking:
            self.ticking = True
            conversation.loop.call_later(_TICK, self._tick, conversation.loop)

    def _tick(self, loop: asyncio.AbstractEventLoop) -> None:
        now = loop.time()
        for conversation in tuple(self.held):
            if now > conversation.deadline:
                conversation.finish()
        self.ticking = bool(self.held)
        if self.ticking:
            loop.call_later(_TICK, self._tick, loop)


_CLOCKS: WeakKeyDictionary[asyncio.AbstractEventLoop, _Clock] = WeakKeyDictionary()


class _Conversation:
    """One request and its answer, from the side of the server."""

    def __init__(self, body: bytes, time_limit: float) -> None:
        self.request_body = body
        self.time_limit = time_limit
        self.loop = asyncio.get_running_loop()
        self.deadline = self.loop.time() + time_limit
        self.status: int | None = None
        self.headers: tuple[tuple[str, str], ...] = ()
        self.body = b""
        self.complete = False
        self.exception: BaseException | None = None
        self.asked = False
        self.finished: asyncio.Future[None] = self.loop.create_future()
        self.disconnected: asyncio.Future[None] | None = None
        self.gone = False
        self.hastened = False

    async def hold(self, app: AsgiApp, scope: dict[str, Any]) -> AnsweredRequest:
        clock = _CLOCKS.get(self.loop)
        if clock is None:
            clock = _CLOCKS[self.loop] = _Clock()
        task = self.loop.create_task(self._run(app, scope))
        clock.watch(self)
        try:
            await self.finished
        finally:
            clock.held.discard(self)
            if not task.done():
                await self._exit(task)
        return self._result()

    async def _run(self, app: AsgiApp, scope: dict[str, Any]) -> None:
        try:
            await app(scope, self._receive, self._send)
        except asyncio.CancelledError:
            raise
        except BaseException as error:
            self.exception = error
        finally:
            self.finish()

    def finish(self) -> None:
        """Stop waiting for the app."""
        if not self.finished.done():
            self.finished.set_result(None)

    async def _exit(self, task: asyncio.Task[None]) -> None:
        """Disconnect while the app is still busy. What runs after a complete answer may go on, as in a server."""
        if self.complete or self.exception is not None:
            if not task.done():
                _LINGERING.add(task)
                task.add_done_callback(_LINGERING.discard)
            return
        self.gone = True
        if self.disconnected is not None and not self.disconnected.done():
            self.disconnected.set_result(None)
        if self.status is not None:
            await asyncio.wait({task}, timeout=_FINISH_GRACE)
        if not task.done():
            task.cancel()
            await asyncio.wait({task}, timeout=_FINISH_GRACE)

    async def _receive(self) -> Message:
        if not self.asked:
            self.asked = True
            return {"type": "http.request", "body": self.request_body, "more_body": False}
        if not self.complete and not self.gone:
            if self.disconnected is None:
                self.disconnected = self.loop.create_future()
            await asyncio.shield(self.disconnected)
        return {"type": "http.disconnect"}

    async def _send(self, message: Message) -> None:
        kind = message["type"]
        if self.gone:
            return
        if kind == "http.response.start":
            if self.status is not None:
                raise RuntimeError("Unexpected ASGI message 'http.response.start' after the response has started.")
            self.headers = header_lines(message.get("headers", ()))
            self.status = _status(message["status"])
            self.deadline = self.loop.time() + _FINISH_GRACE
            return
        if kind not in ("http.response.body", "http.response.pathsend", "http.response.zerocopysend") or self.complete:
            return
        if self.status is None:
            raise RuntimeError(f"Expected ASGI message 'http.response.start', but got {kind!r}.")
        if len(self.body) < KEPT_BODY:
            self.body += _beginning(message.get("body", b""))
        if message.get("more_body", False):
            # Headers and some body have arrived: wait only a moment for more.
            if self.body and not self.hastened:
                self.hastened = True
                self.deadline = self.loop.time() + _STREAM_GRACE
            return
        self.complete = True
        if self.disconnected is not None and not self.disconnected.done():
            self.disconnected.set_result(None)

    def _result(self) -> AnsweredRequest:
        if self.status is None:
            if self.exception is None and self.gone:
                return AnsweredRequest(None)
            return _SERVER_ERROR._replace(exception=self.exception)
        return AnsweredRequest(self.status, self.headers, self.body, self.exception)


def _status(value: Any) -> int:
    """The status of an answer. Raises TypeError and ValueError, as a server does in the app's `send`."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"The app sent the status {value!r:.80}; ASGI requires an int.")
    if not 100 <= value <= 999:
        raise ValueError(f"The app sent the status {value:d}; HTTP has three digits.")
    return int(value)


def header_lines(headers: Any) -> tuple[tuple[str, str], ...]:
    """Header lines as text. Raises TypeError and ValueError for what no server can send, as a server does in the app's
    `send`."""
    lines = []
    size = 0
    for name, value in headers:
        if type(name) is not bytes or type(value) is not bytes:
            name, value = _bytes(name, name), _bytes(value, name)
        if not name or _NOT_IN_A_NAME.search(name):
            raise ValueError(f"The app sent a header with the name {name!r:.80}, which is not a valid header name.")
        if _NOT_IN_A_VALUE.search(value):
            raise ValueError(f"The app sent the header {name!r:.80} with a line break or a null byte in its value.")
        size += len(name) + len(value)
        if size > LARGEST_HEADERS:
            raise ValueError(f"The app sent more than {LARGEST_HEADERS:,} bytes of headers, more than browsers take.")
        lines.append((name.decode("latin-1"), value.decode("latin-1")))
    return tuple(lines)


def _bytes(value: Any, name: Any) -> bytes:
    if isinstance(value, (bytes, bytearray, memoryview)):
        return bytes(value)
    raise TypeError(f"The app sent the header {name!r:.80} as {type(value).__name__}; ASGI requires bytes.")


def _beginning(body: Any) -> bytes:
    if not isinstance(body, (bytes, bytearray, memoryview)):
        raise TypeError(f"The app sent a body as {type(body).__name__}; ASGI requires bytes.")
    return bytes(body[:KEPT_BODY])


_LINGERING: set[asyncio.Task[None]] = set()
_SERVER_ERROR = AnsweredRequest(
    500, (("content-type", "text/plain; charset=utf-8"), ("connection", "close")), b"Internal Server Error", None, True
)
