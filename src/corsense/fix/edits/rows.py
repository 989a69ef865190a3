"""Whole statements as lines of text: cutting them out, pasting them in."""

from __future__ import annotations

import ast

from corsense.fix.edits.source import Source, Splice


def head(source: Source, statement: ast.stmt) -> int:
    """Where a statement begins, the `@` of its first decorator included."""
    start = source.start(statement)
    return source.text.rindex("@", 0, start) if getattr(statement, "decorator_list", None) else start


def is_alone(source: Source, statement: ast.stmt) -> bool:
    """Whether a statement shares no line with another."""
    return source.begins_row(head(source, statement)) and source.ends_row(source.end(statement))


def cut(source: Source, statement: ast.stmt) -> tuple[Splice, str]:
    """The removal of a statement that is alone on its lines, with the comments right above it, and the text that goes: whole
    lines, the last with its line end. Of the blank lines before and after, the longer run stays."""
    top = source.row_start(head(source, statement))
    indent = source.indentation(top)
    while top > 0:
        above = source.row_start(top - 1)
        row = source.text[above:top]
        if not row.startswith(f"{indent}#") or row.startswith("#!"):
            break
        top = above
    bottom = source.next_row(source.end(statement))
    text = source.text[top:bottom]
    stop = bottom
    for _ in range(_blank_rows_above(source, top)):
        if stop >= len(source.text) or source.text[stop : source.row_end(stop)].strip():
            break
        stop = source.next_row(stop)
    return Splice(top, stop, ""), text if text.endswith(("\n", "\r")) else text + source.newline_at(top)


def paste_after(source: Source, statement: ast.stmt, text: str, blank: int = 0) -> Splice:
    """Inserts whole lines behind a statement that ends its line, `blank` empty lines between; a definition gets the distance
    that follows definitions: two lines at the outer level, one below."""
    row_end = source.row_end(source.end(statement))
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        blank = 1 if source.indentation(head(source, statement)) else 2
    elif text.lstrip().startswith("#"):
        blank = max(blank, 1)
    body = text.rstrip("\r\n")
    return Splice(row_end, row_end, source.newline_at(row_end) * (blank + 1) + body)


def _blank_rows_above(source: Source, top: int) -> int:
    count = 0
    while top > 0:
        above = source.row_start(top - 1)
        if source.text[above:top].strip():
            break
        count, top = count + 1, above
    return count
