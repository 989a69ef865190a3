"""What `corsense lint` does once its options are read."""

from __future__ import annotations

import gc
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from corsense._terminal import accept
from corsense.cli.process import COULD_NOT_WORK, NOTHING_FOUND, SOMETHING_FOUND, fail
from corsense.readers.controls import harmless
from corsense.report.formats import LINT, Format, LintFormat

if TYPE_CHECKING:
    from corsense.lint import LintReport
    from corsense.report.fix_hint import FixHint


def lint_tree(
    path: Path | None = None,
    *others: Path,
    select: list[str] | None = None,
    ignore: list[str] | None = None,
    format: LintFormat = LintFormat.TEXT,
    quiet: bool = False,
    verbose: bool = False,
) -> NoReturn:
    """Lint files and folders (default: this folder), and print the findings.

    Raises:
        SystemExit: always; 0 when nothing was found, 1 for errors or warnings, 2 when a path or a file cannot be read.
    """
    from corsense.errors import InputError

    try:
        report = lint_report([path or Path(), *others], select, ignore)
    except InputError as error:
        fail(str(error))
    _print(report, format, quiet, verbose, [str(path or "."), *map(str, others)], {"select": select, "ignore": ignore})
    for file in report.unreadable:
        print(f"corsense: {harmless(file.place)} cannot be read: {harmless(file.reason)}.", file=sys.stderr)
    serious = any(finding.severity != "info" for finding in report.findings)
    raise SystemExit(COULD_NOT_WORK if report.unreadable else SOMETHING_FOUND if serious else NOTHING_FOUND)


def lint_report(paths: Sequence[Path], select: list[str] | None, ignore: list[str] | None) -> LintReport:
    """What the linter finds below the paths. Raises InputError for a path or a rule that does not exist."""
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


def _print(
    report: LintReport, format: LintFormat, quiet: bool, verbose: bool, paths: list[str], options: Mapping[str, object]
) -> None:
    chosen = Format(format.value)
    accept(chosen.kind)
    if chosen is not Format.TEXT:
        printed = LINT[chosen](report)
        if printed:
            print(printed)
        return
    from corsense.cli.terminal import terminal
    from corsense.report.linted import print_lint_report

    hint = None
    if not quiet and any(finding.severity != "info" for finding in report.findings):
        report, hint = _with_fixes(report, paths, options)
    print_lint_report(report, terminal(), hint=hint, quiet=quiet, verbose=verbose)


def _with_fixes(report: LintReport, paths: list[str], options: Mapping[str, object]) -> tuple[LintReport, FixHint]:
    """The report with the fixes that `corsense fix` offers for its findings, and the commands that apply them."""
    from corsense.cli.configured import configuration_for, configured_origins
    from corsense.fix.source import offered_fixes
    from corsense.report.fix_command import fix_command
    from corsense.report.fix_hint import FixHint

    offered = offered_fixes(report.findings, configured_origins(configuration_for(paths[0])))
    with_app = fix_command([offered.app or "MODULE:APP"], options)
    hint = FixHint(fix_command(paths, options), "", offered.with_app, with_app, offered.complete)
    return replace(report, findings=offered.findings), hint
