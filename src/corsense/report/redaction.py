"""What is reported, without secrets: every format prints what these functions return."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import cache
from operator import is_
from typing import TYPE_CHECKING, Generic, TypeVar

from corsense._redaction import Redactor
from corsense.fetch import Blocked, Exchange, Failed, FetchRequest, NetworkError, Outcome, Step, Trace, WireRequest, WireResponse
from corsense.fetch.wire import Headers, combine
from corsense.url import parse_url

if TYPE_CHECKING:
    from corsense.check.results import BrowserVerdict, Difference, Report, Result
    from corsense.diagnose import Diagnosis
    from corsense.explain import Explanation
    from corsense.finding import Finding
    from corsense.fix.result import FixResult

_LONGEST = 4_000
"""Characters of a header's value, of a value that was checked, and of a sentence that a report has at most."""


def redacted_report(report: Report) -> Report:
    """The report without secrets: those of each request and response, and the same values wherever a sentence quotes them."""
    everything, repeated = Redactor(public_texts(result.trace for result in report.results)), _RepeatedParts()
    results = tuple(repeated.result(result) or _result(result, everything) for result in report.results)
    name = everything.url(report.target.name) if report.target.kind == "url" else report.target.name
    return replace(
        report,
        target=replace(report.target, name=name),
        results=results,
        findings=redacted_findings(report.findings, everything),
        notes=tuple(everything.text(note) for note in report.notes),
    )


def redacted_findings(findings: Iterable[Finding], redactor: Redactor | None = None) -> tuple[Finding, ...]:
    """Findings without secrets, those that `redactor` knows among them. The edits of a fix are source of the user's own, and
    stay."""
    known = redactor or Redactor()
    return tuple(
        replace(
            finding,
            message=_shortened(known.text(finding.message)),
            evidence={name: known.values(value) for name, value in finding.evidence.items()},
            remedy=_text(finding.remedy, known),
            fix=replace(finding.fix, title=known.text(finding.fix.title)) if finding.fix is not None else None,
        )
        for finding in findings
    )


def redacted_repair(fix_result: FixResult) -> FixResult:
    """A repair whose findings, reasons and notes are without secrets; the edits are source of the user's own, and stay."""
    known = Redactor()
    repairs = tuple(
        replace(
            repair,
            finding=redacted_findings([repair.finding], known)[0] if repair.finding is not None else None,
            reason=_text(repair.reason, known),
        )
        for repair in fix_result.repairs
    )
    notes = tuple(map(known.text, fix_result.notes))
    return replace(fix_result, repairs=repairs, remaining=redacted_findings(fix_result.remaining, known), notes=notes)


def redacted_trace(trace: Trace, redactor: Redactor | None = None) -> Trace:
    """A trace without secrets; what was hidden is remembered by `redactor`."""
    known = redactor or Redactor(public_texts([trace]))
    request = redacted_request(trace.request, known)
    exchanges = tuple(_exchange(exchange, known) for exchange in trace.exchanges)
    steps = tuple(_step(step, known) for step in trace.steps)
    return replace(trace, request=request, exchanges=exchanges, steps=steps, outcome=_outcome(trace.outcome, known))


def redacted_failure(trace: Trace, diagnoses: Sequence[Diagnosis]) -> tuple[Trace, list[Diagnosis]]:
    """A trace and what was found about it, without secrets."""
    known = Redactor(public_texts([trace]))
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
    body = _body(body, known) if isinstance(body, str | bytes) else body
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
    from corsense.explain.code import fix_code  # only here: the other reports need nothing of it
    from corsense.explain.confirmation import confirmation

    message = explanation.message
    url = parse_url(message.url) if message.url else None
    known = Redactor([message.origin or "", url.host if url is not None else ""])
    shown = replace(
        message,
        url=known.url(message.url) if message.url else message.url,
        initial_url=known.url(message.initial_url) if message.initial_url else message.initial_url,
        text=known.text(message.text),
        value=known.text(message.value) if message.value else message.value,
    )
    # Written from what is shown, not searched for what is hidden: a hidden value may be a word of the code, such as `websocket`.
    causes = tuple(
        replace(each, fix=fix_code(each.cause.slug, shown), confirmation=confirmation(each.cause.slug, shown))
        for each in explanation.causes
    )
    return replace(explanation, message=shown, causes=causes)


def public_texts(traces: Iterable[Trace]) -> set[str]:
    """What must stay readable: the origins of pages, the hosts that were called, methods and the names of headers."""
    texts, urls = set[str](), set[str]()
    asked, sent = set[Headers](), set[Headers]()
    bodies = set[object]()
    for trace in traces:
        bodies.add(trace.request.body if isinstance(trace.request.body, str) else None)
        texts.update((trace.request.origin, trace.request.method))
        asked.add(trace.request.headers)
        for exchange in trace.exchanges:
            urls.add(exchange.request.url)
            sent.add(exchange.request.headers)
    texts.update(name for lines in asked | sent for name, _ in lines)
    texts.update(combine(lines).get("access-control-request-headers", "") for lines in sent)
    for url in filter(None, map(parse_url, urls)):
        texts.update((url.origin, url.host))
    return texts | (_bodies_of_clients() & bodies)


