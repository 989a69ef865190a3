"""An endpoint that redirects to another host, made one that returns the address."""

from __future__ import annotations

import ast

from corsense.fix.edits.imports import name_reference
from corsense.fix.edits.rows import head
from corsense.fix.edits.source import Source, Splice, edit

_CLASS, _OTHER = "RedirectResponse", "JSONResponse"


@edit
def address_instead_of_redirect(source: Source, line: int) -> list[Splice] | None:
    """Lets the endpoint at `line` answer `JSONResponse({"url": x})` where it returns `RedirectResponse(x)`. None unless it
    returns one of those, with the address alone, at one place."""
    function = next((node for node in source.nodes if _is_at(source, node, line)), None)
    if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
        return None
    found = [(node, node.args[0]) for node in ast.walk(function) if isinstance(node, ast.Call) and _redirects(node)]
    if len(found) != 1 or not isinstance(source.parents[found[0][0]], ast.Return):
        return None
    call, address = found[0]
    home = next((node for node in source.nodes if isinstance(node, ast.ImportFrom) and _names(node, _CLASS)), None)
    statement = source.tree.body[-1]
    reference = None if home is None else name_reference(source, home.module or "", _OTHER, statement)
    if reference is None or home is None:
        return None
    name, imported = reference
    text = f"{name}({{{source.quote}url{source.quote}: {source.segment(address)}}})"
    splices = [*imported, Splice(source.start(call), source.end(call), text)]
    if isinstance(function.returns, ast.Name) and function.returns.id == _CLASS:
        splices.append(Splice(source.start(function.returns), source.end(function.returns), name))
    return splices


def _is_at(source: Source, node: ast.AST, line: int) -> bool:
    if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return False
    return source.line_at(head(source, node)) <= line <= max(node.lineno, node.body[0].lineno - 1)


def _redirects(node: ast.Call) -> bool:
    return isinstance(node.func, ast.Name) and node.func.id == _CLASS and len(node.args) == 1 and not node.keywords


def _names(node: ast.ImportFrom, name: str) -> bool:
    return not node.level and any(alias.name == name and alias.asname is None for alias in node.names)
