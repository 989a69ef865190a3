"""Edits of origins that are computed: entries tidied as they are read, a list that the environment may replace."""

from __future__ import annotations

import ast
import re

from corsense.fix.edits.calls import CorsCall, cors_call, statement_of
from corsense.fix.edits.imports import module_reference
from corsense.fix.edits.names import binding, dotted, loads
from corsense.fix.edits.source import Source, Splice, edit, written
from corsense.fix.edits.values import read_argument

_COMPREHENSIONS = (ast.ListComp, ast.GeneratorExp, ast.SetComp)
_MADE_ELSEWHERE = (ast.Name, ast.Attribute, ast.Call, ast.Subscript, ast.ListComp)
_STRIPPING = frozenset({"strip"})
_UNSLASHING = frozenset({"rstrip", "removesuffix"})
_TIDYING = _STRIPPING | _UNSLASHING
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)


@edit
def strip_origins(source: Source, call_line: int) -> list[Splice] | None:
    """Strips the entries of a computed `allow_origins`, and drops the empty ones: `x.split(",")` becomes
    `[origin.strip() for origin in x.split(",") if origin.strip()]`. Entries that only lose a slash are stripped before. None for
    a literal, and where entries are tidied already."""
    call = cors_call(source, call_line)
    value = None if call is None else _computed(call, _UNSLASHING)
    if isinstance(value, _COMPREHENSIONS):
        item = _without_slash(value.elt)
        return None if item is None else [Splice(source.end(item), source.end(item), ".strip()")]
    if value is None or not _is_split(value):
        return None
    name = _variable(source)
    text = source.segment(value)
    return [_put(source, value, f"[{name}.strip() for {name} in {text} if {name}.strip()]")]


@edit
def unslash_origins(source: Source, call_line: int) -> list[Splice] | None:
    """Takes the slash, which pydantic's URL types put behind every host, off the entries of a computed `allow_origins`:
    `[str(url) for url in urls]` becomes `[str(url).rstrip("/") for url in urls]`. None for a literal, and where entries are
    tidied already."""
    call = cors_call(source, call_line)
    value = None if call is None else _computed(call, _STRIPPING)
    if value is None:
        return None
    ending = f".rstrip({source.quote}/{source.quote})"
    if isinstance(value, _COMPREHENSIONS):
        item = value.elt
        if not isinstance(item, ast.Call | ast.Name | ast.Attribute | ast.Subscript):
            return None
        end = source.end(item)
        text = source.segment(item)
        is_string = isinstance(item, ast.Call) and (dotted(item.func) == "str" or _is_method(item, _STRIPPING))
        made = f"{text}{ending}" if is_string else f"str({text}){ending}"
        return [Splice(source.start(item), end, made)]
    name = _variable(source)
    return [_put(source, value, f"[str({name}){ending} for {name} in {source.segment(value)}]")]


@edit
def extend_origins(source: Source, call_line: int, origin: str) -> list[Splice] | None:
    """Adds `origin` to an `allow_origins` that is made elsewhere: `settings.origins` becomes `[*settings.origins, "https://..."]`.
    None where it is written out, or is a string, or is extended like that already."""
    call = cors_call(source, call_line)
    value = None if call is None else call.arguments.get("allow_origins")
    literal = written(origin, source.quote)
    if (
        not isinstance(value, ast.Name | ast.Attribute | ast.Call | ast.Subscript | ast.ListComp)
        or literal is None
        or call is None
    ):
        return None
    reading = read_argument(call, "allow_origins")
    if reading is not None and (reading.complete or reading.text is not None or origin in reading.values):
        return None
    return [_put(source, value, f"[*{source.segment(value)}, {literal}]")]


