"""Subclasses written for Starlette's `CORSMiddleware`: after a change of the import they decide as they did, or are refused."""

from __future__ import annotations

import asyncio
import functools
import logging
from collections.abc import Callable
from typing import Any
from unittest.mock import patch

import pytest
from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware.cors import CORSMiddleware as StarletteCORSMiddleware
from starlette.responses import JSONResponse, Response

from corsense.middleware import CORSMiddleware, cors
from corsense.policy import Policy, PolicyError
from tests.middleware.asking import (
    ORIGIN,
    UNTRUSTED_ORIGIN,
    Answer,
    Receive,
    Scope,
    Send,
    ask,
    ask_async,
    get,
    plain,
    preflight,
    scope,
)
from tests.middleware.versions import needs_private_network

trio = pytest.importorskip("trio")  # of the development dependencies
TENANT = "https://a.tenant.example"
OTHER = "https://b.tenant.example"
EVENT_LOOPS = {"asyncio": asyncio.run, "trio": lambda work: trio.run(lambda: work)}


class Recording(CORSMiddleware):
    """Records each question, and returns the configured answer."""

    asked: list[str]
    answer: Any = True

    def is_allowed_origin(self, origin: str) -> bool:
        self.asked = [*getattr(self, "asked", []), origin]
        answer: bool = self.answer(origin) if callable(self.answer) else self.answer
        return answer


def answering(answer: Any, **keywords: Any) -> Recording:
    layer = Recording(plain, **(keywords or {"allow_origins": [ORIGIN]}))
    layer.answer = answer
    return layer


