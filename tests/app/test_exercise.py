from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from corsense.app import AppHungError, AppSession, AppStoppedError, ExchangeFacts, Probe, ProbeResult, Situation
from corsense.fetch import Allowed, Blocked, CorsError, Failed, FetchRequest, NetworkError, WireResponse
from tests.app.conftest import OpenApp

ORIGIN = "http://localhost:3000"


def fetch(path: str, method: str = "GET", **options: Any) -> FetchRequest:
    url = path if path.startswith("http") else f"http://localhost:8000{path}"
    return FetchRequest(url, options.pop("origin", ORIGIN), method, **options)


def probe(session: AppSession, path: str, method: str = "GET", situation: Situation = "success", **options: Any) -> ProbeResult:
    """Try one request; the route that is meant is the one with that example path."""
    meant = next(
        (route.index for route in session.description.routes if route.example_path == path and method in route.methods), None
    )
    (result,) = session.run([Probe(fetch(path, method, **options), situation, meant)])
    return result


def statuses(result: ProbeResult) -> list[int | None]:
    return [
        exchange.response.status if isinstance(exchange.response, WireResponse) else None for exchange in result.trace.exchanges
    ]


def who(session: AppSession, facts: Iterable[ExchangeFacts]) -> list[str | None]:
    """Who answered, layers by name."""
    layers = session.description.layers
    return [layers[fact.answered_by].name if isinstance(fact.answered_by, int) else fact.answered_by for fact in facts]


API = """\
    from pathlib import Path

    from fastapi import APIRouter, Depends, FastAPI
    from fastapi.middleware.cors import CORSMiddleware
    from fastapi.security import HTTPBearer
    from pydantic import BaseModel

    app = FastAPI(openapi_url=None)
    app.add_middleware(CORSMiddleware, allow_origins=["http://localhost:3000"], allow_methods=["*"], allow_headers=["*"])

    class Item(BaseModel):
        name: str

    def touch():
        Path("ran.txt").write_text("the endpoint ran")

    def dependency():
        Path("depended.txt").write_text("the dependency ran")

    @app.delete("/items/{item_id}", dependencies=[Depends(dependency)])
    def remove(item_id: int):
        touch()
        return {"removed": item_id}

    @app.post("/items")
    async def create(item: Item):
        touch()
        raise LookupError("no such table")

    @app.get("/me")
    def me(token=Depends(HTTPBearer())):
        touch()

    router = APIRouter(prefix="/v1")

    @router.get("/things/")
    def things():
        touch()
        return []

    app.include_router(router, prefix="/api")
    """


def test_no_endpoint_and_no_dependency_runs(open_app: OpenApp, tmp_path: Path) -> None:
    session = open_app(API)
    for route in session.description.routes:
        for situation in ("success", "error", "http_exception", "validation_error", "unauthenticated"):
            probe(session, route.example_path, route.methods[0], situation)
    assert not (tmp_path / "ran.txt").exists()
    assert not (tmp_path / "depended.txt").exists()


def test_endpoints_run_when_they_are_asked_to(open_app: OpenApp, tmp_path: Path) -> None:
    session = open_app(API)
    (result,) = session.run([Probe(fetch("/items/1", "DELETE"))], run_endpoints=True)
    assert statuses(result) == [200, 200]
    assert not result.exchanges[1].stood_in
    assert (tmp_path / "ran.txt").exists()
    assert (tmp_path / "depended.txt").exists()


def test_the_exception_of_an_endpoint_that_runs_is_reported_with_the_users_frame(open_app: OpenApp, tmp_path: Path) -> None:
    session = open_app(API)
    request = fetch("/items", "POST", headers=[("Content-Type", "application/json")], body='{"name": "Ada"}')
    (result,) = session.run([Probe(request)], run_endpoints=True)
    assert statuses(result) == [200, 500]
    assert result.trace.outcome == Blocked(CorsError.MissingAllowOriginHeader, None, 1)
    exception = result.exchanges[1].exception
    assert exception is not None
    assert exception.summary == "LookupError: no such table"
    assert exception.user_frame is not None
    assert (exception.user_frame.file, exception.user_frame.function) == (str(tmp_path / "main.py"), "create")
    assert who(session, result.exchanges) == ["CORSMiddleware", "server-error"]


