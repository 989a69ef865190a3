"""`mounted-app-without-cors` in source: of several mounted apps some have a CORS layer and some have none."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from corsense.lint.evaluation import Evaluator
from corsense.lint.program import Module, dotted
from corsense.lint.stacks import is_app
from corsense.lint.survey import Survey
from corsense.lint.values import Spot
from corsense.lint.violations import Violation

SLUG = "mounted-app-without-cors"


def violations(module: Module, survey: Survey) -> Iterator[Violation]:
    """Apps without a layer that are mounted beside one with a layer, where the app around them has none either."""
    if ".mount(" not in module.text:
        return
    covered = {stack.name for stack in survey.stacks if stack.scope.module is module} | set(_with_layers(module))
    if not covered:
        return
    by_owner: dict[str, list[tuple[ast.Call, str, str]]] = {}
    for owner, call, name, prefix in _mounts(survey.evaluator, module):
        by_owner.setdefault(owner, []).append((call, name, prefix))
    for owner, mounts in by_owner.items():
        if owner not in covered and any(name in covered for _, name, _ in mounts):
            for call, name, prefix in mounts:
                if name not in covered:
                    message = f"The app mounted at {prefix!r} has no CORSMiddleware, and none is in front of it."
                    yield Violation(
                        SLUG, message, Spot(module, call), {"prefix": prefix}, remedy=f"Put CORSMiddleware on {owner}."
                    )


def _mounts(evaluator: Evaluator, module: Module) -> Iterator[tuple[str, ast.Call, str, str]]:
    for call in module.calls_of("mount"):
        match call:
            case ast.Call(func=ast.Attribute(value=owner), args=[ast.Constant(value=str(prefix)), ast.Name() as app, *_]):
                if is_app(evaluator, module, app):
                    yield dotted(owner), call, app.id, prefix


def _with_layers(module: Module) -> Iterator[str]:
    """The apps that some CORS layer is added to."""
    for call in module.calls_of("add_middleware"):
        match call:
            case ast.Call(func=ast.Attribute(value=app), args=[given, *_]) if "CORS" in ast.unparse(given):
                yield dotted(app)
