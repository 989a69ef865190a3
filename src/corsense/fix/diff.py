"""An edit as a diff that `git apply` and `patch` take."""

from __future__ import annotations

import difflib
from pathlib import PurePath

from corsense.finding import Edit


def unified_diff(edit: Edit) -> str:
    """The edit as a unified diff, three lines of context, with git's `a/` and `b/` before the path and without timestamps.
    Ends with a line end; empty when nothing changes. Line ends other than a line feed are part of the lines, as git has
    it."""
    path = PurePath(edit.file).as_posix().lstrip("/")
    # A tab ends a file name that has a space in it.
    tail = "\t" if " " in path else ""
    rows = difflib.unified_diff(_rows(edit.before), _rows(edit.after), f"a/{path}{tail}", f"b/{path}{tail}", lineterm="\n")
    return "".join(row if row.endswith("\n") else f"{row}\n\\ No newline at end of file\n" for row in rows)


def _rows(text: str) -> list[str]:
    rows = text.split("\n")
    return [*(f"{row}\n" for row in rows[:-1]), *([rows[-1]] if rows[-1] else [])]
