"""The built wheel does its work in an empty environment, on every supported Python, with old and new frameworks."""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.installed.conftest import ROOT, Environment, interpreter, run, succeed

COMBINATIONS = [
    ("3.11", "fastapi==0.115.*"),
    ("3.12", "fastapi"),
    ("3.13", "fastapi"),
    ("3.13", "starlette"),
]

STARLETTE_APP = """
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import JSONResponse
from starlette.routing import Route


async def users(request):
    return JSONResponse({})


app = Starlette(
    routes=[Route("/api/users/{user_id}", users, methods=["GET", "DELETE"])],
    middleware=[
        Middleware(
            CORSMiddleware,
            allow_origins=["http://localhost:3000"],
            allow_methods=["GET", "POST"],
        )
    ],
)
"""

PLUGIN_TEST = """
from corsense.testing import assert_cors_allowed, assert_cors_blocked

from main import app


def test_the_frontend_may_delete(cors):
    cors.allowed(app, "DELETE", "/api/users/7", origin="http://localhost:3000")


def test_another_page_may_not():
    assert_cors_blocked(app, "DELETE", "/api/users/7", origin="https://evil.example")
"""

DELETE = ("--origin", "http://localhost:3000", "--request", "DELETE /api/users/7")


@pytest.fixture(scope="module", params=COMBINATIONS, ids=lambda pair: f"{pair[0]}-{pair[1]}")
def installed(request: pytest.FixtureRequest, wheel: Path, environment: Callable[..., Environment]) -> tuple[Environment, str]:
    version, framework = request.param
    return environment(version, wheel, framework, "pytest"), framework


@pytest.fixture
def project(installed: tuple[Environment, str], tmp_path: Path) -> Path:
    """A folder with an app that forgot DELETE."""
    if installed[1] == "starlette":
        (tmp_path / "main.py").write_text(STARLETTE_APP, encoding="utf-8")
    else:
        shutil.copy(ROOT / "examples" / "broken" / "delete-forgotten" / "main.py", tmp_path)
    return tmp_path


@pytest.fixture
def corsense(installed: tuple[Environment, str]) -> Path:
    return installed[0].corsense


def test_every_public_module_can_be_imported(installed: tuple[Environment, str], tmp_path: Path) -> None:
    modules = "corsense, corsense.fetch, corsense.testing, corsense.middleware, corsense.settings, corsense.transports"
    succeed(installed[0].python, "-c", f"import {modules}; corsense.Policy(origins=['https://a.example'])", folder=tmp_path)


def test_it_tells_its_version(corsense: Path, tmp_path: Path) -> None:
    assert re.fullmatch(r"corsense \d+\.\d+\.\d+\n", succeed(corsense, "--version", folder=tmp_path))


def test_check_finds_the_cause_and_fix_repairs_it(corsense: Path, project: Path) -> None:
    found = run(corsense, "check", "main:app", *DELETE, folder=project)
    assert found.returncode == 1, found.stdout + found.stderr
    assert "error[CORS601]" in found.stdout
    fixed = run(corsense, "fix", "main:app", *DELETE, "--write", folder=project)
    assert fixed.returncode == 0, fixed.stdout + fixed.stderr
    assert '"DELETE"' in (project / "main.py").read_text(encoding="utf-8")
    assert run(corsense, "check", "main:app", *DELETE, folder=project).returncode == 0


def test_lint_judges_source(corsense: Path, tmp_path: Path) -> None:
    source = 'from corsense import CORSMiddleware\n\nCORSMiddleware(None, allow_origins=["https://a.example/"])\n'
    (tmp_path / "wrong.py").write_text(source, encoding="utf-8")
    ran = run(corsense, "lint", "wrong.py", folder=tmp_path)
    assert ran.returncode == 1, ran.stdout + ran.stderr
    assert "error[CORS201]" in ran.stdout


def test_explain_reads_a_message(corsense: Path, tmp_path: Path) -> None:
    message = (
        "Access to fetch at 'http://localhost:8000/' from origin 'http://localhost:3000' has been blocked by CORS policy: "
        "No 'Access-Control-Allow-Origin' header is present on the requested resource."
    )
    ran = run(corsense, "explain", folder=tmp_path, text=message)
    assert "missing-cors-middleware" in ran.stdout, ran.stdout + ran.stderr


def test_the_pytest_plugin_is_found_and_judges(installed: tuple[Environment, str], corsense: Path, project: Path) -> None:
    (project / "test_cors.py").write_text(PLUGIN_TEST, encoding="utf-8")
    ran = run(installed[0].python, "-m", "pytest", "-q", folder=project)
    assert "1 failed, 1 passed" in ran.stdout, ran.stdout + ran.stderr
    succeed(corsense, "fix", "main:app", *DELETE, "--write", folder=project)
    assert "2 passed" in succeed(installed[0].python, "-m", "pytest", "-q", folder=project)


def test_the_distributions_are_fit_for_an_index(distributions: Path) -> None:
    succeed(sys.executable, "-m", "twine", "check", "--strict", *sorted(distributions.glob("corsense-*")), folder=distributions)


def test_a_plain_pip_install_of_the_oldest_pip_brings_the_command_line(wheel: Path, tmp_path: Path) -> None:
    succeed(interpreter("3.11"), "-m", "venv", tmp_path / "env", folder=tmp_path)
    succeed(tmp_path / "env" / "bin" / "pip", "install", "--quiet", wheel, folder=tmp_path)
    command = tmp_path / "env" / "bin" / "corsense"
    assert "method-not-allowed" in succeed(command, "rule", "CORS601", folder=tmp_path)
    without_a_framework = run(command, "check", "main:app", folder=tmp_path)
    assert without_a_framework.returncode == 2
    assert "Traceback" not in without_a_framework.stderr
