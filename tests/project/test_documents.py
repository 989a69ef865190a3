"""The documents are true: their transcripts, commands and examples are run."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from inspect import signature
from pathlib import Path
from typing import Any

import pytest

from corsense.testing import Cors, foreign_origins
from corsense.testing.fixtures import SnapshotFiles
from tests.cli.commands import corsense
from tests.project.pages import DOCUMENTS, PAGES, README, ROOT, Block, Row, article, blocks, commands, is_session

TRANSCRIPTS = [block for page in DOCUMENTS for block in blocks(page) if block.folder]
SESSIONS = [page for page in PAGES if is_session(page)]
TESTS = ROOT / "docs" / "how-to" / "tests.md"

LINKING = [*DOCUMENTS, *sorted(ROOT.glob("[!R]*.md")), ROOT / "examples" / "README.md"]

LONGEST_README = 150
"""Lines: what a reader takes in within a minute or two."""
FIRST_SCREEN = 20
"""Lines."""


def name_of(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def python_blocks(page: Path) -> list[str]:
    return [block.text for block in blocks(page) if block.language == "python"]


@pytest.mark.parametrize("block", TRANSCRIPTS, ids=lambda block: name_of(block.page))
def test_a_transcript_is_what_the_command_prints(block: Block) -> None:
    assert block.folder
    ((command, printed),) = block.commands()
    ran = corsense(*shlex.split(command)[1:], folder=ROOT / block.folder, columns=80)
    assert ran.status == 1
    assert ran.out.rstrip() == printed.rstrip()


@pytest.mark.parametrize("page", SESSIONS, ids=name_of)
def test_a_page_that_brings_its_files_works_from_top_to_bottom(page: Path, tmp_path: Path) -> None:
    for block in blocks(page):
        if block.title:
            (tmp_path / block.title).write_text(block.text, encoding="utf-8")
        elif block.language == "console":
            for command, printed in block.commands():
                run_in_session(command, printed, tmp_path)


def run_in_session(command: str, printed: str, folder: Path) -> None:
    """Run a command as a reader does, in the folder of the page's files."""
    program, _, arguments = command.partition(" ")
    assert program in ("corsense", "pytest"), f"{command}: a page that brings its files runs corsense and pytest"
    own = Path(sys.executable).parent / program
    options = " -p no:cacheprovider" if program == "pytest" else ""
    ran = subprocess.run(
        ["bash", "-c", f"exec {own} {arguments}{options}"], cwd=folder, capture_output=True, text=True, timeout=120
    )
    assert ran.returncode in ((0,) if program == "pytest" else (0, 1)), f"{command}\n{ran.stdout}{ran.stderr}"
    assert "Traceback (most recent call last)" not in ran.stdout + ran.stderr
    assert not printed or ran.stdout.rstrip() == printed.rstrip()


def test_the_tutorial_ends_with_an_app_that_has_no_error(tmp_path: Path) -> None:
    page = ROOT / "docs" / "tutorial.md"
    test_a_page_that_brings_its_files_works_from_top_to_bottom(page, tmp_path)
    assert corsense("check", "main:app", "--origin", "http://localhost:3000", folder=tmp_path).status == 0
    repaired = (tmp_path / "main.py").read_text(encoding="utf-8")
    assert 'allow_origins=["http://localhost:3000"]' in repaired
    assert '"DELETE"' in repaired


def test_the_tutorial_names_the_causes_that_its_app_has(tmp_path: Path) -> None:
    page = ROOT / "docs" / "tutorial.md"
    (tmp_path / "main.py").write_text(next(block.text for block in blocks(page) if block.title == "main.py"), encoding="utf-8")
    found = corsense("check", "main:app", "--origin", "http://localhost:3000", "--format", "json", folder=tmp_path)
    faults = [finding for finding in found.document["findings"] if finding["severity"] != "info"]
    assert {finding["slug"] for finding in faults} == {"origin-trailing-slash", "method-not-allowed"}
    text = page.read_text(encoding="utf-8")
    assert "`origin-trailing-slash`" in text
    assert "`DELETE` is missing in `allow_methods`" in text


