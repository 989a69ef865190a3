"""Edits of whole CORS layers: two made one, one taken out of start-up code, one put around what wraps the app."""

from __future__ import annotations

import ast
import re

from corsense.fix.edits.arguments import display
from corsense.fix.edits.calls import CorsCall, cors_call, siblings, statement_of
from corsense.fix.edits.imports import module_reference
from corsense.fix.edits.names import binders, loads, scope_of
from corsense.fix.edits.order import is_layer
from corsense.fix.edits.rows import cut, head, is_alone, paste_after
from corsense.fix.edits.source import Source, Splice, edit
from corsense.fix.edits.values import read_argument

_LISTS = ("allow_origins", "allow_methods", "allow_headers", "expose_headers")


@edit
def merge_cors_layers(source: Source, kept_line: int, line: int) -> list[Splice] | None:
    """Takes out the `add_middleware` statement of the CORS layer at `line`, and adds what its lists allow to those of the layer
    at `kept_line`. None unless both are written out whole, both or neither accept credentials, and neither allows `*` or an
    expression: then a union would open more than either did."""
    kept, other = cors_call(source, kept_line), cors_call(source, line)
    if kept is None or other is None or kept.node is other.node or not (kept.complete and other.complete):
        return None
    if not _is_layer_statement(other) or not is_alone(source, other.statement) or len(siblings(source, other.statement)) < 2:
        return None
    if any(_constant(kept, name) != _constant(other, name) for name in ("allow_credentials", "allow_private_network")):
        return None
    if "allow_origin_regex" in kept.arguments or "allow_origin_regex" in other.arguments:
        return None
    splices: list[Splice] = []
    for keyword in _LISTS:
        added = _added(kept, other, keyword)
        if added is None:
            return None
        splices += added
    return [*splices, cut(source, other.statement)[0]]


@edit
def move_from_startup(source: Source, cors_line: int, app_line: int) -> list[Splice] | None:
    """Moves an `add_middleware(CORSMiddleware, ...)` statement out of start-up code to right behind the statement at `app_line`
    that makes the app. What it awaits becomes a plain call, where that is a function of the program which awaits nothing itself
    and is awaited nowhere else. None where an argument is known in the start-up code only."""
    call = cors_call(source, cors_line)
    app = next((node for node in source.tree.body if node.lineno <= app_line <= (node.end_lineno or 0)), None)
    if call is None or app is None or not isinstance(app, ast.Assign | ast.AnnAssign) or not _is_layer_statement(call):
        return None
    target = app.targets[0] if isinstance(app, ast.Assign) else app.target
    receiver = call.node.func.value if isinstance(call.node.func, ast.Attribute) else None
    statement = call.statement
    if not isinstance(target, ast.Name) or not isinstance(receiver, ast.Name) or not is_alone(source, statement):
        return None
    awaited = _made_plain(source, statement)
    if awaited is None or not is_alone(source, app) or not _is_known(source, statement, receiver, app):
        return None
    made_plain, edits = awaited
    taken, text = cut(source, statement)
    text = _rewritten(source, statement, taken.start, text, [*edits, (receiver, target.id)])
    removal = taken if len(siblings(source, statement)) > 1 else _passed(source, statement)
    return [*made_plain, removal, paste_after(source, app, _dedented(text, source.indentation(source.start(statement))))]


@edit
def wrap_with_cors(source: Source, cors_line: int, wrapper_line: int) -> list[Splice] | None:
    """Puts the CORS layer of `cors_line` around the app that the statement at `wrapper_line` wraps once more:
    `app = KeyCheck(api)` becomes `app = CORSMiddleware(KeyCheck(api), ...)`. None unless both stand at the outer level of the
    module, in this order."""
    call = cors_call(source, cors_line)
    body = source.tree.body
    wrapper = next((node for node in body if node.lineno <= wrapper_line <= (node.end_lineno or 0)), None)
    if call is None or wrapper is None or not _is_layer_statement(call) or call.statement not in body or not call.complete:
        return None
    if body.index(call.statement) >= body.index(wrapper) or not is_alone(source, call.statement):
        return None
    if not isinstance(wrapper, ast.Assign) or not isinstance(wrapper.value, ast.Call) or not call.node.args:
        return None
    reference = source.segment(call.node.args[0])
    start, end = source.start(wrapper.value), source.end(wrapper.value)
    newline, inner = source.newline_at(start), source.indent_unit
    given = [source.segment(keyword) for keyword in call.node.keywords]
    if "#" in "".join(given) or any("\n" in text for text in (*given, source.segment(wrapper.value))):
        return None
    rows = [source.segment(wrapper.value), *given]
    text = f"{reference}({newline}{''.join(f'{inner}{row},{newline}' for row in rows)})"
    return [cut(source, call.statement)[0], Splice(start, end, text)]


