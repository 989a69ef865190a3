"""What a collection of strings contains, as far as the source shows it, and which literals say so."""

from __future__ import annotations

import ast
from dataclasses import dataclass, replace

from corsense.fix.edits.calls import CorsCall
from corsense.fix.edits.layout import display_items
from corsense.fix.edits.names import binding, dotted, loads
from corsense.fix.edits.source import Source, Splice, is_text

Display = ast.List | ast.Tuple | ast.Set
_CONSTRUCTORS = ("list", "tuple", "set", "frozenset", "sorted")
_GROWING = {"append": 1, "add": 1, "extend": 0, "update": 0}
_HARMLESS = frozenset({*_CONSTRUCTORS, "print", "len", "any", "all", "join", "debug", "info", "warning", "error", "dumps"})
_READING = ("count", "index", "copy")


@dataclass(frozen=True, slots=True)
class Entry:
    """One string of a collection: its literal, and the display that holds it at `index`, None where it is an argument or a
    constant of its own. `shared` tells that something else is fed from the same definition, which must be left alone."""

    value: str
    node: ast.Constant
    display: Display | None
    index: int = 0
    shared: bool = False


@dataclass(frozen=True, slots=True)
class Reading:
    """What is known of a collection. `homes` are displays that are part of it whatever happens, those at the call first;
    `text` is the literal where a plain string stands in place of a collection; `complete` tells that nothing of it is
    unknown."""

    entries: tuple[Entry, ...] = ()
    homes: tuple[Display | ast.Call, ...] = ()
    text: ast.Constant | None = None
    complete: bool = True

    @property
    def values(self) -> frozenset[str]:
        """The strings that are in it."""
        return frozenset(entry.value for entry in self.entries)

    def __or__(self, other: Reading) -> Reading:
        return Reading(
            self.entries + other.entries,
            self.homes + other.homes,
            self.text or other.text,
            self.complete and other.complete,
        )


_UNKNOWN = Reading(complete=False)


def read_argument(call: CorsCall, keyword: str) -> Reading | None:
    """What the collection given as `keyword` contains; None when the call gives none or may hide it in `**options`."""
    value = call.arguments.get(keyword)
    return None if value is None else read_collection(call.source, value, keyword)


def read_collection(source: Source, node: ast.expr, keyword: str) -> Reading:
    """What `node` contains when it is evaluated as the value of `keyword`."""
    return _read(source, node, keyword, frozenset())


def _read(source: Source, node: ast.expr, keyword: str, seen: frozenset[str]) -> Reading:
    match node:
        case ast.List() | ast.Tuple() | ast.Set():
            return _read_display(source, node, keyword, seen)
        case ast.BinOp(left=left, op=ast.Add() | ast.BitOr(), right=right):
            return _read(source, left, keyword, seen) | _read(source, right, keyword, seen)
        case ast.Call(func=ast.Name(id=name), args=[], keywords=[]) if name in _CONSTRUCTORS:
            return Reading(homes=(node,))
        case ast.Call(func=ast.Name(id=name), args=[ast.List() | ast.Tuple() | ast.Set() | ast.Name() as inner], keywords=[]) if (
            name in _CONSTRUCTORS
        ):
            reading = _read(source, inner, keyword, seen)
            # list("abc") is letters.
            return _UNKNOWN if reading.text is not None else reading
        case ast.IfExp(body=body, orelse=orelse):
            return replace(_read(source, body, keyword, seen) | _read(source, orelse, keyword, seen), homes=(), text=None)
        case ast.BoolOp(values=values):
            return replace(_join([_read(source, value, keyword, seen) for value in values]), homes=(), text=None)
        case ast.Name(id=name) if name not in seen:
            return _read_name(source, node, keyword, seen | {name})
        case ast.Constant(value=str(value)):
            return Reading((Entry(value, node, None),), text=node)
    return _UNKNOWN


def _read_display(source: Source, node: Display, keyword: str, seen: frozenset[str]) -> Reading:
    reading = Reading(homes=(node,))
    for index, item in enumerate(node.elts):
        match item:
            case ast.Constant(value=str(value)):
                reading |= Reading((Entry(value, item, node, index),))
            case ast.Starred(value=inner):
                reading |= _read(source, inner, keyword, seen)
            case ast.Name():
                reading |= _read_constant(source, item)
            case _:
                reading |= _UNKNOWN
    return reading


