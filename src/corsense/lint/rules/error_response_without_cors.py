"""`error-response-without-cors` in source: a handler for all exceptions answers outside of the CORS layer."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from corsense.lint.evaluation import Evaluator
from corsense.lint.marks import Mark
from corsense.lint.stacks import Stack
from corsense.lint.values import Spot

SLUG = "error-response-without-cors"


def marks(stack: Stack, evaluator: Evaluator) -> Iterator[Mark]:
    """The handler, where the CORS layer is one of the app's own."""
    if not any(layer.form in ("added", "item") for layer in stack.cors) or any(layer.form == "wrapped" for layer in stack.cors):
        return
    if any(layer.is_ours for layer in stack.cors):
        return
    module = stack.scope.module
    for function in module.functions:
        for decorator in function.decorator_list:
            match decorator:
                case ast.Call(func=ast.Attribute(attr="exception_handler", value=owner), args=[given, *_]):
                    if ast.unparse(owner) == stack.name and _is_all(given):
                        yield _mark(Spot(module, function), function.name)
    for call in module.calls:
        match call:
            case ast.Call(func=ast.Attribute(attr="add_exception_handler", value=owner), args=[given, *rest]):
                if ast.unparse(owner) == stack.name and _is_all(given):
                    yield _mark(Spot(module, call), ast.unparse(rest[0]) if rest else "the handler")


def _is_all(given: ast.expr) -> bool:
    match given:
        case ast.Name(id="Exception") | ast.Constant(value=500):
            return True
        case ast.Attribute(attr="HTTP_500_INTERNAL_SERVER_ERROR"):
            return True
        case _:
            return False


def _mark(spot: Spot, name: str) -> Mark:
    message = (
        f"{name} handles all exceptions, and runs outside of CORSMiddleware: a page cannot read its answer, nor the status 500."
    )
    remedy = "Let CORSMiddleware wrap the whole app, so that pages can read what your handler says."
    return Mark(SLUG, message, spot, {"status": 500}, "warning", remedy)
