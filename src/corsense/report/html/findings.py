"""A finding as a card: what is wrong, where, what the consoles say, what was sent against what is allowed, and the fix."""

from __future__ import annotations

from collections.abc import Sequence

from corsense.causes import Cause, documentation
from corsense.check.results import Report, Result
from corsense.fetch import Blocked, Failed, Trace
from corsense.fetch.trace import EngineName
from corsense.finding import Finding, Place
from corsense.report.console import console_lines
from corsense.report.html.ladder import result_ladder
from corsense.report.html.markup import Markup, element, join
from corsense.report.html.values import code, copyable, diff, difference
from corsense.report.snippets import curl_command, fetch_snippet
from corsense.report.summary import SITUATIONS
from corsense.report.text import operation

_ENGINES: tuple[tuple[EngineName, str], ...] = (
    ("chromium", "Chrome, Edge"),
    ("firefox", "Firefox"),
    ("webkit", "Safari"),
)
_SIGNS = {"error": "✗ error", "warning": "! warning", "info": "i note"}
_SHOWN = 8


def finding_section(report: Report, index: int) -> Markup:
    """The card of the finding at `index`, with the exchange that shows it."""
    finding = report.findings[index]
    affected = [result for result in report.results if index in result.findings]
    several = sum(other.fix is not None for other in report.findings) > 1
    shown = affected[0] if affected else None
    evidence: list[Markup] = []
    if shown is not None:
        evidence = [
            _affected(affected),
            quotes(shown.trace),
            result_ladder(shown, f"finding-{index + 1}"),
            try_it(shown.trace),
        ]
    return element(
        "section",
        finding_card(finding, several=several, evidence=evidence, identity=f"finding-{index + 1}-name"),
        class_=f"finding {finding.severity}",
        id=f"finding-{index + 1}",
        aria_labelledby=f"finding-{index + 1}-name",
    )


def finding_card(finding: Finding, *, several: bool = False, evidence: Sequence[Markup] = (), identity: str = "") -> Markup:
    """The finding itself: severity, cause, message, the two values, the fix. `several`: it was tried together with other
    fixes."""
    cause = finding.cause
    title = cause.title.replace("`", "")
    name = element("h3", element("span", _SIGNS[finding.severity], class_="severity"), f" {title}", id=identity or None)
    where = [code(cause.code), " ", code(cause.slug), " ", code(_at(finding.place)) if finding.place else None]
    return join(
        [
            name,
            element("p", where, class_="where"),
            element("p", finding.message, class_="message"),
            compared(finding),
            evidence,
            remedy(finding, several),
            element("p", "More: ", page_of(cause), class_="more"),
        ]
    )


def page_of(cause: Cause) -> Markup:
    """Where to read more of a cause: the command that prints its page, which leads to the page where its address is known."""
    command = code(cause.documentation)
    return element("a", command, href=cause.url) if documentation() else command


def compared(finding: Finding) -> Markup | None:
    """What was sent and what is allowed, the part that differs marked; None where the finding is not about two values."""
    sent, allowed = finding.evidence.get("sent"), finding.evidence.get("allowed")
    if not isinstance(sent, str) or not isinstance(allowed, str):
        return None
    return element("dl", difference("sent", sent, allowed), difference("allowed", allowed, sent), class_="compared")


def remedy(finding: Finding, several: bool) -> Markup | None:
    """The fix as a diff and whether it was tried, or what to do where no edit can be offered."""
    if finding.fix is None:
        return element("div", element("h4", "What to do"), copyable(finding.remedy)) if finding.remedy else None
    together = ", together with the other fixes" if several else ""
    proofs = {
        True: element("span", f"✓ tried{together}: the same request passes", class_="verdict allowed"),
        False: element("span", f"✗ tried{together}: the same request still does not pass", class_="verdict blocked"),
        None: element("span", "not tried", class_="verdict"),
    }
    return element(
        "div", element("h4", f"Fix: {finding.fix.title} ", proofs[finding.fix.verified]), diff(finding.fix.edits), class_="fix"
    )


def quotes(trace: Trace, first: EngineName = "chromium") -> Markup:
    """What each console says, that of the browser `first` open; nothing is printed where the browser is content."""
    blocks: list[Markup] = []
    for engine, name in sorted(_ENGINES, key=lambda each: each[0] != first):
        lines = console_lines(trace, engine)
        if lines:
            quote = element("blockquote", [element("p", line) for line in lines])
            blocks.append(element("details", element("summary", f"The console of {name}"), quote, open=not blocks))
    return element("div", blocks, class_="quotes") if blocks else element("p", "The console says nothing.", class_="quiet")


def try_it(trace: Trace) -> Markup:
    """The same as commands to paste."""
    commands = [element("p", "In the console of a page:"), copyable(fetch_snippet(trace.request))]
    if trace.exchanges:
        decisive = trace.outcome.exchange if isinstance(trace.outcome, Blocked | Failed) else None
        exchange = trace.exchanges[decisive if decisive is not None else -1]
        commands += [element("p", "In a terminal:"), copyable(curl_command(exchange.request))]
    return element("details", element("summary", "Try it yourself"), commands)


def _affected(results: Sequence[Result]) -> Markup:
    requests = list(dict.fromkeys((operation(result), result.origin, result.situation) for result in results))
    items = []
    for name, origin, situation in requests[:_SHOWN]:
        situated = SITUATIONS.get(situation, situation)
        items.append(element("li", code(name), " from ", code(origin), f", {situated}" if situated else None))
    if len(requests) > _SHOWN:
        items.append(element("li", f"and {len(requests) - _SHOWN:,} more"))
    verb = "Affects" if all(result.outcome == "allowed" for result in results) else "Blocks"
    return element("div", element("h4", verb), element("ul", items))


def _at(place: Place | None) -> str:
    if place is None:
        return ""
    return f"{place.file}:{place.line}" + (f":{place.column}" if place.column else "")
