from __future__ import annotations

import pytest

from corsense.app import AppDescription, LayerInfo, Opaque
from tests.app.conftest import OpenApp


def users(description: AppDescription, app: int = 0) -> list[LayerInfo]:
    """The layers that the framework did not put there by itself."""
    return [layer for layer in description.layers if layer.app == app and not layer.is_builtin]


def lines(description: AppDescription, app: int = 0) -> list[tuple[str, int | None]]:
    return [(layer.name, layer.place.line if layer.place else None) for layer in users(description, app)]


def test_the_stack_is_reported_outermost_first_with_the_place_of_each_layer(open_app: OpenApp) -> None:
    source = """\
        from fastapi import FastAPI
        from fastapi.middleware.cors import CORSMiddleware
        from fastapi.middleware.gzip import GZipMiddleware
        from starlette.middleware import Middleware
        from starlette.middleware.sessions import SessionMiddleware

        app = FastAPI(middleware=[
            Middleware(SessionMiddleware, secret_key="s3cret"),
        ])
        app.add_middleware(
            CORSMiddleware,
            allow_origins=["http://localhost:3000"],
        )

        @app.middleware("http")
        async def add_header(request, call_next):
            return await call_next(request)

        app.add_middleware(GZipMiddleware, minimum_size=500)
        """
    description = open_app(source).description
    assert lines(description) == [("GZipMiddleware", 19), ("add_header", 15), ("CORSMiddleware", 10), ("SessionMiddleware", 8)]
    names = [layer.name for layer in description.layers]
    assert names[0] == "ServerErrorMiddleware"
    assert names.index("SessionMiddleware") < names.index("ExceptionMiddleware")
    assert [layer.index for layer in description.layers] == list(range(len(names)))
    assert {layer.name for layer in description.layers if layer.is_builtin} >= {"ServerErrorMiddleware", "ExceptionMiddleware"}


def test_a_place_spans_the_whole_call(open_app: OpenApp) -> None:
    source = """\
        from fastapi import FastAPI
        from fastapi.middleware.cors import CORSMiddleware
        app = FastAPI()
        app.add_middleware(
            CORSMiddleware,
            allow_origins=["*"],
        )
        """
    (layer,) = open_app(source).description.cors_layers
    place = layer.place
    assert place is not None
    assert (place.file, place.line, place.column, place.end_line, place.end_column) == ("main.py", 4, 1, 7, 2)


def test_the_arguments_of_a_cors_layer_keep_their_types(open_app: OpenApp) -> None:
    source = """\
        import enum, re
        from fastapi import FastAPI
        from fastapi.middleware.cors import CORSMiddleware
        from pydantic import AnyHttpUrl

        class Methods(str, enum.Enum):
            GET = "GET"

        app = FastAPI()
        app.add_middleware(CORSMiddleware, "http://localhost:3000", allow_headers=("X-A", b"x-b"), allow_credentials=True,
                           max_age=60, expose_headers=["x-c"], allow_methods=[AnyHttpUrl("http://localhost:5173"), "GET"])
        """
    (layer,) = open_app(source).description.cors_layers
    assert dict(layer.arguments) == {
        "allow_origins": "http://localhost:3000",
        "allow_headers": ("X-A", b"x-b"),
        "allow_credentials": True,
        "max_age": 60,
        "expose_headers": ["x-c"],
        "allow_methods": [Opaque("pydantic.networks.AnyHttpUrl", "http://localhost:5173/"), "GET"],
    }
    assert (layer.class_module, layer.is_cors) == ("starlette.middleware.cors", True)


def test_the_arguments_of_other_layers_are_not_reported(open_app: OpenApp) -> None:
    source = """\
        from fastapi import FastAPI
        from starlette.middleware.sessions import SessionMiddleware
        from starlette.middleware.trustedhost import TrustedHostMiddleware
        app = FastAPI()
        app.add_middleware(SessionMiddleware, secret_key="s3cret")
        app.add_middleware(TrustedHostMiddleware, allowed_hosts=["example.com"])
        """
    trusted, session = users(open_app(source).description)
    assert dict(session.arguments) == {}
    assert dict(trusted.arguments) == {"allowed_hosts": ["example.com"]}


def test_a_layer_of_the_users_own_knows_where_it_is_defined(open_app: OpenApp) -> None:
    files = {
        "main.py": """\
            from fastapi import FastAPI
            from layers import install
            app = FastAPI()
            install(app)
            """,
        "layers.py": """\
            class TokenMiddleware:
                def __init__(self, app):
                    self.app = app

                async def __call__(self, scope, receive, send):
                    await self.app(scope, receive, send)

            class MyCors(TokenMiddleware): ...

            def install(app):
                app.add_middleware(TokenMiddleware)
                app.add_middleware(MyCors)
            """,
    }
    cors, token = users(open_app(files).description)
    assert token.defined_at is not None
    assert token.place is not None
    assert (token.defined_at.file, token.defined_at.line) == ("layers.py", 1)
    assert (token.place.file, token.place.line) == ("layers.py", 11)
    assert (token.is_cors, cors.is_cors) == (False, True)


