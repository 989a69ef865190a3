"""Groups of requests, as an engine returns them by origin, to what changes. Memory does not grow with the number of groups."""

from __future__ import annotations

import heapq
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from itertools import groupby
from typing import TYPE_CHECKING, Any

from corsense.observe import ALLOWED, CredentialsSent, ObservedRequests, RequestKind, RequestTuple
from corsense.observe.request_tuple import AUTHORIZATION, COOKIES, MAX_ROUTE, PRIVATE_NETWORK
from corsense.policy import Policy
from corsense.policy.decision import Reason
from corsense.replay.fields import Field, LogFormat
from corsense.replay.judging import (
    Answer,
    Missing,
    changes,
    needs_preflight,
    open_questions,
    shown_verdict,
    verdict,
)
from corsense.replay.result import Affected, Baseline, BrokenLines, Changed, Kind, LogRead, Period, ReplayResult
from corsense.replay.shapes import Shapes

if TYPE_CHECKING:
    from corsense.replay.engines import Unreadable

MOST_ORIGINS = 100
"""Entries of each direction that a result keeps, the most frequent first."""
MOST_ROUTES = 20
_MOST_NAMES = 100_000
_SAMPLES = 3
_WITHOUT_BODY = frozenset({"GET", "HEAD", "DELETE", "OPTIONS"})


@dataclass(frozen=True, slots=True)
class Policies:
    """The policy of an app, and those that single routes (by template) have of their own."""

    default: Policy | None
    by_route: Mapping[str, Policy | None] = field(default_factory=dict)

    def of(self, route: str) -> Policy | None:
        """The policy that judges requests of a route."""
        return self.by_route.get(route, self.default)


@dataclass(frozen=True, slots=True)
class Group:
    """Requests that are alike in everything that a policy judges by. `before` is the verdict that was logged or observed,
    `missing` what is not known of them. `unanswered`: the log holds answers, but the one to these says nothing of CORS."""

    request: RequestTuple
    count: int
    period: Period
    undated: int = 0
    before: str | None = None
    unanswered: bool = False
    missing: frozenset[Missing] = frozenset()


class Tally:
    """What the groups add up to."""

    def __init__(self, policies: Policies, current: Policies | None, shapes: Shapes) -> None:
        self._policies, self._current, self._shapes = policies, current, shapes
        self.requests = self.without_origin = self.own_host = self.not_from_browsers = self.broken = self.not_kept = 0
        self.samples: set[str] = set()
        self._at_least = False
        self._judged = self._origins = self._undated = self._unanswered = self._unrouted = 0
        self._baseline: Baseline = "policy" if current is not None else "none"
        self._of_groups: Baseline = "none"
        self._routes: set[str] = set()
        self._period = Period()
        self._missing: dict[Missing, int] = {}
        self._lost, self._gained = _Direction(), _Direction()

    def add_groups(self, groups: Iterable[Group], baseline: Baseline) -> None:
        """Count groups that come ordered by origin. `baseline`: what their `before` is from, where they have one."""
        self._of_groups = baseline
        for origin, of_origin in groupby(groups, key=lambda group: group.request.origin):
            self._origins += 1
            self._add_origin(origin, of_origin)

    def add_unreadable(self, unreadable: Unreadable) -> None:
        """Count lines that no engine could make a row of."""
        self.broken += unreadable.count
        self._at_least |= unreadable.at_least
        if unreadable.sample is not None:
            self.samples.add(redacted_sample(unreadable.sample))

    def _add_origin(self, origin: str, groups: Iterable[Group]) -> None:
        entries: dict[tuple[str | None, str], _Entry] = {}
        for group in groups:
            self._note(group)
            policy = self._policies.of(group.request.route)
            current = self._current.of(group.request.route) if self._current is not None else None
            before = group.before if self._current is None else verdict(current, group.request)
            if before is not None and self._current is None:
                self._baseline = self._of_groups
            after = verdict(policy, group.request)
            if after == Reason.ORIGIN_UNRESOLVED or before == Reason.ORIGIN_UNRESOLVED:
                self._count_missing(Missing.RESOLVER, group)
                continue
            if self._current is None and group.unanswered:
                self._unanswered += group.count
                continue
            for missing in open_questions(group.request, group.missing, current, before, policy):
                self._count_missing(missing, group)
            if changes(before, after):
                entries.setdefault((before, after), _Entry()).add(group)
        for (before, after), entry in entries.items():
            (self._gained if after == ALLOWED else self._lost).add(origin, before, after, entry)

    def _count_missing(self, missing: Missing, group: Group) -> None:
        self._missing[missing] = self._missing.get(missing, 0) + group.count

    def _note(self, group: Group) -> None:
        self._judged += group.count
        self._undated += group.undated
        self._period = self._period.and_(group.period)
        if group.request.route:
            if len(self._routes) < _MOST_NAMES:
                self._routes.add(group.request.route)
        else:
            self._unrouted += group.count

    def result(self, logs: Sequence[LogRead]) -> ReplayResult:
        """What was found."""
        return ReplayResult(
            logs=tuple(logs),
            requests=self.requests,
            without_origin=self.without_origin,
            own_host=self.own_host,
            not_from_browsers=self.not_from_browsers,
            not_kept=self.not_kept,
            judged=self._judged,
            origins=self._origins,
            routes=len(self._routes),
            routes_known=bool(self._shapes.templates),
            unrouted=self._unrouted,
            period=self._period,
            baseline=self._baseline,
            lost=self._lost.changed(),
            gained=self._gained.changed(),
            unanswered=self._unanswered,
            missing=dict(sorted(self._missing.items())),
            undated=self._undated,
            broken=BrokenLines(self.broken, tuple(sorted(self.samples)[:_SAMPLES]), self._at_least),
        )


