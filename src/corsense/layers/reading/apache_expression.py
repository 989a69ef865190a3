"""Expressions of Apache (`expr=`, `<If>`, `SetEnvIfExpr`), as far as they compare methods, variables and headers.

Source: Apache httpd, *Expressions in Apache HTTP Server*.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

_TOKEN = re.compile(
    r"\s*(?:(&&|\|\||\(|\)|==|!=|=~|!~|=(?!~)|!|-n\b|-z\b)"  # 1: an operator
    r"|'((?:[^'\\]|\\.)*)'|\"((?:[^\"\\]|\\.)*)\""  # 2, 3: a text
    r"|(?:(?:reqenv|env)\(\s*['\"]([^'\"]+)['\"]\s*\)|%\{(?:REQENV|ENV|reqenv|env):([^}]+)\})"  # 4, 5: a variable
    r"|(?:(?:req|http|req_novary)\(\s*['\"]([^'\"]+)['\"]\s*\)|%\{(?:HTTP|REQ|http|req|req_novary):([^}]+)\})"  # 6, 7: a header
    r"|%\{([A-Za-z_]+)\}"  # 8: a variable of the server
    r"|(m(.)(?:(?!\10).)*\10i?|/(?:[^/\\]|\\.)*/i?))",  # 9: an expression
    re.DOTALL,
)
_DEEPEST = 30
_LONGEST = 10_000


class NotRead(ValueError):
    """An expression has a part that corsense does not read."""


@dataclass(frozen=True, slots=True)
class Operand:
    """What stands on a side of a comparison: a text, a variable (`env`), a header, the method, or an expression."""

    kind: str
    value: str


Compare = Callable[[Operand, str, Operand], bool]
"""Whether `left operator right` holds; the operator is `==` or `=~`."""


def holds(text: str, compare: Compare) -> bool:
    """Whether an expression holds. Raises NotRead."""
    reader = _Reader(_tokens(text), compare)
    held = reader.any()
    if reader.index != len(reader.tokens):
        raise NotRead
    return held


def _tokens(text: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    index, end = 0, len(text.rstrip())
    while index < end:
        match = _TOKEN.match(text, index) if len(text) < _LONGEST else None
        if match is None:
            raise NotRead
        found.append(_token(match))
        index = match.end()
    return found


def _token(match: re.Match[str]) -> tuple[str, str]:
    if match[1] is not None:
        return "operator", match[1]
    for group, kind in (
        (2, "text"),
        (3, "text"),
        (4, "env"),
        (5, "env"),
        (6, "header"),
        (7, "header"),
        (8, "server"),
        (9, "regex"),
    ):
        if match[group] is not None:
            return kind, match[group]
    raise NotRead


@dataclass(slots=True)
class _Reader:
    tokens: list[tuple[str, str]]
    compare: Compare
    index: int = 0
    depth: int = 0

    def _next(self) -> tuple[str, str]:
        return self.tokens[self.index] if self.index < len(self.tokens) else ("end", "")

    def any(self) -> bool:
        self.depth += 1
        if self.depth > _DEEPEST:
            raise NotRead
        held = self._all()
        while self._next() == ("operator", "||"):
            self.index += 1
            held = self._all() or held
        self.depth -= 1
        return held

    def _all(self) -> bool:
        held = self._one()
        while self._next() == ("operator", "&&"):
            self.index += 1
            held = self._one() and held
        return held

    def _one(self) -> bool:
        kind, value = self._next()
        self.index += 1
        if (kind, value) == ("operator", "!"):
            return not self._one()
        if (kind, value) == ("operator", "("):
            held = self.any()
            if self._next() != ("operator", ")"):
                raise NotRead
            self.index += 1
            return held
        if kind == "operator" and value in ("-n", "-z"):
            return self.compare(self._operand(), "==", Operand("text", "")) == (value == "-z")
        return self._comparison(Operand(kind, value))

    def _comparison(self, left: Operand) -> bool:
        kind, operator = self._next()
        if left.kind in ("operator", "end", "regex") or kind != "operator" or operator not in ("==", "=", "!=", "=~", "!~"):
            raise NotRead
        self.index += 1
        right = self._operand()
        if (right.kind == "regex") != (operator in ("=~", "!~")):
            raise NotRead
        return self.compare(left, "=~" if "~" in operator else "==", right) != operator.startswith("!")

    def _operand(self) -> Operand:
        kind, value = self._next()
        self.index += 1
        if kind in ("operator", "end"):
            raise NotRead
        return Operand(kind, value)
