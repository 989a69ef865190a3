"""The answer of an ASGI app to the handshake of a WebSocket, asked the way a server asks it."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any, Final

from corsense.app.agent.exchange import AsgiApp, Message, scope_of
from corsense.fetch.trace import FailureReason
from corsense.fetch.wire import NetworkError, WireRequest, WireResponse

_SCHEMES: Final = {"http": "ws", "https": "wss"}
_REFUSED: Final = 403
"""What a server answers for an app that closes before it accepts. Source: ASGI, *WebSocket Close*."""


def is_handshake(request: WireRequest) -> bool:
    """Whether a request asks for a WebSocket. Source: RFC 6455, section 4.1."""
    return request.method == "GET" and (request.header("upgrade") or "").lower() == "websocket"


async def websocket_answer(
    app: AsgiApp, request: WireRequest, *, cookies: bool = False, time_limit: float = 10.0
) -> WireResponse | NetworkError:
    """What an app answers to a handshake: 101 when it accepts, 403 when it closes first, 500 when it raises, its own status where
    it sends one. The connection is given up once the answer is known, as by a page that closes. An app that does not answer
    within `time_limit` seconds is a `NetworkError("timed out")`."""
    answered: asyncio.Future[WireResponse] = asyncio.get_running_loop().create_future()
    running = asyncio.ensure_future(_run(app, _scope(request, cookies), answered))
    both: set[asyncio.Future[Any]] = {answered, running}
    done, _ = await asyncio.wait(both, timeout=time_limit, return_when=asyncio.FIRST_COMPLETED)
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError, Exception):
        await running
    if answered.done():
        return answered.result()
    return WireResponse(500) if done else NetworkError(FailureReason.TIMEOUT, f"no answer within {time_limit:g} s")


def _scope(request: WireRequest, cookies: bool) -> dict[str, Any]:
    scope = scope_of(request.method, request.url, request.headers, cookies=cookies and request.credentials)
    del scope["method"]
    protocols = request.header("sec-websocket-protocol") or ""
    return scope | {
        "type": "websocket",
        "scheme": _SCHEMES.get(scope["scheme"], "ws"),
        "subprotocols": [protocol.strip() for protocol in protocols.split(",") if protocol.strip()],
        "extensions": {"websocket.http.response": {}},
    }


async def _run(app: AsgiApp, scope: dict[str, Any], answered: asyncio.Future[WireResponse]) -> None:
    messages = iter(({"type": "websocket.connect"},))

    async def receive() -> Message:
        message = next(messages, None)
        if message is not None:
            return message
        await answered
        return {"type": "websocket.disconnect", "code": 1001}

    async def send(message: Message) -> None:
        answer = _answer(message)
        if answer is not None and not answered.done():
            answered.set_result(answer)

    try:
        await app(scope, receive, send)
    except Exception:
        if not answered.done():
            answered.set_result(WireResponse(500))


def _answer(message: Message) -> WireResponse | None:
    match message["type"]:
        case "websocket.accept":
            chosen = message.get("subprotocol")
            extra = (("Sec-WebSocket-Protocol", chosen),) if chosen else ()
            return WireResponse(101, (("Upgrade", "websocket"), ("Connection", "Upgrade"), *extra, *_lines(message)))
        case "websocket.close":
            return WireResponse(_REFUSED)
        case "websocket.http.response.start":
            return WireResponse(int(message["status"]), tuple(_lines(message)))
        case _:
            return None


def _lines(message: Message) -> list[tuple[str, str]]:
    return [(bytes(name).decode("latin-1"), bytes(value).decode("latin-1")) for name, value in message.get("headers") or ()]
