"""Lines on a terminal or into a pipe, and what must not get there raw."""

from __future__ import annotations

from dataclasses import dataclass

from rich.console import Console
from rich.text import Text

from corsense.readers.controls import CONTROL as _CONTROL
from corsense.readers.controls import harmless

__all__ = ["Lines", "harmless"]

_LABEL = 10


def _printable(text: Text | str) -> Text:
    if isinstance(text, str):
        return Text(harmless(text))
    if _CONTROL.search(text.plain) is None:
        return text
    clean = text.copy()
    clean.plain = _CONTROL.sub("\ufffd", text.plain)  # one for one, so that the colours stay where they are
    return clean


@dataclass(frozen=True, slots=True)
class Lines:
    """Prints lines: on a terminal wrapped below their own beginning, into a pipe as they are."""

    console: Console

    def plain(self, text: Text | str = "", indent: int = 0, hang: int = 0) -> None:
        """A line, `indent` columns in; where it is wrapped, the rest goes `hang` columns further."""
        line = _printable(text)
        if not self.console.is_terminal:
            self.console.print(Text.assemble(" " * indent, line), soft_wrap=True)
            return
        width = max(30, self.console.width - indent - hang)
        for number, part in enumerate(line.wrap(self.console, width)):
            part.rstrip()
            self.console.print(Text.assemble(" " * (indent + (hang if number else 0)), part), soft_wrap=True)

    def labelled(self, label: str, text: Text | str, style: str = "dim") -> None:
        """A line with a label in a column of its own."""
        line = _printable(text)
        self.plain(Text.assemble((f"{label:<{_LABEL}}", style), line), 2, _LABEL)

    def verbatim(self, text: str, style: str = "") -> None:
        """Something to copy: never wrapped."""
        self.console.print(Text(harmless(text), style), soft_wrap=True)
