from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Coroutine, Iterator
from typing import Any

import httpx2
import pytest
import uvicorn
from fastapi.testclient import TestClient

from corsense.testing import aio, assert_cors_allowed, assert_cors_blocked, assert_no_foreign_access, cors_matrix
from tests.testing.apps import PAGE, UNTRUSTED_ORIGIN, make_app, needs_vary, who

FRONTEND = "http://localhost:3000"


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    app = make_app(cors={"allow_origins": [FRONTEND], "allow_methods": ["GET", "POST"], "allow_headers": ["content-type"],
                         "allow_credentials": True})  # fmt: skip
    running = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", ws="none"))
    thread = threading.Thread(target=running.run, daemon=True)
    thread.start()
    while not running.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{running.servers[0].sockets[0].getsockname()[1]}"
    running.should_exit = True
    thread.join(10)


def awaited(assertion: Coroutine[Any, Any, Any]) -> Any:
    return asyncio.run(assertion)


def test_an_app_is_asked_with_the_overrides_of_the_test() -> None:
    app = make_app()
    app.dependency_overrides[who] = lambda: "ada"
    trace = assert_cors_allowed(app, "GET", "/users", origin=PAGE)
    assert trace.response is not None
    assert trace.response.header("x-who") == "ada"


def test_the_lifespan_of_a_bare_app_is_not_run() -> None:
    app = make_app()
    assert_cors_allowed(app, "GET", "/users", origin=PAGE)
    assert not hasattr(app.state, "started")


def test_an_entered_client_is_asked_where_its_lifespan_runs() -> None:
    app = make_app()
    loops: list[object] = []

    @app.get("/state")
    async def state() -> dict[str, str]:
        loops.append(asyncio.get_running_loop())
        return {}

    with TestClient(app) as client:
        assert client.get("/state").status_code == 200
        assert_cors_allowed(client, "GET", "/state", origin=PAGE)
        assert app.state.started
    assert loops[0] is loops[1]


def test_what_the_lifespan_yields_is_there() -> None:
    app = make_app()

    @app.get("/database")
    def database(request: Any) -> str:
        return str(request.state.database)

    with TestClient(app) as client:
        trace = assert_cors_allowed(client, "GET", "/users", origin=PAGE)
    assert trace.response is not None
    assert trace.response.status == 200


def test_a_test_client_that_raises_what_the_app_raises_is_still_answered_as_a_browser_is() -> None:
    with pytest.raises(AssertionError, match=r"\[CORS702\]"):
        assert_cors_allowed(TestClient(make_app()), "GET", "/crash", origin=PAGE)


def test_the_default_headers_of_a_client_are_those_of_the_page() -> None:
    client = TestClient(make_app(), headers={"Authorization": "Bearer hush"})
    trace = assert_cors_blocked(client, "GET", "/users", origin=PAGE, error="PreflightInvalidStatus")
    assert trace.exchanges[0].request.header("access-control-request-headers") == "authorization"


def test_cookies_of_a_client_go_where_a_browser_would_send_them() -> None:
    app = make_app(cors={"allow_origins": [PAGE], "allow_credentials": True})
    seen: list[str | None] = []

    @app.get("/cookie")
    def cookie(request: Any) -> None: ...

    @app.middleware("http")
    async def note(request: Any, call_next: Any) -> Any:
        seen.append(request.headers.get("cookie"))
        return await call_next(request)

    client = TestClient(app, cookies={"session": "1"})
    assert_cors_allowed(client, "GET", "/users", origin=PAGE, credentials="include")
    assert_cors_allowed(client, "GET", "/users", origin=PAGE, credentials="omit")
    assert seen == ["session=1", None]


def test_a_running_server_is_asked_by_its_url(server: str) -> None:
    assert_cors_allowed(server, "GET", "/users", origin=FRONTEND, credentials="include")
    assert_cors_allowed(f"{server}/", "POST", "/users", origin=FRONTEND, json={"name": "Ada"})
    assert_cors_blocked(server, "GET", "/users", origin="http://localhost:4000")


def test_a_body_reaches_a_running_server(server: str) -> None:
    with httpx2.Client(base_url=server) as client:
        for target in (server, client):
            trace = assert_cors_allowed(target, "POST", "/form", origin=FRONTEND, body="a=1")
            assert trace.response is not None
            assert trace.response.header("content-length") == str(len('{"body":"a=1"}'))


def test_a_client_of_httpx2_is_asked_and_left_as_it_was(server: str) -> None:
    with httpx2.Client(base_url=server, cookies={"session": "1"}) as client:
        assert_cors_allowed(client, "GET", "/users", origin=FRONTEND, credentials="include")
        assert_cors_blocked(client, "DELETE", "/users/7", origin=FRONTEND)
        assert dict(client.cookies) == {"session": "1"}


