"""`assert_no_foreign_write`: what untrusted pages get through, and the report when it cannot be known."""

from __future__ import annotations

import copy
import warnings
from typing import Any

import pytest
from fastapi import APIRouter, Depends, FastAPI, Form, HTTPException, Request, WebSocket
from fastapi.security import HTTPBearer
from pydantic import BaseModel
from starlette.applications import Starlette
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.testclient import TestClient

from corsense import CrossOriginProtection, Policy, install
from corsense.testing import UntriedWarning, aio, assert_no_foreign_write, cors_matrix, find_foreign_writes
from corsense.testing.foreign_write import KINDS

PAGE = "https://app.example"


class Item(BaseModel):
    name: str
    price: int


def make_app() -> FastAPI:
    """An app that notes in `app.state.ran` which endpoints ran."""
    app = FastAPI()
    app.state.ran = []

    @app.post("/bare")
    def bare() -> None:
        app.state.ran.append("bare")

    @app.post("/form")
    def form(name: str = Form()) -> None:
        app.state.ran.append("form")

    @app.post("/json")
    def take(item: Item) -> None:
        app.state.ran.append("json")

    @app.delete("/items/{item}")
    def delete(item: int) -> None:
        app.state.ran.append("delete")

    @app.get("/items")
    def items() -> None: ...

    return app


def reached(app: Any, **more: Any) -> set[tuple[str, str]]:
    return {(write.kind, write.request) for write in find_foreign_writes(app, **more)}


def test_what_needs_no_permission_gets_through_an_app_with_cors_alone_and_nothing_runs() -> None:
    app = make_app()
    app.add_middleware(CORSMiddleware, allow_origins=[PAGE])
    found = reached(app, trusted=[PAGE])
    assert {request for _, request in found} == {"POST /bare", "POST /form"}
    assert {kind for kind, _ in found} == set(KINDS) - {"fetch with a preflight", "look-alike", "websocket", "rebound name"}
    assert app.state.ran == []


def test_nothing_gets_through_the_protection() -> None:
    app = make_app()
    install(app, Policy(origins=[PAGE, "https://*.team.example"], credentials=True, methods=["DELETE"]), protection="enforce")
    with warnings.catch_warnings():
        warnings.simplefilter("error", UntriedWarning)
        assert_no_foreign_write(app, trusted=[PAGE, "https://*.team.example"])
    assert app.state.ran == []


def test_report_mode_does_not_count_as_protection() -> None:
    app = make_app()
    install(app, Policy(origins=[PAGE]), protection="report")
    assert ("form", "POST /bare") in reached(app)


def test_a_failure_quotes_the_page_and_the_remedy() -> None:
    with pytest.raises(AssertionError) as error:
        assert_no_foreign_write(make_app(), trusted=[PAGE])
    message = str(error.value)
    assert message.startswith(
        f"Untrusted pages can write to this API (trusted: {PAGE}).\n\nform: POST /bare gets 200, sent by this page"
    )
    assert '    <form method="POST" action="http://testserver/bare"><input name="a" value="1"></form>\n' in message
    assert "the same to POST /form" in message
    assert f'fix    corsense.install(app, Policy(origins=["{PAGE}"]), protection="enforce")' in message


def test_the_quoted_page_of_json_without_a_type_is_found_where_fastapi_reads_it() -> None:
    app = FastAPI(strict_content_type=False)

    @app.post("/json")
    def take(item: Item) -> None: ...

    (found,) = find_foreign_writes(app)
    assert (found.kind, found.request) == ("JSON without a type", "POST /json")
    assert 'body: new Blob(["{}"])' in found.page


def test_a_careless_policy_lets_a_preflighted_write_through() -> None:
    app = make_app()
    app.add_middleware(CORSMiddleware, allow_origins=["*"], allow_methods=["*"], allow_headers=["*"], allow_credentials=True)
    found = {request for kind, request in reached(app) if kind == "fetch with a preflight"}
    assert found == {"POST /json", "DELETE /items/{item}"}
    assert app.state.ran == []


