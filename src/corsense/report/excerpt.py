"""The source lines of a finding, with the smallest span that is at fault marked, as a compiler shows them."""

from __future__ import annotations

import ast
import re
import tokenize
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from corsense._redaction import Redactor
from corsense.finding import Place
from corsense.readers.controls import harmless
from corsense.report.columns import TAB, printed_width, split_at
from corsense.report.difference import shared_head

_LINE_ENDS = re.compile(r"\r\n|\r|\n")
_KEYWORD = re.compile(r"[A-Za-z_]\w*\s*=(?!=)\s*")
_LONGEST_LINE = 20_000
"""A longer line is not shown: it was not written by hand."""
_LONGEST_CALL = 20_000
_MOST_MARKS = 4
_OVERHANG = 8
"""Columns that a label may stick out, rather than take a row of its own."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A part of one line: characters `start` to `end` of line `line`, which counts from 1."""

    line: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Row:
    """A printed line: `number` of the source line (None below one), its text, and whether that is a mark."""

    number: int | None
    text: str
    is_mark: bool = False


class Sources:
    """The files that findings are in, each read once."""

    def __init__(self) -> None:
        self._lines: dict[str, list[str]] = {}

    def lines(self, file: str) -> list[str]:
        """The lines of a file as Python reads it; none where it cannot be read."""
        if file not in self._lines:
            self._lines[file] = _read(file)
        return self._lines[file]


def _read(file: str) -> list[str]:
    try:
        if not Path(file).is_file():
            return []
        with open(file, "rb") as binary:
            encoding, _ = tokenize.detect_encoding(binary.readline)
            binary.seek(0)
            text = binary.read().decode(encoding, "replace")
    except (SyntaxError, LookupError):
        text = Path(file).read_text(encoding="utf-8", errors="replace")
    except (OSError, ValueError):
        return []
    return _LINE_ENDS.split(text)


def marks_of(place: Place, evidence: Mapping[str, object], lines: list[str]) -> list[Mark]:
    """The smallest spans of `place` that the evidence is about; several where several arguments are."""
    if not 1 <= place.line <= len(lines):
        return []
    spans = _arguments(place, evidence, lines) or [_first_line(place, lines)]
    return [_difference(mark, evidence, lines) for mark in spans[:_MOST_MARKS]]


def excerpt(
    marks: list[Mark], label: str | None, lines: list[str], room: int, shown: Callable[[str], str] = harmless
) -> Iterator[Row]:
    """The marked lines, each with its carets below; the label beside the last ones, or below them where it does not fit into
    `room` columns. `shown` is how the output writes a text."""
    masked = Redactor(keeps_length=True)
    before: int | None = None
    for number, mark in enumerate(marks):
        if before is not None and mark.line > before + 1:
            yield Row(None, "...")
        before = mark.line
        source = lines[mark.line - 1]
        if len(source) > _LONGEST_LINE:
            yield Row(mark.line, f"(a line of {len(source):,} characters; see column {mark.start + 1:,})")
            continue
        yield from _marked(mark, masked.text(source), label if number == len(marks) - 1 else None, room, shown)


def _marked(mark: Mark, source: str, label: str | None, room: int, shown: Callable[[str], str]) -> Iterator[Row]:
    text, at, marked = fitting(source, mark, room, shown)
    yield Row(mark.line, text)
    carets = f"{'':{at}}{'^' * marked}"
    if label is None:
        yield Row(None, carets, is_mark=True)
        return
    label = shown(" ".join(label.split()))
    if len(carets) + 1 + printed_width(label) <= room + _OVERHANG:
        yield Row(None, f"{carets} {label}", is_mark=True)
        return
    yield Row(None, carets, is_mark=True)
    rows = _wrapped(label, max(24, room - min(at, 4)))
    start = max(0, min(at, room - max(map(printed_width, rows), default=0)))
    for row in rows:
        yield Row(None, f"{'':{start}}{row}", is_mark=True)


def _wrapped(text: str, room: int) -> list[str]:
    rows: list[str] = []
    for word in text.split(" "):
        if rows and printed_width(rows[-1]) + 1 + printed_width(word) <= room:
            rows[-1] += f" {word}"
        else:
            rows.append(word)
    return rows