class TestDecidingAboutOrigins:
    def test_a_listed_origin_that_is_denied_gets_nothing(self) -> None:
        layer = answering(lambda origin: origin != ORIGIN, allow_origins=[ORIGIN, UNTRUSTED_ORIGIN], allow_credentials=True)
        assert (get(layer, ORIGIN).cors, preflight(layer, ORIGIN, "GET").status) == ({}, 400)
        assert preflight(layer, ORIGIN, "GET").cors == {}
        assert get(layer, UNTRUSTED_ORIGIN)["access-control-allow-origin"] == UNTRUSTED_ORIGIN

    def test_it_is_asked_for_every_request_so_that_a_revocation_holds_at_once(self) -> None:
        revoked: set[str] = set()
        layer = answering(lambda origin: origin not in revoked)
        assert get(layer, TENANT)["access-control-allow-origin"] == TENANT
        assert preflight(layer, TENANT, "GET").status == 200
        revoked.add(TENANT)
        assert (get(layer, TENANT).cors, preflight(layer, TENANT, "GET").status) == ({}, 400)
        assert layer.asked == [TENANT] * 4

    @pytest.mark.parametrize("answer", [True, 1, "yes", [0], object()])
    def test_whatever_is_true_lets_in_as_with_starlette(self, answer: object) -> None:
        assert get(answering(answer), UNTRUSTED_ORIGIN)["access-control-allow-origin"] == UNTRUSTED_ORIGIN

    @pytest.mark.parametrize("answer", [False, 0, "", None, []])
    def test_whatever_is_false_refuses(self, answer: object) -> None:
        layer = answering(answer)
        assert (get(layer, ORIGIN).cors, preflight(layer, ORIGIN).status) == ({}, 400)

    def test_null_is_let_in_when_it_says_so(self) -> None:
        assert get(answering(lambda origin: origin == "null"), "null")["access-control-allow-origin"] == "null"
        assert preflight(answering(True), "null", "GET")["access-control-allow-origin"] == "null"

    @pytest.mark.parametrize("origin", ["", "https://a b", "https://\xe4.example", "https://" + "a" * 5000, "a\tb"])
    def test_what_no_browser_sends_is_refused_without_a_question(self, origin: str) -> None:
        layer = answering(True)
        assert get(layer, origin).cors == {}
        assert not hasattr(layer, "asked")

    @pytest.mark.parametrize("loop", EVENT_LOOPS)
    def test_it_is_asked_in_the_event_loop_of_asyncio_and_of_trio(self, loop: str) -> None:
        where: list[str] = []

        class Tenants(CORSMiddleware):
            def is_allowed_origin(self, origin: str) -> bool:
                try:
                    asyncio.get_running_loop()
                    where.append("asyncio")
                except RuntimeError:
                    trio.lowlevel.current_task()
                    where.append("trio")
                return True

        work = ask_async(Tenants(plain, allow_origins=[ORIGIN]), scope("/", (b"origin", TENANT.encode())))
        assert EVENT_LOOPS[loop](work)["access-control-allow-origin"] == TENANT
        assert where == [loop]

    def test_an_exception_refuses_and_is_logged_once_a_minute(self, caplog: pytest.LogCaptureFixture) -> None:
        layer = answering(lambda origin: 1 / 0)
        with caplog.at_level(logging.ERROR, "corsense"):
            assert [get(layer).cors, get(layer).cors, preflight(layer).cors] == [{}] * 3
        assert [record.getMessage() for record in caplog.records] == [
            "CORS: Recording.is_allowed_origin failed: the origin is refused."
        ]
        assert "division by zero" in str(caplog.records[0].exc_info)

    def test_a_coroutine_function_is_refused_because_starlette_never_awaits_it(self) -> None:
        class Tenants(CORSMiddleware):
            async def is_allowed_origin(self, origin: str) -> bool:  # type: ignore[override]
                return False

        with pytest.raises(TypeError, match=r"Tenants\.is_allowed_origin is a coroutine function.*origin_resolver"):
            Tenants(plain, allow_origins=[ORIGIN])

    def test_an_awaitable_refuses(self) -> None:
        async def never_awaited() -> bool:
            return True

        assert get(answering(lambda origin: never_awaited())).cors == {}

    def test_the_policy_speaks_through_super(self) -> None:
        class Tenants(CORSMiddleware):
            def is_allowed_origin(self, origin: str) -> bool:
                return super().is_allowed_origin(origin) or origin.endswith(".tenant.example")

        for layer in (
            Tenants(plain, allow_origins=[ORIGIN]),
            Tenants(plain, policy=Policy(origins=[ORIGIN], methods=["PUT"])),
        ):
            allowed = [origin for origin in (ORIGIN, TENANT, UNTRUSTED_ORIGIN) if get(layer, origin).cors]
            assert allowed == [ORIGIN, TENANT]
            layer.reconfigure(Policy(origins=[UNTRUSTED_ORIGIN]))
            assert [origin for origin in (ORIGIN, TENANT, UNTRUSTED_ORIGIN) if get(layer, origin).cors] == [
                TENANT,
                UNTRUSTED_ORIGIN,
            ]

    def test_no_list_is_needed_and_its_attributes_can_be_read(self) -> None:
        class Tenants(CORSMiddleware):
            suffix = ".tenant.example"

            def is_allowed_origin(self, origin: str) -> bool:
                if self.allow_all_origins or (self.allow_origin_regex and self.allow_origin_regex.fullmatch(origin)):
                    return True
                return origin in self.allow_origins or origin.endswith(self.suffix)

        layer = Tenants(plain, allow_origins=(), allow_credentials=True)
        assert get(layer, TENANT)["access-control-allow-credentials"] == "true"
        assert get(layer, ORIGIN).cors == {}

    def test_with_a_star_who_is_denied_gets_no_star(self) -> None:
        layer = answering(lambda origin: origin != UNTRUSTED_ORIGIN, allow_origins=["*"], allow_methods=["*"])
        assert (get(layer, UNTRUSTED_ORIGIN).cors, preflight(layer, UNTRUSTED_ORIGIN).status) == ({}, 400)
        answer = get(layer, ORIGIN)
        assert (answer["access-control-allow-origin"], answer["vary"]) == ("*", "Origin")

    def test_a_path_or_a_route_of_its_own_has_to_agree(self) -> None:
        class Revoking(CORSMiddleware):
            def is_allowed_origin(self, origin: str) -> bool:
                return (super().is_allowed_origin(origin) and origin != OTHER) or origin == UNTRUSTED_ORIGIN

        layer = Revoking(
            plain,
            policy=Policy(origins=[ORIGIN, UNTRUSTED_ORIGIN]),
            policies={"/tenants/*": Policy(origins=[TENANT, OTHER]), "/free/*": None},
        )
        everybody = (ORIGIN, TENANT, OTHER, UNTRUSTED_ORIGIN)
        assert [origin for origin in everybody if get(layer, origin, "/").cors] == [ORIGIN, UNTRUSTED_ORIGIN]
        assert [origin for origin in everybody if get(layer, origin, "/tenants/1").cors] == [TENANT]
        assert [origin for origin in everybody if get(layer, origin, "/free/1").cors] == []
        assert get(layer, ORIGIN, "/free/1")["vary"] is None

    def test_with_policies_of_paths_only_all_other_paths_are_left_alone(self) -> None:
        layer = answering(True, policies={"/tenants/*": Policy(origins=[TENANT])})
        assert [origin for origin in (ORIGIN, TENANT) if get(layer, origin, "/tenants/1").cors] == [TENANT]
        assert (get(layer, TENANT).cors, get(layer, TENANT)["vary"]) == ({}, None)
        assert layer.asked == [TENANT]

    def test_a_marked_route_has_to_agree_too(self) -> None:
        from fastapi import FastAPI

        class Revoking(CORSMiddleware):
            def is_allowed_origin(self, origin: str) -> bool:
                return super().is_allowed_origin(origin) and origin != OTHER

        app = FastAPI()

        @app.get("/feed")
        @cors(Policy(origins=[TENANT, OTHER]))
        def feed() -> str:
            return ""

        layer = Revoking(app, allow_origins=[ORIGIN])
        assert [origin for origin in (ORIGIN, TENANT, OTHER) if get(layer, origin, "/feed").cors] == [TENANT]

    def test_a_resolver_beside_it_is_refused(self) -> None:
        policy = Policy(origins=[ORIGIN], origin_resolver=lambda origin: True)
        with pytest.raises(TypeError, match="is_allowed_origin and origin_resolver both decide"):
            Recording(plain, policy=policy)
        with pytest.raises(TypeError, match="is_allowed_origin and origin_resolver both decide"):
            Recording(plain, policy=Policy(origins=[ORIGIN]), policies={"/x": policy})
        layer = answering(False)
        with pytest.raises(TypeError, match="is_allowed_origin and origin_resolver both decide"):
            layer.reconfigure(policy)
        assert get(layer).cors == {}

    def test_a_replaced_method_counts_like_an_override(self) -> None:
        with patch.object(CORSMiddleware, "is_allowed_origin", lambda self, origin: origin == TENANT):
            layer = CORSMiddleware(plain, allow_origins=[ORIGIN])
        with patch.object(CORSMiddleware, "is_allowed_origin", lambda self, origin: origin == TENANT):
            assert (get(layer, TENANT)["access-control-allow-origin"], get(layer, ORIGIN).cors) == (TENANT, {})

    def test_the_log_names_who_refused(self, caplog: pytest.LogCaptureFixture) -> None:
        with caplog.at_level(logging.WARNING, "corsense"):
            get(answering(False))
        assert caplog.messages == [f"CORS: 'GET' '/': origin '{ORIGIN}' is refused by Recording.is_allowed_origin."]

    @pytest.mark.parametrize(
        ("origin", "cookies", "status"), [(ORIGIN, False, 200), (ORIGIN, True, 403), (UNTRUSTED_ORIGIN, False, 403)]
    )
    def test_whom_it_lets_in_under_a_star_may_write_without_cookies_only(self, origin: str, cookies: bool, status: int) -> None:
        layer = answering(lambda asked: asked == ORIGIN, allow_origins=["*"], protection="enforce")
        sent = [(b"origin", origin.encode()), (b"sec-fetch-site", b"cross-site"), *([(b"cookie", b"a=b")] if cookies else [])]
        assert ask(layer, "/", *sent, method="POST").status == status

    @pytest.mark.parametrize(("origin", "status"), [(TENANT, 200), (UNTRUSTED_ORIGIN, 403)])
    def test_with_cookies_only_who_may_use_them_writes_under_a_star(self, origin: str, status: int) -> None:
        layer = CORSMiddleware(plain, policy=Policy(origins="*", credentials=[TENANT]), protection="enforce")
        sent = [(b"origin", origin.encode()), (b"sec-fetch-site", b"cross-site"), (b"cookie", b"a=b")]
        assert ask(layer, "/", *sent, method="POST").status == status

    def test_a_websocket_is_decided_about_as_well(self) -> None:
        layer = answering(lambda origin: origin != ORIGIN, policy=Policy(origins=[ORIGIN, UNTRUSTED_ORIGIN], websockets=True))
        sent: list[Any] = []

        async def receive() -> Any:
            return {"type": "websocket.connect"}

        async def send(message: Any) -> None:
            sent.append(message["type"])

        asyncio.run(layer(scope("/", (b"origin", ORIGIN.encode()), kind="websocket"), receive, send))
        assert sent == ["websocket.close"]


