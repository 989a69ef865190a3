"""Under which conditions a node of the program is reached."""

from __future__ import annotations

import ast
from itertools import islice

from corsense.lint.program import Module
from corsense.lint.values import Path

_NEAREST = 50
"""So many of the conditions that leave a block early are remembered, the last ones."""

_OPPOSITES = {ast.NotEq: "==", ast.NotIn: "in", ast.IsNot: "is"}


def condition(test: ast.expr) -> tuple[str, bool]:
    """A test in the form in which it and its opposite are the same: `not a`, `a != b` are `a`, `a == b` with False."""
    match test:
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            name, outcome = condition(operand)
            return name, not outcome
        case ast.Compare(left=left, ops=[op], comparators=[right]) if type(op) in _OPPOSITES:
            return f"{ast.unparse(left)} {_OPPOSITES[type(op)]} {ast.unparse(right)}", False
        case _:
            return ast.unparse(test), True


def holds(test: ast.expr, outcome: bool = True) -> Path:
    """The path on which a test comes out as `outcome`."""
    name, sense = condition(test)
    return frozenset({(name, sense is outcome)})


def path_of(module: Module, node: ast.AST) -> Path:
    """The conditions under which `node` is reached, inside the function, class or module that holds it."""
    path: Path = frozenset()
    inner, outer = node, module.parents.get(node)
    while outer is not None and inner is not outer:
        match outer:
            case ast.If(test=test, body=body, orelse=orelse) if inner is not test:
                path |= holds(test, inner in body)
                path |= _left_before(body if inner in body else orelse, inner)
            case ast.IfExp(test=test) if inner is not test:
                path |= holds(test, inner is outer.body)
            case _:
                path |= _left_before(getattr(outer, "body", []), inner)
        if isinstance(outer, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            break
        inner, outer = outer, module.parents.get(outer)
    return path


def _left_before(block: object, node: ast.AST) -> Path:
    """What is known at `node` of the conditions that would have left its block before."""
    if not isinstance(block, list) or node not in block:
        return frozenset()
    left = (
        statement
        for statement in reversed(block[: block.index(node)])
        if isinstance(statement, ast.If) and not statement.orelse and _leaves(statement.body)
    )
    return frozenset().union(*(holds(statement.test, False) for statement in islice(left, _NEAREST)))


def _leaves(block: list[ast.stmt]) -> bool:
    return isinstance(block[-1], ast.Return | ast.Raise | ast.Continue | ast.Break)
