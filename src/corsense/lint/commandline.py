"""Values of the command line: what `argparse` gives for an argument, and its default where it is not given."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from corsense.lint.values import UNKNOWN, Alternatives, Known, Listed, Setting, Spot, Value, only

if TYPE_CHECKING:
    from corsense.lint.evaluation import Evaluator
    from corsense.lint.program import Module


_ARGUMENTS: WeakKeyDictionary[Module, dict[str | None, ast.Call]] = WeakKeyDictionary()


def argument_named(evaluator: Evaluator, module: Module, name: str) -> Alternatives:
    """What the attribute `name` of the parsed arguments is: a setting with the default of its `add_argument`."""
    if module not in _ARGUMENTS:
        calls = [call for call in module.calls_of("add_argument") if isinstance(call.func, ast.Attribute)]
        _ARGUMENTS[module] = {_destination(call): call for call in reversed(calls)}
    found = _ARGUMENTS[module].get(name)
    return _setting(evaluator, module, found, name) if found is not None else UNKNOWN


def _destination(call: ast.Call) -> str | None:
    """The attribute that an argument becomes: `dest`, the first long option, or the name as it is."""
    words = {word.arg: word.value for word in call.keywords}
    if isinstance(words.get("dest"), ast.Constant):
        return str(getattr(words["dest"], "value", ""))
    flags = [node.value for node in call.args if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    long = next((flag for flag in flags if flag.startswith("--")), None)
    chosen = long or next(iter(flags), None)
    return chosen.lstrip("-").replace("-", "_") if chosen else None


def _setting(evaluator: Evaluator, module: Module, call: ast.Call, name: str) -> Alternatives:
    words = {word.arg: word.value for word in call.keywords}
    spot = Spot(module, call)
    action = words.get("action")
    kind = action.value if isinstance(action, ast.Constant) else None
    made = Setting(f"--{name.replace('_', '-')}", None, spot, is_text=kind is None and not words.keys() & {"type", "nargs"})
    if "default" not in words:
        flag = {"store_true": False, "store_false": True}.get(str(kind))
        return only(made if flag is None else replace(made, default=Known(flag, spot)))
    found = evaluator.evaluate(words["default"], evaluator.frame_of(module, call))
    return tuple(replace(each, value=replace(made, default=_converted(each.value, words))) for each in found)


def _converted(default: Value, words: dict[str | None, ast.expr]) -> Value | None:
    """A default after the argument's `type`, which argparse applies to strings only."""
    match default:
        case Known(value=str(text), spot=spot) if "type" in words and ast.unparse(words["type"]).endswith("json.loads"):
            from corsense.lint.calls import json_value

            return json_value(text, spot)
        case Known() | Listed():
            return None if isinstance(default, Known) and default.value is None else default
        case _:
            return None