@pytest.mark.parametrize(
    ("situation", "status", "answered", "body"),
    [
        ("success", 200, "endpoint", ""),
        ("error", 500, "server-error", "Internal Server Error"),
        ("http_exception", 403, "exception-handler", '"detail":'),
        ("validation_error", 422, "exception-handler", "Field required"),
        ("unauthenticated", 200, "endpoint", ""),
    ],
)
def test_each_situation_is_answered_by_the_app_itself(
    open_once: OpenApp, situation: Situation, status: int, answered: str, body: str
) -> None:
    session = open_once(API)
    result = probe(session, "/items/1", "DELETE", situation)
    assert statuses(result) == [200, status]
    assert who(session, result.exchanges) == ["CORSMiddleware", answered]
    assert result.exchanges[1].stood_in
    assert body in result.exchanges[1].body_excerpt
    assert result.exchanges[1].exception is None, "the exception of a stand-in is nobody's"
    blocked = situation == "error"
    assert isinstance(result.trace.outcome, Blocked if blocked else Allowed)


def test_a_route_with_a_security_scheme_refuses_who_has_no_credentials(open_once: OpenApp) -> None:
    session = open_once(API)
    result = probe(session, "/me", situation="unauthenticated")
    assert statuses(result) == [401]
    assert who(session, result.exchanges) == ["exception-handler"]


def test_the_route_that_matched_is_named_for_included_routers_too(open_once: OpenApp) -> None:
    session = open_once(API)
    for route in session.description.routes:
        result = probe(session, route.example_path, route.methods[0])
        assert result.exchanges[-1].route == route.index


def test_a_refused_preflight_names_the_layer_and_what_it_says(open_once: OpenApp) -> None:
    session = open_once(API)
    result = probe(session, "/items/1", "DELETE", origin="http://localhost:9999")
    assert statuses(result) == [400]
    assert who(session, result.exchanges) == ["CORSMiddleware"]
    assert result.exchanges[0].body_excerpt == "Disallowed CORS origin"
    assert result.exchanges[0].route is None


def test_an_unknown_path_is_answered_by_the_router(open_once: OpenApp) -> None:
    session = open_once(API)
    result = probe(session, "/nothing", situation="unknown_path")
    assert (statuses(result), who(session, result.exchanges), result.exchanges[0].route) == ([404], ["router"], None)


def test_a_wrong_slash_is_redirected_by_the_router(open_once: OpenApp) -> None:
    session = open_once(API)
    result = probe(session, "/api/v1/things", situation="wrong_slash")
    assert statuses(result) == [307, 200]
    assert who(session, result.exchanges) == ["router", "endpoint"]
    assert result.trace.exchanges[1].request.url == "http://localhost:8000/api/v1/things/"


def test_a_wrong_method_is_answered_by_the_router_of_the_route(open_once: OpenApp) -> None:
    session = open_once(API)
    result = probe(session, "/items", "GET")
    assert (statuses(result), who(session, result.exchanges)) == ([405], ["router"])
    assert session.description.routes[result.exchanges[0].route or 0].path == "/items"


def test_a_page_of_the_same_origin_is_answered_too(open_once: OpenApp) -> None:
    session = open_once(API)
    result = probe(session, "/items/1", "DELETE", origin="http://localhost:8000")
    assert statuses(result) == [200]
    assert isinstance(result.trace.outcome, Allowed)
    assert result.trace.outcome.tainting == "basic"


def test_results_come_in_order_and_progress_is_reported(open_once: OpenApp) -> None:
    session = open_once(API)
    probes = [Probe(fetch(f"/items/{number}", "DELETE"), "success", 0) for number in range(450)]
    reported: list[tuple[int, int]] = []
    results = session.run(probes, lambda done, total: reported.append((done, total)))
    assert [result.probe for result in results] == probes
    assert reported[-1] == (450, 450)
    assert len(reported) >= 3
    assert session.run([]) == []


