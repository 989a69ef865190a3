"""Comprehensions over lists of origins: `[origin.strip() for origin in setting.split(",") if origin]`."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TYPE_CHECKING

from corsense.lint.exclusions import is_ruled_out_by
from corsense.lint.values import (
    UNKNOWN,
    Alternative,
    Alternatives,
    Known,
    Listed,
    Setting,
    Split,
    Spot,
    Unknown,
    Value,
    bounded,
    only,
    taken_out,
    under,
)

if TYPE_CHECKING:
    from corsense.lint.evaluation import Evaluator, Frame


def comprehended(evaluator: Evaluator, node: ast.ListComp | ast.SetComp | ast.GeneratorExp, frame: Frame) -> Alternatives:
    """What a comprehension of one loop gives; two loops are not followed."""
    if len(node.generators) != 1 or not isinstance(node.generators[0].target, ast.Name):
        return UNKNOWN
    loop = node.generators[0]
    name = node.generators[0].target.id
    spot = Spot(frame.module, node)
    found: list[Alternative] = []
    keeps_none = any(is_ruled_out_by(test, frame.scope) for test in loop.ifs)
    for each in evaluator.evaluate(loop.iter, frame):
        value = _without_wildcard(each.value) if keeps_none else each.value
        made = _made(evaluator, value, name, node.elt, loop.ifs, frame, spot)
        found += under(only(made), each.path)
    return bounded(found)


def _made(
    evaluator: Evaluator, value: Value, name: str, element: ast.expr, tests: list[ast.expr], frame: Frame, spot: Spot
) -> Value:
    operations = _operations(element, name)
    match value:
        case Split() if operations is not None:
            return _after(replace(value, filtered=value.filtered or bool(tests)), operations)
        case Setting(default=default) if operations is not None:
            inner = _made(evaluator, default, name, element, tests, frame, spot) if default is not None else None
            slash = value.adds_slash and not any("/" in operation for operation in operations)
            return replace(value, default=inner, adds_slash=slash, is_text=False)
        case Listed(items=items, complete=complete):
            return Listed(tuple(_items(evaluator, items, name, element, tests, frame)), value.spot, complete)
        case _:
            return Unknown()


def _without_wildcard(value: Value) -> Value:
    """A list after `if origin != "*"`: what is known of it without the `*`."""
    match value:
        case Listed(items=items):
            return replace(value, items=tuple(item for item in items if not (isinstance(item, Known) and item.value == "*")))
        case Setting(default=default) if default is not None:
            return replace(value, default=_without_wildcard(default))
        case Split(text=Setting(default=Known(value=str(written))) as text) if "*" in written:
            return replace(value, text=replace(text, default=None))
        case _:
            return value


def _items(
    evaluator: Evaluator, items: tuple[Value, ...], name: str, element: ast.expr, tests: list[ast.expr], frame: Frame
) -> list[Value]:
    found: list[Value] = []
    for item in items:
        if tests and isinstance(item, Known) and not item.value:
            continue
        made = evaluator.evaluate(element, replace(frame, loop={**frame.loop, name: only(taken_out(item))}))
        found.append(made[0].value if len(made) == 1 else Unknown())
    return found


def _operations(element: ast.expr, name: str) -> list[str] | None:
    """The methods applied to the loop's variable, innermost first; None for anything else."""
    match element:
        case ast.Name(id=found) if found == name:
            return []
        case ast.Call(func=ast.Attribute(value=inner, attr=method), args=arguments):
            before = _operations(inner, name)
            return None if before is None else [*before, f"{method}({', '.join(map(ast.unparse, arguments))})"]
        case ast.Call(func=ast.Name(id="str"), args=[inner]):
            before = _operations(inner, name)
            return None if before is None else [*before, "str()"]
        case _:
            return None


def _after(split: Split, operations: list[str]) -> Split:
    made = split
    for operation in operations:
        if operation == "strip()":
            made = replace(made, strips=True)
        elif operation in ("rstrip('/')", "strip('/')", "removesuffix('/')"):
            made = replace(made, trims_slash=True)
    return made
