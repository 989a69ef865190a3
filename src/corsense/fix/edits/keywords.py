"""Edits of whole keywords: one dropped, some given, a single origin taken out of a list."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence

from corsense.fix.edits.arguments import display, remove_entries
from corsense.fix.edits.calls import CorsCall, cors_call
from corsense.fix.edits.layout import call_items
from corsense.fix.edits.source import Source, Splice, edit


@edit
def remove_origin(source: Source, call_line: int, origin: str) -> list[Splice] | None:
    """Takes `origin` out of the `allow_origins` of the CORS call at `call_line`. None where it is not found as a literal."""
    call = cors_call(source, call_line)
    return None if call is None else remove_entries(call, "allow_origins", [origin])


@edit
def regex_to_origins(source: Source, call_line: int, origins: Sequence[str]) -> list[Splice] | None:
    """Drops `allow_origin_regex` from the CORS call at `call_line`, and writes `origins` where the call gives no
    `allow_origins`. None where the keyword is not written at the call, and where nothing would be left to allow."""
    call = cors_call(source, call_line)
    if call is None or not call.complete:
        return None
    index = _index(call, "allow_origin_regex")
    if index is None:
        return None
    if "allow_origins" in call.arguments:
        return call.items.remove(index)
    text = display(origins, source.quote)
    start, end = call.items.spans[index]
    return None if text is None or not origins else [Splice(start, end, f"allow_origins={text}")]


@edit
def give_keywords(source: Source, call_line: int, class_name: str, values: Mapping[str, str]) -> list[Splice] | None:
    """Gives the layer `class_name` that is added at `call_line` the keywords `values`, each as source code; those that it has get
    the new value. None where no call at that line adds it, or it hides keywords in `**options`."""
    call = _layer(source, call_line, class_name)
    if call is None or any(keyword.arg is None for keyword in call.keywords):
        return None
    splices: list[Splice] = []
    given = {keyword.arg: keyword.value for keyword in call.keywords}
    missing = [f"{name}={text}" for name, text in values.items() if name not in given]
    for name, text in values.items():
        if name in given and source.segment(given[name]) != text:
            splices.append(Splice(source.start(given[name]), source.end(given[name]), text))
    if missing:
        splices += call_items(source, call).append(", ".join(missing))
    return splices


def _layer(source: Source, line: int, class_name: str) -> ast.Call | None:
    for node in source.nodes:
        if isinstance(node, ast.Call) and node.lineno <= line <= (node.end_lineno or 0):
            named = [*node.args[:1], node.func]
            if any(_last_name(part) == class_name for part in named):
                return node
    return None


def _last_name(node: ast.expr) -> str | None:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else None


def _index(call: CorsCall, keyword: str) -> int | None:
    """Where a keyword stands among the arguments as written."""
    for found in call.node.keywords:
        if found.arg == keyword:
            start = call.source.start(found)
            return next((number for number, span in enumerate(call.items.spans) if span[0] == start), None)
    return None
