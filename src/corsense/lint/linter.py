"""`lint`: the files of a tree to findings."""

from __future__ import annotations

import gc
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType

from corsense.finding import Finding
from corsense.lint.files import Scan, Skipped, read_source, scan
from corsense.lint.program import Unreadable, read_program
from corsense.suppression import EVERYTHING, RuleSelection


@dataclass(frozen=True, slots=True)
class LintReport:
    """What was found. `files` counts the Python files that were looked at and the configurations that were read, `skipped` are
    files of folders that are neither, `unreadable` those that could not be read, and those that were named and are neither."""

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
    named = {str(path) for path in paths if not path.is_dir()}
    if found.configurations:
        from corsense.lint.configurations import judge_configurations

        others = judge_configurations(found.configurations, frozenset(named), selection)
        named -= set(found.configurations)
        report = _of_programs(found, named, selection, texts)
        return LintReport(
            (*report.findings, *others.findings),
            report.files + others.files,
            (*report.skipped, *others.skipped),
            (*report.unreadable, *others.unreadable),
        )
    return _of_programs(found, named, selection, texts)


def _of_programs(found: Scan, named: set[str], selection: RuleSelection, texts: Mapping[Path, bytes]) -> LintReport:
    """What the rules find in programs."""
    if not (found.concern or found.helpers or found.writing or texts):
        return _without_findings(found, named)
    from corsense.lint.rule_runner import RuleRunner  # most trees have nothing to judge, and the rules know much

    linter = RuleRunner(replace(found, contents={}) if texts else found)
    with uncollected():
        for path, content in texts.items():
            with suppress(Unreadable):
                linter.program.module(path, content)
        linter.read()
        findings = linter.findings(selection)
    skipped = (*found.skipped, *linter.skipped)
    broken = [*(file for file in skipped if file.file in named), *_broken(named - {str(path) for path in found.concern})]
    unreadable = (*found.unreadable, *linter.unreadable, *broken)
    return LintReport(findings, found.files, tuple(file for file in skipped if file.file not in named), unreadable)


@contextmanager
def uncollected() -> Iterator[None]:
    """Collect no garbage meanwhile: syntax trees are many objects and no garbage, and to look through them takes as long as all
    the rest."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _without_findings(found: Scan, named: Collection[str]) -> LintReport:
    skipped = [file for file in found.skipped if file.file not in named]
    broken = [*(file for file in found.skipped if file.file in named), *_broken(named)]
    return LintReport((), found.files, tuple(skipped), (*found.unreadable, *broken))


def _broken(files: Iterable[str]) -> Iterator[Skipped]:
    """Files that are not Python among those that do not mention CORS: a file that is named must be readable."""
    for file in sorted(files):
        if file.endswith(".ipynb"):
            continue
        with suppress(OSError):
            try:
                read_program(read_source(Path(file)))
            except Unreadable as error:
                yield Skipped(file, str(error), error.line, error.column)


def lint_text(text: str, file: str = "main.py") -> tuple[Finding, ...]:
    """The findings of one program that is not in a file.

    Raises:
        Unreadable: the text is not Python.
    """
    from corsense.lint.rule_runner import RuleRunner

    linter = RuleRunner(Scan(1, (), ()))
    linter.take(Path(file), text.encode(errors="surrogatepass"))
    for skipped in linter.skipped:
        raise Unreadable(skipped.reason)
    linter.read()
    return linter.findings(EVERYTHING)
