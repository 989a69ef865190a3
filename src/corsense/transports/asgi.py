"""Answers from an ASGI app in this process, asked the way a server asks it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass
from functools import lru_cache
from types import TracebackType
from typing import Any, Final
from urllib.parse import quote, unquote, urlsplit
from weakref import WeakKeyDictionary

from corsense.fetch.trace import FailureReason
from corsense.fetch.wire import NetworkError, WireRequest, WireResponse

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
SendMessage = Callable[[Message], Awaitable[None]]
AsgiApp = Callable[[Scope, Receive, SendMessage], Awaitable[None]]

TIME_LIMIT: Final = 10.0
"""Seconds an app has to begin its answer."""

COOKIE: Final = "corsense=1"
"""What stands for the cookies a browser may hold: an app sees that there are some."""

_STREAM_GRACE = 0.25
_FINISH_GRACE = 1.0
_TICK = 0.05
_KEPT_BODY = 4096
_DEFAULT_PORTS = {"http": 80, "https": 443}
_USER_AGENT = "Mozilla/5.0 (corsense)"


@dataclass(frozen=True, slots=True)
class AsgiExchange:
    """An answer of an app, and what a browser does not see of it.

    `body` is the beginning of the body (4 kB at most), `exception` what the app raised, also after it had answered.
    `by_server`: the app
    sent nothing, and a server answers in its place.
    """

    response: WireResponse | NetworkError
    body: bytes = b""
    exception: BaseException | None = None
    by_server: bool = False


def scope_of(request: WireRequest, *, cookies: bool = False, body: bytes | None = None) -> dict[str, Any]:
    """The ASGI scope that uvicorn makes of a request; a fresh one each time, since apps write to it.

    Headers are in the order sent, after `host`; `cookies` attaches a cookie where the request may carry credentials. Source:
    ASGI, *HTTP
    connection scope*.
    """
    target = _target(request.url)
    headers = [
        (b"host", target.host),
        *((name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in request.headers),
    ]
    names = {name for name, _ in headers}
    if b"user-agent" not in names:
        headers.append((b"user-agent", _USER_AGENT.encode()))
    if b"accept" not in names:
        headers.append((b"accept", b"*/*"))
    if body is not None and b"content-length" not in names:
        headers.append((b"content-length", str(len(body)).encode()))
    if cookies and request.credentials and b"cookie" not in names:
        headers.append((b"cookie", COOKIE.encode()))
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "server": target.server,
        "client": ("127.0.0.1", 50000),
        "scheme": target.scheme,
        "method": request.method,
        "root_path": "",
        "path": target.path,
        "raw_path": target.raw_path,
        "query_string": target.query,
        "headers": headers,
        "state": {},
    }


async def asgi_exchange(
    app: AsgiApp,
    request: WireRequest,
    *,
    body: bytes | None = None,
    cookies: bool = False,
    time_limit: float = TIME_LIMIT,
    extra: Mapping[str, Any] | None = None,
) -> AsgiExchange:
    """Send one request to an app, in a task of its own as servers do, and wait for the answer.

    `body` is sent when the method is not GET, HEAD or a preflight; `extra` are entries to add to the scope. An app that does
    not begin to answer
    within `time_limit` seconds is a `NetworkError("timed out")`; one that raises, or sends nothing, is a 500 without headers, as
    uvicorn makes it. Endless bodies are left after their first chunk, the way a browser that goes away leaves them.
    """
    sends_body = not request.preflight and request.method not in ("GET", "HEAD")
    scope = scope_of(request, cookies=cookies, body=(body or b"") if sends_body else None)
    if extra:
        scope.update(extra)
    conversation = _Conversation((body or b"") if sends_body else b"", time_limit)
    return await conversation.hold(app, scope)


async def asgi_answer(
    app: AsgiApp, request: WireRequest, *, body: bytes | None = None, cookies: bool = False, time_limit: float = TIME_LIMIT
) -> WireResponse | NetworkError:
    """What an app answers to a request: see `asgi_exchange`."""
    return (await asgi_exchange(app, request, body=body, cookies=cookies, time_limit=time_limit)).response


def asgi_send(app: AsgiApp, *, body: bytes | None = None, cookies: bool = False, time_limit: float = TIME_LIMIT) -> AsgiSend:
    """A `Send` that answers from an app, for `corsense.transports.drive`. Its lifespan is not run. Endpoints are."""
    return AsgiSend(app, body=body, cookies=cookies, time_limit=time_limit)


class AsgiSend:
    """Sends requests to an app, on an event loop of its own, from code that is not asynchronous (a running loop is left alone).

    A context manager; `close` ends the loop, and with it what the app left running.
    """

    def __init__(self, app: AsgiApp, *, body: bytes | None = None, cookies: bool = False, time_limit: float = TIME_LIMIT) -> None:
        self.app = app
        self.body = body
        self.cookies = cookies
        self.time_limit = time_limit
        self._runner = asyncio.Runner()

    def __call__(self, request: WireRequest) -> WireResponse | NetworkError:
        answer = asgi_answer(self.app, request, body=self.body, cookies=self.cookies, time_limit=self.time_limit)
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            return self._runner.run(answer)
        from concurrent.futures import ThreadPoolExecutor

        # A loop is running in this thread already, and this call must not return before the answer is there.
        with ThreadPoolExecutor(1) as thread:
            return thread.submit(asyncio.run, answer).result()

    def __enter__(self) -> AsgiSend:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """End the event loop. May be called twice."""
        self._runner.close()


@dataclass(frozen=True, slots=True)
class _Target:
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
    """Ends conversations whose time is up: one timer for all of them, since setting one for each costs more than the rest of
    it."""

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
        self.headers: list[tuple[bytes, bytes]] = []
        self.body = b""
        self.complete = False
        self.exception: BaseException | None = None
        self.asked = False
        self.finished: asyncio.Future[None] = self.loop.create_future()
        self.disconnected: asyncio.Future[None] | None = None
        self.gone = False
        self.hastened = False

    async def hold(self, app: AsgiApp, scope: dict[str, Any]) -> AsgiExchange:
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
                await self._leave(task)
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

    async def _leave(self, task: asyncio.Task[None]) -> None:
        """Go away while the app is still busy. What runs after a complete answer may go on, as it may in a server."""
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
            self.status = message["status"]
            self.headers = list(message.get("headers", ()))
            self.deadline = self.loop.time() + _FINISH_GRACE
            return
        if kind not in ("http.response.body", "http.response.pathsend", "http.response.zerocopysend") or self.complete:
            return
        if self.status is None:
            raise RuntimeError(f"Expected ASGI message 'http.response.start', but got {kind!r}.")
        if len(self.body) < _KEPT_BODY:
            self.body += bytes(message.get("body", b""))[:_KEPT_BODY]
        if message.get("more_body", False):
            # Headers and some body are there: what follows is waited for a moment only.
            if self.body and not self.hastened:
                self.hastened = True
                self.deadline = self.loop.time() + _STREAM_GRACE
            return
        self.complete = True
        if self.disconnected is not None and not self.disconnected.done():
            self.disconnected.set_result(None)

    def _result(self) -> AsgiExchange:
        if self.status is None:
            if self.exception is None and not self.gone:
                return AsgiExchange(_SERVER_ERROR, b"Internal Server Error", None, by_server=True)
            if self.exception is None:
                return AsgiExchange(NetworkError(FailureReason.TIMEOUT, f"no answer within {self.time_limit:g} s"))
            return AsgiExchange(_SERVER_ERROR, b"Internal Server Error", self.exception, by_server=True)
        headers = tuple((bytes(name).decode("latin-1"), bytes(value).decode("latin-1")) for name, value in self.headers)
        return AsgiExchange(WireResponse(self.status, headers), self.body, self.exception)


_LINGERING: set[asyncio.Task[None]] = set()
_SERVER_ERROR = WireResponse(500, (("content-type", "text/plain; charset=utf-8"), ("connection", "close")))
