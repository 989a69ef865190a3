"""The documents say what is true: their transcripts and examples are run."""

from __future__ import annotations

import re
from inspect import signature
from pathlib import Path
from typing import Any

import pytest

from corsense.testing import Cors, foreign_origins
from corsense.testing.kit import SnapshotFiles
from tests.cli.commands import corsense

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")

TRANSCRIPT = re.compile(
    r"<!-- transcript: (?P<folder>\S+) -->\n```console\n\$ corsense (?P<arguments>[^\n]+)\n(?P<printed>.*?)```\n", re.DOTALL
)


@pytest.mark.parametrize("found", list(TRANSCRIPT.finditer(README)), ids=lambda found: found["arguments"].split()[0])
def test_a_transcript_is_what_the_command_prints(found: re.Match[str]) -> None:
    arguments = [quoted or word for quoted, word in re.findall(r"'([^']*)'|(\S+)", found["arguments"])]
    ran = corsense(*arguments, folder=ROOT / found["folder"])
    assert ran.status == 1
    assert ran.out.rstrip() == found["printed"].rstrip()


def test_the_python_examples_run(capsys: pytest.CaptureFixture[str]) -> None:
    browser, server, *_ = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    exec(compile(browser, "README.md", "exec"), {})
    error, console = capsys.readouterr().out.splitlines()
    assert error == "PreflightMissingAllowOriginHeader"
    assert console.startswith("Cross-Origin Request Blocked: ")
    assert console.endswith("Status code: 405.")
    exec(compile(server, "README.md", "exec"), {})
    assert capsys.readouterr().out == "True\n"


def test_the_example_of_tests_passes(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    example = next(block for block in re.findall(r"```python\n(.*?)```", README, re.DOTALL) if "corsense.testing" in block)
    module: dict[str, Any] = {}
    exec(compile(example, "README.md", "exec"), module)
    assert capsys.readouterr().out.splitlines()[1] == "DELETE /users/{user_id}  yes                      -"
    cors = Cors(snapshots=SnapshotFiles(tmp_path, "access", update=True))
    tests = [value for name, value in module.items() if name.startswith("test_")]
    assert len(tests) == 4
    for test in tests:
        test(cors) if "cors" in signature(test).parameters else test()
    assert (tmp_path / "access.cors").is_file()


def test_the_number_of_probes_is_that_of_the_example() -> None:
    told = re.search(r"# (\d+) probes", README)
    assert told is not None
    assert len(foreign_origins(["https://app.example.com"])) == int(told[1])


@pytest.mark.parametrize("document", ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md", "examples/README.md"])
def test_links_lead_somewhere(document: str) -> None:
    text = (ROOT / document).read_text(encoding="utf-8")
    targets = [target.partition("#")[0] for target in re.findall(r"\]\(([^)\s]+)\)", text) if "://" not in target]
    missing = [target for target in targets if target and not ((ROOT / document).parent / target).exists()]
    assert missing == []


@pytest.mark.parametrize("row", range(1, 23))
def test_every_row_of_the_article_is_spoken_of(row: int) -> None:
    numbers = {number for first, last in re.findall(r"^\| (\d+)(?:, (\d+))? \|", README, re.MULTILINE)
               for number in range(int(first), int(last or first) + 1)}  # fmt: skip
    assert row in numbers