LAYERS = """\
    import asyncio
    import time

    from fastapi import FastAPI, HTTPException, Request
    from fastapi.middleware.cors import CORSMiddleware
    from starlette.responses import JSONResponse, PlainTextResponse

    app = FastAPI(openapi_url=None)
    app.add_middleware(CORSMiddleware, allow_origins=["http://localhost:3000"], allow_methods=["*"])

    @app.middleware("http")
    async def guard(request: Request, call_next):
        mode = request.query_params.get("mode")
        if mode == "auth" and "authorization" not in request.headers:
            return JSONResponse({"detail": "who are you?"}, 401)
        if mode == "raise":
            raise HTTPException(401, "raised in a middleware")
        if mode == "crash":
            return JSONResponse({"user": request.state.user})
        if mode == "sleep":
            await asyncio.sleep(60)
        if mode == "cookie":
            return PlainTextResponse(request.headers.get("cookie", "none"), 418)
        response = await call_next(request)
        if mode == "replace":
            return JSONResponse({"replaced": response.status_code}, 503)
        return response

    class Catch:
        def __init__(self, app):
            self.app = app

        async def __call__(self, scope, receive, send):
            try:
                await self.app(scope, receive, send)
            except Exception as error:
                await PlainTextResponse(f"caught {type(error).__name__}", 500)(scope, receive, send)

    if __import__("os").path.exists("catch"):
        app.add_middleware(Catch)

    @app.get("/items")
    def items(): ...
    """


@pytest.mark.parametrize(
    ("mode", "status", "answered"),
    [("auth", 401, "guard"), ("replace", 503, "guard"), ("raise", 500, "server-error"), ("", 200, "endpoint")],
)
def test_the_layer_that_answered_is_named(open_once: OpenApp, mode: str, status: int, answered: str) -> None:
    session = open_once(LAYERS)
    result = probe(session, f"/items?mode={mode}")
    assert (statuses(result), who(session, result.exchanges)) == ([status], [answered])


def test_a_preflight_that_a_layer_answers_by_itself_shows_that_layer(open_once: OpenApp) -> None:
    session = open_once(LAYERS)
    result = probe(session, "/items?mode=auth", headers=[("Authorization", "Bearer x")])
    assert (statuses(result), who(session, result.exchanges)) == ([401], ["guard"])
    assert result.exchanges[0].body_excerpt == '{"detail":"who are you?"}'


@pytest.mark.parametrize(
    ("mode", "summary"), [("raise", "HTTPException: 401: raised in a middleware"), ("crash", "AttributeError: ")]
)
def test_an_exception_of_a_layer_is_reported_with_the_layer(open_once: OpenApp, mode: str, summary: str) -> None:
    session = open_once(LAYERS)
    fact = probe(session, f"/items?mode={mode}").exchanges[0]
    assert fact.exception is not None
    assert summary in fact.exception.summary
    assert fact.exception.user_frame is not None
    assert fact.exception.user_frame.function == "guard"
    assert fact.raised_by is not None
    assert session.description.layers[fact.raised_by].name == "guard"


def test_a_layer_that_catches_exceptions_answers_for_them(open_app: OpenApp) -> None:
    session = open_app({"main.py": LAYERS, "catch": ""})
    result = probe(session, "/items", situation="error")
    assert (statuses(result), who(session, result.exchanges)) == ([500], ["Catch"])
    assert result.exchanges[0].body_excerpt.startswith("caught ")
    crash = probe(session, "/items?mode=crash").exchanges[0]
    assert crash.exception is not None
    assert crash.exception.type == "AttributeError"


def test_an_app_that_takes_too_long_has_timed_out(open_once: OpenApp) -> None:
    session = open_once(LAYERS)
    first, second = session.run([Probe(fetch("/items?mode=sleep")), Probe(fetch("/items"))], time_limit=0.3)
    assert first.trace.exchanges[0].response == NetworkError("timed out", "no answer within 0.3 s")
    assert isinstance(first.trace.outcome, Failed)
    assert first.exchanges[0].answered_by is None
    assert statuses(second) == [200]


@pytest.mark.parametrize(
    ("credentials", "cookies", "seen"),
    [("include", True, "corsense=1"), ("include", False, "none"), ("same-origin", True, "none")],
)
def test_a_cookie_is_sent_when_the_page_has_one_and_may_send_it(
    open_once: OpenApp, credentials: str, cookies: bool, seen: str
) -> None:
    session = open_once(LAYERS)
    result = probe(session, "/items?mode=cookie", credentials=credentials, cookies=cookies)
    assert result.exchanges[0].body_excerpt == seen