@cache
def _bodies_of_clients() -> frozenset[str]:
    """What corsense itself sends in the place of a client. Its words, such as `initialize`, are no secrets of the user."""
    from corsense.clients import PROFILES

    return frozenset(request.body for client in PROFILES for request in client.requests if request.body is not None)


class _MustRemember(Exception):
    """What is shown hides a value that the texts around it may repeat."""


_Part = TypeVar("_Part")


class _Repeated(dict[_Part, _Part | None], Generic[_Part]):
    """What is shown of values that hide nothing to remember, each looked through once; None where it is the value itself.

    Raises _MustRemember for the others.
    """

    def __init__(self, show: Callable[[_Part, Redactor], _Part]) -> None:
        self._show = show
        self._others: set[_Part] = set()

    def __missing__(self, value: _Part) -> _Part | None:
        if value not in self._others:
            known = Redactor()
            shown = self._show(value, known)
            if not known.hidden:
                self[value] = None if shown == value else shown
                return self[value]
            self._others.add(value)
        raise _MustRemember


class _RepeatedParts:
    """What is shown of the parts that the results of a report repeat.

    A result without a hidden value to remember is shown part by part.
    """

    def __init__(self) -> None:
        self._urls = _Repeated[str](lambda url, known: known.url(url))
        self._headers = _Repeated[Headers](lambda lines, known: known.headers(lines))
        self._bodies = _Repeated[str | bytes](_body)
        self._responses = _Repeated[WireResponse | NetworkError](_response)
        self._steps = _Repeated[Step](_step)
        self._outcomes = _Repeated[Outcome](_outcome)

    def result(self, result: Result) -> Result | None:
        """The result without secrets; None if it must be looked through as a whole."""
        if result.browser is not None:
            return None
        try:
            url, trace = self._urls[result.url], self._trace(result.trace)
        except _MustRemember:
            return None
        return result if url is None and trace is result.trace else replace(result, url=url or result.url, trace=trace)

    def _trace(self, trace: Trace) -> Trace:
        request = self._request(trace.request)
        exchanges = tuple(map(self._exchange, trace.exchanges))
        steps = tuple(map(self._steps.__getitem__, trace.steps))
        outcome = self._outcomes[trace.outcome]
        if request is trace.request and not any(steps) and outcome is None and all(map(is_, exchanges, trace.exchanges)):
            return trace
        kept = tuple(shown or step for shown, step in zip(steps, trace.steps, strict=True))
        return replace(trace, request=request, exchanges=exchanges, steps=kept, outcome=outcome or trace.outcome)

    def _request(self, request: FetchRequest) -> FetchRequest:
        url, headers = self._urls[request.url], self._headers[request.headers]
        body = self._bodies[request.body] if isinstance(request.body, str | bytes) else None
        if url is None and headers is None and body is None:
            return request
        shown = request.body if body is None else body
        return replace(request, url=url or request.url, headers=headers or request.headers, body=shown)

    def _exchange(self, exchange: Exchange) -> Exchange:
        request = exchange.request
        url, headers, response = self._urls[request.url], self._headers[request.headers], self._responses[exchange.response]
        if url is None and headers is None and response is None:
            return exchange
        shown = replace(request, url=url or request.url, headers=headers or request.headers)
        return Exchange(shown, response or exchange.response)


def _result(result: Result, everything: Redactor) -> Result:
    known = Redactor(public_texts([result.trace]))
    trace = redacted_trace(result.trace, known)
    verdict = _verdict(result.browser, known) if result.browser is not None else None
    everything.learn(known.hidden)
    return replace(result, url=known.url(result.url), trace=trace, browser=verdict)


def _exchange(exchange: Exchange, known: Redactor) -> Exchange:
    return Exchange(redacted_wire(exchange.request, known), _response(exchange.response, known))


def _response(response: WireResponse | NetworkError, known: Redactor) -> WireResponse | NetworkError:
    if isinstance(response, NetworkError):
        return replace(response, detail=_text(response.detail, known))
    lines = known.headers(response.headers)
    return WireResponse(response.status, tuple((name, _shortened(value)) for name, value in lines))


def _body(body: str | bytes, known: Redactor) -> str | bytes:
    if isinstance(body, str):
        return known.body(body)
    text = body.decode("utf-8", "replace")
    shown = known.body(text)
    return body if shown == text else shown.encode()


def _outcome(outcome: Outcome, known: Redactor) -> Outcome:
    if isinstance(outcome, Blocked):
        return replace(outcome, parameter=_text(outcome.parameter, known))
    if isinstance(outcome, Failed):
        return replace(outcome, detail=_text(outcome.detail, known))
    return outcome


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