def _read_constant(source: Source, name: ast.Name) -> Reading:
    """A name among the items: a string constant, which may be edited in place when nothing else reads it."""
    bound = binding(source, name)
    value = None if bound is None else bound.sole
    if isinstance(value, ast.Constant) and isinstance(value.value, str):
        return Reading((Entry(value.value, value, None, shared=len(loads(source, name.id)) > 1),))
    return _UNKNOWN


def _read_name(source: Source, name: ast.Name, keyword: str, seen: frozenset[str]) -> Reading:
    bound = binding(source, name)
    if bound is None or not bound.values:
        return _UNKNOWN
    reading = _join([_read(source, value, keyword, seen) for value in bound.values])
    if len(bound.values) > 1 or not bound.complete:
        # Which of them it is depends on what happens at run time.
        reading = replace(reading, homes=(), text=None, complete=reading.complete and bound.complete)
    for value in bound.added:
        reading |= replace(_read(source, value, keyword, seen), homes=(), text=None)
    uses = loads(source, name.id)
    for use in uses:
        reading |= _read_use(source, use, keyword, seen)
    if any(_feeds_other(source, use, keyword) for use in uses):
        reading = replace(reading, homes=(), entries=tuple(replace(entry, shared=True) for entry in reading.entries))
    return reading


def _read_use(source: Source, use: ast.Name, keyword: str, seen: frozenset[str]) -> Reading:
    """What a use of a collection adds to it."""
    attribute = source.parents[use]
    if not isinstance(attribute, ast.Attribute):
        return _UNKNOWN if _may_change(source, use) else Reading()
    match source.parents[attribute]:
        case ast.Call(func=func, args=[argument]) if func is attribute and attribute.attr in _GROWING:
            if not _GROWING[attribute.attr]:
                return replace(_read(source, argument, keyword, seen), homes=(), text=None)
            if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                return Reading((Entry(argument.value, argument, None),))
    return Reading() if attribute.attr in _READING else _UNKNOWN


def _may_change(source: Source, use: ast.Name) -> bool:
    """Whether a use of a collection may change it: by an index, under another name, in a function that is handed it."""
    match source.parents[use]:
        case ast.Subscript(value=value, ctx=ast.Store() | ast.Del()):
            return value is use
        case ast.Assign() | ast.AnnAssign() | ast.NamedExpr():
            return True
        case ast.Call(func=function):
            return (function.attr if isinstance(function, ast.Attribute) else dotted(function)) not in _HARMLESS
        case ast.keyword(arg=argument):
            return argument is None or not argument.startswith(("allow_", "expose_"))
    return False


def _feeds_other(source: Source, use: ast.Name, keyword: str) -> bool:
    node: ast.AST = use
    while isinstance(node, ast.expr):
        node = source.parents[node]
    argument = node.arg if isinstance(node, ast.keyword) else None
    return argument is not None and argument.startswith(("allow_", "expose_")) and argument != keyword


def inside(source: Source, node: ast.AST, outer: ast.AST) -> bool:
    """Whether `node` is written within `outer`."""
    return source.start(outer) <= source.start(node) and source.end(node) <= source.end(outer)


def _join(readings: list[Reading]) -> Reading:
    joined = Reading()
    for reading in readings:
        joined |= reading
    return joined


def add_entry(source: Source, home: Display | ast.Call, literal: str) -> list[Splice]:
    """Adds a literal to a display, or replaces an empty `list()`, `tuple()` or `set()` with one."""
    if isinstance(home, ast.Call):
        name = home.func.id if isinstance(home.func, ast.Name) else ""
        opening, closing = {"tuple": ("(", ",)"), "set": ("{", "}")}.get(name, ("[", "]"))
        if name == "frozenset":
            opening, closing = "frozenset({", "})"
        return [Splice(source.start(home), source.end(home), f"{opening}{literal}{closing}")]
    return display_items(source, home).append(literal)


def quote_of(source: Source, home: Display | ast.Call | None) -> str:
    """The quote that the strings of a display are written with, or else that of the program."""
    for item in [] if home is None or isinstance(home, ast.Call) else reversed(home.elts):
        if is_text(item):
            text = source.segment(item).lstrip("rRuUbB")
            return text[0]
    return source.quote
