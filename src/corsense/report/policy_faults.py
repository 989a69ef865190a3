"""The faults of a policy as findings, printed as a compiler prints them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from corsense.causes import cause
from corsense.faults import Fault
from corsense.finding import Finding
from corsense.readers.policy_source import fault_place
from corsense.report.finding_block import FindingBlocks, Section, grouped
from corsense.report.redaction import redacted_findings
from corsense.report.summary import count
from corsense.report.terminal import Lines


def print_faults(faults: Sequence[Fault], source: str | None, folder: Path, lines: Lines) -> None:
    """Print each fault of the policy that `source` names, at its place where that is known, and how many there are."""
    found = redacted_findings(_finding(fault, source, folder) for fault in faults)
    fields = {id(finding): fault.field for finding, fault in zip(found, faults, strict=True)}
    blocks = FindingBlocks(lines)
    for group in grouped(found):
        blocks.print([Section(finding, address=fields[id(finding)]) for finding in group])
        lines.plain()
    lines.plain([(f"{count(len(faults), 'error')}.", "bold")])


def _finding(fault: Fault, source: str | None, folder: Path) -> Finding:
    place = fault_place(fault, source, folder) if source is not None else None
    return Finding(cause(fault.slug), fault.message, "error", place, remedy=fault.remedy)
