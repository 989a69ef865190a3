"""The whole document."""

from __future__ import annotations

import shlex
from functools import cache
from importlib.resources import files

from corsense import __version__
from corsense.check.results import Report
from corsense.finding import Finding
from corsense.report.finding_block import fix_in_short, headline, place_of
from corsense.report.fix_hint import FixHint
from corsense.report.html.findings import finding_section
from corsense.report.html.markup import Content, Markup, element, exact, join
from corsense.report.html.matrix import exchanges, matrix, rows_of
from corsense.report.html.real import browser_sum
from corsense.report.html.values import code
from corsense.report.redaction import redacted_report
from corsense.report.text import closing

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"


@cache
def stylesheet() -> str:
    """The stylesheet of the report, plain ASCII."""
    return (files(__package__) / "report.css").read_text(encoding="ascii")


def html_report(report: Report) -> str:
    """The report as one HTML document, plain ASCII, that needs nothing from anywhere else.

    Values of cookies and credentials are left out, as in the other formats; all else that comes from the server or the app is
    text, whatever it looks like.
    """
    report = redacted_report(report)
    target = report.target.name
    return document_page(
        f"CORS report of {target}",
        element("a", "To the findings", href="#findings", class_="skip"),
        element("header", element("h1", "CORS report of ", code(target)), _summary(report), _fixes(report)),
        element("main", _sections(report)),
        element("footer", element("p", f"corsense {__version__}. Judged as browsers judge, by the Fetch standard.")),
    )


def report_parts(report: Report) -> Markup:
    """The report without the document around it, for a page that has a stylesheet of its own."""
    report = redacted_report(report)
    return join([_summary(report), _fixes(report), *_sections(report)])


def _sections(report: Report) -> list[Markup | None]:
    return [
        _findings(report),
        element("section", element("h2", "Requests by origins"), _matrix(report), aria_label="Requests by origins"),
        _exchanges(report),
        _notes(report),
    ]


def document_page(title: str, *content: Content) -> str:
    """A whole document with this title and body, which loads nothing and runs nothing."""
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=_POLICY),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("meta", name="generator", content=f"corsense {__version__}"),
        element("link", rel="icon", href="data:,"),
        element("title", title),
        element("style", exact(stylesheet())),
    )
    return f"<!DOCTYPE html>\n{element('html', head, element('body', *content), lang='en')}\n"


def _summary(report: Report) -> Markup:
    origins = len({result.origin for result in report.results})
    facts = [
        (len(rows_of(report)), "kind of request", "kinds of request"),
        (origins, "origin", "origins"),
        (len(report.results), "request tried", "requests tried"),
    ]
    mood = "bad" if report.found_something else "good"
    hint = FixHint(f"corsense fix {shlex.quote(report.target.name)} --write")
    return element(
        "div",
        element("p", _with_code(" ".join(closing(report, hint, verbose=True))), class_=f"conclusion {mood}"),
        element("ul", [element("li", element("b", f"{n:,}"), f" {one if n == 1 else many}") for n, one, many in facts]),
        browser_sum(report.browser) if report.browser is not None else None,
        class_="summary",
    )


def _with_code(sentence: str) -> list[str]:
    """A sentence whose parts between backticks are code."""
    return [code(part) if number % 2 else part for number, part in enumerate(sentence.split("`"))]


def _fixes(report: Report) -> Markup | None:
    """What to change, a line each, for the first screen."""
    serious = [(number, finding) for number, finding in enumerate(report.findings, 1) if finding.severity != "info"]
    if not serious:
        return None
    return element("ol", [_fix(number, finding) for number, finding in serious], class_="fixes", aria_label="What to change")


def _fix(number: int, finding: Finding) -> Markup:
    head, _ = headline(finding.message)
    what, is_code = fix_in_short(finding)
    proof = " ✓ verified" if finding.fix is not None and finding.fix.verified else ""
    return element(
        "li",
        element("a", head, href=f"#finding-{number}"),
        [" ", code(place_of(finding.place))] if finding.place is not None else None,
        element("span", code(what) if is_code else what, proof, class_="do") if what else None,
        class_=finding.severity,
    )


def _matrix(report: Report) -> Markup:
    return matrix(report) if report.results else element("p", "No request was tried.")


def _findings(report: Report) -> Markup:
    cards = [finding_section(report, index) for index in range(len(report.findings))]
    nothing = element("p", "None.") if not cards else None
    return element("section", element("h2", "Findings", id="findings"), nothing, cards, aria_labelledby="findings")


def _exchanges(report: Report) -> Markup | None:
    if not report.results:
        return None
    return element("section", element("h2", "Exchanges", id="exchanges"), exchanges(report), aria_labelledby="exchanges")


def _notes(report: Report) -> Markup | None:
    if not report.notes:
        return None
    notes = element("ul", [element("li", note) for note in report.notes])
    return element("section", element("h2", "Notes", id="notes"), notes, aria_labelledby="notes")
