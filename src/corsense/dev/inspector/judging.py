"""What a browser does with a call, and why: `JudgedCall`."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Literal

from corsense.app.probe import ExchangeFacts
from corsense.check.aggregate import aggregate
from corsense.check.recording import recorded_trace
from corsense.check.results import CheckTarget, Report, Result
from corsense.dev.inspector.calls import Call
from corsense.diagnose import Observation, allows_page_silently, cache_faults
from corsense.fetch import Blocked, Failed, FailureReason, Trace, WireResponse
from corsense.finding import Finding
from corsense.transports.har import NOT_RECORDED

Verdict = Literal["allowed", "blocked", "hidden", "waiting"]
"""`hidden`: the page gets the answer, and the browser withholds something of it. `waiting`: what decides has not been seen here:
the preflight passed and the request itself has not come, or the answer redirects to another server."""

SETTLED_AFTER: Final = 3.0
"""Seconds after which a request does not follow its preflight any more."""
_MOST_URLS = 200
_MOST_REQUESTS = 1_000
_PAGES_OF_A_URL = 4
_NO_BROWSER = "No browser made this request, by its headers; the verdict is what a browser would do with the answer."
_NEVER_CAME = (
    "The preflight passes without credentials, and the request has not followed; so the page probably sends credentials, which "
    "the answer does not allow."
)
_ELSEWHERE = "The answer redirects to another server, whose answer is not seen here."


@dataclass(frozen=True, slots=True)
class JudgedCall:
    """A call with the browser's verdict. `report` is about this call alone: one result, and its findings, the worst first.
    `suspect` is the name of a cause that only a check of the app can confirm."""

    call: Call
    verdict: Verdict
    report: Report
    suspect: str | None = None

    @property
    def result(self) -> Result:
        """What the browser did, as `corsense check` reports it."""
        return self.report.results[0]

    @property
    def wrong(self) -> tuple[Finding, ...]:
        """The findings that are more than information, the worst first."""
        return tuple(finding for finding in self.report.findings if finding.severity != "info")

    @property
    def position(self) -> int | None:
        """Which finding of the report is the cause, the worst one; None where nothing is wrong."""
        return next((index for index, finding in enumerate(self.report.findings) if finding.severity != "info"), None)

    @property
    def slug(self) -> str | None:
        """The name of the cause; None where nothing is wrong."""
        return None if self.position is None else self.report.findings[self.position].cause.slug


@dataclass(slots=True)
class Judge:
    """Judges the calls to the app `target`, in the order they come. The last answers for each URL are kept, a page each: an
    answer that differs by page has to say so."""

    target: str
    _answers: OrderedDict[str, OrderedDict[str, Observation]] = field(default_factory=OrderedDict)
    _came: OrderedDict[tuple[str, str, str], None] = field(default_factory=OrderedDict)

    def verdict(self, call: Call) -> JudgedCall | None:
        """The verdict on a call; None for what no page's script made."""
        observation = observed(call)
        if observation is None:
            return None
        request = observation.trace.request
        if not call.awaits_its_request:
            self._came[call.page, call.method, call.url] = None
            while len(self._came) > _MOST_REQUESTS:
                self._came.popitem(last=False)
        pages = self._answers.get(request.url, OrderedDict())
        others = [seen for page, seen in pages.items() if page != request.origin]
        if request.method == "GET" and observation.trace.response is not None:
            pages[request.origin] = observation
            pages.move_to_end(request.origin)
            self._answers[request.url] = pages
            self._answers.move_to_end(request.url)
            while len(pages) > _PAGES_OF_A_URL:
                pages.popitem(last=False)
            while len(self._answers) > _MOST_URLS:
                self._answers.popitem(last=False)
        return _judged(call, observation, others, self.target)

    def settled(self, call: Call) -> JudgedCall | None:
        """The verdict on a call whose request has not followed its preflight for a while; None where that says nothing.

        A browser goes on at once when a preflight passes. Where it passes only without credentials, the page must have wanted to
        send them; unless the page dropped the call, as one does that is left: then its request comes another time.
        """
        if not call.by_browser or (call.page, call.method, call.url) in self._came:
            return None
        observation = observed(call, with_credentials=True)
        if observation is None or not isinstance(observation.trace.outcome, Blocked):
            return None
        return _judged(call, observation, (), self.target, (_NEVER_CAME,))


def judge(call: Call, target: str) -> JudgedCall | None:
    """The verdict on a single call to the app `target`; None for what no page's script made."""
    return Judge(target).verdict(call)


def observed(call: Call, *, with_credentials: bool = False) -> Observation | None:
    """What a browser did with a call, and what is known of each exchange; None for what no page's script made. A server cannot
    see the credentials mode: they were included where cookies came, or `with_credentials`."""
    fetch = call.fetch
    if fetch is None:
        return None
    if with_credentials:
        fetch = replace(fetch, request=replace(fetch.request, credentials="include"))
    trace = recorded_trace(fetch, call.engine)
    recorded = {(one.entry.request.preflight, one.entry.request.url): one for one in call.exchanges}
    facts = []
    for exchange in trace.exchanges:
        one = recorded.get((exchange.request.preflight, exchange.request.url))
        facts.append(
            ExchangeFacts(None, exception=one.exception if one else None, body_excerpt=(one.entry.body or "") if one else "")
        )
    return Observation(trace, facts=tuple(facts))


def _judged(
    call: Call, observation: Observation, others: Sequence[Observation], target: str, notes: tuple[str, ...] = ()
) -> JudgedCall:
    trace = observation.trace
    silent = trace.request.method == "GET" and allows_page_silently(observation)
    beside = cache_faults([*others, observation]) if silent else []
    report = aggregate(CheckTarget("app", target), [observation], (*_notes(call), *notes), beside)
    if _awaits_its_request(trace):
        nothing = tuple(replace(result, findings=()) for result in report.results)
        return JudgedCall(call, "waiting", replace(report, findings=(), results=nothing))
    if _is_elsewhere(trace) and not report.found_something:
        return JudgedCall(call, "waiting", replace(report, notes=(*report.notes, _ELSEWHERE)))
    if report.results[0].outcome != "allowed":
        return JudgedCall(call, "blocked", report)
    if trace.request.mode == "no-cors":
        return JudgedCall(call, "hidden", _unread(report, trace))
    if report.found_something:
        return JudgedCall(call, "hidden", report)
    return JudgedCall(call, "allowed", report, "vary-origin-missing" if silent else None)


def _notes(call: Call) -> tuple[str, ...]:
    fetch = call.fetch
    notes = fetch.notes if fetch is not None else ()
    return notes if call.by_browser else (*notes, _NO_BROWSER)


def _awaits_its_request(trace: Trace) -> bool:
    """Whether the preflight passed, and what it was for has not come."""
    outcome = trace.outcome
    answered = bool(trace.exchanges) and isinstance(trace.exchanges[0].response, WireResponse)
    return answered and isinstance(outcome, Failed) and outcome.reason == NOT_RECORDED


def _is_elsewhere(trace: Trace) -> bool:
    return isinstance(trace.outcome, Failed) and trace.outcome.reason == FailureReason.NOT_FOLLOWED


def _unread(report: Report, trace: Trace) -> Report:
    """A page that sends with `no-cors` may not want the answer, as a beacon does not. That the server refuses what was sent is
    another matter: `no-cors` leaves headers and content types out."""
    if trace.response is not None and trace.response.status >= 400:
        return report
    return replace(report, findings=tuple(replace(finding, severity="info") for finding in report.findings))
