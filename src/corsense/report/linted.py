"""What the linter found as text for people: the place, the source with the span marked, and what to write instead."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from corsense._redaction import Redactor
from corsense.finding import Finding, Place
from corsense.report.redaction import redacted_findings
from corsense.report.terminal import Lines

if TYPE_CHECKING:
    from corsense.lint import LintReport

_COLOURS = {"error": "bold red", "warning": "bold yellow", "info": "bold cyan"}
_SHOWN_LINES = 6
_MOST_NAMED = 20
"""So many of the files that are left out because of what they are, such as a FIFO, are named without `--verbose`."""
_WIDEST, _LONGEST_LINE = 240, 20_000
"""Of a longer line a part is shown; of one that nobody wrote by hand, its length."""


def print_lint_report(report: LintReport, lines: Lines, *, quiet: bool = False, verbose: bool = False) -> None:
    """Print every finding; `quiet` leaves a line each, `verbose` adds what was skipped."""
    sources: dict[str, list[str]] = {}
    for finding in redacted_findings(report.findings):
        _headline(finding, lines)
        if quiet:
            continue
        if finding.place is not None and (finding.severity != "info" or verbose):
            _excerpt(finding.place, sources, lines)
            if finding.remedy is not None:
                lines.plain([("Instead: ", "dim"), (finding.remedy, "")], 2, 9)
        lines.plain([("Why: ", "dim"), (finding.cause.documentation, "")], 2)
        lines.plain()
    if quiet:
        return
    named = report.skipped if verbose else [file for file in report.skipped if file.is_unusual][:_MOST_NAMED]
    for file in named:
        lines.plain(f"skipped {file.place}: {file.reason}")
    _closing(report, lines, verbose)


def _headline(finding: Finding, lines: Lines) -> None:
    place = finding.place
    where = f"{place.file}:{place.line}:{place.column or 1}: " if place is not None else ""
    lines.plain(
        [
            (where, "bold"),
            (finding.severity, _COLOURS[finding.severity]),
            (f" {finding.cause.code} {finding.cause.slug}: ", ""),
            (finding.message, ""),
        ]
    )


def _excerpt(place: Place, sources: dict[str, list[str]], lines: Lines) -> None:
    if place.file not in sources:
        sources[place.file] = _lines_of(place.file)
    source = sources[place.file]
    masked = Redactor(keeps_length=True)
    last = min(place.end_line or place.line, len(source))
    width = len(str(last))
    for number in range(place.line, last + 1):
        if number - place.line >= _SHOWN_LINES:
            lines.exact(f"  {'':>{width}} | ...", "dim")
            break
        text = source[number - 1].replace("\t", " ")
        if len(text) > _LONGEST_LINE:
            lines.exact(f"  {number:>{width}} | (a line of {len(text):,} characters, column {place.column or 1:,})")
            break
        marked = _marked(place, number, text)
        start = max(0, len(marked) - len(marked.lstrip()) - _WIDEST // 4) if len(text) > _WIDEST else 0
        end = start + _WIDEST
        lines.exact(f"  {number:>{width}} | {masked.text(text)[start:end]}")
        lines.exact(f"  {'':>{width}} | {marked[start:end]}", "red")


def _marked(place: Place, number: int, text: str) -> str:
    """A line of `^` below the part of a line that is in the span."""
    first = (place.column or 1) - 1 if number == place.line else len(text) - len(text.lstrip())
    last = (place.end_column or len(text) + 1) - 1 if number == place.end_line else len(text.rstrip())
    return " " * first + "^" * max(1, last - first)


def _lines_of(file: str) -> list[str]:
    try:
        return Path(file).read_text(encoding="utf-8", errors="replace").split("\n")
    except OSError:
        return []


def _closing(report: LintReport, lines: Lines, verbose: bool) -> None:
    files = f"{report.files:,} file{'' if report.files == 1 else 's'}"
    if not report.findings and report.unreadable:
        number = len(report.unreadable)
        lines.plain(f"Nothing found in what could be read; {number} file{'' if number == 1 else 's'} could not.")
    elif not report.findings:
        lines.plain([("Nothing found", "green"), (f" in {files}.", "")])
    else:
        counts = [
            f"{count} {name}{'' if count == 1 or name == 'information' else 's'}"
            for severity, name in (("error", "error"), ("warning", "warning"), ("info", "information"))
            if (count := sum(finding.severity == severity for finding in report.findings))
        ]
        lines.plain(f"{', '.join(counts)} in {files}.")
    if report.skipped and not verbose:
        number = len(report.skipped)
        lines.plain(
            f"{number} file{' was' if number == 1 else 's were'} skipped; --verbose names {'it' if number == 1 else 'them'}."
        )
