"""The exchanges of a fetch as lines of text: `check --verbose` and a failing assertion show the same."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from corsense.fetch import Blocked, Exchange, Failed, NetworkError, Step, Trace
from corsense.readers.controls import harmless
from corsense.report.difference import marked_difference
from corsense.report.terminal import Pieces

_SHOWN_REQUEST_HEADERS = (
    "origin",
    "access-control-request-method",
    "access-control-request-headers",
    "authorization",
    "content-type",
)
_SHOWN_ANSWER_HEADERS = (
    "access-control-allow-",
    "access-control-expose-",
    "location",
    "allow",
    "set-cookie",
    "www-authenticate",
    "vary",
)


def exchange_lines(trace: Trace, answered_by: Sequence[str | None] = ()) -> Iterator[Pieces]:
    """The exchanges of a fetch, one below the other: what was sent, what came back, each check with the values that failed
    marked. `answered_by` names, for each exchange, what answered it."""
    for index, exchange in enumerate(trace.exchanges):
        yield from _exchange_lines(index, exchange, answered_by[index] if index < len(answered_by) else None)
        for step in trace.steps:
            if step.exchange == index:
                yield from _step_lines(step)
    for step in trace.steps:
        if step.exchange is None and not step.passed:
            yield from _step_lines(step)
    if isinstance(trace.outcome, Blocked) and trace.exchanges and trace.exchanges[-1].request.preflight:
        yield [(f"   {trace.request.method} is never sent", "dim")]
    if isinstance(trace.outcome, Failed):
        detail = f" ({trace.outcome.detail})" if trace.outcome.detail else ""
        yield [(f"   {trace.outcome.reason}{detail}", "red")]


def _exchange_lines(index: int, exchange: Exchange, answered_by: str | None) -> Iterator[Pieces]:
    request, response = exchange.request, exchange.response
    answer = response.reason if isinstance(response, NetworkError) else str(response.status)
    kind = " (preflight)" if request.preflight else ""
    by = f", answered by {answered_by}" if answered_by else ""
    yield [(f"{index + 1}. {request.method} {request.url}", "bold"), (kind, "dim"), (f" -> {answer}", ""), (by, "dim")]
    for name, value in request.headers:
        if name.lower() in _SHOWN_REQUEST_HEADERS:
            yield [(f"   > {name}: {value}", "dim")]
    if not isinstance(response, NetworkError):
        for name, value in response.headers:
            if name.lower().startswith(_SHOWN_ANSWER_HEADERS):
                shown = value.partition("=")[0] + "=…" if name.lower() == "set-cookie" else value
                yield [(f"   < {name}: {shown}", "dim")]


def _step_lines(step: Step) -> Iterator[Pieces]:
    if step.passed:
        of = f": {step.parameter}" if step.parameter and step.name.startswith("Access-Control-Allow-Headers") else ""
        yield [("   ✓ ", "green"), (f"{step.name}{of}", "dim")]
        return
    seen = "missing" if step.seen is None else harmless(repr(step.seen))
    wanted = f", wanted {harmless(step.wanted)}" if step.wanted else ""
    yield [("   ✗ ", "red"), (step.name, "bold"), (f" is {seen}{wanted}", ""), (f"  [{step.section}]", "dim")]
    origin = (step.wanted or "").removesuffix(" or *")
    if step.seen is not None and "://" in origin and "://" in step.seen:
        shown, marks = marked_difference(step.seen, origin)
        yield [(f"        answered {harmless(shown)}", "dim")]
        yield [(f"        wanted   {harmless(repr(origin))}", "dim")]
        yield [(f"                 {marked_difference(origin, step.seen)[1] or marks}", "bold red")]
