"""`corsense lint`: every CORS configuration in a tree, judged without importing it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from corsense.cli.linting import lint_tree
from corsense.cli.options import Ignore, Select
from corsense.report.formats import LintFormat


def lint(
    paths: Annotated[
        list[Path] | None, typer.Argument(metavar="PATH", help="Files and folders. Default: this folder.", show_default=False)
    ] = None,
    select: Select = None,
    ignore: Ignore = None,
    format: Annotated[LintFormat, typer.Option(help="How to print the findings.")] = LintFormat.TEXT,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Only the findings, one per line.")] = False,
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Also list what was skipped, and show information in full.")
    ] = False,
) -> None:
    """Find every CORS configuration in source, and say what is wrong with it. Nothing is imported or run.

    `# corsense: ignore[rule]` on a line and `ignore`, `select`, `per-file-ignores` of the configuration silence findings.

    Exit status: 0 nothing found, 1 errors or warnings found, 2 a path or a file could not be read.
    """
    lint_tree(*(paths or ()), select=select, ignore=ignore, format=format, quiet=quiet, verbose=verbose)
