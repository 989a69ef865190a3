"""`middleware-added-after-startup` in source: a layer is added where the app runs already."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from corsense.lint.evaluation import Evaluator
from corsense.lint.program import Module
from corsense.lint.survey import Survey
from corsense.lint.values import FunctionValue, Spot
from corsense.lint.violations import Violation

SLUG = "middleware-added-after-startup"

_MOMENTS = {
    "on_event": "when the app starts",
    "middleware": "while it answers a request",
    **dict.fromkeys(("get", "post", "put", "delete", "patch", "api_route", "websocket"), "while it answers a request"),
}


def violations(module: Module, survey: Survey) -> Iterator[Violation]:
    """Each `add_middleware` in a function that runs after the stack is built."""
    late: dict[ast.AST, str] | None = None
    for call in module.calls_of("add_middleware"):
        if isinstance(call.func, ast.Attribute) and call.args:
            function = module.scope_of(call).node
            if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
                late = _late(survey.evaluator, module) if late is None else late
                moment = _moment(function) or late.get(function)
                if moment is not None:
                    message = f"Middleware is added {moment}. Starlette raises RuntimeError, because the stack is built by then."
                    remedy = "Add it where the app is made."
                    yield Violation(SLUG, message, Spot(module, call), {"moment": moment}, "error", remedy)


def _moment(function: ast.FunctionDef | ast.AsyncFunctionDef) -> str | None:
    for decorator in function.decorator_list:
        match decorator:
            case ast.Call(func=ast.Attribute(attr=name), args=[ast.Constant(), *_]) if name in _MOMENTS:
                return _MOMENTS[name]
    return None


def _late(evaluator: Evaluator, module: Module) -> dict[ast.AST, str]:
    """The functions that a module has run when the app starts."""
    found: dict[ast.AST, str] = {}
    if "lifespan" not in module.text and "add_event_handler" not in module.text:
        return found
    for call in module.calls:
        given = [word.value for word in call.keywords if word.arg == "lifespan"]
        if isinstance(call.func, ast.Attribute) and call.func.attr == "add_event_handler":
            given += call.args[1:2]
        for node in given:
            for each in evaluator.evaluate(node, evaluator.frame_of(module, call)):
                if isinstance(each.value, FunctionValue):
                    found[each.value.node] = "when the app starts"
    return found
