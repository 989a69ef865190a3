"""`Matcher`: how a sentence is found in a text that was cut, wrapped, quoted or retyped."""

# ruff: noqa: RUF001 -- these are the characters that people paste and that browsers print

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, cached_property
from html import unescape
from typing import Literal

from corsense.console.model import CatalogueEntry
from corsense.console.parse.normalized_text import NormalizedText, reduce
from corsense.console.templates import FREE_FIELDS, SPACED_FIELDS, Template

Role = Literal[
    "whole", "frame", "old-frame", "firefox-frame", "preflight", "detail", "reason", "loader", "denied", "therefore", "had-status"
]
"""What a sentence is in a message: all of it, or a part that others complete."""

QUOTES = "'\"`´‘’‚‛“”„‟«»‹›「」『』′″"
_CLOSING = {"'": "'’‘`´′\"", '"': "\"”“″'", "‘": "’'‘`", "“": '”"“', "`": "`'’", "«": "»", "「": "」"}
_ADDRESS_LIMIT = 2048
_WORD_LIMIT = 128
_SHORT = 6
"""Pieces with fewer letters than this identify nothing by themselves."""
_JUNK = " \t\r\n\\*_|>" + QUOTES
_BREAK = re.compile(r"[ \t]*\r?\n[ \t>|│]*")
_WORDS = frozenset(
    {
        "method",
        "header",
        "status",
        "space",
        "target_space",
        "protocol",
        "ms",
        "net_error",
        "port",
        "ip",
        "secure",
        "mechanism",
        "action",
        "style",
        "weight",
        "stretch",
        "index",
        "length",
        "expected_length",
        "initiator",
        "resource_kind",
        "host",
        "code",
    }
)


@dataclass(frozen=True, slots=True)
class Sighting:
    """A sentence that was found: its `matcher`, its place in the text, the values of its fields, and whether it is complete."""

    matcher: Matcher
    start: int
    end: int
    values: dict[str, str]
    complete: bool
    weight: int
    """How many letters of the sentence's own words were found."""
    printed: bool = False
    """Whether it is a line of its own, exactly as printed."""
    rivalled: bool = False
    """Whether another sentence begins with the same words and what follows is missing."""

    @property
    def entry(self) -> CatalogueEntry:
        """The catalogue's entry of the sentence."""
        return self.matcher.entry


@dataclass(frozen=True)
class Matcher:
    """A sentence to look for. `key` are the words that identify it. With `whole_words`, a short key must be whole words."""

    entry: CatalogueEntry
    template: Template
    role: Role = "whole"
    key_words: str = ""
    whole_words: bool = False

    @cached_property
    def parts(self) -> tuple[_Part, ...]:
        """The lettered pieces, each with the fields before it; a last part without letters holds trailing fields."""
        return _parts(self.template)

    @cached_property
    def key(self) -> str:
        """The letters to search for."""
        if self.key_words:
            return reduce(self.key_words)
        return max((part.normalized for part in self.parts), key=len)[:32]

    @cached_property
    def own_letters(self) -> int:
        """How many letters its own words have."""
        return sum(len(part.normalized) for part in self.parts)

    @cached_property
    def field_names(self) -> frozenset[str]:
        """The fields that a whole sentence has values for."""
        return frozenset(self.template.fields)

    @cached_property
    def key_part(self) -> int:
        """Which part holds the key."""
        return next(index for index, part in enumerate(self.parts) if self.key in part.normalized)

    def look(self, view: NormalizedText, hit: int, low: int, high: int) -> Sighting | None:
        """The sentence around a hit of the key, between the letters `low` and `high`; None when the hit is a coincidence."""
        if self.whole_words and not (view.starts_word(hit) and view.ends_word(hit + len(self.key))):
            return None
        return _Look(self, view, low, high).around(hit)


