"""`CorsCall`: the call that configures a CORS middleware, in any of the forms it is written in."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from corsense.fix.edits.layout import Items, call_items
from corsense.fix.edits.names import binding, dotted, loads
from corsense.fix.edits.source import Source

Form = Literal["added", "item", "wrapped"]

KEYWORDS = frozenset({"allow_origins", "allow_methods", "allow_headers", "expose_headers"})
"""The keywords that take a collection of strings."""


@dataclass(frozen=True, slots=True)
class CorsCall:
    """`app.add_middleware(CORSMiddleware, ...)` (added), `Middleware(CORSMiddleware, ...)` (item), `CORSMiddleware(app, ...)`
    or `install(app, ...)` (wrapped). `arguments` are its keywords, those of `**options` with a dict in sight included;
    `complete` tells that there are no others."""

    source: Source
    node: ast.Call
    form: Form
    arguments: dict[str, ast.expr]
    complete: bool

    @property
    def items(self) -> Items:
        """The arguments as written."""
        return call_items(self.source, self.node)

    @property
    def statement(self) -> ast.stmt:
        """The statement that holds the call."""
        return statement_of(self.source, self.node)


def cors_call(source: Source, line: int) -> CorsCall | None:
    """The CORS call at `line`, which a traceback or a syntax tree names: one that begins there, or else the innermost that
    covers it, or else the only one inside the call that begins there. None when there is none or a choice."""
    found = list(cors_calls(source))
    for eligible in (_beginning(source, found, line), _innermost(source, found, line), _within(source, found, line)):
        if eligible:
            return eligible[0] if len(eligible) == 1 else None
    return None


def cors_calls(source: Source) -> Iterator[CorsCall]:
    """Every CORS call of the program that hides nothing behind positional arguments."""
    classes = _class_names(source)
    wrappers = {"Middleware", *_aliases(source, "Middleware")}
    installers = _installers(source)
    for node in source.nodes:
        if isinstance(node, ast.Call) and (form := _form(node, classes | installers, wrappers)) is not None:
            positional = node.args[1:] if form == "wrapped" or not _class_by_keyword(node) else node.args
            if positional or any(isinstance(argument, ast.Starred) for argument in node.args):
                continue
            arguments, complete = _arguments(source, node)
            yield CorsCall(source, node, form, arguments, complete)


def statement_of(source: Source, node: ast.AST) -> ast.stmt:
    """The innermost statement that holds `node`."""
    while not isinstance(node, ast.stmt):
        node = source.parents[node]
    return node


def siblings(source: Source, statement: ast.stmt) -> list[ast.stmt]:
    """The block of statements that `statement` is in, itself included."""
    for _, value in ast.iter_fields(source.parents[statement]):
        if isinstance(value, list) and statement in value:
            return value
    return [statement]


def _beginning(source: Source, found: list[CorsCall], line: int) -> list[CorsCall]:
    starts = [call for call in found if line in (call.node.lineno, _callee_line(call.node))]
    # `CORSMiddleware(CORSMiddleware(app, ...), ...)` on one line: no telling which.
    return starts


def _innermost(source: Source, found: list[CorsCall], line: int) -> list[CorsCall]:
    covering = [call for call in found if _covers(call.node, line)]
    inner = min(covering, key=lambda call: source.end(call.node) - source.start(call.node), default=None)
    return [] if inner is None else [inner]


def _within(source: Source, found: list[CorsCall], line: int) -> list[CorsCall]:
    starts = [n for n in source.nodes if isinstance(n, ast.Call) and line in (n.lineno, _callee_line(n))]
    outer = max(starts, key=lambda node: source.end(node) - source.start(node), default=None)
    if outer is None:
        return []
    return [call for call in found if outer.lineno <= call.node.lineno and (call.node.end_lineno or 0) <= (outer.end_lineno or 0)]


def _callee_line(node: ast.Call) -> int:
    # Where `(app\n.add_middleware(...))` is called, a traceback shows the line of the attribute.
    return node.func.end_lineno or node.lineno


def _covers(node: ast.Call, line: int) -> bool:
    return node.lineno <= line <= (node.end_lineno or node.lineno)


def _form(node: ast.Call, classes: set[str], wrappers: set[str]) -> Form | None:
    if _is_class(node.func, classes):
        return "wrapped"
    given = _class_by_keyword(node) or (node.args[0] if node.args else None)
    if given is None or not _is_class(given, classes):
        return None
    if isinstance(node.func, ast.Attribute) and node.func.attr == "add_middleware":
        return "added"
    name = dotted(node.func)
    return "item" if name is not None and name.rpartition(".")[2] in wrappers else None


def _class_by_keyword(node: ast.Call) -> ast.expr | None:
    return next((keyword.value for keyword in node.keywords if keyword.arg in ("middleware_class", "cls")), None)


def _is_class(node: ast.expr, classes: set[str]) -> bool:
    name = dotted(node)
    if name is None:
        return False
    return name.rpartition(".")[2] == "CORSMiddleware" or name in classes


def _class_names(source: Source) -> set[str]:
    """The names that mean a CORS middleware class here: itself, its aliases, and subclasses that keep its signature."""
    names = {"CORSMiddleware", *_aliases(source, "CORSMiddleware")}
    for node in source.nodes:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Name() | ast.Attribute() as value) if _is_class(value, names):
                names.add(name)
            case ast.ClassDef(name=name, bases=[base], body=body) if _is_class(base, names) and not _has_constructor(body):
                names.add(name)
    return names


def _installers(source: Source) -> set[str]:
    """The names of corsense's `install`, which takes what its middleware takes."""
    imports = [node for node in source.nodes if isinstance(node, ast.ImportFrom) and node.module == "corsense"]
    found = {alias.asname or alias.name for node in imports for alias in node.names if alias.name == "install"}
    plain = [alias for node in source.nodes if isinstance(node, ast.Import) for alias in node.names if alias.name == "corsense"]
    return found | {f"{alias.asname or alias.name}.install" for alias in plain}


