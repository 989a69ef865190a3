"""`unknown-keyword` in source: `app.middleware(CORSMiddleware, ...)`, which takes no class and none of its arguments."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from corsense.lint.layers import is_cors
from corsense.lint.program import Module
from corsense.lint.survey import Survey
from corsense.lint.values import Spot
from corsense.lint.violations import Violation

SLUG = "unknown-keyword"


def violations(module: Module, survey: Survey) -> Iterator[Violation]:
    """Each such call."""
    for call in module.calls_of("middleware"):
        match call:
            case ast.Call(func=ast.Attribute(value=app, attr="middleware"), args=[given, *_], keywords=[first, *_]):
                values = survey.evaluator.evaluate(given, survey.evaluator.frame_of(module, call))
                if any(is_cors(survey.evaluator, each.value) for each in values):
                    written = ast.unparse(call.func)
                    message = (
                        f"{written}() is a decorator and has no argument {first.arg!r}. It raises TypeError when the module is "
                        "imported."
                    )
                    remedy = f"Write {ast.unparse(app)}.add_middleware(CORSMiddleware, ...)."
                    yield Violation(SLUG, message, Spot(module, call), {"keyword": str(first.arg)}, "error", remedy)
