"""`corsense policy`: from a name to a policy, and what the exit status says."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.cli.commands import corsense

MODULE = """
from corsense import Policy
policy = Policy(origins=["https://app.example.com"], credentials=True, methods=["PUT"])
wider = Policy(origins=["https://*.example.com"], credentials=True, methods=["PUT"])
text = "no policy"
def make():
    return Policy(origins="*")
"""

BROKEN = """
from corsense import Policy
policy = Policy(origins=["https://a.example/"], max_age=-9)
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("ENVIRONMENT", "FASTAPI_ENV", "CORS_ORIGINS"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "rules.py").write_text(MODULE)
    (tmp_path / "broken.py").write_text(BROKEN)
    (tmp_path / "crash.py").write_text("raise RuntimeError('no database\\nat all')\n")
    return tmp_path


def test_a_policy_is_shown_as_python_and_as_json(folder: Path) -> None:
    shown = corsense("policy", "show", "rules:policy", folder=folder)
    assert shown.status == 0
    assert shown.out == "Policy(origins=['https://app.example.com'], credentials=True, methods=['PUT'])\n"
    document = json.loads(corsense("policy", "show", "rules:policy", "--format", "json", folder=folder).out)
    assert document["schema"] == 1
    assert document["policy"] == {"origins": ["https://app.example.com"], "credentials": True, "methods": ["PUT"]}


def test_the_policy_of_an_app_is_the_one_it_is_served_by(folder: Path) -> None:
    source = "from fastapi import FastAPI\nfrom corsense import CORSMiddleware, Policy, install\n"
    source += "app, other = FastAPI(), FastAPI()\n"
    source += 'install(app, Policy(origins=["https://a.example"]))\n'
    source += 'other.add_middleware(CORSMiddleware, allow_origins=["https://b.example"])\n'
    (folder / "served.py").write_text(source)
    assert corsense("policy", "explain", "https://a.example", "served:app", folder=folder).status == 0
    assert "['https://b.example']" in corsense("policy", "show", "served:other", folder=folder).out


def test_what_was_shown_can_be_compared_with(folder: Path) -> None:
    (folder / "before.json").write_text(corsense("policy", "show", "rules:policy", "--format", "json", folder=folder).out)
    same = corsense("policy", "diff", "before.json", "rules:policy", folder=folder)
    assert (same.status, same.out) == (0, "Nothing changes.\n")
    wider = corsense("policy", "diff", "before.json", "rules:wider", folder=folder)
    assert wider.status == 1
    assert wider.out.splitlines() == [
        "+ pages of https://*.example.com may read responses",
    ]


def test_a_policy_that_does_not_hold_is_checked_with_all_its_faults(folder: Path) -> None:
    checked = corsense("policy", "check", "broken:policy", folder=folder)
    assert checked.status == 1
    assert checked.out.splitlines()[:4] == [
        "error[CORS201]: 'https://a.example/' ends in a slash, and browsers send the origin without one: it matches no page",
        "  --> broken.py:3:26",
        "   |",
        ' 3 | policy = Policy(origins=["https://a.example/"], max_age=-9)',
    ]
    assert "   = fix: Write 'https://a.example'." in checked.out
    assert checked.out.endswith("2 errors.\n")
    document = json.loads(corsense("policy", "check", "broken:policy", "--format", "json", folder=folder).out)
    assert [fault["slug"] for fault in document["faults"]] == ["origin-trailing-slash", "max-age-out-of-range"]
    assert corsense("policy", "check", "rules:policy", folder=folder).status == 0


def test_an_origin_is_explained(folder: Path) -> None:
    allowed = corsense("policy", "explain", "https://app.example.com", "rules:policy", folder=folder)
    assert (allowed.status, allowed.out) == (0, "'https://app.example.com' is allowed, with cookies: it is listed.\n")
    refused = corsense("policy", "explain", "http://app.example.com", "rules:policy", "--format", "json", folder=folder)
    assert refused.status == 1
    assert json.loads(refused.out)["reason"] == "origin-not-allowed"


