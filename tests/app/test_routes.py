from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from corsense.app import AppDescription, AppSession, AppTarget, RouteInfo
from tests.app.conftest import OpenApp, write_files

SHOP = {
    "main.py": """
        import enum
        import uuid
        from typing import Annotated, Literal

        from fastapi import APIRouter, Cookie, Depends, FastAPI, File, Form, Header, UploadFile, WebSocket
        from fastapi.security import APIKeyHeader, HTTPBearer, OAuth2PasswordBearer
        from fastapi.staticfiles import StaticFiles
        from pydantic import BaseModel
        from starlette.endpoints import HTTPEndpoint
        from starlette.responses import PlainTextResponse
        from starlette.routing import Mount, Route

        from users import router as users

        class Size(enum.Enum):
            SMALL = "small"

        class Item(BaseModel):
            name: str

        async def raw(scope, receive, send):
            raise AssertionError("an unknown app is not run")

        def plain(request):
            return PlainTextResponse("plain")

        class Verbs(HTTPEndpoint):
            def get(self, request):
                return PlainTextResponse("get")

            def put(self, request):
                return PlainTextResponse("put")

        app = FastAPI(docs_url=None, redoc_url=None)
        bearer = HTTPBearer()
        key = APIKeyHeader(name="X-Key")

        @app.get("/sizes/{size}/{kind}/{ident}/{count}/{rest:path}")
        def sized(size: Size, kind: Literal["new", "old"], ident: uuid.UUID, count: int, rest: str):
            ...

        @app.post("/items")
        def create(item: Item, x_trace: Annotated[str, Header()], session: Annotated[str, Cookie()], token=Depends(bearer)):
            ...

        @app.post("/login")
        def login(name: Annotated[str, Form()]):
            ...

        @app.post("/upload")
        def upload(file: Annotated[UploadFile, File()]):
            ...

        def signed_in(token: Annotated[str, Depends(OAuth2PasswordBearer("token"))], other: Annotated[str, Depends(key)]):
            ...

        @app.delete("/items/{name}", dependencies=[Depends(signed_in)])
        def remove(name: str):
            ...

        @app.websocket("/ws/{room}")
        async def talk(websocket: WebSocket, room: str):
            ...

        inner = APIRouter(prefix="/inner", redirect_slashes=False)

        @inner.api_route("/both", methods=["PATCH", "PUT"])
        def both():
            ...

        outer = APIRouter(prefix="/outer")
        outer.include_router(inner, prefix="/v1")
        app.include_router(outer, prefix="/api")
        app.include_router(users)
        app.include_router(users, prefix="/again")
        app.add_route("/plain/{number:int}/{rate:float}", plain, methods=["GET", "POST"])
        app.router.routes.append(Route("/verbs", Verbs))
        app.mount("/files", StaticFiles(directory="files"))
        app.mount("/raw", raw)
        sub = FastAPI(openapi_url=None, redirect_slashes=False)

        @sub.get("/there/{name}")
        def there(name: str):
            ...

        app.mount("/tenants/{tenant}", sub)
        app.router.routes.append(Mount("/group", routes=[Route("/one", plain), Mount("/deep", routes=[Route("/two", plain)])]))
    """,
    "users.py": """
        import functools

        from fastapi import APIRouter

        router = APIRouter(prefix="/users")

        def logged(function):
            @functools.wraps(function)
            def wrapper(*args, **kwargs):
                return function(*args, **kwargs)
            return wrapper

        @router.get("")
        @logged
        def list_users():
            ...
    """,
    "files/style.css": "a {}",
}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AppDescription]:
    folder = tmp_path_factory.mktemp("shop")
    write_files(folder, SHOP)
    with AppSession.start(AppTarget.parse(directory=folder), base=folder) as session:
        yield session.description


def route(description: AppDescription, path: str, kind: str = "http") -> RouteInfo:
    (found,) = [route for route in description.routes if route.path == path and route.kind == kind]
    return found


def line_of(text: str, file: str = "main.py") -> int:
    """The line of a file of the shop on which a text stands."""
    return next(number for number, line in enumerate(SHOP[file].splitlines(), 1) if line.strip() == text)