def test_a_client_that_finds_no_server_fails_without_a_traceback() -> None:
    with httpx2.Client(base_url="http://127.0.0.1:9000") as client, pytest.raises(AssertionError, match="connection refused"):
        assert_cors_allowed(client, "GET", "/", origin=FRONTEND)


def test_a_client_without_a_base_url_is_refused() -> None:
    with httpx2.Client() as client, pytest.raises(ValueError, match="no base_url"):
        assert_cors_allowed(client, "GET", "/", origin=FRONTEND)


def test_an_async_client_of_an_app_is_awaited_in_its_loop() -> None:
    app = make_app()
    loops: list[object] = []

    @app.get("/loop")
    async def loop() -> None:
        loops.append(asyncio.get_running_loop())

    async def test() -> None:
        transport = httpx2.ASGITransport(app=app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://test") as client:
            await aio.assert_cors_allowed(client, "GET", "/loop", origin=PAGE)
            await aio.assert_cors_blocked(client, "GET", "/loop", origin=UNTRUSTED_ORIGIN)
            await aio.assert_cors_allowed(app, "GET", "/loop", origin=PAGE)
        loops.append(asyncio.get_running_loop())

    awaited(test())
    assert len(loops) == 4
    assert len(set(loops)) == 1


def test_an_async_client_of_a_server_is_awaited(server: str) -> None:
    async def test() -> None:
        async with httpx2.AsyncClient(base_url=server) as client:
            await aio.assert_cors_allowed(client, "POST", "/users", origin=FRONTEND, json={})
            matrix = await aio.cors_matrix(client, origins=[FRONTEND])
            assert matrix.cell("GET", "/users", FRONTEND, "include").outcome == "allowed"

    awaited(test())


def test_an_async_client_of_a_server_cannot_be_waited_for(server: str) -> None:
    client = httpx2.AsyncClient(base_url=server)
    with pytest.raises(ValueError, match=r"await the function of the same name in corsense\.testing\.aio"):
        assert_cors_allowed(client, "GET", "/users", origin=FRONTEND)


def test_the_functions_that_wait_work_inside_of_a_running_loop_too() -> None:
    async def test() -> None:
        assert_cors_allowed(make_app(), "GET", "/users", origin=PAGE)
        with TestClient(make_app()) as client:
            assert_cors_allowed(client, "GET", "/users", origin=PAGE)

    awaited(test())


def test_clients_that_wait_can_be_awaited(server: str) -> None:
    async def test() -> None:
        await aio.assert_cors_allowed(server, "GET", "/users", origin=FRONTEND)
        with httpx2.Client(base_url=server) as client:
            await aio.assert_cors_allowed(client, "GET", "/users", origin=FRONTEND)
        with TestClient(make_app()) as entered:
            await aio.assert_cors_allowed(entered, "GET", "/users", origin=PAGE)

    awaited(test())


def test_a_failure_that_is_awaited_says_the_same() -> None:
    with pytest.raises(AssertionError) as waited:
        assert_cors_allowed(make_app(), "DELETE", "/users/7", origin=PAGE)
    with pytest.raises(AssertionError) as awaited_:
        awaited(aio.assert_cors_allowed(make_app(), "DELETE", "/users/7", origin=PAGE))
    assert str(waited.value) == str(awaited_.value)


def test_the_routes_of_a_server_are_those_of_its_document(server: str) -> None:
    matrix = cors_matrix(server, origins=[FRONTEND, "http://localhost:4000"])
    assert {(cell.method, cell.route) for cell in matrix} == {
        ("GET", "/users"), ("POST", "/users"), ("POST", "/form"), ("DELETE", "/users/{user_id}"), ("GET", "/crash"),
    }  # fmt: skip
    assert {access.origin for access in matrix.allowed} == {FRONTEND}


@needs_vary
def test_a_server_that_lets_nobody_else_in_passes_every_probe(server: str) -> None:
    assert_no_foreign_access(server, trusted=[FRONTEND], requests=["GET /users", "POST /users"])


def test_probes_that_do_not_arrive_prove_nothing() -> None:
    with pytest.raises(ValueError, match="no answer"):
        assert_no_foreign_access("http://127.0.0.1:9000", trusted=[FRONTEND])
    with pytest.raises(ValueError, match="no answer"):
        assert_no_foreign_access("http://127.0.0.1:9000", trusted=[FRONTEND], requests=["GET /"])


def test_a_page_on_https_cannot_be_tried_on_a_server_of_http() -> None:
    client = httpx2.Client(base_url="http://api.example", transport=httpx2.MockTransport(lambda request: httpx2.Response(200)))
    with pytest.raises(ValueError, match="a page on https may not call"):
        assert_no_foreign_access(client, trusted=[PAGE], requests=["GET /"])
