"""`foreign-write` in source: an app takes writes, and nothing keeps the pages of other sites from making them."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from corsense.lint.program import Module, dotted
from corsense.lint.survey import Survey
from corsense.lint.values import Spot
from corsense.lint.violations import Violation
from corsense.lint.writes import Writes

SLUG = "foreign-write"

_REMEDY = 'Run corsense fix --protect: it adds protection="report", which logs such writes and refuses nothing.'


def violations(module: Module, survey: Survey) -> Iterator[Violation]:
    """The first app of a module, where forms reach it with the user's cookies or without a login. Tokens in a header are safe."""
    if survey.evaluator.program.is_test(module.path):
        return
    call = next(_apps(module), None)
    writes = survey.writing_apps.unguarded(module.home) if call is not None else None
    if call is None or writes is None or writes.proof == "other":
        return
    name = _name(module, call)
    stacks = [stack for stack in survey.stacks if stack.scope.module is module and stack.name == name]
    cors = next((layer for stack in stacks for layer in reversed(stack.cors)), None)
    evidence = {"route": writes.route, "authentication": writes.proof, "bind": writes.bind, "app": name}
    yield Violation(SLUG, _message(writes), Spot(module, call), evidence, "info", _REMEDY, cors)


def _apps(module: Module) -> Iterator[ast.Call]:
    found = [*module.calls_of("FastAPI"), *module.calls_of("Starlette")]
    yield from (call for call in found if isinstance(module.parents.get(call), ast.Assign | ast.AnnAssign))


def _name(module: Module, call: ast.Call) -> str:
    match module.parents.get(call):
        case ast.Assign(targets=[target, *_]) | ast.AnnAssign(target=target):
            return dotted(target)
        case _:
            return ""


def _message(writes: Writes) -> str:
    stops = "CORS does not stop forms and other requests without a preflight."
    if writes.proof == "cookie":
        return f"A page of another site can send {writes.route}, and browsers may add the user's cookies: {stops}"
    if writes.bind is not None:
        where = f"the server listens on {writes.bind} and requires no login"
        return f"A page of another site can send {writes.route}: {where}, and {stops}"
    return f"A page of another site can send {writes.route}, which requires no login: {stops}"
