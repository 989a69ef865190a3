"""What the layer adds to answers, and what it leaves alone."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from corsense.middleware import CORSMiddleware
from corsense.policy import Policy
from tests.middleware.asking import (
    ORIGIN,
    PREFLIGHT_VARY,
    UNTRUSTED_ORIGIN,
    Message,
    Receive,
    Scope,
    Send,
    answering,
    ask,
    get,
    plain,
    preflight,
    scope,
)

POLICY = Policy(
    origins=[ORIGIN, "https://*.team.example"],
    credentials=True,
    methods=["PUT", "DELETE"],
    request_headers=["Content-Type", "X-Token"],
    expose_headers=["X-App"],
    max_age=600,
)


def layer(app: Any = plain, policy: Policy = POLICY, **keywords: Any) -> CORSMiddleware:
    return CORSMiddleware(app, policy=policy, **keywords)


class TestActualRequests:
    @pytest.mark.parametrize("origin", [ORIGIN, "https://a.team.example", "https://a.b.team.example"])
    def test_an_allowed_origin_is_named_with_credentials_and_exposed_headers(self, origin: str) -> None:
        answer = get(layer(), origin)
        assert answer.cors == {
            "access-control-allow-origin": origin,
            "access-control-allow-credentials": "true",
            "access-control-expose-headers": "X-App",
        }
        assert (answer["vary"], answer["x-app"], answer.body) == ("Origin", "1", "ok")

    @pytest.mark.parametrize("origin", [UNTRUSTED_ORIGIN, "null", "https://team.example", "", None])
    def test_another_origin_gets_only_vary(self, origin: str | None) -> None:
        answer = get(layer(), origin)
        assert answer.cors == {}
        assert (answer.status, answer["vary"], answer.body) == (200, "Origin", "ok")

    def test_cookies_can_be_for_some_of_the_origins(self) -> None:
        app = layer(policy=Policy(origins=[ORIGIN, "https://*.team.example"], credentials=[ORIGIN]))
        assert get(app).cors["access-control-allow-credentials"] == "true"
        assert get(app, "https://a.team.example").cors == {"access-control-allow-origin": "https://a.team.example"}

    @pytest.mark.parametrize("origin", [ORIGIN, UNTRUSTED_ORIGIN, "null", None])
    def test_a_star_without_credentials_is_on_every_answer_and_needs_no_vary(self, origin: str | None) -> None:
        answer = get(layer(policy=Policy(origins="*", expose_headers=["*"])), origin)
        assert answer.cors == {"access-control-allow-origin": "*", "access-control-expose-headers": "*"}
        assert answer["vary"] is None

    def test_a_star_beside_trusted_origins_varies(self) -> None:
        app = layer(policy=Policy(origins="*", credentials=[ORIGIN]))
        trusted = {"access-control-allow-origin": ORIGIN, "access-control-allow-credentials": "true"}
        assert (get(app).cors, get(app)["vary"]) == (trusted, "Origin")
        assert (get(app, UNTRUSTED_ORIGIN).cors, get(app, UNTRUSTED_ORIGIN)["vary"]) == (
            {"access-control-allow-origin": "*"},
            "Origin",
        )
        assert get(app, None)["vary"] == "Origin"


class TestVary:
    @pytest.mark.parametrize(
        ("app", "merged"),
        [
            ([b"Accept-Encoding"], "Accept-Encoding, Origin"),
            ([b"Accept-Encoding", b"Cookie"], "Accept-Encoding, Cookie, Origin"),
            ([b"origin"], "origin"),
            ([b"Accept,ORIGIN"], "Accept,ORIGIN"),
            ([b"*"], "*"),
            ([b""], "Origin"),
            ([b"X-Origin"], "X-Origin, Origin"),
        ],
    )
    @pytest.mark.parametrize("origin", [ORIGIN, UNTRUSTED_ORIGIN, None])
    def test_it_is_merged_with_what_the_app_says(self, app: list[bytes], merged: str, origin: str | None) -> None:
        assert get(layer(answering(*((b"vary", value) for value in app))), origin)["vary"] == merged

    def test_the_name_may_be_in_any_case(self) -> None:
        answer = get(layer(answering((b"Vary", b"Cookie"))))
        assert [value for name, value in answer.lines if name.lower() == "vary"] == ["Cookie, Origin"]

    def test_every_answer_to_options_depends_on_what_makes_a_preflight(self) -> None:
        assert preflight(layer())["vary"] == PREFLIGHT_VARY
        assert preflight(layer(), UNTRUSTED_ORIGIN)["vary"] == PREFLIGHT_VARY
        for lines in ([(b"origin", ORIGIN.encode())], [(b"access-control-request-method", b"PUT")], []):
            assert ask(layer(), "/", *lines, method="OPTIONS")["vary"] == PREFLIGHT_VARY


class TestPreflights:
    def test_an_allowed_one_is_answered_with_all_that_is_allowed(self) -> None:
        answer = preflight(layer(), ORIGIN, "PUT", "content-type,x-token")
        assert answer.cors == {
            "access-control-allow-origin": ORIGIN,
            "access-control-allow-credentials": "true",
            "access-control-allow-methods": "DELETE, GET, HEAD, POST, PUT",
            "access-control-allow-headers": "content-type, x-token",
            "access-control-max-age": "600",
        }
        assert (answer.status, answer.body, answer["content-length"]) == (200, "OK", "2")

    @pytest.mark.parametrize(
        ("origin", "method", "names", "message_text"),
        [
            (UNTRUSTED_ORIGIN, "PUT", "x-token", "origin"),
            ("null", "PUT", "x-token", "origin"),
            (ORIGIN, "PATCH", "x-token", "method"),
            (ORIGIN, "put", "x-token", "method"),
            (ORIGIN, "PUT", "x-token,x-other", "headers"),
            (ORIGIN, "PATCH", "x-other", "method, headers"),
            (ORIGIN, "", "x-token", "method"),
        ],
    )
    def test_a_refused_one_says_which_part_and_leaks_nothing(
        self, origin: str, method: str, names: str, message_text: str
    ) -> None:
        app = layer()
        for answer in (preflight(app, origin, method, names), preflight(app, origin, method, names)):
            assert (answer.status, answer.body) == (400, f"Disallowed CORS {message_text}")
            assert answer.cors == {}
            assert answer["content-length"] == str(len(answer.body))

    @pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
    def test_safelisted_methods_always_pass(self, method: str) -> None:
        assert preflight(layer(), ORIGIN, method).status == 200

    @pytest.mark.parametrize("missing", ["origin", "access-control-request-method"])
    def test_options_that_is_no_preflight_reaches_the_app(self, missing: str) -> None:
        lines = [(b"origin", ORIGIN.encode()), (b"access-control-request-method", b"PUT")]
        answer = ask(layer(), "/", *(line for line in lines if line[0].decode() != missing), method="OPTIONS")
        assert (answer.status, answer["x-app"]) == (200, "1")
        assert answer["access-control-allow-origin"] == (None if missing == "origin" else ORIGIN)
        assert answer["access-control-allow-methods"] is None

    def test_another_method_with_the_headers_of_a_preflight_reaches_the_app(self) -> None:
        lines = [(b"origin", ORIGIN.encode()), (b"access-control-request-method", b"PUT")]
        assert ask(layer(), "/", *lines, method="GET")["x-app"] == "1"

    @pytest.mark.parametrize(
        "names",
        [
            ["content-type", "x-token"],
            ["content-type, x-token"],
            ["Content-Type,\tX-Token "],
            [",content-type,,x-token,"],
            ["x-token,x-token"],
            [""],
        ],
    )
    def test_requested_headers_come_in_lines_with_white_space_and_empty_elements(self, names: list[str]) -> None:
        assert preflight(layer(), ORIGIN, "PUT", *names).status == 200

    def test_every_method_with_cookies_is_spelled_out(self) -> None:
        app = layer(policy=Policy(origins=[ORIGIN], credentials=True, methods=["*"], request_headers=["*"]))
        answer = preflight(app, ORIGIN, "CHICKEN", "x-b,x-a")
        assert "CHICKEN" in (answer["access-control-allow-methods"] or "").split(", ")
        assert answer["access-control-allow-headers"] == "x-b, x-a"

    def test_every_method_without_cookies_is_a_star(self) -> None:
        app = layer(policy=Policy(origins=[ORIGIN], methods=["*"], request_headers=["*"]))
        answer = preflight(app, ORIGIN, "CHICKEN", "x-b,x-a")
        assert (answer["access-control-allow-methods"], answer["access-control-allow-headers"]) == ("*", "*")

    def test_authorization_is_not_covered_by_a_star(self) -> None:
        anybody = Policy(origins="*", request_headers=["*"])
        assert preflight(layer(policy=anybody), ORIGIN, "GET", "authorization").status == 400
        named = anybody.replace(request_headers=["*", "Authorization"])
        answer = preflight(layer(policy=named), ORIGIN, "GET", "authorization")
        assert (answer.status, answer["access-control-allow-headers"]) == (200, "*, authorization")

    @pytest.mark.parametrize(("age", "sent"), [(None, None), (-1, "0"), (0, "0"), (86400, "86400")])
    def test_the_age_is_what_the_policy_says(self, age: int | None, sent: str | None) -> None:
        assert preflight(layer(policy=Policy(origins=[ORIGIN], max_age=age)))["access-control-max-age"] is None
        allowed = preflight(layer(policy=Policy(origins=[ORIGIN], max_age=age)), ORIGIN, "GET")
        assert allowed["access-control-max-age"] == sent

    def test_private_networks_are_opened_only_when_asked_and_allowed(self) -> None:
        asks = ((b"access-control-request-private-network", b"true"),)
        opened = layer(policy=POLICY.replace(private_network=True))
        assert preflight(opened, more=asks)["access-control-allow-private-network"] == "true"
        assert preflight(opened)["access-control-allow-private-network"] is None
        assert preflight(opened, UNTRUSTED_ORIGIN, more=asks).cors == {}
        assert "Access-Control-Request-Private-Network" in (preflight(opened)["vary"] or "")


class TestTheAppsOwnHeaders:
    @pytest.mark.parametrize("origin", [ORIGIN, UNTRUSTED_ORIGIN, None])
    def test_what_it_says_by_hand_is_replaced_never_doubled(self, origin: str | None) -> None:
        by_hand = answering(
            (b"access-control-allow-origin", b"*"),
            (b"Access-Control-Allow-Origin", b"https://other.example"),
            (b"access-control-allow-credentials", b"true"),
            (b"access-control-expose-headers", b"X-Mine"),
            (b"x-app", b"1"),
        )
        assert get(layer(by_hand), origin).cors == get(layer(), origin).cors
        assert [name for name, _ in get(layer(by_hand), origin).lines if name.lower() == "access-control-allow-origin"] == (
            ["access-control-allow-origin"] if origin == ORIGIN else []
        )

    def test_a_list_that_the_app_keeps_is_not_written_to(self) -> None:
        kept = [(b"vary", b"Cookie")]
        app = layer(answering(*kept))
        assert [get(app)["vary"] for _ in range(3)] == ["Cookie, Origin"] * 3

    def test_a_message_that_the_app_keeps_is_not_written_to(self) -> None:
        start = {"type": "http.response.start", "status": 200, "headers": [(b"x-app", b"1")]}

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            await send(start)
            await send({"type": "http.response.body", "body": b""})

        get(layer(app))
        assert start == {"type": "http.response.start", "status": 200, "headers": [(b"x-app", b"1")]}

    @pytest.mark.parametrize("headers", [None, [], (), "absent", iter([(b"x-app", b"1")]), [[b"x-app", b"1"]]])
    def test_headers_may_be_absent_or_any_iterable(self, headers: Any) -> None:
        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            start: Message = {"type": "http.response.start", "status": 200}
            await send(start if headers == "absent" else {**start, "headers": headers})
            await send({"type": "http.response.body", "body": b""})

        assert get(layer(app))["access-control-allow-origin"] == ORIGIN

    def test_an_outer_layer_may_write_to_the_answer_without_changing_the_policy(self) -> None:
        """jub0bs/cors 0.13.6: header lists that answers share."""
        inner = layer()

        async def outer(scope: Scope, receive: Receive, send: Send) -> None:
            async def spoil(message: Message) -> None:
                if message["type"] == "http.response.start":
                    message["headers"].clear()
                    message["headers"].append((b"access-control-allow-origin", b"https://evil.example"))
                await send(message)

            await inner(scope, receive, spoil)

        before = preflight(inner), preflight(inner, UNTRUSTED_ORIGIN), get(inner), get(inner, UNTRUSTED_ORIGIN)
        for origin in (ORIGIN, UNTRUSTED_ORIGIN):
            preflight(outer, origin)
            get(outer, origin)
        assert (preflight(inner), preflight(inner, UNTRUSTED_ORIGIN), get(inner), get(inner, UNTRUSTED_ORIGIN)) == before


class TestWhatPassesThrough:
    def test_lifespan_reaches_the_app(self) -> None:
        seen: list[str] = []

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            seen.append(scope["type"])

        async def never(*_: Any) -> Any:
            raise AssertionError

        asyncio.run(layer(app)({"type": "lifespan"}, never, never))
        assert seen == ["lifespan"]

    def test_exceptions_propagate(self) -> None:
        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            raise LookupError("mine")

        for origin in (ORIGIN, UNTRUSTED_ORIGIN, None):
            with pytest.raises(LookupError, match="mine"):
                get(layer(app), origin)

    def test_chunks_are_passed_on_one_by_one_as_the_app_sends_them(self) -> None:
        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            await send({"type": "http.response.start", "status": 200, "headers": [], "trailers": True})
            for chunk in (b"a", b"b"):
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
            await send({"type": "http.response.pathsend", "path": "/x"})
            await send({"type": "http.response.trailers", "headers": []})

        kinds = [(message["type"], message.get("body"), message.get("trailers")) for message in get(layer(app)).messages]
        assert kinds == [
            ("http.response.start", None, True),
            ("http.response.body", b"a", None),
            ("http.response.body", b"b", None),
            ("http.response.pathsend", None, None),
            ("http.response.trailers", None, None),
        ]

    def test_early_hints_and_pushes_are_left_alone(self) -> None:
        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            await send({"type": "http.response.early_hint", "links": [b"</x>"]})
            await plain(scope, receive, send)

        assert get(layer(app)).messages[0] == {"type": "http.response.early_hint", "links": [b"</x>"]}

    def test_the_scope_and_receive_are_the_servers(self) -> None:
        seen: list[object] = []

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            seen.extend([scope, receive])
            await plain(scope, receive, send)

        asked = scope("/", (b"origin", ORIGIN.encode()))

        async def receive() -> Message:
            return {}

        async def send(message: Message) -> None: ...

        asyncio.run(layer(app)(asked, receive, send))
        assert seen == [asked, receive]
        assert seen[0] is asked
