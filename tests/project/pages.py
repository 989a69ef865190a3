"""The documents that people read: README.md and the pages below docs/, taken apart."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]

README = ROOT / "README.md"
PAGES = sorted((ROOT / "docs").rglob("*.md"))
"""Pages of the documentation, without those that a script generates."""
DOCUMENTS = [README, *PAGES]

_FENCED = re.compile(
    r'^(?:<!-- transcript: (?P<folder>\S+) -->\n)?(?P<indent> *)```(?P<language>\w+)(?: title="(?P<title>[^"]+)")?\n'
    r"(?P<text>.*?)^(?P=indent)```$",
    re.DOTALL | re.MULTILINE,
)
_ROW = re.compile(r"^\| (?P<number>\d+) \| (?P<element>.+?) \|(?: `(?P<command>.+?)`)? \| (?P<places>.+?) \| ", re.MULTILINE)


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, the file that it is (`title="main.py"`), the example that its transcript was taken in."""

    page: Path
    language: str
    text: str
    title: str | None
    folder: str | None

    def commands(self) -> Iterator[tuple[str, str]]:
        """Each command of a console block, without prompt and comment, and what it prints."""
        joined = re.sub(r"\\\n\s*", "", self.text)  # a command goes on behind a backslash
        for part in re.split(r"^\$ ", joined, flags=re.MULTILINE)[1:]:
            line, _, printed = part.partition("\n")
            yield re.sub(r"\s{2,}#.*", "", line).strip(), printed


@dataclass(frozen=True)
class Row:
    """A row of the article: its number, what to run and in which examples, the pages that it links to."""

    number: int
    command: list[str]
    examples: list[Path]
    pages: list[str]


def blocks(page: Path) -> list[Block]:
    """The fenced blocks of a page, in order."""
    text = page.read_text(encoding="utf-8")
    return [Block(page, found["language"], text_of(found), found["title"], found["folder"]) for found in _FENCED.finditer(text)]


def text_of(block: re.Match[str]) -> str:
    """The text of a fenced block, without the indentation of the block: one in a list is indented."""
    return "".join(line.removeprefix(block["indent"]) for line in block["text"].splitlines(keepends=True))


def commands(page: Path) -> list[str]:
    """Every command of a page, each once."""
    found = (command for block in blocks(page) if block.language == "console" for command, _ in block.commands())
    return list(dict.fromkeys(found))


def is_session(page: Path) -> bool:
    """Whether a page below docs/ brings the files that its commands are about, so that it can be run from top to bottom."""
    return page != README and any(block.title and block.title.endswith(".py") for block in blocks(page))


def article() -> list[Row]:
    """The rows of the article."""
    page = ROOT / "docs" / "article.md"
    return [
        Row(
            int(found["number"]),
            shlex.split(found["command"] or ""),
            [(page.parent / name).resolve().parent for name in re.findall(r"\((\S+/main\.py)\)", found["places"])],
            re.findall(r"\((\S+\.md#\S+)\)", found["places"]),
        )
        for found in _ROW.finditer(page.read_text(encoding="utf-8"))
    ]
