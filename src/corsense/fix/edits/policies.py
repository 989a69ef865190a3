"""Edits of a `Policy(...)` of corsense's own, wherever the layer that judges by it takes it from."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from corsense.fix.edits.calls import CorsCall
from corsense.fix.edits.names import binding, dotted
from corsense.fix.edits.source import Source, Splice, edit, written
from corsense.fix.edits.values import add_entry, inside, quote_of, read_argument

_PRESETS = ("development", "production", "public_api", "mobile")


@edit
def extend_policy(source: Source, call_line: int, field: str, values: Sequence[str]) -> list[Splice] | None:
    """Adds `values` to the list `field` of the policy that is given at `call_line`, to `install`, `CORSMiddleware` or
    `add_middleware`, in the call itself or by a name that stands for it. None where the list says `*` or has them all, and where
    it is not in sight: a preset has lists of its own."""
    call = policy_call(source, call_line)
    if call is None:
        return None
    if field not in call.arguments:
        literals = [written(value, source.quote) for value in dict.fromkeys(values)]
        if None in literals or not call.complete or _is_preset(call.node) or (field == "origins" and call.node.args):
            return None
        return call.items.append(f"{field}=[{', '.join(literal for literal in literals if literal)}]")
    reading = read_argument(call, field)
    if reading is None or reading.text is not None or "*" in reading.values:
        return None
    fold = str.lower if field == "request_headers" else str
    missing = [value for value in dict.fromkeys(values) if fold(value) not in map(fold, reading.values)]
    here = [home for home in reading.homes if inside(source, home, call.node)]
    home = next(reversed([*reading.homes, *here]), None)
    literals = [written(value, quote_of(source, home)) for value in missing]
    if home is None or not missing or None in literals:
        return None
    return add_entry(source, home, ", ".join(literal for literal in literals if literal))


def policy_call(source: Source, line: int) -> CorsCall | None:
    """The call that makes the policy of the layer at `line`; None when there is none in sight, or a choice."""
    at_line = [node for node in source.nodes if isinstance(node, ast.Call) and line in (node.lineno, node.func.end_lineno)]
    found = [made for node in at_line if (made := _made(source, _given(node))) is not None]
    if len(found) != 1:
        return None
    node = found[0]
    arguments = {keyword.arg: keyword.value for keyword in node.keywords if keyword.arg is not None}
    return CorsCall(source, node, "wrapped", arguments, all(keyword.arg is not None for keyword in node.keywords))


def _given(node: ast.Call) -> ast.expr | None:
    """The policy among the arguments of a call."""
    named = next((keyword.value for keyword in node.keywords if keyword.arg == "policy"), None)
    if named is not None:
        return named
    name = dotted(node.func)
    return node.args[1] if name is not None and name.rpartition(".")[2] == "install" and len(node.args) > 1 else None


def _made(source: Source, given: ast.expr | None) -> ast.Call | None:
    if isinstance(given, ast.Name):
        bound = binding(source, given)
        given = None if bound is None else bound.sole
    if not isinstance(given, ast.Call):
        return None
    name = dotted(given.func) or ""
    return given if name.rpartition(".")[2] == "Policy" or _is_preset(given) else None


def _is_preset(node: ast.Call) -> bool:
    owner, _, name = (dotted(node.func) or "").rpartition(".")
    return name in _PRESETS and owner.rpartition(".")[2] == "Policy"
