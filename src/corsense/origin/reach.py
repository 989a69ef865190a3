"""What an expression admits that Starlette matches with `re`: the same questions as in `breadth`, for every expression there is.

`re` matches more than an automaton can. What the automaton cannot match is guessed, and each origin found is then tried against
the expression itself, unless that might never end.
"""

from __future__ import annotations

import itertools
import re
import warnings
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Final

from corsense.origin.automaton import is_exponential
from corsense.origin.breadth import admits_no_origin as nothing_admitted
from corsense.origin.breadth import foreign_origins
from corsense.origin.breadth import shared_suffix as open_suffix
from corsense.origin.expression import UnsupportedRegex, has_bare_dot, parse
from corsense.origin.regex import OriginRegex, of_tree
from corsense.sites import is_public_suffix

_TRIED: Final = 32
_GUESSED: Final = 4
_MOST_PARTS: Final = 1_000


@lru_cache(maxsize=256)
def foreign_origin(pattern: str) -> str | None:
    """The shortest origin that `re` fully matches with `pattern` and that belongs to another site than those it is written for;
    where there is none, one below a shared public suffix. None when there is neither, when `pattern` is not a regular expression,
    or when deciding it would take too long."""
    try:
        found = next(foreign_origins(OriginRegex.compile(pattern)), None)
    except re.error:
        return None
    except UnsupportedRegex:
        found = _tried(pattern)
    shared = shared_suffix(pattern) if found is None else None
    return found if shared is None else shared[1]


def _tried(pattern: str) -> str | None:
    """A foreign origin that an expression admits which no automaton can match."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about brackets that a later Python may read differently
        try:
            expression = re.compile(pattern)
            if _may_take_long(pattern):
                return None
            for guesses in itertools.product((True, False), repeat=_GUESSED):
                found = itertools.islice(_guessed(pattern, guesses), _TRIED)
                witness = next((origin for origin in found if expression.fullmatch(origin)), None)
                if witness is not None:
                    return witness
        except (UnsupportedRegex, re.error, RecursionError, OverflowError):
            pass
    return None


def _may_take_long(pattern: str) -> bool:
    """Whether trying an expression on a short origin may take long."""
    return any(is_exponential(parse(pattern, guesses=guesses)[0]) is not False for guesses in ((True,) * _MOST_PARTS, ()))


def _guessed(pattern: str, guesses: Sequence[bool]) -> Iterator[str]:
    tree, flags = parse(pattern, guesses=guesses)
    try:
        yield from foreign_origins(of_tree(tree, pattern, flags))
    except UnsupportedRegex:  # too large with these guesses
        return


@lru_cache(maxsize=256)
def shared_suffix(pattern: str) -> tuple[str, str] | None:
    """The public suffix below which `pattern` leaves the name open (`vercel.app`), and the shortest origin that it admits there.
    None when there is none, or when it cannot be decided."""
    try:
        return open_suffix(OriginRegex.compile(pattern), is_public_suffix)
    except (re.error, UnsupportedRegex):
        return None


def admits_no_origin(pattern: str) -> bool:
    """Whether no origin that a browser sends matches `pattern`; False also where that cannot be decided."""
    try:
        return nothing_admitted(OriginRegex.compile(pattern))
    except (re.error, UnsupportedRegex):
        return False


def leaves_a_dot_bare(pattern: str) -> bool:
    """Whether a dot in `pattern` stands for any one character, as it does when it was not escaped by mistake."""
    try:
        return has_bare_dot(parse(pattern, guesses=())[0])
    except (re.error, UnsupportedRegex):
        return False


def may_take_forever(pattern: str) -> bool:
    """Whether `re` takes exponential time with `pattern` on some text, so that one request stops the server. Source: CWE-1333."""
    try:
        return is_exponential(parse(pattern, guesses=())[0]) is True
    except (re.error, UnsupportedRegex):
        return False