class TestExtendingTheAnswers:
    """The methods of Starlette's that public code overrides, most often to answer refusals in the shape of its own errors."""

    def test_a_refused_preflight_can_be_rewrapped(self) -> None:
        class Problem(CORSMiddleware):
            def preflight_response(self, request_headers: Headers) -> Response:
                response = super().preflight_response(request_headers)
                if response.status_code < 400:
                    return response
                kept = {name: value for name, value in response.headers.items() if not name.startswith("content-")}
                return JSONResponse({"detail": bytes(response.body).decode()}, status_code=400, headers=kept)

        layer = Problem(plain, allow_origins=[ORIGIN], allow_methods=["PUT"])
        refused = preflight(layer, UNTRUSTED_ORIGIN)
        assert (refused.status, refused.body, refused.cors) == (400, '{"detail":"Disallowed CORS origin"}', {})
        allowed = preflight(layer, ORIGIN)
        assert allowed.lines == preflight(CORSMiddleware(plain, allow_origins=[ORIGIN], allow_methods=["PUT"]), ORIGIN).lines
        assert get(layer)["access-control-allow-origin"] == ORIGIN

    def test_an_error_can_be_answered_with_the_headers(self) -> None:
        class Caught(CORSMiddleware):
            async def simple_response(self, scope: Scope, receive: Receive, send: Send, request_headers: Headers) -> None:
                try:
                    await super().simple_response(scope, receive, send, request_headers)
                except ZeroDivisionError:
                    await self.send({"type": "http.response.start", "status": 500}, send, request_headers)
                    await self.send({"type": "http.response.body", "body": b"oops"}, send, request_headers)

        async def crash(scope: Scope, receive: Receive, send: Send) -> None:
            raise ZeroDivisionError

        layer = Caught(crash, allow_origins=[ORIGIN])
        answer = get(layer)
        assert (answer.status, answer.body, answer["access-control-allow-origin"], answer["vary"]) == (
            500,
            "oops",
            ORIGIN,
            "Origin",
        )
        assert (get(layer, UNTRUSTED_ORIGIN).cors, get(layer, UNTRUSTED_ORIGIN)["vary"]) == ({}, "Origin")
        assert get(layer, None).cors == {}

    @pytest.mark.parametrize("loop", EVENT_LOOPS)
    def test_they_work_under_asyncio_and_trio(self, loop: str) -> None:
        class Named(CORSMiddleware):
            def preflight_response(self, request_headers: Headers) -> Response:
                response = super().preflight_response(request_headers)
                response.headers["x-layer"] = "mine"
                return response

        layer = Named(plain, allow_origins=[ORIGIN])
        asks = scope("/", (b"origin", ORIGIN.encode()), (b"access-control-request-method", b"GET"), method="OPTIONS")
        assert EVENT_LOOPS[loop](ask_async(layer, asks))["x-layer"] == "mine"
        assert (
            EVENT_LOOPS[loop](ask_async(layer, scope("/", (b"origin", ORIGIN.encode()))))["access-control-allow-origin"] == ORIGIN
        )

    def test_the_messages_of_an_answer_can_be_changed(self) -> None:
        class Named(CORSMiddleware):
            async def send(self, message: Any, send: Send, request_headers: Headers) -> None:
                if message["type"] == "http.response.start":
                    MutableHeaders(scope=message)["X-Layer"] = "mine"
                await super().send(message, send, request_headers)

        answer = get(Named(plain, allow_origins=[ORIGIN], expose_headers=["X-Layer"]))
        assert (answer["x-layer"], answer["access-control-expose-headers"]) == ("mine", "X-Layer")

    def test_the_policy_of_the_path_answers(self) -> None:
        class Named(CORSMiddleware):
            def preflight_response(self, request_headers: Headers) -> Response:
                response = super().preflight_response(request_headers)
                response.headers["x-layer"] = "mine"
                return response

        layer = Named(plain, policy=Policy(origins=[ORIGIN]), policies={"/public/*": Policy.public_api()})
        assert preflight(layer, UNTRUSTED_ORIGIN, "GET", path="/public/x")["access-control-allow-origin"] == "*"
        assert preflight(layer, UNTRUSTED_ORIGIN, "GET", path="/x").status == 400
        assert preflight(layer, ORIGIN, "GET", path="/x")["x-layer"] == "mine"
        with pytest.raises(RuntimeError, match="do not know the path"):
            layer.preflight_response(Headers({"origin": ORIGIN, "access-control-request-method": "GET"}))

    def test_they_work_together_with_a_decision_about_origins(self) -> None:
        class Both(CORSMiddleware):
            def is_allowed_origin(self, origin: str) -> bool:
                return super().is_allowed_origin(origin) and origin != TENANT

            def preflight_response(self, request_headers: Headers) -> Response:
                response = super().preflight_response(request_headers)
                response.headers["x-allowed"] = str(self.is_allowed_origin(request_headers["origin"]))
                return response

        layer = Both(plain, allow_origins=[ORIGIN, TENANT])
        assert [preflight(layer, origin, "GET")["x-allowed"] for origin in (ORIGIN, TENANT)] == ["True", "False"]
        assert [preflight(layer, origin, "GET").status for origin in (ORIGIN, TENANT)] == [200, 400]

    def test_refusals_are_logged_and_preflights_remembered_as_ever(self, caplog: pytest.LogCaptureFixture) -> None:
        class Same(CORSMiddleware):
            async def send(self, message: Any, send: Send, request_headers: Headers) -> None:
                await super().send(message, send, request_headers)

        with caplog.at_level(logging.WARNING, "corsense"):
            layer = Same(plain, allow_origins=[ORIGIN])
            get(layer, UNTRUSTED_ORIGIN)
            get(layer, UNTRUSTED_ORIGIN)
            preflight(layer, UNTRUSTED_ORIGIN)
        assert len(caplog.messages) == 2

    def test_a_value_that_is_too_long_for_an_origin_is_not_kept(self) -> None:
        class Same(CORSMiddleware):
            async def send(self, message: Any, send: Send, request_headers: Headers) -> None:
                await super().send(message, send, request_headers)

        layer = Same(plain, allow_origins=[ORIGIN])
        for number in range(20):
            get(layer, f"https://a{number}" + "x" * 5000)
            preflight(layer, f"https://a{number}" + "x" * 5000)
        longest = max(len(str(value)) for key in layer._watch.seen for value in key)
        assert longest < 1000

    def test_a_resolver_cannot_be_waited_for_and_is_refused(self) -> None:
        class Named(CORSMiddleware):
            def preflight_response(self, request_headers: Headers) -> Response:
                return super().preflight_response(request_headers)

        with pytest.raises(TypeError, match="overrides preflight_response, which cannot wait for an origin_resolver"):
            Named(plain, policy=Policy(origin_resolver=lambda origin: True))

    def test_a_call_of_its_own_may_leave_paths_alone(self) -> None:
        class Conditional(CORSMiddleware):
            async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
                if scope["type"] == "http" and scope["path"].startswith("/internal"):
                    await self.app(scope, receive, send)
                else:
                    await super().__call__(scope, receive, send)

        layer = Conditional(plain, allow_origins=[ORIGIN])
        assert (get(layer, path="/internal/x").cors, get(layer)["access-control-allow-origin"]) == ({}, ORIGIN)

    def test_a_method_that_is_never_called_is_refused_by_name(self) -> None:
        class Reflecting(CORSMiddleware):
            @staticmethod
            def allow_explicit_origin(headers: MutableHeaders, origin: str) -> None: ...

        with pytest.raises(TypeError, match=r"Reflecting\.allow_explicit_origin is never called"):
            Reflecting(plain, allow_origins=[ORIGIN])


