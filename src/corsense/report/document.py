"""The JSON documents of `check`, `explain` and `lint`, from which the JSON Schemas that ship are generated."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from corsense import __version__
from corsense.check.results import Report, Result
from corsense.explain import Explanation
from corsense.fetch import Blocked, Exchange, Failed, NetworkError, WireResponse
from corsense.finding import Finding, Fix
from corsense.fix.edits.diff import shared_diff
from corsense.layers.attribution import Attribution
from corsense.lint import LintReport
from corsense.report.console import console_lines
from corsense.report.json_document import Document
from corsense.report.message_document import MessageDocument, message_document
from corsense.report.redaction import redacted_explanations, redacted_findings, redacted_report

Severity = Literal["error", "warning", "info"]
Pairs = list[tuple[str, str]]


class FixDocument(Document):
    """A repair: its diff, and whether the failing request was seen to pass with it (null: it was not tried)."""

    title: str
    diff: str
    verified: bool | None


class FindingDocument(Document):
    """A cause at a place. `slug` is stable; lines and columns count from 1."""

    code: str
    slug: str
    severity: Severity
    title: str
    message: str
    file: str | None
    line: int | None
    column: int | None
    end_line: int | None
    end_column: int | None
    evidence: dict[str, Any]
    documentation: str
    remedy: str | None
    fix: FixDocument | None


class RequestDocument(Document):
    """A request on the wire; secrets are left out of the headers."""

    method: str
    url: str
    headers: Pairs


class ResponseDocument(Document):
    """An answer on the wire."""

    status: int
    headers: Pairs


class AttributionDocument(Document):
    """What stands between the app's own answer and the server's: who answered, the layer in front where the answer names it, and
    of each `access-control-*` header and `vary` whether the app set it, the front, both, or the front replaced or dropped it.
    `undecided` are headers called replaced because it is likely; `stored`: the answer comes out of a cache."""

    answered_by: Literal["app", "front"]
    layer: str | None
    headers: dict[str, Literal["app", "front", "both", "replaced", "dropped"]]
    undecided: list[str]
    stored: bool


class ExchangeDocument(Document):
    """A request and its answer; `response` is null when none came, and `error` says why. `attribution` is null where the app's
    own answer is not known."""

    preflight: bool
    request: RequestDocument
    response: ResponseDocument | None
    error: str | None
    answered_by: str | None
    attribution: AttributionDocument | None


class ConsoleDocument(Document):
    """The lines each browser's console shows."""

    chromium: list[str]
    firefox: list[str]
    webkit: list[str]


class DifferenceDocument(Document):
    """Where a real browser and the model do not agree, a line each: a fault of corsense."""

    aspect: Literal["outcome", "error", "status", "headers", "console", "requests"]
    model: list[str]
    browser: list[str]


class BrowserVerdictDocument(Document):
    """What a real browser did with the request of a result; `error` is its own name for the reason, where it has one.
    `answered_differently`: the server gave it other answers than it gave the model."""

    version: str
    outcome: Literal["allowed", "blocked", "failed"]
    error: str | None
    console: list[str]
    agrees: bool
    differences: list[DifferenceDocument]
    answered_differently: bool


class BrowserRunDocument(Document):
    """The real browser of a check: how many requests it made, and on how many of them the model says something else."""

    name: Literal["chromium", "firefox", "webkit"]
    version: str
    requests: int
    disagreements: int


class ResultDocument(Document):
    """One request, judged as a browser would."""

    origin: str
    method: str
    url: str
    route: str | None
    credentials: str
    scenario: str
    outcome: Literal["allowed", "blocked", "failed"]
    error: str | None
    parameter: str | None
    reason: str | None
    console: ConsoleDocument
    exchanges: list[ExchangeDocument]
    findings: list[int]
    browser: BrowserVerdictDocument | None


class TargetDocument(Document):
    """What was checked."""

    kind: Literal["app", "url", "har"]
    name: str


class SummaryDocument(Document):
    """Counts over all results. `complete` is false when not everything that was asked for was tried; the notes say what.
    `silenced` are the causes of errors and warnings that options, configuration or comments leave out of the findings."""

    checked: int
    blocked: int
    findings: int
    complete: bool
    silenced: list[str]


class CheckDocument(Document):
    """What `corsense check --format json` prints."""

    corsense: str
    schema: Literal[1] = 1
    target: TargetDocument
    results: list[ResultDocument]
    findings: list[FindingDocument]
    notes: list[str]
    browser: BrowserRunDocument | None
    summary: SummaryDocument


class ExplainDocument(Document):
    """What `corsense explain --format json` prints; `check` is the report of trying the calls, null when they were not tried."""

    corsense: str
    schema: Literal[1] = 1
    messages: list[MessageDocument]
    check: CheckDocument | None


def explain_document(explanations: Sequence[Explanation], report: Report | None) -> ExplainDocument:
    """The document of explanations."""
    return ExplainDocument(
        corsense=__version__,
        messages=[message_document(explanation) for explanation in redacted_explanations(explanations)],
        check=check_document(report) if report is not None else None,
    )


