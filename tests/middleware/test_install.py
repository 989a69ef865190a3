"""`install`: outermost whatever is added, once, and reconfigured while serving."""

from __future__ import annotations

import asyncio
import warnings
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import JSONResponse
from starlette.applications import Starlette
from starlette.middleware.cors import CORSMiddleware as StarletteCORSMiddleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route
from starlette.testclient import TestClient

from corsense.middleware import CORSMiddleware, install
from corsense.policy import Policy, PolicyError
from corsense.warnings import CORSLayerWarning
from tests.middleware.asking import ORIGIN, UNTRUSTED_ORIGIN, ask_async, plain, scope

POLICY = Policy(origins=[ORIGIN], credentials=True)


def app_with_faults(debug: bool = False) -> FastAPI:
    app = FastAPI(debug=debug)

    @app.get("/items")
    def items() -> list[int]:
        return []

    @app.get("/crash")
    def crash() -> None:
        raise ValueError("no")

    @app.get("/missing")
    def missing() -> None:
        raise HTTPException(404)

    @app.get("/number/{number}")
    def number(number: int) -> int:
        return number

    @app.get("/slash/")
    def slash() -> None: ...

    return app


PATHS = {"/items": 200, "/crash": 500, "/missing": 404, "/nowhere": 404, "/number/x": 422, "/slash": 307}


@pytest.mark.parametrize("debug", [False, True])
def test_every_answer_has_the_headers(debug: bool) -> None:
    app = app_with_faults(debug)
    install(app, POLICY)
    client = TestClient(app, raise_server_exceptions=False, follow_redirects=False)
    for path, status in PATHS.items():
        answer = client.get(path, headers={"Origin": ORIGIN})
        assert (answer.status_code, answer.headers.get("access-control-allow-origin")) == (status, ORIGIN), path
        refused = client.get(path, headers={"Origin": UNTRUSTED_ORIGIN})
        assert (refused.status_code, refused.headers.get("access-control-allow-origin")) == (status, None), path
        assert refused.headers["vary"] == "Origin"
    assert client.post("/items", headers={"Origin": ORIGIN}).headers["access-control-allow-origin"] == ORIGIN


def test_what_is_added_later_is_inside() -> None:
    app = app_with_faults()
    install(app, POLICY)

    @app.middleware("http")
    async def guard(request: Request, call_next: Any) -> Any:
        return JSONResponse({"detail": "no"}, 401)

    @app.exception_handler(Exception)
    async def handler(request: Request, error: Exception) -> PlainTextResponse:
        return PlainTextResponse("mine", 500)

    client = TestClient(app, raise_server_exceptions=False)
    assert client.get("/items", headers={"Origin": ORIGIN}).status_code == 401
    assert client.get("/items", headers={"Origin": ORIGIN}).headers["access-control-allow-origin"] == ORIGIN
    asked = {"Origin": ORIGIN, "Access-Control-Request-Method": "GET"}
    assert client.options("/items", headers=asked).status_code == 200


def test_an_exception_handler_of_all_errors_is_inside() -> None:
    app = app_with_faults()
    install(app, POLICY)

    @app.exception_handler(Exception)
    async def handler(request: Request, error: Exception) -> PlainTextResponse:
        return PlainTextResponse("mine", 500)

    answer = TestClient(app, raise_server_exceptions=False).get("/crash", headers={"Origin": ORIGIN})
    assert (answer.text, answer.headers["access-control-allow-origin"]) == ("mine", ORIGIN)


def test_the_app_stays_what_it_is() -> None:
    app = app_with_faults()
    handle = install(app, POLICY)
    assert isinstance(app, FastAPI)
    assert handle.app is app
    assert handle.policy == POLICY
    assert app.openapi()["paths"]


def test_errors_still_reach_the_server() -> None:
    app = app_with_faults()
    install(app, POLICY)
    with pytest.raises(ValueError, match="no"):
        TestClient(app).get("/crash", headers={"Origin": ORIGIN})


def test_mounted_apps_are_inside_too() -> None:
    sub = app_with_faults()
    inner = Starlette(routes=[Route("/x", lambda request: PlainTextResponse("x"))])
    app = Starlette(routes=[Mount("/api", sub), Mount("/inner", inner)])
    install(app, POLICY)
    client = TestClient(app, raise_server_exceptions=False)
    for path in ("/api/items", "/api/crash", "/inner/x", "/inner/y"):
        assert client.get(path, headers={"Origin": ORIGIN}).headers["access-control-allow-origin"] == ORIGIN
        asked = {"Origin": ORIGIN, "Access-Control-Request-Method": "GET"}
        assert client.options(path, headers=asked).status_code == 200


def test_it_may_come_when_the_app_is_serving() -> None:
    app = app_with_faults()
    client = TestClient(app)
    assert "vary" not in client.get("/items").headers
    install(app, POLICY)
    assert client.get("/items", headers={"Origin": ORIGIN}).headers["access-control-allow-origin"] == ORIGIN


def test_the_lifespan_runs_once() -> None:
    ran: list[str] = []

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        ran.append("start")
        yield
        ran.append("stop")

    app = FastAPI(lifespan=lifespan)
    install(app, POLICY)
    with TestClient(app) as client:
        client.get("/")
    assert ran == ["start", "stop"]


def test_installing_twice_is_refused() -> None:
    """free5gc CVE-2026-41135: a layer more with each request."""
    app = app_with_faults()
    install(app, POLICY)
    with pytest.raises(RuntimeError, match="reconfigure"):
        install(app, POLICY)


