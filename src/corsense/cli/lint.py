"""`corsense lint`: every CORS configuration in a tree, judged without importing it."""

from __future__ import annotations

import gc
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from corsense._terminal import accept
from corsense.cli import COULD_NOT_WORK, NOTHING_FOUND, SOMETHING_FOUND, fail
from corsense.cli.options import Ignore, Select
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


def lint(
    paths: Annotated[
        list[Path] | None, typer.Argument(metavar="PATH", help="Files and folders. Default: this folder.", show_default=False)
    ] = None,
    select: Select = None,
    ignore: Ignore = None,
    format: Annotated[Format, typer.Option(help="How to print the findings.")] = Format.TEXT,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Only the findings, a line each.")] = False,
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Say also what was skipped, and show information in full.")
    ] = False,
) -> None:
    """Find every CORS configuration in source, and say what is wrong with it. Nothing is imported or run.

    `# corsense: ignore[rule]` on a line and `ignore`, `select`, `per-file-ignores` of the configuration silence findings.

    Exit status: 0 nothing found, 1 errors or warnings found, 2 a path or a file could not be read.
    """
    from corsense.errors import InputError

    named = paths or [Path()]
    try:
        report = _lint(named, select, ignore)
    except InputError as error:
        fail(str(error))
    _print(report, format, quiet, verbose)
    for file in report.unreadable:
        print(f"corsense: {harmless(file.place)} cannot be read: {harmless(file.reason)}.", file=sys.stderr)
    serious = any(finding.severity != "info" for finding in report.findings)
    raise typer.Exit(COULD_NOT_WORK if report.unreadable else SOMETHING_FOUND if serious else NOTHING_FOUND)


def _lint(paths: list[Path], select: list[str] | None, ignore: list[str] | None) -> LintReport:
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
        return lint_paths(paths, chosen)
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