def test_what_the_app_prints_while_it_is_tried_is_not_shown(open_app: OpenApp, capfd: pytest.CaptureFixture[str]) -> None:
    source = """\
        import logging, sys
        from fastapi import FastAPI
        app = FastAPI(openapi_url=None)
        print("importing")

        @app.middleware("http")
        async def log(request, call_next):
            print("answering", request.url.path)
            logging.getLogger().error("answering")
            return await call_next(request)

        @app.get("/items")
        def items():
            print("running")
        """
    session = open_app(source)
    probe(session, "/items")
    assert capfd.readouterr().err.splitlines() == ["importing"]
    session.run([Probe(fetch("/items"))], run_endpoints=True)
    assert {"answering /items", "running"} <= set(capfd.readouterr().err.splitlines())


KINDS = """\
    from pathlib import Path

    from starlette.applications import Starlette
    from starlette.endpoints import HTTPEndpoint
    from starlette.exceptions import HTTPException
    from starlette.middleware import Middleware
    from starlette.middleware.cors import CORSMiddleware
    from starlette.responses import PlainTextResponse, RedirectResponse
    from starlette.routing import Mount, Route, WebSocketRoute
    from starlette.staticfiles import StaticFiles

    def touch():
        Path("ran.txt").write_text("ran")

    def plain(request):
        touch()
        return PlainTextResponse("plain")

    class Verbs(HTTPEndpoint):
        async def delete(self, request):
            touch()
            return PlainTextResponse("deleted")

    class Asgi:
        async def __call__(self, scope, receive, send):
            touch()
            await PlainTextResponse("asgi", headers={"access-control-allow-origin": "*"})(scope, receive, send)

    def options(request):
        return PlainTextResponse("by hand", 200, {"X-Hand": "yes"})

    async def missing(request, error):
        return PlainTextResponse("nothing here", 404)

    cors = Middleware(CORSMiddleware, allow_origins=["http://localhost:3000"], allow_methods=["*"])
    app = Starlette(
        routes=[
            Route("/plain", plain),
            Route("/verbs", Verbs),
            Route("/asgi", Asgi(), methods=["GET", "DELETE"]),
            Route("/own", plain, methods=["GET", "DELETE", "OPTIONS"], middleware=[cors]),
            Route("/hand", plain, methods=["PUT"]),
            Route("/hand", options, methods=["OPTIONS"]),
            WebSocketRoute("/ws", plain),
            Mount("/files", StaticFiles(directory="files")),
            Mount("/raw", Asgi()),
            Mount("/sub", routes=[Route("/plain", plain)], middleware=[cors]),
        ],
        exception_handlers={404: missing},
    )
    """
FILES = {"main.py": KINDS, "files/style.css": "a {}"}


def test_endpoints_of_every_kind_are_stood_in_for(open_app: OpenApp, tmp_path: Path) -> None:
    session = open_app(FILES)
    for path, method in (
        ("/plain", "GET"),
        ("/verbs", "DELETE"),
        ("/asgi", "DELETE"),
        ("/own", "DELETE"),
        ("/hand", "PUT"),
        ("/raw/x", "GET"),
    ):
        (result,) = session.run(
            [Probe(fetch(path, method, mode="no-cors" if method == "GET" else "cors", origin="http://localhost:8000"))]
        )
        assert statuses(result) == [200], path
        assert who(session, result.exchanges) == ["endpoint"], path
        assert result.exchanges[0].stood_in, path
    assert not (tmp_path / "ran.txt").exists()


def test_a_class_without_the_method_answers_405_itself(open_once: OpenApp) -> None:
    session = open_once(FILES)
    result = probe(session, "/verbs", "DELETE")
    assert statuses(result) == [405], "the preflight is an OPTIONS, for which the class has no method"


def test_files_are_served_for_real(open_once: OpenApp) -> None:
    session = open_once(FILES)
    result = probe(session, "/files/style.css")
    assert statuses(result) == [200]
    assert not result.exchanges[0].stood_in
    assert session.description.routes[result.exchanges[0].route or 0].kind == "static"
    assert statuses(probe(session, "/files/none.css")) == [404]


