"""Where the sentences of the lexicon stand in a text."""

# ruff: noqa: RUF001 -- these are the characters that people paste and that browsers print

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cache

from corsense.console.parse.lexicon import matchers
from corsense.console.parse.matchers import QUOTES, Sighting
from corsense.console.parse.normalized_text import NormalizedText
from corsense.console.parse.short_patterns import short_messages

_WHOLE = 15
"""A complete sentence counts as so many letters more."""
_REACH = 4500
"""The most letters of a sentence."""


def sightings(text: str) -> list[Sighting]:
    """The sentences, and parts of sentences, in the text, in order and without overlaps."""
    view = NormalizedText(text)
    hits = sorted(_hits(view.normalized))
    found: list[Sighting] = []
    floor = 0
    last_of_key: dict[str, int] = {}
    for (position, key), high in zip(hits, _ceilings(hits, len(view.normalized)), strict=True):
        low = max(floor, last_of_key.get(key, 0))
        last_of_key[key] = position + len(key)
        best = _best(matcher.look(view, position, low, high) for matcher in matchers()[key])
        if best is not None and not best.complete:  # a sentence may itself hold the words that another begins with
            further = min(len(view.normalized), position + _REACH)
            looks = [best, *(matcher.look(view, position, low, further) for matcher in matchers()[key])]
            best = _unless_rivalled(_best(looks), looks)
        if best is not None and _is_plausible(best, text):
            found.append(best)
            if best.complete and best.matcher.role in ("whole", "detail", "reason"):
                floor = max(floor, position)
    found += short_messages(view)
    return _without_overlaps(found)


def _ceilings(hits: list[tuple[int, str]], end: int) -> list[int]:
    """For each hit the letter where the next sentence begins."""
    starts = sorted(position - _begins(key) for position, key in hits if _begins(key) >= 0)
    following = (bisect_left(starts, position + len(key)) for position, key in hits)
    return [starts[index] if index < len(starts) else end for index in following]


@cache
def _begins(key: str) -> int:
    """How many letters of a sentence stand before the key that begins it; -1 when no sentence begins with it."""
    offsets = [
        matcher.parts[0].normalized.index(key)
        for matcher in matchers()[key]
        if matcher.role != "detail" and matcher.key_part == 0
    ]
    return max(offsets, default=-1)


def _hits(normalized: str) -> Iterator[tuple[int, str]]:
    for key in matchers():
        position = normalized.find(key)
        while position >= 0:
            yield position, key
            position = normalized.find(key, position + len(key))


def _best(found: Iterable[Sighting | None]) -> Sighting | None:
    return max((sighting for sighting in found if sighting is not None), key=_rank, default=None)


def _unless_rivalled(best: Sighting | None, looks: list[Sighting | None]) -> Sighting | None:
    """The best look; ambiguous when looks for another error reach as far."""
    if best is None or best.complete:
        return best
    rivals = {look.entry.error for look in looks if look is not None and look.weight == best.weight}
    return best if len(rivals) == 1 else replace(best, rivalled=True)


def _rank(found: Sighting) -> tuple[int, int]:
    """Whole sentences before parts, but a long part before a short sentence that it may contain."""
    return found.weight + _WHOLE * found.complete, found.end - found.start


_FILE_AND_LINE = re.compile(r"\S{1,200}:\d{1,6}")
_NEEDS_ITS_LINE = frozenset(
    {"timeout", "connection-closed", "connection-refused", "tls", "name-not-resolved", "corsrequestfailed", "not-http"}
)


def _is_plausible(found: Sighting, text: str) -> bool:
    """Whether enough of the sentence is there to take it for the message: half a sentence may be prose."""
    code = found.entry.code
    if found.matcher.role == "whole" and not found.complete and found.weight < 24:
        return False
    if code == "old:failed-to-load" and not any(mark in found.values.get("url", "") for mark in "/:"):
        return False
    if code == "exception:fetch" and text[found.end : found.end + 14].strip().startswith("dynamically"):
        return False
    if found.entry.product == "webkit" and code in _NEEDS_ITS_LINE and found.weight < 32:
        return _has_its_line(found, text)
    return True


def _has_its_line(found: Sighting, text: str) -> bool:
    """Whether only a prefix and a place in a file are beside the words."""
    before = text[max(0, found.start - 400) : found.start].rpartition("\n")[2].strip(" \t>*-•" + QUOTES)
    after = text[found.end : found.end + 200].partition("\n")[0].strip(" \t.*" + QUOTES)
    begins = before == "" or before.endswith(("]", ":", "：")) or _FILE_AND_LINE.fullmatch(before) is not None
    return begins and (after == "" or not after[0].isalpha() or _FILE_AND_LINE.match(after) is not None)


def _without_overlaps(found: list[Sighting]) -> list[Sighting]:
    kept: list[Sighting] = []
    for sighting in sorted(found, key=lambda each: (each.start, -each.end)):
        if kept and sighting.start < kept[-1].end:
            if _rank(sighting) > _rank(kept[-1]):
                kept[-1] = sighting
        else:
            kept.append(sighting)
    return kept
