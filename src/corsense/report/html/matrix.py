"""Routes by origins: a table in which each cell says in a word what a browser does, and leads to the exchanges."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from corsense.check.results import Report, Result
from corsense.fetch import Blocked
from corsense.report.html.ladder import result_ladder
from corsense.report.html.markup import Markup, element
from corsense.report.html.real import browser_verdict
from corsense.report.html.values import code, verdict_badge, verdict_of
from corsense.report.summary import SITUATIONS, met_by
from corsense.report.text import operation

DRAWN = 200
"""How many exchanges are drawn at most, those that fail first: a file of many thousands would open slowly."""


@dataclass(frozen=True, slots=True)
class MatrixRow:
    """A route: the results of each origin, by the origin."""

    name: str
    number: int
    cells: dict[str, tuple[Result, ...]]


def rows_of(report: Report) -> tuple[MatrixRow, ...]:
    """The routes in the order in which they were tried."""
    found: dict[str, dict[str, list[Result]]] = {}
    credentials = {result.credentials for result in report.results}
    for result in report.results:
        name = operation(result)
        if len(credentials) > 1:
            name += f", credentials: {result.credentials}"
        found.setdefault(name, {}).setdefault(result.origin, []).append(result)
    return tuple(
        MatrixRow(name, number, {origin: tuple(results) for origin, results in cells.items()})
        for number, (name, cells) in enumerate(found.items(), 1)
    )


def matrix(report: Report) -> Markup:
    """The table."""
    origins = list(dict.fromkeys(result.origin for result in report.results))
    rows = rows_of(report)
    head = element(
        "tr",
        element("th", "Request", scope="col"),
        [element("th", "page at ", code(origin), scope="col") for origin in origins],
    )
    body = [element("tr", element("th", code(row.name), scope="row"), [_cell(row, origin) for origin in origins]) for row in rows]
    caption = element("caption", "What a browser does with each request of each page.")
    table = element("table", caption, element("thead", head), element("tbody", body))
    return element("div", table, class_="scroll", tabindex=0, role="group", aria_label="Requests by origins")


def exchanges(report: Report) -> Markup:
    """Each route with the drawings of its exchanges, folded."""
    budget = _drawn(report)
    return element("div", [_route(row, budget) for row in rows_of(report)])


def _cell(row: MatrixRow, origin: str) -> Markup:
    results = row.cells.get(origin)
    if results is None:
        return element("td", "not tried", class_="quiet")
    verdict = verdict_of(results)
    reason = _reason(results) if verdict in ("blocked", "failed") else _exceptions(results)
    link = element("a", verdict_badge(verdict), href=f"#request-{row.number}")
    return element("td", link, element("span", reason, class_="reason") if reason else None)


def _reason(results: Sequence[Result]) -> str:
    failing = next(result for result in results if result.outcome != "allowed")
    outcome = failing.trace.outcome
    reason = met_by(failing.trace) or (str(outcome.error) if isinstance(outcome, Blocked) else "")
    situation = SITUATIONS.get(failing.situation, failing.situation)
    return f"{situation}: {reason}" if situation else reason


def _exceptions(results: Sequence[Result]) -> str:
    lost = [SITUATIONS.get(result.situation, result.situation) for result in results if result.outcome != "allowed"]
    return f"blocked {', '.join(dict.fromkeys(lost))}" if lost else ""


def _drawn(report: Report) -> frozenset[int]:
    """The results to draw, by their identity: those that fail come first."""
    ordered = sorted(report.results, key=lambda result: (result.outcome == "allowed", result.situation != "success"))
    return frozenset(id(result) for result in ordered[:DRAWN])


def _route(row: MatrixRow, drawn: frozenset[int]) -> Markup:
    results = [result for cell in row.cells.values() for result in cell]
    parts = list(_drawings(row, results, drawn))
    verdicts = {verdict_of(cell) for cell in row.cells.values()}
    summary = element("summary", code(row.name), " ", [verdict_badge(verdict) for verdict in sorted(verdicts)])
    return element("details", summary, parts, class_="route", id=f"request-{row.number}")


def _drawings(row: MatrixRow, results: Sequence[Result], drawn: frozenset[int]) -> Iterator[Markup]:
    left_out = 0
    for number, result in enumerate(results, 1):
        if id(result) not in drawn:
            left_out += 1
            continue
        situation = SITUATIONS.get(result.situation, result.situation)
        yield element(
            "h3",
            "from ",
            code(result.origin),
            f", credentials: {result.credentials}" + (f", {situation}" if situation else ""),
        )
        yield result_ladder(result, f"request-{row.number}-{number}")
        if result.browser is not None:
            yield browser_verdict(result.browser)
        for index in result.findings:
            yield element("p", element("a", f"Finding {index + 1}", href=f"#finding-{index + 1}"))
    if left_out:
        yield element(
            "p", f"{left_out:,} more not drawn, to keep this file small; --request '{row.name}' draws them.", class_="quiet"
        )