def test_a_mounted_app_has_a_stack_below_that_of_its_parent(open_app: OpenApp) -> None:
    source = """\
        from fastapi import FastAPI
        from fastapi.middleware.cors import CORSMiddleware
        from fastapi.middleware.gzip import GZipMiddleware
        app = FastAPI()
        app.add_middleware(GZipMiddleware)
        v1 = FastAPI()
        v1.add_middleware(CORSMiddleware, allow_origins=["*"])
        app.mount("/v1", v1)
        """
    description = open_app(source).description
    assert lines(description, 0) == [("GZipMiddleware", 5)]
    assert lines(description, 1) == [("CORSMiddleware", 7)]
    (cors,) = description.cors_layers
    assert (cors.app, cors.prefix) == (1, "/v1")
    names = [layer.name for layer in description.stack(1)]
    assert names.index("GZipMiddleware") < names.index("CORSMiddleware")
    assert "CORSMiddleware" not in [layer.name for layer in description.stack(0)]


def test_middleware_of_mounts_and_routers_is_found(open_app: OpenApp) -> None:
    source = """\
        from starlette.applications import Starlette
        from starlette.middleware import Middleware
        from starlette.middleware.cors import CORSMiddleware
        from starlette.middleware.gzip import GZipMiddleware
        from starlette.routing import Mount, Route, Router
        from starlette.staticfiles import StaticFiles

        def home(request): ...

        app = Starlette(routes=[
            Mount("/a", routes=[Route("/x", home)], middleware=[Middleware(CORSMiddleware, allow_origins=["*"])]),
            Mount("/b", app=Router([Route("/x", home)], middleware=[Middleware(GZipMiddleware)])),
            Mount("/c", app=CORSMiddleware(StaticFiles(directory="."), allow_origins=["http://c"])),
        ])
        """
    description = open_app(source).description
    found = [
        (layer.name, layer.prefix, layer.position, layer.place.line if layer.place else None) for layer in users(description, 1)
    ]
    assert found == [("CORSMiddleware", "/a", "mount", 11)]
    assert [(layer.name, layer.prefix, layer.position) for layer in users(description, 2)] == [("GZipMiddleware", "/b", "router")]
    (static,) = users(description, 3)
    assert (static.name, static.prefix, static.place.line if static.place else None) == ("CORSMiddleware", "/c", 13)
    assert dict(static.arguments) == {"allow_origins": ["http://c"]}
    assert description.routes[-1].kind == "static"


WRAPPED = """\
    from fastapi import FastAPI
    from fastapi.middleware.cors import CORSMiddleware

    class Sockets:
        def __init__(self, server, other_asgi_app=None):
            self.other_asgi_app = other_asgi_app

        async def __call__(self, scope, receive, send):
            await self.other_asgi_app(scope, receive, send)

    api = FastAPI(openapi_url=None)

    @api.get("/items")
    def items(): ...

    app = CORSMiddleware(
        Sockets(None, api),
        allow_origins=["http://localhost:3000"],
    )
    """


def test_an_app_that_is_wrapped_is_described_with_its_wrappers_outermost(open_app: OpenApp) -> None:
    description = open_app(WRAPPED).description
    assert (description.target, description.kind, description.apps[0].variable) == ("main:app", "fastapi", "api")
    assert [route.path for route in description.routes] == ["/items"]
    assert [(layer.name, layer.position, layer.place.line if layer.place else None) for layer in description.layers[:2]] == [
        ("CORSMiddleware", "wrapper", 16),
        ("Sockets", "wrapper", 17),
    ]
    assert dict(description.layers[0].arguments) == {"allow_origins": ["http://localhost:3000"]}
    assert description.layers[2].name == "ServerErrorMiddleware"


def test_a_function_around_an_app_is_looked_through(open_app: OpenApp) -> None:
    source = """\
        from starlette.applications import Starlette
        from starlette.routing import Route
        inner = Starlette(routes=[Route("/x", lambda request: None)])

        async def app(scope, receive, send):
            await inner(scope, receive, send)
        """
    description = open_app(source).description
    assert [route.path for route in description.routes] == ["/x"]
    assert (description.layers[0].name, description.layers[0].position) == ("app", "wrapper")


def test_a_layer_put_around_the_built_stack_is_the_outermost(open_app: OpenApp) -> None:
    source = """\
        from fastapi import FastAPI
        from fastapi.middleware.cors import CORSMiddleware
        app = FastAPI()
        original = app.build_middleware_stack
        app.build_middleware_stack = lambda: CORSMiddleware(original(), allow_origins=["*"])
        """
    first, second = open_app(source).description.layers[:2]
    assert (first.name, first.is_builtin, first.place.line if first.place else None) == ("CORSMiddleware", False, 5)
    assert second.name == "ServerErrorMiddleware"


