"""What the linter found as text for people: one block a cause, the worst first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from corsense.report.finding_block import FindingBlocks, Section, grouped, one_line
from corsense.report.fix_hint import FixHint
from corsense.report.redaction import redacted_findings
from corsense.report.summary import count, label_of
from corsense.report.terminal import Lines

if TYPE_CHECKING:
    from corsense.lint import LintReport

_RANK = {"error": 0, "warning": 1, "info": 2}
_MOST_NAMED = 20
"""So many of the files that are left out because of what they are, such as a FIFO, are named without `--verbose`."""


def print_lint_report(
    report: LintReport, lines: Lines, *, hint: FixHint | None = None, quiet: bool = False, verbose: bool = False
) -> None:
    """Print every finding, the worst first; `quiet` leaves a line each, `verbose` adds information and what was skipped. `hint`
    says how to apply the fixes that findings have."""
    findings = redacted_findings(report.findings)
    if quiet:
        for finding in findings:
            one_line(finding, lines)
        return
    blocks = FindingBlocks(lines, untried="fix")
    for group in sorted(grouped(findings), key=lambda group: _RANK[group[0].severity]):
        if group[0].severity != "info" or verbose:
            blocks.print([Section(finding, label_of(finding, None)) for finding in group])
            lines.plain()
    named = report.skipped if verbose else [file for file in report.skipped if file.is_unusual][:_MOST_NAMED]
    for file in named:
        lines.plain(f"skipped {file.place}: {file.reason}")
    _closing(report, lines, hint or FixHint(), verbose, unnamed=len(report.skipped) - len(named))


def _closing(report: LintReport, lines: Lines, hint: FixHint, verbose: bool, unnamed: int) -> None:
    files = count(report.files, "file")
    hint.print_commands(report.findings, lines, files)
    minor = sum(finding.severity == "info" for finding in report.findings)
    if len(report.findings) > minor:
        lines.plain([(hint.counted(report.findings, lines.width, files), "bold")])
    elif report.unreadable:
        lines.plain(f"Nothing wrong found in what could be read; {count(len(report.unreadable), 'file')} could not.")
    else:
        lines.plain([("Nothing wrong found", "green"), (f" in {files}.", "")])
    hidden = [count(minor, "note")] if minor and not verbose else []
    hidden += [count(unnamed, "more skipped file" if unnamed < len(report.skipped) else "skipped file")] if unnamed else []
    if hidden:
        lines.plain(f"-v shows {' and '.join(hidden)}.")
