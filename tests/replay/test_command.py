"""`corsense policy replay`, run as a user runs it."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from tests.cli.commands import corsense
from tests.replay.logs import ADMIN, APP, EVIL, Hit, allowed, caddy, preflight, written

APP_SOURCE = """
from fastapi import FastAPI

from corsense import Policy, cors, install

app = FastAPI()


@app.get("/users/{user_id}")
def user(user_id: int) -> None: ...


@app.get("/public")
@cors(Policy(origins="*"))
def public() -> None: ...


install(app, Policy(origins=["https://app.example.com"], methods=["PUT"]))
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "main.py").write_text(APP_SOURCE)
    (tmp_path / "policy.json").write_text('{"origins": ["https://app.example.com"]}')
    (tmp_path / "wide.json").write_text('{"origins": ["https://app.example.com", "https://admin.example.com"]}')
    hits = [
        *[allowed(ADMIN, path=f"/users/{number}", headers={"Cookie": "a=b"} if number == 3 else {}) for number in range(4)],
        allowed(APP, path="/users/7"),
        allowed(EVIL, path="/public"),
        preflight("DELETE"),
    ]
    written(tmp_path, map(caddy, hits))
    written(tmp_path, [caddy(allowed(APP)), caddy(Hit(None))], "quiet.log")
    return tmp_path


def test_the_routes_and_their_policies_are_those_of_the_app(folder: Path) -> None:
    ran = corsense("policy", "replay", "access.log", "--policy", "main:app", folder=folder)
    assert ran.status == 1, ran.err
    assert "- https://admin.example.com  3 requests, 2026-09-21" in ran.out
    assert "allowed -> origin-not-allowed; GET on /users/{user_id}" in ran.out
    assert EVIL not in ran.out


def test_a_policy_file_and_an_app_for_the_routes(folder: Path) -> None:
    ran = corsense("policy", "replay", "access.log", "--policy", "policy.json", "--app", "main:app", folder=folder)
    assert "on /users/{user_id}" in ran.out
    shapes = corsense("policy", "replay", "access.log", "--policy", "policy.json", folder=folder)
    assert "on /{value}/{number}" in shapes.out


def test_nothing_changes_and_the_status_is_0(folder: Path) -> None:
    ran = corsense("policy", "replay", "access.log", "--policy", "policy.json", "--current", "policy.json", folder=folder)
    assert ran.status == 0, ran.err
    assert "No request changes its verdict" in ran.out


def test_what_the_log_does_not_say_is_said_beside_the_all_clear(folder: Path) -> None:
    ran = corsense("policy", "replay", "quiet.log", "--policy", "policy.json", folder=folder)
    assert ran.status == 0
    assert "No request changes its verdict as far as these logs say." in ran.out
    assert "whether cookies were sent" in ran.out


def test_the_json_document_follows_its_schema(folder: Path) -> None:
    ran = corsense("policy", "replay", "access.log", "--policy", "policy.json", "--format", "json", folder=folder)
    schema = json.loads(corsense("schema", "replay").out)
    jsonschema.validate(ran.document, schema)
    assert ran.document["schema"] == 1
    assert ran.document["baseline"] == "answers"
    assert ran.document["lost"]["affected"][0]["routes"] == ["/{value}/{number}"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["missing.log"], "there is no file or folder 'missing.log'"),
        (["access.log", "--log-format", "cadddy"], "'cadddy' is not a log format; did you mean caddy?"),
        (["access.log", "--engine", "mysql://x"], "'mysql://x' is not an engine"),
        (["access.log", "--field", "orign=x"], "names no field; did you mean origin?"),
        (["access.log", "--field", "origin"], "has no key"),
        (["access.log", "--app", "policy.json"], "policy.json"),
        (["access.log", "--current", "nothing.json"], "'"),
        (["none.log"], "none of the 1 requests in these logs has an Origin header, so nothing was judged"),
        (["same.log"], "comes from a page of another origin"),
        (["broken.log", "--log-format", "caddy"], "none of the 1 lines could be read"),
    ],
)
def test_what_cannot_be_done_is_reported_in_one_sentence(folder: Path, arguments: list[str], sentence: str) -> None:
    written(folder, [caddy(Hit(None))], "none.log")
    written(folder, [caddy(Hit("https://api.example.com", "POST"))], "same.log")
    written(folder, ["no json"], "broken.log")
    ran = corsense("policy", "replay", *arguments, "--policy", "policy.json", folder=folder)
    assert (ran.status, ran.out) == (2, "")
    assert sentence in ran.err
    assert len(ran.err.strip().splitlines()) == 1


@pytest.mark.parametrize(("engine", "extra"), [("duckdb", "replay"), ("spark://local", "spark")])
def test_a_missing_extra_is_named(folder: Path, engine: str, extra: str) -> None:
    hidden = folder / "hidden"
    for name in ("duckdb", "pyspark"):
        (hidden / name).mkdir(parents=True)
        (hidden / name / "__init__.py").write_text(f"raise ModuleNotFoundError('no {name}', name='{name}')")
    ran = corsense(
        "policy", "replay", "access.log", "--policy", "policy.json", "--engine", engine, folder=folder,
        environment={"PYTHONPATH": str(hidden), "PATH": "/usr/bin:/bin"},
    )  # fmt: skip
    assert ran.status == 2
    assert ran.err.endswith(f"which is not installed; run: pip install 'corsense[{extra}]'\n")


def test_the_command_imports_no_engine_before_it_runs() -> None:
    ran = corsense("policy", "replay", "--help", environment={"PYTHONPROFILEIMPORTTIME": "1", "PATH": "/usr/bin:/bin"})
    assert ran.status == 0
    assert not [line for line in ran.err.splitlines() if line.rpartition("|")[2].strip() in ("duckdb", "ibis", "pyspark")]