@pytest.mark.parametrize("row", article(), ids=lambda row: str(row.number))
def test_a_row_of_the_article_is_shown_on_a_real_app(row: Row) -> None:
    if not row.command:
        assert row.pages, "a row without a command links to an example"
        return
    assert row.examples
    for example in row.examples:
        ran = corsense(*row.command[1:], folder=example)
        blocked = "examples/broken" in example.as_posix() and row.command[1] != "rule"
        assert ran.status == (1 if blocked else 0), f"{example}\n{ran.out}{ran.err}"


def test_the_article_has_all_its_rows() -> None:
    assert [row.number for row in article()] == list(range(1, 23))


def test_the_readme_shows_how_to_begin_on_its_first_screen_and_stays_short() -> None:
    lines = README.read_text(encoding="utf-8").splitlines()
    assert len(lines) <= LONGEST_README
    first = "\n".join(lines[:FIRST_SCREEN])
    assert all(
        f"$ {command}" in first for command in ("uvx corsense check", "pip install corsense", "scripts/demo", "scripts/test")
    )


@pytest.mark.parametrize("command", ["explain", "fix", "lint", "policy", "check", "demo"])
def test_the_readme_has_each_command(command: str) -> None:
    assert any(re.match(rf"(uvx )?corsense {command}\b", found) for found in commands(README))


def test_the_example_of_the_browser_prints_what_its_page_says(capsys: pytest.CaptureFixture[str]) -> None:
    (example,) = python_blocks(ROOT / "docs" / "reference" / "browser.md")
    exec(compile(example, "browser.md", "exec", dont_inherit=True), {})
    error, console = capsys.readouterr().out.splitlines()
    assert error == "PreflightMissingAllowOriginHeader"
    assert console.startswith("Cross-Origin Request Blocked: ")
    assert console.endswith("Status code: 405.")


def test_the_examples_of_policies_run(capsys: pytest.CaptureFixture[str]) -> None:
    examples = python_blocks(ROOT / "docs" / "how-to" / "policy.md")
    for example in examples:
        exec(compile(example, "policy.md", "exec", dont_inherit=True), {"__name__": "example"})
    assert examples
    assert capsys.readouterr().out == "True\n"


def test_the_test_in_the_readme_passes_on_the_app_in_the_readme(tmp_path: Path) -> None:
    for block in blocks(README):
        if block.title:
            (tmp_path / block.title).write_text(block.text, encoding="utf-8")
    run_in_session("pytest", "", tmp_path)


def test_the_example_of_tests_passes(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (example,) = python_blocks(TESTS)
    module: dict[str, Any] = {}
    exec(compile(example, TESTS.name, "exec", dont_inherit=True), module)
    assert capsys.readouterr().out.splitlines()[1] == (
        "DELETE /users/{user_id}  yes                      -                      refused"
    )
    cors = Cors(snapshots=SnapshotFiles(tmp_path, "access", update=True))
    tests = [value for name, value in module.items() if name.startswith("test_")]
    assert len(tests) == 5
    for test in tests:
        test(cors) if "cors" in signature(test).parameters else test()
    assert (tmp_path / "access.cors").is_file()


def test_the_number_of_probes_is_that_of_the_example() -> None:
    counted = re.search(r"# (\d+) probes", TESTS.read_text(encoding="utf-8"))
    assert counted is not None
    assert len(foreign_origins(["https://app.example.com"])) == int(counted[1])


def anchors(page: Path) -> set[str]:
    """The addresses of a page's headings, as renderers of Markdown make them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("document", LINKING, ids=name_of)
def test_links_lead_somewhere(document: Path) -> None:
    text = re.sub(r"```.*?```|`[^`\n]*`", "", document.read_text(encoding="utf-8"), flags=re.DOTALL)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if "://" in target:
            continue
        path, _, anchor = target.partition("#")
        page = (document.parent / path) if path else document
        assert page.exists(), target
        assert not anchor or anchor in anchors(page), target


def test_every_page_can_be_reached_from_the_first() -> None:
    reached, waiting = set[Path](), [ROOT / "docs" / "index.md"]
    while waiting:
        page = waiting.pop().resolve()
        if page not in reached and page in PAGES:
            reached.add(page)
            targets = re.findall(r"\]\((?!\w+:)([^)#\s]+)", page.read_text(encoding="utf-8"))
            waiting += [page.parent / target for target in targets]
    assert reached == set(PAGES)
