"""Places in source as editors count them: lines from 0, columns in the units of the encoding that the client chose."""

from __future__ import annotations

import difflib
import tokenize
from collections.abc import Iterator
from io import BytesIO

from lsprotocol import types

from corsense.finding import Place

_UNITS = {"utf-8": ("utf-8", 1), "utf-16": ("utf-16-le", 2), "utf-32": ("utf-32-le", 4)}


class Lines:
    """The lines of a text. `encoding` is that of positions: `utf-16` unless client and server agreed on another."""

    def __init__(self, text: str, encoding: str = "utf-16") -> None:
        self._lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        self._codec, self._size = _UNITS[encoding]

    def range_of(self, place: Place) -> types.Range:
        """The range of a place: the whole line where it has no columns. What lies beyond the text ends where the text does."""
        start = self._position(place.line, place.column or 1)
        if place.column is None:
            return types.Range(start, self.end_of(place.line))
        end = self._position(place.end_line or place.line, place.end_column or place.column + 1)
        return types.Range(start, max(start, end, key=lambda each: (each.line, each.character)))

    def end_of(self, line: int) -> types.Position:
        """The end of a line, counted from 1."""
        return self._position(line, len(self.line(line)) + 1)

    def line(self, number: int) -> str:
        """The text of a line, counted from 1; empty where there is none."""
        return self._lines[number - 1] if 0 < number <= len(self._lines) else ""

    def _position(self, line: int, column: int) -> types.Position:
        before = self.line(line)[: column - 1]
        units = len(before.encode(self._codec, "surrogatepass")) // self._size
        return types.Position(max(0, min(line, len(self._lines)) - 1), units)


def edits_between(before: str, after: str, encoding: str = "utf-16") -> Iterator[types.TextEdit]:
    """The changes that make one text the other, line by line."""
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    if any(character in before for character in "\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"):  # not ends of lines for editors
        yield types.TextEdit(types.Range(types.Position(0, 0), _end(before, encoding)), after)
        return
    for kind, first, last, start, end in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind != "equal":
            until = types.Position(last, 0) if last < len(old) or before.endswith("\n") else _end(before, encoding)
            yield types.TextEdit(types.Range(types.Position(first, 0), until), "".join(new[start:end]))


def _end(text: str, encoding: str) -> types.Position:
    lines = Lines(text, encoding)
    return lines.end_of(text.replace("\r\n", "\n").replace("\r", "\n").count("\n") + 1)


def encoded(text: str) -> bytes:
    """The bytes of a text as Python would read them from a file: in the encoding that it declares, else in UTF-8."""
    content = text.encode("utf-8", "surrogatepass")
    try:
        return text.encode(tokenize.detect_encoding(BytesIO(content).readline)[0])
    except (SyntaxError, UnicodeEncodeError, LookupError):
        return content


def decoded(content: bytes) -> str:
    """The text of the bytes of a Python file."""
    try:
        return content.decode(tokenize.detect_encoding(BytesIO(content).readline)[0])
    except (SyntaxError, UnicodeDecodeError, LookupError):
        return content.decode("utf-8", "replace")
