"""Any pasted text to the messages in it.

First every line that is a printed message to the letter is read by the template that prints it. Where something is left, the text is
reduced to its letters, the sentences and parts of sentences are looked for there (`lexicon`), and the parts are put together: a frame and
the reason after it, a prefix and what it announces. The time is in proportion to the text.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import cache

from corsense.fetch.errors import CorsError
from corsense.fetch.wording import chromium, translations
from corsense.fetch.wording.brief import brief_messages
from corsense.fetch.wording.catalogue import entry
from corsense.fetch.wording.cues import QUOTES, Sighting, common, decoded
from corsense.fetch.wording.letters import Letters, reduce
from corsense.fetch.wording.lexicon import cues
from corsense.fetch.wording.model import Entry, Product, Source
from corsense.fetch.wording.verbatim import verbatim_lines

__all__ = ["Message", "parse"]

_NEAR = 700
"""How many characters may stand between a frame and its reason: a tag like `app.js:12`, a stack trace."""
_REACH = 4500
"""How many letters a sentence may be long."""
_TIGHT = 60
"""How many between a prefix and what it announces."""
_MARKUP = re.compile(r"&(?:#0?39|#x27|#0?34|quot|apos|[lr][sd]quo|laquo|raquo|lt|gt|#821[67]|#822[01]);")
_INITIATORS = {"xmlhttprequest": "xhr", "fetch": "fetch", "css stylesheet": "stylesheet", "resource": "eventsource"}


@dataclass(frozen=True, slots=True)
class Message:
    """One message found in a text.

    `engine` prints it (`chromium`, `firefox`, `webkit`, `ie-edge-legacy`, `library` or `server`), `product` and `code` name its entry in
    the catalogue. `error` is the `CorsError` it stands for, None where the words do not tell or CORS has no part in it; `certain` is False
    when the words fit several errors, or were cut off or retyped so that they might. `preflight` says whether the answer to a preflight was judged;
    None: the words do not tell. `url` is the URL that was refused, `initial_url` the one first asked for. `value` is the header's value, the
    token or the address space that is quoted. `initiator` is `fetch`, `xhr` and so on, as in `FetchRequest`. `span` is where it stands in the text.
    """

    text: str
    engine: Source
    product: Product
    error: CorsError | None
    code: str
    url: str | None = None
    initial_url: str | None = None
    origin: str | None = None
    method: str | None = None
    header: str | None = None
    value: str | None = None
    status: int | None = None
    initiator: str | None = None
    is_cors: bool = True
    preflight: bool | None = None
    certain: bool = True
    span: tuple[int, int] = (0, 0)


def parse(text: str) -> list[Message]:
    """Every message in `text`, in the order in which they stand there; empty when there is none. Never raises."""
    printed = list(verbatim_lines(text))
    if _covers(printed, text):
        sightings = printed
    else:
        sightings = _merged(printed, _sightings(Letters(text), text))
    drafts = _Assembly(text).run(sightings)
    return [draft.message(text) for draft in _without_echoes(drafts)]


def _covers(sightings: list[Sighting], text: str) -> bool:
    """Whether nothing but blanks is left beside the sightings."""
    position = 0
    for found in sightings:
        if text[position : found.start].strip():
            return False
        position = found.end
    return not text[position:].strip()


# Looking.


def _sightings(view: Letters, text: str) -> list[Sighting]:
    hits = sorted(_hits(view.letters))
    found: list[Sighting] = []
    floor = 0
    last_of_key: dict[str, int] = {}
    for (position, key), high in zip(hits, _ceilings(hits, len(view.letters)), strict=True):
        low = max(floor, last_of_key.get(key, 0))
        last_of_key[key] = position + len(key)
        best = _best(cue.look(view, position, low, high) for cue in cues()[key])
        if best is not None and not best.complete:  # a sentence may itself hold the words that another begins with
            further = min(len(view.letters), position + _REACH)
            best = _best([best, *(cue.look(view, position, low, further) for cue in cues()[key])])
        if best is not None and _is_plausible(best, text):
            found.append(best)
            if best.complete and best.cue.role in ("whole", "detail", "reason"):
                floor = max(floor, position)
    found += brief_messages(view)
    return _without_overlaps(found)


def _ceilings(hits: list[tuple[int, str]], end: int) -> list[int]:
    """For each hit the letter where the next sentence begins."""
    starts = [position for position, key in hits if _begins(key)]
    following = (bisect_left(starts, position + len(key)) for position, key in hits)
    return [starts[index] if index < len(starts) else end for index in following]


@cache
def _begins(key: str) -> bool:
    """Whether a sentence begins with that key."""
    return any(cue.role != "detail" and cue.key_part == 0 for cue in cues()[key])


def _hits(letters: str) -> Iterator[tuple[int, str]]:
    for key in cues():
        position = letters.find(key)
        while position >= 0:
            yield position, key
            position = letters.find(key, position + len(key))


def _best(found: Iterable[Sighting | None]) -> Sighting | None:
    return max((sighting for sighting in found if sighting is not None), key=_rank, default=None)


def _rank(found: Sighting) -> tuple[bool, int, int]:
    return found.complete, found.weight, found.end - found.start


_FILE_AND_LINE = re.compile(r"\S{1,200}:\d{1,6}")
_NEEDS_ITS_LINE = frozenset({"timeout", "connection-closed", "connection-refused", "tls", "name-not-resolved", "corsrequestfailed", "not-http"})


def _is_plausible(found: Sighting, text: str) -> bool:
    """Whether the words are enough of a sentence to be taken for the message: half a sentence may be prose."""
    if found.cue.role == "whole" and not found.complete and found.weight < 24:
        return False
    if found.entry.code == "exception:fetch" and text[found.end : found.end + 14].strip().startswith("dynamically"):
        return False
    if found.entry.product == "webkit" and found.entry.code in _NEEDS_ITS_LINE and found.weight < 32:
        line = text[text.rfind("\n", max(0, found.start - 400), found.start) + 1 : found.start].strip(" \t>*-•" + QUOTES)
        return line == "" or line.endswith(("]", ":", "：")) or _FILE_AND_LINE.fullmatch(line) is not None
    return True


def _without_overlaps(found: list[Sighting]) -> list[Sighting]:
    kept: list[Sighting] = []
    for sighting in sorted(found, key=lambda each: (each.start, -each.end)):
        if kept and sighting.start < kept[-1].end:
            if _rank(sighting) > _rank(kept[-1]):
                kept[-1] = sighting
        else:
            kept.append(sighting)
    return kept


def _merged(printed: list[Sighting], found: list[Sighting]) -> list[Sighting]:
    """Lines printed to the letter, and what was found outside of them. A frame before a line takes precedence over the line's own reading."""
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


