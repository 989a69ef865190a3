"""`lint`: the files of a tree to findings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from corsense.finding import Finding
from corsense.lint.files import Scan, Skipped, scan
from corsense.lint.program import Unreadable
from corsense.suppression import EVERYTHING, RuleSelection


@dataclass(frozen=True, slots=True)
class LintReport:
    """What was found. `files` counts the Python files that were looked at, `skipped` are those that could not be understood,
    `unreadable` those that could not be read."""

    findings: tuple[Finding, ...]
    files: int
    skipped: tuple[Skipped, ...] = ()
    unreadable: tuple[Skipped, ...] = ()


def lint_paths(
    paths: Sequence[Path], selection: RuleSelection = EVERYTHING, texts: Mapping[Path, bytes] = MappingProxyType({})
) -> LintReport:
    """Every CORS configuration below the paths, judged without importing it. `texts` are contents to judge in the place of what
    files contain.

    Raises:
        FileNotFoundError: one of the paths does not exist.
        InputError: the configuration near a finding cannot be read.
    """
    found = scan(paths)
    if not found.concern and not texts:
        return LintReport((), found.files, found.skipped, found.unreadable)
    from corsense.lint.judging import Linter  # most trees have nothing to judge, and the rules know much

    linter = Linter(found)
    for path, content in texts.items():
        with suppress(Unreadable):
            linter.program.module(path, content)
    linter.read()
    findings = linter.findings(selection)
    unreadable = (*found.unreadable, *linter.unreadable)
    return LintReport(findings, found.files, (*found.skipped, *linter.skipped), unreadable)


def lint_text(text: str, file: str = "main.py") -> tuple[Finding, ...]:
    """The findings of one program that is not in a file.

    Raises:
        Unreadable: the text is not Python.
    """
    from corsense.lint.judging import Linter

    linter = Linter(Scan(1, (), ()))
    linter.take(Path(file), text.encode(errors="surrogatepass"))
    for skipped in linter.skipped:
        raise Unreadable(skipped.reason)
    linter.read()
    return linter.findings(EVERYTHING)
