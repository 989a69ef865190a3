"""Cross-origin protection at run time: the rule of `corsense.protection`, checked before the app runs."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from corsense.faults import PolicyError
from corsense.middleware.policy_selection import most_specific, pattern_faults, route_path, route_template
from corsense.middleware.refusal_log import LOGGER, LONGEST_PATH, Refusals, shown_path
from corsense.middleware.refusal_text import logged
from corsense.middleware.response_headers import AsgiApp, Pair, Receive, Scope, SealedHeaders, Send
from corsense.protection.rule import MAX_READ, SAFE_METHODS, Crossing, ForeignReason, judge, passes_at_sight

if TYPE_CHECKING:
    from corsense.protection.settings import CrossOriginProtection

_READ: Final = {
    b"host": 0,
    b"origin": 1,
    b"sec-fetch-site": 2,
    b"sec-fetch-mode": 3,
    b"sec-fetch-dest": 4,
}
_FORWARDED_FOR: Final = (b"x-forwarded-for", b"forwarded")
_MOST_KNOWN: Final = 256


@dataclass(frozen=True, slots=True)
class PolicyQuestions:
    """What the protection asks the policy of a request's path.

    - `lists`: whether it lists an origin by name, which is asked first because it takes no time.
    - `trusts`: whether it admits an origin; the flag says that cookies came along.
    - `refuses_websockets`: whether it refuses untrusted WebSocket handshakes by itself (`Policy(websockets=True)`).
    """

    lists: Callable[[Scope, bytes], bool]
    trusts: Callable[[Scope, bytes, bool], Awaitable[bool]]
    refuses_websockets: Callable[[Scope], bool]


class ProtectionLayer:
    """Stands between the CORS layer and the app. Safe methods pass unread where no host list is set."""

    def __init__(
        self, app: AsgiApp, protection: CrossOriginProtection, policy: PolicyQuestions, *, telemetry: bool | None
    ) -> None:
        faults = [replace(fault, field="exempt") for fault in pattern_faults(dict.fromkeys(protection.exempt))]
        if faults:
            raise PolicyError(faults)
        self.app = app
        self.protection = protection
        self._policy = policy
        self._telemetry = telemetry
        self._enforces = protection.mode == "enforce"
        # Hosts that are admitted without asking the list again; None: every host is. Behind a proxy `Host` does not decide.
        self._known_hosts: set[bytes] | None = None
        self._remembers_hosts = not protection.trusted_proxies
        if protection.hosts:
            self._known_hosts = {entry.encode() for entry in protection.host_list.entries} if self._remembers_hosts else set()
        self._own_names = frozenset(entry.partition(":")[0].encode() for entry in protection.host_list.entries)
        self._refusals = Refusals()
        self._count: Callable[[str, str, str], None] | None = None
        self._ready = False

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Serve one request, WebSocket or lifespan."""
        # Not a coroutine of its own: what passes costs a call, not a frame that every await goes through.
        if scope["type"] == "http":
            if scope["method"] in SAFE_METHODS:
                known = self._known_hosts
                if known is None:
                    return self.app(scope, receive, send)
                try:
                    name, value = scope["headers"][0]  # where browsers and servers put it
                except (LookupError, TypeError):
                    name, value = b"", b""
                if (value in known and name == b"host") or _host(scope["headers"]) in known:
                    return self.app(scope, receive, send)
        elif scope["type"] != "websocket":
            return self.app(scope, receive, send)
        if self._passes_at_sight(scope):
            return self.app(scope, receive, send)
        crossing = read(scope, self.protection)
        reason = judge(crossing, self.protection.host_list)
        if reason is None:
            self._remember_host(crossing)
            return self.app(scope, receive, send)
        return self._serve_foreign(reason, crossing, scope, receive, send)

    def _passes_at_sight(self, scope: Scope) -> bool:
        """Whether a write passes by its raw headers: the own page, a listed page, a client that is not a browser."""
        found: list[bytes | None] = [None, None, None, None, None]
        for name, value in scope["headers"]:
            index = _READ.get(name)
            if index is not None:
                if found[index] is not None:
                    return False
                found[index] = value
        host, origin, site, mode, _ = found
        if self._known_hosts is not None and host not in self._known_hosts:
            return False
        if passes_at_sight(origin, site, mode):
            return True
        if origin is None or (site is not None and self._may_be_own(origin, host)):
            return False
        return self._policy.lists(scope, origin)

    def _may_be_own(self, origin: bytes, host: bytes | None) -> bool:
        """Whether the rule must check if an origin is the server's own: a list does not decide that."""
        name = origin.partition(b"://")[2].partition(b":")[0]
        return not self._remembers_hosts or name in self._own_names or (host or b"").lower().startswith(name)

    def _remember_host(self, crossing: Crossing) -> None:
        known = self._known_hosts
        if known is not None and self._remembers_hosts and crossing.authority and len(known) < _MOST_KNOWN:
            known.add(crossing.authority.encode("latin-1"))

    async def _serve_foreign(self, reason: ForeignReason, crossing: Crossing, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve what the rule refuses while no origin is trusted."""
        if self._is_exempt(scope):
            await self.app(scope, receive, send)
            return
        trusted = False
        if crossing.origins:
            cookies = any(name == b"cookie" for name, _ in scope["headers"])
            trusted = await self._policy.trusts(scope, crossing.origins[0].encode("latin-1"), cookies)
        if judge(crossing, self.protection.host_list, trusted=trusted) is None:
            self._remember_host(crossing)
            await self.app(scope, receive, send)
            return
        enforces = self._enforces or (crossing.websocket and self._policy.refuses_websockets(scope))
        self._note(reason, crossing, scope, "refused" if enforces else "reported")
        if enforces:
            await _refuse(reason, crossing, scope, receive, send, trusted=trusted)
        else:
            await self.app(scope, receive, send)

    def _is_exempt(self, scope: Scope) -> bool:
        exempt = self.protection.exempt
        if not exempt:
            return False
        path = route_path(scope)
        # A path that a server may resolve to another one is judged.
        return "/." not in path and "//" not in path and most_specific(exempt, path) is not None

    def _note(self, reason: ForeignReason, crossing: Crossing, scope: Scope, outcome: str) -> None:
        """Log a refusal, once by origin, route and reason, and count it."""
        if not self._ready:
            self._ready = True
            if self._telemetry or (self._telemetry is None and "opentelemetry.sdk.metrics" in sys.modules):
                from corsense.middleware.telemetry import counter

                self._count = counter()
        if self._count is not None:
            self._count("websocket" if crossing.websocket else "write", outcome, reason.value)
        path = scope["path"][:LONGEST_PATH]
        route = route_template(scope, self.app)
        seen = crossing.authority if reason is ForeignReason.HOST_NOT_ALLOWED else crossing.origin
        if self._refusals.is_new((seen, path if route is None else route, reason)):
            done = "refused" if outcome == "refused" else "would be refused"
            method = "WebSocket" if crossing.websocket else logged(scope["method"])
            LOGGER.warning("CORS: %s %s %s: %s", method, shown_path(route or path), done, sentence(reason, crossing))


def _host(headers: Iterable[Pair]) -> bytes | None:
    for name, value in headers:
        if name == b"host":
            return value
    return None


def read(scope: Scope, protection: CrossOriginProtection) -> Crossing:
    """What a request says about the page behind it; of each header at most `MAX_READ` bytes."""
    found: list[str | None] = [None] * len(_READ)
    origins: list[str] = []
    for name, value in scope["headers"]:
        index = _READ.get(name)
        if index is None:
            continue
        text = value[: MAX_READ + 1].decode("latin-1")
        if index == 1:
            origins.append(text)
        if found[index] is None:
            found[index] = text
    return Crossing(
        scope.get("method", "GET"),
        found[0] if not protection.networks else _forwarded_host(scope, protection) or found[0],
        secure=scope.get("scheme") in ("https", "wss"),
        websocket=scope["type"] == "websocket",
        origins=tuple(origins[:2]),
        site=found[2],
        mode=found[3],
        destination=found[4],
    )


def _forwarded_host(scope: Scope, protection: CrossOriginProtection) -> str | None:
    """`X-Forwarded-Host` of a trusted proxy."""
    client = scope.get("client")
    if not client or not protection.trusts_proxy(str(client[0])):
        return None
    address = str(client[0]).encode("latin-1", "replace")
    host = None
    for name, value in scope["headers"]:
        # A server that takes the client's address from a header lets the client choose it: it is not a proxy's address.
        if name in _FORWARDED_FOR and address in value:
            return None
        if name == b"x-forwarded-host":
            host = value
    # The nearest proxy adds its value last; what stands before it may be the client's own.
    return None if host is None else host.rpartition(b",")[2].strip()[: MAX_READ + 1].decode("latin-1")


def sentence(reason: ForeignReason, crossing: Crossing) -> str:
    """Why a request is refused, and what to do about it: one sentence that is safe to print."""
    origin = logged(crossing.origin or "")
    match reason:
        case ForeignReason.HOST_NOT_ALLOWED:
            host = logged(crossing.authority or "")
            return f"the host {host} is not one of this server; if browsers reach it under that name, add the name to hosts."
        case ForeignReason.FOREIGN_ORIGIN:
            return f"a page at {origin} may not write here ({reason.value}); if it should, add its origin to the policy."
        case ForeignReason.OPAQUE_ORIGIN if crossing.site is None:
            remedy = "a page of this site must not have Referrer-Policy: no-referrer (use same-origin)"
            return f"a page at {origin} may not write here ({reason.value}); {remedy}."
        case ForeignReason.OPAQUE_ORIGIN:
            remedy = "send it from a page of this site or of a listed origin, not from a sandbox, a file or through a redirect"
            return f"a page at {origin} may not write here ({reason.value}); {remedy}."
        case ForeignReason.FOREIGN_SITE:
            message = f"the request comes from another site (Sec-Fetch-Site: {logged(crossing.site or '')}) and names no origin"
            return f"{message}; send it from a page of this site or of a listed origin."
        case ForeignReason.CONTRADICTED_ORIGIN:
            message = f"the browser says {logged(crossing.site or '')} of a page at {origin}, which is this server's own"
            return f"{message}; send the request from a page outside a sandbox."
        case ForeignReason.RELAYED_NAVIGATION:
            message = f"a service worker of this site passed on a form of a page at {origin}"
            return f"{message}; if that page may write here, add its origin to the policy."
        case _:
            return "the request has several Origin headers; send one, as browsers do."


async def _refuse(
    reason: ForeignReason, crossing: Crossing, scope: Scope, receive: Receive, send: Send, *, trusted: bool
) -> None:
    """Answer in the app's place: 421 for a host that is not the server's, else 403. Only a trusted page may read why."""
    status = 421 if reason is ForeignReason.HOST_NOT_ALLOWED else 403
    text = sentence(reason, crossing)
    body = (text[0].upper() + text[1:] + "\n").encode("ascii", "backslashreplace")
    lines = [
        (b"content-length", str(len(body)).encode()),
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"vary", b"Origin"),
    ]
    prefix = "http"
    if scope["type"] == "websocket":
        await receive()  # websocket.connect
        if "websocket.http.response" not in (scope.get("extensions") or {}):
            await send({"type": "websocket.close", "code": 1008, "reason": reason.value})
            return
        prefix = "websocket.http"
    headers = lines if trusted or prefix != "http" else SealedHeaders(lines)
    await send({"type": f"{prefix}.response.start", "status": status, "headers": headers})
    await send({"type": f"{prefix}.response.body", "body": body})
