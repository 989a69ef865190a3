"""The configuration on the command line: what commands take from it, and what overrides it."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from tests.cli.commands import corsense
from tests.config.test_reading import write

APP = """\
from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

app = FastAPI()
app.add_middleware(CORSMiddleware, allow_origins=["https://app.example.com/"])


@app.get("/items")
def items() -> list[str]:
    return []
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    table = 'app = "shop.web:app"\norigins = ["https://app.example.com"]\ncredentials = "include"\n'
    return write(tmp_path, {"shop/web.py": APP, "shop/deep/x.py": "", "pyproject.toml": f"[tool.corsense]\n{table}"})


def asked(document: dict[str, list[dict[str, str]]]) -> set[tuple[str, str]]:
    return {(result["origin"], result["credentials"]) for result in document["results"]}


@pytest.mark.parametrize("folder", [".", "shop/deep"])
def test_check_takes_app_origins_and_credentials_from_the_project_around_it(project: Path, folder: str) -> None:
    ran = corsense("check", "--format", "json", folder=project / folder)
    assert ran.document["target"]["name"] == "shop.web:app"
    assert asked(ran.document) == {("https://app.example.com", "include")}


def test_options_override_the_configuration(project: Path) -> None:
    options = ("--origin", "http://localhost:3000", "--credentials", "omit")
    ran = corsense("check", *options, "--format", "json", folder=project)
    assert asked(ran.document) == {("http://localhost:3000", "omit")}


def test_the_page_of_a_pasted_request_comes_before_the_configured_one(project: Path) -> None:
    pasted = "curl http://localhost:8000/items -H 'Origin: http://localhost:3000'"
    ran = corsense("check", "shop.web:app", "--curl", pasted, "--format", "json", folder=project)
    assert {origin for origin, _ in asked(ran.document)} == {"http://localhost:3000"}
    ran = corsense("check", "shop.web:app", "--curl", "curl http://localhost:8000/items", "--format", "json", folder=project)
    assert {origin for origin, _ in asked(ran.document)} == {"https://app.example.com"}


def test_fix_lets_the_configured_origins_in(project: Path) -> None:
    ran = corsense("fix", "--write", folder=project)
    assert ran.status in (0, 1)
    assert 'allow_origins=["https://app.example.com"]' in (project / "shop/web.py").read_text()


def test_check_plans_for_the_configured_place_and_clients(project: Path) -> None:
    keys = 'base-url = "https://api.example.com"\nbehind-proxy = true\nclient = ["tus"]\n'
    write(project, {"pyproject.toml": f'[tool.corsense]\napp = "shop.web:app"\n{keys}'})
    named = ("--request", "POST /items")
    results = corsense("check", *named, "--format", "json", folder=project).document["results"]
    assert all(result["url"].startswith("https://api.example.com/") for result in results)
    sent = {value for result in results for exchange in result["exchanges"] for _, value in exchange["request"]["headers"]}
    assert any("tus-resumable" in value for value in sent)
    options = ("--base-url", "http://localhost:9000", "--no-behind-proxy", "--request", "GET /items")
    urls = {result["url"] for result in corsense("check", *options, "--format", "json", folder=project).document["results"]}
    assert urls == {"http://localhost:9000/items"}


@pytest.mark.parametrize(
    ("key", "message"),
    [
        (
            'base-url = "api.example.com"',
            "[tool.corsense] base-url in pyproject.toml: 'api.example.com' is not an http or https URL",
        ),
        ('client = ["mpc"]', "[tool.corsense] client in pyproject.toml: "),
        ('python = "nowhere/python"', "nowhere/python"),
    ],
)
def test_a_value_that_cannot_be_used_is_named_with_its_key(project: Path, key: str, message: str) -> None:
    write(project, {"pyproject.toml": f'[tool.corsense]\napp = "shop.web:app"\n{key}\n'})
    ran = corsense("check", folder=project)
    assert (ran.status, ran.out) == (2, "")
    assert message in ran.err
    assert len(ran.err.splitlines()) == 1


def test_the_configured_interpreter_runs_the_app(project: Path) -> None:
    own = f"{sys.prefix}/bin/python" if os.name == "posix" else sys.executable
    write(project, {"pyproject.toml": f'[tool.corsense]\napp = "shop.web:app"\npython = "{own}"\n'})
    assert corsense("check", "--quiet", folder=project).status == 1


@pytest.mark.parametrize("command", [["check"], ["fix"], ["lint"], ["check", "http://127.0.0.1:9/"]])
def test_a_mistake_ends_every_command_with_one_sentence(project: Path, command: list[str]) -> None:
    write(project, {"pyproject.toml": "[tool.corsense]\norgins = []\n"})
    ran = corsense(*command, folder=project)
    assert (ran.status, ran.out) == (2, "")
    assert ran.err.splitlines() == ["corsense: [tool.corsense] of pyproject.toml has no key 'orgins'; did you mean origins?"]


def test_an_origin_that_no_browser_sends_is_named_with_its_key(project: Path) -> None:
    write(project, {"pyproject.toml": '[tool.corsense]\norigins = ["localhost:3000"]\n'})
    ran = corsense("check", "shop.web:app", folder=project)
    assert ran.status == 2
    assert "[tool.corsense] origins in pyproject.toml: 'localhost:3000' is not an origin" in ran.err


def test_the_schema_is_printed(tmp_path: Path) -> None:
    from corsense.config import configuration_schema

    assert corsense("schema", "config", folder=tmp_path).document == configuration_schema()
