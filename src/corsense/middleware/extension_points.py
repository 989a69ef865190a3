"""What a subclass of Starlette's `CORSMiddleware` may override or read, for subclasses whose import was changed to corsense.

Overridden here, `is_allowed_origin`, `preflight_response`, `simple_response`, `send` and `__call__` are called as Starlette calls
them. What Starlette works out beforehand (`allow_origins`, `preflight_headers`...) can be read but not changed, because the
policy decides; what cannot work is refused when the layer is made.
"""

from __future__ import annotations

import functools
import inspect
import logging
import re
import time
from collections.abc import Callable, Collection
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Final, Never, TypeGuard, TypeVar

from corsense.middleware.compiled import COMMON_METHODS, CompiledPolicy
from corsense.middleware.policy_selection import PolicySelector
from corsense.middleware.preflight import Preflight, preflight_answer
from corsense.middleware.response_headers import AsgiApp, Message, Pairs, Receive, Scope, Send, with_pairs
from corsense.origin import MAX_ORIGIN

if TYPE_CHECKING:
    from starlette.datastructures import Headers
    from starlette.responses import Response

    from corsense.middleware.refusal_log import RefusalLog
    from corsense.origin.regex import OriginRegex
    from corsense.policy import Policy

LOGGER: Final = logging.getLogger("corsense")
COMPLAINT_SECONDS: Final = 60

# Enough of a value to see that it is too long to be an origin.
_LONGEST_ORIGIN: Final = MAX_ORIGIN + 1
_PRINTABLE = re.compile(rb"[!-~]+")
_RESPONSE_METHODS: Final = ("preflight_response", "simple_response", "send")
_REMEDIES: Final = {
    "allow_origins": "pass allow_origins to super().__init__(), override is_allowed_origin, or call reconfigure()",
    "simple_headers": "pass keywords to super().__init__(), or override send",
    "preflight_headers": "pass keywords to super().__init__(), or override preflight_response",
}


class AskedPolicy(CompiledPolicy):
    """A policy with a subclass's `is_allowed_origin` in front: `ask` decides about every origin, is asked each time, and its
    answers are not kept. Where `alone` is False, the policy must allow the origin as well: it is that of a path or a route, which
    the subclass does not know."""

    __slots__ = ("_alone", "_ask", "_listed")

    def __init__(self, policy: Policy, ask: Callable[[AskedPolicy, str], bool], name: str, *, alone: bool) -> None:
        super().__init__(policy)
        self.decided_by = name if alone else f"{name} or the policy of this path"
        self._listed = CompiledPolicy(policy)
        self._ask = ask
        self._alone = alone
        self.exact, self.always, self.resolver, self._quick_tail = frozenset(), None, None, None
        self.further, self.asks = self._is_admitted, True

    def lists(self, origin: bytes) -> bool:
        """Whether the policy itself allows this origin."""
        return self._listed.admits(origin)

    def _is_admitted(self, origin: bytes) -> bool:
        if _PRINTABLE.fullmatch(origin) is None or not (self._alone or self.lists(origin)):
            return False
        return self._ask(self, origin.decode("latin-1"))


