"""An edit as a diff that `git apply` and `patch` take."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from pathlib import PurePath

from corsense._redaction import redact_text
from corsense.finding import Edit

_CONTEXT = 3


def unified_diff(edit: Edit, context: int = _CONTEXT) -> str:
    """The edit as a unified diff, `context` lines of it, with git's `a/` and `b/` before the path and without timestamps.
    Ends with a line end; empty when nothing changes. Line ends other than a line feed are part of the lines, as git has
    it."""
    path = PurePath(edit.file).as_posix().lstrip("/")
    # A tab ends a file name that has a space in it.
    tail = "\t" if " " in path else ""
    rows = difflib.unified_diff(_rows(edit.before), _rows(edit.after), f"a/{path}{tail}", f"b/{path}{tail}", n=context)
    return "".join(row if row.endswith("\n") else f"{row}\n\\ No newline at end of file\n" for row in rows)


def shared_diff(edit: Edit) -> str:
    """The diff for a report, which travels further than the source does: with as much of the three lines of context as has no
    secret in it. Where the lines that change hold one, a sentence stands for the diff, which no tool takes for a patch: a masked
    line must not end up in a program."""
    if holds_secret(edit):
        return f"{edit.file}: the lines that change hold what looks like a secret; corsense fix shows them.\n"
    diffs = (unified_diff(edit, context) for context in range(_CONTEXT, 0, -1))
    return next((diff for diff in diffs if _is_clean(diff.split("\n"))), None) or unified_diff(edit, 0)


def holds_secret(edit: Edit) -> bool:
    """Whether a line that the edit takes away or adds holds what looks like a secret."""
    return not _is_clean(unified_diff(edit, 0).split("\n")[2:])


def _is_clean(rows: Sequence[str]) -> bool:
    return all(redact_text(row) == row for row in rows if row.startswith((" ", "+", "-")))


def _rows(text: str) -> list[str]:
    rows = text.split("\n")
    return [*(f"{row}\n" for row in rows[:-1]), *([rows[-1]] if rows[-1] else [])]