def test_every_route_is_listed_in_the_order_it_is_tried(shop: AppDescription) -> None:
    assert [(info.path, info.kind) for info in shop.routes] == [
        ("/openapi.json", "http"),
        ("/sizes/{size}/{kind}/{ident}/{count}/{rest:path}", "http"),
        ("/items", "http"),
        ("/login", "http"),
        ("/upload", "http"),
        ("/items/{name}", "http"),
        ("/ws/{room}", "websocket"),
        ("/api/outer/v1/inner/both", "http"),
        ("/users", "http"),
        ("/again/users", "http"),
        ("/plain/{number:int}/{rate:float}", "http"),
        ("/verbs", "http"),
        ("/files", "static"),
        ("/raw", "mount"),
        ("/tenants/{tenant}", "mount"),
        ("/tenants/{tenant}/there/{name}", "http"),
        ("/group", "mount"),
        ("/group/one", "http"),
        ("/group/deep", "mount"),
        ("/group/deep/two", "http"),
    ]
    assert [info.index for info in shop.routes] == list(range(len(shop.routes)))


def test_methods_are_those_that_are_answered(shop: AppDescription) -> None:
    assert route(shop, "/items").methods == ("POST",)
    assert route(shop, "/api/outer/v1/inner/both").methods == ("PATCH", "PUT")
    assert route(shop, "/plain/{number:int}/{rate:float}").methods == ("GET", "HEAD", "POST")
    assert route(shop, "/verbs").methods == ("GET", "HEAD", "PUT")
    assert route(shop, "/raw", "mount").methods == ()


def test_example_paths_carry_values_that_fit_the_parameters(shop: AppDescription) -> None:
    sized = route(shop, "/sizes/{size}/{kind}/{ident}/{count}/{rest:path}")
    assert sized.example_path == "/sizes/small/new/123e4567-e89b-42d3-a456-426614174000/1/x"
    assert route(shop, "/items/{name}").example_path == "/items/example"
    assert route(shop, "/plain/{number:int}/{rate:float}").example_path == "/plain/1/1.5"
    assert route(shop, "/tenants/{tenant}/there/{name}").example_path == "/tenants/example/there/example"
    assert route(shop, "/group/deep/two").example_path == "/group/deep/two"
    assert route(shop, "/files", "static").example_path == "/files/style.css"


def test_an_endpoint_is_placed_where_its_decorators_begin(shop: AppDescription) -> None:
    place = route(shop, "/items").endpoint_place
    assert place is not None
    assert (place.file, place.line) == ("main.py", line_of('@app.post("/items")'))
    wrapped = route(shop, "/again/users").endpoint_place
    assert wrapped is not None
    assert (wrapped.file, wrapped.line) == ("users.py", line_of('@router.get("")', "users.py"))
    by_class = route(shop, "/verbs").endpoint_place
    assert by_class is not None
    assert (by_class.file, by_class.line) == ("main.py", line_of("class Verbs(HTTPEndpoint):"))


def test_the_routes_of_the_framework_are_distinguished(shop: AppDescription) -> None:
    assert route(shop, "/openapi.json").builtin
    assert route(shop, "/openapi.json").endpoint_place is None
    assert not route(shop, "/items").builtin


def test_what_an_endpoint_reads_is_known_dependencies_included(shop: AppDescription) -> None:
    create = route(shop, "/items")
    assert (create.body, create.headers, create.security, create.cookies) == (
        "json",
        ("x-trace",),
        ("authorization",),
        ("session",),
    )
    assert route(shop, "/login").body == "form"
    assert route(shop, "/upload").body == "multipart"
    remove = route(shop, "/items/{name}")
    assert (remove.body, remove.has_body, remove.security) == (None, False, ("authorization", "x-key"))


def test_mounted_apps_are_apps_of_their_own(shop: AppDescription) -> None:
    there = route(shop, "/tenants/{tenant}/there/{name}")
    assert there.mounts == ("/tenants/{tenant}",)
    sub = shop.apps[there.app]
    assert (sub.kind, sub.prefix, sub.parent, sub.variable, sub.redirect_slashes) == (
        "fastapi",
        "/tenants/{tenant}",
        0,
        "sub",
        False,
    )
    assert not there.redirect_slashes
    assert sub.mounted_at is not None
    assert sub.mounted_at.line == line_of('app.mount("/tenants/{tenant}", sub)')
    assert route(shop, "/group/deep/two").mounts == ("/group", "/group/deep")
    assert shop.apps[route(shop, "/group/one").app].kind == "router"


def test_a_mounted_app_that_cannot_be_looked_into_is_marked(shop: AppDescription) -> None:
    assert route(shop, "/raw", "mount").opaque
    assert not route(shop, "/files", "static").opaque


def test_the_place_and_the_variable_of_an_app_are_known(shop: AppDescription) -> None:
    app = shop.apps[0]
    assert app.place is not None
    assert (app.place.file, app.place.line) == ("main.py", line_of("app = FastAPI(docs_url=None, redoc_url=None)"))
    line = SHOP["main.py"].splitlines()[app.place.line - 1].removeprefix("        ")
    assert app.place.column is not None
    assert app.place.end_column is not None
    assert line[app.place.column - 1 : app.place.end_column - 1] == "FastAPI(docs_url=None, redoc_url=None)"
    assert app.variable == "app"


