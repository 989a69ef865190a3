"""Lines on a terminal or into a pipe, and what must not reach it raw. Imports nothing that takes time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from corsense._terminal import as_written
from corsense.readers.controls import harmless
from corsense.report.columns import printed_width, split_at

__all__ = ["WIDTH", "Line", "Lines", "harmless"]

WIDTH = 80
"""Columns of prose. Code that is meant to be copied may be longer."""
_LABEL = 10
_NARROWEST = 24
_OPENING = "'\"`(["
"""No line ends after these: a quoted value may begin with a blank."""
_SGR = {
    "bold": "1",
    "dim": "2",
    "italic": "3",
    "red": "31",
    "green": "32",
    "yellow": "33",
    "blue": "34",
    "cyan": "36",
}

Pieces: TypeAlias = "list[tuple[str, str]]"
Line: TypeAlias = "str | Pieces"
"""What can be printed: a string, or pieces with their styles (words of `bold`, `dim`, `italic` and a colour).

A style that begins with `link=` makes its piece a link to the rest of it, where the terminal shows links.
"""


@dataclass(frozen=True, slots=True)
class Lines:
    """Prints lines of at most `width` columns, with `colour` and `links` (OSC 8) where the output shows them, by `write`.
    `encoding` is that of the output."""

    width: int = WIDTH
    colour: bool = False
    links: bool = False
    write: Callable[[str], None] = print
    encoding: str = "utf-8"

    def plain(self, text: Line = "", indent: int = 0, hang: int = 0) -> None:
        """A line, `indent` columns in; where it is wrapped, the rest goes `hang` columns further."""
        self.led([(" " * indent, "")], text, [(" " * (indent + hang), "")])

    def labelled(self, label: str, text: Line, style: str = "dim") -> None:
        """A line with a label in a column of its own."""
        self.led([(f"  {label:<{_LABEL}}", style)], text, [(" " * (_LABEL + 2), "")])

    def led(self, lead: Pieces, text: Line, rest: Pieces) -> None:
        """A line that begins with `lead`; where it is wrapped, each further line begins with `rest`."""
        pieces = self._clean(text)
        rooms = [max(_NARROWEST, self.width - printed_width(_characters(before))) for before in (lead, rest)]
        for number, part in enumerate(_wrapped(pieces, *rooms)):
            self._write([*(rest if number else lead), *part])

    def exact(self, text: str, style: str = "") -> None:
        """Something to copy: never wrapped."""
        self._write([(self.shown(text), style)])

    def unwrapped(self, text: Line) -> None:
        """One line, however long it is."""
        self._write(self._clean(text))

    def shown(self, text: str) -> str:
        """`text` without what controls a terminal, as the encoding of the output writes it."""
        return as_written(harmless(text), self.encoding)

    def _clean(self, text: Line) -> Pieces:
        pieces = [(text, "")] if isinstance(text, str) else text
        return [(self.shown(piece), style) for piece, style in pieces]

    def _write(self, pieces: Pieces) -> None:
        if not self.colour and not self.links:
            self.write(_characters(pieces).rstrip())
            return
        self.write("".join(self._styled(text, style) for text, style in pieces).rstrip(" "))

    def _styled(self, text: str, style: str) -> str:
        words = style.split()
        address = next((word.removeprefix("link=") for word in words if word.startswith("link=")), None)
        codes = [_SGR[word] for word in words if word in _SGR] if self.colour else []
        if codes and text:
            text = f"\x1b[{';'.join(codes)}m{text}\x1b[0m"
        return f"\x1b]8;;{address}\x1b\\{text}\x1b]8;;\x1b\\" if address is not None and self.links else text


def _characters(text: Line) -> str:
    return text if isinstance(text, str) else "".join(piece for piece, _ in text)


def _wrapped(pieces: Pieces, first_room: int, room: int) -> Iterator[Pieces]:
    """The pieces as lines of at most `room` columns, the first of `first_room`, broken at blanks. A longer word stands alone."""
    here = first_room
    for row in _rows(pieces):
        text = _characters(row)
        while printed_width(text) > here:
            fits = split_at(text, here + 1)
            cut = text.rfind(" ", 1, fits)
            if cut > 1 and text[cut - 1] in _OPENING:
                cut = text.rfind(" ", 1, cut - 1)
            if not text[: max(cut, 0)].strip():
                cut = text.find(" ", fits)
            if cut < 0 or not text[cut:].strip():
                break
            head, row = _divided(row, cut)
            yield head
            here = room
            row = _without_blanks(row)
            text = _characters(row)
        yield row
        here = room


def _rows(pieces: Pieces) -> Iterator[Pieces]:
    """The pieces between line feeds."""
    row: Pieces = []
    for text, style in pieces:
        first, *others = text.split("\n")
        row.append((first, style))
        for other in others:
            yield row
            row = [(other, style)]
    yield row


def _divided(pieces: Pieces, at: int) -> tuple[Pieces, Pieces]:
    head: Pieces = []
    for number, (text, style) in enumerate(pieces):
        if at < len(text):
            return [*head, (text[:at], style)], [(text[at:], style), *pieces[number + 1 :]]
        head.append((text, style))
        at -= len(text)
    return head, []


def _without_blanks(pieces: Pieces) -> Pieces:
    while pieces and not pieces[0][0].strip(" "):
        pieces = pieces[1:]
    return [(pieces[0][0].lstrip(" "), pieces[0][1]), *pieces[1:]] if pieces else []