# Putting together.


@dataclass(slots=True)
class _Draft:
    entry: Entry
    start: int
    end: int
    values: dict[str, str] = field(default_factory=dict)
    complete: bool = True
    frame: Entry | None = None
    modern: bool = False
    preflight: bool = False
    therefore: bool = False
    bare: bool = False
    printed: bool = False
    error: CorsError | None = None
    sure: bool = True
    code: str | None = None

    def message(self, text: str) -> Message:
        known = self._known()
        values = decoded(self.values) if not self.printed and _is_markup(text, self.start, self.end) else self.values
        error = self.error if self.error is not None else self._error(known)
        status = re.search(r"\d{3}", re.sub(r"[\s>|]", "", values.get("status", "")))
        certain = self.sure and known.sure and (error is not None or known.error is None)
        return Message(
            text=text[self.start : self.end],
            engine=known.engine,
            product=known.product,
            error=error,
            code=self.code or known.code,
            url=_address(values.get("url")),
            initial_url=_address(values.get("initial_url")),
            origin=_address(values.get("origin")),
            method=values.get("method") or None,
            header=values.get("header") or None,
            value=next((values[name] for name in ("value", "token", "space", "what") if name in values), None),
            status=int(status[0]) if status else None,
            initiator=_initiator(values, known),
            is_cors=known.is_cors,
            preflight=True if self.preflight else None if self.bare else known.preflight,
            certain=certain,
            span=(self.start, self.end),
        )

    def _error(self, known: Entry) -> CorsError | None:
        error = known.error
        twin = f"Preflight{error}" if error is not None else ""
        return CorsError(twin) if self.preflight and known.engine == "chromium" and twin in _ERRORS else error

    def _known(self) -> Entry:
        """The entry: that of the age of the words, and of the preflight."""
        if self.frame is not None and self.frame.code in _NAMED_BY_FRAME:
            self.error = self.error or self._error(self.entry)
            return self.frame
        known = self.entry
        if known.product != "chromium" or known.error is None:
            return known
        if self.preflight and f"Preflight{known.error}" in _ERRORS:
            modern = entry("chromium", f"Preflight{known.error}")
            is_old = not self.modern and (self.frame is not None or self.therefore) and known.code == "MissingAllowOriginHeader"
            return entry("chromium-old", "old:preflight-missing") if is_old else modern
        if self.modern or (self.frame is None and not self.therefore):
            return known
        if known.code == "MissingAllowOriginHeader":
            return self.frame or entry("chromium-old", "old:xhr-missing")
        return entry("chromium-old", _OLD_TWINS[known.code]) if known.code in _OLD_TWINS else known


