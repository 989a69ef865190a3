"""Tracebacks as `fastapi dev` and other tools print them, in boxes, put back into Python's own form."""

from __future__ import annotations

import re
from collections.abc import Iterator

_TITLE = re.compile(r"╭─+ Traceback \(most recent call last\) ─+╮")
_TOP = re.compile(r"╭─[─ \w#-]*╮")
_BOTTOM = re.compile(r"╰─+╯")
_LOCALS = re.compile(r"╭─+ locals ─+╮")
_FRAME = re.compile(r"(?P<file>(?:[A-Za-z]:)?[^:\s][^:]*):(?P<line>\d+)(?: in (?P<function>.+))?")
_BARE_FRAME = re.compile(r"in (?P<function>.+):(?P<line>\d+)")
_SOURCE = re.compile(r"❱ *\d+ (?P<source>.*)")
_NUMBERED = re.compile(r"\d+ ")


def without_boxes(text: str) -> str:
    """The text with each boxed traceback rewritten as Python prints it. Text without boxes is returned as it is."""
    if not _TITLE.search(text):
        return text
    written: list[str] = []
    inside: list[str] | None = None
    for line in text.splitlines():
        stripped = line.strip()
        if _TITLE.fullmatch(stripped):
            written.append("Traceback (most recent call last):")
            inside = []
        elif inside is None and _TOP.fullmatch(stripped):
            inside = []
        elif inside is not None and _BOTTOM.fullmatch(stripped):
            written.extend(_frames(inside))
            inside = None
        elif inside is not None:
            inside.append(stripped.removeprefix("│").removesuffix("│").strip())
        else:
            written.append(line)
    return "\n".join(written)


def _frames(lines: list[str]) -> Iterator[str]:
    """The frames in a box, each with its line of code; local variables are passed over."""
    for entry in _entries(lines):
        source = _SOURCE.fullmatch(entry)
        if source:
            yield "    " + source["source"].lstrip("│ ")
            continue
        frame = _FRAME.fullmatch(entry) or _BARE_FRAME.fullmatch(entry)
        if frame:
            file = frame.groupdict().get("file", "<unknown>")
            function = f", in {frame['function']}" if frame["function"] else ""
            yield f'  File "{file}", line {frame["line"]}{function}'


def _entries(lines: list[str]) -> Iterator[str]:
    """The lines of a box, a place that was broken over several lines put together again."""
    place: list[str] = []
    in_locals = False
    for line in [*lines, ""]:
        if in_locals:
            in_locals = not _BOTTOM.fullmatch(line)
        elif _LOCALS.fullmatch(line):
            in_locals = True
        elif line and not line.startswith("❱") and not _NUMBERED.match(line):
            if place and _FRAME.fullmatch(" ".join(place)):
                yield " ".join(place)
                place = []
            place.append(line)
            continue
        if place:
            yield " ".join(place)
            place = []
        if line.startswith("❱") and not in_locals:
            yield line
