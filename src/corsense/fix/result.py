"""The result of a repair: `FixResult`, with a `FixOutcome` for each thing that was, or could be, done."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from corsense.check.results import Report
from corsense.finding import Edit, Finding


@dataclass(frozen=True, slots=True)
class FixOptions:
    """What may be done beyond safe fixes: guesses (`unsafe`), origins read from the variable `environment`, corsense's middleware
    instead of Starlette's (`adopt`), and protection in report mode (`protect`). `refused` says why something requested is not
    done."""

    unsafe: bool = False
    environment: str | None = None
    adopt: bool = False
    protect: bool = False
    refused: str | None = None


SAFE_FIXES = FixOptions()
"""Only what is safe."""


@dataclass(frozen=True, slots=True)
class FixOutcome:
    """One thing to do about a finding, or because it was requested (`finding` is None).

    - `guess`: why it is unsafe; None for a safe one.
    - `verified`: True once the failing request has passed with everything applied, while no one else gained access and no one
      lost access they should have; False when it was tried and did not, None when it could not be tried. `reason` says why.
    - `applied`: it is part of the edits. `by_lint`: the proof is what the linter says about the repaired source.
    """

    title: str
    finding: Finding | None
    guess: str | None
    verified: bool | None
    reason: str | None
    applied: bool = False
    by_lint: bool = False

    @property
    def is_safe(self) -> bool:
        """Whether it keeps what should be allowed allowed, and gives access to no one who was not named."""
        return self.guess is None


@dataclass(frozen=True, slots=True)
class FixResult:
    """What was done to an app, or to source that nothing was run of.

    - `name`: of the app as it was found, or the paths.
    - `repairs`: what was done, and what could be.
    - `edits`: whole texts by file.
    - `remaining`: the findings, more than information, that are there with the edits applied; their places are those of the
      edited files.
    - `found`: what was found before; None where only source was looked at.
    - `refused`: why something requested is not done.
    """

    kind: Literal["app", "source"]
    name: str
    repairs: tuple[FixOutcome, ...]
    edits: tuple[Edit, ...]
    remaining: tuple[Finding, ...]
    notes: tuple[str, ...] = ()
    found: Report | None = None
    refused: str | None = None

    @property
    def is_done(self) -> bool:
        """Whether nothing remains to do."""
        return not self.remaining and self.refused is None


def unused_note(finding: Finding) -> str:
    """The message about a comment that silences nothing."""
    assert finding.place is not None
    return f"{finding.place.file}:{finding.place.line}: {finding.message}"