READ = (
    "allow_origins", "allow_methods", "allow_headers", "allow_all_origins", "allow_all_headers", "allow_credentials",
    "allow_origin_regex", "allow_private_network", "preflight_explicit_allow_origin", "simple_headers", "preflight_headers",
)  # fmt: skip


class TestReadingAndSettingAttributes:
    @needs_private_network
    def test_every_attribute_of_starlettes_can_be_read(self) -> None:
        theirs = vars(StarletteCORSMiddleware(plain, allow_origins=[ORIGIN]))
        assert set(theirs) - {"app"} == set(READ)

    @needs_private_network
    @pytest.mark.parametrize(
        "keywords",
        [
            {"allow_origins": [ORIGIN]},
            {"allow_origins": ["*"], "allow_headers": ["*"]},
            {"allow_origins": [ORIGIN], "allow_credentials": True, "expose_headers": ["X-A", "X-B"], "max_age": 5},
            {"allow_origin_regex": r"https://[a-z]+\.example\.com", "allow_private_network": True, "allow_headers": ["X-A"]},
        ],
    )
    def test_they_have_the_values_of_starlettes(self, keywords: dict[str, Any]) -> None:
        ours, theirs = (made(plain, **keywords) for made in (CORSMiddleware, StarletteCORSMiddleware))
        for name in READ:
            mine, expected = getattr(ours, name), getattr(theirs, name)
            if name in ("allow_origins", "allow_headers"):
                assert {each for each in mine if each != "authorization"} == set(expected)
            elif name == "allow_origin_regex" and expected is not None:
                assert (mine.pattern, bool(mine.fullmatch("https://a.example.com"))) == (expected.pattern, True)
            elif name not in ("preflight_headers", "allow_methods"):  # see docs/reference/drop-in.md
                assert mine == expected, name
        assert set(ours.preflight_headers) == set(theirs.preflight_headers) | (
            {"Access-Control-Allow-Headers"} if "*" in keywords.get("allow_headers", ()) else set()
        )

    @pytest.mark.parametrize("name", READ)
    def test_setting_one_to_something_else_is_refused_by_name(self, name: str) -> None:
        class Setting(CORSMiddleware):
            def __init__(self, *args: Any, **keywords: Any) -> None:
                super().__init__(*args, **keywords)
                setattr(self, name, [TENANT])

        with pytest.raises(TypeError, match=rf"{name} of CORSMiddleware cannot be changed"):
            Setting(plain, allow_origins=[ORIGIN])

    def test_setting_one_to_what_it_is_changes_nothing(self) -> None:
        layer = CORSMiddleware(plain, allow_origins=[ORIGIN, TENANT], allow_private_network=True)
        layer.allow_private_network = True
        layer.allow_origins = [TENANT, ORIGIN]
        assert layer.allow_origins == [ORIGIN, TENANT]

    def test_setting_one_before_the_layer_is_made_is_refused(self) -> None:
        class Early(CORSMiddleware):
            def __init__(self, app: Any) -> None:
                self.allow_origins = [ORIGIN]
                super().__init__(app)

        with pytest.raises(TypeError, match="allow_origins of CORSMiddleware cannot be changed"):
            Early(plain)

    def test_changing_one_in_place_is_refused_and_lets_no_one_in(self) -> None:
        layer = CORSMiddleware(plain, allow_origins=[ORIGIN])
        with pytest.raises(TypeError, match=r"allow_origins .*reconfigure\(\)"):
            layer.allow_origins.append(TENANT)
        with pytest.raises(TypeError, match=r"preflight_headers .*preflight_response"):
            layer.preflight_headers["Access-Control-Max-Age"] = "1"
        with pytest.raises(TypeError, match="simple_headers"):
            layer.simple_headers.update({"X": "1"})
        assert get(layer, TENANT).cors == {}

    def test_they_follow_a_reconfiguration(self) -> None:
        layer = CORSMiddleware(plain, allow_origins=[ORIGIN])
        layer.reconfigure(Policy(origins="*"))
        assert (layer.allow_all_origins, layer.allow_origins) == (True, ["*"])

    def test_a_layer_of_paths_only_has_none(self) -> None:
        layer = CORSMiddleware(plain, policies={"/x/*": Policy(origins=[ORIGIN])})
        assert (layer.allow_origins, layer.simple_headers, layer.is_allowed_origin(ORIGIN)) == ([], {}, False)


