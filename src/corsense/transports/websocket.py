"""The answer of an ASGI app to the handshake of a WebSocket, called as a server calls it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from corsense.app.agent import handshake as agent
from corsense.app.agent.exchange import AsgiApp
from corsense.fetch.trace import FailureReason
from corsense.fetch.wire import NetworkError, WireRequest, WireResponse


def is_handshake(request: WireRequest) -> bool:
    """Whether a request asks for a WebSocket. Source: RFC 6455, section 4.1."""
    return agent.is_handshake(request.method, request.headers)


async def websocket_answer(
    app: AsgiApp,
    request: WireRequest,
    *,
    cookies: bool = False,
    time_limit: float = 10.0,
    extra: Mapping[str, Any] | None = None,
) -> WireResponse | NetworkError:
    """What an app answers to a handshake: 101 when it accepts, 403 when it closes first, 500 when it raises, its own status where
    it sends one; `extra` are entries to add to the scope. An app that does not answer within `time_limit` seconds is a
    `NetworkError("timed out")`."""
    scope = agent.handshake_scope(request.url, request.headers, cookies=cookies and request.credentials)
    scope.update(extra or {})
    answered = await agent.handshake(app, scope, time_limit=time_limit)
    if answered.status is None:
        return NetworkError(FailureReason.TIMEOUT, f"no answer within {time_limit:g} s")
    return WireResponse(answered.status, answered.headers)
