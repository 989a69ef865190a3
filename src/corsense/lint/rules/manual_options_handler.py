"""`manual-options-handler` in source: a route for OPTIONS stands in the way of preflights, or does their work by hand."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from corsense.causes import Severity
from corsense.lint.handwritten import concerns_framework
from corsense.lint.program import Module
from corsense.lint.survey import Survey
from corsense.lint.values import Spot
from corsense.lint.violations import Violation

SLUG = "manual-options-handler"

_OTHER_USES = ("dav", "tus-", 'allow"', "allow'")


def violations(module: Module, survey: Survey) -> Iterator[Violation]:
    """Each handler of OPTIONS that is about preflights, a route or a middleware. Those of tests stand in for an API."""
    if survey.evaluator.program.is_test(module.path) or "options" not in module.lowered or not concerns_framework(module):
        return
    for function in module.functions:
        for decorator in function.decorator_list:
            if isinstance(decorator, ast.Call) and _serves_options(decorator) and _is_about_preflights(function):
                yield _of_route(module, function, survey)
                break
        test = _answered_in(module, function)
        if test is not None:
            message = f"{function.name} answers every OPTIONS request itself. Preflights do not reach CORSMiddleware."
            remedy = "Leave preflights to CORSMiddleware."
            yield Violation(SLUG, message, Spot(module, test), {"handler": function.name}, "warning", remedy)


def _of_route(module: Module, function: ast.FunctionDef | ast.AsyncFunctionDef, survey: Survey) -> Violation:
    remedy = "Remove it: CORSMiddleware answers preflights before the routes."
    evidence = {"handler": function.name}
    if survey.answers_preflights_of(module, function):
        message = f"{function.name} answers OPTIONS by hand. No preflight reaches it, because CORSMiddleware answers first."
        return Violation(SLUG, message, Spot(module, function), evidence, "info", remedy)
    message = f"{function.name} answers OPTIONS by hand. Without CORS headers, it blocks every preflight."
    return Violation(SLUG, message, Spot(module, function), evidence, _severity(function), remedy)


def _answered_in(module: Module, function: ast.FunctionDef | ast.AsyncFunctionDef) -> ast.expr | None:
    """The test for OPTIONS of a middleware that writes CORS headers by hand, where what follows does not ask what is inside."""
    arguments = [argument.arg for argument in function.args.args]
    if arguments[-1:] != ["call_next"] and arguments[-3:] != ["scope", "receive", "send"]:
        return None
    around = module.scope_of(function).node
    written = ast.unparse(around if isinstance(around, ast.ClassDef) else function).lower()
    if "access-control-allow-" not in written:
        return None
    for node in ast.walk(function):
        if isinstance(node, ast.If) and _asks_for_options(node.test) and any(_answers(each) for each in node.body):
            return node.test
    return None


_INSIDE = {"call_next", "self.app", "app"}


def _answers(statement: ast.stmt) -> bool:
    """Whether a statement makes an answer without asking what is inside: returns it, keeps it, or sends it."""
    for node in ast.walk(statement):
        match node:
            case ast.Return(value=ast.expr() as value) | ast.Assign(value=value) | ast.Expr(value=ast.Await(value=value)):
                called = {ast.unparse(call.func) for call in ast.walk(value) if isinstance(call, ast.Call)}
                sends = isinstance(node, ast.Expr) and isinstance(value, ast.Call) and len(value.args) == 3
                if called and not called & _INSIDE and (sends or not isinstance(node, ast.Expr)) and _is_answer(node, value):
                    return True
    return False


def _is_answer(node: ast.AST, value: ast.expr) -> bool:
    """Whether what is kept is a response; whatever is returned or sent is one."""
    return not isinstance(node, ast.Assign) or (isinstance(value, ast.Call) and ast.unparse(value.func).endswith("Response"))


def _asks_for_options(test: ast.expr) -> bool:
    """`request.method == "OPTIONS"`, in any spelling, also as a part of a condition."""
    match test:
        case ast.BoolOp(op=ast.And(), values=values):
            return any(_asks_for_options(value) for value in values)
        case ast.Compare(left=left, ops=[ast.Eq()], comparators=[right]):
            sides = (left, right)
            named = any(isinstance(side, ast.Constant) and str(side.value).upper() == "OPTIONS" for side in sides)
            return named and any("method" in ast.unparse(side) for side in sides if not isinstance(side, ast.Constant))
        case _:
            return False


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