class Dynamic(list[str]):
    """A list that decides about membership itself."""

    def __contains__(self, origin: object) -> bool:
        return origin == TENANT


def test_a_list_that_decides_about_membership_itself_is_refused() -> None:
    with pytest.raises(PolicyError, match="Dynamic computes its members"):
        CORSMiddleware(plain, allow_origins=Dynamic([ORIGIN]))


# What public programs make of Starlette's class, rebuilt small: each runs on both, and the two have to agree.


def suffixes(base: Any) -> Any:
    class DynamicCORS(base):  # type: ignore[misc]
        def is_allowed_origin(self, origin: str) -> bool:
            return origin.endswith((":8338", ":1212"))

    return DynamicCORS(plain, allow_origins=[], allow_credentials=True, allow_methods=["*"], allow_headers=["*"])


def class_state(base: Any) -> Any:
    class Tracked(base):  # type: ignore[misc]
        domains: tuple[str, ...] = ()

        def is_allowed_origin(self, origin: str) -> bool:
            return origin in self.domains

    layer = Tracked(plain, allow_credentials=True, allow_headers=["*"], allow_methods=["*"])
    Tracked.domains = (TENANT,)
    return layer


def through_super(base: Any) -> Any:
    class Local(base):  # type: ignore[misc]
        def is_allowed_origin(self, origin: str) -> bool:
            return origin.startswith("http://localhost") or super().is_allowed_origin(origin)

    return Local(plain, allow_origins=[ORIGIN], allow_credentials=True, allow_methods=["*"])