class _Entry:
    """What one origin gains or loses in one way."""

    def __init__(self) -> None:
        self.requests = 0
        self.routes: set[str] = set()
        self.methods: set[str] = set()
        self.kinds: set[Kind] = set()
        self.period = Period()

    def add(self, group: Group) -> None:
        self.requests += group.count
        self.period = self.period.and_(group.period)
        self.kinds.add(group.request.kind.value)
        for names, name in ((self.routes, group.request.route), (self.methods, group.request.method)):
            if name and len(names) < _MOST_NAMES:
                names.add(name)


class _Direction:
    """What is lost, or what is gained: sums of all, and the most frequent entries."""

    def __init__(self) -> None:
        self._requests = self._origins = self._entries = 0
        self._last_origin: str | None = None
        self._routes: set[str] = set()
        self._period = Period()
        self._largest: list[tuple[int, str, str, Affected]] = []

    def add(self, origin: str, before: str | None, after: str, entry: _Entry) -> None:
        self._requests += entry.requests
        self._origins += origin != self._last_origin
        self._last_origin = origin
        self._entries += 1
        self._period = self._period.and_(entry.period)
        if len(self._routes) < _MOST_NAMES:
            self._routes |= entry.routes
        affected = Affected(
            origin, before, after, entry.requests, tuple(sorted(entry.routes)[:MOST_ROUTES]), len(entry.routes),
            tuple(sorted(entry.methods)[:MOST_ROUTES]), tuple(sorted(entry.kinds)), entry.period,
        )  # fmt: skip
        item = (entry.requests, _reversed(origin), after, affected)
        if len(self._largest) < MOST_ORIGINS:
            heapq.heappush(self._largest, item)
        elif item[:3] > self._largest[0][:3]:
            heapq.heapreplace(self._largest, item)

    def changed(self) -> Changed:
        ordered = sorted((affected for *_, affected in self._largest), key=lambda each: (-each.requests, each.origin, each.after))
        return Changed(
            self._requests, self._origins, len(self._routes), self._period, tuple(ordered), self._entries - len(self._largest)
        )


def _reversed(text: str) -> str:
    """A text that sorts in reverse, so that of equal counts the first in the alphabet stays."""
    return "".join(chr(0x10FFFF - ord(character)) for character in text)


def groups_of_rows(
    rows: Iterable[Mapping[str, Any]], formats: Sequence[LogFormat], tally: Tally, shapes: Shapes
) -> Iterator[Group]:
    """The groups to judge, of the rows that `grouping.grouped` returns; the others are counted in `tally`."""
    for row in rows:
        count = int(row["requests"])
        if row["broken"]:
            tally.broken += count
            if row["excerpt"]:
                tally.samples.add(redacted_sample(row["excerpt"]))
            continue
        tally.requests += count
        if row["origin"] is None:
            tally.without_origin += count
        elif row["own_host"]:
            tally.own_host += count
        elif (group := _group(row, formats[row["source"]], count, shapes)) is None:
            tally.not_from_browsers += count
        else:
            yield group


def redacted_sample(excerpt: str) -> str:
    """What may be shown of a broken line: the file's name, and the line with every letter an `x` and every digit a `0`."""
    file, _, line = excerpt.partition("\n")
    masked = re.sub(r"[^\W\d_]", "x", re.sub(r"\d", "0", line))
    masked = re.sub(r"x{4,}", "xxx…", re.sub(r"0{4,}", "000…", masked))
    shown = "".join(
        character if (character.isprintable() and character.isascii()) or character == "…" else "?" for character in masked
    )
    return f"{file}: {shown[:80]}" if file else shown[:80]


