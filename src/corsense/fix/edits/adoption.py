"""Edits that replace Starlette's layer with corsense's: the import exchanged, or the statement made an `install`."""

from __future__ import annotations

import ast

from corsense.fix.edits.calls import cors_call
from corsense.fix.edits.imports import is_rebound, name_reference
from corsense.fix.edits.names import dotted
from corsense.fix.edits.rows import is_alone
from corsense.fix.edits.source import Source, Splice, edit

_HOMES = ("fastapi.middleware.cors", "starlette.middleware.cors")
_CLASS = "CORSMiddleware"


@edit
def adopt_corsense(source: Source) -> list[Splice] | None:
    """Imports `CORSMiddleware` from corsense instead of from Starlette or FastAPI, under the name it has; everything else on the
    import line stays. The keywords are the same. None where the class is not imported by name from there, and where the program
    does more with it than to add it: a class made from Starlette's, or a comparison with it, means Starlette's."""
    splices: list[Splice] = []
    for node in source.nodes:
        if isinstance(node, ast.ImportFrom) and node.module in _HOMES and not node.level:
            made = _exchanged(source, node)
            if made is None:
                return None
            splices += made
    return splices or None


@edit
def install_layer(source: Source, cors_line: int) -> list[Splice] | None:
    """Makes `app.add_middleware(CORSMiddleware, ...)` an `install(app, ...)` of corsense's, which is outside of everything,
    whatever is added later; drops the import of the class where nothing else uses it. None for other forms."""
    call = cors_call(source, cors_line)
    if call is None or call.form != "added" or not isinstance(call.node.func, ast.Attribute) or len(call.node.args) != 1:
        return None
    statement = call.statement
    if not isinstance(statement, ast.Expr) or statement.value is not call.node:
        return None
    reference = name_reference(source, "corsense", "install", statement)
    if reference is None:
        return None
    name, splices = reference
    function, cls = call.node.func, call.node.args[0]
    target = source.segment(function.value)
    exchanged = [
        Splice(source.start(function), source.end(function), name),
        Splice(source.start(cls), source.end(cls), target),
    ]
    return [*_placed(source, cls, splices), *exchanged]


def _placed(source: Source, cls: ast.expr, splices: list[Splice]) -> list[Splice]:
    """The import of what is installed, instead of the class where that is no longer used."""
    root = cls
    while isinstance(root, ast.Attribute):
        root = root.value
    if not splices or not isinstance(root, ast.Name) or cls is not root:
        return splices
    uses = [node for node in source.nodes if isinstance(node, ast.Name) and node.id == root.id]
    for node in source.nodes:
        if isinstance(node, ast.ImportFrom) and node.module in _HOMES and len(node.names) == 1 and len(uses) == 1:
            alias = node.names[0]
            if (alias.asname or alias.name) == root.id and is_alone(source, node):
                return [Splice(source.start(node), source.end(node), splices[0].text.strip())]
    return splices


def _is_only_added(source: Source, names: set[str]) -> bool:
    """Whether a program does nothing with a class but to make layers of it: it is called, or handed to what adds middleware."""
    handed: set[int] = set()
    for node in source.nodes:
        if isinstance(node, ast.Call):
            handed.add(id(node.func))
            if (dotted(node.func) or "").rpartition(".")[2] in ("add_middleware", "Middleware"):
                named = [word.value for word in node.keywords if word.arg in ("middleware_class", "cls")]
                handed |= {id(each) for each in (*node.args[:1], *named)}
    uses = [node for node in source.nodes if isinstance(node, ast.Name) and node.id in names]
    return all(id(node) in handed for node in uses)


def _exchanged(source: Source, node: ast.ImportFrom) -> list[Splice] | None:
    wanted = [alias for alias in node.names if alias.name == _CLASS]
    if not wanted:
        return None if any(alias.name == "*" for alias in node.names) else []
    names = {alias.asname or alias.name for alias in wanted}
    if any(is_rebound(source, name) for name in names) or not _is_only_added(source, names):
        return None
    text = "from corsense import " + ", ".join(source.segment(alias) for alias in wanted)
    start, end = source.start(node), source.end(node)
    if len(wanted) == len(node.names):
        return None if "#" in source.segment(node) else [Splice(start, end, text)]
    kept = ", ".join(source.segment(alias) for alias in node.names if alias not in wanted)
    if "#" in source.segment(node) or not source.begins_row(start):
        return None
    newline = source.newline_at(start) + source.indentation(start)
    return [Splice(start, end, f"from {node.module} import {kept}{newline}{text}")]
