"""What calls give: functions of the program, the environment, and the methods that lists of origins pass through."""

from __future__ import annotations

import ast
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from corsense.lint.program import FunctionNode
from corsense.lint.values import (
    UNKNOWN,
    Alternative,
    Alternatives,
    ClassValue,
    CommandLine,
    External,
    FunctionValue,
    Instance,
    Known,
    Listed,
    Setting,
    Split,
    Spot,
    Table,
    Value,
    bounded,
    only,
    under,
)

if TYPE_CHECKING:
    from corsense.lint.evaluation import Evaluator, Frame

_ENVIRONMENT = ("os.getenv", "os.environ.get", "getenv", "environ.get", "os.environ.setdefault", "os.environ.pop")
_CONFIGS = (
    "decouple.config",
    "starlette.config.Config()",
    "environs.Env()",
    "environ.Env()",
    "environs.env",
    "decouple.AutoConfig()",
)
_LONGEST_TEXT = 100_000
_COLLECTIONS = ("list", "tuple", "set", "frozenset", "sorted")
_COMPILERS = ("re.compile", "regex.compile")
_CASTS_THAT_STRIP = ("CommaSeparatedStrings", "Csv")


def called(evaluator: Evaluator, call: ast.Call, frame: Frame) -> Alternatives:
    """What a call gives."""
    if isinstance(call.func, ast.Attribute):
        holder = evaluator.evaluate(call.func.value, frame)
        by_method = [(each, _method(each.value, call, evaluator, frame)) for each in holder]
        if any(found is not None for _, found in by_method):
            return bounded(one for each, found in by_method for one in under(found or UNKNOWN, each.path))
    return tuple(
        one
        for each in evaluator.evaluate(call.func, frame)
        for one in under(_call(each.value, call, evaluator, frame), each.path)
    )


def _call(function: Value, call: ast.Call, evaluator: Evaluator, frame: Frame) -> Alternatives:
    match function:
        case FunctionValue(node=node):
            return evaluator.returned(function, _arguments(node, call, evaluator, frame))
        case ClassValue():
            return only(Instance(function, call, frame))
        case External(name=name, called=False):
            return _external(name, call, evaluator, frame)
        case External(name=name, called=True):
            return _external(f"{name}()", call, evaluator, frame)
        case _:
            return UNKNOWN


def _arguments(node: FunctionNode, call: ast.Call, evaluator: Evaluator, frame: Frame) -> dict[str, Alternatives]:
    from corsense.lint.signatures import argument_of

    positional = [argument.arg for argument in (*node.args.posonlyargs, *node.args.args)]
    if isinstance(node, ast.Lambda):
        given = dict(zip(positional, call.args, strict=False))
    else:
        names = [*positional, *(argument.arg for argument in node.args.kwonlyargs)]
        given = {name: value for name in names if (value := argument_of(node, name, call)) is not None}
    found = {name: evaluator.evaluate(value, frame) for name, value in given.items()}
    if node.args.kwarg is not None:
        found[node.args.kwarg.arg] = only(evaluator.rest_of_call(node, call, frame))
    return found


def _external(name: str, call: ast.Call, evaluator: Evaluator, frame: Frame) -> Alternatives:
    spot = Spot(frame.module, call)
    first = call.args[0] if call.args else None
    if name in _ENVIRONMENT:
        return _from_environment(call, evaluator, frame)
    if name in _CONFIGS or any(name.startswith(f"{config}.") for config in _CONFIGS):
        return _configured(name, call, evaluator, frame)
    if name in ("dict",):
        return only(evaluator.called_dict(call, frame))
    if name.endswith(("ArgumentParser().parse_args", "ArgumentParser().parse_known_args")):
        return only(CommandLine(frame.module))
    if first is None:
        return only(Listed((), spot)) if name in _COLLECTIONS else only(External(name, called=True))
    if name in _COLLECTIONS:
        return _each(evaluator.evaluate(first, frame), _as_collection)
    if name in ("str", "typing.cast", "cast"):
        return _each(evaluator.evaluate(call.args[-1], frame), lambda value: value)
    if name == "bool" or (name in _COMPILERS and len(call.args) == 1 and not call.keywords):  # flags change what it matches
        return evaluator.evaluate(first, frame)
    if name == "json.loads":
        return _each(evaluator.evaluate(first, frame), lambda value: _from_json(value, spot))
    if name in ("filter", "map") and len(call.args) == 2:
        return _each(evaluator.evaluate(call.args[1], frame), lambda value: _mapped(name, call.args[0], value))
    if name == "getattr" and len(call.args) >= 2 and isinstance(call.args[1], ast.Constant):
        return _attribute_or_default(call, evaluator, frame)
    return only(External(name, called=True))


