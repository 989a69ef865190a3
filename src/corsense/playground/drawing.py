"""Answers as HTML, with the parts of the HTML report. Everything that was pasted is text in it, whatever it looks like."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from corsense.causes import cause
from corsense.check.results import Report
from corsense.faults import Fault
from corsense.fetch import Browser, FetchRequest, Trace
from corsense.fetch.request import Credentials
from corsense.finding import Finding
from corsense.fix.result import FixOutcome, FixResult
from corsense.layers.reading import Reading
from corsense.lint import LintReport
from corsense.playground.pasted_request import sent_by_browsers
from corsense.policy import Policy
from corsense.policy.written import written_policy
from corsense.report.fix_hint import FixHint
from corsense.report.html.findings import finding_card, page_of, quotes
from corsense.report.html.ladder import ladder_figure
from corsense.report.html.markup import Content, Markup, element, join
from corsense.report.html.page import report_parts
from corsense.report.html.values import code, copyable, diff
from corsense.report.reading import reading_text
from corsense.report.redaction import redacted_findings, redacted_repair, redacted_request
from corsense.report.snippets import curl_command
from corsense.report.summary import count
from corsense.report.text import closing
from corsense.transports import drive
from corsense.transports.policy import PolicyTransport


def report(checked: Report) -> Markup:
    """The report of a recording, or of a copied call."""
    return report_parts(checked)


def sentence_of_report(checked: Report) -> str:
    """How a report ends, in a sentence or two."""
    return " ".join(closing(checked, FixHint(), width=0, verbose=True))


def unanswered(request: FetchRequest) -> Markup:
    """What browsers send for a copied call whose answers are not known."""
    request = redacted_request(request)
    asked = sent_by_browsers(request)
    shown = [
        element("li", element("h3", f"{wire.method}{' (preflight)' if wire.preflight else ''}"), copyable(curl_command(wire)))
        for wire in asked
    ]
    ask = "Paste the headers of the answers, as the network panel shows them, to have the call judged. Browsers send:"
    return join([element("p", ask, class_="conclusion"), element("ol", shown)])


def sentence_about(findings: Sequence[Finding]) -> str:
    """How much is wrong with source, in one sentence."""
    serious = sum(finding.severity != "info" for finding in findings)
    return FixHint().counted(findings, 0) if serious else "Nothing wrong found."


def configured(readings: Sequence[Reading], found: LintReport) -> Markup:
    """What is wrong with configurations of proxies, and the policy that each place of them enforces."""
    read = [
        element("section", element("h2", f"{reading.file} as policies"), copyable(reading_text(reading))) for reading in readings
    ]
    is_silent = not found.findings and not any(reading.places for reading in readings)
    return join([None if is_silent else _conclusion(found), *_cards(found), *read])


NO_CORS = "This source configures no CORS, so there was nothing to judge."
NO_HEADERS = "This configuration sets no CORS headers: the app behind it decides."


def linted(found: LintReport, fixed: FixResult, added: Sequence[str] = (), *, is_silent: bool = False) -> Markup:
    """What the linter found, and the fixes that it proves. `added` are imports that were put before the text, `is_silent` that
    nothing in the source concerns CORS."""
    missing = cause("missing-cors-middleware")
    conclusion = element(
        "p", "Pages of other origins cannot use an app without a CORS layer: ", page_of(missing), ".", class_="conclusion"
    )
    note = [element("p", "The text lacks these imports, so they were put before it:"), copyable("\n".join(added))]
    return join(
        [
            conclusion if is_silent else _conclusion(found),
            _diff(redacted_repair(fixed)),
            *_cards(found),
            element("section", element("h2", "Note"), note) if added else None,
        ]
    )


def _conclusion(found: LintReport) -> Markup:
    files = count(found.files, "file")
    serious = any(finding.severity != "info" for finding in found.findings)
    conclusion = FixHint().counted(found.findings, 0, files) if serious else f"Nothing wrong found in {files}."
    return element("p", conclusion, class_=f"conclusion {'bad' if serious else 'good'}")


def _cards(found: LintReport) -> list[Markup | None]:
    skipped = [element("li", f"{file.place}: {file.reason}") for file in (*found.skipped, *found.unreadable)]
    return [
        *(_finding(finding, number) for number, finding in enumerate(redacted_findings(found.findings), 1)),
        element("section", element("h2", "Not read"), element("ul", skipped)) if skipped else None,
    ]


def _finding(finding: Finding, number: int) -> Markup:
    name = f"finding-{number}"
    card = finding_card(finding, identity=f"{name}-name")
    return element("section", card, class_=f"finding {finding.severity}", id=name, aria_labelledby=f"{name}-name")


def _diff(fixed: FixResult) -> Markup | None:
    if not (fixed.edits or fixed.repairs):
        return None
    made = [element("li", _repair(repair)) for repair in fixed.repairs]
    return element(
        "section",
        element("h2", "Fix", id="fix"),
        diff(fixed.edits) if fixed.edits else None,
        element("ul", made) if made else None,
        element("ul", [element("li", note) for note in fixed.notes]) if fixed.notes else None,
        aria_labelledby="fix",
    )


def _repair(repair: FixOutcome) -> Iterator[Content]:
    yield f"{repair.title} " if repair.applied else f"Not applied: {repair.title} "
    if repair.applied and repair.verified:
        yield element("span", "✓ verified on the source", class_="verdict allowed")
    if (why := repair.reason or repair.guess) is not None:
        yield element("span", f" {why}", class_="quiet")


def faults(found: Sequence[Fault]) -> Markup:
    """Everything that is wrong with a policy."""
    cards = [
        element(
            "section",
            element("h3", element("span", "✗ error", class_="severity"), f" {fault.field}"),
            element("p", fault.message, class_="message"),
            element("h4", "What to do"),
            element("p", fault.remedy),
            element("p", code(fault.code), " ", code(fault.slug), class_="where"),
            class_="finding error",
        )
        for fault in found
    ]
    return join([element("p", "The policy has faults, so no app starts with it.", class_="conclusion bad"), cards])


def policy(tried: Policy, origin: str | None) -> Markup:
    """A valid policy; with an origin, what browsers make of calls from its pages."""
    shown = element(
        "section", element("h2", "The policy", id="policy"), copyable(written_policy(tried)), aria_labelledby="policy"
    )
    if origin is None:
        ask = "Nothing is wrong with this policy. Fill in the origin of a page to try it."
        return join([element("p", ask, class_="conclusion good"), shown])
    decision = tried.decide(origin)
    mood = "good" if decision.allowed else "bad"
    return join([element("p", tried.explain(origin), class_=f"conclusion {mood}"), shown, _calls(tried, origin)])


def _calls(tried: Policy, origin: str) -> Markup:
    """A simple call and one with JSON, as browsers make them from a page of the origin."""
    mode: Credentials = "include" if tried.decide(origin).credentials else "same-origin"
    parts: list[Content] = []
    for number, (title, request) in enumerate(_tried_requests(origin, mode)):
        trace: Trace = drive(Browser().fetch(request), PolicyTransport(tried))
        parts += [element("h3", title), ladder_figure(trace, identity=f"call-{number}"), quotes(trace)]
    return element("section", element("h2", "What browsers do", id="calls"), parts, aria_labelledby="calls")


def _tried_requests(origin: str, mode: Credentials) -> Iterator[tuple[str, FetchRequest]]:
    url = "https://api.example.com/items"
    with_cookies = ", with cookies" if mode == "include" else ""
    yield f"GET{with_cookies}", FetchRequest(url=url, origin=origin, credentials=mode)
    json_type = (("Content-Type", "application/json"),)
    yield (
        f"POST with JSON{with_cookies}",
        FetchRequest(url=url, origin=origin, method="POST", headers=json_type, credentials=mode, body="{}"),
    )