def canonical(base: Any) -> Any:
    class Canonical(base):  # type: ignore[misc]
        def is_allowed_origin(self, origin: str) -> bool:
            return origin.islower() and bool(super().is_allowed_origin(origin.removesuffix(":443")))

    return Canonical(plain, allow_origins=[ORIGIN])


def by_callback(base: Any) -> Any:
    class Callback(base):  # type: ignore[misc]
        def __init__(self, app: Any, origin_validator: Callable[[str], bool], **keywords: Any) -> None:
            self._validate = origin_validator
            super().__init__(app, **keywords)

        def is_allowed_origin(self, origin: str) -> bool:
            return super().is_allowed_origin(origin) or self._validate(origin)

    return Callback(plain, lambda origin: origin.endswith(".tenant.example"), allow_origins=[ORIGIN])


def decided_before(base: Any) -> Any:
    from contextvars import ContextVar

    decision: ContextVar[tuple[str, bool] | None] = ContextVar("decision", default=None)

    class Decided(base):  # type: ignore[misc]
        async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
            origin = next((value.decode() for name, value in scope["headers"] if name == b"origin"), None)
            if origin is None:
                await super().__call__(scope, receive, send)
                return
            token = decision.set((origin, await self.decide(origin)))
            try:
                await super().__call__(scope, receive, send)
            finally:
                decision.reset(token)

        async def decide(self, origin: str) -> bool:
            return origin in (TENANT, ORIGIN)

        def is_allowed_origin(self, origin: str) -> bool:
            made = decision.get()
            return made[1] if made is not None and made[0] == origin else super().is_allowed_origin(origin)

    return Decided(plain, allow_origins=[UNTRUSTED_ORIGIN])


