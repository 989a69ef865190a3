"""`CORSMiddleware`: the hot path. Pure ASGI: the raw header lines are scanned once, and nothing is built that is not sent."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

from corsense.middleware.candidate import KEPT, Kept, check_candidate
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
from corsense.observe.request_tuple import AUTHORIZATION, COOKIES
from corsense.origin import MAX_ORIGIN

if TYPE_CHECKING:
    import os
    import re
    from collections.abc import Awaitable

    from corsense.middleware.compiled import QuickAnswer
    from corsense.middleware.observer import Observer, Sent
    from corsense.observe.folder import ObservationFolder
    from corsense.policy import Policy
    from corsense.protection.settings import CrossOriginProtection, Mode


_ALLOWED_ORIGIN = MAX_ORIGIN + 1
# Length of a preflight whose answer is kept, while requests are observed.
_LONGEST_KEPT = 1024


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

    - `policy`: for every path that `policies` does not cover; None: those paths are left alone, as without this layer.
    - `policies`: path patterns and the policy (or None) that holds there: `"/public/*"` is `/public` and everything below,
      `"/users/*/avatar"` leaves one segment in the middle open. The most specific pattern wins. The path is what the app's router
      sees: decoded, without `root_path`, case-sensitive. A path with `.`, `..` or empty segments that leads from one policy into
      another is refused.
    - `debug`: answer refused preflights so that the browser itself names what failed, and say why in a header
      (`X-CORS-Refused`). Not for production: it tells everyone what the policy allows.
    - `telemetry`: count decisions through OpenTelemetry. None: when its SDK is in use at the first request.
    - `protection`: refuse what CORS does not stop, the writes of foreign pages: `"report"`, `"enforce"` or a
      `CrossOriginProtection`. None: off. With it alone, without a policy, no other origin is trusted.
    - `candidate`: a policy to try in place of `policy`: requests are judged by it as well, and different decisions are logged,
      once by origin, reason and route, and counted. Paths and routes with a policy of their own keep it.
    - `rollout`: the share of origins, 0 to 1, that the candidate applies to. An origin stays in or out as long as the share does.
    - `observe`: a folder (or a `corsense.observe.ObservationFolder`) to record requests in, as `corsense policy tighten` reads
      them: origins, methods, header names, route templates, whether they had credentials, the result, both verdicts, counts and
      days, and nothing else.

    - `dangerously_...`: the hatches of `Policy`, for use with Starlette's keywords.

    In place of `policy`, the keywords of Starlette's `CORSMiddleware` are understood with their meaning, so that changing the
    import is enough. `docs/reference/drop-in.md` lists every difference: most of all, unsafe or impossible settings raise
    `PolicyError`. A subclass that overrides `is_allowed_origin`, `preflight_response`, `simple_response`, `send` or `__call__`
    works as it does with Starlette's; overrides that cannot work raise `TypeError`. Preflights that name more headers, or longer
    ones, than the policy could allow are refused unread, and a list of headers that a response shares between requests is not
    written to.

    Warns (`CORSLayerWarning`) about another CORS layer inside. Raises `PolicyError` (every fault of the settings, unknown
    keywords included), `TypeError` when `policy` conflicts with Starlette's keywords. Where a server starts the app and Starlette
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
        candidate: Policy | None = None,
        observe: str | os.PathLike[str] | ObservationFolder | None = None,
        rollout: float = 0.0,
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
        # Protection alone: no page of another origin is allowed, and no answer gets a header.
        alone = protection is not None and policy is None and policies is None and not message_text and not self._asks
        chosen = None if alone else policy_of(policy, policies, message_text, self.is_allowed_origin if self._asks else None)
        self._observer = self._new_observer(candidate, observe, rollout)
        field = "allow_origins" if "allow_origins" in message_text else "origins"
        self._apply(chosen, policies, candidate, rollout, field, marks=False)
        follow(self)
        warn_of_inner_layer(app)

    @property
    def policy(self) -> Policy | None:
        """The policy of paths without a pattern or route of their own; None when those are left alone."""
        return None if self._default is None else self._default.policy

    @property
    def policies(self) -> Mapping[str, Policy | None]:
        """The policies of single paths, by pattern; None where requests are left alone."""
        return self._rules.policies if isinstance(self._rules, PolicySelector) else {}

    @property
    def candidate(self) -> Policy | None:
        """The policy that is tried beside the live one."""
        rules = self._default
        return None if rules is None or rules.candidate is None else rules.candidate.policy

    @property
    def rollout(self) -> float:
        """The share of origins that the candidate applies to."""
        return 0.0 if self._default is None else self._default.rollout

    @property
    def _default(self) -> CompiledPolicy | None:
        return self._rules.default if isinstance(self._rules, PolicySelector) else self._rules

    def reconfigure(
        self,
        policy: Policy | Kept | None = KEPT,
        *,
        policies: Mapping[str, Policy | None] | None = None,
        candidate: Policy | Kept | None = KEPT,
        rollout: float | None = None,
    ) -> None:
        """Judge by another policy from now on, `policies` included; try another candidate; move the rollout. What is not given
        stays, but `policies` go with the policy. A request that is under way keeps the policy it began with, no request sees half
        of each, and when the new one is refused (`PolicyError`, `ValueError`, `TypeError`) the old one stays."""
        if isinstance(policy, Kept):
            chosen = self.policy
            policies = (self.policies or None) if policies is None else policies
        else:
            chosen = policy_of(policy, policies, {}, None)
        tried = self.candidate if candidate is KEPT else candidate
        share = (self.rollout if tried is not None else 0.0) if rollout is None else rollout
        observer = self._new_observer(tried, None, share) if self._observer is None else self._observer
        check_candidate(tried, share, may_apply=not (self._asks or self._extended))
        self._observer, before = observer, self._observer
        try:
            self._apply(chosen, policies, tried, share, "origins", marks=any_marks())
        except Exception:
            self._observer = before
            raise

    def _new_observer(
        self, candidate: Policy | None, observe: str | os.PathLike[str] | ObservationFolder | None, rollout: float
    ) -> Observer | None:
        check_candidate(candidate, rollout, may_apply=not (self._asks or self._extended))
        if candidate is None and observe is None:
            return None
        from corsense.middleware.observer import Observer
        from corsense.observe.folder import ObservationFolder

        folder = None if observe is None else ObservationFolder.of(observe)
        return Observer(self, self._watch, folder, telemetry=self._telemetry)

    def _apply(
        self,
        policy: Policy | None,
        policies: Mapping[str, Policy | None] | None,
        candidate: Policy | None,
        rollout: float,
        field: str,
        *,
        marks: bool,
    ) -> None:
        """Compile everything, and only then put it in place."""
        rules = self._compile(policy, policies, field, marks=marks)
        default = rules.default if isinstance(rules, PolicySelector) else rules
        if candidate is not None:
            check_development_origins((candidate,), "candidate")
            if default is None:
                raise ValueError("candidate needs a policy to be tried beside; give policy=Policy(...).")
            default.try_beside(CompiledPolicy(candidate), rollout)
        if self._observer is not None:
            self._observer.configure(default)
        self._rules = rules

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
        """Whether the policy of the path lists `origin`; the other checks are slower."""
        rules = self._rules_of(scope, origin)
        return rules is not None and origin in rules.exact and not rules.any_origin and origin != b"null"

    async def _trusts(self, scope: Scope, origin: bytes, cookies: bool) -> bool:
        """Whether the policy of the path lets a page of `origin` write. Where every page may read without credentials, every page
        may write without cookies."""
        rules = self._rules_of(scope, origin)
        if rules is None:
            return False
        if rules.always is not None:
            return not cookies
        if not rules.admits(origin) and not await rules.resolves(origin):
            return False
        # A star allows every origin without trusting any; those that may use cookies are listed.
        return not (cookies and rules.any_origin) or rules.with_credentials(origin)

    def _refuses_websockets(self, scope: Scope) -> bool:
        origin = next((value[:_ALLOWED_ORIGIN] for name, value in scope["headers"] if name == b"origin"), None)
        rules = self._rules_of(scope, origin)
        return rules is not None and rules.websockets

    def _rules_of(self, scope: Scope, origin: bytes | None = None) -> CompiledPolicy | None:
        """The rules of a request; where an origin is given, the candidate's if its rollout reaches that origin."""
        found = self._rules
        rules = found if isinstance(found, CompiledPolicy) else found.select(scope, self.app)
        return rules if rules is None or origin is None or not rules.rollout else rules.for_origin(origin)

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
                if self._observer is not None:
                    from corsense.middleware.noting import answer_of_subclass

                    send = answer_of_subclass(self._observer, rules, scope, send)
                await self._serve_extended(rules, scope, receive, send)
                return
        if scope["method"] == "OPTIONS":
            await self._options(rules, scope, receive, send)
            return
        if self._watch.active:
            await self._watched(rules, scope, receive, send)
            return
        if self._observer is not None:
            await self._observed(self._observer, rules, scope, receive, send)
            return
        origin: bytes | None = None
        added = rules.always
        if added is None:
            added = rules.without
            for name, value in scope["headers"]:
                if name == b"origin":
                    # Length before hash: a value that is too long is not read further.
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
            # Afterwards, because only then the scope has the route; errors of the app pass through here as well.
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
                # Two lines are one value with a comma in it, which is not a method.
                method = value if method is None else method + b", " + value
            elif name == b"access-control-request-headers":
                lines.append(value)
            elif name == b"access-control-request-private-network":
                private_network = value
        if origin is None or method is None:
            await self._watched(rules, scope, receive, send)
            return
        watch, observer = self._watch, self._observer
        if not watch.active and private_network is None:
            if observer is None:
                answer = rules.quick_answer(origin, method, lines)
            else:
                answer = self._noted_answer(observer, rules, origin, method, lines, scope)
            # A refusal that is not in the log yet takes the slow path, once.
            if answer is not None and (answer[3] is None or (origin, scope["path"][:LONGEST_PATH], answer[3]) in watch.seen):
                await send({"type": "http.response.start", "status": answer[0], "headers": [*answer[1]]})
                await send({"type": "http.response.body", "body": answer[2]})
                return
        rules = rules.for_origin(origin)
        preflight = Preflight(origin, method, lines, private_network)
        verdict = await preflight.judge(rules)
        watch.preflight(rules, preflight, verdict, scope)
        if observer is not None:
            page = observer.decided_page(rules, origin, is_refused=verdict.refuses_origin)
            observer.preflight(page, preflight, scope, 400 if verdict.refusals else 200)
        await answer_preflight(rules, preflight, verdict, send, watch.explanation(rules, preflight, verdict))

    def _noted_answer(
        self, observer: Observer, rules: CompiledPolicy, origin: bytes, method: bytes, lines: list[bytes], scope: Scope
    ) -> QuickAnswer | None:
        """The answer to a preflight where lists are enough, noted by the observer, which keeps the answers to those that come
        again. None for a refusal that is not in the log yet, too."""
        page = observer.pages.get((rules, origin)) or observer.page(rules, origin)
        if page is None:
            return None
        path, line, known = scope["path"], lines[0] if lines else b"", None
        # Length before hash: what is long is not read.
        if len(lines) < 2 and len(method) + len(line) + len(path) <= _LONGEST_KEPT:
            known = (method, line, path, scope.get("root_path"))
            answer = observer.known_answer(page, known)
            if answer is not None:
                return answer
        answer = page.rules.quick_answer(origin, method, lines)
        if answer is None or (answer[3] is not None and (origin, path[:LONGEST_PATH], answer[3]) not in self._watch.seen):
            return None
        observer.preflight(page, Preflight(origin, method, lines, None), scope, answer[0], known, answer)
        return answer

    async def _observed(self, observer: Observer, rules: CompiledPolicy, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve what is not a preflight while requests are observed."""
        origin: bytes | None = None
        credentials = 0
        sent: Sent
        if scope["method"] == "GET":
            for name, value in scope["headers"]:
                size = len(name)
                if size == 6:
                    if name == b"origin":
                        if origin is None:
                            origin = value if len(value) <= MAX_ORIGIN else value[:_ALLOWED_ORIGIN]
                    elif name == b"cookie":
                        credentials |= COOKIES
                elif size == 13 and name == b"authorization":
                    credentials |= AUTHORIZATION
            sent = credentials
        else:
            origin, sent = observer.sent_by(scope)
        if origin is None:
            added = rules.without if rules.always is None else rules.always

            def send_plain(message: Message) -> Awaitable[None]:
                return send(with_pairs(message, added) if message["type"] == "http.response.start" else message)

            await self.app(scope, receive, send_plain)
            return
        page = observer.pages.get((rules, origin)) or observer.page(rules, origin)
        if page is None:
            await self._watched(rules, scope, receive, send)
            return
        is_noted = False

        def send_with(message: Message) -> Awaitable[None]:
            nonlocal is_noted
            if message["type"] == "http.response.start":
                is_noted = True
                observer.answered(page, sent, scope, message["status"])
                message = with_pairs(message, page.added)
            return send(message)

        try:
            await self.app(scope, receive, send_with)
        except Exception:
            if not is_noted:
                observer.answered(page, sent, scope, 500)
            raise

    async def _watched(self, rules: CompiledPolicy, scope: Scope, receive: Receive, send: Send) -> None:
        """The slow path for requests that are not preflights: `OPTIONS` for the app itself, counters, debug mode, origins that a
        function is asked about while requests are observed."""
        watch, observer = self._watch, self._observer
        origin = next((value[:_ALLOWED_ORIGIN] for name, value in scope["headers"] if name == b"origin"), None)
        if origin is not None:
            rules = rules.for_origin(origin)
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
        noting = None
        if observer is not None and origin is not None:
            from corsense.middleware.noting import NotedAnswer

            page = observer.decided_page(rules, origin, is_refused=refused)
            noting = NotedAnswer(observer, page, scope, send)
            send = noting.send

        def send_with(message: Message) -> Awaitable[None]:
            if message["type"] == "http.response.start":
                message = with_pairs(message, added)
            return send(message)

        try:
            await self.app(scope, receive, send_with)
        except Exception:
            if noting is not None:
                noting.crashed()
            raise
        finally:
            if refused and origin is not None:
                watch.refused(rules, origin, getattr(scope.get("route"), "path", ""), scope)

    async def _other(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Lifespan passes; a websocket does if the policy does not check websockets, or allows its origin. With protection, its
        rule judges WebSockets."""
        if scope["type"] == "websocket" and (self._protection is None or self._observer is not None):
            await self._websocket(scope, receive, send)
            return
        try:
            await self.app(scope, receive, send)
        finally:
            if scope["type"] == "lifespan" and self._observer is not None:
                self._observer.close()

    async def _websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        from corsense.middleware.noting import handshake_of
        from corsense.middleware.websocket import admit

        observer = self._observer
        rules = self._rules_of(scope)
        if rules is None:
            await self.app(scope, receive, send)
            return
        handshake = None if observer is None else handshake_of(observer, rules, scope, send)
        if handshake is not None:
            rules, send = handshake.rules, handshake.send
        try:
            if not rules.websockets:
                admitted = True
            elif self._protection is not None:
                admitted = handshake is None or rules.admits(handshake.origin)
            else:
                admitted = await admit(rules, scope, receive, send, self._watch)
            if handshake is not None:
                handshake.decided(admitted)
            if admitted or self._protection is not None:
                await self.app(scope, receive, send)
        finally:
            if handshake is not None:
                handshake.over()