def test_the_project_file_is_the_default(folder: Path) -> None:
    (folder / "pyproject.toml").write_text('[tool.corsense.policy]\norigins = ["https://a.example"]\n')
    assert corsense("policy", "show", folder=folder).out == "Policy(origins=['https://a.example'])\n"
    assert corsense("policy", "show", "pyproject.toml", folder=folder).out == "Policy(origins=['https://a.example'])\n"


def test_functions_that_make_a_policy_are_called(folder: Path) -> None:
    assert corsense("policy", "explain", "https://any.example", "rules:make", folder=folder).status == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ("show",),
        ("check",),
        ("show", "nothing"),
        ("show", "missing:policy"),
        ("show", "rules:missing"),
        ("show", "rules:text"),
        ("show", "crash:policy"),
        ("show", "broken:policy"),
        ("show", "missing.json"),
        ("show", "rules:policy", "--format", "sarif"),
        ("show", "rules.py:policy"),
        ("explain", "https://a.example", "missing.toml"),
        ("diff", "rules:policy", "broken:policy"),
    ],
)
def test_what_cannot_be_done_is_one_sentence_and_status_2(folder: Path, arguments: tuple[str, ...]) -> None:
    ran = corsense("policy", *arguments, folder=folder)
    assert ran.status == 2
    assert ran.out == ""
    assert ran.err.startswith("corsense: ")
    assert ran.err.count("\n") == 1


@pytest.mark.parametrize("text", ["{", "[]", '"x"', '{"policy": 3}'])
def test_a_file_that_holds_something_else_is_one_sentence(folder: Path, text: str) -> None:
    (folder / "policy.json").write_text(text)
    ran = corsense("policy", "show", "policy.json", folder=folder)
    assert ran.status == 2
    assert ran.err.count("\n") == 1


def test_the_schema_of_a_policy_is_printed() -> None:
    assert json.loads(corsense("schema", "policy").out)["title"] == "Policy"


def test_the_policy_of_starlettes_layer_is_read_as_ours(folder: Path) -> None:
    source = "from fastapi import FastAPI\nfrom fastapi.middleware.cors import CORSMiddleware\n"
    source += "app, loose, bare = FastAPI(), FastAPI(), FastAPI()\n"
    source += 'app.add_middleware(CORSMiddleware, allow_origins=["https://a.example"])\n'
    source += 'loose.add_middleware(CORSMiddleware, allow_origins=["*"], allow_credentials=True)\n'
    (folder / "theirs.py").write_text(source)
    assert corsense("policy", "explain", "https://a.example", "theirs:app", folder=folder).status == 0
    refused = corsense("policy", "check", "theirs:loose", folder=folder)
    assert refused.status == 1
    assert refused.out.startswith("error[CORS301]: ")
    bare = corsense("policy", "show", "theirs:bare", folder=folder)
    assert bare.status == 2
    assert "has no CORS layer" in bare.err


