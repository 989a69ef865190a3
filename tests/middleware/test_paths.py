"""Policies by path and by route."""

from __future__ import annotations

import asyncio
import gc
import tracemalloc
from typing import Any

import pytest
from fastapi import APIRouter, Depends, FastAPI
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route
from starlette.testclient import TestClient

from corsense.middleware import CORSMiddleware, cors, install
from corsense.middleware.policy_selection import most_specific
from corsense.policy import Policy, PolicyError
from tests.middleware.asking import ORIGIN, UNTRUSTED_ORIGIN, answering, ask_async, get, plain, preflight, scope

STRICT = Policy(origins=[ORIGIN], credentials=True)
PUBLIC = Policy(origins="*")
PARTNER = "https://partner.example"
PARTNERS = Policy(origins=[PARTNER], methods=["PUT"])


def allowed(app: Any, path: str, origin: str = UNTRUSTED_ORIGIN, **entries: Any) -> str | None:
    return get(app, origin, path, **entries)["access-control-allow-origin"]


class TestPatterns:
    @pytest.mark.parametrize(
        ("path", "public"),
        [
            ("/public", True), ("/public/", True), ("/public/a/b", True), ("/publication", False), ("/Public/a", False),
            ("/", False), ("/public/private", False), ("/public/private/a", False), ("/public/privately", True), ("/feed", True),
            ("/feed/", False),
            ("/feed/a", False), ("/users/7/avatar", True), ("/users/7/8/avatar", False), ("/users/7", False), ("", False),
            ("/users/me/avatar", False),
        ],
    )  # fmt: skip
    @pytest.mark.parametrize("backwards", [False, True])
    def test_the_most_specific_wins_in_any_order(self, path: str, public: bool, backwards: bool) -> None:
        """CVE-2024-6844: the longest expression won, not the most specific."""
        rules = {
            "/public/*": PUBLIC,
            "/public/private/*": STRICT,
            "/feed": PUBLIC,
            "/users/*/avatar": PUBLIC,
            "/users/me/avatar": STRICT,
        }
        app = CORSMiddleware(
            plain,
            policy=STRICT,
            policies=dict(reversed(rules.items())) if backwards else rules,
        )
        assert allowed(app, path) == ("*" if public else None)
        assert (preflight(app, UNTRUSTED_ORIGIN, "GET", path=path).status == 200) is public

    def test_plus_is_no_space_and_case_counts(self) -> None:
        """CVE-2024-6866, CVE-2024-6839."""
        app = CORSMiddleware(plain, policy=PUBLIC, policies={"/a+b/*": STRICT, "/Admin/*": STRICT, "/c d": STRICT})
        assert [allowed(app, path) for path in ("/a+b/x", "/Admin/x", "/c d")] == [None] * 3
        assert [allowed(app, path) for path in ("/a b/x", "/admin/x", "/c+d")] == ["*"] * 3

    @pytest.mark.parametrize(
        "path",
        [
            "/public/../private", "/public/./../private/x", "//private", "/public//../private", "/private/../public/x",
            "/public/../../private",
        ],
    )  # fmt: skip
    def test_a_path_that_leads_from_one_policy_into_another_gets_neither(self, path: str) -> None:
        """CVE-2020-25032: the rule was chosen before `..` was resolved."""
        app = CORSMiddleware(plain, policies={"/public/*": PUBLIC, "/private/*": STRICT})
        assert allowed(app, path) is None
        assert allowed(app, path, ORIGIN) is None
        assert preflight(app, UNTRUSTED_ORIGIN, "GET", path=path).status == 400

    def test_a_path_that_stays_in_its_policy_is_fine(self) -> None:
        app = CORSMiddleware(plain, policies={"/public/*": PUBLIC})
        assert allowed(app, "/public/a/../b") == "*"
        assert allowed(app, "/public/.well-known/x") == "*"

    @pytest.mark.parametrize(
        ("path", "root", "public"),
        [
            ("/v1/public/x", "/v1", True), ("/public/x", "/v1", True), ("/v1/public/x", "", False), ("/v1", "/v1", False),
            ("/v1x/public/x", "/v1", False),
        ],
    )  # fmt: skip
    def test_the_path_is_the_routers(self, path: str, root: str, public: bool) -> None:
        app = CORSMiddleware(plain, policy=STRICT, policies={"/public/*": PUBLIC})
        assert allowed(app, path, root_path=root) == ("*" if public else None)

    def test_paths_without_a_policy_are_left_alone(self) -> None:
        app = CORSMiddleware(answering((b"access-control-allow-origin", b"mine")), policies={"/api/*": STRICT})
        assert get(app, path="/other").lines == [("access-control-allow-origin", "mine")]
        assert preflight(app, path="/other").lines == [("access-control-allow-origin", "mine")]
        app = CORSMiddleware(answering((b"access-control-allow-origin", b"mine")), policy=STRICT, policies={"/legacy/*": None})
        assert allowed(app, "/legacy/x") == "mine"
        assert allowed(app, "/x", ORIGIN) == ORIGIN

    @pytest.mark.parametrize(
        "pattern", ["public", "", "/a*", "/a/../b", "/a//b", "/a?b", "https://a/b", "/a%20b", "/*.png", "/a#b", 7]
    )
    def test_what_is_no_path_pattern_is_refused(self, pattern: Any) -> None:
        with pytest.raises(PolicyError, match="policies"):
            CORSMiddleware(plain, policies={pattern: PUBLIC, "/ok": STRICT})

    def test_reconfigure_replaces_the_paths_too(self) -> None:
        app = CORSMiddleware(plain, policy=STRICT, policies={"/public/*": PUBLIC})
        app.reconfigure(STRICT)
        assert allowed(app, "/public/x") is None
        app.reconfigure(None, policies={"/new/*": PUBLIC})
        assert (allowed(app, "/new/x"), allowed(app, "/x", ORIGIN)) == ("*", None)


