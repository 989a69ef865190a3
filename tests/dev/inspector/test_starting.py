"""`install(app, ..., inspector=...)`: when the inspector stands around an app, and under which target the app is known."""

from __future__ import annotations

import asyncio
import importlib
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI, WebSocket
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route
from starlette.testclient import TestClient

from corsense import Policy, install
from corsense.app.target import AppTarget
from corsense.dev.inspector.inspector import PATH, Inspector
from corsense.dev.inspector.starting import inspected, target_of
from corsense.errors import InputError
from corsense.middleware import CORSMiddleware
from tests.cli.commands import corsense
from tests.middleware.asking import ORIGIN, UNTRUSTED_ORIGIN

POLICY = Policy(origins=[ORIGIN])


@pytest.fixture(autouse=True)
def development(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CORSENSE_INSPECTOR", raising=False)


def simple() -> FastAPI:
    app = FastAPI()

    @app.get("/items")
    def items() -> list[int]:
        return []

    @app.websocket("/ws")
    async def ws(socket: WebSocket) -> None:
        await socket.accept()
        await socket.send_text("hello")
        await socket.close()

    return app


def stack_of(app: Any) -> Any:
    """The middleware stack as the first request builds it."""
    TestClient(app).get("/items")
    return app.middleware_stack


@pytest.mark.parametrize(
    ("variable", "argument", "is_on"),
    [
        (None, None, False),
        (None, True, True),
        (None, False, False),
        ("", True, True),
        ("1", None, True),
        ("True", None, True),
        (" yes ", None, True),
        ("on", True, True),
        ("1", False, False),
        ("0", True, False),
        ("false", True, False),
        ("no", None, False),
        ("OFF", True, False),
    ],
)
def test_the_code_or_the_environment_puts_it_outside_of_everything(
    monkeypatch: pytest.MonkeyPatch, variable: str | None, argument: bool | None, is_on: bool
) -> None:
    if variable is not None:
        monkeypatch.setenv("CORSENSE_INSPECTOR", variable)
    app = simple()
    install(app, POLICY, inspector=argument)
    assert isinstance(stack_of(app), Inspector if is_on else CORSMiddleware)


def test_another_value_of_the_variable_is_an_error_that_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CORSENSE_INSPECTOR", "maybe")
    app = simple()
    with pytest.raises(
        InputError, match=r"^CORSENSE_INSPECTOR is 'maybe'; set it to 1 for the inspector, or to 0 to switch it off"
    ):
        install(app, POLICY)
    monkeypatch.setenv("CORSENSE_INSPECTOR", "1")
    install(app, POLICY)  # nothing was left half-installed


def test_production_is_refused_before_anything_is_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    app = simple()
    monkeypatch.setenv("ENVIRONMENT", "production")
    with pytest.raises(RuntimeError, match="ENVIRONMENT='production'"):
        install(app, POLICY, inspector=True)
    install(app, POLICY)
    assert isinstance(stack_of(app), CORSMiddleware)


def test_production_that_the_app_sets_itself_is_refused_when_it_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    app = simple()
    install(app, POLICY, inspector=True)
    monkeypatch.setenv("ENVIRONMENT", "production")
    with pytest.raises(RuntimeError, match="ENVIRONMENT='production'"):
        TestClient(app).get("/items")


OFF = """
import sys
from fastapi import FastAPI
from corsense import Policy, install
app = FastAPI()
handle = install(app, Policy(origins=["https://app.example.com"]){})
from starlette.testclient import TestClient
TestClient(app).get("/")
assert app.middleware_stack is handle.layer
print([name for name in sys.modules if name.startswith("corsense.dev")])
"""


@pytest.mark.parametrize(("argument", "variable"), [("", ""), (", inspector=False", "1"), (", inspector=True", "0")])
def test_off_nothing_of_it_is_imported_and_the_stack_is_the_same(argument: str, variable: str) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", OFF.format(argument)],
        capture_output=True,
        text=True,
        env={**os.environ, "CORSENSE_INSPECTOR": variable},
        timeout=60,
        check=False,
    )
    assert (ran.stdout, ran.stderr) == ("[]\n", "")