def everybody(base: Any) -> Any:
    class Everybody(base):  # type: ignore[misc]
        def is_allowed_origin(self, origin: str) -> bool:
            return True

    return Everybody(plain, allow_credentials=True, allow_methods=["GET", "PUT"])


def networks(base: Any) -> Any:
    from ipaddress import ip_address, ip_network
    from urllib.parse import urlsplit

    class Networks(base):  # type: ignore[misc]
        def __init__(self, app: Any, *args: Any, allow_origin_networks: tuple[str, ...] = (), **keywords: Any) -> None:
            super().__init__(app, *args, **keywords)
            self.networks = [ip_network(each) for each in allow_origin_networks]

        def is_allowed_origin(self, origin: str) -> bool:
            if super().is_allowed_origin(origin):
                return True
            try:
                address = ip_address(urlsplit(origin).hostname or "")
            except ValueError:
                return False
            return any(address in network for network in self.networks)

    return Networks(plain, [ORIGIN], allow_origin_networks=("192.168.0.0/16",))


def private_network(base: Any) -> Any:
    class PrivateNetwork(base):  # type: ignore[misc]
        def preflight_response(self, request_headers: Headers) -> Response:
            response: Response = super().preflight_response(request_headers)
            if response.status_code == 200:
                response.headers["Access-Control-Allow-Private-Network"] = "true"
            return response

        async def send(self, message: Any, send: Any, request_headers: Headers) -> None:
            await super().send(message, send, request_headers)

    return PrivateNetwork(plain, allow_origins=[ORIGIN])