def fitting(source: str, mark: Mark, room: int, shown: Callable[[str], str] = harmless) -> tuple[str, int, int]:
    """A line of source cut to `room` columns around the mark; the column at which the mark begins, and its columns."""
    start, end = min(mark.start, len(source)), min(mark.end, len(source))
    before, marked, after = (_spaced(shown, part) for part in (source[:start], source[start:end], source[end:].rstrip()))
    dots = shown("…")
    at, width = printed_width(before), max(1, printed_width(marked))
    if at + width + printed_width(after) <= room:
        return before + marked + after, at, width
    before = before.lstrip()
    at = printed_width(before)
    if at + width + printed_width(after) <= room:
        return before + marked + after, at, width
    if at + width > room - len(dots):  # the beginning goes
        before = _end_of(before, max(room // 4, room - 2 * len(dots) - width), dots)
        at = printed_width(before)
        if at + width > room - len(dots):
            marked = marked[: split_at(marked, room - len(dots) - at)]
            return f"{before}{marked}{dots}", at, max(1, printed_width(marked))
    rest = room - at - width
    if printed_width(after) > rest:
        after = after[: split_at(after, rest - len(dots))] + dots
    return before + marked + after, at, width


def _end_of(text: str, room: int, dots: str) -> str:
    """The end of a text that fits into `room` columns, with dots where something goes before it."""
    if printed_width(text) <= room - len(dots):
        return text
    kept = text[::-1]
    return dots + kept[: split_at(kept, room - len(dots))][::-1]


def _spaced(shown: Callable[[str], str], source: str) -> str:
    return shown(source.replace("\t", " " * TAB).replace("\ufeff", ""))


def _first_line(place: Place, lines: list[str]) -> Mark:
    """The span, of several lines the first; without a column the whole line."""
    text = lines[place.line - 1]
    indent = len(text) - len(text.lstrip())
    start = place.column - 1 if place.column else indent
    ends_here = place.end_line in (None, place.line) and place.end_column is not None
    end = (place.end_column or 0) - 1 if ends_here else len(_without_comment(text))
    span = text[start:end]
    keyword = _KEYWORD.match(span)
    if keyword is not None and ends_here:
        start += keyword.end()
    return Mark(place.line, start, max(end, start + 1))


def _without_comment(text: str) -> str:
    before, hash_, _ = text.partition("  #")
    return before.rstrip() if hash_ else text.rstrip()


def _arguments(place: Place, evidence: Mapping[str, object], lines: list[str]) -> list[Mark]:
    """The values of a call's arguments that the evidence names, or the name that it says is wrong."""
    if place.column is None or place.end_line is None or place.end_column is None or place.end_line > len(lines):
        return []
    text = _text(place, lines)
    if "(" not in text or len(text) > _LONGEST_CALL:
        return []
    try:
        call = ast.parse(f"({text}\n)", mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    if not isinstance(call, ast.Call):
        return []
    named = [keyword for keyword in call.keywords if keyword.arg is not None]
    wrong = [keyword for keyword in named if keyword.arg == evidence.get("keyword")]
    if wrong:
        assert wrong[0].arg is not None
        return [_mark_of(place, text, wrong[0].lineno, wrong[0].col_offset, len(wrong[0].arg))]
    values = [keyword.value for keyword in named if keyword.arg in evidence]
    found = [_value_mark(place, text, value) for value in values]
    return sorted(found, key=lambda mark: (mark.line, mark.start))


def _text(place: Place, lines: list[str]) -> str:
    assert place.column is not None
    assert place.end_line is not None
    assert place.end_column is not None
    rows = lines[place.line - 1 : place.end_line]
    rows[-1] = rows[-1][: place.end_column - 1]
    rows[0] = rows[0][place.column - 1 :]
    return "\n".join(rows)


def _value_mark(place: Place, text: str, value: ast.expr) -> Mark:
    row = text.split("\n")[value.lineno - 1]
    one_line = value.end_lineno == value.lineno and value.end_col_offset is not None
    # The text was put in parentheses: its first line is one byte further to the right.
    shift = 1 if value.lineno == 1 else 0
    encoded = row.encode("utf-8")
    end = value.end_col_offset - shift if one_line and value.end_col_offset is not None else len(encoded.rstrip())
    length = len(encoded[value.col_offset - shift : end].decode("utf-8", "replace"))
    return _mark_of(place, text, value.lineno, value.col_offset, length)


def _mark_of(place: Place, text: str, line: int, offset: int, length: int) -> Mark:
    """The mark at a byte offset of a line of the span's text, which was parsed in parentheses."""
    row = text.split("\n")[line - 1]
    start = len(row.encode("utf-8")[: offset - (1 if line == 1 else 0)].decode("utf-8", "replace"))
    if line == 1:
        start += (place.column or 1) - 1
    return Mark(place.line + line - 1, start, start + max(1, length))


def _difference(mark: Mark, evidence: Mapping[str, object], lines: list[str]) -> Mark:
    """Of a value that is written out, only what differs from the one that a page sends."""
    written, sent = evidence.get("allowed"), evidence.get("sent")
    if not isinstance(written, str) or not isinstance(sent, str) or len(written) < 4:
        return mark
    at = lines[mark.line - 1].find(written, mark.start, mark.end)
    if at < 0:
        return mark
    head = shared_head(written, sent)
    tail = shared_head(written[head:][::-1], sent[head:][::-1])
    if head + tail >= len(written):  # something is missing, nothing is too much
        return Mark(mark.line, at, at + len(written))
    return Mark(mark.line, at + head, at + len(written) - tail)
