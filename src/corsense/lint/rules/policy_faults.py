"""Policies of corsense in source: what `Policy(...)` would refuse when the app starts."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

from corsense.faults import PolicyError
from corsense.lint.evaluation import Evaluator
from corsense.lint.marks import Mark
from corsense.lint.program import Module
from corsense.lint.values import External, Known, Listed, Spot, Value
from corsense.policy import Policy


def marks(module: Module, evaluator: Evaluator) -> Iterator[Mark]:
    """The faults of each policy whose arguments are all in sight."""
    if "corsense" not in module.text:
        return
    for call in module.calls:
        if not _is_policy(module, evaluator, call) or call.args or any(word.arg is None for word in call.keywords):
            continue
        given = {str(word.arg): _constant(module, evaluator, word.value) for word in call.keywords}
        if NotImplemented in given.values():
            continue
        try:
            Policy(**given)
        except PolicyError as refused:
            for fault in refused.faults:
                spot = next((Spot(module, word) for word in call.keywords if word.arg == fault.field), Spot(module, call))
                evidence = {"value": fault.value if isinstance(fault.value, str) else repr(fault.value), "field": fault.field}
                yield Mark(fault.slug, fault.message, spot, evidence, "error", fault.remedy)


def _is_policy(module: Module, evaluator: Evaluator, call: ast.Call) -> bool:
    if not ast.unparse(call.func).endswith("Policy"):
        return False
    values = evaluator.evaluate(call.func, evaluator.frame_of(module, call))
    return [each.value for each in values] in (
        [External("corsense.Policy")],
        [External("corsense.policy.Policy")],
    )


def _constant(module: Module, evaluator: Evaluator, node: ast.expr) -> Any:
    values = evaluator.evaluate(node, evaluator.frame_of(module, node))
    return _plain(values[0].value) if len(values) == 1 else NotImplemented


def _plain(value: Value) -> Any:
    match value:
        case Known(value=constant):
            return constant
        case Listed(items=items, complete=True):
            found = [_plain(item) for item in items]
            return NotImplemented if NotImplemented in found else found
        case _:
            return NotImplemented
