"""A server beside its app: what was found for every request, and what a report says about it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from corsense.diagnose import Diagnosis, admits_untrusted, cache_faults
from corsense.fetch import WireResponse
from corsense.layers.attribution import Attribution
from corsense.layers.changes import changes, looks_reversed
from corsense.layers.diagnoses import (
    Beside,
    Habits,
    blamed,
    decided,
    diagnose_beside,
    errors_without_permission,
    habits,
    set_in_front,
    set_without_endpoint,
)

MISSING_PATH = "a-path-that-does-not-exist"
"""Beside a path that exists: what a server answers where there is nothing."""
_SHOWN = 8


@dataclass(frozen=True, slots=True)
class Comparison:
    """What pages met at a server beside what they meet at its app: for the `judged` requests of the report, then for `untrusted`
    ones of a page that nobody trusts, then for those of a path that does not exist. `via` are the addresses on the way."""

    besides: Sequence[Beside]
    judged: int
    untrusted: int
    via: tuple[str, ...] = ()

    @classmethod
    def of(cls, besides: Sequence[Beside], judged: int, untrusted: int, via: tuple[str, ...] = ()) -> Comparison:
        """The comparison, in which the untrusted requests decide what one answer leaves open. The app answers them with other
        values: a header of the front's that is still there shows that the front sets it, also where both values are
        equal."""
        marked = besides[judged : judged + untrusted]
        own = {name for beside in marked for found in beside.answers if found is not None for name in set_in_front(found)}
        answers = [found for beside in besides for found in beside.answers if found is not None]
        of_front = frozenset(name for found in answers for name in set_without_endpoint(found))
        return cls([decided(beside, own, of_front) for beside in besides], judged, untrusted, via)

    @property
    def habits(self) -> Habits:
        """What the layers in front do."""
        return habits(self.besides)

    def diagnoses(self) -> list[list[Diagnosis]]:
        """The causes of each judged request."""
        known = self.habits
        return [diagnose_beside(beside, known) for beside in self.besides[: self.judged]]

    def about_permissions(self) -> Iterator[Diagnosis]:
        """What the server allows to untrusted pages, lets caches mix, and withholds with errors."""
        known = self.habits
        judged, last = self.besides[: self.judged], self.judged + self.untrusted
        for beside in self.besides[self.judged : last]:
            found = admits_untrusted(beside.observation)
            if found is not None:
                yield blamed(found, beside, known)
        one = next((beside for beside in judged if any(beside.answers)), None)
        for found in cache_faults([beside.observation for beside in judged]):
            yield blamed(found, one, known)
        erring_too = any("layer" in found.evidence for found in self._all() if found.slug == "error-response-without-cors")
        for beside in self.besides[last:] if not erring_too else ():
            erring = errors_without_permission(beside, known)
            if erring is not None:
                yield erring

    def _all(self) -> Iterator[Diagnosis]:
        for found in self.diagnoses():
            yield from found

    def attributions(self) -> list[tuple[Attribution | None, ...]]:
        """Of each judged request, what stands between the app's answers and the server's."""
        return [
            tuple(found.attribution if found is not None else None for found in beside.answers)
            for beside in self.besides[: self.judged]
        ]

    def notes(self) -> Iterator[str]:
        """How the app was asked, the way to it, and what is done in front of it, a sentence each."""
        yield "The app was asked in process, where a stand-in answers for its endpoints."
        if self.via:
            yield f"The way from outside to the app: {' -> '.join(self._way())}."
            yield from (f"{address} gave no answer, so it is not known what happens there." for address in self._silent())
            if self._is_reversed():
                yield f"Fewer headers change the other way round; name what is next to the URL first: {_options(self.via[::-1])}."
        if self._not_compared:
            yield (
                f"Answers that were not compared: {self._not_compared:,}. In process the app failed at these requests, or was "
                "not asked the same; corsense check on the app itself says why."
            )
        if any(found.place is not None for found in self._all()):
            yield "Findings with a line of source are the app's own: it refuses in process as well. corsense fix proposes edits."
        said = self._changes()
        for line, what in list(said.items())[:_SHOWN]:
            text = f"{line[:1].upper()}{line[1:]}" if line.startswith("something ") else line
            yield f"{text} ({what})."
        if len(said) > _SHOWN:
            yield f"{len(said) - _SHOWN:,} more differences from the app's answers are not listed; --format json has all."

    def _changes(self) -> dict[str, str]:
        """What is done in front that no finding says, each with the first request that shows it."""
        known, said = self.habits, dict[str, str]()
        for beside in self.besides[: self.judged]:
            if any("front" in diagnosis.evidence for diagnosis in diagnose_beside(beside, known)):
                continue
            for exchange, found in zip(beside.observation.trace.exchanges, beside.answers, strict=False):
                for line in changes(found) if found is not None else ():
                    said.setdefault(line, f"{exchange.request.method} {exchange.request.url}")
        return said

    @property
    def _not_compared(self) -> int:
        """How many answers of the server have no answer of the app beside them."""
        return sum(
            found is None and isinstance(exchange.response, WireResponse) and not beside.observation.facts_of(index).stood_in
            for beside in self.besides[: self.judged]
            for index, (exchange, found) in enumerate(zip(beside.observation.trace.exchanges, beside.answers, strict=True))
        )

    def _silent(self) -> list[str]:
        """The addresses on the way that answered nothing."""
        hops = [hop for beside in self.besides for found in beside.answers if found is not None for hop in found.hops]
        answered = {hop.address for hop in hops if hop.answer is not None}
        return [address for address in self.via if address not in answered]

    def _way(self) -> Iterator[str]:
        yield next((found.address for beside in self.besides for found in beside.answers if found is not None), "the URL")
        yield from self.via
        yield "the app"

    def _is_reversed(self) -> bool:
        found = [answers for beside in self.besides for answers in beside.answers if answers is not None and answers.hops]
        return looks_reversed([each.hops for each in found], [each.seen for each in found], [each.app for each in found])


def _options(via: Sequence[str]) -> str:
    return " ".join(f"--via {address}" for address in via)
