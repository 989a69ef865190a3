"""Apps in environments of their own: other Pythons, other releases of the frameworks, nothing of corsense's."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from corsense.app import AppSession, Probe
from corsense.fetch import FetchRequest
from tests.app.conftest import write_files
from tests.app.environments import ROOT, environment, interpreter

CORSENSE = str(ROOT / ".venv/bin/corsense")
ORIGIN = "http://localhost:3000"
FASTAPI = """
from typing import Optional

from fastapi import APIRouter, Depends, FastAPI, Header
from fastapi.middleware.cors import CORSMiddleware
from fastapi.security import HTTPBearer
from pydantic import BaseModel

app = FastAPI()
router = APIRouter(prefix="/api")


class Item(BaseModel):
    name: str


@router.get("/items/{key}")
def item(key: int):
    return {}


@router.post("/items")
def add(item: Item, token=Depends(HTTPBearer())):
    raise SystemExit("the endpoint ran")


@router.delete("/items/{key}")
async def drop(key: int, x_reason: str = Header(), x_note: Optional[str] = Header(None)):
    raise SystemExit("the endpoint ran")


app.include_router(router)
app.add_middleware(
    CORSMiddleware,
    allow_origins=["http://localhost:3000/"],
    allow_methods=["GET"],
)
"""
STARLETTE = """
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import JSONResponse
from starlette.routing import Mount, Route


async def items(request):
    raise SystemExit("the endpoint ran")


