"""What a browser does with a call, and why: `JudgedCall`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from corsense.app.probe import ExchangeFacts
from corsense.check.aggregate import aggregate
from corsense.check.results import CheckTarget, Report, Result
from corsense.dev.inspector.calls import Call
from corsense.diagnose import Observation, cache_faults
from corsense.fetch import Browser, WireResponse
from corsense.transports import drive
from corsense.transports.har import har_send

Verdict = Literal["allowed", "blocked", "hidden", "waiting"]
"""`hidden`: the page gets the answer, and the browser withholds something of it. `waiting`: the preflight passed, and the request
itself has not come."""


@dataclass(frozen=True, slots=True)
class JudgedCall:
    """A call with the browser's verdict. `report` is about this call alone: one result, and its findings, the worst first."""

    call: Call
    verdict: Verdict
    report: Report

    @property
    def result(self) -> Result:
        """What the browser did, as `corsense check` reports it."""
        return self.report.results[0]

    @property
    def position(self) -> int | None:
        """Which finding of the report is the cause, the worst one; None where nothing is wrong."""
        return next((index for index, finding in enumerate(self.report.findings) if finding.severity != "info"), None)

    @property
    def slug(self) -> str | None:
        """The name of the cause; None where nothing is wrong."""
        return None if self.position is None else self.report.findings[self.position].cause.slug


def judge(call: Call, target: str) -> JudgedCall | None:
    """The verdict on a call to the app `target`; None for what no page's script made."""
    fetch = call.fetch
    if fetch is None:
        return None
    trace = drive(Browser(call.engine).fetch(fetch.request), har_send(fetch))
    recorded = {(one.entry.request.preflight, one.entry.request.url): one for one in call.exchanges}
    facts = []
    for exchange in trace.exchanges:
        one = recorded.get((exchange.request.preflight, exchange.request.url))
        facts.append(
            ExchangeFacts(None, exception=one.exception if one else None, body_excerpt=(one.entry.body or "") if one else "")
        )
    observations = [Observation(trace, facts=tuple(facts))]
    report = aggregate(CheckTarget("app", target), observations, fetch.notes, cache_faults(observations))
    outcome = report.results[0].outcome
    preflight = call.exchanges[-1].entry
    if call.awaits_its_request and isinstance(preflight.response, WireResponse) and outcome == "failed":
        return JudgedCall(call, "waiting", report)
    if outcome != "allowed":
        return JudgedCall(call, "blocked", report)
    wrong = any(finding.severity != "info" for finding in report.findings)
    return JudgedCall(call, "hidden" if wrong else "allowed", report)
