"""What a replay found, as JSON and as text."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Literal

from corsense import __version__
from corsense.replay.judging import Missing
from corsense.replay.result import Affected, Baseline, Changed, Kind, Period, ReplayResult
from corsense.report.json_document import Document

_SHOWN_ORIGINS = 20
_SHOWN_ROUTES = 4

_MISSING = {
    Missing.CREDENTIALS: "whether cookies were sent, which decides whether the policy's credentials matter",
    Missing.REQUESTED_HEADERS: "which headers the pages send (Access-Control-Request-Headers, Authorization, Content-Type)",
    Missing.METHOD: "which method preflights ask for (Access-Control-Request-Method)",
    Missing.RESOLVER: "what the policy's origin_resolver says; it is not asked here",
}


class LogDocument(Document):
    """A log that was read, and its format."""

    name: str
    format: str


class AffectedDocument(Document):
    """The requests of one origin whose verdict changes in one way. `before` is null where nothing tells it; `routes` are at most
    20 of `route_count`."""

    origin: str
    before: str | None
    after: str
    requests: int
    routes: list[str]
    route_count: int
    methods: list[str]
    kinds: list[Kind]
    first: date | None
    last: date | None


class ChangedDocument(Document):
    """What changes in one direction: `affected` lists the most frequent origins, `left_out` counts further entries."""

    requests: int
    origins: int
    routes: int
    first: date | None
    last: date | None
    affected: list[AffectedDocument]
    left_out: int


class NotInLogDocument(Document):
    """A fact that the logs do not carry, and how many judged requests have a verdict that depends on it."""

    fact: Literal["credentials", "requested headers", "method", "resolver"]
    requests: int


class BrokenDocument(Document):
    """Lines that could not be read; with `at_least`, `count` is a lower bound. Samples have x for a letter and 0 for a digit."""

    count: int
    at_least: bool
    samples: list[str]


class SummaryDocument(Document):
    """How many requests were read, and how many were judged."""

    requests: int
    without_origin: int
    own_host: int
    not_from_browsers: int
    not_kept: int
    judged: int
    origins: int
    routes: int
    unrouted: int
    undated: int
    unanswered: int
    first: date | None
    last: date | None


class ReplayDocument(Document):
    """The answer of `corsense policy replay`. `baseline` is what the verdicts before come from: another policy, the logged
    answers, the verdicts that a middleware observed, or nothing."""

    corsense: str
    schema: Literal[1] = 1
    logs: list[LogDocument]
    baseline: Baseline
    summary: SummaryDocument
    lost: ChangedDocument
    gained: ChangedDocument
    not_in_log: list[NotInLogDocument]
    broken: BrokenDocument


def replay_document(result: ReplayResult) -> ReplayDocument:
    """The result as a JSON document."""
    return ReplayDocument(
        corsense=__version__,
        logs=[LogDocument(name=log.name, format=log.format) for log in result.logs],
        baseline=result.baseline,
        summary=SummaryDocument(
            requests=result.requests,
            without_origin=result.without_origin,
            own_host=result.own_host,
            not_from_browsers=result.not_from_browsers,
            not_kept=result.not_kept,
            judged=result.judged,
            origins=result.origins,
            routes=result.routes,
            unrouted=result.unrouted,
            undated=result.undated,
            unanswered=result.unanswered,
            first=result.period.first,
            last=result.period.last,
        ),
        lost=_changed(result.lost),
        gained=_changed(result.gained),
        not_in_log=[NotInLogDocument(fact=fact.value, requests=count) for fact, count in result.missing.items()],
        broken=BrokenDocument(count=result.broken.count, at_least=result.broken.at_least, samples=list(result.broken.samples)),
    )


def _changed(changed: Changed) -> ChangedDocument:
    return ChangedDocument(
        requests=changed.requests,
        origins=changed.origins,
        routes=changed.routes,
        first=changed.period.first,
        last=changed.period.last,
        affected=[
            AffectedDocument(
                origin=each.origin,
                before=each.before,
                after=each.after,
                requests=each.requests,
                routes=list(each.routes),
                route_count=each.route_count,
                methods=list(each.methods),
                kinds=list(each.kinds),
                first=each.period.first,
                last=each.period.last,
            )
            for each in changed.affected
        ],
        left_out=changed.left_out,
    )


def replay_text(result: ReplayResult) -> str:
    """The result for people."""
    return "\n".join(_lines(result))


def _lines(result: ReplayResult) -> Iterator[str]:
    formats = ", ".join(dict.fromkeys(log.format for log in result.logs))
    yield (
        f"Judged {_count(result.judged, 'request')} of {_count(result.origins, 'origin')} on "
        f"{_count(result.routes, 'route' if result.routes_known else 'path shape')}{_when(result.period)} ({formats})."
    )
    yield from _not_judged(result)
    yield ""
    yield from _changes(result)
    yield from _caveats(result)


def _not_judged(result: ReplayResult) -> Iterator[str]:
    for count, what in (
        (result.without_origin, "without an Origin header, so CORS does not apply"),
        (result.own_host, "from pages of the API's own host, which need no CORS"),
        (result.not_from_browsers, "with an Origin or a method that no browser sends"),
        (result.not_kept, "that the middleware counted beyond what it keeps"),
    ):
        if count:
            yield f"Not judged: {_count(count, 'request')} {what}."


def _changes(result: ReplayResult) -> Iterator[str]:
    if not result.found:
        depends = " as far as these logs say" if result.missing or result.unanswered else ""
        yield f"No request {'is refused' if result.baseline == 'none' else 'changes its verdict'}{depends}."
        return
    refused = "would be refused" if result.baseline != "none" else "are refused by this policy"
    yield from _direction(result.lost, refused, "-")
    if result.lost.requests and result.gained.requests:
        yield ""
    yield from _direction(result.gained, "would be allowed that were refused", "+")


def _direction(changed: Changed, what: str, sign: str) -> Iterator[str]:
    if not changed.requests:
        return
    yield (
        f"{_count(changed.requests, 'request')} of {_count(changed.origins, 'origin')} on "
        f"{_count(changed.routes, 'route')} {what}{_when(changed.period)}:"
    )
    for each in changed.affected[:_SHOWN_ORIGINS]:
        yield f"{sign} {each.origin}  {_count(each.requests, 'request')}{_when(each.period)}"
        yield f"    {_verdicts(each)}; {', '.join(each.methods)} {_routes(each)}".rstrip()
    rest = changed.left_out + len(changed.affected[_SHOWN_ORIGINS:])
    if rest:
        yield f"  and {rest:,} more; --format json lists the first {len(changed.affected)}."


def _verdicts(each: Affected) -> str:
    return each.after if each.before is None else f"{each.before} -> {each.after}"


def _routes(each: Affected) -> str:
    shown = ", ".join(each.routes[:_SHOWN_ROUTES])
    more = each.route_count - len(each.routes[:_SHOWN_ROUTES])
    return f"on {shown}{f' and {more:,} more' if more else ''}" if shown else ""


def _caveats(result: ReplayResult) -> Iterator[str]:
    lines = list(_said(result))
    if lines:
        yield ""
        yield "What these logs do not say:"
        yield from (f"* {line}" for line in lines)


def _said(result: ReplayResult) -> Iterator[str]:
    if result.baseline == "none":
        yield (
            "what browsers got before: add the answer's Access-Control-Allow-Origin to the log, or name today's policy "
            "with --current."
        )
    for fact, count in result.missing.items():
        yield f"{_MISSING[fact]}: the verdict on {_count(count, 'request')} depends on it."
    if result.unanswered:
        unanswered = _count(result.unanswered, "request")
        yield f"the verdict before of {unanswered}: the answer was an error or is missing, so they are not compared."
    if result.undated:
        yield f"when {_count(result.undated, 'request')} came: the time is missing or cannot be read."
    if result.routes_known and result.unrouted:
        unrouted = _count(result.unrouted, "request")
        yield f"the route of {unrouted}: no route of the app has that path (does a proxy strip a prefix?)."
    if result.broken.at_least and not result.broken.count:
        yield "at least one line is too long to be read; it is not counted."
    if result.broken.count:
        samples = f", such as {' and '.join(result.broken.samples)}" if result.broken.samples else ""
        yield f"{'at least ' * result.broken.at_least}{_count(result.broken.count, 'line')} could not be read{samples}."


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _when(period: Period) -> str:
    if period.first is None:
        return ""
    return f", {period.first}" if period.first == period.last else f", {period.first} to {period.last}"
