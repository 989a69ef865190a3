"""`nested-origins` in source: an entry of a list is itself a list."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from corsense.lint.layers import CorsLayer
from corsense.lint.values import Listed, Nested, Setting, Value
from corsense.lint.violations import Violation

SLUG = "nested-origins"


def violations(layer: CorsLayer) -> Iterator[Violation]:
    """One violation per argument."""
    for argument in ("allow_origins", "allow_methods", "allow_headers", "expose_headers"):
        for each in layer.argument(argument):
            found = _nested(each.value)
            if found is not None:
                node = found.spot.node
                comma = isinstance(node, ast.Tuple) and len(node.elts) == 1
                what = "A comma after the list makes a tuple of it" if comma else "A list stands inside the list"
                effect = "no origin equals a list" if argument == "allow_origins" else "the app answers every request with a 500"
                message = f"{argument} must hold strings, not a list. {what}, and {effect}."
                remedy = "Remove the comma after the list." if comma else "Unpack the inner list: [*origins]."
                yield Violation(SLUG, message, found.spot, {"argument": argument}, remedy=remedy, layer=layer)
                break


def _nested(value: Value) -> Nested | None:
    match value:
        case Listed(items=items):
            return next((item for item in items if isinstance(item, Nested)), None)
        case Setting(default=Listed() as default):
            return _nested(default)
        case _:
            return None
