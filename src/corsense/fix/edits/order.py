"""Edits of the order of layers: the CORS layer made the outermost, a layer that is there twice removed."""

from __future__ import annotations

import ast

from corsense.fix.edits.calls import CorsCall, cors_call, siblings, statement_of
from corsense.fix.edits.layout import Items, display_items
from corsense.fix.edits.rows import cut, is_alone, paste_after
from corsense.fix.edits.source import Source, Splice, edit

_BLOCKS = (ast.If, ast.With, ast.AsyncWith, ast.Try, ast.For, ast.AsyncFor, ast.While, ast.Match)


@edit
def move_cors_outermost(source: Source, cors_line: int, after_line: int) -> list[Splice] | None:
    """Moves the CORS layer of `cors_line` outside the layer of `after_line`. An `add_middleware` statement goes, with the
    comments right above it, behind the other layer's statement (or the `if`, `with` or `try` around that) in the same block;
    an item of a `middleware=[...]` list goes first. None where the layers are written in different places, and where moving
    the statement would change what its arguments mean."""
    call = cors_call(source, cors_line)
    if call is None or call.form == "wrapped":
        return None
    if call.form == "item":
        return _move_item(call, after_line)
    statement = call.statement
    block = siblings(source, statement)
    other = _layer_in(source, block, after_line)
    if other is None or not _is_layer_statement(call, statement):
        return None
    index, target = block.index(statement), block.index(other)
    if index >= target or not _same_app(source, call, other, after_line):
        return None
    if not is_alone(source, statement) or not is_alone(source, other) or _rebinds(block[index + 1 : target + 1], statement):
        return None
    taken, text = cut(source, statement)
    return [taken, paste_after(source, other, text)]


@edit
def move_cors_to_later_app(source: Source, cors_line: int) -> list[Splice] | None:
    """Moves the `app.add_middleware` statement of the CORS layer at `cors_line` behind the last statement of its block that
    gives the name `app` to another object. None where nothing does, and where moving would change what the arguments mean."""
    call = cors_call(source, cors_line)
    if call is None or not _is_layer_statement(call, call.statement):
        return None
    block = siblings(source, call.statement)
    match call.node.func:
        case ast.Attribute(value=ast.Name(id=name)):
            later = [other for other in block[block.index(call.statement) + 1 :] if _assigns(other, name)]
        case _:
            return None
    if not later or not is_alone(source, call.statement) or not is_alone(source, later[-1]):
        return None
    between = block[block.index(call.statement) + 1 : block.index(later[-1]) + 1]
    if _rebinds(between, call.statement, but=name):
        return None
    taken, text = cut(source, call.statement)
    return [taken, paste_after(source, later[-1], text)]


def _assigns(statement: ast.stmt, name: str) -> bool:
    match statement:
        case ast.Assign(targets=[ast.Name(id=target)]) | ast.AnnAssign(target=ast.Name(id=target), value=ast.expr()):
            return target == name
    return False


@edit
def remove_duplicate_cors(source: Source, line: int, kept_line: int) -> list[Splice] | None:
    """Removes the `add_middleware` statement of the CORS layer at `line` that repeats, argument for argument, the one at
    `kept_line` in the same block. None where they differ in anything."""
    call, kept = cors_call(source, line), cors_call(source, kept_line)
    if call is None or kept is None or call.node is kept.node:
        return None
    statement = call.statement
    block = siblings(source, statement)
    if kept.statement not in block or not _is_layer_statement(call, statement) or not _is_layer_statement(kept, kept.statement):
        return None
    first, last = sorted((block.index(statement), block.index(kept.statement)))
    if (
        ast.dump(call.node) != ast.dump(kept.node)
        or _rebinds(block[first + 1 : last], statement)
        or not is_alone(source, statement)
    ):
        return None
    return [cut(source, statement)[0]]


def is_layer(node: ast.AST, receiver: str | None = None) -> bool:
    """Whether a node adds a middleware: `app.add_middleware(...)`, `app.middleware(...)(function)`, or a function so decorated.
    `receiver`, as `ast.dump` gives it, restricts it to one app."""
    calls: list[ast.expr] = []
    match node:
        case ast.Call():
            calls = [node]
        case ast.FunctionDef(decorator_list=decorators) | ast.AsyncFunctionDef(decorator_list=decorators):
            calls = decorators
    for call in calls:
        match call:
            case ast.Call(func=ast.Attribute(value=value, attr="add_middleware" | "middleware")):
                if receiver is None or ast.dump(value) == receiver:
                    return True
    return False


