"""What `corsense lint` does once its options are read."""

from __future__ import annotations

import gc
import sys
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from corsense._terminal import accept
from corsense.cli import COULD_NOT_WORK, NOTHING_FOUND, SOMETHING_FOUND, fail
from corsense.readers.controls import harmless
from corsense.report import formats

if TYPE_CHECKING:
    from corsense.lint import LintReport


class Format(StrEnum):
    """How to print the findings."""

    TEXT = "text"
    JSON = "json"
    SARIF = "sarif"
    GITHUB = "github"


def lint_tree(
    path: Path | None = None,
    *others: Path,
    select: list[str] | None = None,
    ignore: list[str] | None = None,
    format: Format = Format.TEXT,
    quiet: bool = False,
    verbose: bool = False,
) -> NoReturn:
    """Lint files and folders (default: this folder), and print the findings.

    Raises:
        SystemExit: always; 0 when nothing was found, 1 for errors or warnings, 2 when a path or a file cannot be read.
    """
    from corsense.errors import InputError

    try:
        report = _lint([path or Path(), *others], select, ignore)
    except InputError as error:
        fail(str(error))
    _print(report, format, quiet, verbose)
    for file in report.unreadable:
        print(f"corsense: {harmless(file.place)} cannot be read: {harmless(file.reason)}.", file=sys.stderr)
    serious = any(finding.severity != "info" for finding in report.findings)
    raise SystemExit(COULD_NOT_WORK if report.unreadable else SOMETHING_FOUND if serious else NOTHING_FOUND)


def _lint(paths: Sequence[Path], select: list[str] | None, ignore: list[str] | None) -> LintReport:
    from corsense.errors import no_such_path
    from corsense.lint import lint_paths
    from corsense.suppression import RuleSelection

    for path in paths:
        if not path.exists():
            raise no_such_path(path)
    chosen = RuleSelection.of(paths[0], select, ignore)
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        return lint_paths(list(paths), chosen)
    finally:
        gc.freeze()  # the syntax trees live as long as this process: to look through them once more at its end takes 0.7 s
        if was_enabled:
            gc.enable()


def _print(report: LintReport, format: Format, quiet: bool, verbose: bool) -> None:
    chosen = formats.Format(format.value)
    accept(chosen.kind)
    if chosen is not formats.Format.TEXT:
        printed = formats.LINT[chosen](report)
        if printed:
            print(printed)
        return
    from corsense.cli.terminal import terminal
    from corsense.report.linted import print_lint_report

    print_lint_report(report, terminal(), quiet=quiet, verbose=verbose)