def _group(row: Mapping[str, Any], log: LogFormat, count: int, shapes: Shapes) -> Group | None:
    facts = _Facts(row, log)
    kind, method, headers = facts.kind()
    logged = None if shapes.templates else row["route"]
    route = logged or shapes.route(row["shape"] or "", method)
    route = route if route.startswith("/") and len(route) <= MAX_ROUTE and route.isprintable() else ""
    status = int(row["status"]) if row["status"] and row["status"] in "12345" else 0
    credentials = facts.credentials() if kind is not RequestKind.PREFLIGHT else CredentialsSent.NONE
    request = RequestTuple.make(row["origin"], kind, method, headers, route, credentials, status)
    if request is None:
        return None
    answer = Answer(status, row["allow_origin"], bool(row["allow_credentials"]), row["allow_methods"], row["allow_headers"])
    before = shown_verdict(request, answer) if row["any_allow_origin"] else None
    unanswered = bool(row["any_allow_origin"]) and before is None
    return Group(request, count, _period(row), int(row["undated"] or 0), before, unanswered, frozenset(facts.missing))


class _Facts:
    """What a row says of its requests, and what it does not: `missing`."""

    def __init__(self, row: Mapping[str, Any], log: LogFormat) -> None:
        self._row, self._log = row, log
        self.missing: set[Missing] = set()

    def kind(self) -> tuple[RequestKind, str, tuple[str, ...]]:
        """What a request is to CORS, and the method and the names of headers that need a permission."""
        row = self._row
        method = row["method"] or "GET"
        if row["method"] is None:
            self.missing.add(Missing.METHOD)
        if row["upgrade"] or (row["upgrade"] is None and row["status"] == "1"):
            return RequestKind.WEBSOCKET, method, ()
        if method == "OPTIONS":
            if row["requested_method"] is not None:
                return RequestKind.PREFLIGHT, row["requested_method"], self._requested_headers()
            if not self._is_known(Field.REQUESTED_METHOD, bool(row["any_requested_method"])):
                self.missing.add(Missing.METHOD)
                return RequestKind.PREFLIGHT, "GET", self._requested_headers()
        headers = self._sent_headers(method)
        return (RequestKind.ACTUAL if needs_preflight(method, headers) else RequestKind.SIMPLE), method, headers

    def credentials(self) -> CredentialsSent:
        """The credentials that came with a request, as far as the log says."""
        if not self._is_known(Field.COOKIE, bool(self._row["any_cookies"])):
            self.missing.add(Missing.CREDENTIALS)
        return CredentialsSent.of(COOKIES * bool(self._row["cookies"]) + AUTHORIZATION * bool(self._row["authorization"]))

    def _requested_headers(self) -> tuple[str, ...]:
        if not self._is_known(Field.REQUESTED_HEADERS, bool(self._row["any_requested_headers"])):
            self.missing.add(Missing.REQUESTED_HEADERS)
        names = tuple(name for name in (self._row["requested_headers"] or "").split(",") if name)
        return (*names, PRIVATE_NETWORK) if self._row["private_network"] else names

    def _sent_headers(self, method: str) -> tuple[str, ...]:
        row = self._row
        if not self._is_known(Field.AUTHORIZATION, bool(row["any_authorization"])):
            self.missing.add(Missing.REQUESTED_HEADERS)
        if method not in _WITHOUT_BODY and not self._is_known(Field.CONTENT_TYPE, row["any_form"] is not None):
            self.missing.add(Missing.REQUESTED_HEADERS)
        return tuple(name for name, sent in (("authorization", row["authorization"]), ("content-type", row["form"] == 0)) if sent)

    def _is_known(self, each: Field, seen: bool) -> bool:
        """Whether the log says this of its requests: every line has the field, or one line with a value was seen."""
        return each in self._log.places and (each in self._log.certain or seen)


def _period(row: Mapping[str, Any]) -> Period:
    days = [
        datetime.fromtimestamp(second, UTC).date() for second in (row["first_second"], row["last_second"]) if second is not None
    ]
    days += [day for text in (row["first_day"], row["last_day"]) if text is not None and (day := _day(text)) is not None]
    return Period(min(days), max(days)) if days else Period()


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def groups_of_observations(observed: Iterable[ObservedRequests]) -> list[Group]:
    """The groups of observations, ordered by origin: each tuple once."""
    together: dict[RequestTuple, Group] = {}
    for each in observed:
        seen, period = each.request, Period(each.first, each.last)
        known = together.get(seen, Group(seen, 0, period, before=seen.live))
        together[seen] = replace(known, count=known.count + each.count, period=known.period.and_(period))
    return sorted(together.values(), key=lambda group: group.request.origin)
