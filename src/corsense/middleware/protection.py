"""Cross-origin protection at run time: the rule of `corsense.protection` asked before the app runs."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Final

from corsense.middleware.choice import most_specific, route_path
from corsense.middleware.messages import AsgiApp, Receive, Scope, Send
from corsense.middleware.sentences import quoted
from corsense.middleware.watch import LOGGER, LONGEST_PATH, Refusals
from corsense.protection.rule import MAX_READ, SAFE_METHODS, Crossing, ForeignReason, judge

if TYPE_CHECKING:
    from corsense.protection.settings import CrossOriginProtection

Trusts = Callable[[Scope, bytes, bool], Awaitable[bool]]
"""Whether the policy of the request's path admits an origin; the flag says that cookies came along."""

_READ: Final = {
    b"host": 0,
    b"origin": 1,
    b"sec-fetch-site": 2,
    b"sec-fetch-mode": 3,
    b"sec-fetch-dest": 4,
    b"x-forwarded-host": 5,
    b"cookie": 6,
}
_REMEDY: Final = {
    ForeignReason.HOST_NOT_ALLOWED: "If browsers reach the server under that name, add it to hosts.",
    ForeignReason.FOREIGN_ORIGIN: "If that page may write here, add its origin to the policy.",
    ForeignReason.OPAQUE_ORIGIN: "A sandboxed frame, a file or a foreign redirect hides its page, so it cannot be trusted.",
    ForeignReason.FOREIGN_SITE: "Send the request from a page of this site, or from one that the policy lists.",
    ForeignReason.RELAYED_NAVIGATION: "A service worker of this site passed on a form of another one.",
    ForeignReason.AMBIGUOUS_ORIGIN: "A browser sends one Origin header.",
}


class ProtectionLayer:
    """Stands between the CORS layer and the app. Safe methods pass unread where no host list is set."""

    def __init__(self, app: AsgiApp, protection: CrossOriginProtection, trusts: Trusts, *, telemetry: bool | None) -> None:
        self.app = app
        self.protection = protection
        self._trusts = trusts
        self._telemetry = telemetry
        self._enforces = protection.mode == "enforce"
        self._reads_all = bool(protection.hosts)
        self._refusals = Refusals()
        self._count: Callable[[str, str, str], None] | None = None
        self._ready = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, WebSocket or lifespan."""
        kind = scope["type"]
        if (kind == "http" and (self._reads_all or scope["method"] not in SAFE_METHODS)) or kind == "websocket":
            crossing = read(scope, self.protection)
            reason = await self._judge(crossing, scope)
            if reason is not None:
                self._note(reason, crossing, scope)
                if self._enforces:
                    await _refuse(reason, crossing, scope, receive, send)
                    return
        await self.app(scope, receive, send)

    async def _judge(self, crossing: Crossing, scope: Scope) -> ForeignReason | None:
        reason = judge(crossing, self.protection.host_list)
        if reason is None or self._is_exempt(scope):
            return None
        if reason is ForeignReason.FOREIGN_ORIGIN or reason is ForeignReason.RELAYED_NAVIGATION:
            cookies = any(name == b"cookie" for name, _ in scope["headers"])
            if await self._trusts(scope, crossing.origins[0].encode("latin-1"), cookies):
                return None
        return reason

    def _is_exempt(self, scope: Scope) -> bool:
        exempt = self.protection.exempt
        if not exempt:
            return False
        path = route_path(scope)
        # A path that a server may resolve to another one is judged.
        return "/." not in path and "//" not in path and most_specific(exempt, path) is not None

    def _note(self, reason: ForeignReason, crossing: Crossing, scope: Scope) -> None:
        """Log a refusal, once by origin, path and reason, and count it."""
        if not self._ready:
            self._ready = True
            if self._telemetry or (self._telemetry is None and "opentelemetry.sdk.metrics" in sys.modules):
                from corsense.middleware.telemetry import counter

                self._count = counter()
        if self._count is not None:
            self._count("write", "refused" if self._enforces else "reported", reason.value)
        path = scope["path"][:LONGEST_PATH]
        seen = crossing.authority if reason is ForeignReason.HOST_NOT_ALLOWED else crossing.origin
        if self._refusals.is_new((seen, path, reason)):
            done = "refused" if self._enforces else "would be refused"
            method = "WebSocket" if crossing.websocket else quoted(scope["method"])
            LOGGER.warning("CORS: %s %s %s: %s", method, quoted(path), done, sentence(reason, crossing))


def read(scope: Scope, protection: CrossOriginProtection) -> Crossing:
    """What a request says of the page behind it; of each header at most `MAX_READ` bytes."""
    found: list[str | None] = [None] * len(_READ)
    origins: list[str] = []
    for name, value in scope["headers"]:
        index = _READ.get(name)
        if index is None:
            continue
        text = value[: MAX_READ + 1].decode("latin-1")
        if index == 1:
            origins.append(text)
        found[index] = text
    authority = found[0] or ""
    client = scope.get("client")
    if found[5] is not None and client and protection.trusts_proxy(str(client[0])):
        # The nearest proxy adds its value last; what stands before it may be the client's own.
        authority = found[5].rpartition(",")[2].strip()
    return Crossing(
        scope.get("method", "GET"),
        authority,
        secure=scope.get("scheme") in ("https", "wss"),
        websocket=scope["type"] == "websocket",
        origins=tuple(origins[:2]),
        site=found[2],
        mode=found[3],
        destination=found[4],
    )


def sentence(reason: ForeignReason, crossing: Crossing) -> str:
    """Why a request is refused, and what to do about it, in one line that is safe to print."""
    if reason is ForeignReason.HOST_NOT_ALLOWED:
        said = f"the host {quoted(crossing.authority)} is not one of this server."
    elif reason is ForeignReason.FOREIGN_SITE:
        said = f"the request comes from another site (Sec-Fetch-Site: {quoted(crossing.site or '')})."
    elif reason is ForeignReason.AMBIGUOUS_ORIGIN:
        said = "the request has several Origin headers."
    else:
        said = f"a page at {quoted(crossing.origin or '')} may not write here ({reason.value})."
    return f"{said} {_REMEDY[reason]}"


async def _refuse(reason: ForeignReason, crossing: Crossing, scope: Scope, receive: Receive, send: Send) -> None:
    """Answer in the app's place: 421 for a host that is not the server's, else 403."""
    status = 421 if reason is ForeignReason.HOST_NOT_ALLOWED else 403
    text = sentence(reason, crossing)
    body = (text[0].upper() + text[1:] + "\n").encode("ascii", "backslashreplace")
    headers = [(b"content-length", str(len(body)).encode()), (b"content-type", b"text/plain; charset=utf-8")]
    prefix = "http"
    if scope["type"] == "websocket":
        await receive()  # websocket.connect
        if "websocket.http.response" not in (scope.get("extensions") or {}):
            await send({"type": "websocket.close", "code": 1008, "reason": reason.value})
            return
        prefix = "websocket.http"
    await send({"type": f"{prefix}.response.start", "status": status, "headers": headers})
    await send({"type": f"{prefix}.response.body", "body": body})