def test_the_app_serves_as_it_did() -> None:
    ran: list[str] = []

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        ran.append("start")
        yield
        ran.append("stop")

    app = simple()
    app.router.lifespan_context = lifespan
    handle = install(app, POLICY, inspector=True)
    assert handle.app is app
    with TestClient(app) as client:
        allowed = client.get("/items", headers={"Origin": ORIGIN})
        assert (allowed.json(), allowed.headers["access-control-allow-origin"]) == ([], ORIGIN)
        with client.websocket_connect("/ws", headers={"Origin": ORIGIN}) as socket:
            assert socket.receive_text() == "hello"
        handle.reconfigure(Policy(origins=[UNTRUSTED_ORIGIN]))
        assert (
            client.get("/items", headers={"Origin": UNTRUSTED_ORIGIN}).headers["access-control-allow-origin"] == UNTRUSTED_ORIGIN
        )
    assert ran == ["start", "stop"]


def test_it_may_come_when_the_app_is_serving() -> None:
    app = simple()
    client = TestClient(app)
    client.get("/items")
    install(app, POLICY, inspector=True)
    assert client.get("/items", headers={"Origin": ORIGIN}).headers["access-control-allow-origin"] == ORIGIN
    assert isinstance(app.middleware_stack, Inspector)


def test_a_stack_that_is_built_again_keeps_the_session() -> None:
    app = simple()
    install(app, POLICY, inspector=True)
    first = stack_of(app)
    app.middleware_stack = None
    assert stack_of(app) is first


def session_after(app: Any, *paths: str) -> list[str]:
    """The URLs that the inspector of an app has noted."""
    client = TestClient(app)
    for path in paths:
        client.get(path, headers={"Origin": ORIGIN})
    inspector = app if isinstance(app, Inspector) else app.middleware_stack
    return asyncio.run(noted_by(inspector, len(paths)))


async def noted_by(inspector: Inspector, count: int) -> list[str]:
    for _ in range(500):
        _, shown = inspector.session.shown()
        if len(shown) >= count:
            return [one.judged.call.url for one in shown]
        await asyncio.sleep(0.02)
    raise AssertionError("the session noted too little")


def test_a_mounted_app_with_an_inspector_of_its_own_is_noted_once() -> None:
    inner = simple()
    install(inner, POLICY, inspector=True)
    app = Starlette(routes=[Mount("/api", inner), Route("/plain", lambda request: PlainTextResponse("x"))])
    install(app, POLICY, inspector=True)
    with pytest.warns(UserWarning, match="a CORS layer of its own"):
        noted = session_after(app, "/api/items", "/plain")
    assert noted == ["http://testserver/api/items", "http://testserver/plain"]
    assert isinstance(inner.middleware_stack, Inspector)
    assert inner.middleware_stack.session.shown() == (0, [])


def test_any_asgi_app_can_be_inspected() -> None:
    app = inspected(CORSMiddleware(simple(), policy=POLICY))
    assert session_after(app, "/items") == ["http://testserver/items"]


def test_the_page_is_below_the_root_path() -> None:
    pages: list[str] = []

    async def page(scope: Any, receive: Any, send: Any) -> None:
        pages.append(scope["path"])
        await PlainTextResponse("page")(scope, receive, send)

    app = Inspector(simple(), inspected(simple()).session, page)
    assert TestClient(app, root_path="/v1").get(PATH).text == "page"
    assert TestClient(app).get(f"{PATH}/events").text == "page"
    assert TestClient(app).get(f"{PATH}x").status_code == 404
    assert len(pages) == 2


FACTORIES = """\
import functools
from fastapi import FastAPI
from corsense import Policy, install
POLICY = Policy(origins=["https://app.example.com"])
def configure(app):
    install(app, POLICY)
"""


def found_target(inspector: Inspector) -> AppTarget:
    """The target that an inspector loads its app by."""
    explain: Any = inspector.session.explain
    target = explain.__self__.target
    assert isinstance(target, AppTarget)
    return target


