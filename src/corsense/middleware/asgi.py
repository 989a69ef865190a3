"""`CORSMiddleware`: the hot path. Pure ASGI: the raw header lines are scanned once, and nothing is made that is not sent."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

from corsense.middleware.compiled import CompiledPolicy
from corsense.middleware.extension_points import ExtensionPoints
from corsense.middleware.keywords import names_unknown, policy_of
from corsense.middleware.nested import warn_of_inner_layer
from corsense.middleware.policy_selection import PolicySelector, compile_rules
from corsense.middleware.preflight import Preflight, answer_preflight
from corsense.middleware.refusal_log import LONGEST_PATH, RefusalLog
from corsense.middleware.refused_settings import check_development_origins
from corsense.middleware.response_headers import ALLOW_ORIGIN, AsgiApp, Message, Receive, Scope, Send, with_pairs
from corsense.middleware.route_policy import any_marks, follow
from corsense.origin import MAX_ORIGIN

if TYPE_CHECKING:
    import re
    from collections.abc import Awaitable

    from corsense.policy import Policy
    from corsense.protection.settings import CrossOriginProtection, Mode


_ALLOWED_ORIGIN = MAX_ORIGIN + 1


def _protection_of(given: Mode | CrossOriginProtection) -> CrossOriginProtection:
    from corsense.protection.settings import protection_of

    return protection_of(given)


class CORSMiddleware(ExtensionPoints):
    """Enforces a `Policy` around an ASGI app.

    ```python
    from fastapi import FastAPI

    from corsense import CORSMiddleware, Policy

    app = FastAPI()
    app.add_middleware(CORSMiddleware, policy=Policy(origins=["https://app.example.com"]))
    ```

    - `policy`: for every path that `policies` says nothing about; None: those paths are left alone, as without this layer.
    - `policies`: path patterns and the policy (or None) that holds there: `"/public/*"` is `/public` and everything below,
      `"/users/*/avatar"` has one segment in the middle open. The most specific pattern wins. The path is what the app's router
      sees: decoded, without `root_path`, case-sensitive. A path with `.`, `..` or empty segments that leads from one policy
      into another is refused.
    - `debug`: answer refused preflights so that the browser itself names what failed, and say why in a header
      (`X-CORS-Refused`). Not for production: it tells everyone what the policy allows.
    - `telemetry`: count decisions through OpenTelemetry. None: when its SDK is in use at the first request.
    - `protection`: refuse what CORS does not stop, the writes of foreign pages: `"report"`, `"enforce"` or a
      `CrossOriginProtection`. None: off. With it alone, without a policy, no other origin is trusted.

    - `dangerously_...`: the hatches of `Policy`, for use with Starlette's keywords.

    In place of `policy`, the keywords of Starlette's `CORSMiddleware` are understood with their meaning, so that changing the
    import is enough. `docs/reference/drop-in.md` lists every difference: most of all, unsafe or impossible settings raise
    `PolicyError`. A subclass that overrides `is_allowed_origin`, `preflight_response`, `simple_response`, `send` or `__call__`
    works as it does with Starlette's; what cannot work raises `TypeError`. Preflights that name more headers, or longer ones,
    than the policy could allow are refused unread, and a list of headers that a response shares between requests is not written
    to.

    Warns (`CORSLayerWarning`) of a further CORS layer inside. Raises `PolicyError` (every fault of the settings, unknown keywords
    included), `TypeError` when both `policy` and Starlette's keywords are given. Where a server starts the app and Starlette
    builds its layers, the start-up fails instead.
    """

    @names_unknown
    def __init__(
        self,
        app: AsgiApp,
        allow_origins: Collection[str] | Policy | None = None,
        allow_methods: Collection[str] | None = None,
        allow_headers: Collection[str] | None = None,
        allow_credentials: bool | None = None,
        allow_origin_regex: str | re.Pattern[str] | None = None,
        allow_private_network: bool | None = None,
        expose_headers: Collection[str] | None = None,
        max_age: int | None = None,
        *,
        policy: Policy | None = None,
        policies: Mapping[str, Policy | None] | None = None,
        debug: bool = False,
        telemetry: bool | None = None,
        protection: Mode | CrossOriginProtection | None = None,
        dangerously_allow_insecure_origins: bool | None = None,
        dangerously_allow_public_suffixes: bool | None = None,
        dangerously_allow_any_origin_with_credentials: bool | None = None,
        dangerously_allow_broad_regex: bool | None = None,
    ) -> None:
        given = {
            "allow_origins": allow_origins,
            "allow_methods": allow_methods,
            "allow_headers": allow_headers,
            "allow_credentials": allow_credentials,
            "allow_origin_regex": allow_origin_regex,
            "allow_private_network": allow_private_network,
            "expose_headers": expose_headers,
            "max_age": max_age,
            "dangerously_allow_insecure_origins": dangerously_allow_insecure_origins,
            "dangerously_allow_public_suffixes": dangerously_allow_public_suffixes,
            "dangerously_allow_any_origin_with_credentials": dangerously_allow_any_origin_with_credentials,
            "dangerously_allow_broad_regex": dangerously_allow_broad_regex,
        }
        ExtensionPoints.__init__(self)
        self._protection = None if protection is None else _protection_of(protection)
        self._telemetry = telemetry
        self.app = self.protected(app)
        self.debug = debug
        self._watch = RefusalLog(debug=debug, telemetry=telemetry)
        message_text = {name: value for name, value in given.items() if value is not None}
        # Protection alone: no page of another origin is let in, and no answer gets a header.
        alone = protection is not None and policy is None and policies is None and not message_text and not self._asks
        chosen = None if alone else policy_of(policy, policies, message_text, self.is_allowed_origin if self._asks else None)
        self._rules = self._compile(
            chosen, policies, "allow_origins" if "allow_origins" in message_text else "origins", marks=False
        )
        follow(self)
        warn_of_inner_layer(app)

    @property
    def policy(self) -> Policy | None:
        """The policy of paths that no pattern and no route speaks for; None when those are left alone."""
        rules = self._rules.default if isinstance(self._rules, PolicySelector) else self._rules
        return None if rules is None else rules.policy

    @property
    def policies(self) -> Mapping[str, Policy | None]:
        """The policies of single paths, by pattern; None where requests are left alone."""
        return self._rules.policies if isinstance(self._rules, PolicySelector) else {}

    def reconfigure(self, policy: Policy | None, *, policies: Mapping[str, Policy | None] | None = None) -> None:
        """Judge by another policy from now on, `policies` included. A request that is under way keeps the one it began with, no
        request sees half of each, and when the new one is refused (`PolicyError`) the old one stays."""
        self._rules = self._compile(policy_of(policy, policies, {}, None), policies, "origins", marks=any_marks())

    def _compile(
        self, policy: Policy | None, policies: Mapping[str, Policy | None] | None, field: str, *, marks: bool
    ) -> CompiledPolicy | PolicySelector:
        for each in (policy, *(policies or {}).values()):
            self._refuse_resolver(each)
        check_development_origins((policy, *(policies or {}).values()), field)
        how = self._compile_asked if self._asks else None
        return compile_rules(policy, policies, marks=marks, compile_policy=how, selecting=self._extended)

    def protected(self, app: AsgiApp) -> AsgiApp:
        """The app behind the cross-origin protection, where there is one."""
        if self._protection is None:
            return app
        from corsense.middleware.protection import PolicyQuestions, ProtectionLayer

        asked = PolicyQuestions(self._lists, self._trusts, self._refuses_websockets)
        return ProtectionLayer(app, self._protection, asked, telemetry=self._telemetry)

    def _lists(self, scope: Scope, origin: bytes) -> bool:
        """Whether the policy of the path names `origin` as one of those that it lets in; the other way to let it in is slower."""
        found = self._rules
        rules = found if isinstance(found, CompiledPolicy) else found.select(scope, self.app)
        return rules is not None and origin in rules.exact and not rules.any_origin and origin != b"null"

    async def _trusts(self, scope: Scope, origin: bytes, cookies: bool) -> bool:
        """Whether the policy of the path lets a page of `origin` write. Where every page may read without credentials, every page
        may write without cookies."""
        rules = self._rules_of(scope)
        if rules is None:
            return False
        if rules.always is not None:
            return not cookies
        if not rules.admits(origin) and not await rules.resolves(origin):
            return False
        # A star lets in without saying whom to trust; who may use cookies is listed.
        return not (cookies and rules.any_origin) or rules.with_credentials(origin)

    def _refuses_websockets(self, scope: Scope) -> bool:
        rules = self._rules_of(scope)
        return rules is not None and rules.websockets

    def _rules_of(self, scope: Scope) -> CompiledPolicy | None:
        found = self._rules
        return found if isinstance(found, CompiledPolicy) else found.select(scope, self.app)

    def look_for_marks(self) -> None:
        """A route may have been given a policy of its own since: look at the next request."""
        rules = self._rules
        how = self._compile_asked if self._asks else None
        self._rules = rules.afresh() if isinstance(rules, PolicySelector) else PolicySelector(rules, None, compile_policy=how)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, websocket or lifespan."""
        if scope["type"] != "http":
            await self._other(scope, receive, send)
            return
        rules = self._rules
        if isinstance(rules, PolicySelector):
            chosen = rules.select(scope, self.app)
            if chosen is None:
                await self.app(scope, receive, send)
                return
            rules = chosen
            if self._extended:
                await self._serve_extended(rules, scope, receive, send)
                return
        if scope["method"] == "OPTIONS":
            await self._options(rules, scope, receive, send)
            return
        if self._watch.active:
            await self._watched(rules, scope, receive, send)
            return
        origin: bytes | None = None
        added = rules.always
        if added is None:
            added = rules.without
            for name, value in scope["headers"]:
                if name == b"origin":
                    # Length before hash: a long value is not worth reading, only enough of it to tell that it is too long.
                    if len(value) > MAX_ORIGIN:
                        origin = value[:_ALLOWED_ORIGIN]
                    elif (
                        value in rules.exact
                        or (rules.further is not None and rules.further(value))
                        or (rules.resolver is not None and await rules.resolver.admits(value))
                    ):
                        added = rules.granted
                        added = rules.answer(value) if added is None else ((ALLOW_ORIGIN, value), *added)
                    else:
                        origin = value
                    break

        def send_with(message: Message) -> Awaitable[None]:
            if message["type"] == "http.response.start":
                message = with_pairs(message, added)
            return send(message)

        if origin is None:
            await self.app(scope, receive, send_with)
            return
        try:
            await self.app(scope, receive, send_with)
        finally:
            # Afterwards, since only then the scope tells the route; errors of the app come through here as well.
            route = scope.get("route")
            route = "" if route is None else getattr(route, "path", "")
            if (origin, route) not in self._watch.seen:
                self._watch.refused(rules, origin, route, scope)

    async def _options(self, rules: CompiledPolicy, scope: Scope, receive: Receive, send: Send) -> None:
        """`OPTIONS`, which is a preflight when both `Origin` and `Access-Control-Request-Method` are there."""
        origin = method = private_network = None
        lines: list[bytes] = []
        for name, value in scope["headers"]:
            if len(name) < 29:
                if name == b"origin" and origin is None:
                    origin = value if len(value) <= MAX_ORIGIN else value[:_ALLOWED_ORIGIN]
            elif name == b"access-control-request-method":
                # Two lines are one value with a comma in it, which is no method.
                method = value if method is None else method + b", " + value
            elif name == b"access-control-request-headers":
                lines.append(value)
            elif name == b"access-control-request-private-network":
                private_network = value
        if origin is None or method is None:
            await self._watched(rules, scope, receive, send)
            return
        watch = self._watch
        if not watch.active and private_network is None:
            answer = rules.quick_answer(origin, method, lines)
            # A refusal that is not in the log yet goes the long way, once.
            if answer is not None and (answer[3] is None or (origin, scope["path"][:LONGEST_PATH], answer[3]) in watch.seen):
                await send({"type": "http.response.start", "status": answer[0], "headers": [*answer[1]]})
                await send({"type": "http.response.body", "body": answer[2]})
                return
        preflight = Preflight(origin, method, lines, private_network)
        verdict = await preflight.judge(rules)
        watch.preflight(rules, preflight, verdict, scope)
        await answer_preflight(rules, preflight, verdict, send, watch.explanation(rules, preflight, verdict))

    async def _watched(self, rules: CompiledPolicy, scope: Scope, receive: Receive, send: Send) -> None:
        """The long way for what is no preflight: `OPTIONS` of an app's own, counters, debug mode."""
        watch = self._watch
        origin = next((value[:_ALLOWED_ORIGIN] for name, value in scope["headers"] if name == b"origin"), None)
        refused = False
        if rules.always is not None:
            added = rules.always
        elif origin is None:
            added = rules.without
        elif rules.admits(origin) or await rules.resolves(origin):
            added = rules.answer(origin)
        else:
            added, refused = rules.without, True
        if scope["method"] == "OPTIONS":
            # Whether this is a preflight depends on these headers, and so does the answer.
            added = (*(pair for pair in added if pair[0] != b"vary"), *rules.varied)
        if watch.active:
            added = (*added, *watch.actual(rules, origin, refused, scope))

        def send_with(message: Message) -> Awaitable[None]:
            if message["type"] == "http.response.start":
                message = with_pairs(message, added)
            return send(message)

        try:
            await self.app(scope, receive, send_with)
        finally:
            if refused and origin is not None:
                watch.refused(rules, origin, getattr(scope.get("route"), "path", ""), scope)

    async def _other(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Lifespan passes; a websocket does where the policy does not watch websockets, or lets its origin in. With protection,
        its rule is the one that websockets are judged by."""
        if scope["type"] == "websocket" and self._protection is None:
            from corsense.middleware.websocket import admit

            rules = self._rules_of(scope)
            if rules is not None and rules.websockets and not await admit(rules, scope, receive, send, self._watch):
                return
        await self.app(scope, receive, send)
