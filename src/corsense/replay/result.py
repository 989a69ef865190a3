"""`ReplayResult`: what a replay found, as plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from corsense.replay.judging import Missing

Baseline = Literal["policy", "answers", "observed", "none"]
"""What the verdicts before come from: another policy, the logged answers, the verdicts of the policy that was observed, or
nothing."""


Kind = Literal["simple", "preflight", "actual", "websocket"]


@dataclass(frozen=True, slots=True)
class Period:
    """The first and the last day (UTC, or as the log wrote them); None where no request has a usable time."""

    first: date | None = None
    last: date | None = None

    def and_(self, other: Period) -> Period:
        """The period that covers both."""
        days = [day for day in (self.first, self.last, other.first, other.last) if day is not None]
        return Period(min(days), max(days)) if days else self


@dataclass(frozen=True, slots=True)
class Affected:
    """The requests of one origin whose verdict changes in one way.

    - `before`: None where nothing says it; `after`: `"allowed"` or a `Reason`.
    - `routes`: at most `MOST_ROUTES` of them; `route_count`: how many there are.
    """

    origin: str
    before: str | None
    after: str
    requests: int
    routes: tuple[str, ...]
    route_count: int
    methods: tuple[str, ...]
    kinds: tuple[Kind, ...]
    period: Period


@dataclass(frozen=True, slots=True)
class Changed:
    """Everything that changes in one direction; `affected` holds the most frequent, `left_out` counts the others."""

    requests: int = 0
    origins: int = 0
    routes: int = 0
    period: Period = Period()
    affected: tuple[Affected, ...] = ()
    left_out: int = 0


@dataclass(frozen=True, slots=True)
class LogRead:
    """One log: its name as it was given, and the format it was read in."""

    name: str
    format: str


@dataclass(frozen=True, slots=True)
class BrokenLines:
    """Lines that could not be read: how many, or `at_least` how many, and samples without their content."""

    count: int = 0
    samples: tuple[str, ...] = ()
    at_least: bool = False


@dataclass(frozen=True, slots=True)
class ReplayResult:
    """What a replay found.

    - `requests`: all lines or rows that could be read; of these `without_origin` have no `Origin` header, `own_host` come from
      pages of the host they are sent to, `not_from_browsers` have an origin or a method that no browser sends; `not_kept` were
      counted by an observing middleware beyond what it keeps; the others are `judged`, of so many `origins` and `routes`.
    - `lost` and `gained`: what the policy refuses and allows, unlike before.
    - `unanswered`: judged requests whose logged answer does not tell a verdict (an error, or no answer): they are not compared.
    - `missing`: how many judged requests have a verdict that depends on what the log does not carry.
    - `undated`: judged requests without a time, or with an impossible one.
    - `own_policies`: routes of the app that have a policy of their own, and were judged by it.
    """

    logs: tuple[LogRead, ...]
    requests: int = 0
    without_origin: int = 0
    own_host: int = 0
    not_from_browsers: int = 0
    not_kept: int = 0
    judged: int = 0
    origins: int = 0
    routes: int = 0
    routes_known: bool = False
    unrouted: int = 0
    period: Period = Period()
    baseline: Baseline = "none"
    lost: Changed = Changed()
    gained: Changed = Changed()
    unanswered: int = 0
    missing: Mapping[Missing, int] = field(default_factory=dict)
    undated: int = 0
    broken: BrokenLines = BrokenLines()

    @property
    def found(self) -> bool:
        """Whether some request changes its verdict."""
        return bool(self.lost.requests or self.gained.requests)