_ERRORS = frozenset(map(str, CorsError))
_NAMED_BY_FRAME = frozenset({"old:redirect-frame", "old:redirect-frame-2015", "old:resource-frame"})
_OLD_TWINS = {
    "MultipleAllowOriginValues": "old:multiple",
    "InvalidAllowOriginValue": "old:invalid",
    "AllowOriginMismatch": "old:mismatch",
}
_OF_WEBKIT_AND_OLD = {"not-allowed": "old:not-allowed", "method": "old:method", "header": "old:header", "http-only": "old:http-only"}
_OF_WEBKIT_AND_NEW = {"method": "MethodDisallowedByPreflightResponse", "header": "HeaderDisallowedByPreflightResponse"}


@dataclass(slots=True)
class _Assembly:
    """Parts to messages. `frame` is the last frame that has no reason yet, `prefix` the last prefix that announced something."""

    text: str
    drafts: list[_Draft] = field(default_factory=list)
    frame: Sighting | None = None
    outer: Sighting | None = None
    preflight: Sighting | None = None
    prefixes: list[Sighting] = field(default_factory=list)

    def run(self, sightings: list[Sighting]) -> list[_Draft]:
        for found in sightings:
            self._take(found)
        self._close(len(self.text))
        return self.drafts

    def _take(self, found: Sighting) -> None:
        if self.prefixes and found.start - self.prefixes[-1].end > _TIGHT:
            self._close_prefixes(found.start)
        match found.cue.role:
            case "frame" | "old-frame" | "firefox-frame":
                self._take_frame(found)
            case "preflight":
                self._drop_far_frame(found.start)
                self.preflight = found
            case "loader" | "denied":
                self._close_frame(found.start)
                if any(prefix.cue.role == found.cue.role for prefix in self.prefixes):
                    self._close_prefixes(found.start)
                self.prefixes.append(found)
            case "therefore" | "had-status":
                self._take_tail(found)
            case "reason":
                self._drop_far_frame(found.start)
                self._take_reason(found)
            case "detail":
                self._drop_far_frame(found.start)
                self._take_detail(found)
            case _:
                self._take_whole(found)

    def _take_frame(self, found: Sighting) -> None:
        if self.frame is not None and self.frame.cue.role == "old-frame" and found.start - self.frame.end <= _TIGHT:
            self.outer = self.frame
        else:
            self._close_frame(found.start)
        if "origin" not in found.values and found.cue.role == "frame":
            named = _ORIGIN_BEFORE.search(self.text, max(0, found.start - 300), found.start + 1)
            if named is not None:
                found = replace(found, start=named.start(), values={**found.values, "origin": named[1]})
        self.frame = found

    def _take_tail(self, found: Sighting) -> None:
        if not self.drafts or found.start - self.drafts[-1].end > 400:
            return
        draft = self.drafts[-1]
        if found.cue.role == "therefore":
            draft.therefore = True
            draft.values.setdefault("origin", found.values.get("origin", ""))
        else:
            draft.values.setdefault("status", found.values.get("status", ""))
        draft.end = found.end

    def _take_reason(self, found: Sighting) -> None:
        frame = self.frame if self.frame is not None and self.frame.cue.role == "firefox-frame" else None
        draft = _Draft(found.entry, frame.start if frame else found.start, found.end, complete=found.complete)
        draft.values = {**(frame.values if frame else {}), **found.values}
        self.frame = None
        self._add_firefox(draft)

    def _add_firefox(self, draft: _Draft) -> None:
        status = _STATUS_TAIL.match(self.text, draft.end, draft.end + 100)
        if status is not None:
            draft.values["status"] = status[1]
            draft.end = status.end()
        self.drafts.append(draft)

    def _take_detail(self, found: Sighting) -> None:
        if found.entry.product == "webkit":
            return self._take_whole(found)
        if found.entry.code in _ONLY_IN_FRAME and self.frame is None and self.preflight is None:
            return None
        start = min((part.start for part in (self.outer, self.frame, self.preflight) if part), default=found.start)
        draft = _Draft(found.entry, start, found.end, complete=found.complete)
        for part in (self.outer, self.frame):
            if part is not None:
                draft.values.update(part.values)
        draft.values.update(found.values)
        if self.outer is not None and self.frame is not None:
            draft.values["initial_url"] = self.frame.values.get("initial_url") or self.outer.values.get("url", "")
        if self.frame is not None:
            draft.modern = self.frame.cue.role == "frame"
            draft.frame = None if draft.modern else self.frame.entry
        draft.preflight = self.preflight is not None
        draft.bare = start == found.start and not found.entry.preflight
        self.frame = self.outer = self.preflight = None
        self.drafts.append(draft)
        return None

    def _take_whole(self, found: Sighting) -> None:
        known = found.entry
        draft = _Draft(known, found.start, found.end, dict(found.values), found.complete, printed=found.printed)
        draft.sure = found.complete or known.error is None or found.weight >= 24
        frame = self.frame if self.frame is not None and found.start - self.frame.end <= _NEAR else None
        if frame is not None and frame.cue.role == "frame" and known.code in _OF_WEBKIT_AND_NEW:
            self._complete(draft, frame, entry("chromium", _OF_WEBKIT_AND_NEW[known.code]))
        elif frame is not None and frame.cue.role == "old-frame" and known.product == "webkit" and known.code in _AFTER_OLD_FRAME:
            old = _OF_WEBKIT_AND_OLD.get(known.code)
            is_webkit = old is None or "[Error]" in self.text[max(0, frame.start - 12) : frame.start]
            self._complete(draft, frame, known if is_webkit else entry("chromium-old", old or ""))
        else:
            self._close_frame(found.start)
        self._announce(draft)
        self.drafts.append(draft)

    def _complete(self, draft: _Draft, frame: Sighting, known: Entry) -> None:
        draft.entry = known
        draft.start = frame.start
        draft.values = {**frame.values, **draft.values}
        draft.modern = frame.cue.role == "frame"
        draft.preflight = known.preflight is True
        self.frame = self.outer = self.preflight = None

    def _announce(self, draft: _Draft) -> None:
        """Let the prefixes before a message make it their own."""
        for prefix in reversed(self.prefixes):
            draft.start = prefix.start
            draft.values = {**draft.values, **{name: value for name, value in prefix.values.items() if value}}
            if prefix.cue.role == "denied" or prefix.entry.code == "wrap:beacon":
                draft.error = draft.error or draft.entry.error
                draft.sure = draft.sure and draft.entry.sure
                draft.entry = prefix.entry
        self.prefixes.clear()

    # What stays incomplete.

    def _drop_far_frame(self, start: int) -> None:
        if self.frame is not None and start - self.frame.end > _NEAR:
            self._close_frame(start)
        if self.preflight is not None and start - self.preflight.end > _NEAR:
            self._close_frame(start)

    def _close(self, end: int) -> None:
        self._close_prefixes(end)
        self._close_frame(end)

    def _close_prefixes(self, end: int) -> None:
        for prefix in self.prefixes:
            stop = min(end, prefix.end + 300)
            line = self.text.find("\n", prefix.end, stop)
            stop = stop if line < 0 else line
            self.drafts.append(_Draft(prefix.entry, prefix.start, max(prefix.end, stop), dict(prefix.values)))
        self.prefixes.clear()

    def _close_frame(self, end: int) -> None:
        frame, preflight = self.frame or self.outer, self.preflight
        self.frame = self.outer = self.preflight = None
        if frame is None and preflight is None:
            return
        last = preflight or frame
        assert last is not None
        first = frame or last
        rest = self.text[last.end : min(end, last.end + 400)]
        if frame is not None and frame.cue.role == "firefox-frame":
            self._close_firefox(frame, rest)
        else:
            candidates, length = _unfinished(rest, with_preflight=preflight is not None)
            self.drafts.append(self._cut(first, last, frame, candidates, length))

    def _cut(self, first: Sighting, last: Sighting, frame: Sighting | None, candidates: list[Entry], length: int) -> _Draft:
        """A message whose end is missing: of the errors that begin so, the only one, or none."""
        known = candidates[0] if len(candidates) == 1 else _UNTOLD.get(frame.entry.code if frame else "") or entry("chromium", "frame")
        draft = _Draft(known, first.start, last.end + length, dict(frame.values) if frame else {}, complete=False)
        draft.modern = frame is None or frame.cue.role == "frame"
        draft.frame = None if draft.modern or frame is None or not candidates else frame.entry
        draft.preflight = last.cue.role == "preflight"
        draft.sure = len(candidates) == 1
        return draft

    def _close_firefox(self, frame: Sighting, rest: str) -> None:
        reason = _ANY_REASON.match(rest)
        guessed = translations.guess(reason[1]) if reason is not None else None
        known, values, sure, length = entry("firefox", "frame"), {}, False, 0
        if reason is not None and guessed is not None:
            known, values, sure, length = entry("firefox", guessed[0]), guessed[1], guessed[2], reason.end()
        else:
            candidates, length = _unfinished_reason(rest)
            if len(candidates) == 1:
                known, sure = candidates[0], True
        draft = _Draft(known, frame.start, frame.end + length, {**frame.values, **values}, complete=False, sure=sure)
        self._add_firefox(draft)