@dataclass(frozen=True, slots=True)
class _Part:
    normalized: str
    raw: str
    fields: tuple[str, ...]
    separators: tuple[str, ...]
    """What stands before the first field, between the fields and after the last: punctuation without letters."""


def _parts(template: Template) -> tuple[_Part, ...]:
    parts: list[_Part] = []
    fields: list[str] = []
    separators: list[str] = []
    tail = ""
    names = (*template.fields, "")
    for piece, name in zip(template.pieces, names, strict=True):
        normalized = reduce(piece)
        if normalized:
            head, tail = _punctuation(piece)
            parts.append(_Part(normalized, piece, tuple(fields), (*separators, head) if fields else ()))
            fields, separators = [], [tail]
        elif fields or not parts:
            separators.append(piece)
        if name:
            fields.append(name)
    if fields:
        parts.append(_Part("", "", tuple(fields), tuple(separators)))
    return tuple(parts)


@cache
def _punctuation(piece: str) -> tuple[str, str]:
    view = NormalizedText(piece)
    return piece[: view.source(0)], piece[view.source_end(len(view.normalized)) :]


@dataclass(slots=True)
class _Look:
    matcher: Matcher
    view: NormalizedText
    low: int
    high: int

    def around(self, hit: int) -> Sighting | None:
        parts = self.matcher.parts
        key_at = self.matcher.key_part
        spots: dict[int, tuple[int, int]] = {key_at: self._spot_of_key(hit, parts[key_at])}
        self._leftwards(spots, key_at)
        self._rightwards(spots, key_at)
        self._between(spots)
        return self._sighting(spots)

    def _spot_of_key(self, hit: int, part: _Part) -> tuple[int, int]:
        normalized = self.view.normalized
        offset = part.normalized.index(self.matcher.key)
        start = (
            hit - offset if hit - offset >= self.low and normalized.startswith(part.normalized[:offset], hit - offset) else hit
        )
        end = hit + len(self.matcher.key)
        wanted = part.normalized[offset + len(self.matcher.key) :]
        while wanted and end < self.high and normalized[end] == wanted[0]:
            end, wanted = end + 1, wanted[1:]
        return start, end

    def _leftwards(self, spots: dict[int, tuple[int, int]], key_at: int) -> None:
        parts = self.matcher.parts
        edge = spots[key_at][0]
        reach = 0
        for index in range(key_at - 1, -1, -1):
            reach += sum(map(_limit, parts[index + 1].fields)) + len(parts[index].normalized)
            if len(parts[index].normalized) < _SHORT and index > 0:
                continue
            found = self.view.normalized.rfind(parts[index].normalized, max(self.low, edge - reach), edge)
            if found < 0:
                return
            spots[index] = (found, found + len(parts[index].normalized))
            edge, reach = found, 0

    def _rightwards(self, spots: dict[int, tuple[int, int]], key_at: int) -> None:
        parts = self.matcher.parts
        edge = spots[key_at][1]
        for index in range(key_at + 1, len(parts)):
            part = parts[index]
            if not part.normalized:
                return
            found = self._next(part, edge, min(self.high, edge + sum(map(_limit, part.fields)) + len(part.normalized)))
            if found is None:
                return
            spots[index] = (found, found + len(part.normalized))
            edge = found + len(part.normalized)

    def _between(self, spots: dict[int, tuple[int, int]]) -> None:
        """Find the short pieces that were skipped on the way left."""
        for index in range(min(spots), max(spots)):
            if index in spots or index - 1 not in spots:
                continue
            part = self.matcher.parts[index]
            following = min(spot for spot in spots if spot > index)
            found = self._next(part, spots[index - 1][1], spots[following][0])
            if found is not None:
                spots[index] = (found, found + len(part.normalized))

    def _next(self, part: _Part, start: int, end: int) -> int | None:
        """Where the piece comes next: as it is printed if possible, otherwise wherever its letters are."""
        view = self.view
        from_source, to_source = view.source_end(start), view.source(end)
        printed = view.text.find(part.raw, from_source, to_source + len(part.raw))
        if printed >= 0:
            found = view.index(printed)
            if found + len(part.normalized) <= end and view.normalized.startswith(part.normalized, found):
                return found
        found = view.normalized.find(part.normalized, start, end)
        while found >= 0:
            if len(part.normalized) >= _SHORT or (view.starts_word(found) and view.ends_word(found + len(part.normalized))):
                return found
            found = view.normalized.find(part.normalized, found + 1, end)
        return None

    def _sighting(self, spots: dict[int, tuple[int, int]]) -> Sighting:
        parts, view = self.matcher.parts, self.view
        first, last = min(spots), max(spots)
        start, end = view.source(spots[first][0]), view.source_end(spots[last][1])
        values: dict[str, str] = {}
        for index in sorted(spots):
            part = parts[index]
            if index - 1 in spots and part.fields:
                between = view.text[view.source_end(spots[index - 1][1]) : view.source(spots[index][0])]
                values.update(_values(between, part))
        if first == 0 and parts[0].fields:
            start, leading = _leading(view.text, start, view.source_end(self.low), parts[0])
            values.update(leading)
        closed = last == len(parts) - 1
        if closed:
            end += common(_punctuation(parts[last].raw)[1], view.text[end : end + 8])
        elif parts[last + 1].fields:  # cut off in a field, or a field at the end
            end, trailing = _trailing(view.text, end, view.source(self.high), parts[last + 1])
            values.update(trailing)
            closed = bool(trailing) and not parts[last + 1].normalized
        weight = sum(end - start for start, end in spots.values())
        complete = weight >= self.matcher.own_letters and closed and self.matcher.field_names <= values.keys()
        return Sighting(self.matcher, start, end, values, complete, weight)


