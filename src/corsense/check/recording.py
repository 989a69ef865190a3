"""Check a recording: judge what a browser's network panel exported, as that browser did."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from corsense.app.probe import ExchangeFacts
from corsense.app.traceback import ParsedException, ParsedTraceback
from corsense.check.aggregate import aggregate, bounded
from corsense.check.request import CheckRequest
from corsense.check.results import CheckTarget, Report
from corsense.check.suppressed import suppressed
from corsense.diagnose import Observation, cache_faults
from corsense.errors import InputError
from corsense.fetch import Browser, Failed, FailureReason, Trace, WireResponse
from corsense.fetch.trace import EngineName
from corsense.fetch.wire import REDIRECT_STATUSES
from corsense.transports import drive
from corsense.transports.har import NOT_RECORDED, HarEntry, HarFetch, Progress, har_send, read_har

MOST_FETCHES = 2_000
"""Requests of a recording that are judged at most."""


def check_recording(path: Path, asked: CheckRequest, reading: Progress | None = None, judging: Progress | None = None) -> Report:
    """The report of a HAR file. `reading` and `judging` are called with how many entries, and then how many requests, are done
    of how many. Raises InputError when the file cannot be read, or holds no call from a page to another
    origin."""
    fetches = [fetch for fetch in read_har(path, reading) if _is_wanted(fetch, asked)]
    if not fetches:
        raise InputError(
            f"{path} holds no request of a page to judge; record the failing call with the network panel open, then export it."
        )
    return report_on_fetches(fetches, asked, CheckTarget("har", str(path)), progress=judging)


def report_on_fetches(
    fetches: Sequence[HarFetch],
    asked: CheckRequest,
    target: CheckTarget,
    notes: Sequence[str] = (),
    *,
    progress: Progress | None = None,
) -> Report:
    """The report of recorded fetches, of the first `MOST_FETCHES` where there are more."""
    total, fetches = len(fetches), fetches[:MOST_FETCHES]
    observations = []
    for number, fetch in enumerate(fetches, 1):
        observations.append(_observe(fetch, asked))
        if progress is not None:
            progress(number, len(fetches))
    left_out = total - len(fetches)
    if left_out:
        notes = (*notes, f"{left_out:,} of {total:,} requests were not judged; --origin and --request choose.")
    report = aggregate(target, observations, notes, cache_faults(observations))
    return replace(bounded(suppressed(report, asked.selection)), complete=not left_out)


def _is_wanted(fetch: HarFetch, asked: CheckRequest) -> bool:
    request = fetch.request
    by_origin = not asked.origins or request.origin in asked.origins
    named = [operation for operation in asked.operations if operation.method == request.method and operation.path in request.url]
    return by_origin and (not asked.operations or bool(named))


def recorded_trace(fetch: HarFetch, engine: EngineName) -> Trace:
    """What a browser of that engine did with a recorded fetch. Where the recording shows no preflight, the browser remembered an
    earlier one."""
    browser = Browser(engine)
    if not any(entry.request.preflight for entry in fetch.entries):
        _remember_permission(browser, fetch)
    return _with_the_redirect_named(drive(browser.fetch(fetch.request), har_send(fetch)))


def _with_the_redirect_named(trace: Trace) -> Trace:
    """The trace of a fetch that was redirected to another server, whose answer is nowhere recorded: it says so."""
    outcome = trace.outcome
    redirected = any(
        isinstance(each.response, WireResponse) and each.response.status in REDIRECT_STATUSES and not each.request.preflight
        for each in trace.exchanges
    )
    if redirected and isinstance(outcome, Failed) and outcome.reason == NOT_RECORDED:
        return replace(trace, outcome=replace(outcome, reason=FailureReason.NOT_FOLLOWED))
    return trace


def _observe(fetch: HarFetch, asked: CheckRequest) -> Observation:
    trace = recorded_trace(fetch, asked.engine or fetch.engine)
    known = {(entry.request.preflight, entry.request.url): _facts(entry) for entry in fetch.entries}
    nothing = ExchangeFacts(None)
    facts = tuple(known.get((exchange.request.preflight, exchange.request.url), nothing) for exchange in trace.exchanges)
    return Observation(trace, facts=facts)


def _facts(entry: HarEntry) -> ExchangeFacts:
    """What a recording knows of an exchange beside what went over the wire."""
    if entry.exception is None:
        return ExchangeFacts(None, body_excerpt=entry.body or "")
    type_, _, message = entry.exception.partition(": ")
    return ExchangeFacts(None, exception=ParsedTraceback(ParsedException(type_, message)), body_excerpt=entry.body or "")


def _remember_permission(browser: Browser, fetch: HarFetch) -> None:
    """A request that was sent though its recording shows no preflight: the browser remembered an earlier one."""
    request = fetch.request
    names = [name.lower() for name, _ in request.headers]
    include = request.credentials == "include"
    for entry in fetch.entries:
        methods = (request.method, entry.request.method)
        browser.preflight_cache.store(request.origin, entry.request.url, methods, names, 600, include)
