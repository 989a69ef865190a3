"""Regular expressions in a program: their literals, whether they compile, which origins they match."""

from __future__ import annotations

import ast
import re
import warnings

from corsense.fix.edits.names import binding, dotted, loads
from corsense.fix.edits.source import Source
from corsense.origin.untrusted import UNTRUSTED

_INSECURE = tuple(f"{origin.replace('https:', 'http:')}:8080" for origin in UNTRUSTED)


def string_literal(source: Source, value: ast.expr | None) -> ast.Constant | None:
    """The string literal that an expression is, or that a name read nowhere else is bound to; `re.compile` of one is as good."""
    match value:
        case ast.Call(func=function, args=[pattern], keywords=[]) if dotted(function) == "re.compile":
            value = pattern
    if isinstance(value, ast.Name):
        bound = binding(source, value)
        value = None if bound is None or len(loads(source, value.id)) > 1 else bound.sole
    return value if isinstance(value, ast.Constant) and isinstance(value.value, str) else None


def compiled(pattern: str) -> re.Pattern[str] | None:
    """The pattern compiled; None where it is not a pattern."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return re.compile(pattern)
        except (re.error, OverflowError, RecursionError):
            return None


def admits_untrusted_origins(pattern: str) -> bool:
    """Whether a pattern, fully matched, accepts origins that cannot be meant; one that does not compile counts as such."""
    expression = compiled(pattern)
    return expression is None or any(expression.fullmatch(untrusted_page) for untrusted_page in (*UNTRUSTED, "null", *_INSECURE))


def raw(value: str, quote: str) -> str | None:
    """`value` as a raw string literal in quotes like `quote`; None when a raw string cannot hold it."""
    odd_end = (len(value) - len(value.rstrip("\\"))) % 2
    if not value.isascii() or not value.isprintable() or quote[0] in value or odd_end:
        return None
    return f"r{quote}{value}{quote}"
