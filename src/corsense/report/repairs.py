"""A repair as text for people, and as a JSON document."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from corsense import __version__
from corsense._terminal import write_exactly
from corsense.finding import Finding
from corsense.fix.edits.diff import unified_diff
from corsense.fix.result import FixOutcome, FixResult
from corsense.report.document import FindingDocument, finding_document
from corsense.report.finding_block import Fact, FindingBlocks, Section
from corsense.report.json_document import Document
from corsense.report.redaction import redacted_repair
from corsense.report.summary import count
from corsense.report.terminal import Lines

_COLOURS = {"+": "green", "-": "red", "@": "cyan"}


class FixOutcomeDocument(Document):
    """One thing to do. `finding` is null where the user requested it; `verified` is true once it is proven, false when it was
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
    schema: Literal[1] = 1
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
    """Prints a `FixResult`: what is done with its proof, the diffs, what remains. `quiet` leaves only the diffs and the last
    lines."""

    lines: Lines
    quiet: bool = False

    def print(self, fix_result: FixResult, *, written: bool) -> None:
        """Print the whole, without secrets."""
        fix_result = redacted_repair(fix_result)
        if not self.quiet:
            blocks = FindingBlocks(self.lines)
            for repair in sorted(fix_result.repairs, key=lambda repair: not repair.applied):
                self._repair(repair, blocks, written)
        for edit in fix_result.edits if not written else ():
            self._diff(unified_diff(edit))
        if fix_result.edits and not written and not self.quiet:
            self.lines.plain()
        if not self.quiet:
            tried = [repair.finding.message for repair in fix_result.repairs if repair.finding is not None and not repair.applied]
            for finding in fix_result.remaining:
                if finding.message not in tried:
                    self._remaining(finding, FindingBlocks(self.lines))
            for note in fix_result.notes:
                self.lines.led([("note: ", "bold cyan")], note, [("      ", "")])
        self._closing(fix_result, written)

    def _repair(self, repair: FixOutcome, blocks: FindingBlocks, written: bool) -> None:
        facts = list(_facts(repair, written))
        if repair.finding is not None:
            blocks.print([Section(repair.finding)], fixes=facts, with_source=not repair.applied, with_help=not repair.applied)
        else:
            for name, text in facts:
                self.lines.led([(f"{name}: ", "bold")], text, [("    ", "")])
        self.lines.plain()

    def _diff(self, diff: str) -> None:
        if not self.lines.colour:
            write_exactly(diff)  # for `git apply`
            return
        for line in diff.split("\n")[:-1]:
            self.lines.exact(line, _COLOURS.get(line[:1], ""))

    def _remaining(self, finding: Finding, blocks: FindingBlocks) -> None:
        facts: list[Fact] = [("fix", finding.remedy)] if finding.remedy else []
        blocks.print([Section(finding)], fixes=[("not fixed", "no edit is known that would be safe"), *facts])
        self.lines.plain()

    def _closing(self, fix_result: FixResult, written: bool) -> None:
        files = count(len(fix_result.edits), "file")
        proof = _proof(fix_result)
        if proof is not None and not self.quiet:
            self.lines.plain(proof)
        hidden = sum(not repair.applied and repair.guess is not None and repair.verified is None for repair in fix_result.repairs)
        if written and fix_result.edits:
            self.lines.plain([(f"Changed {files}.", "green")])
        elif fix_result.edits:
            self.lines.plain([(f"Would change {files}; --write does it.", "bold")])
        elif fix_result.is_done:
            self.lines.plain([("Nothing to fix.", "green")])
        else:
            self.lines.plain("Nothing changed.")
        if hidden:
            self.lines.plain(f"{count(hidden, 'unsafe fix', 'unsafe fixes')} not applied; --unsafe-fixes applies.")
        if fix_result.remaining:
            self.lines.plain(f"{count(len(fix_result.remaining), 'finding')} not fixed.")


def _facts(repair: FixOutcome, written: bool) -> Iterator[Fact]:
    if repair.applied:
        yield f"{'fixed' if written else 'fix'} ({'verified' if repair.verified else 'not verified'})", repair.title
        if not repair.verified and repair.reason:
            yield "because", repair.reason
    elif repair.verified is False:
        yield "not fixed", f"{repair.title}: tried and refuted, because {repair.reason}"
    else:
        yield "unsafe fix" if repair.guess is not None else "not fixed", repair.title
        if repair.reason:
            yield "not tried", repair.reason
    if repair.guess is not None:
        yield "risk", repair.guess


def _proof(fix_result: FixResult) -> str | None:
    """What the word `verified` means for this repair; None where nothing is verified."""
    verified = [repair for repair in fix_result.repairs if repair.applied and repair.verified]
    if not verified:
        return None
    if all(repair.by_lint for repair in verified):
        return "Verified on the source: it is valid, the findings are gone, and no other appeared."
    passed = "the fixed findings are gone" if fix_result.remaining else "the requests pass"
    return f"Verified on the repaired app: {passed}, and no other page gains or loses access."
