"""Parts of messages put together: a frame and the reason after it, a prefix and what it announces."""

# ruff: noqa: RUF001 -- these are the characters that people paste and that browsers print

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from functools import cache

from corsense.console import chromium, firefox, translations
from corsense.console.catalogue import entry
from corsense.console.message import ERROR_NAMES, OF_WEBKIT_AND_NEW, OF_WEBKIT_AND_OLD, Draft
from corsense.console.model import CatalogueEntry
from corsense.console.parse.matchers import Sighting, clean, common
from corsense.console.parse.normalized_text import NormalizedText, reduce
from corsense.fetch.errors import CorsError

_TELLING = 8
"""A reason is recognised from so many letters of its beginning."""
_NEAR = 700
"""How many characters may stand between a frame and its reason: a tag like `app.js:12`, a stack trace."""
_TIGHT = 60
"""How many characters may stand between a prefix and what it announces."""


@dataclass(slots=True)
class Assembly:
    """Parts to messages. `frame` is the last frame that has no reason yet, `prefix` the last prefix that announced something."""

    text: str
    drafts: list[Draft] = field(default_factory=list)
    frame: Sighting | None = None
    outer: Sighting | None = None
    preflight: Sighting | None = None
    prefixes: list[Sighting] = field(default_factory=list)

    def run(self, sightings: list[Sighting]) -> list[Draft]:
        for found in sightings:
            self._take(found)
        self._close(len(self.text))
        return self.drafts

    def _take(self, found: Sighting) -> None:
        if self.prefixes and found.start - self.prefixes[-1].end > _TIGHT:
            self._close_prefixes(found.start)
        match found.matcher.role:
            case "frame" | "old-frame" | "firefox-frame":
                self._take_frame(found)
            case "preflight":
                self._drop_far_frame(found.start)
                self.preflight = found
            case "loader" | "denied":
                self._close_frame(found.start)
                if any(prefix.matcher.role == found.matcher.role for prefix in self.prefixes):
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
        if self.frame is not None and self.frame.matcher.role == "old-frame" and found.start - self.frame.end <= _TIGHT:
            self.outer = self.frame
        else:
            self._close_frame(found.start)
        if "origin" not in found.values and found.matcher.role == "frame":
            named = _ORIGIN_BEFORE.search(self.text, max(0, found.start - 300), found.start)
            if named is not None:
                found = replace(found, start=named.start(), values={**found.values, "origin": named[1]})
        self.frame = found

    def _take_tail(self, found: Sighting) -> None:
        if not self.drafts or found.start - self.drafts[-1].end > 400:
            return
        draft = self.drafts[-1]
        if found.matcher.role == "therefore":
            draft.therefore = True
            draft.values.setdefault("origin", found.values.get("origin", ""))
        else:
            draft.values.setdefault("status", found.values.get("status", ""))
        draft.end = found.end

    def _take_reason(self, found: Sighting) -> None:
        frame = self.frame if self.frame is not None and self.frame.matcher.role == "firefox-frame" else None
        draft = Draft(found.entry, frame.start if frame else found.start, found.end, complete=found.complete)
        draft.values = {**(self._values(frame, found.start) if frame else {}), **found.values}
        draft.sure = not found.rivalled
        if not found.complete:
            self._guess_reason(draft, found.start)
        self.frame = None
        self._add_firefox(draft)

    def _guess_reason(self, draft: Draft, start: int) -> None:
        """Read a reason that begins as a known one but goes on differently: another language, or cut off."""
        reason = _TO_BRACKET.match(self.text, start, start + 300)
        guessed = translations.guess(reason[0]) if reason is not None else None
        if reason is not None and guessed is not None and reason.end() > draft.end:
            draft.entry, draft.sure, draft.end = entry("firefox", guessed[0]), guessed[2], reason.end()
            draft.values.update(guessed[1])

    def _add_firefox(self, draft: Draft) -> None:
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
        draft = Draft(found.entry, start, found.end, complete=found.complete, sure=not found.rivalled)
        for part in (self.outer, self.frame):
            if part is not None:
                draft.values.update(self._values(part, (self.preflight or found).start))
        draft.values.update(found.values)
        if self.outer is not None and self.frame is not None:
            draft.values["initial_url"] = self.frame.values.get("initial_url") or self.outer.values.get("url", "")
        if self.frame is not None:
            draft.modern = self.frame.matcher.role == "frame"
            draft.frame = None if draft.modern else self.frame.entry
        draft.preflight = self.preflight is not None
        draft.bare = start == found.start and not found.entry.preflight
        self.frame = self.outer = self.preflight = None
        self.drafts.append(draft)
        return None

    def _take_whole(self, found: Sighting) -> None:
        known = found.entry
        draft = Draft(known, found.start, found.end, dict(found.values), found.complete, printed=found.printed)
        draft.sure = found.complete or not (known.error is None or found.rivalled or found.weight < 24)
        frame = self.frame if self.frame is not None and found.start - self.frame.end <= _NEAR else None
        if frame is not None and frame.matcher.role == "frame" and known.code in OF_WEBKIT_AND_NEW:
            self._complete(draft, frame, entry("chromium", OF_WEBKIT_AND_NEW[known.code]))
        elif (
            frame is not None
            and frame.matcher.role == "old-frame"
            and known.product == "webkit"
            and known.code in _AFTER_OLD_FRAME
        ):
            old = OF_WEBKIT_AND_OLD.get(known.code)
            is_webkit = old is None or "[Error]" in self.text[max(0, frame.start - 12) : frame.start]
            self._complete(draft, frame, known if is_webkit else entry("chromium-old", old or ""))
        else:
            self._close_frame(found.start)
        self._announce(draft)
        self.drafts.append(draft)

    def _complete(self, draft: Draft, frame: Sighting, known: CatalogueEntry) -> None:
        reason_at, draft.start = draft.start, frame.start
        draft.entry = known
        draft.values = {**self._values(frame, reason_at), **draft.values}
        draft.modern = frame.matcher.role == "frame"
        draft.preflight = known.preflight is True
        self.frame = self.outer = self.preflight = None

    def _announce(self, draft: Draft) -> None:
        """Apply the prefixes before a message to it."""
        for prefix in reversed(self.prefixes):
            known = self._values(prefix, draft.start)
            draft.start = prefix.start
            draft.values = {**draft.values, **{name: value for name, value in known.items() if value}}
            if prefix.matcher.role == "denied" or prefix.entry.code == "wrap:beacon":
                draft.error = draft.error or draft.entry.error
                draft.sure = draft.sure and draft.entry.sure
                draft.entry = prefix.entry
        self.prefixes.clear()

    def _values(self, frame: Sighting, reason: int) -> dict[str, str]:
        """The frame's values; a URL at its end that a line break cut goes on to the reason."""
        url = frame.values.get("url", "")
        begun = self.text.find(url[:6], frame.start, reason) if url else -1
        raw = self.text[begun:reason] if begun >= 0 else ""
        if "\n" not in raw or len(raw) > 2048:
            return frame.values
        joined = clean("url", _REASON_WORD.sub("", raw))
        return (
            {**frame.values, "url": joined} if joined.startswith(url) and not _INNER_BLANK.search(raw.strip()) else frame.values
        )

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
            self.drafts.append(Draft(prefix.entry, prefix.start, max(prefix.end, stop), dict(prefix.values), sure=False))
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
        if frame is not None and frame.matcher.role == "firefox-frame":
            self._close_firefox(frame, rest)
        else:
            reported = (
                preflight is not None
                or "blocked" in self.text[first.start : first.end]
                or (frame is not None and frame.matcher.role == "old-frame")
            )
            candidates, length = _unfinished(rest, with_preflight=preflight is not None) if reported else ([], 0)
            self.drafts.append(self._cut(first, last, frame, candidates, length))

    def _cut(
        self, first: Sighting, last: Sighting, frame: Sighting | None, candidates: list[CatalogueEntry], length: int
    ) -> Draft:
        """The error of a message whose end is missing, if only one error begins that way."""
        known = (
            candidates[0]
            if len(candidates) == 1
            else _UNREPORTED.get(frame.entry.code if frame else "") or entry("chromium", "frame")
        )
        draft = Draft(known, first.start, last.end + length, dict(frame.values) if frame else {}, complete=False)
        draft.modern = frame is None or frame.matcher.role == "frame"
        draft.frame = None if draft.modern or frame is None or not candidates else frame.entry
        draft.preflight = last.matcher.role == "preflight"
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
        draft = Draft(known, frame.start, frame.end + length, {**frame.values, **values}, complete=False, sure=sure)
        self._add_firefox(draft)