class TestTheTarget:
    """Under which name `corsense check` loads the same app."""

    @pytest.fixture
    def project(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
        """A folder on the path, with packages of its own."""
        monkeypatch.syspath_prepend(str(tmp_path))
        for name in [name for name in sys.modules if name.startswith("shop")]:
            monkeypatch.delitem(sys.modules, name)
        yield tmp_path
        for name in [name for name in sys.modules if name.startswith("shop")]:
            del sys.modules[name]

    @staticmethod
    def written(folder: Path, **files: str) -> None:
        for name, text in files.items():
            file = folder / (name.replace("__", "/") + ".py")
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)

    def test_it_is_the_module_that_makes_the_app_and_not_one_that_imports_it(self, project: Path) -> None:
        (project / "shop").mkdir()
        (project / "shop" / "__init__.py").write_text("from shop.main import api\nfrom shop.late import api as other\n")
        self.written(
            project, shop__main="from fastapi import FastAPI\napi = FastAPI()\n", shop__late="from shop.main import api\n"
        )
        target = target_of(importlib.import_module("shop").api)
        assert target is not None
        assert (target.name, target.factory) == ("shop.main:api", False)
        assert target.paths == (str(project), os.getcwd())
        assert target.directory == os.getcwd()

    def test_folders_without_init_are_packages_too(self, project: Path) -> None:
        self.written(
            project, shopapp__core__main="from starlette.applications import Starlette\nif True:\n    app = Starlette()\n"
        )
        target = target_of(importlib.import_module("shopapp.core.main").app)
        assert target is not None
        assert (target.name, target.paths[0]) == ("shopapp.core.main:app", str(project))

    def test_the_init_of_a_package_may_make_the_app(self, project: Path) -> None:
        (project / "shoppack").mkdir()
        (project / "shoppack" / "__init__.py").write_text("from starlette.applications import Starlette\napp = Starlette()\n")
        target = target_of(importlib.import_module("shoppack").app)
        assert target is not None
        assert (target.name, target.paths[0]) == ("shoppack:app", str(project))

    @pytest.mark.parametrize(
        "factory",
        [
            "def make():\n    app = FastAPI()\n    install(app, POLICY)\n    return app\n",
            "def make(debug=False, *parts, **more):\n    api = FastAPI()\n    configure(api)\n    return api\n",
            "@functools.cache\ndef make():\n    app = FastAPI()\n    install(app, POLICY)\n    return app\n",
        ],
    )
    def test_a_factory_is_the_target_of_an_app_that_no_module_holds(
        self, project: Path, monkeypatch: pytest.MonkeyPatch, factory: str
    ) -> None:
        monkeypatch.setenv("CORSENSE_INSPECTOR", "1")
        self.written(project, shopfactory=f"{FACTORIES}{factory}")
        inspector = stack_of(importlib.import_module("shopfactory").make())
        assert (inspector.session.target, found_target(inspector).factory) == ("shopfactory:make", True)

    @pytest.mark.parametrize(
        "factory",
        [
            "def make(settings):\n    app = FastAPI()\n    install(app, POLICY)\n    return app\nAPP = [make(1)]\n",
            "def main():\n    app = FastAPI()\n    install(app, POLICY)\n    APP.append(app)\nAPP = []\nmain()\n",
            "def main():\n    app = FastAPI()\n    install(app, POLICY)\n    return [app]\nAPP = main()\n",
            "class Server:\n    def __init__(self):\n        self.app = FastAPI()\n        install(self.app, POLICY)\n"
            "APP = [Server().app]\n",
        ],
    )
    def test_a_function_that_is_no_factory_is_not_run_again(
        self, project: Path, monkeypatch: pytest.MonkeyPatch, factory: str
    ) -> None:
        monkeypatch.setenv("CORSENSE_INSPECTOR", "1")
        self.written(project, shopother=f"{FACTORIES}{factory}")
        inspector = stack_of(importlib.import_module("shopother").APP[0])
        assert inspector.session.target == "the app"

    def test_an_app_that_no_module_holds_has_none(self) -> None:
        assert target_of(FastAPI()) is None

    def test_an_app_of_the_program_itself_is_named_by_its_file(self, project: Path) -> None:
        self.written(
            project,
            run="from starlette.applications import Starlette\n"
            "from corsense.dev.inspector.starting import target_of\n"
            "app = Starlette()\n"
            "print(target_of(app))\n",
        )
        ran = subprocess.run([sys.executable, "run.py"], cwd=project, capture_output=True, text=True, timeout=60, check=True)
        assert "module='run', attribute='app', factory=False" in ran.stdout


def test_an_app_that_is_checked_has_no_inspector(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "main.py").write_text(
        "import sys\nfrom fastapi import FastAPI\nfrom corsense import Policy, install\napp = FastAPI()\n"
        "install(app, Policy(origins=['https://app.example.com']), inspector=True)\n"
        "assert not any(name.startswith('corsense.dev') for name in sys.modules)\n"
        "app.get('/items')(lambda: [])\n"
    )
    monkeypatch.setenv("CORSENSE_INSPECTOR", "1")
    ran = corsense("check", "main:app", "--origin", "https://app.example.com", "--format", "json", folder=tmp_path)
    assert (ran.status, ran.document["summary"]["blocked"]) == (0, 0)
