"""What is typed wrong is met with one sentence and the nearest name; help names values as people do."""

from __future__ import annotations

import os
import re
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.cli.commands import corsense

needs_fastapi = pytest.mark.skipif(find_spec("fastapi") is None, reason="the demo serves FastAPI apps")

COMMANDS = ["check", "demo", "explain", "fix", "lint", "rule", "schema", "policy"]
OF_POLICY = ["show", "check", "diff", "explain", "tighten"]


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ("chek", "there is no command 'chek'; did you mean check?"),
        ("policy sho", "there is no command 'sho' of policy; did you mean show?"),
        ("xyzzy", "there is no command 'xyzzy'; `corsense --help` lists them."),
        ("main:app", "'main:app' is not a command; did you mean `corsense check main:app`?"),
        ("check --orign http://localhost:3000", "check has no option --orign; did you mean --origin?"),
        ("check --zzzz", "check has no option --zzzz; `corsense check --help` lists what it takes."),
        ("check --format jsn", "--format must be one of text, json, sarif, github, html, not 'jsn'; did you mean json?"),
        ("check --engine chrome", "not 'chrome'; did you mean chromium?"),
        ("check --browser fierfox", "did you mean firefox?"),
        ("check --credentials included", "did you mean include?"),
        ("lint --format html", "--format must be one of text, json, sarif, github, not 'html'."),
        ("policy show --format sarif", "--format must be one of text, json, not 'sarif'."),
        ("schema polcy", "did you mean policy?"),
        ("schema", "schema needs DOCUMENT"),
        ("rule origin-trailing-slahs", "did you mean origin-trailing-slash?"),
        ("lint --select wildcard-orgins", "did you mean wildcard-origins?"),
        pytest.param("demo --scenario trailing-slahs", "did you mean trailing_slash?", marks=needs_fastapi),
        ("check --time-limit soon", "--time-limit 'soon' cannot be used"),
        ("check --time-limit=0", "--time-limit '0' cannot be used"),
        ("check main:app other:app", "takes no further argument 'other:app'"),
        ("check --origin", "--origin"),
        ("explain --fil x", "did you mean --file?"),
    ],
)
def test_what_no_command_takes_is_one_sentence_with_the_nearest_name(tmp_path: Path, typed: str, message: str) -> None:
    ran = corsense(*typed.split(), folder=tmp_path)
    assert (ran.status, ran.out) == (2, "")
    (line,) = ran.err.splitlines()
    assert line.startswith("corsense: ")
    assert message in line


@pytest.mark.parametrize("command", [[name] for name in COMMANDS] + [["policy", name] for name in OF_POLICY], ids=" ".join)
def test_help_names_values_as_people_do(command: list[str]) -> None:
    ran = corsense(*command, "-h")
    assert (ran.status, ran.err) == (0, "")
    assert "Show this message and exit." in ran.out
    assert re.findall(r"<[^>]*>", ran.out) == []


def test_help_shows_the_kind_of_each_value() -> None:
    shown = corsense("check", "--help").out
    for value in ("--origin TEXT", "--format text|json|sarif|github|html", "--time-limit NUMBER", "--browser-path PATH"):
        assert value in shown
    assert re.search(r"^  TARGET  +package\.module:app", shown, re.MULTILINE)


def test_the_help_of_schema_and_policy_lists_what_they_take() -> None:
    assert "check|explain|fix|lint|config|policy" in corsense("schema", "--help").out
    shown = corsense("policy", "--help").out
    assert all(name in shown for name in (*OF_POLICY, "module:policy", ".toml", "'env'"))
    assert "text|json " in corsense("policy", "show", "--help").out


@pytest.mark.parametrize("name", ["check", "explain", "fix", "lint", "config", "policy", "tighten"])
def test_everything_that_schema_lists_has_a_schema(name: str) -> None:
    assert corsense("schema", name).document["type"] == "object"


@pytest.mark.parametrize("command", [[], ["policy"]])
def test_a_command_that_needs_another_word_shows_its_help(command: list[str]) -> None:
    ran = corsense(*command)
    assert ran.status == 2
    assert ran.err.startswith("Usage: ")
    assert "Commands:" in ran.err


def test_the_shell_can_complete_commands_options_and_values() -> None:
    assert "--install-completion" in corsense("--help").out
    for words, found in (
        ("corsense che", "check"),
        ("corsense check --form", "--format"),
        ("corsense check --format ht", "html"),
    ):
        asked = {"_CORSENSE_COMPLETE": "complete_bash", "COMP_WORDS": words, "COMP_CWORD": str(len(words.split()) - 1)}
        assert corsense(environment={**os.environ, **asked}).out.split() == [found]


@pytest.mark.parametrize("group", [(), ("policy",)], ids=["corsense", "policy"])
def test_the_list_of_commands_cuts_no_sentence(group: tuple[str, ...]) -> None:
    listed = corsense(*group, "--help", columns=80).out.partition("Commands:\n")[2].splitlines()
    assert listed
    assert all(line.endswith(".") and not line.endswith("...") for line in listed)