def test_a_handler_for_options_written_by_hand_is_run(open_once: OpenApp) -> None:
    session = open_once(FILES)
    result = probe(session, "/hand", "PUT")
    response = result.trace.exchanges[0].response
    assert isinstance(response, WireResponse)
    assert response.header("x-hand") == "yes"
    assert not result.exchanges[0].stood_in
    assert who(session, result.exchanges) == ["endpoint"]
    assert isinstance(result.trace.outcome, Blocked)


def test_the_middleware_of_a_route_runs_around_the_stand_in(open_once: OpenApp) -> None:
    session = open_once(FILES)
    result = probe(session, "/own", "DELETE")
    assert statuses(result) == [200, 200]
    assert isinstance(result.trace.outcome, Allowed)
    assert not result.exchanges[0].stood_in


def test_the_middleware_of_a_mount_is_named(open_once: OpenApp) -> None:
    session = open_once(FILES)
    result = probe(session, "/sub/plain", headers=[("X-A", "1")])
    assert who(session, result.exchanges) == ["CORSMiddleware"]
    assert isinstance(result.exchanges[0].answered_by, int)
    assert session.description.layers[result.exchanges[0].answered_by].prefix == "/sub"


def test_a_preflight_for_a_mounted_app_that_cannot_be_looked_into_is_answered_by_that_app(
    open_app: OpenApp, tmp_path: Path
) -> None:
    session = open_app(FILES)
    result = probe(session, "/raw/x", "DELETE")
    assert not result.exchanges[0].stood_in
    assert (tmp_path / "ran.txt").exists(), "OPTIONS is safe, so the app itself is asked"


@pytest.mark.parametrize(
    ("situation", "status", "answered"),
    [
        ("http_exception", 403, "exception-handler"),
        ("validation_error", 422, "exception-handler"),
        ("error", 500, "server-error"),
    ],
)
def test_a_mounted_app_that_cannot_be_looked_into_would_answer_for_its_errors_itself(
    open_once: OpenApp, situation: Situation, status: int, answered: str
) -> None:
    session = open_once(FILES)
    result = probe(session, "/raw/x", situation=situation)
    assert (statuses(result), who(session, result.exchanges)) == ([status], [answered])


def test_a_handler_for_404_is_distinguished_from_the_router(open_once: OpenApp) -> None:
    session = open_once(FILES)
    result = probe(session, "/nothing", situation="unknown_path")
    assert (statuses(result), who(session, result.exchanges)) == ([404], ["exception-handler"])
    assert result.exchanges[0].body_excerpt == "nothing here"
    assert who(session, probe(session, "/plain", "PUT", origin="http://localhost:8000").exchanges) == ["router"]


def test_a_mounted_app_answers_through_its_own_stack(open_app: OpenApp) -> None:
    source = """\
        from fastapi import FastAPI
        from fastapi.middleware.cors import CORSMiddleware
        app = FastAPI(openapi_url=None)
        v1 = FastAPI(openapi_url=None)
        v1.add_middleware(CORSMiddleware, allow_origins=["http://localhost:3000"], allow_methods=["*"])
        @v1.put("/x")
        def x(): ...
        @app.put("/x")
        def y(): ...
        app.mount("/v1", v1)
        """
    session = open_app(source)
    inside = probe(session, "/v1/x", "PUT")
    assert isinstance(inside.trace.outcome, Allowed)
    assert isinstance(inside.exchanges[0].answered_by, int)
    assert session.description.layers[inside.exchanges[0].answered_by].prefix == "/v1"
    assert session.description.routes[inside.exchanges[1].route or 0].path == "/v1/x"
    assert statuses(probe(session, "/x", "PUT")) == [405]
    error = probe(session, "/v1/x", "PUT", "error")
    assert who(session, error.exchanges) == ["CORSMiddleware", "server-error"]


