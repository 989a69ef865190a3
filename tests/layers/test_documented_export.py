"""The page about exports is true: its commands print what it shows."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from corsense.layers.export import TARGETS
from corsense.layers.programs import find
from tests.cli.commands import corsense
from tests.project.pages import ROOT, blocks

PAGE = ROOT / "docs" / "how-to" / "export.md"
CONSOLES = [block for block in blocks(PAGE) if block.language == "console"]


@pytest.mark.parametrize("number", range(len(CONSOLES)))
def test_a_transcript_is_what_the_command_prints(number: int, tmp_path: Path) -> None:
    app = next(block.text for block in blocks(PAGE) if block.language == "python")
    (tmp_path / "main.py").write_text(app, encoding="utf-8")
    ((command, printed),) = CONSOLES[number].commands()
    if "--prove" in command and find("haproxy") is None:
        pytest.skip("HAProxy is not installed; scripts/install-proxies installs it.")
    ran = corsense(*command.split()[1:], folder=tmp_path)
    assert without_version(ran.out + ran.err) == without_version(printed)


def test_the_example_in_python_prints_a_route(capsys: pytest.CaptureFixture[str]) -> None:
    example = [block.text for block in blocks(PAGE) if block.language == "python"][-1]
    exec(compile(example, "export.md", "exec", dont_inherit=True), {})
    assert "kind: HTTPRoute" in capsys.readouterr().out


def without_version(text: str) -> str:
    return re.sub(r"HAProxy [\d.]+\d", "HAProxy", text.strip())


def test_the_page_has_every_layer() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert [name for name in TARGETS if f"`{name}`" not in text] == []
