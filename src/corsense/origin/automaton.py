"""Which origins a regular expression admits, found by walking its automaton: the shortest of each kind that matters.

The expression is read by Python's own parser. What an automaton cannot say (look-around, references to groups) is taken for
permission, so each witness is tried against the expression itself before it is shown.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache

# The parser behind `re`, which has had this form since Python 2 and this name since 3.11.
from re import _parser  # type: ignore[attr-defined]
from typing import Any, NamedTuple

_LETTERS = "exabcdfghijklmnopqrstuvwyz"
_DIGITS = "1234567890"
_HOST = f"{_LETTERS}{_DIGITS}-_"
_ALPHABET = f"{_HOST}.:/+"
_MAX_STATES = 4_000
_MAX_STEPS = 40_000
_MAX_WITNESSES = 64
_SPARE_REPEATS = 2
"""How many repetitions beyond the least are followed, where a number bounds them: more of the same admits no other kind."""


class Witness(NamedTuple):
    """An origin that an expression admits. `labels_behind` counts the labels of the host that stand behind the last character of
    free choice: 0 when it is in the last one, None when nothing is of free choice."""

    origin: str
    labels_behind: int | None

    @property
    def host(self) -> str:
        """The host."""
        return self.origin.partition("://")[2].partition(":")[0]


@lru_cache(maxsize=128)
def witnesses(expression: re.Pattern[str]) -> tuple[Witness, ...]:
    """Origins that `expression` fully matches, the shortest of each kind: by scheme, by how much of the host is free, by
    whether it is this machine. Empty when there are none, or when the expression is too large to tell."""
    try:
        tree = _parser.parse(expression.pattern, expression.flags)
        automaton = _Automaton(bool(expression.flags & re.IGNORECASE), bool(expression.flags & re.ASCII))
        start, end = automaton.state(), automaton.state()
        automaton.sequence(tree, start, end)
    except (_TooLarge, RecursionError, re.error):
        return ()
    found = (witness for witness in _walk(automaton, start, end) if expression.fullmatch(witness.origin))
    return tuple(witness for _, witness in zip(range(_MAX_WITNESSES), found, strict=False))


class _TooLarge(Exception):
    pass


@dataclass(slots=True)
class _Automaton:
    """States are numbers. `silent[s]` are reached without a character, `moves[s]` by one of some characters."""

    ignore_case: bool
    ascii_only: bool
    silent: list[list[int]] = field(default_factory=list)
    moves: list[list[tuple[str, int]]] = field(default_factory=list)

    def state(self) -> int:
        if len(self.silent) >= _MAX_STATES:
            raise _TooLarge
        self.silent.append([])
        self.moves.append([])
        return len(self.silent) - 1

    def sequence(self, items: Iterable[tuple[Any, Any]], start: int, end: int) -> None:
        """Let `items`, one after the other, lead from `start` to `end`."""
        for operation, argument in items:
            following = self.state()
            self._item(str(operation), argument, start, following)
            start = following
        self.silent[start].append(end)

    def _item(self, operation: str, argument: Any, start: int, end: int) -> None:
        match operation:
            case "LITERAL" | "NOT_LITERAL" | "ANY" | "IN":
                self.moves[start].append((self._characters(operation, argument), end))
            case "BRANCH":
                for branch in argument[1]:
                    self.sequence(branch, start, end)
            case "SUBPATTERN":
                self.sequence(argument[3], start, end)
            case "ATOMIC_GROUP":
                self.sequence(argument, start, end)
            case "MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT":
                least, most, items = argument
                self._repeat(least, most, items, start, end)
            case "GROUPREF" | "GROUPREF_EXISTS":
                self.moves[start].append((_ALPHABET, start))
                self.silent[start].append(end)
            case _:  # anchors and look-around: taken for permission, and tried later
                self.silent[start].append(end)

    def _repeat(self, least: int, most: int, items: Any, start: int, end: int) -> None:
        for _ in range(least):
            following = self.state()
            self.sequence(items, start, following)
            start = following
        if most == _parser.MAXREPEAT:
            loop = self.state()
            self.silent[start].append(loop)
            self.sequence(items, loop, loop)
            self.silent[loop].append(end)
            return
        self.silent[start].append(end)
        for _ in range(min(int(most) - least, _SPARE_REPEATS)):
            following = self.state()
            self.sequence(items, start, following)
            self.silent[following].append(end)
            start = following

    def _characters(self, operation: str, argument: Any) -> str:
        if operation == "ANY":
            return _ALPHABET
        items = argument if operation == "IN" else [(operation, argument)]
        inverted = bool(items) and str(items[0][0]) == "NEGATE"
        return "".join(char for char in _ALPHABET if any(self._is(char, *item) for item in items) != inverted)

    def _is(self, char: str, operation: Any, argument: Any) -> bool:
        forms = {char, char.upper()} if self.ignore_case else {char}
        match str(operation):
            case "LITERAL":
                return any(ord(form) == argument for form in forms)
            case "NOT_LITERAL":
                return all(ord(form) != argument for form in forms)
            case "RANGE":
                return any(argument[0] <= ord(form) <= argument[1] for form in forms)
            case "CATEGORY":
                return _in_category(char, str(argument))
            case _:
                return False


def _in_category(char: str, category: str) -> bool:
    kind = category.removeprefix("CATEGORY_").removeprefix("UNI_")
    belongs = {"DIGIT": char.isdigit(), "SPACE": char.isspace(), "WORD": char.isalnum() or char == "_"}
    return not belongs.get(kind.removeprefix("NOT_"), False) if kind.startswith("NOT_") else belongs.get(kind, False)


class _Place(NamedTuple):
    """Where in an origin the walk is, and what of it matters later."""

    part: str = "scheme"
    """`scheme`, `:`, `:/`, `label` (a name begins), `host`, `port`."""
    scheme: str = ""
    host: str = ""
    """The host as long as it may become a name of this machine, then `*`."""
    behind: int | None = None
    digits: int = 0

    def after(self, char: str, free: bool) -> _Place | None:
        """Where one more character leads; None where it makes no origin."""
        match self.part:
            case "scheme" if char == ":" and self.scheme:
                return self._replace(part=":")
            case "scheme" if char.isalpha() or (self.scheme and char in "+-.1234567890"):
                grown = self.scheme + char
                return self._replace(scheme=grown if "https".startswith(grown) else "*")
            case ":" if char == "/":
                return self._replace(part=":/")
            case ":/" if char == "/":
                return self._replace(part="label")
            case "label" if char in _HOST and char != "-":
                return self._named(char, free)
            case "host" if char in _HOST:
                return self._named(char, free)
            case "host" if char == ".":
                behind = None if self.behind is None else min(self.behind + 1, 4)
                return self._replace(part="label", behind=behind, host=_own(self.host + char))
            case "host" if char == ":":
                return self._replace(part="port")
            case "port" if char in _DIGITS and self.digits < 4 and (char != "0" or self.digits):
                return self._replace(digits=self.digits + 1)
            case _:
                return None

    def _named(self, char: str, free: bool) -> _Place:
        return self._replace(part="host", behind=0 if free else self.behind, host=_own(self.host + char))

    @property
    def is_whole(self) -> bool:
        return self.part == "host" or (self.part == "port" and self.digits > 0)


def _own(host: str) -> str:
    """`host`, if it begins a name of this machine; such names are told apart from others."""
    if host.startswith("127."):
        return "127."
    return host if "localhost".startswith(host) or "127.".startswith(host) else "*"


def _walk(automaton: _Automaton, start: int, end: int) -> Iterator[Witness]:
    """Breadth first through automaton and origin at once."""
    first = (start, _Place())
    reached: dict[tuple[int, _Place], tuple[tuple[int, _Place], str] | None] = {first: None}
    queue = deque([first])
    steps = 0
    while queue and steps < _MAX_STEPS:
        here = queue.popleft()
        state, place = here
        steps += 1
        if state == end and place.is_whole:
            yield Witness(_spelt(reached, here), place.behind)
        for following in automaton.silent[state]:
            there = (following, place)
            if there not in reached:
                reached[there] = (here, "")
                queue.append(there)
        for characters, following in automaton.moves[state]:
            free = sum(char in _HOST for char in characters) > 1
            for char in characters:
                moved = place.after(char, free)
                if moved is not None and (following, moved) not in reached:
                    reached[following, moved] = (here, char)
                    queue.append((following, moved))


def _spelt(reached: dict[tuple[int, _Place], tuple[tuple[int, _Place], str] | None], end: tuple[int, _Place]) -> str:
    characters = []
    step = reached[end]
    while step is not None:
        before, char = step
        characters.append(char)
        step = reached[before]
    return "".join(reversed(characters))