def _limit(field: str) -> int:
    return _WORD_LIMIT if field in _WORDS else _ADDRESS_LIMIT


def _values(between: str, part: _Part) -> dict[str, str]:
    """The values of the fields between two pieces: exactly when the punctuation is as printed, cleaned otherwise."""
    opening, closing = part.separators[0], part.separators[-1]
    exact = between.startswith(opening) and between.endswith(closing) and len(between) >= len(opening) + len(closing)
    inner = between[len(opening) : len(between) - len(closing)] if exact else _ENCODED_QUOTE.sub("'", between).strip(_JUNK)
    values = {}
    for name, separator in zip(part.fields, (*part.separators[1:-1], ""), strict=True):
        value, inner = _cut_at(inner, separator)
        values[name] = _unwrapped(name, value) if exact and name in FREE_FIELDS else clean(name, value)
    return values


def _cut_at(text: str, separator: str) -> tuple[str, str]:
    """A text before and after a separator of punctuation: as printed, or with other quotes or blanks."""
    if not separator:
        return text, ""
    if separator in text:
        before, _, after = text.partition(separator)
        return before, after
    quoted = any(mark in QUOTES for mark in separator)
    marks = QUOTES if quoted else separator.strip() or " \n"
    at = next((index for index, char in enumerate(text) if char in marks and index), len(text))
    return text[:at], text[at + 1 :]


def _leading(text: str, end: int, low: int, part: _Part) -> tuple[int, dict[str, str]]:
    """A field at the start of the sentence: the word before it, or what stands between quotes."""
    low = max(low, end - _ADDRESS_LIMIT)
    line = max(text.rfind("\n", low, end) + 1, low)
    before = text[line:end].rstrip(" " + QUOTES)
    start = line + len(before)
    while start > line and not before[start - line - 1].isspace() and before[start - line - 1] not in QUOTES + "：，。（(":
        start -= 1
    name = part.fields[-1]
    value = clean(name, text[start : line + len(before)])
    if value and part.separators[0].strip() and text[start - 1 : start] == part.separators[0].strip():
        start -= 1
    return (start, {name: value}) if value else (end, {})


