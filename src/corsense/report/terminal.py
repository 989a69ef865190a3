"""Lines on a terminal or into a pipe, and what must not get there raw."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from corsense.readers.controls import CONTROL as _CONTROL
from corsense.readers.controls import harmless

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

__all__ = ["Line", "Lines", "harmless"]

_LABEL = 10

Line: TypeAlias = "Text | str | list[tuple[str, str]]"
"""What can be printed: a string, pieces with their styles, or text of rich, which a pipe does without."""


@dataclass(frozen=True, slots=True)
class Lines:
    """Prints lines: on a terminal wrapped below their own beginning, into a pipe (no console) as they are."""

    console: Console | None

    def plain(self, text: Line = "", indent: int = 0, hang: int = 0) -> None:
        """A line, `indent` columns in; where it is wrapped, the rest goes `hang` columns further."""
        if self.console is None:
            print(f"{'':{indent}}{harmless(_characters(text))}" if indent else harmless(_characters(text)))
            return
        from rich.text import Text

        line = _printable(text)
        if not self.console.is_terminal:
            self.console.print(Text.assemble(" " * indent, line), soft_wrap=True)
            return
        width = max(30, self.console.width - indent - hang)
        for number, part in enumerate(line.wrap(self.console, width)):
            part.rstrip()
            self.console.print(Text.assemble(" " * (indent + (hang if number else 0)), part), soft_wrap=True)

    def labelled(self, label: str, text: Line, style: str = "dim") -> None:
        """A line with a label in a column of its own."""
        if self.console is None:
            self.plain(f"{label:<{_LABEL}}{_characters(text)}", 2, _LABEL)
            return
        from rich.text import Text

        self.plain(Text.assemble((f"{label:<{_LABEL}}", style), _printable(text)), 2, _LABEL)

    def exact(self, text: str, style: str = "") -> None:
        """Something to copy: never wrapped."""
        if self.console is None:
            print(harmless(text))
            return
        from rich.text import Text

        self.console.print(Text(harmless(text), style), soft_wrap=True)


def _characters(text: Line) -> str:
    if isinstance(text, str):
        return text
    return "".join(piece for piece, _ in text) if isinstance(text, list) else text.plain


def _printable(text: Line) -> Text:
    from rich.text import Text

    if isinstance(text, str):
        return Text(harmless(text))
    if isinstance(text, list):
        return Text.assemble(*((harmless(piece), style) for piece, style in text))
    if _CONTROL.search(text.plain) is None:
        return text
    clean = text.copy()
    clean.plain = _CONTROL.sub("\ufffd", text.plain)  # one for one, so that the colours stay where they are
    return clean
