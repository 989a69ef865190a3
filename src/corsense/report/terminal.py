"""Lines on a terminal or into a pipe, and what must not get there raw."""

from __future__ import annotations

import re
from dataclasses import dataclass

from rich.console import Console
from rich.text import Text

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_LABEL = 10


def harmless(text: str) -> str:
    """`text` with control characters spelled out, so that a server's answer cannot write to the terminal."""
    return _CONTROL.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


@dataclass(frozen=True, slots=True)
class Lines:
    """Prints lines: on a terminal wrapped below their own beginning, into a pipe as they are."""

    console: Console

    def plain(self, text: Text | str = "", indent: int = 0, hang: int = 0) -> None:
        """A line, `indent` columns in; where it is wrapped, the rest goes `hang` columns further."""
        line = Text(harmless(text)) if isinstance(text, str) else text
        if not self.console.is_terminal:
            self.console.print(Text.assemble(" " * indent, line), soft_wrap=True)
            return
        width = max(30, self.console.width - indent - hang)
        for number, part in enumerate(line.wrap(self.console, width)):
            part.rstrip()
            self.console.print(Text.assemble(" " * (indent + (hang if number else 0)), part), soft_wrap=True)

    def labelled(self, label: str, text: Text | str, style: str = "dim") -> None:
        """A line with a label in a column of its own."""
        line = Text(harmless(text)) if isinstance(text, str) else text
        self.plain(Text.assemble((f"{label:<{_LABEL}}", style), line), 2, _LABEL)

    def verbatim(self, text: str, style: str = "") -> None:
        """Something to copy: never wrapped."""
        self.console.print(Text(harmless(text), style), soft_wrap=True)
