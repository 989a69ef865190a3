"""Policies of corsense in source: what `Policy(...)` would refuse when the app starts."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from corsense.lint.evaluation import Evaluator
from corsense.lint.program import Module
from corsense.lint.survey import Survey
from corsense.lint.values import External, Known, Listed, Spot, Value
from corsense.lint.violations import Violation

if TYPE_CHECKING:
    from corsense.policy import Policy

SLUG = ""
"""Any cause that a policy's fault can have."""

_PRESETS = ("development", "production", "public_api", "mobile")


def violations(module: Module, survey: Survey) -> Iterator[Violation]:
    """The faults of each policy whose arguments are all in sight."""
    if "corsense" not in module.text:
        return
    evaluator = survey.evaluator
    from corsense.faults import PolicyError
    from corsense.policy.origins import insecure_fault

    for call in module.calls:
        make = _maker(module, evaluator, call)
        if make is None or any(word.arg is None for word in call.keywords):
            continue
        first = [_constant(module, evaluator, node) for node in call.args]
        given = {str(word.arg): _constant(module, evaluator, word.value) for word in call.keywords}
        if any(value is NotImplemented for value in (*first, *given.values())):
            continue
        try:
            policy = make(*first, **given)
        except PolicyError as refused:
            for fault in refused.faults:
                spot = next((Spot(module, word) for word in call.keywords if word.arg == fault.field), Spot(module, call))
                evidence = {"value": fault.value if isinstance(fault.value, str) else repr(fault.value), "field": fault.field}
                yield Violation(fault.slug, fault.message, spot, evidence, "error", fault.remedy)
        except TypeError:
            continue  # arguments that no policy takes: Python says so when the program runs
        else:
            for origin in policy.insecure_development_origins:
                fault = insecure_fault("origins", origin)
                yield Violation(fault.slug, fault.message, Spot(module, call), {"value": origin}, "warning", fault.remedy)


def _maker(module: Module, evaluator: Evaluator, call: ast.Call) -> Callable[..., Policy] | None:
    """`Policy`, or the preset of it that a call calls; None for any other call."""
    from corsense.policy import Policy  # which most programs that are linted do not use

    match call.func:
        case ast.Attribute(value=owner, attr=name) if name in _PRESETS and _is_policy(module, evaluator, owner):
            preset: Callable[..., Policy] = getattr(Policy, name)
            return preset
        case _ if _is_policy(module, evaluator, call.func):
            return Policy
        case _:
            return None


def _is_policy(module: Module, evaluator: Evaluator, node: ast.expr) -> bool:
    if not ast.unparse(node).endswith("Policy"):
        return False
    values = [each.value for each in evaluator.evaluate(node, evaluator.frame_of(module, node))]
    return values in ([External("corsense.Policy")], [External("corsense.policy.Policy")])


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