def check_document(report: Report) -> CheckDocument:
    """The document of a check, without secrets."""
    report = redacted_report(report)
    return CheckDocument(
        corsense=__version__,
        target=TargetDocument(kind=report.target.kind, name=report.target.name),
        results=[_result(result) for result in report.results],
        findings=[finding_document(finding) for finding in report.findings],
        notes=list(report.notes),
        browser=_browser_run(report),
        summary=SummaryDocument(
            checked=len(report.results),
            blocked=report.blocked,
            findings=len(report.findings),
            complete=report.complete,
            silenced=list(report.silenced),
        ),
    )


def _result(result: Result) -> ResultDocument:
    trace = result.trace
    outcome = trace.outcome
    blocked = outcome if isinstance(outcome, Blocked) else None
    answered = result.answered_by or (None,) * len(trace.exchanges)
    attributions = result.attributions or (None,) * len(trace.exchanges)
    return ResultDocument(
        origin=result.origin,
        method=result.method,
        url=result.url,
        route=result.route,
        credentials=result.credentials,
        scenario=result.situation,
        outcome=result.outcome,
        error=str(blocked.error) if blocked else None,
        parameter=blocked.parameter if blocked else None,
        reason=str(outcome.reason) if isinstance(outcome, Failed) else None,
        console=ConsoleDocument(**{engine: console_lines(trace, engine) for engine in ("chromium", "firefox", "webkit")}),
        exchanges=[_exchange(*each) for each in zip(trace.exchanges, answered, attributions, strict=False)],
        findings=list(result.findings),
        browser=_browser_verdict(result),
    )


def _browser_run(report: Report) -> BrowserRunDocument | None:
    ran = report.browser
    if ran is None:
        return None
    return BrowserRunDocument(name=ran.name, version=ran.version, requests=ran.requests, disagreements=ran.disagreements)


def _browser_verdict(result: Result) -> BrowserVerdictDocument | None:
    verdict = result.browser
    if verdict is None:
        return None

    return BrowserVerdictDocument(
        version=verdict.version,
        outcome=verdict.outcome,
        error=verdict.error,
        console=list(verdict.console),
        agrees=verdict.agrees,
        differences=[
            DifferenceDocument(aspect=found.aspect, model=list(found.model), browser=list(found.browser))
            for found in verdict.differences
        ],
        answered_differently=verdict.answered_differently,
    )


def _exchange(exchange: Exchange, answered_by: str | None, attribution: Attribution | None) -> ExchangeDocument:
    request, response = exchange.request, exchange.response
    return ExchangeDocument(
        preflight=request.preflight,
        request=RequestDocument(method=request.method, url=request.url, headers=list(request.headers)),
        response=None if isinstance(response, NetworkError) else _response(response),
        error=str(response.reason) if isinstance(response, NetworkError) else None,
        answered_by=answered_by,
        attribution=_attribution(attribution) if attribution is not None else None,
    )


def _attribution(found: Attribution) -> AttributionDocument:
    return AttributionDocument(
        answered_by=found.answered_by,
        layer=found.layer,
        headers=dict(found.headers),
        undecided=list(found.undecided),
        stored=found.stored,
    )


def _response(response: WireResponse) -> ResponseDocument:
    return ResponseDocument(status=response.status, headers=list(response.headers))


def finding_document(finding: Finding) -> FindingDocument:
    """The document of one finding."""
    cause, place = finding.cause, finding.place
    return FindingDocument(
        code=cause.code,
        slug=cause.slug,
        severity=finding.severity,
        title=cause.title,
        message=finding.message,
        file=place.file if place else None,
        line=place.line if place else None,
        column=place.column if place else None,
        end_line=place.end_line if place else None,
        end_column=place.end_column if place else None,
        evidence=dict(finding.evidence),
        documentation=cause.documentation,
        remedy=finding.remedy,
        fix=_fix(finding.fix) if finding.fix else None,
    )


def _fix(fix: Fix) -> FixDocument:
    return FixDocument(title=fix.title, diff="".join(shared_diff(edit) for edit in fix.edits), verified=fix.verified)


class SkippedDocument(Document):
    """A file that could not be understood, and why; `line` and `column` are null where the reason has no place."""

    file: str
    reason: str
    line: int | None
    column: int | None


class LintDocument(Document):
    """What `corsense lint --format json` prints. `files` counts the Python files that were looked at."""

    corsense: str
    schema: Literal[1] = 1
    findings: list[FindingDocument]
    files: int
    skipped: list[SkippedDocument]


def lint_document(report: LintReport) -> LintDocument:
    """The document of what the linter found."""
    return LintDocument(
        corsense=__version__,
        findings=[finding_document(finding) for finding in redacted_findings(report.findings)],
        files=report.files,
        skipped=[
            SkippedDocument(file=file.file, reason=file.reason, line=file.line, column=file.column)
            for file in (*report.skipped, *report.unreadable)
        ],
    )
