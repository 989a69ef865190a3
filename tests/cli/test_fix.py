"""`corsense fix` as it is typed."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import jsonschema
import pytest

from corsense.fix.journal import Journal, JournalEntry, write
from corsense.report.repairs import FixResultDocument
from tests.cli.commands import corsense

ORIGIN = "http://localhost:3000"
PROGRAM = f"""\
from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

app = FastAPI()
app.add_middleware(CORSMiddleware, allow_origins=["{ORIGIN}/"])


@app.get("/users")
def users() -> list[str]:
    return []
"""
OPTIONS = ("--origin", ORIGIN, "--request", "/users")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "main.py").write_text(PROGRAM)
    return tmp_path


def test_a_diff_is_printed_that_git_applies_and_nothing_is_written(folder: Path) -> None:
    ran = corsense("fix", "main:app", *OPTIONS, folder=folder)
    assert ran.status == 1
    assert "verified" in ran.out
    assert "Would change 1 file; --write does it." in ran.out
    assert (folder / "main.py").read_text() == PROGRAM
    quiet = corsense("fix", "main:app", *OPTIONS, "--quiet", folder=folder)
    assert quiet.out.startswith("--- a/main.py\n+++ b/main.py\n")
    for text in (ran.out, quiet.out):
        (folder / "main.py").write_text(PROGRAM)
        subprocess.run(["git", "apply"], input=text, cwd=folder, encoding="utf-8", check=True)
        assert (folder / "main.py").read_text() == PROGRAM.replace("3000/", "3000")


def test_wishes_are_granted_and_a_second_run_changes_nothing(folder: Path) -> None:
    fix_options = ("--from-env", "ALLOWED_ORIGINS", "--adopt", "--write")
    ran = corsense("fix", "main:app", *OPTIONS, *fix_options, folder=folder)
    assert ran.status == 0
    assert "Changed 1 file." in ran.out
    text = (folder / "main.py").read_text()
    assert "from corsense import CORSMiddleware" in text
    assert f'os.environ.get("ALLOWED_ORIGINS", "{ORIGIN}")' in text
    again = corsense("fix", "main:app", *OPTIONS, *fix_options, folder=folder)
    assert (again.status, again.out.splitlines()[-1]) == (0, "Nothing to fix.")
    assert (folder / "main.py").read_text() == text


def test_what_corsense_refuses_is_not_adopted(folder: Path) -> None:
    (folder / "main.py").write_text(PROGRAM.replace(f'["{ORIGIN}/"]', '["*"], allow_credentials=True'))
    before = (folder / "main.py").read_text()
    ran = corsense("fix", "main:app", "--adopt", "--write", folder=folder)
    assert ran.status == 1
    assert "was not adopted" in ran.out
    assert "corsense fix main:app --origin" in ran.out
    assert (folder / "main.py").read_text() == before
    fixed = corsense("fix", "main:app", "--origin", ORIGIN, "--adopt", "--write", folder=folder)
    assert fixed.status == 0, fixed.out
    assert "from corsense import CORSMiddleware" in (folder / "main.py").read_text()


def test_the_json_is_what_its_schema_says(folder: Path) -> None:
    ran = corsense("fix", "main:app", *OPTIONS, "--format", "json", folder=folder)
    jsonschema.validate(ran.document, FixResultDocument.json_schema())
    assert ran.status == 1
    assert [(fix["safety"], fix["verified"], fix["applied"]) for fix in ran.document["fixes"]] == [("safe", True, True)]
    assert [file["file"] for file in ran.document["files"]] == ["main.py"]
    assert ran.document["written"] is False
    schema = json.loads(corsense("schema", "fix").out)
    assert set(ran.document) == set(schema["required"]) | {"schema"}


def test_source_is_repaired_by_what_the_linter_finds(tmp_path: Path) -> None:
    content = PROGRAM.replace("\n", "\r\n").encode("utf-8-sig")
    (tmp_path / "api").mkdir()
    path = tmp_path / "api" / "web.py"
    path.write_bytes(content)
    printed = corsense("fix", "api", folder=tmp_path)
    assert printed.status == 1
    assert path.read_bytes() == content
    assert corsense("fix", "api", "--write", folder=tmp_path).status == 0
    assert path.read_bytes() == content.replace(b"3000/", b"3000")
    again = corsense("fix", "api", "--write", "--quiet", folder=tmp_path)
    assert (again.status, again.out) == (0, "Nothing to fix.\n")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["http://localhost:8000"], "has no source to repair; name the app, for example main:app"),
        (["trace.har"], "has no source to repair"),
        (["nowhere:app"], "There is no module 'nowhere'"),
        (["main.py", "--request", "/users"], "a request can be tried on an app only"),
        (["main:app", "other:app"], "only one app can be fixed at a time"),
        (["main:app", "--from-env", "two words"], "is not the name of an environment variable"),
        (["main:app", "--origin", "localhost:3000"], "is not an origin"),
        (["main:app", "--curl", "a", "--fetch", "b"], "`--curl` conflicts with `--fetch`; drop one."),
    ],
)
def test_what_cannot_be_done_is_reported_in_a_sentence(folder: Path, arguments: list[str], sentence: str) -> None:
    ran = corsense("fix", *arguments, folder=folder)
    assert ran.status == 2
    assert sentence in ran.err
    assert "Traceback" not in ran.err
    assert len(ran.err.splitlines()) == 1


def test_a_run_that_was_killed_while_it_wrote_is_ended_by_the_next(tmp_path: Path) -> None:
    state = tmp_path / "state"
    (tmp_path / "app").mkdir()
    file, other = tmp_path / "app" / "main.py", tmp_path / "app" / "other.py"
    file.write_text("x = 'new'\n", encoding="utf-8")
    other.write_text("x = 'old'\n", encoding="utf-8")
    entries = tuple(
        JournalEntry(str(path), str(path.with_name(f".{path.name}.staged")), b"x = 'old'\n", b"x = 'new'\n")
        for path in (file, other)
    )
    (state / "corsense").mkdir(parents=True, mode=0o700)
    write(state / "corsense", Journal("replacing", entries))
    environment = {**os.environ, "XDG_STATE_HOME": str(state)}

    only_looks = corsense("fix", str(tmp_path / "app"), environment=environment)
    assert "run corsense fix --write to finish or undo it" in only_looks.err
    assert other.read_text(encoding="utf-8") == "x = 'old'\n"

    ends = corsense("fix", str(tmp_path / "app"), "--write", environment=environment)
    assert "An interrupted run was finished" in ends.err
    assert other.read_text(encoding="utf-8") == "x = 'new'\n"
    assert sorted(os.listdir(tmp_path / "app")) == ["main.py", "other.py"]
    assert os.listdir(state / "corsense") == []


def test_adopting_waits_for_the_repairs_that_corsense_needs_to_start(folder: Path) -> None:
    (folder / "main.py").write_text(PROGRAM.replace(f'["{ORIGIN}/"]', '["http://app.example.com"], allow_credentials=True'))
    ran = corsense("fix", "main:app", "--origin", "https://app.example.com", "--adopt", "--write", folder=folder)
    text = (folder / "main.py").read_text()
    assert "was not adopted" not in ran.out
    assert "from corsense import CORSMiddleware" in text
    assert '["https://app.example.com"]' in text
