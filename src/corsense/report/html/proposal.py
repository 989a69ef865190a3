"""A proposed policy as one HTML document."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from corsense import __version__
from corsense.fix.edits.diff import shared_diff
from corsense.fix.tightened import SourceProposal
from corsense.observe.tighten import Entry, PolicyProposal
from corsense.policy.written import written_policy
from corsense.report.html.markup import Content, Markup, element
from corsense.report.html.page import document_page
from corsense.report.html.values import code
from corsense.report.policy_proposal import FORGED, advice, evidence_line, summary, verification


def html_proposal(proposal: PolicyProposal, source: SourceProposal | None, broken: int) -> str:
    """The proposal as a page that needs nothing from anywhere else. Origins and names come from requests, so all of it is text,
    whatever it looks like."""
    advised = [element("p", each) for each in advice(proposal)]
    content = [
        element(
            "header",
            element("h1", "Proposed CORS policy"),
            element("p", summary(proposal, broken)),
            element("p", FORGED),
            *advised,
        ),
        element("main", *_sections(proposal, source)),
        element("footer", element("p", f"corsense {__version__}.")),
    ]
    return document_page("Proposed CORS policy", *content)


def _sections(proposal: PolicyProposal, source: SourceProposal | None) -> Iterable[Content]:
    yield _section("Policy", element("pre", element("code", written_policy(proposal.policy))))
    yield _section("Evidence", _chart(proposal.entries))
    rows = ([unused.field, code(unused.value)] for unused in proposal.unused)
    yield _table("Nobody used", ("Field", "Value"), rows)
    losses = (
        [code(loss.origin), f"{loss.requests:,}", loss.verdict, str(loss.last), ", ".join(loss.examples)]
        for loss in proposal.losses
    )
    yield _table("Would lose access", ("Origin", "Requests", "Why", "Last seen", "For example"), losses)
    left_out = ([code(left.origin), left.reason.value, left.message, evidence_line(left.evidence)] for left in proposal.left_out)
    yield _table("Left out", ("Origin", "Reason", "Why", "Seen"), left_out)
    if source is not None:
        yield _section("Change of the code", *_change(source))


def _change(source: SourceProposal) -> Iterable[Content]:
    if source.fix is None:
        yield element("p", source.reason)
        return
    yield element("pre", element("code", "".join(map(shared_diff, source.fix.edits))))
    yield element("p", verification(source))


def _chart(entries: Iterable[Entry]) -> Markup:
    """Every entry with a bar as long as its days in relation to the most."""
    listed = list(entries)
    most = max(entry.evidence.days for entry in listed)
    rows = [
        [entry.field, code(entry.value), _bar(entry, most), entry.confidence.value, evidence_line(entry.evidence)]
        for entry in listed
    ]
    return _rows(("Field", "Value", "Days", "Confidence", "Seen"), rows)


def _bar(entry: Entry, most: int) -> Markup:
    width = max(2, round(100 * entry.evidence.days / most))
    bar = element("rect", width=width, height=10, rx=2, fill="currentColor")
    label = f"{entry.evidence.days} of {most} days"
    return element("svg", bar, width=100, height=10, viewBox="0 0 100 10", role="img", aria_label=label)


def _section(title: str, *content: Content) -> Markup:
    return element("section", element("h2", title), *content, aria_label=title)


def _table(title: str, head: tuple[str, ...], rows: Iterable[Sequence[Content]]) -> Markup | None:
    listed = list(rows)
    return _section(title, _rows(head, listed)) if listed else None


def _rows(head: tuple[str, ...], rows: Iterable[Sequence[Content]]) -> Markup:
    header = element("tr", [element("th", name, scope="col") for name in head])
    body = [element("tr", [element("td", cell) for cell in row]) for row in rows]
    return element("div", element("table", element("thead", header), element("tbody", body)), class_="scroll")
