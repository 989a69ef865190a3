"""What a layer in front of the app did to an answer, a sentence a header."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from corsense.diagnose.knobs import title
from corsense.fetch.wire import WireResponse
from corsense.layers.attribution import Attribution, attribute

_VERSION = re.compile(r"^[a-z-]{1,20}/(\d[\w.]{0,15})", re.IGNORECASE)
_LONGEST_VALUE = 80
_MOST = 8
"""Headers of one answer that are reported."""


@dataclass(frozen=True, slots=True)
class Hop:
    """An address between the URL that pages call and the app, and what it answers to one request; None where it gave none."""

    address: str
    answer: WireResponse | None


@dataclass(frozen=True, slots=True)
class Answers:
    """One request's answers on the way out: `app` is the app's own, `hops` come next to the URL first, `seen` is what the page
    gets from `address`. `stood_in`: a stand-in answered in place of the app's endpoint, which may set headers of its own, apart
    from those that the front is known to set, `of_front`."""

    app: WireResponse
    seen: WireResponse
    attribution: Attribution
    address: str = ""
    hops: tuple[Hop, ...] = ()
    stood_in: bool = False
    of_front: frozenset[str] = frozenset()

    def own_part(self, name: str) -> str:
        """What is known of the header `name`, which the app does not set."""
        unsure = self.stood_in and name not in self.of_front
        return "the app's layers set none; its endpoint may" if unsure else "the app sets none"

    @property
    def front(self) -> str:
        """The layer that answered or changed the answer, with its version where it says one."""
        return named(self.attribution.layer, self.seen)

    def between(self, name: str) -> tuple[str, str] | None:
        """The two addresses between which the header `name` is not what it was before; None where no hop was asked, or it is not
        between two alone."""
        found = [
            (outer.address, inner.address)
            for outer, inner in self._pairs()
            if outer.answer is not None
            and inner.answer is not None
            and attribute(inner.answer, outer.answer).headers.get(name, "app") != "app"
        ]
        return found[0] if len(found) == 1 and self.hops else None

    def layer_at(self, name: str) -> str | None:
        """The layer that changed the header `name`: named by the answer that came out of it, and not by the one before."""
        between = self.between(name)
        for outer, inner in self._pairs():
            if (outer.address, inner.address) == between and outer.answer is not None and inner.answer is not None:
                return attribute(inner.answer, outer.answer).layer
        return self.attribution.layer

    def _pairs(self) -> Iterator[tuple[Hop, Hop]]:
        way = (Hop(self.address, self.seen), *self.hops, Hop("the app", self.app))
        yield from pairwise(way)


def named(layer: str | None, seen: WireResponse) -> str:
    """What people call the layer, with its version where the answer says one; for a sentence."""
    if layer is None:
        return "something in front of the app"
    version = _VERSION.match(seen.header("server") or "")
    shown = f" {version[1]}" if version is not None and (seen.header("server") or "").lower().startswith(layer) else ""
    return f"{title(layer)}{shown}"


def changes(answers: Answers) -> list[str]:
    """What the front did, a line each: it answered, or added, replaced or dropped a header."""
    found = answers.attribution
    if found.answered_by == "front":
        return [f"{answers.front} answered with {answers.seen.status}; the app answers {answers.app.status}"]
    changed = [name for name, set_by in found.headers.items() if set_by != "app" and not _is_harmless(answers, name)]
    return [f"{_said(answers, name)}{_where(answers, name)}" for name in changed[:_MOST]]


def _is_harmless(answers: Answers, name: str) -> bool:
    """Whether no page can tell: the front wrote the value that the app had written, or let Vary name more."""
    set_by = answers.attribution.headers[name]
    return answers.app.header(name) == answers.seen.header(name) if set_by == "replaced" else name == "vary" and set_by == "both"


def _said(answers: Answers, name: str) -> str:
    set_by = answers.attribution.headers[name]
    who = named(answers.layer_at(name), answers.seen)
    before, after = shown(answers.app.header(name)), shown(answers.seen.header(name))
    match set_by:
        case "both":
            return f"{who} added {name} (the app had set it already)"
        case "dropped":
            return f"{who} dropped {name} (the app sets {before})"
        case "replaced":
            return f"{who} replaced {name}: {before} became {after}"
        case _:
            return f"{who} added {name}: {after} ({answers.own_part(name)})"


def _where(answers: Answers, name: str) -> str:
    between = answers.between(name)
    return f", between {between[0]} and {between[1]}" if between is not None else ""


def shown(value: str | None) -> str:
    """A header's value for a sentence, as long as a line allows."""
    if value is None:
        return "none"
    return repr(value if len(value) <= _LONGEST_VALUE else f"{value[: _LONGEST_VALUE - 1]}…")


def looks_reversed(hops: Sequence[Sequence[Hop]], seen: Sequence[WireResponse], app: Sequence[WireResponse | None]) -> bool:
    """Whether the hops fit better the other way round: fewer headers change along the way."""
    return _changed(seen, [way[::-1] for way in hops], app) < _changed(seen, hops, app)


def _changed(seen: Sequence[WireResponse], hops: Sequence[Sequence[Hop]], app: Sequence[WireResponse | None]) -> int:
    total = 0
    for outermost, way, own in zip(seen, hops, app, strict=True):
        answers = [outermost, *(hop.answer for hop in way if hop.answer is not None), *([own] if own is not None else [])]
        for outer, inner in pairwise(answers):
            found = attribute(inner, outer)
            total += sum(set_by != "app" for set_by in found.headers.values())
    return total