def test_a_token_in_a_header_keeps_foreign_pages_out_and_a_cookie_does_not() -> None:
    app = FastAPI()

    @app.post("/token", dependencies=[Depends(HTTPBearer())])
    def token() -> None: ...

    def session(request: Request) -> None:
        if "session" not in request.cookies:
            raise HTTPException(401)

    @app.post("/session", dependencies=[Depends(session)])
    def with_session() -> None: ...

    client = TestClient(app, headers={"Authorization": "Bearer t"}, cookies={"session": "1"})
    assert {request for _, request in reached(client)} == {"POST /session"}
    with pytest.warns(UntriedWarning, match=r"POST /session was not tried: it answers 401 .* client that is logged in"):
        assert find_foreign_writes(app, requests=["POST /session"]) == ()


def test_a_dependency_that_looks_at_the_page_is_asked_with_the_overrides_of_the_test() -> None:
    def same_site(request: Request) -> None:
        own = request.headers.get("origin") == "http://testserver" and request.headers.get("sec-fetch-site") == "same-origin"
        if not own:
            raise HTTPException(403)

    app, router = FastAPI(), APIRouter(dependencies=[Depends(same_site)])

    @router.post("/guarded")
    def guarded() -> None: ...

    app.include_router(router, prefix="/api")
    assert reached(app) == set()
    app.dependency_overrides[same_site] = lambda: None
    assert ("form", "POST /api/guarded") in reached(app)


def test_an_endpoint_that_looks_at_the_page_itself_is_reported_as_not_tried_and_can_be_run() -> None:
    app = FastAPI()

    @app.post("/own")
    def own(request: Request) -> None:
        if request.headers.get("origin", "http://testserver") != "http://testserver":
            raise HTTPException(403)

    with pytest.warns(UntriedWarning, match="POST /own was not tried: its own code checks the page; pass run_unsafe=True"):
        assert find_foreign_writes(app) == ()
    assert reached(app, run_unsafe=True) == {("beacon of a sandbox", "POST /own")}


def test_a_websocket_is_tried_by_its_handshake() -> None:
    app = FastAPI()

    @app.websocket("/ws")
    async def ws(websocket: WebSocket) -> None:
        await websocket.accept()

    @app.websocket("/checked")
    async def checked(websocket: WebSocket) -> None:
        if websocket.headers.get("origin") == "http://testserver":
            await websocket.accept()
        else:
            await websocket.close()

    assert {request for _, request in reached(app)} == {"WEBSOCKET /ws"}
    with pytest.raises(
        AssertionError, match=r"opens the WebSocket, sent by this page of https://evil\.com\n    <script>\n    new WebSocket"
    ):
        assert_no_foreign_write(app)
    install(app, Policy(origins=[PAGE]), protection="enforce")
    assert_no_foreign_write(app)


def test_a_rebound_name_is_tried_where_the_server_is_a_local_one() -> None:
    app = make_app()
    install(app, Policy(origins=[PAGE]), protection="enforce")
    local = TestClient(app, base_url="http://localhost:8000")
    found = find_foreign_writes(local)
    assert {write.kind for write in found} == {"rebound name"}
    assert {write.request for write in found} == {"POST /bare", "POST /form", "POST /json", "DELETE /items/{item}"}
    assert "rebound.example is resolved to this server now" in found[0].page
    assert_no_foreign_write(local, ignore=["rebound name"])
    listed = make_app()
    install(listed, Policy(origins=[PAGE]), protection=CrossOriginProtection(mode="enforce", hosts=["localhost"]))
    assert_no_foreign_write(TestClient(listed, base_url="http://localhost:8000"))


def test_a_pattern_that_is_trusted_covers_the_other_ports_of_this_machine() -> None:
    app = make_app()
    protection = CrossOriginProtection(mode="enforce", hosts=["localhost"])
    install(app, Policy(origins=["http://localhost:*"]), protection=protection)
    client = TestClient(app, base_url="http://localhost:8000")
    assert_no_foreign_write(client, trusted=["http://localhost:*"])
    assert {write.kind for write in find_foreign_writes(client)} >= {"other port"}


def test_a_careless_comparison_is_found_by_a_look_alike() -> None:
    app = make_app()

    @app.middleware("http")
    async def check(request: Request, call_next: Any) -> Any:
        origin = request.headers.get("origin", "")
        if (not origin.startswith(PAGE) and origin not in ("", "http://testserver")) or "null" in origin:
            return PlainTextResponse("no", 403)
        return await call_next(request)

    found = find_foreign_writes(app, trusted=[PAGE], ignore=["beacon of a sandbox"])
    assert {write.kind for write in found} == {"look-alike"}
    assert f"{PAGE}.evil.com" in {write.origin for write in found}


