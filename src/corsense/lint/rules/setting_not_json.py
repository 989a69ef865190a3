"""`setting-not-json` in source: a text that is not JSON is read as JSON."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator

from corsense.lint.program import Module
from corsense.lint.survey import Survey
from corsense.lint.values import Known, Setting, Spot
from corsense.lint.violations import Violation

SLUG = "setting-not-json"


def violations(module: Module, survey: Survey) -> Iterator[Violation]:
    """Each `json.loads` of a setting of CORS whose default is not JSON, where nothing catches what it raises."""
    for call in module.method_calls("json", "loads") if "json.loads" in module.text else ():
        match call:
            case ast.Call(args=[given, *_]) if _is_about_origins(module, call):
                for each in survey.evaluator.evaluate(given, survey.evaluator.frame_of(module, call)):
                    found = _not_json(each.value)
                    if found is not None and not _is_tried(module, call):
                        name, text = found
                        message = (
                            f"{name} is read as JSON, but its default {text!r} is not JSON. json.loads raises JSONDecodeError."
                        )
                        remedy = f"Write the default as JSON: {json.dumps([text.strip()])!r}."
                        yield Violation(SLUG, message, Spot(module, call), {"setting": name, "value": text}, "error", remedy)


def _is_about_origins(module: Module, call: ast.Call) -> bool:
    """Whether the statement of a call speaks of origins or CORS: the others are not followed."""
    written = ast.unparse(module.statement_of(call)).lower()
    return "origin" in written or "cors" in written


def _not_json(value: object) -> tuple[str, str] | None:
    match value:
        case Setting(name=name, default=Known(value=str(text))) if "cors" in name.lower() or "origin" in name.lower():
            try:
                json.loads(text)
            except ValueError:
                return name, text
            return None
        case _:
            return None


def _is_tried(module: Module, node: ast.AST) -> bool:
    inner, outer = node, module.parents[node]
    while outer is not inner:
        if isinstance(outer, ast.Try | ast.TryStar) and outer.handlers and inner in outer.body:
            return True
        inner, outer = outer, module.parents[outer]
    return False