def _trailing(text: str, start: int, high: int, part: _Part) -> tuple[int, dict[str, str]]:
    """Fields at the end of the sentence: up to the closing punctuation, the end of the word or of the line."""
    if part.fields[0] == "status":
        return _trailing_status(text, start, high, part)
    opening = part.separators[0].strip()
    position = start
    breaks = 0
    while position < high and breaks < 2 and (text[position].isspace() or text[position] in ":(>"):
        breaks += text[position] == "\n"
        position += 1
    if opening and opening[-1] in _CLOSING and position < high and text[position] in QUOTES:
        return _quoted(text, position + 1, high, part, _CLOSING[opening[-1]])
    entity = _ENTITY_QUOTE.match(text, position, high) if opening else None
    if entity is not None:
        closing = _ENTITY_QUOTE.search(text, entity.end(), min(high, entity.end() + _ADDRESS_LIMIT))
        if closing is not None:
            return closing.end(), {part.fields[0]: clean(part.fields[0], text[entity.end() : closing.start()])}
    if part.normalized or (breaks and all(name in FREE_FIELDS for name in part.fields)):
        return start, {}  # the words after the field are missing and nothing encloses it, or it was empty
    high = min(high, position + _ADDRESS_LIMIT)
    line_end = text.find("\n", position, high)
    line_end = high if line_end < 0 else line_end
    rest = text[position:line_end]
    if len(part.fields) == 1 and part.fields[0] not in SPACED_FIELDS:
        line_end = _word_end(text, position, _wrapped_end(text, position, line_end, high))
        rest = text[position:line_end]
    values: dict[str, str] = {}
    end = line_end
    for name, separator in zip(part.fields, (*part.separators[1:-1], ""), strict=True):
        value, rest = _cut_at(rest, separator)
        if not value.strip():
            return (end, values) if values else (start, {})
        values[name] = _closed(name, value, part) if name == part.fields[-1] else clean(name, value)
    return end, values


_STATUS = re.compile(r"[\s:>]{0,8}(\d\s{0,3}>?\s?\d\s{0,3}>?\s?\d)(?!\d)(?:\s{0,8}\(([^)\n]{0,60})\))?")


def _trailing_status(text: str, start: int, high: int, part: _Part) -> tuple[int, dict[str, str]]:
    found = _STATUS.match(text, start, high)
    if found is None:
        return start, {}
    values = {"status": re.sub(r"\D", "", found[1])}
    if "status_text" not in part.fields:
        return found.end(1), values
    return found.end(), {**values, "status_text": found[2] or ""}


def _wrapped_end(text: str, position: int, line_end: int, high: int) -> int:
    """Where a last word ends that a terminal has broken: a line of full width continues in the next."""
    low = max(0, position - _ADDRESS_LIMIT)
    start = text.rfind("\n", low, position) + 1 or low
    width = line_end - start
    above = start - 1 - (text.rfind("\n", low, max(start - 1, low)) + 1 or low)
    while line_end < high and width >= 18 and not any(map(str.isspace, text[position:line_end].strip())):
        following = text.find("\n", line_end + 1, high)
        below = (high if following < 0 else following) - line_end - 1
        if width not in (above, below):
            break
        position, above, width = line_end + 1, width, below
        line_end = line_end + 1 + below
    return line_end


def _word_end(text: str, position: int, end: int) -> int:
    """Where the word ends that starts there, line breaks and what quotes the next line not counted."""
    while position < end:
        skipped = _BREAK.match(text, position, end)
        if skipped is not None and skipped.end() > position:
            position = skipped.end()
        elif text[position].isspace():
            return position
        else:
            position += 1
    return end


def _closed(name: str, value: str, part: _Part) -> str:
    """A last value without the punctuation that ends the sentence."""
    closing = part.separators[-1].strip() if len(part.separators) > len(part.fields) else ""
    value = value.rstrip()
    value = value.removesuffix(closing) if closing else value
    return value if name in FREE_FIELDS else clean(name, value)


