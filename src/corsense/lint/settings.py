"""Fields of classes: pydantic settings with their defaults, dataclasses, plain configuration classes."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from corsense.lint.values import (
    UNKNOWN,
    Alternative,
    Alternatives,
    ClassValue,
    External,
    FunctionValue,
    Instance,
    Known,
    Listed,
    Setting,
    Split,
    Spot,
    Table,
    Unknown,
    Value,
    only,
    under,
)

if TYPE_CHECKING:
    from corsense.lint.evaluation import Evaluator, Frame

_PROPERTIES = ("property", "cached_property", "computed_field")
_URLS = ("AnyHttpUrl", "HttpUrl", "AnyUrl", "AnyWebsocketUrl")
_URL = re.compile(rf"(?:\b\w+\.)?\b(?:{'|'.join(_URLS)})\b")


def field_of(evaluator: Evaluator, holder: Instance | ClassValue, name: str) -> Alternatives:
    """What an attribute of a class or of an object made of it is."""
    owner = holder.made_of if isinstance(holder, Instance) else holder
    given = _given(evaluator, holder, name) if isinstance(holder, Instance) and holder.frame is not None else ()
    if given:
        return given
    for base in lineage(evaluator, owner):
        found = _own_field(evaluator, base, holder, name, is_settings(evaluator, owner))
        if found:
            return found
    return UNKNOWN


def _given(evaluator: Evaluator, holder: Instance, name: str) -> Alternatives:
    """What the call that made an object gives for a field, by name or in a dict that it spreads; empty where it gives none."""
    assert holder.frame is not None
    found: list[Alternative] = []
    for word in holder.call.keywords:
        if word.arg == name:
            return evaluator.evaluate(word.value, holder.frame)
        if word.arg is None:
            for each in evaluator.evaluate(word.value, holder.frame):
                if isinstance(each.value, Table) and name in each.value.entries:
                    found += under(each.value.entries[name], each.path)
    return tuple(found)


def _own_field(evaluator: Evaluator, owner: ClassValue, holder: Instance | ClassValue, name: str, settings: bool) -> Alternatives:
    method = _method(owner, name)
    if method is not None:
        if not any(_is_property(decorator) for decorator in method.decorator_list):
            return only(FunctionValue(owner.module, owner.module.scope_within(owner.node), method))
        function = FunctionValue(owner.module, owner.module.scope_within(owner.node), method)
        first = next(iter(method.args.args), None)
        return evaluator.returned(function, {first.arg: only(holder)} if first is not None else {})
    scope = owner.module.scope_within(owner.node)
    if name in scope.bindings:
        return _declared(evaluator, owner, name, settings)
    return _set_by_init(evaluator, owner, name)


def _declared(evaluator: Evaluator, owner: ClassValue, name: str, settings: bool) -> Alternatives:
    from corsense.lint.evaluation import Frame

    scope = owner.module.scope_within(owner.node)
    node = scope.bindings[name][-1]
    annotation = ast.unparse(node.annotation) if isinstance(node, ast.AnnAssign) else ""
    value = node.value if isinstance(node, ast.AnnAssign | ast.Assign) else None
    spot = Spot(owner.module, node)
    default = _default(evaluator, value, Frame(scope)) if value is not None else None
    if len(scope.bindings[name]) > 1:
        default = evaluator.name(name, Frame(scope), owner.node)  # a default that a condition changes
    slash = isinstance(node, ast.AnnAssign) and _makes_urls(node.annotation) and _is_pydantic_2(owner)
    if not settings and not slash:
        return default or UNKNOWN
    text = annotation.replace(" ", "") in ("str", "str|None", "Optional[str]", "'str'", "None|str", "typing.Optional[str]")
    text = text and not _is_validated(owner, name)
    made = Setting(name, None, spot, is_text=text, adds_slash=slash)
    if not default:
        return only(made)
    if _is_validated(owner, name):
        default = tuple(replace(each, value=_as_validated(each.value, spot)) for each in default)
    if any(isinstance(each.value, Instance | Setting) for each in default):
        return default
    return tuple(replace(each, value=replace(made, default=_or_none(each))) for each in default)


def _makes_urls(annotation: ast.expr) -> bool:
    """Whether pydantic makes URLs of texts, each with a slash at its end. Where an annotation also takes texts, as in
    `AnyHttpUrl | str` and `list[AnyHttpUrl] | list[str]`, they stay as they are. Source: Pydantic, *Unions*, smart mode."""
    match annotation:
        case ast.Constant(value=str(text)):
            return _makes_urls(written) if (written := _parsed(text)) is not None else False
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name in _URLS
        case ast.Subscript(slice=ast.Tuple(elts=[first, *_])) if _last(annotation.value) == "Annotated":
            return _makes_urls(first)
        case ast.Subscript(value=holder, slice=inner) if _last(holder) not in ("Union", "Optional"):
            return any(map(_makes_urls, inner.elts if isinstance(inner, ast.Tuple) else [inner]))
        case _:
            members = list(_members(annotation))
            texts = {_shape(member) for member in members if not _makes_urls(member)}
            return any(_makes_urls(member) and _shape(member) not in texts for member in members)


def _members(annotation: ast.expr) -> Iterator[ast.expr]:
    """The parts of a union, however it is written; none for what is no union."""
    match annotation:
        case ast.BinOp(left=left, op=ast.BitOr(), right=right):
            for part in (left, right):
                yield from _members(part) if isinstance(part, ast.BinOp) else [part]
        case ast.Subscript(value=holder, slice=inner) if _last(holder) in ("Union", "Optional"):
            yield from inner.elts if isinstance(inner, ast.Tuple) else [inner]
        case _:
            return


def _shape(annotation: ast.expr) -> str:
    """An annotation with every URL and text alike: of the same shape are `list[AnyHttpUrl]` and `list[str]`."""
    return _URL.sub("str", ast.unparse(annotation)).lower()


def _last(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _parsed(text: str) -> ast.expr | None:
    try:
        return ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError):
        return None


def _as_validated(default: Value, spot: Spot) -> Value:
    """A default that is one string, where a validator makes the list of it."""
    return Split(default, ",", spot, strips=True) if isinstance(default, Known) and isinstance(default.value, str) else default


def _or_none(default: Alternative) -> Value | None:
    value = default.value
    return None if isinstance(value, Unknown) or (isinstance(value, Known) and value.value in (None, ...)) else value


def _default(evaluator: Evaluator, value: ast.expr, frame: Frame) -> Alternatives:
    """A field's default, out of `Field(...)` where it is in one."""
    match value:
        case ast.Call(
            func=ast.Name(id="Field" | "field") | ast.Attribute(attr="Field" | "field"), args=arguments, keywords=words
        ):
            given = {word.arg: word.value for word in words}
            if "default_factory" in given:
                made = evaluator.evaluate(given["default_factory"], frame)
                return tuple(
                    one
                    for each in made
                    for one in under(_made(evaluator, each.value, given["default_factory"], frame), each.path)
                )
            default = given.get("default") or (arguments[0] if arguments else None)
            return evaluator.evaluate(default, frame) if default is not None else ()
        case _:
            return evaluator.evaluate(value, frame)


