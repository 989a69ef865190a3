"""The handshake of a WebSocket with an ASGI app, as a server sends it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

from .exchange import AnsweredRequest, AsgiApp, Message, header_lines, scope_of

_SCHEMES = {"http": "ws", "https": "wss"}
_CLOSED = 403
"""What a server answers for an app that closes before it accepts. Source: ASGI, *WebSocket Close*."""
_CRASHED = 500
_GRACE = 1.0
"""Seconds that an app has to finish once the page has disconnected."""


def is_handshake(method: str, headers: Iterable[tuple[str, str]]) -> bool:
    """Whether a request asks for a WebSocket. Source: RFC 6455, section 4.1."""
    return method == "GET" and any(name.lower() == "upgrade" and value.lower() == "websocket" for name, value in headers)


def handshake_scope(url: str, headers: Iterable[tuple[str, str]], *, cookies: bool = False) -> dict[str, Any]:
    """The ASGI scope that uvicorn makes of a handshake; a fresh one each time. Source: ASGI, *WebSocket connection scope*."""
    lines = tuple(headers)
    scope = scope_of("GET", url, lines, cookies=cookies)
    del scope["method"]
    protocols = ",".join(value for name, value in lines if name.lower() == "sec-websocket-protocol")
    return {
        **scope,
        "type": "websocket",
        "scheme": _SCHEMES.get(scope["scheme"], "ws"),
        "subprotocols": [protocol.strip() for protocol in protocols.split(",") if protocol.strip()],
        "extensions": {"websocket.http.response": {}},
    }


async def handshake(app: AsgiApp, scope: dict[str, Any], *, time_limit: float) -> AnsweredRequest:
    """What an app answers to a handshake: 101 when it accepts, 403 when it closes first, 500 when it raises or returns first, its
    own status where it sends one. Once the answer is known, the page disconnects, and the app has a second to finish. An app that
    does not answer within `time_limit` seconds has no status."""
    answered: asyncio.Future[AnsweredRequest] = asyncio.get_running_loop().create_future()
    running = asyncio.ensure_future(_run(app, scope, answered))
    both: set[asyncio.Future[Any]] = {answered, running}
    await asyncio.wait(both, timeout=time_limit, return_when=asyncio.FIRST_COMPLETED)
    if not answered.done():
        answered.set_result(AnsweredRequest(None))
    elif not running.done():
        await asyncio.wait({running}, timeout=_GRACE)
    if not running.done():
        running.cancel()
        await asyncio.wait({running}, timeout=_GRACE)
    return answered.result()


async def _run(app: AsgiApp, scope: dict[str, Any], answered: asyncio.Future[AnsweredRequest]) -> None:
    connects = [True]

    async def receive() -> Message:
        if connects:
            connects.clear()
            return {"type": "websocket.connect"}
        await asyncio.shield(answered)
        return {"type": "websocket.disconnect", "code": 1001, "reason": ""}

    async def send(message: Message) -> None:
        answer = _answer(message)
        if answer is not None and not answered.done():
            answered.set_result(answer)

    error = None
    try:
        await app(scope, receive, send)
    except asyncio.CancelledError:
        raise
    except BaseException as raised:
        error = raised
    if not answered.done():
        answered.set_result(AnsweredRequest(_CRASHED, exception=error, by_server=True))


def _answer(message: Message) -> AnsweredRequest | None:
    kind = message["type"]
    if kind == "websocket.accept":
        chosen = message.get("subprotocol")
        extra = (("Sec-WebSocket-Protocol", str(chosen)),) if chosen else ()
        lines = header_lines(message.get("headers") or ())
        return AnsweredRequest(101, (("Upgrade", "websocket"), ("Connection", "Upgrade"), *extra, *lines))
    if kind == "websocket.close":
        return AnsweredRequest(_CLOSED)
    if kind == "websocket.http.response.start":
        return AnsweredRequest(int(message["status"]), header_lines(message.get("headers") or ()))
    return None