_TO_BRACKET = re.compile(r"[^()（）\n]{8,300}")
_REASON_WORD = re.compile(r"[\s.]{0,4}\((?:R[\s>]{0,4}e[\s>]{0,4}a[\s>]{0,4}s[\s>]{0,4}o[\s>]{0,4}n[\s>]{0,4}:?)?[\s>]{0,4}\Z")
_INNER_BLANK = re.compile(r"[^\s:.>] +[^\s(>]")
_ORIGIN_BEFORE = re.compile(r"\borigin\s{1,3}['\"‘“`]([^\s'\"’”`]{1,200})['\"’”`]?\s{1,3}\Z")
_UNREPORTED = {
    "old:fetch-missing": entry("webkit", "fetch:same-origin-mode"),
    **{code: entry("chromium-old", code) for code in ("old:redirect-frame", "old:redirect-frame-2015", "old:resource-frame")},
}
"""What a frame without a reason after it may be."""
_ONLY_IN_FRAME = frozenset({"InvalidResponse", "RedirectContainsCredentials"})
_AFTER_OLD_FRAME = frozenset({*OF_WEBKIT_AND_OLD, "wildcard", "multiple", "credentials", "preflight-status"})
_STATUS_TAIL = re.compile(
    r"[\s\W]{0,8}[^\W\d][^\d()（）:：]{2,40}[:：][\s>|]{0,12}(\d[\s>|]{0,4}\d[\s>|]{0,4}\d(?!\d)|\(null\))\.?"
)
_ANY_REASON = re.compile(
    r"[\s.。,”\"’']{0,6}[^()（）]{0,12}[(（]?\s{0,3}(?:[^\W\d_]{2,12}\s{0,2}[:：])?\s{0,3}"
    r"([^()（）\n]{3,300}(?:\([^()\n]{0,40}\)[^()（）\n]{0,200})?)[)）]?"
)


