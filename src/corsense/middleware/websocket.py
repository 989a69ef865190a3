"""Websockets: browsers do not apply CORS to them and send cookies along, so the server has to look at `Origin` itself.

Source: RFC 6455, section 10.2; CVE-2024-23898 and its many siblings (cross-site websocket hijacking).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from corsense.middleware.response_headers import Receive, Scope, Send
from corsense.origin import MAX_ORIGIN

if TYPE_CHECKING:
    from corsense.middleware.compiled import CompiledPolicy
    from corsense.middleware.refusal_log import RefusalLog

POLICY_VIOLATION: Final = 1008
_BODY = b"Origin not allowed"


async def admit(rules: CompiledPolicy, scope: Scope, receive: Receive, send: Send, watch: RefusalLog) -> bool:
    """Whether the handshake may go on to the app. If not, it has been answered: 403 where the server can, else a close before the
    accept, which servers turn into a 403 as well. A client without `Origin` is not a browser, and passes."""
    origins = [value for name, value in scope["headers"] if name == b"origin"]
    if not origins:
        return True
    origin = origins[0][: MAX_ORIGIN + 1]
    allowed = len(origins) == 1 and (rules.admits(origin) or await rules.resolves(origin))
    watch.websocket(rules, origin, allowed, scope)
    if allowed:
        return True
    await receive()  # websocket.connect
    if "websocket.http.response" in (scope.get("extensions") or {}):
        headers = [(b"content-length", str(len(_BODY)).encode()), (b"content-type", b"text/plain; charset=utf-8")]
        await send({"type": "websocket.http.response.start", "status": 403, "headers": headers})
        await send({"type": "websocket.http.response.body", "body": _BODY})
    else:
        await send({"type": "websocket.close", "code": POLICY_VIOLATION, "reason": _BODY.decode()})
    return False