app = Starlette(
    routes=[Mount("/api", routes=[Route("/items/{key:int}", items, methods=["GET", "POST", "DELETE"])])],
    middleware=[
        Middleware(
            CORSMiddleware,
            allow_origins=["http://localhost:3000/"],
            allow_methods=["GET"],
        )
    ],
)
"""
ENVIRONMENTS = {
    "3.9, FastAPI 0.115": ("3.9", "fastapi==0.115.0"),
    "3.10, FastAPI 0.115": ("3.10", "fastapi==0.115.12"),
    "3.10, FastAPI 0.100": ("3.10", "fastapi==0.100.0", "starlette==0.27.0"),
    "3.12, FastAPI 0.128": ("3.12", "fastapi==0.128.0"),
    "3.13, newest FastAPI": ("3.13", "fastapi"),
    "3.9, Starlette 0.27": ("3.9", "starlette==0.27.0"),
    "3.13, newest Starlette": ("3.13", "starlette"),
}

pytestmark = pytest.mark.environments


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Makes environments that all workers of one run share."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if base.name.startswith("popen-") else base
    return lambda version, *packages: environment(shared / "environments", version, *packages)


def corsense(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([CORSENSE, *arguments], cwd=folder, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("wanted", list(ENVIRONMENTS.values()), ids=list(ENVIRONMENTS))
def test_an_app_of_another_environment_is_checked_and_fixed_with_proof(
    made: Callable[..., Path], tmp_path: Path, wanted: tuple[str, ...]
) -> None:
    python = made(*wanted)
    is_fastapi = wanted[1].startswith("fastapi")
    write_files(tmp_path, FASTAPI if is_fastapi else STARLETTE)
    checked = corsense(tmp_path, "check", "main:app", "--python", str(python), "--origin", ORIGIN, "--format", "json")
    report = json.loads(checked.stdout)
    assert checked.returncode == 1, checked.stderr
    found = {finding["slug"]: finding for finding in report["findings"] if finding["severity"] != "info"}
    headers = {"header-not-allowed"} if is_fastapi else set()
    assert found.keys() == {"origin-trailing-slash", "method-not-allowed", *headers}
    assert {finding["fix"]["verified"] for finding in found.values()} == {True}
    assert all(finding["file"] == "main.py" and finding["line"] for finding in found.values())
    written = corsense(tmp_path, "fix", "main:app", "--python", str(python), "--origin", ORIGIN, "--write")
    assert written.returncode == 0, written.stderr + written.stdout
    assert f"corsense: the app runs with {python}/bin/python (--python).\n" in written.stderr
    again = corsense(tmp_path, "check", "main:app", "--python", str(python), "--origin", ORIGIN, "--format", "json")
    assert again.returncode == 0, again.stdout
    results = json.loads(again.stdout)["results"]
    assert {result["outcome"] for result in results if result["scenario"] == "success"} == {"allowed"}


@pytest.mark.parametrize("wanted", list(ENVIRONMENTS.values()), ids=list(ENVIRONMENTS))
def test_an_app_is_described_alike_in_every_environment(
    made: Callable[..., Path], tmp_path: Path, wanted: tuple[str, ...]
) -> None:
    is_fastapi = wanted[1].startswith("fastapi")
    write_files(tmp_path, FASTAPI if is_fastapi else STARLETTE)
    with AppSession.start(f"{tmp_path}/main.py:app", base=tmp_path, python=str(made(*wanted) / "bin/python")) as session:
        app = session.description
        probes = [Probe(FetchRequest("http://localhost:8000/api/items/1", "http://localhost:3000/"), "error")]
        (result,) = session.run(probes)
    assert app.kind == ("fastapi" if is_fastapi else "starlette")
    assert app.versions["python"].startswith(f"{wanted[0]}.")
    (layer,) = app.cors_layers
    assert layer.arguments == {"allow_origins": ["http://localhost:3000/"], "allow_methods": ["GET"]}
    assert layer.place is not None
    lines = (tmp_path / "main.py").read_text().splitlines()
    call = "app.add_middleware(" if is_fastapi else "Middleware("
    assert layer.place.column is not None
    assert lines[layer.place.line - 1][layer.place.column - 1 :].startswith(call)
    assert lines[(layer.place.end_line or 0) - 1].rstrip().endswith(")")
    assert app.apps[0].variable == "app"
    routes = {
        (route.path, method) for route in app.routes if not route.builtin and route.kind == "http" for method in route.methods
    }
    if is_fastapi:
        assert routes == {("/api/items/{key}", "GET"), ("/api/items", "POST"), ("/api/items/{key}", "DELETE")}
        (drop,) = (route for route in app.routes if "DELETE" in route.methods)
        assert (drop.headers, drop.optional_headers) == (("x-reason",), ("x-note",))
        (add,) = (route for route in app.routes if "POST" in route.methods)
        assert (add.body, add.security) == ("json", ("authorization",))
    else:
        assert {path for path, _ in routes} == {"/api/items/{key:int}"}
    (facts,) = result.exchanges
    assert (facts.answered_by, facts.stood_in) == ("server-error", True)
    assert facts.route is not None
    assert "GET" in app.routes[facts.route].methods


def test_what_is_not_installed_is_reported_with_the_environment_that_lacks_it(made: Callable[..., Path], tmp_path: Path) -> None:
    write_files(tmp_path, FASTAPI)
    bare = made("3.9")
    done = corsense(tmp_path, "check", "main:app", "--python", str(bare))
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].endswith(
        "Importing 'main' failed: No module named 'fastapi'. "
        f"fastapi is not installed in {bare}/bin/python: install it there, "
        "or name the interpreter that runs the app with --python."
    )


def test_the_environment_beside_the_project_is_found(made: Callable[..., Path], tmp_path: Path) -> None:
    write_files(tmp_path, {"main.py": STARLETTE, "pyproject.toml": "", "src/web.py": STARLETTE})
    (tmp_path / ".venv").symlink_to(made("3.9", "starlette==0.27.0"), target_is_directory=True)
    for folder in (tmp_path, tmp_path / "src"):
        target = "main:app" if folder == tmp_path else "web:app"
        done = corsense(folder, "check", target, "--format", "text", "--origin", ORIGIN)
        assert done.returncode == 1, done.stderr
        assert f"corsense: the app runs with {tmp_path}/.venv/bin/python (.venv)." in done.stderr


@pytest.mark.parametrize("version", ["3.8", "3.7"])
def test_a_python_that_is_too_old_is_reported_as_such(tmp_path: Path, version: str) -> None:
    write_files(tmp_path, STARLETTE)
    python = interpreter(version)
    done = corsense(tmp_path, "check", "main:app", "--python", python)
    assert done.returncode == 2
    assert f"{python!r} is Python {version}." in done.stderr
    assert done.stderr.endswith(
        "and corsense needs 3.9 or newer for the app. Name the interpreter that runs the app with --python.\n"
    )


def test_the_agent_needs_nothing_but_the_standard_library_of_3_9() -> None:
    """What the files of the agent import, and that Python 3.9 can compile them."""
    import ast

    for file in sorted((ROOT / "src/corsense/app/agent").glob("*.py")):
        tree = ast.parse(file.read_text("utf-8"), feature_version=(3, 9))
        for node in ast.walk(tree):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.level == 0:
                names = [node.module or ""]
            for name in names:
                known = name.partition(".")[0] in {*sys.stdlib_module_names, "fastapi", "uvicorn"}
                assert known, f"{file.name} imports {name}"