def test_a_refused_policy_leaves_the_app_as_it_was() -> None:
    app = app_with_faults()
    with pytest.raises(PolicyError):
        install(app, allow_origins=["null"])
    install(app, POLICY)


def test_starlettes_keywords_are_understood() -> None:
    app = app_with_faults()
    install(app, allow_origins=[ORIGIN], allow_credentials=True)
    assert TestClient(app).get("/items", headers={"Origin": ORIGIN}).headers["access-control-allow-credentials"] == "true"


def test_only_starlette_apps_can_be_installed_on() -> None:
    with pytest.raises(TypeError, match=r"CORSMiddleware\(app"):
        install(plain, POLICY)


@pytest.mark.parametrize("kind", ["starlette", "corsense", "mounted", "mounted install"])
def test_another_layer_inside_is_reported(kind: str) -> None:
    from starlette.middleware.cors import CORSMiddleware as StarletteCORSMiddleware

    app, sub = app_with_faults(), FastAPI()
    app.mount("/sub", sub)
    if kind == "starlette":
        app.add_middleware(StarletteCORSMiddleware, allow_origins=[ORIGIN])
    elif kind == "corsense":
        app.add_middleware(CORSMiddleware, policy=POLICY)
    elif kind == "mounted":
        sub.add_middleware(StarletteCORSMiddleware, allow_origins=[ORIGIN])
    else:
        install(sub, POLICY)
    install(app, POLICY)
    with pytest.warns(CORSLayerWarning, match="/sub" if "mounted" in kind else "the app has"):
        answer = TestClient(app).get("/items", headers={"Origin": ORIGIN})
    assert answer.headers.get_list("access-control-allow-origin") == [ORIGIN]
    assert answer.headers.get_list("vary") == ["Origin"]


@pytest.mark.parametrize("inner", [CORSMiddleware, StarletteCORSMiddleware])
def test_a_layer_that_is_added_twice_is_reported(inner: Any) -> None:
    app = app_with_faults()
    app.add_middleware(inner, allow_origins=[ORIGIN])
    app.add_middleware(GZipMiddleware)
    app.add_middleware(CORSMiddleware, policy=POLICY)
    with pytest.warns(CORSLayerWarning, match="inside another CORS layer"):
        TestClient(app).get("/items")


def test_an_ordinary_app_warns_of_nothing() -> None:
    app = app_with_faults()
    install(app, POLICY)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        TestClient(app).get("/items")


class TestReconfigure:
    def test_the_next_request_is_judged_by_the_new_policy(self) -> None:
        app = app_with_faults()
        handle = install(app, POLICY)
        client = TestClient(app)
        assert "access-control-allow-origin" not in client.get("/items", headers={"Origin": UNTRUSTED_ORIGIN}).headers
        handle.reconfigure(Policy(origins=[UNTRUSTED_ORIGIN]))
        assert (
            client.get("/items", headers={"Origin": UNTRUSTED_ORIGIN}).headers["access-control-allow-origin"] == UNTRUSTED_ORIGIN
        )
        assert "access-control-allow-origin" not in client.get("/items", headers={"Origin": ORIGIN}).headers
        assert handle.policy == Policy(origins=[UNTRUSTED_ORIGIN])

    def test_a_refused_one_changes_nothing(self) -> None:
        app = app_with_faults()
        handle = install(app, POLICY)
        with pytest.raises(PolicyError):
            handle.reconfigure(Policy(origins=[UNTRUSTED_ORIGIN]), policies={"no path": None})
        assert handle.policy == POLICY

    def test_a_request_keeps_the_policy_it_began_with(self) -> None:
        started, go_on = asyncio.Event(), asyncio.Event()

        async def slow(scope: Any, receive: Any, send: Any) -> None:
            started.set()
            await go_on.wait()
            await plain(scope, receive, send)

        async def run() -> None:
            layer = CORSMiddleware(slow, policy=POLICY)
            waiting = asyncio.create_task(ask_async(layer, scope("/", (b"origin", ORIGIN.encode()))))
            await started.wait()
            layer.reconfigure(Policy(origins=[UNTRUSTED_ORIGIN]))
            go_on.set()
            assert (await waiting)["access-control-allow-origin"] == ORIGIN

        asyncio.run(run())

    def test_under_load_every_answer_is_by_one_policy_or_the_other(self) -> None:
        first = Policy(origins=[ORIGIN], credentials=True, expose_headers=["X-First"])
        second = Policy(origins=[ORIGIN], expose_headers=["X-Second"])
        layer = CORSMiddleware(plain, policy=first)
        by_first = {
            "access-control-allow-origin": ORIGIN,
            "access-control-allow-credentials": "true",
            "access-control-expose-headers": "X-First",
        }
        by_second = {"access-control-allow-origin": ORIGIN, "access-control-expose-headers": "X-Second"}

        async def run() -> list[dict[str, str]]:
            seen = []

            async def page() -> None:
                for _ in range(200):
                    seen.append((await ask_async(layer, scope("/", (b"origin", ORIGIN.encode())))).cors)
                    await asyncio.sleep(0)

            async def operator() -> None:
                for number in range(200):
                    layer.reconfigure(second if number % 2 else first)
                    await asyncio.sleep(0)

            await asyncio.gather(*(page() for _ in range(10)), operator())
            return seen

        seen = asyncio.run(run())
        assert len(seen) == 2000
        assert all(answer in (by_first, by_second) for answer in seen)
        assert by_first in seen
        assert by_second in seen
