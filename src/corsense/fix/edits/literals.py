"""An edit of one string literal, wherever it stands."""

from __future__ import annotations

import ast

from corsense.fix.edits.source import Source, Splice, edit, rewritten


@edit
def rewrite_literal(source: Source, line: int, old: str, new: str) -> list[Splice] | None:
    """Writes `new` for the only string literal `old` that begins at `line`. None for pieces of f-strings, and where there is a
    choice."""
    found = [node for node in source.nodes if _is_literal(source, node, line, old)]
    if len(found) != 1:
        return None
    node = found[0]
    assert isinstance(node, ast.Constant)
    literal = rewritten(source, node, new)
    return None if literal is None else [Splice(source.start(node), source.end(node), literal)]


def _is_literal(source: Source, node: ast.AST, line: int, value: str) -> bool:
    if not isinstance(node, ast.Constant) or node.value != value or node.lineno != line:
        return False
    return not isinstance(source.parents[node], ast.JoinedStr)
