"""Where a call, one of its arguments or a string in it stands: what a finding points at.

A span is `(line, column, end_line, end_column)` as in `corsense.finding.Place`: all from 1, columns in characters, the end
column after the last character. None where nothing is found, or the text does not parse.
"""

from __future__ import annotations

import ast

from corsense.fix.edits.calls import cors_call
from corsense.fix.edits.source import Source, read
from corsense.fix.edits.values import read_collection

Span = tuple[int, int, int, int]


def call_span(source: str, line: int) -> Span | None:
    """The call that begins at `line`, the outermost when there are several, or else the innermost that covers the line."""
    program = read(source)
    found = None if program is None else _call_at(program, line)
    return None if program is None or found is None else _span(program, found)


def argument_span(source: str, line: int, keyword: str) -> Span | None:
    """`keyword=value` in the call of `line`; in the entry of the dict where the call gets it by `**options`."""
    program = read(source)
    if program is None:
        return None
    for call in _calls(program, line):
        for argument in call.keywords:
            if argument.arg == keyword:
                return _span(program, argument)
    configured = cors_call(program, line)
    value = None if configured is None else configured.arguments.get(keyword)
    return None if value is None else _span(program, value)


def literal_span(source: str, line: int, value: str) -> Span | None:
    """The string literal `value` in the call of `line`, or in what its arguments name; else the only one of that value that
    is an item of a list, tuple or set anywhere in the program."""
    program = read(source)
    if program is None:
        return None
    for call in _calls(program, line):
        for node in ast.walk(call):
            if _is_literal(program, node, value):
                return _span(program, node)
    named = _named_literal(program, line, value)
    if named is not None:
        return _span(program, named)
    items = [
        n
        for n in program.nodes
        if _is_literal(program, n, value) and isinstance(program.parents[n], ast.List | ast.Tuple | ast.Set)
    ]
    return _span(program, items[0]) if len(items) == 1 else None


def _named_literal(source: Source, line: int, value: str) -> ast.expr | None:
    configured = cors_call(source, line)
    try:
        for keyword, argument in ({} if configured is None else configured.arguments).items():
            for entry in read_collection(source, argument, keyword).entries:
                if entry.value == value:
                    return entry.node
    except RecursionError:  # an expression nested as deep as the parser just takes
        pass
    return None


def _is_literal(source: Source, node: ast.AST, value: str) -> bool:
    # The pieces of an f-string are constants too, without a place of their own.
    return isinstance(node, ast.Constant) and node.value == value and not isinstance(source.parents[node], ast.JoinedStr)


def _call_at(source: Source, line: int) -> ast.Call | None:
    return next(iter(_calls(source, line)), None)


def _calls(source: Source, line: int) -> list[ast.Call]:
    """The calls that begin at `line`, widest first, then those that cover it, narrowest first. Where a traceback has the line
    of the last attribute of `a\\n.b()`, that is where the call begins."""
    calls = [node for node in source.nodes if isinstance(node, ast.Call)]
    starting = [call for call in calls if line in (call.lineno, call.func.end_lineno)]
    covering = [call for call in calls if call not in starting and call.lineno <= line <= (call.end_lineno or call.lineno)]
    return [*sorted(starting, key=lambda call: -_width(source, call)), *sorted(covering, key=lambda call: _width(source, call))]


def _width(source: Source, node: ast.AST) -> int:
    return source.end(node) - source.start(node)


def _span(source: Source, node: ast.AST) -> Span:
    start, end = source.start(node), source.end(node)
    return (
        source.line_at(start),
        start - source.row_start(start) + 1,
        source.line_at(end),
        end - source.row_start(end) + 1,
    )
