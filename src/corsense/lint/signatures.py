"""Functions and their calls: which argument goes where, and what is returned."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from corsense.lint.program import FunctionNode
from corsense.lint.values import Path


def returns_of(function: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[ast.Return]:
    """The return statements of a function, not those of functions inside it."""
    waiting: list[ast.AST] = list(function.body)
    while waiting:
        node = waiting.pop(0)
        if isinstance(node, ast.Return):
            yield node
        elif not isinstance(node, FunctionNode | ast.ClassDef):
            waiting = [*ast.iter_child_nodes(node), *waiting]


def argument_of(function: ast.FunctionDef | ast.AsyncFunctionDef, name: str, call: ast.Call) -> ast.expr | None:
    """The argument that a call gives for a parameter; None where it gives none."""
    for word in call.keywords:
        if word.arg == name:
            return word.value
    positions = [argument.arg for argument in (*function.args.posonlyargs, *function.args.args)]
    if positions[:1] in (["self"], ["cls"]) and isinstance(call.func, ast.Attribute):
        positions = positions[1:]
    if name in positions and positions.index(name) < len(call.args):
        argument = call.args[positions.index(name)]
        return None if isinstance(argument, ast.Starred) else argument
    return None


def default_of(function: FunctionNode, name: str) -> ast.expr | None:
    """The default of a parameter; None where it has none."""
    positional = [*function.args.posonlyargs, *function.args.args]
    pairs = zip(reversed(positional), reversed(function.args.defaults), strict=False)
    named = zip(function.args.kwonlyargs, function.args.kw_defaults, strict=True)
    return next((default for argument, default in (*pairs, *named) if argument.arg == name), None)


def is_spread(call: ast.Call) -> bool:
    """Whether a call spreads a list or a dict, so that its arguments are not all in sight."""
    return any(word.arg is None for word in call.keywords) or any(isinstance(each, ast.Starred) for each in call.args)


def path_of_call(function: FunctionNode, number: int, count: int) -> Path:
    """The path on which a function runs because of one of its calls."""
    name = getattr(function, "name", "")
    return frozenset((f"call {other} of {name}:{function.lineno}", other == number) for other in range(count))
