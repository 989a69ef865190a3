"""What the settings of a program offer in place of a string of origins, read from a file."""

from __future__ import annotations

import ast
from pathlib import Path

from corsense.fix.edits.calls import cors_call
from corsense.fix.edits.source import read


def accessors_at(text: str, file: str, call_line: int, held: str = "", keyword: str = "allow_origins") -> list[str]:
    """The expressions to read in place of the string of settings that is given as `keyword` at the call, as
    `corsense.lint.accessors.splitting_accessors` finds them. `file` is the path of `text`."""
    from corsense.lint.accessors import splitting_accessors
    from corsense.lint.callers import Callers
    from corsense.lint.evaluation import Evaluator
    from corsense.lint.program import Program, Unreadable

    source = read(text)
    call = None if source is None else cors_call(source, call_line)
    value = None if call is None else call.arguments.get(keyword)
    if value is None:
        return []
    program = Program()
    try:
        module = program.module(Path(file), text.encode())
    except (Unreadable, OSError):
        return []
    given = next((node for node in module.nodes if isinstance(node, type(value)) and _span(node) == _span(value)), None)
    return splitting_accessors(Evaluator(program, Callers()), module, given, held) if isinstance(given, ast.expr) else []


def _span(node: ast.expr) -> tuple[int | None, ...]:
    return node.lineno, node.col_offset, node.end_lineno, node.end_col_offset
