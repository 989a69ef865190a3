"""`select`, `ignore`, `per-file-ignores` and comments mean the same in check, lint and fix."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.cli.commands import Ran, corsense
from tests.config.test_reading import write

HEAD = """\
from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

app = FastAPI()
"""
LAYER = """\
app.add_middleware(
    CORSMiddleware,
    allow_origins=["http://localhost:3000/"],
)
"""
ROUTE = """

@app.get("/items")
def items() -> list[str]:
    return []
"""
SLASH = "origin-trailing-slash"
COMMANDS = [
    ("check", "main:app", "--origin", "http://localhost:3000", "--format", "json"),
    ("fix", "main:app", "--origin", "http://localhost:3000", "--format", "json"),
    ("lint", "main.py", "--format", "json"),
    ("fix", "main.py", "--format", "json"),
]
every_command = pytest.mark.parametrize("command", COMMANDS, ids=lambda command: f"{command[0]}-{command[1]}")


def program(comment: str = "", line: int = 2) -> str:
    lines = LAYER.splitlines()
    lines[line] += f"  # {comment}" if comment else ""
    return HEAD + "\n".join(lines) + "\n" + ROUTE


def found(ran: Ran) -> set[str]:
    """The causes of errors and warnings, fixed or left."""
    findings: list[Any] = ran.document.get("findings", ran.document.get("remaining", []))
    findings = findings + [fix["finding"] for fix in ran.document.get("fixes", ()) if fix["finding"] is not None]
    return {finding["slug"] for finding in findings if finding["severity"] != "info"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write(tmp_path, {"main.py": program()})


@every_command
def test_without_any_of_them_the_fault_is_found(folder: Path, command: tuple[str, ...]) -> None:
    assert SLASH in found(corsense(*command, folder=folder))


@every_command
@pytest.mark.parametrize(
    "table",
    [
        'ignore = ["CORS201"]',
        'select = ["null-origin"]',
        '[tool.corsense.per-file-ignores]\n"main.py" = ["origin-trailing-slash"]',
    ],
    ids=["ignore", "select", "per-file-ignores"],
)
def test_the_configuration_silences(folder: Path, command: tuple[str, ...], table: str) -> None:
    write(folder, {"pyproject.toml": f"[tool.corsense]\n{table}\n"})
    ran = corsense(*command, folder=folder)
    assert (found(ran), ran.status) == (set(), 0)


@every_command
@pytest.mark.parametrize("options", [("--ignore", SLASH), ("--select", "null-origin,CORS301")], ids=["ignore", "select"])
def test_options_silence(folder: Path, command: tuple[str, ...], options: tuple[str, ...]) -> None:
    ran = corsense(*command, *options, folder=folder)
    assert (found(ran), ran.status) == (set(), 0)


@every_command
@pytest.mark.parametrize("line", [0, 2, 3])
def test_a_comment_silences_on_the_line_and_at_both_ends_of_the_statement(
    folder: Path, command: tuple[str, ...], line: int
) -> None:
    write(folder, {"main.py": program("corsense: ignore[origin-trailing-slash]", line)})
    before = (folder / "main.py").read_text()
    ran = corsense(*command, *(["--write"] if command[0] == "fix" else []), folder=folder)
    assert (found(ran), ran.status) == (set(), 0)
    assert (folder / "main.py").read_text() == before


@every_command
def test_options_override_what_the_configuration_leaves_out(folder: Path, command: tuple[str, ...]) -> None:
    write(folder, {"corsense.toml": 'ignore = ["origin-trailing-slash"]\n'})
    assert SLASH in found(corsense(*command, "--select", SLASH, folder=folder))
    assert SLASH in found(corsense(*command, "--ignore", "null-origin", folder=folder))


@pytest.mark.parametrize("command", ["check", "lint", "fix"])
def test_a_name_that_is_no_rule_is_met_with_the_nearest(folder: Path, command: str) -> None:
    ran = corsense(command, "main.py", "--ignore", "origin-trailing-slsh", folder=folder)
    assert (ran.status, ran.out) == (2, "")
    assert ran.err == "corsense: --ignore: 'origin-trailing-slsh' is not a rule; did you mean origin-trailing-slash?\n"


def test_a_check_never_gives_the_all_clear_for_what_it_does_not_show(folder: Path) -> None:
    ran = corsense("check", "main:app", "--origin", "http://localhost:3000", "--ignore", SLASH, folder=folder)
    assert ran.status == 0
    assert "1 finding is not shown, by options, configuration or comments: origin-trailing-slash." in ran.out
    assert "Nothing wrong found" not in ran.out
    assert "Nothing else found. 1 of 1 requests blocked." in ran.out
    document = corsense(
        "check", "main:app", "--origin", "http://localhost:3000", "--ignore", SLASH, "--format", "json", folder=folder
    )
    assert document.document["summary"]["silenced"] == [SLASH]


def test_a_comment_for_one_value_leaves_the_fault_of_the_next_line(folder: Path) -> None:
    lists = '    allow_origins=[\n        "http://a.example/",  # corsense: ignore[CORS201]\n        "http://b.example/",\n    ],'
    write(folder, {"main.py": program().replace('    allow_origins=["http://localhost:3000/"],', lists)})
    (finding,) = corsense("lint", "--format", "json", folder=folder).document["findings"]
    assert finding["line"] == 9


def test_each_file_goes_by_the_configuration_nearest_to_it(tmp_path: Path) -> None:
    files = {f"packages/{name}/main.py": program() for name in "abc"}
    tables = {
        "pyproject.toml": '[tool.corsense]\nignore = ["origin-trailing-slash"]\n',
        "packages/b/pyproject.toml": "[tool.corsense]\n",
        "packages/c/corsense.toml": '[per-file-ignores]\n"main.py" = ["CORS201"]\n',
    }
    write(tmp_path, {**files, **tables})
    for argument in (".", "packages/a", "packages/b/main.py"):
        findings = corsense("lint", argument, "packages/b", "--format", "json", folder=tmp_path).document["findings"]
        assert {finding["file"] for finding in findings} == {"packages/b/main.py"}


@pytest.mark.parametrize(
    "pattern", ["main.py", "api/*", "api", "api/", "./api/*.py", "*.py", "api\\\\main.py", "/api/**", "!web/*"]
)
def test_a_pattern_means_a_path_a_name_or_a_folder(tmp_path: Path, pattern: str) -> None:
    write(tmp_path, {"api/main.py": program(), "corsense.toml": f'[per-file-ignores]\n"{pattern}" = ["CORS201"]\n'})
    assert corsense("lint", "--format", "json", folder=tmp_path).document["findings"] == []


@pytest.mark.parametrize("pattern", ["web/*", "!api/*", "/main.py", "ap"])
def test_a_pattern_means_nothing_else(tmp_path: Path, pattern: str) -> None:
    write(tmp_path, {"api/main.py": program(), "corsense.toml": f'[per-file-ignores]\n"{pattern}" = ["CORS201"]\n'})
    assert corsense("lint", folder=tmp_path).status == 1


UNUSED = {
    "corsense: ignore[null-origin]": "silences nothing: null-origin was not found here.",
    "corsense: ignore[origin-trailing-slash, CORS301]": "silences nothing: CORS301 was not found here.",
    "corsense: ignore[origin-trailing-slsh]": "silences nothing: origin-trailing-slsh was not found here.",
    "corsense: ignore[]": "silences nothing found here.",
}


@pytest.mark.parametrize("command", [COMMANDS[0], COMMANDS[2]], ids=["check", "lint"])
@pytest.mark.parametrize("comment", UNUSED)
def test_a_comment_that_silences_nothing_is_reported_as_information(folder: Path, command: tuple[str, ...], comment: str) -> None:
    write(folder, {"main.py": program(comment)})
    ran = corsense(*command, folder=folder)
    (finding,) = (finding for finding in ran.document["findings"] if finding["slug"] == "unused-ignore")
    assert (finding["severity"], finding["file"], finding["line"]) == ("info", "main.py", 7)
    assert UNUSED[comment] in finding["message"]
    source = (folder / "main.py").read_text().splitlines()[6]
    assert source[finding["column"] - 1 : finding["end_column"] - 1] == comment


def test_a_misspelt_rule_in_a_comment_is_met_with_the_nearest(folder: Path) -> None:
    write(folder, {"main.py": program("corsense: ignore[origin-trailing-slsh]")})
    assert (
        "Did you mean origin-trailing-slash?" in corsense("lint", folder=folder).out + corsense("lint", "-v", folder=folder).out
    )


@pytest.mark.parametrize("command", [COMMANDS[1], COMMANDS[3]], ids=["app", "source"])
def test_fix_says_it_in_its_notes(folder: Path, command: tuple[str, ...]) -> None:
    write(folder, {"main.py": program("corsense: ignore[null-origin]")})
    notes = corsense(*command, folder=folder).document["notes"]
    assert "main.py:7: `# corsense: ignore[null-origin]` silences nothing: null-origin was not found here." in notes


@pytest.mark.parametrize("command", [COMMANDS[0], COMMANDS[2]], ids=["check", "lint"])
def test_a_comment_that_only_the_other_command_needs_is_not_reported(folder: Path, command: tuple[str, ...]) -> None:
    """The layer of a branch that does not run is seen in source alone, a route that crashes by a request alone."""
    branch = 'if __debug__ is False:\n    app.add_middleware(CORSMiddleware, allow_origins=["null"], allow_credentials=True)'
    text = HEAD + branch + "  # corsense: ignore[null-origin]\n" + ROUTE
    write(folder, {"main.py": text.replace('@app.get("/items")', '@app.get("/items")  # corsense: ignore[unhandled-exception]')})
    findings = corsense(*command, folder=folder).document["findings"]
    named = [finding["evidence"]["rule"] for finding in findings if finding["slug"] == "unused-ignore"]
    assert "null-origin" not in named
    assert ("unhandled-exception" in named) == (command[0] == "check")


def test_text_in_a_string_is_not_a_comment(folder: Path) -> None:
    write(folder, {"main.py": program().replace("items() -> list[str]:", 'items() -> list[str]:\n    "# corsense: ignore"')})
    findings = corsense("lint", "--format", "json", folder=folder).document["findings"]
    assert {finding["slug"] for finding in findings} == {SLASH}
