"""Answers from an ASGI app in this process, called as a server calls it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Final

from corsense.app.agent import exchange as agent
from corsense.app.agent.exchange import COOKIE, AsgiApp
from corsense.fetch.trace import FailureReason
from corsense.fetch.wire import NetworkError, WireRequest, WireResponse
from corsense.transports.websocket import is_handshake, websocket_answer

__all__ = ["COOKIE", "TIME_LIMIT", "AsgiExchange", "AsgiSend", "asgi_answer", "asgi_exchange", "asgi_send", "scope_of"]

TIME_LIMIT: Final = 10.0
"""Seconds an app may take to begin its answer."""


@dataclass(frozen=True, slots=True)
class AsgiExchange:
    """An answer of an app, with the parts that a browser does not see.

    `body` is the beginning of the body (4 kB at most), `exception` what the app raised, even after it had answered. `by_server`:
    the app sent nothing, and a server answers in its place.
    """

    response: WireResponse | NetworkError
    body: bytes = b""
    exception: BaseException | None = None
    by_server: bool = False


def scope_of(request: WireRequest, *, cookies: bool = False, body: bytes | None = None) -> dict[str, Any]:
    """The ASGI scope that uvicorn makes of a request; a fresh one each time, since apps write to it.

    Headers are in the order sent, after `host`; `cookies` attaches a cookie where the request may carry credentials. Source:
    ASGI, *HTTP connection scope*.
    """
    return agent.scope_of(request.method, request.url, request.headers, cookies=cookies and request.credentials, body=body)


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

    `body` is sent when the method is not GET, HEAD or a preflight; `extra` are entries to add to the scope. An app that does not
    begin to answer within `time_limit` seconds is a `NetworkError("timed out")`; one that raises, or sends nothing, is a 500
    without headers, as uvicorn makes it. Endless bodies are dropped after their first chunk, as by a browser that disconnects. A
    message that no server could send (text in place of bytes) raises where the app sends it.
    """
    sends_body = not request.preflight and request.method not in ("GET", "HEAD")
    sent = (body or b"") if sends_body else b""
    scope = scope_of(request, cookies=cookies, body=sent if sends_body else None)
    if extra:
        scope.update(extra)
    answered = await agent.exchange(app, scope, body=sent, time_limit=time_limit)
    if answered.status is None:
        return AsgiExchange(NetworkError(FailureReason.TIMEOUT, f"no answer within {time_limit:g} s"))
    response = WireResponse(answered.status, answered.headers)
    return AsgiExchange(response, answered.body, answered.exception, answered.by_server)


async def asgi_answer(
    app: AsgiApp, request: WireRequest, *, body: bytes | None = None, cookies: bool = False, time_limit: float = TIME_LIMIT
) -> WireResponse | NetworkError:
    """What an app answers to a request: see `asgi_exchange`, and `websocket_answer` for the handshake of a WebSocket."""
    if is_handshake(request):
        return await websocket_answer(app, request, cookies=cookies, time_limit=time_limit)
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

        # A loop is already running in this thread, and this call must wait for the answer.
        with ThreadPoolExecutor(1) as thread:
            return thread.submit(asyncio.run, answer).result()

    def __enter__(self) -> AsgiSend:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """End the event loop. May be called twice."""
        self._runner.close()
