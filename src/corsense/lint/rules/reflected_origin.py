"""`reflected-origin` in source: the answer names whatever origin the request named."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from corsense.lint.evaluation import Evaluator
from corsense.lint.handwritten import Handwritten, Written, handwritten, names_of_origin, reads_origin, text_value
from corsense.lint.marks import Mark
from corsense.lint.program import Module
from corsense.lint.values import Spot

SLUG = "reflected-origin"


def marks(module: Module, evaluator: Evaluator) -> Iterator[Mark]:
    """Headers whose value is the request's own Origin, which nothing compared with a list."""
    for found in handwritten(evaluator, module):
        header = found.value_of("access-control-allow-origin")
        if header is not None and is_of_request(found, header) and not is_guarded(found, header):
            credentials = found.value_of("access-control-allow-credentials")
            with_cookies = credentials is not None and "true" in text_value(evaluator, module, credentials.value)
            what = "read this API with your users' cookies" if with_cookies else "read its answers"
            message = f"Access-Control-Allow-Origin is the Origin of the request, whatever it is: any site can {what}."
            remedy = "Leave it to CORSMiddleware with a list of origins."
            yield Mark(SLUG, message, Spot(module, header.node), {}, "error" if with_cookies else "warning", remedy)


def is_of_request(found: Handwritten, header: Written) -> bool:
    """Whether a header's value comes from the Origin of the request, in the function that writes it."""
    names = names_of_origin(found.scope)
    return reads_origin(header.value) or any(isinstance(node, ast.Name) and node.id in names for node in ast.walk(header.value))


def is_handed(found: Handwritten, header: Written) -> bool:
    """Whether a header's value is an origin that the caller of the function hands over, after it was looked at or not."""
    function = found.scope.node
    if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef) or not isinstance(header.value, ast.Name):
        return False
    arguments = (*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs)
    return "origin" in header.value.id.lower() and any(argument.arg == header.value.id for argument in arguments)


def is_guarded(found: Handwritten, header: Written) -> bool:
    """Whether the origin was looked at before: in a condition around the header, one that leaves, or in the value itself."""
    names = names_of_origin(found.scope)
    tests: list[ast.AST] = [node.test for node in ast.walk(header.value) if isinstance(node, ast.IfExp)]
    for node in ast.walk(found.scope.node):
        match node:
            case ast.If(test=test) | ast.IfExp(test=test) | ast.Assert(test=test) | ast.While(test=test):
                tests.append(test)
            case ast.Assign(value=ast.Compare() | ast.BoolOp() | ast.Call() as value):
                tests.append(value)
    return any(_compares(test, names) for test in tests)


def _compares(test: ast.AST, names: set[str]) -> bool:
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
    return (isinstance(node, ast.Name) and node.id in names) or reads_origin(node)
