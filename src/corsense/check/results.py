"""What a check found: `Report`, with a `Result` for each request that was judged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from corsense.fetch import Allowed, Blocked, Trace
from corsense.finding import Finding

TargetKind = Literal["app", "url", "har"]


@dataclass(frozen=True, slots=True)
class Target:
    """What was checked. `name` is as the user gave it, or as it was found."""

    kind: TargetKind
    name: str


@dataclass(frozen=True, slots=True)
class Result:
    """One request of one page in one situation, judged.

    `situation` is what the server was made to do (`success`, `error`, `unauthenticated`...). `answered_by` names, for each
    exchange of
    the trace, what answered it (None where that cannot be known). `findings` are indices into `Report.findings`.
    """

    origin: str
    method: str
    url: str
    route: str | None
    credentials: str
    situation: str
    trace: Trace
    answered_by: tuple[str | None, ...] = ()
    findings: tuple[int, ...] = ()

    @property
    def outcome(self) -> Literal["allowed", "blocked", "failed"]:
        """The browser's verdict in one word."""
        if isinstance(self.trace.outcome, Allowed):
            return "allowed"
        return "blocked" if isinstance(self.trace.outcome, Blocked) else "failed"


@dataclass(frozen=True, slots=True)
class Report:
    """All results and findings of one check, the worst finding first. `notes` say what was not tried, and why."""

    target: Target
    results: tuple[Result, ...]
    findings: tuple[Finding, ...]
    notes: tuple[str, ...] = ()

    @property
    def found_something(self) -> bool:
        """Whether a finding is more than information: what decides between exit status 0 and 1."""
        return any(finding.severity != "info" for finding in self.findings)

    @property
    def blocked(self) -> int:
        """How many requests the browser would not let through."""
        return sum(result.outcome != "allowed" for result in self.results)