def _unfinished(rest: str, *, with_preflight: bool) -> tuple[list[CatalogueEntry], int]:
    """The details that begin like `rest`, as far as it goes, and how much of it they cover."""
    begun = NormalizedText(rest[:160]).normalized
    if len(begun) < _TELLING:
        return [], 0
    named = {
        known
        for error, beginning, known in _beginnings()
        if common(beginning, begun) >= min(len(begun), len(beginning), 24) and _allowed(error, with_preflight)
    }
    length = len(rest.rstrip()) if len(begun) <= 60 else 0
    return sorted(named, key=lambda known: known.code), length


@cache
def _beginnings() -> tuple[tuple[CorsError, str, CatalogueEntry], ...]:
    """How each detail begins, and the entry of it that has no preflight in its name."""
    found = []
    for error, template in chromium.DETAILS.items():
        plain = error.removeprefix("Preflight")
        beginning = reduce(template.text.removeprefix(chromium.PREFLIGHT).split("{")[0])
        found.append((error, beginning, entry("chromium", plain if plain in ERROR_NAMES else str(error))))
    return tuple(found)


def _allowed(error: CorsError, with_preflight: bool) -> bool:
    judged_by_check = chromium.DETAILS[error].text.startswith(chromium.PREFLIGHT)
    return judged_by_check if with_preflight else not judged_by_check


def _unfinished_reason(rest: str) -> tuple[list[CatalogueEntry], int]:
    begun = reduce(rest[:120]).removeprefix("reason")
    if len(begun) < 4:
        return [], 0
    fitting = [code for code, template in firefox.REASONS.items() if reduce(template.text.split("{")[0]).startswith(begun)]
    return [entry("firefox", code) for code in fitting], len(rest.rstrip())