def test_wrappers_around_the_app_take_part(open_app: OpenApp) -> None:
    source = """\
        from fastapi import FastAPI
        from fastapi.middleware.cors import CORSMiddleware
        inner = FastAPI(openapi_url=None)
        @inner.put("/x")
        def x(): ...
        app = CORSMiddleware(inner, allow_origins=["http://localhost:3000"], allow_methods=["*"])
        """
    session = open_app(source)
    result = probe(session, "/x", "PUT", "error")
    assert who(session, result.exchanges) == ["CORSMiddleware", "server-error"]
    assert isinstance(result.trace.outcome, Allowed), "a layer around the app covers its 500"


def test_the_handler_for_all_exceptions_answers_from_outside(open_app: OpenApp) -> None:
    source = """\
        from fastapi import FastAPI
        from fastapi.middleware.cors import CORSMiddleware
        from starlette.responses import JSONResponse
        app = FastAPI(openapi_url=None)
        app.add_middleware(CORSMiddleware, allow_origins=["*"])
        @app.exception_handler(Exception)
        async def anything(request, error):
            return JSONResponse({"oops": str(error)}, 500)
        @app.get("/x")
        def x(): ...
        """
    session = open_app(source)
    result = probe(session, "/x", situation="error")
    assert who(session, result.exchanges) == ["server-error"]
    assert "oops" in result.exchanges[0].body_excerpt
    assert isinstance(result.trace.outcome, Blocked)


def test_a_stack_that_cannot_be_built_answers_nothing_but_500(open_app: OpenApp) -> None:
    source = """\
        from fastapi import FastAPI
        from fastapi.middleware.cors import CORSMiddleware
        app = FastAPI(openapi_url=None)
        app.add_middleware(CORSMiddleware, origins=["*"])
        @app.get("/x")
        def x(): ...
        """
    session = open_app(source)
    result = probe(session, "/x")
    assert (statuses(result), who(session, result.exchanges)) == ([500], ["server"])
    assert result.exchanges[0].exception is not None
    assert result.exchanges[0].exception.type == "TypeError"


def test_middleware_that_a_request_adds_is_reported_afterwards(open_app: OpenApp) -> None:
    source = """\
        from fastapi import FastAPI
        from fastapi.middleware.cors import CORSMiddleware
        app = FastAPI(openapi_url=None)
        @app.middleware("http")
        async def lazily(request, call_next):
            app.add_middleware(CORSMiddleware, allow_origins=["*"])
            return await call_next(request)
        @app.get("/x")
        def x(): ...
        """
    session = open_app(source)
    assert not session.late_middleware
    result = probe(session, "/x")
    assert result.exchanges[0].exception is not None
    (late,) = session.late_middleware
    assert (late.moment, late.observed, late.place.line if late.place else None) == ("request", True, 6)


PLAIN = """\
    from pathlib import Path

    async def app(scope, receive, send):
        if scope["method"] == "POST":
            Path("ran.txt").write_text("ran")
        headers = [(b"Access-Control-Allow-Origin", b"*")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"ok"})
    """


def test_an_unknown_app_is_asked_what_is_safe(open_app: OpenApp, tmp_path: Path) -> None:
    session = open_app(PLAIN)
    result = probe(session, "/x")
    assert (statuses(result), who(session, result.exchanges)) == ([200], ["endpoint"])
    withheld = probe(session, "/x", "POST")
    assert isinstance(withheld.trace.outcome, Allowed)  # by what its preflight is allowed
    assert withheld.exchanges[-1].stood_in
    assert not (tmp_path / "ran.txt").exists()
    (real,) = session.run([Probe(fetch("/x", "POST"))], run_endpoints=True)
    assert statuses(real) == [200]
    assert (tmp_path / "ran.txt").exists()


def test_the_state_of_the_lifespan_reaches_requests(open_app: OpenApp) -> None:
    source = """\
        from contextlib import asynccontextmanager
        from fastapi import FastAPI
        @asynccontextmanager
        async def lifespan(app):
            yield {"name": "Ada"}
        app = FastAPI(lifespan=lifespan)
        @app.get("/x")
        def x(request: __import__("starlette.requests").requests.Request):
            from fastapi import HTTPException
            raise HTTPException(418, request.state.name)
        """
    session = open_app(source, lifespan=True)
    (result,) = session.run([Probe(fetch("/x"))], run_endpoints=True)
    assert result.exchanges[0].body_excerpt == '{"detail":"Ada"}'


