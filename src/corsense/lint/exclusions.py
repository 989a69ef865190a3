"""Conditions that rule a `*` out: programs look for it before they allow credentials."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import TYPE_CHECKING

from corsense.lint.program import Scope
from corsense.lint.values import Entry, Listed, Path, Setting, Split, entries

if TYPE_CHECKING:
    from corsense.lint.evaluation import Evaluator

_DEEPEST = 4


def rules_out_wildcard(path: Path, scope: Scope, evaluator: Evaluator, entry: Entry) -> bool:
    """Whether one of the conditions of a path holds only where a `*` is not among the origins: `"*" in origins` that comes out
    false, a name for it, a part of it. `scope` is where the names stand, `entry` the `*`: a test of another list tells nothing
    of it."""

    def concerns(tested: ast.expr) -> bool:
        values = [each.value for each in evaluator.evaluate(tested, evaluator.frame_in(scope))]
        known = [found for value in values for found in entries(value)]
        if any(found.spot.node is entry.spot.node for found in known):
            return True
        return not known and any(not isinstance(value, Listed | Setting | Split) for value in values)

    return any(_rules_out(_parsed(text), outcome, scope, 0, concerns) for text, outcome in path)


def is_ruled_out_by(test: ast.expr, scope: Scope) -> bool:
    """Whether a test that comes out true rules a `*` out."""
    return _rules_out(test, True, scope, 0, lambda _: True)


def _parsed(text: str) -> ast.expr | None:
    try:
        return ast.parse(text, mode="eval").body
    except SyntaxError:
        return None  # the name of a call, not a test


def _rules_out(test: ast.expr | None, outcome: bool, scope: Scope, depth: int, concerns: Callable[[ast.expr], bool]) -> bool:
    if depth > _DEEPEST:
        return False
    match test:
        case ast.Compare(left=left, ops=[ast.In() | ast.Eq() as op], comparators=[right]):
            return not outcome and _asks_for_wildcard(left, op, right, concerns)
        case ast.Compare(left=left, ops=[ast.NotIn() | ast.NotEq() as op], comparators=[right]):
            return outcome and _asks_for_wildcard(left, op, right, concerns)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return _rules_out(operand, not outcome, scope, depth + 1, concerns)
        case ast.BoolOp(values=values):
            return any(_rules_out(value, outcome, scope, depth + 1, concerns) for value in values)
        case ast.Call(func=ast.Name(id="bool"), args=[inner]):
            return _rules_out(inner, outcome, scope, depth + 1, concerns)
        case ast.Call(func=ast.Name(id="any"), args=[ast.GeneratorExp(elt=inner) | ast.ListComp(elt=inner)]):
            return not outcome and _rules_out(inner, False, scope, depth + 1, concerns)
        case ast.Call(func=ast.Name(id="all"), args=[ast.GeneratorExp(elt=inner) | ast.ListComp(elt=inner)]):
            return outcome and _rules_out(inner, True, scope, depth + 1, concerns)
        case ast.Name(id=name):
            return _rules_out(_meaning(name, scope), outcome, scope, depth + 1, concerns)
        case _:
            return False


def _asks_for_wildcard(left: ast.expr, op: ast.cmpop, right: ast.expr, concerns: Callable[[ast.expr], bool]) -> bool:
    if isinstance(op, ast.In | ast.NotIn):
        return _is_wildcard(left) and not isinstance(right, ast.Constant) and concerns(right)
    if _is_wildcard(right):
        return concerns(left)
    return _is_wildcard(left) and concerns(right)


def _is_wildcard(node: ast.expr) -> bool:
    """Whether an expression is `"*"`, or a list of nothing else."""
    match node:
        case ast.List(elts=[item]) | ast.Tuple(elts=[item]) | ast.Set(elts=[item]):
            return _is_wildcard(item)
        case ast.Constant(value="*"):
            return True
        case _:
            return False


def _meaning(name: str, scope: Scope) -> ast.expr | None:
    """The expression that a name is set to, where it is set once."""
    holder = scope.holder_of(name)
    match holder.bindings[name] if holder is not None else []:
        case [ast.Assign(targets=[ast.Name()], value=value)] | [ast.AnnAssign(value=ast.expr() as value)]:
            return value
        case _:
            return None
