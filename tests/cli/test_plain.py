"""Command lines that are read without the library for them give what that library gives; and what starts before they are read."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from typing import Any

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st

from corsense.cli import check, checking, explain, explaining, lint, linting, main
from corsense.cli.commands import app
from corsense.cli.plain import plain_values

COMMANDS: dict[str, tuple[Any, str]] = {
    "check": (check, "check_target"),
    "explain": (explain, "explain_text"),
    "lint": (lint, "lint_tree"),
}
WORK: dict[str, Callable[..., object]] = {
    "check": checking.check_target,
    "explain": explaining.explain_text,
    "lint": linting.lint_tree,
}

WORDS = st.sampled_from(["main:app", "http://localhost:8000", "", "a b", "json", "include", "POST /items", "-", "--", "=", "ü"])


def options_of(command: str) -> list[str]:
    """Every option of a command, also those that are not plain."""
    found = typer.main.get_command(app).commands[command]  # type: ignore[attr-defined]
    return [name for parameter in found.params for name in (*parameter.opts, *parameter.secondary_opts) if name.startswith("-")]


def command_lines(command: str) -> st.SearchStrategy[list[str]]:
    names = st.sampled_from([*options_of(command), "--format=json", "--form", "--nothing", "-vq"])
    pairs = st.tuples(names, WORDS).map(list)
    return st.lists(st.one_of(WORDS.map(lambda word: [word]), names.map(lambda name: [name]), pairs), max_size=4).map(
        lambda parts: [text for part in parts for text in part]
    )


def by_typer(command: str, arguments: list[str], monkeypatch: pytest.MonkeyPatch) -> dict[str, Any] | None:
    """What typer hands to the work of a command; None where it hands nothing."""
    found: list[dict[str, Any]] = []
    work = WORK[command]

    def record(*given: Any, **named: Any) -> None:
        found.append(complete(work, *given, **named))

    module, name = COMMANDS[command]
    with monkeypatch.context() as patch:
        patch.setattr(module, name, record)
        try:
            typer.main.get_command(app).main([command, *arguments], prog_name="corsense", standalone_mode=False)
        except Exception as error:
            if not (hasattr(error, "format_message") or isinstance(error, typer.Exit)):
                raise
    return found[0] if found else None


def complete(work: Callable[..., object], *given: Any, **named: Any) -> dict[str, Any]:
    """The arguments of a call with the defaults; an empty list is the same as none."""
    bound = inspect.signature(work).bind(*given, **named)
    bound.apply_defaults()
    return {name: value or None if isinstance(value, list) else value for name, value in bound.arguments.items()}


@pytest.mark.parametrize("command", COMMANDS)
@given(data=st.data())
def test_what_is_read_plainly_is_what_typer_reads(command: str, data: st.DataObject) -> None:
    arguments = data.draw(command_lines(command))
    found = plain_values(WORK[command], arguments)
    if found is not None:
        with pytest.MonkeyPatch.context() as patch:
            assert complete(WORK[command], **found) == by_typer(command, arguments, patch)


@pytest.mark.parametrize(
    ("command", "arguments"),
    [
        ("check", []),
        ("check", ["main:app"]),
        ("check", ["main:app", "--origin", "http://localhost:3000", "--origin", "http://localhost:5173"]),
        ("check", ["--request", "POST /items", "main:app", "--credentials", "include", "--format", "json", "--verbose"]),
        ("check", ["--run-endpoints", "--behind-proxy", "--client", "mcp", "--python", "../app/.venv"]),
        ("explain", ["Failed to fetch"]),
        ("explain", ["--format", "json", "Failed to fetch"]),
        ("explain", ["--file", "console.txt", "--app", "main:app"]),
        ("lint", []),
        ("lint", ["src", "--select", "wildcard-origins", "--select", "null-origin", "--format", "sarif", "--quiet"]),
    ],
)
def test_an_ordinary_command_line_is_plain(command: str, arguments: list[str]) -> None:
    assert plain_values(WORK[command], arguments) is not None


@pytest.mark.parametrize(
    ("command", "arguments"),
    [
        ("check", ["--help"]),
        ("check", ["main:app", "other:app"]),
        ("check", ["main:app", "-v"]),
        ("check", ["main:app", "--format=json"]),
        ("check", ["main:app", "--format", "yaml"]),
        ("check", ["main:app", "--origin"]),
        ("check", ["main:app", "--origin", "--verbose"]),
        ("check", ["main:app", "--engine", "webkit", "--engine", "firefox"]),
        ("check", ["main:app", "--time-limit", "5"]),
        ("check", ["main:app", "--no-follow"]),
        ("check", ["main:app", "--origins", "http://localhost:3000"]),
        ("explain", ["--list"]),
        ("lint", ["src", "tests"]),
    ],
)
def test_help_mistakes_and_what_needs_checking_are_left_to_typer(command: str, arguments: list[str]) -> None:
    assert plain_values(WORK[command], arguments) is None


@pytest.mark.parametrize(
    ("words", "is_started"),
    [
        ("check", True),
        ("check main:app", True),
        ("check main:app --origin http://localhost:3000 --base-url https://api.example.com", True),
        ("fix main:app --write", True),
        ("check http://localhost:8000", False),
        ("check --verbose http://localhost:8000", False),
        ("check session.har", False),
        ("check main:app --help", False),
        ("lint main.py", False),
    ],
)
def test_the_process_of_an_app_is_started_before_the_command_line_is_read(
    monkeypatch: pytest.MonkeyPatch, words: str, is_started: bool
) -> None:
    started: list[list[str]] = []
    monkeypatch.setattr("corsense.cli.interpreter.launch_ahead_for", started.append)
    monkeypatch.setattr("corsense.cli.process.run", sys.exit)
    monkeypatch.setattr(sys, "argv", ["corsense", *words.split()])
    with pytest.raises(SystemExit):
        main()
    assert bool(started) is is_started
