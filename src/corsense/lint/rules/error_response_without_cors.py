"""`error-response-without-cors` in source: a handler for all exceptions answers outside the CORS layer."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from corsense.lint.evaluation import Evaluator
from corsense.lint.program import Module
from corsense.lint.stacks import Stack
from corsense.lint.survey import Survey, handles_all
from corsense.lint.values import FunctionValue, Spot
from corsense.lint.violations import Violation

SLUG = "error-response-without-cors"


def violations(stack: Stack, survey: Survey) -> Iterator[Violation]:
    """The handler, where the CORS layer is one of the app's own."""
    if not any(layer.form in ("added", "item") for layer in stack.cors) or any(layer.form == "wrapped" for layer in stack.cors):
        return
    if any(layer.is_ours for layer in stack.cors):
        return
    module, evaluator = stack.scope.module, survey.evaluator
    for function, decorator in module.decorations.get(stack.name, ()):
        if handles_all(decorator) and not _adds_headers(evaluator, module, function):
            yield _violation(Spot(module, function), function.name)
    for call in module.method_calls(stack.name, "add_exception_handler"):
        if handles_all(call) and not _registers_headers(evaluator, module, call.args[1:]):
            yield _violation(Spot(module, call), ast.unparse(call.args[1]) if call.args[1:] else "the handler")


def _registers_headers(evaluator: Evaluator, module: Module, rest: list[ast.expr]) -> bool:
    """Whether the handler that a call registers is in sight and adds the CORS headers itself."""
    values = evaluator.evaluate(rest[0], evaluator.frame_of(module, rest[0])) if rest else ()
    return any(
        isinstance(each.value, FunctionValue) and _adds_headers(evaluator, each.value.module, each.value.node) for each in values
    )


def _adds_headers(evaluator: Evaluator, module: Module, handler: ast.AST) -> bool:
    """Whether a handler adds the CORS headers itself, or has a function do it."""
    if "access-control-allow-origin" in ast.unparse(handler).lower():
        return True
    for node in ast.walk(handler):
        if isinstance(node, ast.Call):
            name = ast.unparse(node.func).rpartition(".")[2]
            if "cors" in name.lower():
                return True
            if isinstance(node.func, ast.Name):
                called = [each.value for each in evaluator.evaluate(node.func, evaluator.frame_of(module, node))]
                written = [ast.unparse(value.node).lower() for value in called if isinstance(value, FunctionValue)]
                if any("access-control-allow-origin" in text for text in written):
                    return True
    return False


def _violation(spot: Spot, name: str) -> Violation:
    message = f"{name} handles all exceptions outside CORSMiddleware. Pages can read neither its response nor the status 500."
    remedy = "Wrap the whole app in CORSMiddleware, so that pages can read the handler's response."
    return Violation(SLUG, message, spot, {"status": 500}, "warning", remedy)