def enveloped(base: Any) -> Any:
    class Envelope(base):  # type: ignore[misc]
        def preflight_response(self, request_headers: Headers) -> Response:
            response: Response = super().preflight_response(request_headers)
            if response.status_code == 400 and not self.is_allowed_origin(request_headers["origin"]):
                return JSONResponse({"error": "CORS_ORIGIN_NOT_ALLOWED"}, status_code=400)
            return response

    return Envelope(plain, allow_origins=[ORIGIN])


def without_content(base: Any) -> Any:
    class NoContent(base):  # type: ignore[misc]
        def preflight_response(self, request_headers: Headers) -> Response:
            result = super().preflight_response(request_headers)
            if result.status_code == 200:
                del result.headers["content-type"]
                del result.headers["content-length"]
                return Response(status_code=204, headers=dict(result.headers))
            assert isinstance(result, Response)
            return result

    return NoContent(plain, allow_origins=[ORIGIN], allow_methods=["GET", "PUT"], allow_credentials=True)


def by_hand(base: Any) -> Any:
    """A copy of Starlette's own method with another question about the origin."""

    class ByHand(base):  # type: ignore[misc]
        def preflight_response(self, request_headers: Headers) -> Response:
            headers = dict(self.preflight_headers)
            failures = [] if request_headers["origin"] in (ORIGIN, TENANT) else ["origin"]
            if not failures and self.preflight_explicit_allow_origin:
                headers["Access-Control-Allow-Origin"] = request_headers["origin"]
            if request_headers["access-control-request-method"] not in self.allow_methods:
                failures.append("method")
            asked = request_headers.get("access-control-request-headers", "")
            if any(name.lower().strip() not in self.allow_headers for name in asked.split(",") if name):
                failures.append("headers")
            return Response("".join(failures), status_code=400 if failures else 200, headers=headers)

        async def simple_response(self, scope: Any, receive: Any, send: Any, request_headers: Headers) -> None:
            send = functools.partial(self.send, send=send, request_headers=request_headers)
            await self.app(scope, receive, send)

    return ByHand(plain, allow_origins=[ORIGIN], allow_methods=["PUT", "GET", "POST", "HEAD"])


PUBLIC = (
    suffixes, class_state, through_super, canonical, by_callback, decided_before, everybody, networks, private_network, enveloped,
    without_content, by_hand,
)  # fmt: skip
PAGES = (
    ORIGIN,
    TENANT,
    UNTRUSTED_ORIGIN,
    "http://localhost:8338",
    "http://localhost:3000",
    "null",
    "http://192.168.1.7:5173",
    f"{ORIGIN}:443",
)


def decided(answer: Answer) -> tuple[object, ...]:
    """What a browser makes its decision of."""
    return (
        answer.status if answer.status != 204 else 200,
        answer["access-control-allow-origin"] if answer.status < 400 else None,
        answer["access-control-allow-credentials"] if answer["access-control-allow-origin"] and answer.status < 400 else None,
    )


@pytest.mark.parametrize("public", PUBLIC)
@pytest.mark.parametrize("origin", PAGES)
def test_what_public_programs_make_of_it_decides_as_on_starlettes(public: Callable[[Any], Any], origin: str) -> None:
    ours, theirs = public(CORSMiddleware), public(StarletteCORSMiddleware)
    assert decided(get(ours, origin)) == decided(get(theirs, origin))
    assert decided(preflight(ours, origin, "PUT")) == decided(preflight(theirs, origin, "PUT"))
    assert decided(preflight(ours, origin, "GET", "content-type")) == decided(preflight(theirs, origin, "GET", "content-type"))


def test_a_list_that_a_subclass_fills_while_serving_fails_closed() -> None:
    class Filling(CORSMiddleware):
        async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
            self.allow_origins.append(TENANT)
            await super().__call__(scope, receive, send)

    with pytest.raises(TypeError, match="allow_origins of CORSMiddleware cannot be changed"):
        get(Filling(plain, allow_origins=[ORIGIN]), TENANT)