def marked_app() -> FastAPI:
    app = FastAPI()

    @app.get("/items/special")
    def special() -> None: ...

    @app.get("/items/{number}")
    @cors(PUBLIC)
    def item(number: int) -> None: ...

    @app.put("/items/{number}")
    def put(number: int) -> None: ...

    @cors(PARTNERS)
    @app.get("/above")
    def above() -> None: ...

    router = APIRouter(prefix="/partners", dependencies=[Depends(cors(PARTNERS))])

    @router.get("/orders/")
    def orders() -> list[int]:
        return []

    @router.get("/feed", dependencies=[Depends(cors(PUBLIC))])
    def feed() -> list[int]:
        return []

    app.include_router(router)
    sub = FastAPI()

    @sub.get("/own")
    @cors(PARTNERS)
    async def own() -> None: ...

    app.mount("/sub", sub)
    return app


class TestRoutes:
    @pytest.fixture
    def client(self) -> TestClient:
        app = marked_app()
        install(app, STRICT)
        return TestClient(app, follow_redirects=False)

    @pytest.mark.parametrize(
        ("path", "origin", "sent"),
        [
            ("/items/7", UNTRUSTED_ORIGIN, "*"), ("/items/special", UNTRUSTED_ORIGIN, None), ("/items/special", ORIGIN, ORIGIN),
            ("/above", PARTNER, PARTNER),
            ("/above", ORIGIN, None), ("/partners/orders/", PARTNER, PARTNER), ("/partners/orders/", ORIGIN, None),
            ("/partners/orders", PARTNER, PARTNER), ("/partners/feed", UNTRUSTED_ORIGIN, "*"), ("/sub/own", PARTNER, PARTNER),
            ("/sub/own", ORIGIN, None), ("/sub/other", ORIGIN, ORIGIN), ("/nowhere", ORIGIN, ORIGIN),
            ("/nowhere", UNTRUSTED_ORIGIN, None),
        ],
    )  # fmt: skip
    def test_the_policy_is_that_of_the_route_the_router_chooses(
        self, client: TestClient, path: str, origin: str, sent: str | None
    ) -> None:
        for _ in range(2):
            assert client.get(path, headers={"Origin": origin}).headers.get("access-control-allow-origin") == sent
        asked = {"Origin": origin, "Access-Control-Request-Method": "GET"}
        assert client.options(path, headers=asked).status_code == (400 if sent is None else 200)

    def test_reconfiguring_the_app_leaves_marked_routes_what_they_are(self) -> None:
        app = marked_app()
        handle = install(app, STRICT)
        client = TestClient(app)
        for policy in (PARTNERS, STRICT):
            handle.reconfigure(policy)
            assert client.get("/items/7", headers={"Origin": UNTRUSTED_ORIGIN}).headers["access-control-allow-origin"] == "*"
            assert "access-control-allow-origin" not in client.get("/items/special", headers={"Origin": UNTRUSTED_ORIGIN}).headers

    def test_a_preflight_is_judged_by_the_route_of_the_method_it_asks_for(self, client: TestClient) -> None:
        asked = {"Origin": UNTRUSTED_ORIGIN, "Access-Control-Request-Method": "PUT"}
        assert client.options("/items/7", headers=asked).status_code == 400
        assert client.options("/items/7", headers={**asked, "Access-Control-Request-Method": "GET"}).status_code == 200

    def test_it_is_no_parameter_of_the_endpoint(self) -> None:
        paths = marked_app().openapi()["paths"]
        assert "parameters" not in paths["/partners/orders/"]["get"]

    def test_middleware_that_is_added_knows_marks_too(self) -> None:
        app = marked_app()
        app.add_middleware(CORSMiddleware, policy=STRICT)
        client = TestClient(app)
        assert client.get("/items/7", headers={"Origin": UNTRUSTED_ORIGIN}).headers["access-control-allow-origin"] == "*"

    def test_a_wrapped_app_is_looked_into(self) -> None:
        client = TestClient(CORSMiddleware(marked_app(), policy=STRICT))
        assert client.get("/items/7", headers={"Origin": UNTRUSTED_ORIGIN}).headers["access-control-allow-origin"] == "*"

    def test_starlette_routes_can_be_marked(self) -> None:
        @cors(PUBLIC)
        async def feed(request: Any) -> PlainTextResponse:
            return PlainTextResponse("feed")

        app = Starlette(
            routes=[Mount("/deep", routes=[Route("/feed", feed)]), Route("/other", lambda request: PlainTextResponse())]
        )
        install(app, STRICT)
        client = TestClient(app)
        assert client.get("/deep/feed", headers={"Origin": UNTRUSTED_ORIGIN}).headers["access-control-allow-origin"] == "*"
        assert "access-control-allow-origin" not in client.get("/other", headers={"Origin": UNTRUSTED_ORIGIN}).headers

    def test_a_route_that_is_marked_while_serving_counts_from_then_on(self) -> None:
        app = FastAPI()
        install(app, STRICT)
        client = TestClient(app)
        assert client.get("/late", headers={"Origin": UNTRUSTED_ORIGIN}).status_code == 404

        @app.get("/late")
        @cors(PUBLIC)
        def late() -> None: ...

        assert client.get("/late", headers={"Origin": UNTRUSTED_ORIGIN}).headers["access-control-allow-origin"] == "*"

    def test_a_route_can_be_left_alone(self) -> None:
        app = FastAPI()

        @app.get("/own")
        @cors(None)
        def own() -> PlainTextResponse:
            return PlainTextResponse("x", headers={"Access-Control-Allow-Origin": "https://mine.example"})

        install(app, STRICT)
        answer = TestClient(app).get("/own", headers={"Origin": ORIGIN})
        assert answer.headers["access-control-allow-origin"] == "https://mine.example"

    def test_what_is_remembered_of_paths_is_bounded(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("corsense.middleware.policy_selection._MOST_FOUND", 100)
        app = marked_app()
        layer = install(app, STRICT).layer
        app.build_middleware_stack()

        async def ask_for(numbers: range) -> None:
            for number in numbers:
                asked = scope(f"/items/{number}", (b"origin", UNTRUSTED_ORIGIN.encode()), app=app)
                assert (await ask_async(layer, asked))["access-control-allow-origin"] == "*"

        asyncio.run(ask_for(range(120)))
        tracemalloc.start()
        grown = []
        for first in (120, 360):
            asyncio.run(ask_for(range(first, first + 240)))
            gc.collect()
            grown.append(tracemalloc.get_traced_memory()[0])
        tracemalloc.stop()
        assert grown[1] - grown[0] < 30_000


@pytest.mark.parametrize(
    ("patterns", "path", "covers"),
    [
        (["/files/{rest:path}", "/files/{name}", "/files/a"], "/files/a", "/files/a"),
        (["/files/{rest:path}", "/files/{name}"], "/files/b", "/files/{name}"),
        (["/files/{rest:path}", "/files/{name}"], "/files/b/c", "/files/{rest:path}"),
        (["/files/{name}"], "/files/b/c", None),
        (["/a/*"], "/a" + "/x" * 70, "/a/*"),
        (["/a/*"], "/x" * 70 + "/a/b", None),
    ],
)
def test_the_most_specific_pattern_covers_a_path(patterns: list[str], path: str, covers: str | None) -> None:
    assert most_specific(patterns, path) == covers


def test_an_app_that_is_mounted_in_itself_is_not_searched_without_end() -> None:
    async def own(request: Any) -> PlainTextResponse:
        return PlainTextResponse("x")

    app = Starlette(routes=[Route("/own", cors(PUBLIC)(own))])
    app.router.routes.insert(0, Mount("", app=app))
    layer = CORSMiddleware(app, policy=STRICT)
    assert preflight(layer, UNTRUSTED_ORIGIN, "GET", path="/missing")["access-control-allow-origin"] is None
