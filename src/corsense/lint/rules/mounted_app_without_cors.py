"""`mounted-app-without-cors` in source: of several mounted apps some have a CORS layer and some have none."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from corsense.lint.evaluation import Evaluator
from corsense.lint.marks import Mark
from corsense.lint.program import Module
from corsense.lint.stacks import Stack, is_app
from corsense.lint.values import Spot

SLUG = "mounted-app-without-cors"


def marks(stack: Stack, evaluator: Evaluator) -> Iterator[Mark]:
    """Apps that are mounted beside the one of this stack and have no layer, where the app around them has none either."""
    module = stack.scope.module
    mounts = list(_mounts(evaluator, module))
    ours = [mount for mount in mounts if mount[2] == stack.name]
    covered = {stack.name, *_with_layers(module)}
    for owner, _, _, _ in ours:
        if owner in covered:
            continue
        for other, call, name, prefix in mounts:
            if other == owner and name not in covered:
                message = f"The app mounted at {prefix!r} has no CORSMiddleware of its own, and none is in front of it."
                yield Mark(SLUG, message, Spot(module, call), {"prefix": prefix}, remedy=f"Put CORSMiddleware on {owner}.")


def _mounts(evaluator: Evaluator, module: Module) -> Iterator[tuple[str, ast.Call, str, str]]:
    for call in module.calls:
        match call:
            case ast.Call(
                func=ast.Attribute(attr="mount", value=owner), args=[ast.Constant(value=str(prefix)), ast.Name() as app, *_]
            ):
                if is_app(evaluator, module, app):
                    yield ast.unparse(owner), call, app.id, prefix


def _with_layers(module: Module) -> set[str]:
    """The apps that some CORS layer is added to."""
    return {
        ast.unparse(call.func.value)
        for call in module.calls
        if isinstance(call.func, ast.Attribute)
        and call.func.attr == "add_middleware"
        and call.args
        and "CORS" in ast.unparse(call.args[0])
    }
