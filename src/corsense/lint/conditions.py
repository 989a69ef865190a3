"""Under which conditions a node of the program is reached."""

from __future__ import annotations

import ast
from bisect import bisect_left

from corsense.lint.program import Module
from corsense.lint.values import Path

_NEAREST = 50
"""At most this many of the conditions that leave a block early are kept, the last ones."""

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
    """The path on which a test comes out as `outcome`: of `a and b` that is true, both are."""
    match test:
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return holds(operand, not outcome)
        case ast.BoolOp(op=ast.And(), values=values) if outcome:
            parts = values
        case ast.BoolOp(op=ast.Or(), values=values) if not outcome:
            parts = values
        case _:
            parts = []
    name, sense = condition(test)
    return frozenset({(name, sense is outcome)}).union(*(holds(part, outcome) for part in parts))


def path_of(module: Module, node: ast.AST) -> Path:
    """The conditions under which `node` is reached, inside the function, class or module that holds it."""
    path: Path = frozenset()
    inner, outer = node, module.parents.get(node)
    while outer is not None and inner is not outer:
        match outer:
            case ast.If(test=test, body=body) if inner is not test:
                path |= holds(test, inner in body)
                path |= _left_before(module, inner)
            case ast.IfExp(test=test) if inner is not test:
                path |= holds(test, inner is outer.body)
            case _:
                path |= _left_before(module, inner)
        if isinstance(outer, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            break
        inner, outer = outer, module.parents.get(outer)
    return path


def _left_before(module: Module, node: ast.AST) -> Path:
    """What is known at `node` of the conditions that would have left its block before."""
    block = module.block_of(node)
    if block is None or not block.leaving or not isinstance(node, ast.stmt):
        return frozenset()
    before = bisect_left(block.leaving, block.index[node], key=lambda each: each[0])
    left = block.leaving[max(0, before - _NEAREST) : before]
    return frozenset().union(*(holds(statement.test, False) for _, statement in left))
