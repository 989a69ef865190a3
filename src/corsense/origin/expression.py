"""A regular expression as a tree of what an automaton can match: characters, sequences, choices, repetitions, anchors.

Python's own parser reads the text, so the syntax is that of `re`. Everything else (look-around, references to groups, word
boundaries, possessive matching) raises `UnsupportedRegex`, which names the construct. Characters are the visible ASCII ones: an
`Origin` header has no others (RFC 6454, section 7; URL Standard, *host serializer*). A set of characters is an integer with the
bit of each character's code set.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from collections.abc import Sequence as Sequence_
from dataclasses import dataclass
from functools import lru_cache

# The parser behind `re`, which has had this form since Python 2 and this name since 3.11.
from re import _parser  # type: ignore[attr-defined]
from typing import Any, Final

MAX_TEXT: Final = 16_384
"""The longest expression that is read, in characters."""
CODES: Final = range(0x21, 0x7F)
ANY_CHARACTER: Final = sum(1 << code for code in CODES)
_WRITTEN_OUT: Final = 4
"""A set of up to so many characters, listed one by one, counts as written out; any other is of free choice."""

_KIND_FLAGS: Final = re.ASCII | re.LOCALE | re.UNICODE
_FOLDED: Final = {"i": {0x130, 0x131}, "k": {0x212A}, "s": {0x17F}}
"""Characters beyond ASCII that `re.IGNORECASE` takes for an ASCII letter. Source: Unicode, *CaseFolding*."""
_ADVICE: Final = {
    "ASSERT": ("look-around", "Write the origins it is about as alternatives, such as 'https://(?:app|www)\\.example\\.com'."),
    "GROUPREF": ("a reference to a group", "Write the text that it repeats once more."),
    "GROUPREF_EXISTS": ("a conditional group", "Write each case as an alternative: 'a|b'."),
    "POSSESSIVE_REPEAT": ("a possessive quantifier", "Drop the '+' behind the quantifier."),
    "ATOMIC_GROUP": ("an atomic group", "Write '(?:...)' instead of '(?>...)'."),
    "AT_BOUNDARY": ("the word boundary '\\b'", "Write the character that stands there, such as '\\.'."),
    "AT_NON_BOUNDARY": ("the non-boundary '\\B'", "Write the characters that may stand there."),
}
_ADVICE["ASSERT_NOT"] = _ADVICE["FAILURE"] = _ADVICE["ASSERT"]


class UnsupportedRegex(Exception):
    """An expression that no automaton here can match. `construct` names the part, `remedy` what to write instead."""

    def __init__(self, construct: str, remedy: str) -> None:
        super().__init__(construct)
        self.construct = construct
        self.remedy = remedy


@dataclass(frozen=True, slots=True)
class Characters:
    """One character of `allowed`. `written` are those of them that the author chose one by one: a single character, a few
    alternatives, and the dot of an unescaped `.`, which most often was meant as a dot."""

    allowed: int
    written: int


@dataclass(frozen=True, slots=True)
class Sequence:
    """Each part, one after the other."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """Any one of the branches."""

    branches: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Repeat:
    """`body`, from `least` to `most` times; `most` is None where there is no upper bound."""

    body: Node
    least: int
    most: int | None


@dataclass(frozen=True, slots=True)
class Anchor:
    """The start of the text, or its end."""

    at_end: bool


Node = Characters | Sequence | Choice | Repeat | Anchor


def parse(pattern: str, flags: int = 0, *, guesses: Sequence_[bool] | None = None) -> tuple[Node, int]:
    """The tree of `pattern`, and its flags, those included that it sets itself. Raises `re.error` when it is not a regular
    expression, `UnsupportedRegex` when it has a part that no automaton can match, or is too long or too deeply nested to be read.

    `guesses`: such a part stands for something that an automaton can match, so the tree admits other texts than the expression.
    One guess a look-around or word boundary, in order: True, what it asks for is there; False (also beyond the last), it is left
    out.
    """
    if len(pattern) > MAX_TEXT:
        raise UnsupportedRegex(f"a length of {len(pattern):,} characters", f"Write at most {MAX_TEXT:,}, or list the origins.")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about brackets that a later Python may read differently
        try:
            tree = _parser.parse(pattern, flags & ~re.DEBUG)
            return _Reader(None if guesses is None else iter(guesses)).sequence(tree, tree.state.flags), int(tree.state.flags)
        except RecursionError:
            raise UnsupportedRegex("too many groups inside groups", "Write it without the inner groups.") from None
        except OverflowError as error:
            raise re.error(str(error), pattern) from None


@dataclass(frozen=True, slots=True)
class _Reader:
    """Makes nodes of what Python's parser read."""

    guesses: Iterator[bool] | None

    def sequence(self, items: Any, flags: int) -> Node:
        parts = tuple(self.node(str(operation), argument, flags) for operation, argument in items)
        return parts[0] if len(parts) == 1 else Sequence(parts)

    def node(self, operation: str, argument: Any, flags: int) -> Node:
        match operation:
            case "LITERAL" | "NOT_LITERAL" | "IN" | "ANY":
                return _characters(operation, argument, flags)
            case "BRANCH":
                return Choice(tuple(self.sequence(branch, flags) for branch in argument[1]))
            case "SUBPATTERN":
                _, added, removed, items = argument
                kept = flags & ~_KIND_FLAGS if added & _KIND_FLAGS else flags
                return self.sequence(items, (kept | added) & ~removed)
            case "MAX_REPEAT" | "MIN_REPEAT":
                return self.repeat(argument, flags)
            case "AT" if str(argument) in _ANCHORS:
                return Anchor(_ANCHORS[str(argument)])
            case _ if self.guesses is None:
                raise _unsupported(str(argument) if operation == "AT" else operation)
            case _:
                return self.guess(operation, argument, flags)

    def repeat(self, argument: Any, flags: int) -> Node:
        least, most, items = argument
        return Repeat(self.sequence(items, flags), int(least), None if most == _parser.MAXREPEAT else int(most))

    def guess(self, operation: str, argument: Any, flags: int) -> Node:
        """What stands for a part that no automaton can match."""
        match operation:
            case "POSSESSIVE_REPEAT":
                return self.repeat(argument, flags)
            case "ATOMIC_GROUP":
                return self.sequence(argument, flags)
            case "GROUPREF" | "GROUPREF_EXISTS":
                return _ANYTHING
            case "ASSERT" if next(self.guesses or iter(()), False):
                direction, items = argument
                asked = self.sequence(items, flags)
                return Sequence((asked, _ANYTHING) if direction > 0 else (_ANYTHING, asked))
            case "AT" if next(self.guesses or iter(()), False):
                return _BETWEEN_WORDS
            case _:
                return _NOTHING


