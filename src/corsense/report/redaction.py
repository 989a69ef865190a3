"""What is reported, without secrets: every format prints what these functions return."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from corsense._redaction import Redactor
from corsense.fetch import Blocked, Exchange, Failed, FetchRequest, NetworkError, Step, Trace, WireRequest, WireResponse
from corsense.url import parse_url

if TYPE_CHECKING:
    from corsense.check.mended import Mended
    from corsense.check.results import BrowserVerdict, Difference, Report, Result
    from corsense.diagnose import Diagnosis
    from corsense.explain import Explanation
    from corsense.finding import Finding

_LONGEST = 4_000
"""Characters of a header's value, of a value that was checked, and of a sentence that a report has at most."""


def redacted_report(report: Report) -> Report:
    """The report without secrets: those of each request and response, and the same values wherever a sentence quotes them."""
    everything = Redactor(_public(result.trace for result in report.results))
    results = tuple(_result(result, everything) for result in report.results)
    name = everything.url(report.target.name) if report.target.kind == "url" else report.target.name
    return replace(
        report,
        target=replace(report.target, name=name),
        results=results,
        findings=redacted_findings(report.findings, everything),
        notes=tuple(everything.text(note) for note in report.notes),
    )


def redacted_findings(findings: Iterable[Finding], redactor: Redactor | None = None) -> tuple[Finding, ...]:
    """Findings without secrets, those that `redactor` knows among them. A fix is source of the user's own, and stays."""
    known = redactor or Redactor()
    return tuple(
        replace(
            finding,
            message=_shortened(known.text(finding.message)),
            evidence={name: known.values(value) for name, value in finding.evidence.items()},
            remedy=_text(finding.remedy, known),
        )
        for finding in findings
    )


def redacted_repair(mended: Mended) -> Mended:
    """A repair whose findings, reasons and notes are without secrets; the edits are source of the user's own, and stay."""
    known = Redactor()
    repairs = tuple(
        replace(
            repair,
            finding=redacted_findings([repair.finding], known)[0] if repair.finding is not None else None,
            reason=_text(repair.reason, known),
        )
        for repair in mended.repairs
    )
    notes = tuple(map(known.text, mended.notes))
    return replace(mended, repairs=repairs, remaining=redacted_findings(mended.remaining, known), notes=notes)


def redacted_trace(trace: Trace, redactor: Redactor | None = None) -> Trace:
    """A trace without secrets; what was hidden is remembered by `redactor`."""
    known = redactor or Redactor(_public([trace]))
    request = redacted_request(trace.request, known)
    exchanges = tuple(_exchange(exchange, known) for exchange in trace.exchanges)
    steps = tuple(_step(step, known) for step in trace.steps)
    outcome = trace.outcome
    if isinstance(outcome, Blocked):
        outcome = replace(outcome, parameter=_text(outcome.parameter, known))
    elif isinstance(outcome, Failed):
        outcome = replace(outcome, detail=_text(outcome.detail, known))
    return replace(trace, request=request, exchanges=exchanges, steps=steps, outcome=outcome)


def redacted_failure(trace: Trace, diagnoses: Sequence[Diagnosis]) -> tuple[Trace, list[Diagnosis]]:
    """A trace and what was found about it, without secrets."""
    known = Redactor(_public([trace]))
    shown = redacted_trace(trace, known)
    return shown, [
        replace(
            diagnosis,
            message=known.text(diagnosis.message),
            evidence={name: known.values(value) for name, value in diagnosis.evidence.items()},
            remedy=_text(diagnosis.remedy, known),
        )
        for diagnosis in diagnoses
    ]


def redacted_request(request: FetchRequest, redactor: Redactor | None = None) -> FetchRequest:
    """What a page asks for, without secrets."""
    known = redactor or Redactor()
    headers, body = known.headers(request.headers), request.body
    if isinstance(body, str):
        body = known.body(body)
    elif isinstance(body, bytes):
        text = body.decode("utf-8", "replace")
        shown = known.body(text)
        body = body if shown == text else shown.encode()
    return replace(request, url=known.url(request.url), headers=headers, body=body)


def redacted_wire(request: WireRequest, redactor: Redactor | None = None) -> WireRequest:
    """A request on the wire, without secrets."""
    known = redactor or Redactor()
    headers = known.headers(request.headers)
    return replace(request, url=known.url(request.url), headers=headers)


def redacted_explanations(explanations: Iterable[Explanation]) -> list[Explanation]:
    """Explained messages without the secrets of the pasted text."""
    return [_explanation(explanation) for explanation in explanations]


def _explanation(explanation: Explanation) -> Explanation:
    message = explanation.message
    url = parse_url(message.url) if message.url else None
    known = Redactor([message.origin or "", url.host if url is not None else ""])
    shown = replace(message, url=known.url(message.url) if message.url else message.url, text=known.text(message.text))
    causes = tuple(replace(likely, fix=known.known(likely.fix)) for likely in explanation.causes)
    return replace(explanation, message=shown, checked=known.text(explanation.checked), causes=causes)


def _public(traces: Iterable[Trace]) -> set[str]:
    """What must stay readable: the origins of pages, the hosts that were called, methods and the names of headers."""
    texts: set[str] = set()
    for trace in traces:
        texts |= {trace.request.origin, trace.request.method, *(name for name, _ in trace.request.headers)}
        for exchange in trace.exchanges:
            url = parse_url(exchange.request.url)
            texts |= {url.origin, url.host} if url is not None else set()
            texts |= {name for name, _ in exchange.request.headers}
            texts |= {exchange.request.header("Access-Control-Request-Headers") or ""}
    return texts


def _result(result: Result, everything: Redactor) -> Result:
    known = Redactor(_public([result.trace]))
    trace = redacted_trace(result.trace, known)
    verdict = _verdict(result.browser, known) if result.browser is not None else None
    everything.learn(known.hidden)
    return replace(result, url=known.url(result.url), trace=trace, browser=verdict)


def _exchange(exchange: Exchange, known: Redactor) -> Exchange:
    request = redacted_wire(exchange.request, known)
    response: WireResponse | NetworkError
    if isinstance(exchange.response, NetworkError):
        response = replace(exchange.response, detail=_text(exchange.response.detail, known))
    else:
        lines = known.headers(exchange.response.headers)
        response = WireResponse(exchange.response.status, tuple((name, _shortened(value)) for name, value in lines))
    return Exchange(request, response)


def _step(step: Step, known: Redactor) -> Step:
    return replace(step, seen=_text(step.seen, known), wanted=_text(step.wanted, known), parameter=_text(step.parameter, known))


def _verdict(verdict: BrowserVerdict, known: Redactor) -> BrowserVerdict:
    differences = tuple(_difference(difference, known) for difference in verdict.differences)
    return replace(verdict, console=tuple(map(known.text, verdict.console)), differences=differences)


def _difference(difference: Difference, known: Redactor) -> Difference:
    return replace(difference, model=tuple(map(known.text, difference.model)), browser=tuple(map(known.text, difference.browser)))


def _text(text: str | None, known: Redactor) -> str | None:
    return _shortened(known.text(text)) if text is not None else None


def _shortened(text: str) -> str:
    """What came from a server, cut where a person has long stopped reading."""
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
