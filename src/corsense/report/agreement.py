"""What a real browser said about the requests of a report, as text for people."""

from __future__ import annotations

from collections.abc import Iterator

from corsense.check.results import Difference, Result
from corsense.report.terminal import Line, Lines


def print_verdict(lines: Lines, result: Result, *, verbose: bool) -> None:
    """Print where the browser and the model do not agree; with `verbose` also that they do."""
    verdict = result.browser
    if verdict is None:
        return
    if verdict.agrees:
        if verbose:
            lines.plain([("✓ ", "green"), (f"{verdict.version} agrees", "dim")], 4)
        return
    lines.plain([("✗ ", "red"), (f"{verdict.version} behaves differently: a fault of corsense", "bold")], 4)
    for difference in verdict.differences:
        for line in _sides(difference):
            lines.plain(line, 6, 9)


def _sides(difference: Difference) -> Iterator[Line]:
    yield [(difference.aspect, "bold")]
    for name, message in (("model", difference.model), ("browser", difference.browser)):
        for line in message or ("nothing",):
            yield [(f"  {name:<8} ", "dim"), (line, "")]