def test_starlette_and_mounted_apps_are_tried_too() -> None:
    ran = []

    async def write(request: Any) -> PlainTextResponse:
        ran.append(request.method)
        return PlainTextResponse("done")

    inner = Starlette(routes=[Route("/write", write, methods=["POST"])])
    app = Starlette(routes=[Mount("/api", inner), Route("/top", write, methods=["POST", "GET"])])
    assert {request for _, request in reached(app)} == {"POST /api/write", "POST /top"}
    assert ran == []


def test_a_mounted_app_of_another_kind_is_tried_without_running_it() -> None:
    async def opaque(scope: Any, receive: Any, send: Any) -> None:
        raise AssertionError

    app = FastAPI()
    app.mount("/files", opaque)
    app.mount("/static", StaticFiles(directory="."))
    assert {request for _, request in reached(app)} == {"POST /files/*"}
    install(app, protection="enforce")
    assert reached(app) == set()


def test_middleware_that_copies_or_replaces_the_scope_hides_nothing() -> None:
    class Copying:
        def __init__(self, app: Any) -> None:
            self.app = app

        async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
            kept = {name: value for name, value in scope.items() if name != "app" and not name.startswith("corsense")}
            await self.app(copy.deepcopy(kept) if scope["type"] == "http" else scope, receive, send)

    app = make_app()
    app.add_middleware(Copying)
    assert ("form", "POST /bare") in reached(app)
    assert app.state.ran == []


def test_a_server_or_a_plain_asgi_app_is_asked_only_where_its_endpoints_may_run() -> None:
    async def plain(scope: Any, receive: Any, send: Any) -> None:
        headers = dict(scope["headers"])
        foreign = (
            headers.get(b"origin", b"http://testserver") != b"http://testserver"
            or headers.get(b"sec-fetch-site") == b"cross-site"
        )
        await send({"type": "http.response.start", "status": 403 if foreign else 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    for target in (plain, "http://127.0.0.1:9"):
        with pytest.raises(ValueError, match="pass run_unsafe=True if they may run"):
            assert_no_foreign_write(target, requests=["POST /write"])
    assert_no_foreign_write(plain, requests=["POST /write"], run_unsafe=True)
    with pytest.raises(ValueError, match="no answer for POST /write from"):
        assert_no_foreign_write("http://127.0.0.1:9", requests=["POST /write"], run_unsafe=True)
    matrix = cors_matrix(plain, origins=[PAGE], requests=["POST /write"], credentials=["omit"])
    assert str(matrix).splitlines()[1].split() == ["POST", "/write", "-", "not", "tried"]
    with pytest.raises(ValueError, match="ignore='frm' must be one of"):
        assert_no_foreign_write(make_app(), ignore=["frm"])


@pytest.mark.anyio
async def test_it_can_be_awaited() -> None:
    with pytest.raises(AssertionError, match="Untrusted pages can write"):
        await aio.assert_no_foreign_write(make_app())
    app = make_app()
    install(app, protection="enforce")
    await aio.assert_no_foreign_write(app)
    assert await aio.find_foreign_writes(app) == ()


def test_the_endpoints_run_again_afterwards() -> None:
    app = make_app()
    find_foreign_writes(app)
    assert TestClient(app).post("/bare").status_code == 200
    assert app.state.ran == ["bare"]


def test_the_matrix_has_a_column_for_the_writes_of_any_other_page() -> None:
    app = make_app()
    app.add_middleware(CORSMiddleware, allow_origins=[PAGE], allow_headers=["content-type"])
    matrix = cors_matrix(app, origins=[PAGE], credentials=["omit"])
    assert str(matrix).splitlines() == [
        "                      https://app.example  foreign write",
        "POST /bare            yes                  runs",
        "POST /form            yes                  runs",
        "GET /items            yes                  -",
        "DELETE /items/{item}  -                    refused",
        "POST /json            -                    refused",
    ]
    assert matrix.foreign_write("POST", "/form") == "runs"
    with pytest.raises(KeyError, match="the matrix has no write GET /items"):
        matrix.foreign_write("GET", "/items")
    assert app.state.ran == []
    protected = make_app()
    install(protected, Policy(origins=[PAGE]), protection="enforce")
    assert {write.outcome for write in cors_matrix(protected, origins=[PAGE]).writes} == {"refused"}
    assert matrix != cors_matrix(protected, origins=[PAGE], credentials=["omit"])