_NOTHING: Final = Sequence(())
_ANYTHING: Final = Repeat(Characters(ANY_CHARACTER, 0), 0, None)
_WORD: Final = Characters(sum(1 << ord(char) for char in "abcdefghijklmnopqrstuvwxyz0123456789"), 0)
_SIGN: Final = Characters(sum(1 << ord(char) for char in "-."), 0)
_BETWEEN_WORDS: Final = Sequence((_WORD, _SIGN))
_ANCHORS: Final = {"AT_BEGINNING": False, "AT_BEGINNING_STRING": False, "AT_END": True, "AT_END_STRING": True}


def _unsupported(operation: str) -> UnsupportedRegex:
    return UnsupportedRegex(*_ADVICE.get(operation, (operation.lower().replace("_", " "), "Write a pattern without it.")))


def _characters(operation: str, argument: Any, flags: int) -> Characters:
    if operation == "ANY":
        return Characters(ANY_CHARACTER, 1 << ord("."))
    items = tuple(argument) if operation == "IN" else ((operation, argument),)
    allowed = _set(items, flags & (re.IGNORECASE | re.ASCII))
    one_by_one = len(items) <= _WRITTEN_OUT and all(str(name) == "LITERAL" for name, _ in items)
    return Characters(allowed, allowed if one_by_one else 0)


@lru_cache(maxsize=512)
def _set(items: tuple[tuple[Any, Any], ...], flags: int) -> int:
    inverted = bool(items) and str(items[0][0]) == "NEGATE"
    found = (any(_has(str(name), value, code, flags) for name, value in items) != inverted for code in CODES)
    return sum(1 << code for code, inside in zip(CODES, found, strict=True) if inside)


def _has(name: str, value: Any, code: int, flags: int) -> bool:
    match name:
        case "LITERAL":
            return value in _forms(code, flags)
        case "NOT_LITERAL":
            return value not in _forms(code, flags)
        case "RANGE":
            return any(value[0] <= form <= value[1] for form in _forms(code, flags))
        case "CATEGORY":
            return _in_category(chr(code), str(value))
        case _:  # NEGATE, which the caller handles
            return False


def _forms(code: int, flags: int) -> set[int]:
    """The codes that count as equal to `code`."""
    if not flags & re.IGNORECASE:
        return {code}
    char = chr(code)
    forms = {ord(char.lower()), ord(char.upper())}
    return forms if flags & re.ASCII else forms | _FOLDED.get(char.lower(), set())


def _in_category(char: str, category: str) -> bool:
    kind = category.removeprefix("CATEGORY_").removeprefix("UNI_")
    belongs = {"DIGIT": char.isdigit(), "SPACE": False, "WORD": char.isalnum() or char == "_"}
    negated = kind.startswith("NOT_")
    return belongs[kind.removeprefix("NOT_")] != negated


def printed(node: Node) -> str:
    """`node` as an expression of Python's `re` for bytes, in a form of our own: explicit sets, groups that capture nothing."""
    match node:
        case Characters(allowed):
            return _printed_set(allowed)
        case Sequence(parts):
            return "".join(f"(?:{printed(part)})" if isinstance(part, Choice) else printed(part) for part in parts)
        case Choice(branches):
            return "|".join(map(printed, branches))
        case Repeat(body, least, most):
            text = printed(body) if isinstance(body, Characters) else f"(?:{printed(body)})"
            return f"{text}{{{least},{'' if most is None else most}}}"
        case Anchor(at_end):
            return r"\Z" if at_end else r"\A"


def _printed_set(allowed: int) -> str:
    ranges = list(_ranges(allowed))
    if not ranges:
        return "[^\\x00-\\xff]"
    if len(ranges) == 1 and ranges[0][0] == ranges[0][1]:
        return re.escape(chr(ranges[0][0]))
    return "[" + "".join(f"\\x{first:02x}-\\x{last:02x}" if first < last else f"\\x{first:02x}" for first, last in ranges) + "]"


def _ranges(allowed: int) -> Iterator[tuple[int, int]]:
    first = None
    for code in range(CODES.start, CODES.stop + 1):
        inside = bool(allowed >> code & 1)
        if inside and first is None:
            first = code
        elif not inside and first is not None:
            yield first, code - 1
            first = None


def has_bare_dot(node: Node) -> bool:
    """Whether a dot stands for any one character, as it does when it was not escaped by mistake."""
    match node:
        case Characters(allowed):
            return allowed == ANY_CHARACTER
        case Sequence(parts) | Choice(parts):
            return any(map(has_bare_dot, parts))
        case Repeat(Characters(), _, _):
            return False
        case Repeat(body, _, _):
            return has_bare_dot(body)
        case _:
            return False
