"""The documents say what is true: their transcripts and examples are run."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.cli.commands import corsense

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")

TRANSCRIPT = re.compile(
    r"<!-- transcript: (?P<folder>\S+) -->\n```console\n\$ corsense (?P<arguments>[^\n]+)\n(?P<printed>.*?)```\n", re.DOTALL
)


def test_the_transcript_is_what_the_command_prints() -> None:
    found = TRANSCRIPT.search(README)
    assert found is not None
    arguments = [quoted or word for quoted, word in re.findall(r"'([^']*)'|(\S+)", found["arguments"])]
    ran = corsense(*arguments, folder=ROOT / found["folder"])
    assert ran.status == 1
    assert ran.out.rstrip() == found["printed"].rstrip()


def test_the_python_examples_run(capsys: pytest.CaptureFixture[str]) -> None:
    browser, server = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    exec(compile(browser, "README.md", "exec"), {})
    error, console = capsys.readouterr().out.splitlines()
    assert error == "PreflightMissingAllowOriginHeader"
    assert console.startswith("Cross-Origin Request Blocked: ")
    assert console.endswith("Status code: 405.")
    exec(compile(server, "README.md", "exec"), {})
    assert capsys.readouterr().out == "True\n"


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
