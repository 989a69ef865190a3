"""`Policy(...)` as it is written: read from its source, never run."""

from __future__ import annotations

import ast

from corsense.errors import InputError, quoted
from corsense.policy import Policy

_TEXT_OF = frozenset({"OriginPattern", "parse", "compile"})
"""Calls that stand for the text they are given: `OriginPattern.parse("...")`, `re.compile("...")`."""
_COLLECTIONS = frozenset({"list", "tuple", "set", "frozenset"})


def written_policy(text: str) -> Policy:
    """The policy that the first `Policy(...)` in a Python text makes.

    Raises PolicyError for one with faults, and InputError where there is none, or an argument is not written out.
    """
    try:
        python = ast.parse(text.strip())
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        where = f" (line {error.lineno}: {error.msg})" if isinstance(error, SyntaxError) else ""
        raise InputError(
            f'The text is not Python{where}; write for example Policy(origins=["https://app.example.com"]).'
        ) from None
    call = next((node for node in ast.walk(python) if isinstance(node, ast.Call) and _called(node) == "Policy"), None)
    if call is None:
        raise InputError('The text has no Policy(...); write for example Policy(origins=["https://app.example.com"]).')
    if call.args:
        raise InputError("Policy takes keywords only; name each argument, for example origins=[...].")
    if any(keyword.arg is None for keyword in call.keywords):
        raise InputError("Policy(**...) takes its arguments from elsewhere; write each of them out.")
    given = {keyword.arg: _value(str(keyword.arg), keyword.value) for keyword in call.keywords if keyword.arg is not None}
    return Policy(**given)  # type: ignore[arg-type]  # Policy itself checks what it is given, as it does in a program


def _called(call: ast.Call) -> str:
    function = call.func
    return function.attr if isinstance(function, ast.Attribute) else function.id if isinstance(function, ast.Name) else ""


def _value(name: str, node: ast.expr) -> object:
    """A value that is written out. Raises InputError for any other."""
    match node:
        case ast.List(elements) | ast.Tuple(elements) | ast.Set(elements):
            return [_value(name, element) for element in elements]
        case ast.Call(args=[argument], keywords=[]) if _called(node) in _COLLECTIONS | _TEXT_OF:
            return _value(name, argument)
        case _:
            pass
    try:
        found: object = ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
        raise InputError(
            f"{name} is {quoted(ast.unparse(node))}, which is not written out and is not run here; write its value in its place."
        ) from None
    return found