_ORIGIN_BEFORE = re.compile(r"\borigin\s{1,3}['\"‘“`]([^\s'\"’”`]{1,200})['\"’”`]?\s{1,3}(?:request\s)?h?\Z")
_UNTOLD = {"old:fetch-missing": entry("webkit", "fetch:same-origin-mode")}
"""What a frame may be that has no reason after it."""
_ONLY_IN_FRAME = frozenset({"InvalidResponse", "RedirectContainsCredentials"})
_AFTER_OLD_FRAME = frozenset({*_OF_WEBKIT_AND_OLD, "wildcard", "multiple", "credentials", "preflight-status"})
_STATUS_TAIL = re.compile(r"[\s\W]{0,8}[^\W\d][^\d()（）:：]{2,40}[:：][\s>|]{0,12}(\d[\s>|]{0,4}\d[\s>|]{0,4}\d(?!\d)|\(null\))\.?")
_ANY_REASON = re.compile(r"[\s.。,]{0,6}[^()（）]{0,12}[(（]?\s{0,3}[^\W\d_]{2,12}\s{0,2}[:：]\s{0,3}([^()（）\n]{3,300}(?:\([^()\n]{0,40}\)[^()（）\n]{0,200})?)[)）]?")


def _unfinished(rest: str, *, with_preflight: bool) -> tuple[list[Entry], int]:
    """The details that begin as `rest` does, as far as it goes, and how much of it they cover."""
    begun = Letters(rest[:160]).letters
    if not begun:
        return [], 0
    named = {
        known
        for error, beginning, known in _beginnings()
        if common(beginning, begun) >= min(len(begun), len(beginning), 24) and _allowed(error, with_preflight)
    }
    length = len(rest.rstrip()) if len(begun) <= 60 else 0
    return sorted(named, key=lambda known: known.code), length


