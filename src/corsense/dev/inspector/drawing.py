"""A call as the page shows it: a line of the list, and the details. Everything is without secrets, and what comes from the app or
the browser is text, whatever it looks like."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from corsense._redaction import Redactor
from corsense.dev.inspector.judging import JudgedCall, Verdict
from corsense.dev.inspector.session import Explanation, Shown
from corsense.fetch import Blocked, WireResponse
from corsense.fetch.trace import EngineName
from corsense.finding import Finding
from corsense.report.html.findings import finding_card, quotes, remedy, try_it
from corsense.report.html.ladder import result_ladder
from corsense.report.html.markup import Markup, element, join
from corsense.report.html.values import diff
from corsense.report.redaction import redacted_report

BROWSERS: Final[dict[EngineName, str]] = {
    "chromium": "Chromium",
    "firefox": "Firefox",
    "webkit": "Safari",
    "standard": "The browser",
}
SIGNS: Final[dict[Verdict, str]] = {"allowed": "✓", "blocked": "✗", "hidden": "!", "waiting": "…"}
_LONGEST = 300
"""Characters of a method, an address or an origin in a line of the list."""


def line_of(shown: Shown, explanation: Explanation | None) -> dict[str, Any]:
    """A call as a line of the list."""
    judged = shown.judged
    call = judged.call
    finding = explanation.finding if explanation is not None else _worst(judged)
    response = call.exchanges[-1].entry.response
    address = _without_origin(Redactor([call.page]).url(call.url), call.url)
    return {
        "number": call.number,
        "version": shown.version,
        "began": call.began,
        "method": _cut(call.method),
        "address": _cut(address),
        "page": "a page without an origin" if call.page == "null" else _cut(call.page),
        "browser": BROWSERS[call.engine],
        "verdict": judged.verdict,
        "sign": SIGNS[judged.verdict],
        "status": response.status if isinstance(response, WireResponse) else None,
        "title": _title(finding) if finding is not None else None,
    }


def details_of(shown: Shown, explanation: Explanation | None) -> dict[str, Any]:
    """Everything about a call: what it is about, the ladder, the console, the cause and the fix, drawn."""
    judged = replace(shown.judged, report=redacted_report(shown.judged.report))
    result, outcome = judged.result, judged.result.trace.outcome
    return {
        **line_of(shown, explanation),
        "said": sentence_about(judged),
        "error": str(outcome.error) if isinstance(outcome, Blocked) and judged.verdict == "blocked" else None,
        "ladder": result_ladder(result, f"call-{judged.call.number}"),
        "console": quotes(result.trace, judged.call.engine),
        "again": try_it(result.trace),
        **_cause(judged, explanation),
    }


def sentence_about(judged: JudgedCall) -> str:
    """What the browser does with a call, in a sentence or two."""
    browser, result = BROWSERS[judged.call.engine], judged.result
    if judged.verdict == "waiting":
        return f"{browser} may send the request: the preflight passed. The request itself has not arrived yet."
    if judged.verdict == "hidden":
        return f"{browser} passes the response to the page's script, and the call still goes wrong or is at risk."
    if judged.verdict == "allowed":
        return f"{browser} passes the response to the page's script."
    if result.outcome == "failed":
        return f"{browser} gets no usable response, which is not about CORS. Script gets a TypeError."
    if result.trace.exchanges and result.trace.exchanges[-1].request.preflight:
        return f"{browser} never sends the request, because the preflight does not pass. Script gets a TypeError."
    return f"{browser} keeps the response from the page's script, which gets a TypeError. The server did get the request."


def _cause(judged: JudgedCall, explanation: Explanation | None) -> dict[str, Any]:
    """The cause and its fix: as the app explains it, else as the exchanges show it; then whatever else was found."""
    report = judged.report if explanation is None else redacted_report(explanation.report)
    main = _worst(judged) if explanation is None else report.findings[explanation.position]
    several = sum(finding.fix is not None for finding in report.findings) > 1
    together = explanation.others if explanation is not None else ()
    others = [report.findings[position] for position in together]
    slugs = {judged.slug, *(finding.cause.slug for finding in (main, *others) if finding is not None)}
    more = [_card(other, with_fix=not _is_whole(explanation)) for other in others]
    more += [_card(other, with_fix=True) for other in judged.report.findings if other.cause.slug not in slugs]
    return {
        "card": _card(main) if main is not None else None,
        "fix": _fix(main, explanation, several) if main is not None else None,
        "number_of_fix": explanation.number if explanation is not None and explanation.edits else None,
        "applied": explanation.applied if explanation is not None else None,
        "more": join(more) or None,
    }


def _fix(main: Finding, explanation: Explanation | None, several: bool) -> Markup | None:
    """What to change; where the cause alone is not all that the button repairs, all of it."""
    if explanation is None or not _is_whole(explanation):
        return remedy(main, several)
    proof = element("span", "✓ tried: the same request passes", class_="verdict allowed")
    return element(
        "div", element("h4", "Fix: all that keeps the request from passing ", proof), diff(explanation.edits), class_="fix"
    )


def _is_whole(explanation: Explanation | None) -> bool:
    """Whether the button repairs more than the cause, so that its edits are drawn in place of the fixes of each."""
    if explanation is None or not explanation.edits:
        return False
    fix = explanation.finding.fix
    return fix is None or explanation.edits != fix.edits


def _card(finding: Finding, *, with_fix: bool = False) -> Markup:
    shown = finding if with_fix else replace(finding, fix=None, remedy=None)
    return element("section", finding_card(shown), class_=f"finding {finding.severity}", aria_label=_title(finding))


def _worst(judged: JudgedCall) -> Finding | None:
    return next((finding for finding in judged.report.findings if finding.severity != "info"), None)


def _title(finding: Finding) -> str:
    return finding.cause.title.replace("`", "")


def _cut(text: str) -> str:
    """A text that any client can make as long as it likes."""
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def _without_origin(shown: str, url: str) -> str:
    """The path and the query of a shown URL of the app."""
    after = shown.find("/", shown.find("//") + 2)
    return shown[after:] if after > 0 and url.startswith(("http:", "https:")) else shown