@edit
def origins_from_environment(source: Source, call_line: int, variable: str) -> list[Splice] | None:
    """Lets the environment variable `variable`, origins separated by commas, replace `allow_origins`; the written origins apply
    where it is not set. White space and empty entries do not count. Imports `os` where need be. None where the origins are not
    all written out, where `*` is among them, and where the variable is read already."""
    call = cors_call(source, call_line)
    value = None if call is None else call.arguments.get("allow_origins")
    reading = None if call is None else read_argument(call, "allow_origins")
    if call is None or value is None or reading is None or not reading.complete or _NAME.fullmatch(variable) is None:
        return None
    origins = list(dict.fromkeys(entry.value for entry in reading.entries))
    if reading.text is not None or not origins or not all(_is_plain(origin) for origin in origins):
        return None
    value = _where_written(source, value)
    imported = module_reference(source, "os", statement_of(source, value))
    if imported is None or "#" in source.segment(value):
        return None
    os_name, splices = imported
    name, quote = _variable(source), source.quote
    default = f"{quote}{','.join(origins)}{quote}"
    read = f"{os_name}.environ.get({quote}{variable}{quote}, {default})"
    text = f"[{name}.strip() for {name} in {read}.split({quote},{quote}) if {name}.strip()]"
    if len(text) + value.col_offset > _LONG:
        text = _in_rows(source, value, [f"{name}.strip()", f"for {name} in {read}.split({quote},{quote})", f"if {name}.strip()"])
    return [*splices, Splice(source.start(value), source.end(value), text)]


_LONG = 100


def split_into_entries(source: Source, text: str) -> str:
    """The expression for the entries of the string that `text` gives: split at commas, stripped, empty ones dropped."""
    name, quote = _variable(source), source.quote
    return f"[{name}.strip() for {name} in {text}.split({quote},{quote}) if {name}.strip()]"


def _where_written(source: Source, value: ast.expr) -> ast.expr:
    """The list that a name stands for, when this is all that reads it; else the value as it stands in the call."""
    bound = binding(source, value) if isinstance(value, ast.Name) and len(loads(source, value.id)) == 1 else None
    sole = None if bound is None else bound.sole
    return sole if isinstance(sole, ast.List | ast.Tuple | ast.Set) else value


def _in_rows(source: Source, value: ast.expr, rows: list[str]) -> str:
    start = source.start(value)
    newline, indent = source.newline_at(start), source.indentation(start)
    inner = newline + indent + source.indent_unit
    return "[" + inner + inner.join(rows) + newline + indent + "]"


def _is_plain(origin: str) -> bool:
    return origin.isascii() and origin.isprintable() and not set(origin) & set("\"'\\, *")


def _without_slash(item: ast.expr) -> ast.expr | None:
    """`origin` of an entry `origin.rstrip("/")`; None for any other."""
    match item:
        case ast.Call(func=ast.Attribute(value=value, attr=name)) if name in _UNSLASHING:
            return value
    return None


def _computed(call: CorsCall, passing: frozenset[str]) -> ast.expr | None:
    """The value of `allow_origins` where it is no literal, and nothing tidies its entries but the methods `passing`."""
    value = call.arguments.get("allow_origins")
    if value is None or isinstance(value, ast.List | ast.Tuple | ast.Set | ast.Constant | ast.JoinedStr):
        return None
    if "#" in call.source.segment(value) or any(isinstance(node, ast.NamedExpr) for node in ast.walk(value)):
        return None
    attributes = {node.attr for node in ast.walk(value) if isinstance(node, ast.Attribute)}
    return None if (_TIDYING - passing) & attributes else value


def _is_method(item: ast.expr, names: frozenset[str]) -> bool:
    return isinstance(item, ast.Call) and isinstance(item.func, ast.Attribute) and item.func.attr in names


def _is_split(value: ast.expr) -> bool:
    match value:
        case ast.Call(func=ast.Attribute(attr="split"), args=[ast.Constant(value=str())]):
            return True
        case ast.Name():
            return True
    return False


def _variable(source: Source) -> str:
    """A name for an entry that means nothing else in the program."""
    taken = {node.id for node in source.nodes if isinstance(node, ast.Name)}
    return next(name for name in ("origin", "allowed", "entry", "allowed_origin_entry") if name not in taken or name[-1] == "y")


def _put(source: Source, value: ast.expr, text: str) -> Splice:
    return Splice(source.start(value), source.end(value), text)
