"""Any pasted text to the messages in it.

Lines that are exactly what a browser prints are read by the template that prints them (`exact`). The rest is reduced to its
letters, searched for sentences and parts of sentences (`search`, `lexicon`), and the parts are put together (`assembly`). The
time is proportional to the length of the text.
"""

from __future__ import annotations

from dataclasses import replace

from corsense.console.message import Draft, Message
from corsense.console.parse.assembly import Assembly
from corsense.console.parse.exact import exact_lines
from corsense.console.parse.matchers import Sighting
from corsense.console.parse.search import sightings

__all__ = ["Message", "parse"]

_ECHO = 3000
"""Two mentions of a failure by a library within so many characters are one failure."""


def parse(text: str) -> list[Message]:
    """Every message in `text`, in order; empty when it has none. Never raises."""
    printed = list(exact_lines(text))
    found = printed if _covers(printed, text) else _merged(printed, sightings(text))
    drafts = sorted(Assembly(text).run(found), key=lambda draft: (draft.start, draft.end))
    return [draft.message(text) for draft in _without_echoes(drafts)]


def _covers(sightings: list[Sighting], text: str) -> bool:
    """Whether only white space is outside the sightings."""
    position = 0
    for found in sightings:
        if text[position : found.start].strip():
            return False
        position = found.end
    return not text[position:].strip()


def _merged(printed: list[Sighting], found: list[Sighting]) -> list[Sighting]:
    """Exact lines, and what was found outside them. A frame before a line takes precedence over the line's
    own reading."""
    merged: list[Sighting] = []
    lines = iter(printed)
    line = next(lines, None)
    for sighting in found:
        while line is not None and line.end <= sighting.start:
            merged.append(line)
            line = next(lines, None)
        if line is None or sighting.end <= line.start:
            merged.append(sighting)
        elif sighting.start < line.start:
            merged.append(sighting)
            if sighting.complete:
                line = next(lines, None)
    while line is not None:
        merged.append(line)
        line = next(lines, None)
    return sorted(merged, key=lambda each: each.start)


def _without_echoes(drafts: list[Draft]) -> list[Draft]:
    """Libraries name one failure several times over (`AxiosError: Network Error`, `code: 'ERR_NETWORK'`): keep the first."""
    kept: list[Draft] = []
    for draft in drafts:
        last = kept[-1] if kept else None
        if last is not None and draft.entry is last.entry and draft.entry.engine == "library" and draft.start - last.end < _ECHO:
            kept[-1] = replace(last, values={**draft.values, **last.values})
        else:
            kept.append(draft)
    return kept