def test_the_inclusions_of_routers_are_placed(shop: AppDescription) -> None:
    assert [(info.prefix, info.place.line if info.place else None) for info in shop.includes] == [
        ("/outer/v1/inner", line_of('outer.include_router(inner, prefix="/v1")')),
        ("/api/outer", line_of('app.include_router(outer, prefix="/api")')),
        ("/users", line_of("app.include_router(users)")),
        ("/again/users", line_of('app.include_router(users, prefix="/again")')),
    ]


def test_versions_are_reported(shop: AppDescription) -> None:
    assert set(shop.versions) == {"fastapi", "starlette", "python"}
    assert shop.kind == "fastapi"


def test_a_frontend_is_listed_after_all_other_routes(open_app: OpenApp) -> None:
    fastapi = pytest.importorskip("fastapi")
    if not hasattr(fastapi.FastAPI, "frontend"):
        pytest.skip("this FastAPI has no frontend()")
    source = """
        from fastapi import APIRouter, FastAPI
        app = FastAPI(openapi_url=None)
        app.frontend("/", directory="dist")
        router = APIRouter(prefix="/admin")
        router.frontend("/ui", directory="dist")
        app.include_router(router)
        @app.get("/api")
        def api(): ...
    """
    description = open_app({"main.py": source, "dist/index.html": "<p>"}).description
    assert [(info.path, info.kind, info.example_path) for info in description.routes] == [
        ("/api", "http", "/api"),
        ("/", "frontend", "/index.html"),
        ("/admin/ui", "frontend", "/admin/ui/index.html"),
    ]


def test_plain_starlette_is_described_too(open_app: OpenApp) -> None:
    source = """
        from starlette.applications import Starlette
        from starlette.responses import PlainTextResponse
        from starlette.routing import Host, Mount, Route, Router, WebSocketRoute

        async def home(request):
            return PlainTextResponse("home")

        async def talk(websocket): ...

        api = Router([Route("/status", home)])
        application = Starlette(routes=[
            Route("/", home),
            Route("/users/{id:uuid}", home, methods=["DELETE"]),
            WebSocketRoute("/ws", talk),
            Host("{sub}.example.org", app=api, name="api"),
            Mount("/v1", app=api),
        ])
    """
    description = open_app(source).description
    assert (description.kind, description.target) == ("starlette", "main:application")
    assert [(info.path, info.methods, info.kind, info.host) for info in description.routes] == [
        ("/", ("GET", "HEAD"), "http", None),
        ("/users/{id:uuid}", ("DELETE",), "http", None),
        ("/ws", (), "websocket", None),
        ("/status", ("GET", "HEAD"), "http", "example.example.org"),
        ("/v1", (), "mount", None),
        ("/v1/status", ("GET", "HEAD"), "http", None),
    ]


def test_convertors_of_the_app_are_honoured(open_app: OpenApp) -> None:
    source = """
        from starlette.applications import Starlette
        from starlette.convertors import Convertor, register_url_convertor
        from starlette.routing import Route

        class Day(Convertor):
            regex = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
            def convert(self, value): return value
            def to_string(self, value): return value

        register_url_convertor("day", Day())
        app = Starlette(routes=[Route("/days/{day:day}", lambda request: None)])
    """
    assert open_app(source).description.routes[0].example_path == "/days/2026-01-15"


def test_any_other_asgi_app_has_no_routes(open_app: OpenApp) -> None:
    source = """
        class App:
            async def __call__(self, scope, receive, send): ...
        app = App()
    """
    description = open_app(source).description
    assert (description.kind, description.routes, description.layers) == ("asgi", (), ())
    assert description.apps[0].name == "main.App"


def test_places_are_absolute_when_they_lie_outside_of_the_base(tmp_path: Path) -> None:
    write_files(tmp_path, "from fastapi import FastAPI\napp = FastAPI()\n")
    with AppSession.start(AppTarget.parse(directory=tmp_path), base=tmp_path / "elsewhere") as session:
        place = session.description.apps[0].place
    assert place is not None
    assert place.file == str(tmp_path / "main.py")


def test_columns_count_characters(open_app: OpenApp) -> None:
    place = open_app("from fastapi import FastAPI\nä, app = 'ß', FastAPI()\n").description.apps[0].place
    assert place is not None
    assert (place.column, place.end_column) == (15, 24)
