"""Finds and judges CORS configurations in source without importing them.

`files` finds by their bytes which files of a tree concern CORS, `program` reads those as syntax trees, `evaluation` follows
expressions through names, imports, settings and branches as a reader would, `layers` and `stacks` are the middleware that the
source adds and the order in which it does, and `rules` judges them.
"""

from __future__ import annotations

from corsense.lint.linter import LintReport, lint_paths, lint_text

__all__ = ["LintReport", "lint_paths", "lint_text"]