def _attribute_or_default(call: ast.Call, evaluator: Evaluator, frame: Frame) -> Alternatives:
    name = call.args[1]
    assert isinstance(name, ast.Constant)
    holders = evaluator.evaluate(call.args[0], frame)
    found = tuple(one for each in holders for one in under(evaluator.attribute(each.value, str(name.value)), each.path))
    if found != UNKNOWN or len(call.args) < 3:
        return found
    default = evaluator.evaluate(call.args[2], frame)
    spot = Spot(frame.module, call)
    return tuple(replace(each, value=Setting(str(name.value), each.value, spot)) for each in default)


def _from_environment(call: ast.Call, evaluator: Evaluator, frame: Frame) -> Alternatives:
    spot = Spot(frame.module, call)
    words = {word.arg: word.value for word in call.keywords}
    key = call.args[0] if call.args else words.get("key")
    name = key.value if isinstance(key, ast.Constant) else None
    default = call.args[1] if len(call.args) > 1 else words.get("default")
    label = str(name) if name is not None else "the environment"
    if default is None:
        return only(Setting(label, None, spot, is_text=True))
    return _with_default(label, evaluator.evaluate(default, frame), spot)


def _with_default(name: str, defaults: Alternatives, spot: Spot, *, is_text: bool = True) -> Alternatives:
    """A setting, once for each of its defaults; a variable that falls back to another variable falls back to its default."""
    found = []
    for each in defaults:
        default = each.value.default if isinstance(each.value, Setting) else each.value
        nothing = default is None or (isinstance(default, Known) and default.value is None)
        found.append(replace(each, value=Setting(name, None if nothing else default, spot, is_text=is_text)))
    return tuple(found)


def _configured(name: str, call: ast.Call, evaluator: Evaluator, frame: Frame) -> Alternatives:
    """`config("ORIGINS", default="...", cast=...)` of Starlette, python-decouple and environs."""
    spot = Spot(frame.module, call)
    words = {word.arg: word.value for word in call.keywords}
    key = call.args[0].value if call.args and isinstance(call.args[0], ast.Constant) else "the environment"
    cast = words.get("cast") or (call.args[1] if name.endswith("Config()") and len(call.args) > 1 else None)
    default = words.get("default")
    if default is None and not name.endswith("Config()") and len(call.args) > 1:
        default = call.args[1]
    texts = (
        only(Setting(str(key), None, spot, is_text=True))
        if default is None
        else _with_default(str(key), evaluator.evaluate(default, frame), spot)
    )
    if name.endswith((".list", ".json", ".bool", ".int", ".tuple")):
        return tuple(replace(each, value=replace(each.value, is_text=False)) for each in texts if isinstance(each.value, Setting))
    if cast is None:
        return texts
    if isinstance(cast, ast.Lambda):
        (function, *_) = evaluator.evaluate(cast, frame)
        assert isinstance(function.value, FunctionValue)
        argument = cast.args.args[0].arg if cast.args.args else ""
        return evaluator.returned(function.value, {argument: texts})
    if _last_name(cast) in _CASTS_THAT_STRIP:
        return tuple(replace(each, value=_listed_or(Split(each.value, ",", spot, strips=True))) for each in texts)
    if _last_name(cast) == "bool":
        return tuple(replace(each, value=replace(each.value, is_text=False)) for each in texts if isinstance(each.value, Setting))
    return UNKNOWN if _last_name(cast) != "str" else texts


def _listed_or(split: Split) -> Value:
    """A default that is a list already is not split again."""
    text = split.text
    return replace(text, is_text=False) if isinstance(text, Setting) and isinstance(text.default, Listed) else split


def _last_name(node: ast.expr) -> str:
    match node:
        case ast.Call(func=function):
            return _last_name(function)
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name
        case _:
            return ""


def _each(values: Alternatives, follow: Any) -> Alternatives:
    found: list[Alternative] = []
    for each in values:
        made = follow(each.value)
        found += [replace(each, value=made)] if made is not None else under(UNKNOWN, each.path)
    return tuple(found)


def _as_collection(value: Value) -> Value | None:
    return value if isinstance(value, Listed | Split | Setting) else None


def _from_json(value: Value, spot: Spot) -> Value | None:
    match value:
        case Known(value=str(text)):
            return json_value(text, value.spot)
        case Setting(default=Known(value=str(text), spot=place)):
            return replace(value, default=json_value(text, place), is_text=False)
        case Setting(default=None):
            return replace(value, is_text=False)
        case _:
            return None


def json_value(text: str, spot: Spot) -> Value | None:
    """What a JSON text holds, a list of strings or a constant; None for anything else."""
    try:
        found = json.loads(text)
    except ValueError:
        return None
    if isinstance(found, list) and all(isinstance(item, str) for item in found):
        return Listed(tuple(Known(item, spot) for item in found), spot)
    return Known(found, spot) if isinstance(found, str | bool | None) else None


def _mapped(name: str, function: ast.expr, value: Value) -> Value | None:
    """`map(str.strip, xs)`, `filter(None, xs)`."""
    written = ast.unparse(function)
    if name == "filter" and (written in ("None", "bool", "len") or "strip" in written):
        return replace(value, filtered=True) if isinstance(value, Split) else value
    if name == "map" and (written == "str.strip" or ".strip()" in written):
        return stripped(value)
    return value if name == "map" and written == "str" else None


