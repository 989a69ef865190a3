"""`OriginRegex`: a regular expression of origins, compiled to an automaton and matched in linear time, or refused."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from corsense.origin.automaton import Automaton, Budget, Positions, determinise, paths_are_few, positions, words
from corsense.origin.expression import Node, parse, printed

_MOST_WORDS: Final = 1_024

Matcher = Callable[[bytes], object]


@dataclass(frozen=True, slots=True, eq=False)
class OriginRegex:
    """A regular expression that must match the whole origin, in the syntax of `re`; make it with `OriginRegex.compile`.

    - `pattern`, `flags`: as those of `re.Pattern`. Two are equal when both are.
    - `positions`, `automaton`: what the expression was compiled to.
    - `match`: whether the bytes of an `Origin` header match, as a truthy or falsy value. Any bytes may be given; bytes that are
      not visible ASCII never matches. The time is linear in the number of bytes, whatever they are.

    `re` never matches anything against `pattern`. A language of few words is a set of them. An expression that `re` provably
    reads in linear time (`automaton.paths_are_few`) is printed anew from the tree, and `re` matches what was printed. Any other
    walks the table of the automaton, one step a byte.
    """

    pattern: str
    flags: int
    positions: Positions
    automaton: Automaton
    match: Matcher

    @staticmethod
    def compile(pattern: str, flags: int = 0) -> OriginRegex:
        """The compiled expression. Raises `re.error` when `pattern` is not a regular expression, and `UnsupportedRegex` when no
        automaton can match it or the automaton would be too large. Source: CWE-1333."""
        return _compiled(pattern, int(flags))

    def fullmatch(self, origin: str) -> bool:
        """`match` of text, under the name that it has in `re`: subclasses of Starlette's layer call it."""
        return origin.isascii() and bool(self.match(origin.encode()))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, OriginRegex):
            return NotImplemented
        return (self.pattern, self.flags) == (other.pattern, other.flags)

    def __hash__(self) -> int:
        return hash((self.pattern, self.flags))

    def __repr__(self) -> str:
        return f"OriginRegex.compile({self.pattern!r}, {self.flags})"

    def __reduce__(self) -> tuple[object, ...]:
        return OriginRegex.compile, (self.pattern, self.flags)


@lru_cache(maxsize=64)
def _compiled(pattern: str, flags: int) -> OriginRegex:
    tree, flags = parse(pattern, flags)
    return of_tree(tree, pattern, flags)


def of_tree(tree: Node, pattern: str, flags: int) -> OriginRegex:
    """The compiled `tree` of an expression. Raises `UnsupportedRegex` when the automaton would be too large."""
    budget = Budget()
    made = positions(tree, budget)
    automaton = determinise(made, budget)
    return OriginRegex(pattern, flags, made, automaton, _matcher(tree, automaton))


def _matcher(tree: Node, automaton: Automaton) -> Matcher:
    few = words(automaton, _MOST_WORDS)
    if few is not None:
        return frozenset(word.encode() for word in few).__contains__
    if paths_are_few(tree):
        return re.compile(printed(tree).encode()).fullmatch
    return _walker(automaton)


def _walker(automaton: Automaton) -> Matcher:
    """Walk the table: each row is a list of rows; its last entry tells whether the row accepts."""
    dead: list[object] = []
    dead += [dead] * (len(automaton.sets) + 1) + [False]
    rows: list[list[object]] = [[] for _ in automaton.rows]
    for row, following, accepts in zip(rows, automaton.rows, automaton.accepting, strict=True):
        row += [rows[state] if state >= 0 else dead for state in following] + [dead, accepts]
    numbers = automaton.classes()
    beyond = len(automaton.sets)
    table = bytes(numbers[code] if code < 128 and numbers[code] >= 0 else beyond for code in range(256))
    start = rows[0]

    def walk(origin: bytes) -> object:
        row = start
        for number in origin.translate(table):
            row = row[number]  # type: ignore[assignment]
        return row[-1]

    return walk