@edit
def only_in_production(source: Source, line: int, variable: str = "APP_ENV") -> list[Splice] | None:
    """Puts the statement at `line`, which adds a layer, under `if os.environ.get("APP_ENV") == "production":`. Imports `os` where
    need be. None where it stands under a condition already, has several rows, or shares its line."""
    statement = next((node for node in source.tree.body if node.lineno <= line <= (node.end_lineno or 0)), None)
    if not isinstance(statement, ast.Expr) or not is_layer(statement.value):
        return None
    if not is_alone(source, statement) or not _is_one_row(statement):
        return None
    imported = module_reference(source, "os", statement)
    if imported is None:
        return None
    start, quote = source.row_start(source.start(statement)), source.quote
    condition = f"{imported[0]}.environ.get({quote}{variable}{quote}) == {quote}production{quote}"
    return [*imported[1], Splice(start, start, f"if {condition}:{source.newline_at(start)}{source.indent_unit}")]


def _is_one_row(statement: ast.stmt) -> bool:
    return statement.lineno == statement.end_lineno


def _is_layer_statement(call: CorsCall) -> bool:
    statement = call.statement
    return call.form == "added" and isinstance(statement, ast.Expr) and statement.value is call.node


def _constant(call: CorsCall, keyword: str) -> object:
    value = call.arguments.get(keyword)
    return value.value if isinstance(value, ast.Constant) else False if value is None else value


def _added(kept: CorsCall, other: CorsCall, keyword: str) -> list[Splice] | None:
    """What makes the list of `kept` hold that of `other` too; None where either cannot be seen."""
    theirs = read_argument(other, keyword)
    if theirs is None:
        return None if keyword in other.arguments else []
    if not theirs.complete or theirs.text is not None or (keyword == "allow_origins" and "*" in theirs.values):
        return None
    ours = read_argument(kept, keyword)
    wanted = list(dict.fromkeys(entry.value for entry in theirs.entries))
    if ours is None:
        default = ["GET"] if keyword == "allow_methods" else []
        text = display([*default, *wanted], kept.source.quote)
        return None if text is None or keyword in kept.arguments else kept.items.append(f"{keyword}={text}")
    if not ours.complete or ours.text is not None or (keyword == "allow_origins" and "*" in ours.values):
        return None
    missing = [value for value in wanted if value not in ours.values]
    if not missing or "*" in ours.values:
        return []
    value = kept.arguments[keyword]
    text = display(["*"] if "*" in missing else [*(entry.value for entry in ours.entries), *missing], kept.source.quote)
    if text is None or "#" in kept.source.segment(value):
        return None
    return [Splice(kept.source.start(value), kept.source.end(value), text)]


def _made_plain(source: Source, statement: ast.stmt) -> tuple[list[Splice], list[tuple[ast.AST, str]]] | None:
    """The splices that make awaited functions plain, and the awaits of the statement with what they become."""
    splices: list[Splice] = []
    edits: list[tuple[ast.AST, str]] = []
    for node in ast.walk(statement):
        if not isinstance(node, ast.Await):
            continue
        match node.value:
            case ast.Call(func=ast.Name(id=name)) as inner:
                function = next((f for f in source.tree.body if isinstance(f, ast.AsyncFunctionDef) and f.name == name), None)
            case _:
                return None
        if function is None or len(loads(source, name)) != 1 or _suspends(function) or function.decorator_list:
            return None
        start = source.start(function)
        definition = source.text.index("def", start + len("async"))
        splices.append(Splice(start, definition, ""))
        edits.append((node, source.segment(inner)))
    return splices, edits


def _suspends(function: ast.AsyncFunctionDef) -> bool:
    suspending = (ast.Await, ast.AsyncFor, ast.AsyncWith, ast.Yield, ast.YieldFrom)
    return any(
        isinstance(node, suspending) or (isinstance(node, ast.comprehension) and node.is_async) for node in ast.walk(function)
    )


def _is_known(source: Source, statement: ast.stmt, receiver: ast.Name, app: ast.stmt) -> bool:
    """Whether every name that the statement reads, beside the app, is bound by the module before the app is made."""
    for node in ast.walk(statement):
        if isinstance(node, ast.Constant | ast.JoinedStr) and node.lineno != node.end_lineno:
            return False  # its rows are part of its value
        if isinstance(node, ast.NamedExpr | ast.Lambda | ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp):
            return False
        if not isinstance(node, ast.Name) or node is receiver:
            continue
        scope = scope_of(source, node)
        if scope is not None and scope is not source.tree:
            return False
        bound = [statement_of(source, found) for found in binders(source.tree, node.id)]
        if any(source.end(found) > source.start(app) for found in bound):
            return False
    return True


def _rewritten(source: Source, statement: ast.stmt, start: int, text: str, edits: list[tuple[ast.AST, str]]) -> str:
    """The text of a statement that was cut out at `start`, with some of its expressions replaced."""
    for node, made in sorted(edits, key=lambda pair: -source.start(pair[0])):
        text = text[: source.start(node) - start] + made + text[source.end(node) - start :]
    return text


def _passed(source: Source, statement: ast.stmt) -> Splice:
    return Splice(head(source, statement), source.end(statement), "pass")


def _dedented(text: str, indent: str) -> str:
    return re.sub(rf"(?m)^{re.escape(indent)}", "", text) if indent else text
