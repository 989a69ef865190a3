"""A repair as text for people, and as a JSON document."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from corsense import __version__
from corsense._terminal import write_exactly
from corsense.finding import Finding
from corsense.fix.edits.diff import unified_diff
from corsense.fix.result import FixOutcome, FixResult
from corsense.report.document import Document, FindingDocument, finding_document
from corsense.report.redaction import redacted_repair
from corsense.report.terminal import Lines

if TYPE_CHECKING:
    from collections.abc import Iterable

_COLOURS = {"+": "green", "-": "red", "@": "cyan"}


class FixOutcomeDocument(Document):
    """One thing to do. `finding` is null where the user wished for it; `verified` is true once it is proven, false when it was
    tried and failed, null when it was not tried; `reason` says why it is not proven or not safe. `applied`: it is part of the
    diffs."""

    title: str
    safety: Literal["safe", "unsafe"]
    verified: bool | None
    reason: str | None
    applied: bool
    finding: FindingDocument | None


class FileDocument(Document):
    """A file that changes."""

    file: str
    diff: str


class FixedDocument(Document):
    """The app, or the source, that was repaired."""

    kind: Literal["app", "source"]
    name: str


class FixResultDocument(Document):
    """What `corsense fix --format json` prints. `remaining` are the findings, more than information, that are there with every
    diff applied; their places are those of the edited files."""

    corsense: str
    schema_: Literal[1] = Field(alias="schema", default=1)
    target: FixedDocument
    written: bool
    fixes: list[FixOutcomeDocument]
    files: list[FileDocument]
    remaining: list[FindingDocument]
    notes: list[str]


def fix_result_document(fix_result: FixResult, *, written: bool) -> FixResultDocument:
    """The document of a repair, without secrets."""
    fix_result = redacted_repair(fix_result)
    return FixResultDocument(
        corsense=__version__,
        target=FixedDocument(kind=fix_result.kind, name=fix_result.name),
        written=written,
        fixes=[_repair(repair) for repair in fix_result.repairs],
        files=[FileDocument(file=edit.file, diff=unified_diff(edit)) for edit in fix_result.edits],
        remaining=[finding_document(finding) for finding in fix_result.remaining],
        notes=list(fix_result.notes),
    )


def _repair(repair: FixOutcome) -> FixOutcomeDocument:
    return FixOutcomeDocument(
        title=repair.title,
        safety="safe" if repair.is_safe else "unsafe",
        verified=repair.verified,
        reason=repair.reason or repair.guess,
        applied=repair.applied,
        finding=finding_document(repair.finding) if repair.finding is not None else None,
    )


@dataclass(frozen=True, slots=True)
class FixText:
    """Prints a `FixResult`: what is done with its proof, the diffs, what is left. `quiet` leaves only the diffs and the last
    lines."""

    lines: Lines
    quiet: bool = False

    def print(self, fix_result: FixResult, *, written: bool) -> None:
        """Print the whole, without secrets."""
        fix_result = redacted_repair(fix_result)
        if not self.quiet:
            self._repairs([repair for repair in fix_result.repairs if repair.applied], "fixed" if written else "fix")
            self._repairs([repair for repair in fix_result.repairs if not repair.applied], "not fixed")
        for edit in fix_result.edits if not written else ():
            self._diff(unified_diff(edit))
        if fix_result.edits and not written and not self.quiet:
            self.lines.plain()
        if not self.quiet:
            reported = [
                repair.finding.message for repair in fix_result.repairs if repair.finding is not None and not repair.applied
            ]
            for finding in fix_result.remaining:
                if finding.message not in reported:
                    self._left(finding)
            for note in fix_result.notes:
                self.lines.plain([("note  ", "dim"), (note, "")])
        self._closing(fix_result, written)

    def _repairs(self, repairs: Iterable[FixOutcome], label: str) -> None:
        for repair in repairs:
            colour = "green" if repair.applied else "yellow"
            slug = f"{repair.finding.cause.code} {repair.finding.cause.slug}" if repair.finding is not None else "as you wished"
            self.lines.plain([(f"{label} ", f"bold {colour}"), (slug, "bold"), ("  " + _at(repair.finding), "dim")])
            if repair.finding is not None:
                self.lines.plain(repair.finding.message, 2)
            self.lines.labelled("how", repair.title)
            self.lines.labelled("proof", proof_of(repair))
            if repair.guess is not None:
                self.lines.labelled("unsafe", repair.guess)
            self.lines.plain()

    def _diff(self, diff: str) -> None:
        if self.lines.console is None:
            write_exactly(diff)  # for `git apply`
            return
        for line in diff.split("\n")[:-1]:
            self.lines.exact(line, _COLOURS.get(line[:1], ""))

    def _left(self, finding: Finding) -> None:
        slug = f"{finding.cause.code} {finding.cause.slug}"
        self.lines.plain([("left ", "bold yellow"), (slug, "bold"), ("  " + _at(finding), "dim")])
        self.lines.plain(finding.message, 2)
        if finding.remedy:
            self.lines.labelled("do", finding.remedy)

    def _closing(self, fix_result: FixResult, written: bool) -> None:
        files = _count(len(fix_result.edits), "file")
        hidden = sum(not repair.applied and repair.guess is not None and repair.verified is None for repair in fix_result.repairs)
        if written and fix_result.edits:
            self.lines.plain([(f"Changed {files}.", "green")])
        elif fix_result.edits:
            self.lines.plain([(f"Would change {files}; --write does it.", "bold")])
        elif fix_result.is_done:
            self.lines.plain([("Nothing to fix.", "green")])
        else:
            self.lines.plain("Nothing is changed.")
        if hidden:
            self.lines.plain(f"{_count(hidden, 'unsafe fix', 'unsafe fixes')} not applied; --unsafe-fixes does.")
        if fix_result.remaining:
            self.lines.plain(f"{_count(len(fix_result.remaining), 'finding')} left.")


def proof_of(repair: FixOutcome) -> str:
    """Whether a repair is proven, and how, or why not."""
    if repair.verified:
        if repair.by_lint:
            return "the source is valid, the finding is gone, and no other came of it"
        return "verified on the repaired app: the request passes, no other page gains or loses access, no replaced entry stays"
    if repair.verified is False:
        return f"refuted, so it is left alone: {repair.reason}" if not repair.applied else f"not verified: {repair.reason}"
    return f"not tried: {repair.reason}" if repair.reason else "not tried"


def _at(finding: Finding | None) -> str:
    place = finding.place if finding is not None else None
    if place is None:
        return ""
    return f"{place.file}:{place.line}" + (f":{place.column}" if place.column else "")


def _count(number: int, noun: str, plural: str = "") -> str:
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"
