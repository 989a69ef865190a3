"""Edits that add corsense's cross-origin protection in report mode, which logs foreign writes without refusing them."""

from __future__ import annotations

import ast

from corsense.fix.edits.imports import name_reference
from corsense.fix.edits.insertion import constructed_app, has_cors, last_layer
from corsense.fix.edits.layout import call_items
from corsense.fix.edits.names import dotted
from corsense.fix.edits.rows import head, is_alone, paste_after
from corsense.fix.edits.source import Source, Splice, edit, written

_NAMES = ("CORSMiddleware", "install")
_KEYWORD = "protection"


@edit
def protect_layer(source: Source, line: int) -> list[Splice] | None:
    """Gives the layer of corsense's that is added at `line`, by `install` or with its `CORSMiddleware`, `protection="report"`.
    None where there is none or a choice, where it has protection already, and where it hides keywords in `**options`."""
    ours = _ours(source)
    found = [
        node
        for node in source.nodes
        if isinstance(node, ast.Call) and node.lineno <= line <= (node.end_lineno or 0) and _layer_of(node, ours)
    ]
    return _with_report(source, found[0]) if len(found) == 1 else None


@edit
def install_protection(source: Source, app_line: int, app_name: str | None = None) -> list[Splice] | None:
    """Installs protection around the app that is constructed at `app_line`, behind the layers that the same code adds, with its
    import: `install(app, protection="report")`. An `install` of corsense's that is there gets the argument. None where the
    app is not bound to a name, has another CORS layer, or hides arguments in `**options`."""
    app = constructed_app(source, app_line, app_name)
    if app is None:
        return None
    ours = _ours(source)
    there = [node for node in source.nodes if isinstance(node, ast.Call) and _layer_of(node, ours)]
    if there or has_cors(source, app):
        around = [call for call in there if call.args and dotted(call.args[0]) == app.target]
        return _with_report(source, around[0]) if len(around) == 1 else None
    behind = last_layer(source, app) or app.statement
    reference = name_reference(source, "corsense", "install", app.statement)
    if reference is None:
        return None
    name, splices = reference
    call = f"{name}({app.target}, {_KEYWORD}={written('report', source.quote)})"
    if not is_alone(source, behind) and not isinstance(behind, ast.FunctionDef | ast.AsyncFunctionDef):
        end = source.end(behind)
        return [*splices, Splice(end, end, f"; {call}")]
    return [*splices, paste_after(source, behind, source.indentation(head(source, behind)) + call)]


def _with_report(source: Source, call: ast.Call) -> list[Splice] | None:
    if any(word.arg in (None, _KEYWORD) for word in call.keywords):
        return None
    return call_items(source, call).append(f"{_KEYWORD}={written('report', source.quote)}")


def _ours(source: Source) -> frozenset[str]:
    """How the program writes corsense's `install` and `CORSMiddleware`."""
    found: set[str] = set()
    for node in source.nodes:
        match node:
            case ast.ImportFrom(module="corsense", names=names, level=0):
                found |= {alias.asname or alias.name for alias in names if alias.name in _NAMES}
            case ast.Import(names=names):
                roots = [alias.asname or alias.name for alias in names if alias.name == "corsense"]
                found |= {f"{root}.{name}" for root in roots for name in _NAMES}
    return frozenset(found)


def _layer_of(call: ast.Call, ours: frozenset[str]) -> bool:
    """Whether a call adds a layer: it calls what is ours, or hands it to `add_middleware` or `Middleware`."""
    if dotted(call.func) in ours:
        return True
    adds = (dotted(call.func) or "").rpartition(".")[2] in ("add_middleware", "Middleware")
    named = [word.value for word in call.keywords if word.arg in ("middleware_class", "cls")]
    return adds and any(dotted(given) in ours for given in (*call.args[:1], *named))
