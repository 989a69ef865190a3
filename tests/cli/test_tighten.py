"""`corsense policy tighten`: from observations to a proposal, and to an app that has it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from corsense.observe.lines import written
from tests.cli.commands import corsense
from tests.observe.simulation import World

STARLETTE = """\
from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

app = FastAPI()
app.add_middleware(
    CORSMiddleware,
    allow_origins=["*"],
    allow_credentials=True,
    allow_methods=["*"],
    allow_headers=["*"],
    expose_headers=["X-Total"],
)
"""
OWN = """\
from fastapi import FastAPI

from corsense import Policy, install

app = FastAPI()
install(
    app,
    Policy(
        origin_regex=".*",
        credentials=True,
        methods=["*"],
        request_headers=["*"],
        max_age=60,
        dangerously_allow_broad_regex=True,
        dangerously_allow_insecure_origins=True,
        dangerously_allow_public_suffixes=True,
    ),
    observe="observations/",
)
"""
ELSEWHERE = """\
from fastapi import FastAPI

from corsense import install
from policies import live

app = FastAPI()
install(app, live)
"""
POLICIES = 'from corsense import Policy\nlive = Policy(origins="*", methods=["*"], request_headers=["*"])\n'


@pytest.fixture(scope="module")
def world() -> World:
    return World(3)


@pytest.fixture
def folder(tmp_path: Path, world: World) -> Path:
    (tmp_path / "observations").mkdir()
    text = written(world.observed(range(21)), 7, "0.1.0") + "{broken\n"
    (tmp_path / "observations" / "worker-01.jsonl").write_text(text, encoding="ascii")
    (tmp_path / "theirs.py").write_text(STARLETTE, encoding="utf-8")
    (tmp_path / "own.py").write_text(OWN, encoding="utf-8")
    (tmp_path / "elsewhere.py").write_text(ELSEWHERE, encoding="utf-8")
    (tmp_path / "policies.py").write_text(POLICIES, encoding="utf-8")
    return tmp_path


def test_the_proposal_says_what_it_rests_on_and_whom_it_affects(folder: Path, world: World) -> None:
    ran = corsense("policy", "tighten", "observations", folder=folder)
    assert ran.status == 1
    assert f'"https://*.preview.{world.site}"' in ran.out
    assert all(title in ran.out for title in ("Evidence", "Would lose access", "Left out", "Origin can be forged"))
    assert "7 requests were counted and not kept" in ran.out
    assert "1 broken line was skipped" in ran.out
    assert "not-authenticated" in ran.out


def test_the_pasted_policy_is_the_one_of_the_document(folder: Path) -> None:
    document = corsense("policy", "tighten", "observations", "--format", "json", folder=folder).document
    (folder / "pasted.py").write_text(f"from corsense import Policy\npolicy = {document['code']}\n", encoding="utf-8")
    (folder / "proposed.json").write_text(json.dumps(document["policy"]), encoding="utf-8")
    assert corsense("policy", "diff", "pasted:policy", "proposed.json", folder=folder).status == 0


@pytest.mark.parametrize("name", ["theirs", "own"])
def test_fix_applies_the_proposal_of_the_document_with_its_proof_and_a_second_time_nothing(
    folder: Path, name: str, world: World
) -> None:
    proposed = corsense("policy", "tighten", "observations", "--current", f"{name}:app", "--format", "json", folder=folder)
    (folder / "proposal.json").write_text(proposed.out, encoding="utf-8")
    before = (folder / f"{name}.py").read_text(encoding="utf-8")
    shown = corsense("fix", "--proposal", "proposal.json", "--format", "json", folder=folder)
    assert shown.status == 1, shown.err
    [fixed], [file] = shown.document["fixes"], shown.document["files"]
    assert (fixed["verified"], fixed["applied"], file["diff"]) == (True, True, proposed.document["fix"]["diff"])
    assert (folder / f"{name}.py").read_text(encoding="utf-8") == before
    assert corsense("fix", "--proposal", "proposal.json", "--write", folder=folder).status == 0
    assert f'"{world.web[0]}"' in (folder / f"{name}.py").read_text(encoding="utf-8")
    again = corsense("fix", "--proposal", "proposal.json", folder=folder)
    assert again.status == 0, again.out
    assert world.web[0] not in again.out


def test_a_proposal_that_would_open_what_the_code_refuses_by_now_is_not_applied(folder: Path, world: World) -> None:
    proposed = corsense("policy", "tighten", "observations", "--current", "theirs:app", "--format", "json", folder=folder)
    (folder / "proposal.json").write_text(proposed.out, encoding="utf-8")
    narrowed = STARLETTE.replace('allow_origins=["*"]', f'allow_origins=["{world.web[0]}"]')
    (folder / "theirs.py").write_text(narrowed, encoding="utf-8")
    ran = corsense("fix", "--proposal", "proposal.json", "--write", folder=folder)
    assert ran.status == 1
    assert "propose again from the observations" in ran.out
    assert (folder / "theirs.py").read_text(encoding="utf-8") == narrowed


@pytest.mark.parametrize(
    ("content", "name", "message"),
    [
        ("{", "proposal.json", "is not valid JSON"),
        ('{"policy": {"origins": ["https://a.example"]}}', "proposal.json", "has no verified diff of an app"),
        ('{"policy": {"origins": ["https://a.example/"]}, "current": "own:app"}', "proposal.json", "holds no valid policy"),
        ("x", "proposal.txt", "is not a proposal"),
        (None, "proposal.json", "cannot be read"),
    ],
    ids=str,
)
def test_a_file_that_is_no_proposal_is_reported_in_one_sentence(
    folder: Path, content: str | None, name: str, message: str
) -> None:
    if content is not None:
        (folder / name).write_text(content, encoding="utf-8")
    ran = corsense("fix", "--proposal", name, folder=folder)
    assert ran.status == 2
    assert message in ran.err
    assert ran.err.count("\n") == 1


@pytest.mark.parametrize("current", [[], ["--current", "own:app"], ["--current", "elsewhere:app"]], ids=str)
def test_the_document_is_what_its_schema_says(folder: Path, current: list[str]) -> None:
    schema = json.loads(corsense("schema", "tighten").out)
    document = corsense("policy", "tighten", "observations", "--format", "json", *current, folder=folder).document
    Draft202012Validator(schema).validate(document)
    assert (document["fix"] is None) == ("own:app" not in current)


@pytest.mark.parametrize("name", ["theirs", "own"])
def test_the_diff_is_verified_and_written_and_the_second_run_finds_nothing(folder: Path, name: str, world: World) -> None:
    before = (folder / f"{name}.py").read_text(encoding="utf-8")
    shown = corsense("policy", "tighten", "observations", "--current", f"{name}:app", folder=folder)
    assert shown.status == 1
    assert "Verified: the app with this diff" in shown.out
    assert (folder / f"{name}.py").read_text(encoding="utf-8") == before
    wrote = corsense("policy", "tighten", "observations", "--current", f"{name}:app", "--write", folder=folder)
    assert wrote.status == 0, wrote.err
    after = (folder / f"{name}.py").read_text(encoding="utf-8")
    assert f'"{world.web[0]}"' in after
    assert ('expose_headers=["X-Total"]' in after) == (name == "theirs")
    assert '*"' not in after.replace("https://*.", "")
    assert corsense("policy", "explain", world.web[0], f"{name}:app", folder=folder).status == 0
    assert corsense("policy", "explain", "https://scanner.example", f"{name}:app", folder=folder).status == 1
    again = corsense("policy", "tighten", "observations", "--current", f"{name}:app", folder=folder)
    assert not [line for line in again.out.splitlines() if line.startswith("-  ")]


def test_a_policy_that_is_made_elsewhere_is_left_for_the_user_to_paste(folder: Path) -> None:
    ran = corsense("policy", "tighten", "observations", "--current", "elsewhere:app", folder=folder)
    assert "No diff: the policy of the CORS layer at elsewhere.py:7 is made elsewhere." in ran.out
    refused = corsense("policy", "tighten", "observations", "--current", "elsewhere:app", "--write", folder=folder)
    assert refused.status == 2
    assert "nothing was written" in refused.err


def test_the_page_draws_the_proposal_and_runs_nothing(folder: Path, world: World) -> None:
    (folder / "observations" / "worker-02.jsonl").write_text("", encoding="ascii")
    page = corsense("policy", "tighten", "observations", "--format", "html", folder=folder)
    assert page.status == 1
    assert page.out.startswith("<!DOCTYPE html>")
    assert page.out.isascii()
    assert world.web[0] in page.out
    assert "<svg" in page.out
    assert "<script" not in page.out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere"], "there is no file or folder 'nowhere'"),
        (["empty"], "the folder 'empty' holds no .jsonl files"),
        (["own.py"], "'own.py' holds no observations"),
        (["short.jsonl"], "a proposal needs at least 7 days and 100"),
        (["observations", "--write"], "--write needs the code to change; give --current package.module:app."),
        (["observations", "--current", "own:nothing"], "has no 'nothing'"),
        (["observations", "--format", "sarif"], "--format must be one of text, json, html"),
    ],
    ids=str,
)
def test_what_cannot_be_done_is_one_sentence_and_status_2(folder: Path, world: World, arguments: list[str], message: str) -> None:
    (folder / "empty").mkdir()
    (folder / "short.jsonl").write_text(written(world.observed(range(3)), 0, "0.1.0"), encoding="ascii")
    ran = corsense("policy", "tighten", *arguments, folder=folder)
    assert ran.status == 2
    assert message in ran.err
    assert ran.err.count("\n") <= 2
    assert not ran.out