def test_origins_are_read_from_a_variable_of_another_name(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALLOWED_ORIGINS", "https://a.example, https://b.example")
    shown = corsense("policy", "show", "env:ALLOWED_ORIGINS", folder=folder)
    assert shown.out == "Policy(origins=['https://a.example', 'https://b.example'])\n"
    unnamed = corsense("policy", "check", "env", folder=folder)
    assert unnamed.status == 2
    assert "name it with env:ALLOWED_ORIGINS" in unnamed.err


def test_a_refusal_proposes_nothing_that_an_untrusted_page_sent(folder: Path) -> None:
    for sent in ("https://app.example.com@evil.com", "https://app.example.com, https://evil.com"):
        message = corsense("policy", "explain", sent, "rules:policy", folder=folder)
        assert message.status == 1
        assert "Write" not in message.out


@pytest.mark.parametrize(
    ("file", "text", "source", "place"),
    [
        ("p.toml", '[tool.corsense.policy]\norigins = [\n  "https://a.example/",\n]\n', "p.toml", "p.toml:3:3"),
        ("p.json", '{"origins": ["https://a.example/"]}', "p.json", "p.json:1:14"),
        ("p.json", '{"origins": ["https://a.example"], "max_age": 1e9}', "p.json", "p.json:1:37"),
        ("p.py", "from corsense import Policy\nall = ['https://a.example/']\np = Policy(origins=all)\n", "p:p", "p.py:2:8"),
        ("p.py", "from corsense import Policy\np = Policy(origins=['é'], origin='*')\n", "p:p", "p.py:2:27"),
        (
            "p.py",
            "from corsense import Policy\nO = 'https://a.example/'\np, q = (Policy(origins=[o]) for o in (O, 'https://a.example/'))\n",
            "p:p",
            "origins",
        ),
    ],
    ids=["toml", "json", "a number in json", "a list in Python", "a keyword in Python", "two places"],
)
def test_a_fault_is_shown_where_it_is_written_if_that_is_one_place(
    folder: Path, file: str, text: str, source: str, place: str
) -> None:
    (folder / file).write_text(text, encoding="utf-8")
    assert f"  --> {place}\n" in corsense("policy", "check", source, folder=folder).out


def test_a_long_policy_is_shown_as_source_that_can_be_pasted(folder: Path) -> None:
    origins = [f"https://tenant-{number}.example" for number in range(9)]
    (folder / "long.py").write_text(f"from corsense import Policy\npolicy = Policy(origins={origins!r}, methods=['PUT'])\n")
    shown = corsense("policy", "show", "long:policy", folder=folder, columns=80).out
    assert max(map(len, shown.splitlines())) <= 80
    (folder / "pasted.py").write_text(f"from corsense import Policy\npolicy = {shown}")
    assert corsense("policy", "diff", "long:policy", "pasted:policy", folder=folder).out == "Nothing changes.\n"


def test_a_running_policy_that_ours_would_refuse_is_shown_with_its_faults(folder: Path) -> None:
    source = "import logging\nfrom fastapi import FastAPI\nfrom fastapi.middleware.cors import CORSMiddleware\n"
    source += "logging.basicConfig()\napp = FastAPI()\n"
    source += 'app.add_middleware(CORSMiddleware, ["https://a.example/", "https://b.example:443"], allow_credentials=True)\n'
    (folder / "running.py").write_text(source)
    ran = corsense("policy", "show", "running:app", folder=folder)
    first, _, second, *_ = ran.out.splitlines()
    assert (ran.status, ran.err) == (1, "")
    assert first == "Policy(origins=['https://a.example/', 'https://b.example:443'], credentials=True)"
    assert second == "The app runs with this policy. corsense's middleware would refuse it:"
    assert re.findall(r"(?m)^error\[(\w+)\]|^  --> (\S+)", ran.out) == [
        ("CORS201", ""),
        ("", "running.py:6:37"),
        ("CORS208", ""),
        ("", "running.py:6:59"),
    ]
    assert ran.out.endswith("2 errors.\n")
    assert "fail" not in ran.out
    document = corsense("policy", "show", "running:app", "--format", "json", folder=folder).document
    assert document["policy"]["origins"] == ["https://a.example/", "https://b.example:443"]
    assert [fault["slug"] for fault in document["faults"]] == ["origin-trailing-slash", "origin-default-port"]


def test_settings_that_the_app_of_a_policy_lacks_are_named(folder: Path) -> None:
    source = "from pydantic_settings import BaseSettings\n\n\nclass Settings(BaseSettings):\n    token_for_tests: str\n\n\n"
    (folder / "lacking.py").write_text(f"{source}settings = Settings()\n")
    ran = corsense("policy", "show", "lacking:policy", folder=folder)
    assert ran.status == 2
    assert "Set the environment variable TOKEN_FOR_TESTS" in ran.err


def test_a_configuration_that_is_not_there_is_missing_and_no_policy_of_another_form(folder: Path) -> None:
    ran = corsense("policy", "diff", "nosuch.conf", "rules:policy", folder=folder)
    assert ran.status == 2
    assert "'nosuch.conf' does not exist" in ran.err