def test_exception_handlers_are_reported_with_the_one_that_answers_outside_of_everything(open_app: OpenApp) -> None:
    source = """\
        from fastapi import FastAPI
        from starlette.responses import PlainTextResponse
        app = FastAPI()

        @app.exception_handler(Exception)
        async def anything(request, error):
            return PlainTextResponse("no", 500)

        @app.exception_handler(404)
        async def missing(request, error):
            return PlainTextResponse("no", 404)
        """
    description = open_app(source).description
    own = [handler for handler in description.exception_handlers if not handler.is_builtin]
    assert [
        (handler.key, handler.name, handler.catches_all, handler.place.line if handler.place else None) for handler in own
    ] == [
        ("Exception", "anything", True, 5),
        ("404", "missing", False, 9),
    ]
    assert description.apps[0].handles_all_errors


def test_a_stack_that_cannot_be_built_is_reported(open_app: OpenApp) -> None:
    source = """\
        from fastapi import FastAPI
        from fastapi.middleware.cors import CORSMiddleware
        app = FastAPI()
        app.add_middleware(CORSMiddleware, origins=["*"])
        """
    description = open_app(source).description
    error = description.stack_error
    assert error is not None
    assert lines(description) == [("CORSMiddleware", 4)]
    assert error.summary.startswith("TypeError: ")
    assert "'origins'" in error.summary


LATE = """\
    from contextlib import asynccontextmanager
    from fastapi import APIRouter, FastAPI
    from fastapi.middleware.cors import CORSMiddleware

    {definition}

    @app.get("/")
    def home(): ...
    """
STARTUP = """app = FastAPI()
    @app.on_event("startup")
    def begin():
        app.add_middleware(CORSMiddleware, allow_origins=["*"])"""
LIFESPAN = """@asynccontextmanager
    async def lifespan(app):
        app.add_middleware(CORSMiddleware, allow_origins=["*"])
        yield
    app = FastAPI(lifespan=lifespan)
    app.include_router(APIRouter())"""


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("definition", "moment", "line"), [(STARTUP, "startup", 8), (LIFESPAN, "lifespan", 7)], ids=["startup", "lifespan"]
)
def test_middleware_added_at_start_up_is_read_in_the_code_without_running_it(
    open_app: OpenApp, definition: str, moment: str, line: int
) -> None:
    (late,) = open_app(LATE.format(definition=definition)).description.late_middleware
    assert (late.moment, late.observed) == (moment, False)
    assert late.place is not None
    assert (late.place.file, late.place.line) == ("main.py", line)


def test_middleware_added_in_the_lifespan_is_observed_when_it_runs(open_app: OpenApp) -> None:
    description = open_app(LATE.format(definition=LIFESPAN), lifespan=True).description
    (late,) = description.late_middleware
    assert (late.moment, late.observed, late.place.line if late.place else None) == ("lifespan", True, 7)
    assert description.lifespan_error is not None
    assert description.lifespan_error.summary.startswith("RuntimeError: Cannot add middleware")
    assert description.lifespan_error.user_frame is not None
    assert description.lifespan_error.user_frame.line == 7


def test_the_lifespan_does_not_run_unless_asked_for(open_app: OpenApp, capfd: pytest.CaptureFixture[str]) -> None:
    source = """\
        from contextlib import asynccontextmanager
        from fastapi import FastAPI

        @asynccontextmanager
        async def lifespan(app):
            print("up")
            yield
            print("down")
        app = FastAPI(lifespan=lifespan)
        """
    session = open_app(source)
    assert (session.description.has_lifespan, session.description.lifespan_ran) == (True, False)
    session.close()
    assert capfd.readouterr().err == ""
    session = open_app(source, lifespan=True)
    assert (session.description.has_lifespan, session.description.lifespan_ran) == (True, True)
    assert session.description.lifespan_error is None
    session.close()
    assert capfd.readouterr().err.split() == ["up", "down"]


def test_the_same_app_mounted_twice_is_one_app(open_app: OpenApp) -> None:
    source = """\
        from fastapi import FastAPI
        from fastapi.middleware.cors import CORSMiddleware
        v1 = FastAPI(openapi_url=None)
        v1.add_middleware(CORSMiddleware, allow_origins=["*"])
        @v1.get("/x")
        def x(): ...
        app = FastAPI(openapi_url=None)
        app.mount("/v1", v1)
        app.mount("/latest", v1)
        """
    description = open_app(source).description
    assert len(description.cors_layers) == 1
    assert [(route.path, route.app, route.mounts) for route in description.routes if route.kind == "http"] == [
        ("/v1/x", 1, ("/v1",)),
        ("/latest/x", 1, ("/latest",)),
    ]