def test_an_endless_stream_is_left_after_its_beginning(open_app: OpenApp) -> None:
    source = """\
        import asyncio
        from fastapi import FastAPI
        from fastapi.responses import StreamingResponse
        app = FastAPI(openapi_url=None)
        @app.get("/events")
        async def events():
            async def forever():
                while True:
                    yield b"data: x\\n\\n"
                    await asyncio.sleep(0.01)
            return StreamingResponse(forever(), media_type="text/event-stream", headers={"access-control-allow-origin": "*"})
        """
    session = open_app(source)
    results = session.run([Probe(fetch("/events")), Probe(fetch("/events"))], run_endpoints=True, time_limit=5)
    assert [type(result.trace.outcome) for result in results] == [Allowed, Allowed]


def test_an_app_that_blocks_for_good_is_ended_and_its_line_is_reported(open_app: OpenApp) -> None:
    source = """\
        import time
        from fastapi import FastAPI
        app = FastAPI(openapi_url=None)
        @app.middleware("http")
        async def slow(request, call_next):
            time.sleep(60)
        @app.get("/x")
        def x(): ...
        """
    session = open_app(source)
    with pytest.raises(AppHungError, match="blocked while it answered GET http://localhost:8000/x") as caught:
        session.run([Probe(fetch("/x"))], time_limit=0.2)
    assert caught.value.traceback is not None
    assert caught.value.traceback.user_frame is not None
    assert (caught.value.traceback.user_frame.line, caught.value.traceback.user_frame.function) == (6, "slow")


def test_an_app_that_ends_its_process_is_reported(open_app: OpenApp) -> None:
    source = """\
        import os
        from fastapi import FastAPI
        app = FastAPI(openapi_url=None)
        @app.middleware("http")
        async def end(request, call_next):
            os._exit(7)
        """
    session = open_app(source)
    with pytest.raises(AppStoppedError, match="exit status 7"):
        session.run([Probe(fetch("/x"))])


MANY = """\
    from fastapi import APIRouter, FastAPI
    from starlette.routing import Mount, Route
    from starlette.responses import PlainTextResponse

    app = FastAPI(openapi_url=None)
    inner = APIRouter(prefix="/inner")

    def make(number):
        def endpoint(): ...
        return endpoint

    for number in range(40):
        app.add_api_route(f"/a{number}/{{name}}", make(number), methods=["GET"])
        app.add_api_route(f"/b{number}/", make(number), methods=["PUT"])
        inner.add_api_route(f"/c{number}", make(number), methods=["DELETE"])
        inner.add_api_route("/{any}/" + str(number), make(number), methods=["GET"])

    outer = APIRouter()
    outer.include_router(inner, prefix="/outer")
    app.include_router(outer)

    class Odd(Route):
        def matches(self, scope):
            return super().matches({**scope, "path": scope["path"].lower()})

    app.router.routes.append(Odd("/odd", make(0), methods=["GET"]))
    app.router.routes.append(Mount("/m", routes=[Route(f"/d{number}", make(number)) for number in range(40)]))
    """


def test_an_app_of_many_routes_is_answered_as_a_small_one_would(open_app: OpenApp) -> None:
    session = open_app(MANY)
    routes = [route for route in session.description.routes if route.kind == "http"]
    assert len(routes) == 201
    probes = [
        Probe(fetch(route.example_path, route.methods[0], origin="http://localhost:8000"), "success", route.index)
        for route in routes
    ]
    for result in session.run(probes):
        assert statuses(result) == [200]
        assert result.exchanges[0].route == result.probe.route
    assert statuses(probe(session, "/nothing")) == [404]
    assert statuses(probe(session, "/a1/x", "PUT", origin="http://localhost:8000")) == [405]
    assert statuses(probe(session, "/b7", "PUT", origin="http://localhost:8000")) == [307, 200]
    assert statuses(probe(session, "/outer/inner/c7/", "DELETE", origin="http://localhost:8000")) == [307, 200]
    assert statuses(probe(session, "/m/d7/", origin="http://localhost:8000")) == [307, 200]
    assert statuses(probe(session, "/ODD")) == [200], "a route that matches in its own way is always tried"