class ExtensionPoints:
    """The part of `CORSMiddleware` for subclasses that were written for Starlette's."""

    app: AsgiApp
    _rules: CompiledPolicy | PolicySelector
    _watch: RefusalLog

    def __init__(self) -> None:
        self._extended = any(_is_overridden(self, name) for name in _RESPONSE_METHODS)
        self._asks = _is_overridden(self, "is_allowed_origin")
        self._complained_at = float("-inf")
        if self._asks and inspect.iscoroutinefunction(self.is_allowed_origin):
            message_text = (
                "is_allowed_origin is a coroutine function, which Starlette never awaits, so that it lets every origin in"
            )
            raise TypeError(f"{type(self).__name__}.{message_text}: pass policy=Policy(origin_resolver=...) instead.")
        if hasattr(self, "allow_explicit_origin"):
            message_text = "allow_explicit_origin is never called: override send or preflight_response, which send the headers"
            raise TypeError(f"{type(self).__name__}.{message_text}.")

    def is_allowed_origin(self, origin: str) -> bool:
        """Whether the policy's list, patterns or regular expression allow this origin. A subclass that overrides this decides
        about every origin, `null` included: it is asked for each request, in the event loop, and a true value allows the origin.
        An exception or an awaitable refuses it."""
        rules = self._rules_now()
        text = origin.encode("latin-1", "replace")
        if rules is None:
            return False
        return rules.lists(text) if isinstance(rules, AskedPolicy) else rules.admits(text)

    def preflight_response(self, request_headers: Headers) -> Response:
        """The answer to a preflight. A subclass that overrides this is asked for every preflight."""
        from starlette.responses import PlainTextResponse

        rules, scope = self._request_now()
        encoded = [value.encode("latin-1") for value in request_headers.getlist("access-control-request-headers")]
        method = ", ".join(request_headers.getlist("access-control-request-method"))
        private_network = request_headers.get("access-control-request-private-network")
        preflight = Preflight(
            request_headers["origin"].encode("latin-1")[:_LONGEST_ORIGIN],
            method.encode("latin-1"),
            encoded,
            None if private_network is None else private_network.encode("latin-1"),
        )
        verdict = preflight.judge_at_once(rules)
        self._watch.preflight(rules, preflight, verdict, scope)
        explanation = self._watch.explanation(rules, preflight, verdict)
        status, pairs, body = preflight_answer(rules, preflight, verdict, explanation)
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in pairs}
        return PlainTextResponse(body, status_code=status, headers=headers)

    async def simple_response(self, scope: Scope, receive: Receive, send: Send, request_headers: Headers) -> None:
        """Serve a request that is not a preflight. A subclass that overrides this is asked for each such request."""
        await self.app(scope, receive, functools.partial(self.send, send=send, request_headers=request_headers))

    async def send(self, message: Message, send: Send, request_headers: Headers) -> None:
        """Send one message of the app, the CORS headers in its start. A subclass that overrides this gets every message."""
        if message["type"] == "http.response.start":
            rules, scope = self._request_now()
            message = with_pairs(message, self._added(rules, scope, request_headers))
        await send(message)

    def _added(self, rules: CompiledPolicy, scope: Scope, request_headers: Headers) -> Pairs:
        """The headers of an answer to anything but a preflight; refusals are logged."""
        message_text = request_headers.get("origin")
        origin = None if message_text is None else message_text.encode("latin-1")[:_LONGEST_ORIGIN]
        admitted = origin is not None and rules.always is None and rules.admits(origin)
        refused = origin is not None and rules.always is None and not admitted
        added = rules.always or (rules.answer(origin) if admitted and origin is not None else rules.without)
        if scope.get("method") == "OPTIONS":
            added = (*(pair for pair in added if pair[0] != b"vary"), *rules.varied)
        if self._watch.active:
            added = (*added, *self._watch.actual(rules, origin, refused, scope))
        if refused and origin is not None:
            self._watch.refused(rules, origin, getattr(scope.get("route"), "path", ""), scope)
        return added

    async def _serve_extended(self, rules: CompiledPolicy, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request the way Starlette does, through the methods that a subclass has overridden."""
        from starlette.datastructures import Headers

        headers = Headers(scope=scope)
        token = _REQUEST.set((self, rules, scope))
        try:
            if scope["method"] == "OPTIONS" and "origin" in headers and "access-control-request-method" in headers:
                response = self.preflight_response(request_headers=headers)
                await response(scope, receive, send)
            else:
                await self.simple_response(scope, receive, send, request_headers=headers)
        finally:
            _REQUEST.reset(token)

    def _ask(self, rules: AskedPolicy, origin: str) -> bool:
        """What the subclass says about an origin; in doubt, a refusal."""
        now = _REQUEST.get()
        scope = now[2] if now is not None and now[0] is self else _NO_REQUEST
        token = _REQUEST.set((self, rules, scope))
        try:
            answer: object = self.is_allowed_origin(origin=origin)
            if inspect.isawaitable(answer):
                if inspect.iscoroutine(answer):
                    answer.close()
                raise TypeError("it returned an awaitable, which is always true; pass Policy(origin_resolver=...) instead")
            return bool(answer)
        except Exception as error:
            self._complain(error)
            return False
        finally:
            _REQUEST.reset(token)

    def _complain(self, error: Exception) -> None:
        if time.monotonic() - self._complained_at >= COMPLAINT_SECONDS:
            self._complained_at = time.monotonic()
            message_text = f"{type(self).__name__}.is_allowed_origin"
            LOGGER.error("CORS: %s failed: the origin is refused.", message_text, exc_info=error)

    def _compile_asked(self, policy: Policy, is_default: bool) -> CompiledPolicy:
        """The form of a policy that requests are judged by, where the subclass decides about origins."""
        return AskedPolicy(policy, self._ask, f"{type(self).__name__}.is_allowed_origin", alone=is_default)

    def _refuse_resolver(self, policy: Policy | None) -> None:
        """Raises `TypeError` when both a resolver and the subclass decide about origins, or when the subclass answers without
        waiting and a resolver needs waiting."""
        if policy is None or policy.resolver is None or policy.resolver.resolve == self.is_allowed_origin:
            return
        if self._asks:
            message_text = "is_allowed_origin and origin_resolver both decide about origins; keep one of them."
            raise TypeError(f"{type(self).__name__}: {message_text}")
        if self._extended:
            overridden = ", ".join(name for name in _RESPONSE_METHODS if _is_overridden(self, name))
            message_text = f"overrides {overridden}, which cannot wait for an origin_resolver: override __call__ instead."
            raise TypeError(f"{type(self).__name__} {message_text}")

    def _rules_now(self) -> CompiledPolicy | None:
        """The rules of the request in hand; outside of one, those of paths and routes without their own."""
        now = _REQUEST.get()
        if now is not None and now[0] is self:
            return now[1]
        return self._rules.default if isinstance(self._rules, PolicySelector) else self._rules

    def _request_now(self) -> tuple[CompiledPolicy, Scope]:
        now = _REQUEST.get()
        if now is not None and now[0] is self:
            return now[1], now[2]
        rules = self._rules
        if isinstance(rules, PolicySelector):
            if rules.varies or rules.default is None:
                message_text = (
                    "preflight_response and send do not know the path, and policies differ by path: call super().__call__()."
                )
                raise RuntimeError(f"{type(self).__name__}: {message_text}")
            rules = rules.default
        return rules, _NO_REQUEST

    # What Starlette keeps as attributes.

    @property
    def allow_origins(self) -> list[str]:
        """The origins that are listed; `["*"]` for all."""
        return _FixedList("allow_origins", () if (policy := self._policy()) is None else policy.origins)

    @allow_origins.setter
    def allow_origins(self, value: object) -> None:
        self._keep("allow_origins", value)

    @property
    def allow_methods(self) -> list[str]:
        """The methods that pass a preflight; the common ones where every method does."""
        policy = self._policy()
        names = () if policy is None else COMMON_METHODS if policy.allows_any_method else {"GET", "HEAD", "POST", *policy.methods}
        return _FixedList("allow_methods", sorted(names))

    @allow_methods.setter
    def allow_methods(self, value: object) -> None:
        self._keep("allow_methods", value)

    @property
    def allow_headers(self) -> list[str]:
        """The header names that pass a preflight, lower case; `"*"` among them for all."""
        policy = self._policy()
        if policy is None:
            return []
        return _FixedList("allow_headers", sorted({*policy.request_headers, *(["*"] if policy.allows_any_header else [])}))

    @allow_headers.setter
    def allow_headers(self, value: object) -> None:
        self._keep("allow_headers", value)

    @property
    def allow_all_origins(self) -> bool:
        """Whether every origin is allowed."""
        return (policy := self._policy()) is not None and policy.any_origin

    @allow_all_origins.setter
    def allow_all_origins(self, value: object) -> None:
        self._keep("allow_all_origins", value)

    @property
    def allow_all_headers(self) -> bool:
        """Whether every header passes."""
        return (policy := self._policy()) is not None and policy.allows_any_header

    @allow_all_headers.setter
    def allow_all_headers(self, value: object) -> None:
        self._keep("allow_all_headers", value)

    @property
    def allow_credentials(self) -> bool:
        """Whether some page may send cookies."""
        return (policy := self._policy()) is not None and policy.credentials

    @allow_credentials.setter
    def allow_credentials(self, value: object) -> None:
        self._keep("allow_credentials", value)

    @property
    def allow_origin_regex(self) -> OriginRegex | None:
        """The regular expression that allows origins; its `fullmatch` takes linear time."""
        return None if (policy := self._policy()) is None else policy.regex

    @allow_origin_regex.setter
    def allow_origin_regex(self, value: object) -> None:
        self._keep("allow_origin_regex", value)

    @property
    def allow_private_network(self) -> bool:
        """Whether `Access-Control-Request-Private-Network` is answered."""
        return (policy := self._policy()) is not None and policy.private_network

    @allow_private_network.setter
    def allow_private_network(self, value: object) -> None:
        self._keep("allow_private_network", value)

    @property
    def preflight_explicit_allow_origin(self) -> bool:
        """Whether preflights name the origin rather than `*`."""
        return not self.allow_all_origins or self.allow_credentials

    @preflight_explicit_allow_origin.setter
    def preflight_explicit_allow_origin(self, value: object) -> None:
        self._keep("preflight_explicit_allow_origin", value)

    @property
    def simple_headers(self) -> dict[str, str]:
        """The headers of every answer to a page, as far as they do not depend on its origin."""
        pairs: list[tuple[bytes, bytes]] = []
        if (rules := self._default_rules()) is not None:
            pairs += [(b"access-control-allow-origin", b"*")] if rules.any_origin else []
            pairs += [pair for pair in rules.tails[self.allow_credentials] if pair[0] != b"vary"]
        return _FixedHeaders("simple_headers", pairs)

    @simple_headers.setter
    def simple_headers(self, value: object) -> None:
        self._keep("simple_headers", value)

    @property
    def preflight_headers(self) -> dict[str, str]:
        """The headers of every preflight that passes, as far as they do not depend on its origin."""
        pairs: list[tuple[bytes, bytes]] = []
        if (rules := self._default_rules()) is not None:
            pairs += [] if self.preflight_explicit_allow_origin else [(b"access-control-allow-origin", b"*")]
            pairs += rules.preflight_tail(self.allow_credentials)
        return _FixedHeaders("preflight_headers", pairs)

    @preflight_headers.setter
    def preflight_headers(self, value: object) -> None:
        self._keep("preflight_headers", value)

    def _default_rules(self) -> CompiledPolicy | None:
        rules = getattr(self, "_rules", None)
        return rules.default if isinstance(rules, PolicySelector) else rules

    def _policy(self) -> Policy | None:
        return None if (rules := self._default_rules()) is None else rules.policy

    def _keep(self, name: str, value: object) -> None:
        """Raises `TypeError` when an attribute is set to anything but the value that it has."""
        current: object = getattr(self, name)
        same = set(current) == set(value) if _is_listed(current) and _is_listed(value) else current == value
        if not same or getattr(self, "_rules", None) is None:
            raise TypeError(_refusal(name))


_REQUEST: ContextVar[tuple[ExtensionPoints, CompiledPolicy, Scope] | None] = ContextVar("corsense_request", default=None)
_NO_REQUEST: Final[Scope] = {"type": "http", "method": "GET", "path": "/", "headers": []}
_OWN: Final = {name: getattr(ExtensionPoints, name) for name in (*_RESPONSE_METHODS, "is_allowed_origin")}


def _is_overridden(layer: ExtensionPoints, name: str) -> bool:
    # Not by vars(): once asked for its dictionary, an object keeps it, and each attribute of it takes longer to read.
    return getattr(getattr(layer, name), "__func__", None) is not _OWN[name]


def _is_listed(value: object) -> TypeGuard[Collection[str]]:
    return isinstance(value, (list, tuple, set, frozenset)) and all(isinstance(each, str) for each in value)


def _refusal(name: str) -> str:
    remedy = _REMEDIES.get(name, f"pass {name} to super().__init__(), or call reconfigure()")
    return f"{name} of CORSMiddleware cannot be changed: {remedy}."


Kind = TypeVar("Kind", bound=type)


def _fixed(*methods: str) -> Callable[[Kind], Kind]:
    """Make the methods that change an object raise `TypeError`, which names the attribute."""

    def refuse(self: Any, *_: object, **__: object) -> Never:
        raise TypeError(_refusal(self.attribute))

    def fix(kind: Kind) -> Kind:
        for method in methods:
            setattr(kind, method, refuse)
        return kind

    return fix


_CHANGES_LIST: Final = (
    "append", "extend", "insert", "remove", "pop", "clear", "sort", "reverse", "__setitem__", "__delitem__", "__iadd__",
    "__imul__",
)  # fmt: skip


@_fixed(*_CHANGES_LIST)
class _FixedList(list[str]):
    """A list that raises when it is changed, and says what to do instead."""

    def __init__(self, attribute: str, values: Any) -> None:
        super().__init__(values)
        self.attribute = attribute


@_fixed("__setitem__", "__delitem__", "__ior__", "clear", "pop", "popitem", "setdefault", "update")
class _FixedHeaders(dict[str, str]):
    """Headers that raise when they are changed, and say what to do instead; names as Starlette writes them."""

    def __init__(self, attribute: str, pairs: list[tuple[bytes, bytes]]) -> None:
        names = (("-".join(part.capitalize() for part in name.decode().split("-")), value) for name, value in pairs)
        super().__init__((name, value.decode()) for name, value in names)
        self.attribute = attribute