def _quoted(text: str, start: int, high: int, part: _Part, closers: str) -> tuple[int, dict[str, str]]:
    limit = min(high, start + _ADDRESS_LIMIT)
    closing = part.separators[-1] if len(part.separators) > len(part.fields) else ""
    printed = text.find(closing, start, limit) if closing.strip() and not part.normalized else -1
    ends = [position for position in (text.find(closer, start, limit) for closer in closers) if position >= 0]
    if printed < 0 and not ends:
        return start, {}
    end = printed if printed >= 0 else min(ends)
    name = part.fields[0]
    value = text[start:end]
    value = _unwrapped(name, value) if name in FREE_FIELDS else clean(name, value)
    return end + max(1, len(closing) if printed >= 0 else 1), {name: value}


_EDGE_JUNK = (
    r"(?:&(?:#0?3[49]|#x2[27]|#8[0-9]{3}|quot|apos|[lr][sd]quo|laquo|raquo|nbsp|lt|gt);|\\u[0-9a-f]{4}"
    r"|\\[\"'nrt]|<[^<>\s]{1,20}>)"
)
_LEADING_JUNK = re.compile(rf"(?:{_EDGE_JUNK}|[\s\\*_|>({re.escape(QUOTES)}])+", re.IGNORECASE)
_TRAILING_JUNK = re.compile(rf"(?:{_EDGE_JUNK}|</?\w{{0,12}})\Z", re.IGNORECASE)
_ADDRESS = re.compile(r"[^\s\"<>“”‘’«»\\]+")
_ENTITY_QUOTE = re.compile(r"&(?:#0?3[49]|#x2[27]|#8[0-9]{3}|quot|apos|[lr][sd]quo|laquo|raquo);")
_ENCODED_QUOTE = re.compile(_ENTITY_QUOTE.pattern + r"|\\u201[89a-f]|\\u00[27][27]|\\[\"']")
_WORD = re.compile(r"[^\s\"'`<>,;:(){}“”‘’«»&\\]+")


def clean(name: str, raw: str) -> str:
    """A value out of a text that was handled: without quotes, emphasis, brackets, markup and line breaks around and inside."""
    value = _unwrapped(name, raw.strip())
    leading = _LEADING_JUNK.match(value)
    value = value[leading.end() :] if leading else value
    while (trailing := _TRAILING_JUNK.search(value)) is not None:
        value = value[: trailing.start()]
    if name in SPACED_FIELDS:
        return value.strip(_JUNK)
    if name in _WORDS:
        found = _WORD.search(value)
        return found[0].rstrip(".*_") if found else ""
    found = _ADDRESS.search(value)
    return _without_sentence_end(found[0]) if found else ""


def _without_sentence_end(address: str) -> str:
    """An address without the punctuation of the sentence around it; brackets of its own stay."""
    while True:
        shorter = address.rstrip("`'*_.,:;(…。，、|")
        if shorter[-1:] in ")]}" and shorter.count("(") + shorter.count("[") + shorter.count("{") < sum(
            map(shorter.count, ")]}")
        ):
            shorter = shorter[:-1]
        if shorter == address:
            return address
        address = shorter


def common(one: str, other: str) -> int:
    """How many characters two texts begin with in common."""
    length = 0
    for left, right in zip(one, other, strict=False):
        if left != right:
            break
        length += 1
    return length


def _unwrapped(name: str, value: str) -> str:
    if "\n" not in value:
        return value
    if name in FREE_FIELDS:
        return _BREAK.sub(lambda found: " " if found.start() and value[found.start() - 1] == "," else "", value).strip()
    return _BREAK.sub("", value).strip()


def decoded(values: dict[str, str]) -> dict[str, str]:
    """Values with their HTML entities decoded."""
    return {name: unescape(value) for name, value in values.items()}