@cache
def _beginnings() -> tuple[tuple[CorsError, str, Entry], ...]:
    """How each detail begins, and the entry of it that has no preflight in its name."""
    found = []
    for error, template in chromium.DETAILS.items():
        plain = error.removeprefix("Preflight")
        beginning = reduce(template.text.removeprefix(chromium.PREFLIGHT).split("{")[0])
        found.append((error, beginning, entry("chromium", plain if plain in _ERRORS else str(error))))
    return tuple(found)


def _allowed(error: CorsError, with_preflight: bool) -> bool:
    judged_by_check = chromium.DETAILS[error].text.startswith(chromium.PREFLIGHT)
    return judged_by_check if with_preflight else not judged_by_check


def _unfinished_reason(rest: str) -> tuple[list[Entry], int]:
    from corsense.fetch.wording import firefox

    begun = reduce(rest[:120]).removeprefix("reason")
    if len(begun) < 4:
        return [], 0
    fitting = [code for code, template in firefox.REASONS.items() if reduce(template.text.split("{")[0]).startswith(begun)]
    return [entry("firefox", code) for code in fitting], len(rest.rstrip())


def _address(value: str | None) -> str | None:
    """An address, or None where people put dots or stars in its place."""
    return value if value and value != "(unknown url)" and any(map(str.isalnum, value)) else None


