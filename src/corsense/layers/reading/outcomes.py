"""What a browser makes of the answers of a place: tried for every kind of origin, condition and situation."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Literal

from corsense.errors import quoted
from corsense.layers.reading.expressions import OriginMatch
from corsense.layers.reading.trial import (
    ORIGIN,
    Budget,
    HeaderLine,
    LayerAnswer,
    Mentions,
    OriginCase,
    Place,
    Situation,
    Trial,
    Unread,
    shown,
)

ALLOW_ORIGIN = "access-control-allow-origin"
ALLOW_CREDENTIALS = "access-control-allow-credentials"
ALLOW_METHODS = "access-control-allow-methods"
ALLOW_HEADERS = "access-control-allow-headers"
EXPOSE_HEADERS = "access-control-expose-headers"
MAX_AGE = "access-control-max-age"

_MOST_TEXTS = 300
_MOST_EXPRESSIONS = 7
_MOST_CONDITIONS = 5

Access = Literal["none", "several", "other", "star", "named"]
"""What `Access-Control-Allow-Origin` says to a page: it is absent, there is more than one, it names another origin, `*`, or the
page's own origin."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What happens to one kind of request: the answer of the layer, and those by which it refuses under conditions that have
    nothing to do with CORS, with the conditions."""

    answer: LayerAnswer
    refusals: tuple[tuple[LayerAnswer, str], ...] = ()


def access(answer: LayerAnswer, case: OriginCase) -> Access:
    """What an answer says to a page of an origin."""
    values = answer.values(ALLOW_ORIGIN)
    if not values:
        return "none"
    if len(values) > 1:
        return "several"
    value = values[0]
    if value == "*":
        return "star"
    return "named" if _is_origin(value, case) else "other"


def _is_origin(value: str, case: OriginCase) -> bool:
    if case.text is not None:
        return value.strip() == case.text
    return value == ORIGIN


def has_credentials(answer: LayerAnswer, case: OriginCase) -> bool:
    """Whether a page of an origin may read an answer to a request with credentials."""
    return access(answer, case) == "named" and [value.strip() for value in answer.values(ALLOW_CREDENTIALS)] == ["true"]


def is_let_in(answer: LayerAnswer, case: OriginCase) -> bool:
    """Whether a page of an origin may read an answer to a request without credentials."""
    return access(answer, case) in ("star", "named")


def varies_by_origin(answer: LayerAnswer) -> bool:
    """Whether an answer says that it depends on the Origin."""
    names = {name.strip().lower() for value in answer.values("vary") for name in value.split(",")}
    return bool(names & {"origin", "*"})


@dataclass(slots=True)
class Trials:
    """The answers of a place, for every kind of origin that it tells apart."""

    place: Place
    budget: Budget
    cases: list[OriginCase] = field(default_factory=list)
    mentions: Mentions = field(default_factory=Mentions)
    _known: dict[tuple[str, bool, Situation, OriginCase], Outcome] = field(default_factory=dict)

    @classmethod
    def of(cls, place: Place, budget: Budget) -> Trials:
        """Find out what a place tells apart. Raises Unread."""
        trials = cls(place, budget)
        trials._discover()
        return trials

    def _discover(self) -> None:
        self.mentions.texts["null"] = None
        seen: set[OriginCase] = set()
        while True:
            self.cases = list(self._cases())
            new = [case for case in self.cases if case not in seen]
            if not new:
                return
            for case in new:
                seen.add(case)
                for method, is_preflight in (("OPTIONS", True), ("GET", False)):
                    for situation in ("success", "error", "own-error", "early-error"):
                        outcome = self.outcome(case, method, is_preflight=is_preflight, situation=situation)
                        self._mention(outcome.answer.lines)

    def _mention(self, lines: Iterable[HeaderLine]) -> None:
        """The origins that an answer names are worth trying."""
        for line in lines:
            if line.name == ALLOW_ORIGIN and "\0" not in line.value and line.value not in ("", "*"):
                self.mentions.texts.setdefault(line.value.strip(), line.line)

    def _cases(self) -> Iterator[OriginCase]:
        expressions = [each for each in self.mentions.expressions if each.matches_some]
        if len(self.mentions.texts) > _MOST_TEXTS or len(expressions) > _MOST_EXPRESSIONS:
            raise Unread("There are too many origins or expressions to compare.", self.place.line)
        for number in range(len(expressions) + 1):
            for some in itertools.combinations(expressions, number):
                if _is_possible(some, expressions):
                    yield OriginCase(None, frozenset(some))
        for text in self.mentions.texts:
            yield OriginCase(text)

    def outcome(self, case: OriginCase, method: str, *, is_preflight: bool = False, situation: Situation = "success") -> Outcome:
        """What happens to one kind of request. Raises Unread where CORS depends on a condition that cannot be evaluated."""
        key = (method, is_preflight, situation, case)
        if key not in self._known:
            self._known[key] = self._tried(case, method, is_preflight, situation)
        return self._known[key]

    def _tried(self, case: OriginCase, method: str, is_preflight: bool, situation: Situation) -> Outcome:
        answers: list[tuple[LayerAnswer, dict[str, bool]]] = []
        waiting: list[dict[str, bool]] = [{}]
        asked: set[str] = set()
        while waiting:
            assumed = waiting.pop(0)
            self.budget.left -= 1
            if self.budget.left < 0:
                raise Unread("There are too many places and origins to try them all.", self.place.line)
            trial = Trial(method, case, situation, is_preflight, assumed, self.mentions)
            before = dict(self.mentions.conditions)
            self.mentions.conditions.clear()
            answers.append((self.place.answer(trial), assumed))
            conditions = [each for each in self.mentions.conditions if each not in assumed]
            self.mentions.conditions.update(before)
            for condition in conditions:
                if len(assumed) >= _MOST_CONDITIONS or len(answers) > 2**_MOST_CONDITIONS:
                    raise Unread(f"{self.place.speaks_of} has too many conditions here to try.", self.place.line)
                if condition not in asked or assumed:
                    asked.add(condition)
                    waiting.append({**assumed, condition: True})
        return self._one(answers)

    def _one(self, answers: list[tuple[LayerAnswer, dict[str, bool]]]) -> Outcome:
        """The answer that counts: of those that do not refuse, which must agree, the first."""
        kept = [each for each in answers if each[0].status is None or each[0].status < 300]
        first, held = (kept or [each for each in answers if (each[0].status or 0) >= 400] or answers)[0]
        for answer, assumed in kept[1:]:
            if _signature(answer) != _signature(first):
                condition = next((each for each in reversed(assumed) if not held.get(each)), next(iter(held), ""))
                message = f"The headers depend on a condition that corsense does not evaluate: {quoted(shown(condition))}."
                raise Unread(message, self.mentions.conditions.get(condition))
        refusals = []
        for answer, assumed in answers:
            if answer.status is not None and answer.status >= 400 and answer.status != first.status:
                refusals.append((answer, _difference(assumed, held)))
        return Outcome(first, tuple(refusals))


def _difference(assumed: dict[str, bool], held: dict[str, bool]) -> str:
    """In which condition a refusal differs from the answer that counts."""
    more = next((each for each in assumed if each not in held), None)
    less = next((each for each in held if each not in assumed), None)
    return f"if {shown(more)}" if more is not None else f"unless {shown(less or '')}"


def _signature(answer: LayerAnswer) -> object:
    cors = sorted((line.name, line.value) for line in answer.lines if _concerns(line.name))
    return (answer.status is None, answer.status is not None and answer.status >= 400, cors)


def _concerns(name: str) -> bool:
    return name.startswith("access-control-") or name == "vary"


def _is_possible(some: tuple[OriginMatch, ...], expressions: list[OriginMatch]) -> bool:
    """Whether an origin can match `some` of the expressions and no other: what matches the whole origin is also found in it."""
    for one in some:
        for other in expressions:
            if other not in some and other.written == one.written and other.is_partial and not one.is_partial:
                return False
    return True


def listed(values: Iterable[str]) -> tuple[str, ...] | None:
    """The names of a header with a list; None when browsers cannot read it. Source: Fetch, *extract header list values*."""
    names = [name.strip(" \t") for value in values for name in value.split(",")]
    if any(name and not re.fullmatch(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", name) for name in names):
        return None
    return tuple(dict.fromkeys(name for name in names if name))
