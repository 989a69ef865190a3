"""Random expressions and texts, and whether an `OriginRegex` means the same of them as `re`. The seed decides everything."""

from __future__ import annotations

import random
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field

from corsense.origin.expression import Anchor, Characters, Choice, Node, Repeat, Sequence, UnsupportedRegex, parse
from corsense.origin.regex import OriginRegex

ATOMS = (
    "a", "b", "c", ".", "[ab]", "[^a]", "[a-c]", r"\d", r"\w", r"\.", "-", "ab", "[a-z0-9-]", "^", "$", r"\A", r"\Z", "", "A",
    r"\W", r"\D", "k", "[b-]", "s", "https://", "[^.]", "(?:a|ab)", "(?:c|bc)?",
)  # fmt: skip
QUANTIFIERS = ("", "", "", "", "*", "+", "?", "*?", "+?", "??", "{2}", "{0,2}", "{1,}", "{,3}", "{1,3}?")
FLAGS = (0, 0, 0, re.IGNORECASE, re.MULTILINE, re.ASCII, re.DOTALL)
LETTERS = "aabbcA.-1k_s:/"
TEXTS = 12
LONG = 60


class Expressions:
    """A source of expressions and of texts."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def expression(self, depth: int = 2) -> str:
        """An expression, often a valid one."""
        branches = self.random.choice((1, 1, 1, 2, 3))
        return "|".join("".join(self._repeated(depth) for _ in range(self.random.randint(0, 4))) for _ in range(branches))

    def _repeated(self, depth: int) -> str:
        atom = self.random.choice(ATOMS)
        if depth and self.random.random() < 0.35:
            atom = f"({self.random.choice(('', '?:', '?:', '?:', '?i:', '?s:'))}{self.expression(depth - 1)})"
        return atom + self.random.choice(QUANTIFIERS)

    def flags(self) -> int:
        """The flags of an expression."""
        return int(self.random.choice(FLAGS))

    def text(self) -> str:
        """A short text, so that `re` gets to its end."""
        return "".join(self.random.choice(LETTERS) for _ in range(self.random.randint(0, 7)))


@dataclass
class Counted:
    """What came of it."""

    compiled: int = 0
    refused: int = 0
    invalid: int = 0
    by_words: int = 0
    by_engine: int = 0
    by_table: int = 0
    most_attempts: float = 0.0
    """The most characters tried for one of the text, by a search that goes back, of the expressions that `re` matches."""
    different: list[tuple[str, int, str]] = field(default_factory=list)


def differences(source: Expressions, number: int) -> Counted:
    """Compare `number` expressions."""
    counted = Counted()
    warnings.simplefilter("ignore")
    for _ in range(number):
        pattern, flags = source.expression(), source.flags()
        try:
            wanted = re.compile(pattern, flags)
        except (re.error, OverflowError):
            counted.invalid += 1
            continue
        try:
            compiled = OriginRegex.compile(pattern, flags)
        except UnsupportedRegex:
            counted.refused += 1
            continue
        counted.compiled += 1
        engine = _count_engine(counted, compiled)
        for _ in range(TEXTS):
            text = source.text()
            if (wanted.fullmatch(text) is not None) != bool(compiled.match(text.encode())):
                counted.different.append((pattern, flags, text))
        if engine:
            longest = (source.text() * 20)[:LONG]
            tried = attempts(parse(pattern, flags)[0], longest)
            counted.most_attempts = max(counted.most_attempts, tried / (len(longest) + 1))
    return counted


def _count_engine(counted: Counted, compiled: OriginRegex) -> bool:
    name = getattr(compiled.match, "__qualname__", "")
    counted.by_words += "contains" in name
    counted.by_engine += "fullmatch" in name
    counted.by_table += "walk" in name
    return "fullmatch" in name


class _Attempts:
    """A search that tries every way, as a backtracking engine does when nothing matches, and counts the characters it tries."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.number = 0

    def ends(self, node: Node, place: int) -> Iterator[int]:
        """Where `node` may end that begins at `place`, once for each way."""
        match node:
            case Characters(allowed):
                self.number += 1
                if place < len(self.text) and allowed >> ord(self.text[place]) & 1:
                    yield place + 1
            case Sequence(parts):
                yield from self.sequence(parts, place)
            case Choice(branches):
                for branch in branches:
                    yield from self.ends(branch, place)
            case Repeat(body, least, most):
                yield from self.repeat(body, least, most, place)
            case Anchor(at_end):
                if place == (len(self.text) if at_end else 0):
                    yield place

    def sequence(self, parts: tuple[Node, ...], place: int) -> Iterator[int]:
        if not parts:
            yield place
            return
        for between in self.ends(parts[0], place):
            yield from self.sequence(parts[1:], between)

    def repeat(self, body: Node, least: int, most: int | None, place: int) -> Iterator[int]:
        if most != 0:
            for between in self.ends(body, place):
                if between > place or least:
                    yield from self.repeat(body, max(least - 1, 0), None if most is None else most - 1, between)
        if least == 0:
            yield place


def attempts(tree: Node, text: str) -> int:
    """How many characters a search that goes back tries on a text before it gives up."""
    search = _Attempts(text)
    for _ in search.ends(tree, 0):
        pass
    return search.number
