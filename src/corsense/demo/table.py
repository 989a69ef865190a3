"""What a headless run has shown, as lines of text."""

from __future__ import annotations

from collections.abc import Sequence

from corsense.demo.headless import Row, ScenarioRun, good
from corsense.demo.scenario import Scenario
from corsense.report.terminal import Lines, Pieces

_NAME, _CELL = 26, 26
_PROOFS = {True: "fix tried: the same request passes", False: "fix tried: the same request does not pass", None: "fix not tried"}


def print_head(lines: Lines) -> None:
    """The names of the columns."""
    lines.unwrapped([(f"{'':<{_NAME}}{'broken':<{_CELL}}{'repaired':<{_CELL}}{'corsense':<12}cause", "bold")])


def print_row(lines: Lines, row: Row) -> None:
    """A scenario: what Chromium did, whether corsense said so, and what its console showed."""
    cells = [_cell(row.scenario, seen) for seen in row.seen]
    while len(cells) < 2:
        cells.append(("nothing to repair".ljust(_CELL), "dim"))
    agree = ("the same".ljust(12), "green") if row.agrees else ("DIFFERS".ljust(12), "bold red")
    lines.unwrapped([(f"{row.scenario.name:<{_NAME}}", "bold"), *cells, agree, *_cause(row)])
    for seen in row.seen:
        _console(lines, seen)


def print_sum(lines: Lines, rows: Sequence[Row], browser: str) -> None:
    """How often the two agreed."""
    seen = [one for row in rows for one in row.seen]
    verdicts = sum(one.agrees for one in seen)
    words = sum(one.agrees_in_words for one in seen)
    lines.plain()
    lines.plain(
        [
            (
                f"{len(rows)} scenarios, {len(seen)} requests in {browser}: {verdicts} verdicts as corsense said, "
                f"{words} consoles word for word.",
                "green" if verdicts == words == len(seen) else "bold red",
            )
        ]
    )


def _cell(scenario: Scenario, seen: ScenarioRun) -> tuple[str, str]:
    right = good(scenario, seen)
    if scenario.kind == "open door":
        words = "✓ untrusted kept out" if right else "! untrusted reads it"
    elif scenario.reads is not None and seen.allowed:
        words = "✓ allowed, header read" if right else "! allowed, header hidden"
    else:
        words = "✓ allowed" if seen.allowed else "✗ blocked"
    return words.ljust(_CELL), "green" if right else "red"


def _cause(row: Row) -> Pieces:
    finding = row.analysis.finding
    if finding is None:
        return [("none", "dim")]
    proof = "repaired by hand" if row.analysis.repaired_by == "hand" else _PROOFS[finding.fix.verified if finding.fix else None]
    return [(f"{finding.cause.code} {finding.cause.slug}", ""), (f"  {proof}", "dim")]


def _console(lines: Lines, seen: ScenarioRun) -> None:
    if seen.variant == "broken":
        for line in seen.console[:1]:
            lines.plain([(line, "italic dim")], 4)
    if not seen.agrees_in_words:
        for label, texts in (("Chromium", seen.console), ("corsense", seen.predicted)):
            for line in texts or ("(nothing)",):
                lines.plain([(f"{seen.variant}, {label}: ", "red"), (line, "")], 4)
