"""Whether a hand-written header names an origin of the request, and whether that origin was compared with something before."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from corsense.lint.conditions import path_of
from corsense.lint.handwritten import Handwritten, Written, names_of_origin, reads_origin
from corsense.lint.values import Path

_DEEPEST = 3
"""Through how many names a condition is followed to a comparison."""


def origins_written(found: Handwritten) -> Iterator[Written]:
    """The headers of a function that name the request's origin, which it reads itself."""
    for header in found.headers:
        if header.name == "access-control-allow-origin" and is_of_request(found, header):
            yield header


def is_of_request(found: Handwritten, header: Written) -> bool:
    """Whether a header's value comes from the Origin of the request, in the function that writes it."""
    return bool(_sources(found, header))


def is_handed(found: Handwritten, header: Written) -> bool:
    """Whether a header's value is an origin that the caller of the function hands over, after it was looked at or not."""
    function = found.scope.node
    if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef) or not isinstance(header.value, ast.Name):
        return False
    arguments = (*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs)
    return "origin" in header.value.id.lower() and any(argument.arg == header.value.id for argument in arguments)


def is_guarded(found: Handwritten, header: Written) -> bool:
    """Whether the origin was compared before it is written: in a condition around the header or around what gave its value, in
    one that leaves before, or in the value itself."""
    names = names_of_origin(found.scope)
    if _guards(found, path_of(found.module, header.node), names, 0):
        return True
    return all(
        any(compares(node, names) for node in ast.walk(value) if isinstance(node, ast.IfExp | ast.Compare | ast.Call))
        or _guards(found, path_of(found.module, place), names, 0)
        for place, value in _sources(found, header)
    )


def _sources(found: Handwritten, header: Written) -> list[tuple[ast.AST, ast.expr]]:
    """The expressions with the request's origin in them that a header's value may be, and where each stands."""
    names = names_of_origin(found.scope)
    if _speaks_of(header.value, names):
        return [(header.node, header.value)]
    if not isinstance(header.value, ast.Name):
        return []
    return [
        (node, value)
        for node, value in _assigned(found.scope.node, header.value.id)
        if _speaks_of(value, names) and not isinstance(value, ast.Compare)
    ]


def _speaks_of(value: ast.expr, names: set[str]) -> bool:
    return reads_origin(value) or any(isinstance(node, ast.Name) and node.id in names for node in _outside_calls(value))


def _outside_calls(value: ast.expr) -> Iterator[ast.AST]:
    """The nodes of an expression, those inside of calls left out: what a function makes of an origin is not that origin."""
    waiting: list[ast.AST] = [value]
    for node in waiting:
        yield node
        if not isinstance(node, ast.Call) or ast.unparse(node.func) in ("str", "_cstr"):
            waiting.extend(ast.iter_child_nodes(node))
        elif isinstance(node.func, ast.Attribute) and node.func.attr in ("encode", "decode", "strip", "format"):
            waiting.append(node.func.value)


def _assigned(function: ast.AST, name: str) -> Iterator[tuple[ast.stmt, ast.expr]]:
    for node in ast.walk(function):
        match node:
            case (
                ast.Assign(targets=[ast.Name(id=target)], value=value)
                | ast.AnnAssign(target=ast.Name(id=target), value=ast.expr() as value)
            ) if target == name:
                yield node, value


def _guards(found: Handwritten, path: Path, names: set[str], depth: int) -> bool:
    """Whether one of the conditions of a path compares the origin."""
    for text, outcome in path:
        try:
            test = ast.parse(text, mode="eval").body
        except SyntaxError:
            continue  # the name of a call, not a test
        if _compared_by(found, test, outcome, names, depth):
            return True
    return False


def _compared_by(found: Handwritten, test: ast.expr, outcome: bool, names: set[str], depth: int) -> bool:
    match test:
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return _compared_by(found, operand, not outcome, names, depth)
        case ast.BoolOp(values=values):
            return any(_compared_by(found, value, outcome, names, depth) for value in values)
        case ast.NamedExpr(value=value):
            return _compared_by(found, value, outcome, names, depth)
        case ast.Attribute(attr="allow_all_origins"):
            return outcome  # the rule of CORSMiddleware itself, which the program asks
        case ast.Compare(ops=[ast.NotIn() | ast.NotEq()]):
            return not outcome and compares(test, names)
        case ast.Compare() | ast.Call():
            return outcome and compares(test, names)
        case ast.Name(id=name) if outcome and name not in names and depth < _DEEPEST:
            return any(
                compares(value, names) or _guards(found, path_of(found.module, node), names, depth + 1)
                for node, value in _assigned(found.scope.node, name)
            )
        case _:
            return False


def compares(test: ast.AST, names: set[str]) -> bool:
    """Whether an expression compares the origin with something, or has a function judge it."""
    for node in ast.walk(test):
        match node:
            case ast.Compare(left=left, ops=[ast.In() | ast.NotIn() | ast.Eq() | ast.NotEq()], comparators=others):
                sides = (left, *others)
                if any(_is_origin(side, names) for side in sides) and not any(_says_nothing(side) for side in sides):
                    return True
            case ast.Call(func=function, args=arguments, keywords=words) if not reads_origin(node) or _judges(function):
                given = [*arguments, *(word.value for word in words)]
                if ast.unparse(function) not in _NO_JUDGES and any(_is_origin(each, names) for each in given):
                    return True
                if _judges(function) and given:
                    return True
            case ast.Call(func=ast.Attribute(value=holder, attr="endswith" | "startswith" | "match" | "fullmatch")):
                if _is_origin(holder, names):
                    return True
    return False


def _says_nothing(side: ast.expr) -> bool:
    """Whether comparing an origin with this tells nothing of whose it is: a missing one, or `*`, which no page has."""
    return isinstance(side, ast.Constant) and side.value in (None, "", "*", b"", b"*")


_NO_JUDGES = ("len", "bool", "str")


def _judges(function: ast.expr) -> bool:
    """Whether a function's name says that it judges origins: `is_allowed_origin`, `self._valid_origin`."""
    name = ast.unparse(function).rpartition(".")[2].lower()
    return "origin" in name and any(word in name for word in ("allow", "valid", "trust", "permit", "check", "match", "is_"))


def _is_origin(node: ast.AST, names: set[str]) -> bool:
    match node:
        case ast.Call(func=ast.Attribute(value=inner, attr="decode" | "encode" | "lower" | "strip" | "rstrip")):
            return _is_origin(inner, names)
    return (isinstance(node, ast.Name) and node.id in names) or reads_origin(node)
