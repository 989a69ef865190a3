"""`Project`: a folder of the editor, or a file outside of all of them, and what the linter says of it."""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from corsense.errors import InputError
from corsense.finding import Edit, Finding, Fix
from corsense.lint.incremental import LintSession
from corsense.lsp.positions import decoded, encoded
from corsense.suppression import EVERYTHING, UNUSED, RuleSelection

_IGNORE = re.compile(r"#\s*corsense:\s*ignore\[([^\]]*)\]")

Findings = dict[Path, list[Finding]]


@dataclass(eq=False)
class Project:
    """What is below `root`, a folder or a file. `complaint` says what is wrong with its configuration; the last one that could be
    read counts then."""

    root: Path
    complaint: str | None = None
    session: LintSession = field(init=False)
    latest: Findings = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        self.session = LintSession((self.root,))
        self.reconfigure()

    def reconfigure(self) -> None:
        """Read the configuration again."""
        self.complaint = None
        try:
            self.session.select(RuleSelection.of(self.root))
        except InputError as error:
            self.complaint = str(error)

    def follow(self, changed: Mapping[Path, bytes | None], *, reread: bool, reconfigure: bool) -> Findings:
        """The findings once files have other texts (None: what is on the disk), and the disk or the configuration was read
        again."""
        if reconfigure:
            self.reconfigure()
        if reread:
            self.session.reread()
        for path, content in changed.items():
            self.session.change(path, content)
        return self.judge()

    def judge(self) -> Findings:
        """The findings by file."""
        try:
            self.latest = self.session.findings()
        except InputError as error:  # a configuration further down
            self.complaint = str(error)
            self.session.select(EVERYTHING)
            self.latest = self.session.findings()
        return self.latest

    def text(self, path: Path) -> str:
        """The text that the findings of a file are about; empty where it cannot be read."""
        try:
            return decoded(self.session.content(path))
        except OSError:
            return ""

    def fix_of(self, finding: Finding) -> Fix | None:
        """The edit that removes a finding, tried on the source: it is valid, the finding is gone, and no other appeared."""
        from corsense.fix.source import offered_fixes

        if finding.place is None:
            return None
        files = {os.path.abspath(str(file)) for file in (finding.place.file, finding.evidence.get("cors_file")) if file}
        texts = {file: self.text(Path(file)) for file in files}
        fix = offered_fixes([finding], texts=texts).findings[0].fix
        if fix is None or len(fix.edits) != 1:
            return None
        (edit,) = fix.edits
        return fix if self._removes(Path(os.path.abspath(edit.file)), edit.after, finding) else None

    def ignoring(self, finding: Finding) -> Edit | None:
        """The edit that silences a finding with a comment, beside its place; None where no comment can stand there."""
        place = finding.place
        if place is None or finding.cause.slug == UNUSED:
            return None
        path = Path(os.path.abspath(place.file))
        before = self.text(path)
        for line in self._lines_around(before, place.line, place.end_line or place.line):
            after = _with_comment(before, line, finding.cause.slug)
            if after is not None and self._removes(path, after, finding):
                return Edit(str(path), before, after)
        return None

    def _removes(self, path: Path, text: str, finding: Finding) -> bool:
        before = [_identity(each) for listed in self.latest.values() for each in listed]
        tried = self.session.with_text(path, encoded(text))
        if tried is None:
            return False
        after = [_identity(each) for listed in tried.values() for each in listed]
        return after.count(_identity(finding)) < before.count(_identity(finding)) and set(after) <= set(before)

    def _lines_around(self, text: str, first: int, last: int) -> Iterator[int]:
        yield from dict.fromkeys((first, last))
        try:
            tree = ast.parse(text)
        except (SyntaxError, ValueError, RecursionError):
            return
        statements = [
            (node.lineno, node.end_lineno or node.lineno)
            for node in ast.walk(tree)
            if isinstance(node, ast.stmt) and node.lineno <= first <= (node.end_lineno or node.lineno)
        ]
        if statements:
            yield from min(statements, key=lambda span: span[1] - span[0])


def _identity(finding: Finding) -> tuple[object, ...]:
    """A finding whatever line it is on."""
    return finding.cause.slug, finding.place.file if finding.place is not None else None, finding.message


def _with_comment(text: str, number: int, slug: str) -> str | None:
    lines = re.split(r"(\r\n|\r|\n)", text)
    index = 2 * (number - 1)
    if not 0 <= index < len(lines):
        return None
    line = lines[index]
    known = _IGNORE.search(line)
    if known is not None:
        names = [name.strip() for name in known[1].split(",") if name.strip()]
        lines[index] = f"{line[: known.start(1)]}{', '.join([*names, slug])}{line[known.end(1) :]}"
    else:
        lines[index] = f"{line.rstrip()}  # corsense: ignore[{slug}]"
    return "".join(lines)