def _has_constructor(body: list[ast.stmt]) -> bool:
    return any(isinstance(node, ast.FunctionDef) and node.name in ("__init__", "__new__") for node in body)


def _aliases(source: Source, name: str) -> set[str]:
    return {
        alias.asname or alias.name
        for node in source.nodes
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
        if alias.name == name
    }


def _arguments(source: Source, node: ast.Call) -> tuple[dict[str, ast.expr], bool]:
    arguments: dict[str, ast.expr] = {}
    complete = True
    for keyword in node.keywords:
        if keyword.arg is not None:
            arguments[keyword.arg] = keyword.value
        elif (options := _options(source, keyword.value)) is not None:
            arguments.update(options)
        else:
            complete = False
    return arguments, complete


def _options(source: Source, value: ast.expr) -> dict[str, ast.expr] | None:
    """The entries of a dict that is written out and never touched except by `**`; None for any other."""
    match value:
        case ast.Name(id=name):
            bound = binding(source, value)
            sole = None if bound is None else bound.sole
            if not isinstance(sole, ast.Dict | ast.Call) or not all(_is_unpacked(source, load) for load in loads(source, name)):
                return None
            return _options(source, sole)
        case ast.Dict(keys=keys, values=values):
            names = [key.value for key in keys if isinstance(key, ast.Constant) and isinstance(key.value, str)]
            return dict(zip(names, values, strict=True)) if len(names) == len(keys) else None
        case ast.Call(func=ast.Name(id="dict"), args=[], keywords=keywords):
            entries = {keyword.arg: keyword.value for keyword in keywords if keyword.arg is not None}
            return entries if len(entries) == len(keywords) else None
    return None


def _is_unpacked(source: Source, load: ast.Name) -> bool:
    parent = source.parents[load]
    return isinstance(parent, ast.keyword) and parent.arg is None
