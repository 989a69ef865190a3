"""`manual-options-handler` in source: a route for OPTIONS stands in the way of preflights, or does their work by hand."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from corsense.causes import Severity
from corsense.lint.evaluation import Evaluator
from corsense.lint.handwritten import concerns_framework
from corsense.lint.marks import Mark
from corsense.lint.program import Module
from corsense.lint.values import Spot

SLUG = "manual-options-handler"

_OTHER_USES = ("dav", "tus-", 'allow"', "allow'")


def marks(module: Module, evaluator: Evaluator) -> Iterator[Mark]:
    """Each handler of OPTIONS that is about preflights."""
    if "options" not in module.text.lower() or not concerns_framework(module):
        return
    for function in module.functions:
        for decorator in function.decorator_list:
            if isinstance(decorator, ast.Call) and _serves_options(decorator) and _is_about_preflights(function):
                message = f"{function.name} answers OPTIONS by hand: where it sends no CORS headers, it refuses every preflight."
                remedy = "Remove it: CORSMiddleware answers preflights before the routes."
                yield Mark(SLUG, message, Spot(module, function), {"handler": function.name}, _severity(function), remedy)
                break


def _serves_options(decorator: ast.Call) -> bool:
    match decorator.func:
        case ast.Attribute(attr="options") if decorator.args or decorator.keywords:
            return True
        case ast.Attribute(attr="api_route" | "route"):
            given = next((word.value for word in decorator.keywords if word.arg == "methods"), None)
            methods = [item.value for item in given.elts if isinstance(item, ast.Constant)] if isinstance(given, ast.List) else []
            return [str(method).upper() for method in methods] == ["OPTIONS"]
        case _:
            return False


def _is_about_preflights(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """A handler that speaks of CORS, or does nothing; not one that serves WebDAV or another use of OPTIONS."""
    written = ast.unparse(function).lower()
    if "access-control" in written or "cors" in written or "preflight" in written:
        return True
    return not any(use in written for use in _OTHER_USES) and _does_nothing(function)


def _does_nothing(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    body = [node for node in function.body if not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))]
    if len(body) > 1:
        return False
    match body[0] if body else ast.Pass():
        case ast.Pass() | ast.Return(value=None | ast.Constant() | ast.Dict()):
            return True
        case ast.Return(value=ast.Call(func=function_called)):
            return ast.unparse(function_called).endswith("Response")
        case _:
            return False


def _severity(function: ast.FunctionDef | ast.AsyncFunctionDef) -> Severity | None:
    return "warning" if "access-control-allow-origin" in ast.unparse(function).lower() else None