def _is_layer_statement(call: CorsCall, statement: ast.stmt) -> bool:
    return call.form == "added" and isinstance(statement, ast.Expr) and statement.value is call.node


def _layer_in(source: Source, block: list[ast.stmt], line: int) -> ast.stmt | None:
    """The statement of `block` that adds the layer of `line`, directly or within a compound statement."""
    layer = _layer_at(source, line)
    if layer is None:
        return None
    statement = statement_of(source, layer)
    while statement not in block:
        parent = source.parents.get(statement)
        while isinstance(parent, ast.ExceptHandler | ast.match_case):
            parent = source.parents.get(parent)
        if not isinstance(parent, _BLOCKS):
            return None
        statement = parent
    return statement


def _layer_at(source: Source, line: int) -> ast.AST | None:
    found = [node for node in source.nodes if is_layer(node) and _first_line(node) <= line <= _last_line(node)]
    return min(found, key=lambda node: _last_line(node) - _first_line(node), default=None)


def _first_line(node: ast.AST) -> int:
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    return min(int(getattr(part, "lineno", 1)) for part in (node, *decorators))


def _last_line(node: ast.AST) -> int:
    # Of a decorated function, its head is what is pointed at.
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return node.body[0].lineno
    return int(getattr(node, "end_lineno", 1))


def _same_app(source: Source, call: CorsCall, other: ast.stmt, line: int) -> bool:
    layer = _layer_at(source, line)
    return isinstance(call.node.func, ast.Attribute) and layer is not None and is_layer(layer, ast.dump(call.node.func.value))


def _rebinds(between: list[ast.stmt], moved: ast.stmt, but: str | None = None) -> bool:
    """Whether a statement changes a name that the moved one reads, except for `but`, or leaves the block."""
    used = {node.id for node in ast.walk(moved) if isinstance(node, ast.Name)} - {but}
    for node in (node for statement in between for node in ast.walk(statement)):
        match node:
            case ast.Return() | ast.Raise() | ast.Break() | ast.Continue():
                if not _is_nested(node, between):
                    return True
            case ast.Name(id=name, ctx=ast.Store() | ast.Del()) if name in used:
                return True
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name) if name in used:
                return True
            case ast.alias(name=name, asname=asname) if (asname or name.partition(".")[0]) in used:
                return True
    return False


def _is_nested(node: ast.AST, between: list[ast.stmt]) -> bool:
    definitions = [n for s in between for n in ast.walk(s) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)]
    return any(node in ast.walk(definition) for definition in definitions)


def _move_item(call: CorsCall, after_line: int) -> list[Splice] | None:
    holder = call.source.parents[call.node]
    if not isinstance(holder, ast.List | ast.Tuple):
        return None
    index = holder.elts.index(call.node)
    others = [item for item in holder.elts[:index] if item.lineno <= after_line <= (item.end_lineno or 0)]
    if not others:
        return None
    items = display_items(call.source, holder)
    gaps = [items.text[end:start] for (_, end), (start, _) in zip(items.spans, items.spans[1:], strict=False)]
    interior = items.text[items.opening : items.spans[0][0]]
    if any("#" in gap or "(" in gap for gap in [interior, *gaps]) or "#" in items.text[items.spans[-1][1] : items.closing]:
        return _move_rows(items, index)
    texts = [items.text[start:end] for start, end in items.spans]
    order = [texts[index], *texts[:index]]
    return [Splice(*span, text) for span, text in zip(items.spans, order, strict=False)]


def _move_rows(items: Items, index: int) -> list[Splice] | None:
    """Moves an item that has lines of its own, with the comments above and behind it, before the first."""
    source = items.source
    _, end = items.spans[index]
    comma = items.comma(index)
    stop = end if comma is None else comma + 1
    following = items.spans[index + 1][0] if index + 1 < len(items.spans) else items.closing
    if not items.own_row(0) or not items.own_row(index) or source.row_end(stop) >= following:
        return None
    top = _above(items, index)
    taken = items.text[top : source.next_row(stop)]
    if comma is None:
        taken = taken[: end - top] + "," + taken[end - top :]
    first = _above(items, 0)
    return [Splice(first, first, taken), Splice(top, source.next_row(stop), "")]


def _above(items: Items, index: int) -> int:
    """Where the comment lines right above an item begin."""
    source = items.source
    limit = source.next_row(items.spans[index - 1][1] if index else items.opening)
    top = source.row_start(items.spans[index][0])
    while top > limit and items.text[source.row_start(top - 1) : top].lstrip().startswith("#"):
        top = source.row_start(top - 1)
    return top