def _made(evaluator: Evaluator, factory: Value, node: ast.expr, frame: Frame) -> Alternatives:
    match factory:
        case FunctionValue():
            return evaluator.returned(factory, {})
        case ClassValue():
            return only(Instance(factory, ast.Call(func=node, args=[], keywords=[])))
        case External(name="list" | "set" | "tuple"):
            return only(Listed((), Spot(frame.module, node)))
        case _:
            return UNKNOWN


def _set_by_init(evaluator: Evaluator, owner: ClassValue, name: str) -> Alternatives:
    """`self.name = value` in `__init__`."""
    for method in ("__init__", "__post_init__"):
        made = _method(owner, method)
        for node in ast.walk(made) if made is not None else ():
            match node:
                case (
                    ast.Assign(targets=[ast.Attribute(value=ast.Name(id="self"), attr=found)], value=value)
                    | ast.AnnAssign(target=ast.Attribute(value=ast.Name(id="self"), attr=found), value=ast.expr() as value)
                ) if found == name:
                    return evaluator.evaluate(value, evaluator.frame_of(owner.module, value))
    return ()


def method_of(evaluator: Evaluator, owner: ClassValue, name: str) -> FunctionValue | None:
    """A method of a class or of the classes that it is made from."""
    for base in lineage(evaluator, owner):
        found = _method(base, name)
        if found is not None:
            return FunctionValue(base.module, base.module.scope_within(base.node), found)
    return None


def _method(owner: ClassValue, name: str) -> ast.FunctionDef | ast.AsyncFunctionDef | None:
    for statement in owner.node.body:
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef) and statement.name == name:
            return statement
    return None


def _is_property(decorator: ast.expr) -> bool:
    node = decorator.func if isinstance(decorator, ast.Call) else decorator
    name = node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
    return name in _PROPERTIES


def lineage(evaluator: Evaluator, owner: ClassValue) -> Iterator[ClassValue]:
    """A class and the classes of the program that it is made from."""
    seen: set[ast.ClassDef] = set()
    waiting = [owner]
    while waiting:
        found = waiting.pop(0)
        if found.node in seen:
            continue
        seen.add(found.node)
        yield found
        for base in found.node.bases:
            for each in evaluator.evaluate(base, evaluator.frame_of(found.module, found.node)):
                if isinstance(each.value, ClassValue):
                    waiting.append(each.value)


def bases(evaluator: Evaluator, owner: ClassValue) -> Iterator[str]:
    """The names of the classes of other packages that a class is made from."""
    for found in lineage(evaluator, owner):
        for base in found.node.bases:
            for each in evaluator.evaluate(base, evaluator.frame_of(found.module, found.node)):
                if isinstance(each.value, External):
                    yield each.value.name


def is_settings(evaluator: Evaluator, owner: ClassValue) -> bool:
    """Whether a class reads its fields from the environment."""
    return any(name.rpartition(".")[2] == "BaseSettings" for name in bases(evaluator, owner))


def _is_pydantic_2(owner: ClassValue) -> bool:
    words = ("pydantic_settings", "field_validator", "model_validat", "model_config", "computed_field", "ConfigDict")
    return any(word in owner.module.text for word in words)


def _is_validated(owner: ClassValue, name: str) -> bool:
    """Whether a validator makes something else of what is set."""
    for statement in owner.node.body:
        if isinstance(statement, ast.FunctionDef):
            for decorator in statement.decorator_list:
                named = {node.value for node in getattr(decorator, "args", ()) if isinstance(node, ast.Constant)}
                if isinstance(decorator, ast.Call) and "validator" in ast.unparse(decorator.func) and named & {name, "*"}:
                    return True
    return False