def _initiator(values: dict[str, str], known: Entry) -> str | None:
    word = values.get("initiator", "").lower()
    if word:
        return _INITIATORS.get(word, word)
    if known.code in _ASKED_BY:
        return _ASKED_BY[known.code]
    return None


_ASKED_BY = {
    "wrap:fetch": "fetch", "wrap:xhr": "xhr", "wrap:eventsource": "eventsource", "wrap:image": "image", "wrap:script": "script",
    "wrap:beacon": "beacon", "old:xhr-missing": "xhr", "old:fetch-missing": "fetch", "font-download": "font",
    "fetch:scheme": "fetch", "fetch:same-origin-mode": "fetch", "NoCorsRedirectModeNotFollow": "fetch", "exception:fetch": "fetch",
    "SEC7118": "xhr", "SEC7119": "xhr", "SCRIPT7002": "xhr",
}  # fmt: skip


def _is_markup(text: str, start: int, end: int) -> bool:
    """Whether the message was copied as HTML source."""
    part = text[start:end]
    return _MARKUP.search(part) is not None or "&amp;" in part


def _without_echoes(drafts: list[_Draft]) -> list[_Draft]:
    """Libraries name one failure several times over (`AxiosError: Network Error`, `code: 'ERR_NETWORK'`): keep the first."""
    kept: list[_Draft] = []
    for draft in drafts:
        last = kept[-1] if kept else None
        if last is not None and draft.entry is last.entry and draft.entry.engine == "library" and draft.start - last.end < 3000:
            kept[-1] = replace(last, values={**draft.values, **last.values})
        else:
            kept.append(draft)
    return kept
