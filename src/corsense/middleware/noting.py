"""Senders that note how a request was answered, where the layer's own `send` does not: debug mode, subclasses, WebSockets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from corsense.middleware.preflight import Preflight
from corsense.middleware.response_headers import ALLOW_ORIGIN, Message, Scope, Send
from corsense.observe.request_tuple import AUTHORIZATION, COOKIES
from corsense.origin import MAX_ORIGIN

if TYPE_CHECKING:
    from corsense.middleware.compiled import CompiledPolicy
    from corsense.middleware.observed_page import ObservedPage
    from corsense.middleware.observer import Observer

_STATUS: Final = {"websocket.accept": 101, "websocket.close": 403}


class NotedAnswer:
    """A request that is not a preflight; its `send` notes the answer when it begins."""

    def __init__(self, observer: Observer, page: ObservedPage, scope: Scope, send: Send) -> None:
        self._observer, self._page, self._scope, self._send = observer, page, scope, send
        self._is_noted = False

    async def send(self, message: Message) -> None:
        """Pass a message on."""
        if message["type"] == "http.response.start":
            self._note(message["status"])
        await self._send(message)

    def crashed(self) -> None:
        """The app raised an exception; servers answer 500 if no answer has begun."""
        if not self._is_noted:
            self._note(500)

    def _note(self, status: int) -> None:
        self._is_noted = True
        self._observer.answered(self._page, self._observer.sent_by(self._scope)[1], self._scope, status)


def answer_of_subclass(observer: Observer, rules: CompiledPolicy, scope: Scope, send: Send) -> Send:
    """A `send` that notes the answer that a subclass of the layer makes: its headers tell whether the origin is admitted."""
    origin = _origin_of(scope)
    if origin is None:
        return send

    async def noting(message: Message) -> None:
        if message["type"] == "http.response.start":
            admitted = any(bytes(name).lower() == ALLOW_ORIGIN for name, _ in message.get("headers", ()))
            page = observer.decided_page(rules, origin, is_refused=not admitted)
            preflight = _preflight_of(scope, origin)
            if preflight is None:
                observer.answered(page, observer.sent_by(scope)[1], scope, message["status"])
            else:
                observer.preflight(page, preflight, scope, message["status"])
        await send(message)

    return noting


class Handshake:
    """A handshake of a WebSocket: `rules` judge it, `send` notes the answer as soon as it is given and it is known whether the
    origin is admitted."""

    def __init__(self, observer: Observer, rules: CompiledPolicy, origin: bytes, scope: Scope, send: Send) -> None:
        self.rules = rules.for_origin(origin)
        self.origin = origin
        self._observer, self._scope, self._send = observer, scope, send
        self._status = 0
        self._admitted: bool | None = None
        self._is_noted = False

    async def send(self, message: Message) -> None:
        """Pass a message on. A close before the accept is a 403 to the client."""
        if not self._status:
            is_denial = message["type"] == "websocket.http.response.start"
            self._status = message.get("status", 403) if is_denial else _STATUS.get(message["type"], 0)
            self._note()
        await self._send(message)

    def decided(self, admitted: bool) -> None:
        """The policy has judged the origin."""
        self._admitted = admitted
        self._note()

    def over(self) -> None:
        """The connection has ended; without an answer, the status is 0."""
        if not self._is_noted and self._admitted is not None:
            self._observer.handshake(self._page(self._admitted), _credentials(self._scope), self._scope, self._status)

    def _note(self) -> None:
        if self._status and self._admitted is not None and not self._is_noted:
            self._is_noted = True
            self._observer.handshake(self._page(self._admitted), _credentials(self._scope), self._scope, self._status)

    def _page(self, admitted: bool) -> ObservedPage:
        return self._observer.decided_page(self.rules, self.origin, is_refused=not admitted)


def handshake_of(observer: Observer, rules: CompiledPolicy, scope: Scope, send: Send) -> Handshake | None:
    """The handshake to observe; None for a client that sends no `Origin`."""
    origin = _origin_of(scope)
    return None if origin is None else Handshake(observer, rules, origin, scope, send)


def _origin_of(scope: Scope) -> bytes | None:
    return next((value[: MAX_ORIGIN + 1] for name, value in scope["headers"] if name == b"origin"), None)


def _credentials(scope: Scope) -> int:
    names = {name for name, _ in scope["headers"]}
    return COOKIES * (b"cookie" in names) + AUTHORIZATION * (b"authorization" in names)


def _preflight_of(scope: Scope, origin: bytes) -> Preflight | None:
    sent = [(name, value) for name, value in scope["headers"] if name.startswith(b"access-control-request-")]
    asked = dict(sent)
    method = asked.get(b"access-control-request-method")
    if scope["method"] != "OPTIONS" or method is None:
        return None
    lines = [value for name, value in sent if name == b"access-control-request-headers"]
    return Preflight(origin, method, lines, asked.get(b"access-control-request-private-network"))
