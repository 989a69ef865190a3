"""`Changes`: what is different between two checks of one app."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass

from corsense.check.results import Report
from corsense.finding import Finding

_PLACE = re.compile(r"(?<=\.py):\d+(?::\d+)?")
"""A line in a message: an edit above moves it."""


@dataclass(frozen=True, slots=True)
class Changes:
    """The findings of an earlier report that are gone, and the positions of those in the later one that are new or still there.
    A finding whose line has moved is still there."""

    fixed: tuple[Finding, ...]
    new: tuple[int, ...]
    still: tuple[int, ...]

    @property
    def is_empty(self) -> bool:
        """Whether nothing has changed."""
        return not (self.fixed or self.new)


def changes(before: Report, now: Report, *, information: bool = False) -> Changes:
    """What is different. Findings that are information count with `information` only."""
    left: defaultdict[tuple[str, ...], list[Finding]] = defaultdict(list)
    for finding in before.findings:
        if information or finding.severity != "info":
            left[identity(finding)].append(finding)
    new: list[int] = []
    still: list[int] = []
    for position, finding in enumerate(now.findings):
        known = left[identity(finding)]
        if known:
            known.pop(0)
            still.append(position)
        elif information or finding.severity != "info":
            new.append(position)
    return Changes(tuple(finding for findings in left.values() for finding in findings), tuple(new), tuple(still))


def identity(finding: Finding) -> tuple[str, ...]:
    """What makes two findings the same fault, whichever line an edit above has moved it to: its slug first."""
    file = finding.place.file if finding.place is not None else ""
    return finding.cause.slug, finding.severity, file, _PLACE.sub("", finding.message)