def stripped(value: Value) -> Value | None:
    """A list with the blanks around its items removed."""
    match value:
        case Split():
            return replace(value, strips=True)
        case Listed(items=items):
            return replace(value, items=tuple(_stripped_text(item, "strip", ()) or item for item in items))
        case Setting(default=default):
            return replace(value, default=stripped(default) if default is not None else None)
        case _:
            return None


_TEXT_METHODS = (
    "strip",
    "lstrip",
    "rstrip",
    "lower",
    "upper",
    "replace",
    "removesuffix",
    "removeprefix",
    "encode",
    "decode",
    "format",
)


def _method(value: Value, call: ast.Call, evaluator: Evaluator, frame: Frame) -> Alternatives | None:
    """A method of a string, a dict or a settings object; None for others."""
    assert isinstance(call.func, ast.Attribute)
    method, spot = call.func.attr, Spot(frame.module, call)
    match value:
        case Table(entries=table) if method == "get" and call.args:
            key = call.args[0]
            name = key.value if isinstance(key, ast.Constant) else None
            if name in table:
                return table[str(name)]
            return evaluator.evaluate(call.args[1], frame) if len(call.args) > 1 and value.complete and name else UNKNOWN
        case Table() if method in ("copy",):
            return only(value)
        case Listed() if method == "copy":
            return only(value)
        case Known(value=str()) | Setting() | Split() if method in _TEXT_METHODS:
            found = _stripped_text(value, method, tuple(_constants(call)))
            return only(found) if found is not None else UNKNOWN
        case Known(value=str(separator)) if method == "join" and call.args:
            return _each(evaluator.evaluate(call.args[0], frame), lambda items: _joined(separator, items, spot))
        case Known(value=str()) | Setting(is_text=True) | Setting(default=Known(value=str())) if method in (
            "split",
            "splitlines",
        ):
            if method == "splitlines":
                return only(Split(value, "\n", spot))
            return _each(_separators(call, evaluator, frame), lambda at: _split_at(value, at, spot))
        case Instance(made_of=made_of):
            return _bound_method(made_of, value, method, call, evaluator, frame)
        case ClassValue():
            return _bound_method(value, value, method, call, evaluator, frame)
        case _:
            return None


def _separators(call: ast.Call, evaluator: Evaluator, frame: Frame) -> Alternatives:
    """Where `split` takes a text apart: at blanks where it gets no separator."""
    words = {word.arg: word.value for word in call.keywords}
    given = call.args[0] if call.args else words.get("sep")
    return evaluator.evaluate(given, frame) if given is not None else only(Known(None, Spot(frame.module, call)))


def _split_at(text: Value, separator: Value, spot: Spot) -> Value | None:
    match separator:
        case Known(value=None):
            return Split(text, None, spot, strips=True)
        case Known(value=str(at)) if at:
            return Split(text, at, spot)
        case _:
            return None


def _bound_method(
    owner: ClassValue, holder: Value, name: str, call: ast.Call, evaluator: Evaluator, frame: Frame
) -> Alternatives | None:
    from corsense.lint.settings import method_of

    function = method_of(evaluator, owner, name)
    if function is None:
        return None
    arguments = _arguments(function.node, call, evaluator, frame)
    first = next(iter(function.node.args.args), None)
    if first is not None and first.arg in ("self", "cls"):
        arguments[first.arg] = only(holder)
    return evaluator.returned(function, arguments)


def _constants(call: ast.Call) -> list[str | None]:
    return [node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None for node in call.args]


def _stripped_text(value: Value, method: str, arguments: tuple[str | None, ...]) -> Value | None:
    """What a method makes of a text; of a setting, of its default."""
    match value:
        case Known(value=str(text)) if None not in arguments and method not in ("encode", "decode", "format"):
            try:
                made = getattr(text, method)(*arguments)
            except TypeError:  # not what the method takes: the program would fail here
                return None
            return replace(value, value=made) if len(made) <= _LONGEST_TEXT else None
        case Setting(default=None):
            return _without_blanks(value, method, arguments)
        case Setting(default=default) if default is not None:
            inner = _stripped_text(default, method, arguments)
            made = replace(value, default=inner) if inner is not None else None
            return made and _without_blanks(made, method, arguments)
        case _:
            return None


def _without_blanks(setting: Setting, method: str, arguments: tuple[str | None, ...]) -> Setting:
    return replace(setting, blank_free=True) if (method, arguments) == ("replace", (" ", "")) else setting


def _joined(separator: str, items: Value, spot: Spot) -> Value | None:
    match items:
        case Listed(items=found, complete=True) if all(isinstance(item, Known) for item in found):
            return Known(separator.join(str(item.value) for item in found if isinstance(item, Known)), spot)
        case _:
            return None
