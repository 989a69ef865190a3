"""Regular expressions that take forever on some origin: found by trying, with ever longer origins."""

from __future__ import annotations

import re
from time import perf_counter

from corsense.origin.automaton import witnesses
from corsense.origin.spelling import MAX_ORIGIN

_TOO_LONG = 0.02
"""Seconds. The time of a well-behaved expression is a few microseconds."""
_LENGTHS = (8, 12, 16, 18, 20, 22, 24, 26, 28, 100, MAX_ORIGIN)
_TRIED = 6


def slow_origin(expression: re.Pattern[str]) -> str | None:
    """An `Origin` value, no longer than those that are looked at, on which `expression` takes noticeable time: anybody may send
    it with every request. None when none was found. Source: CWE-1333."""
    tried = set()
    for witness in witnesses(expression)[:_TRIED]:
        start = witness.origin.index("://") + 3
        for cut in range(start, len(witness.origin)):
            for filling in (witness.origin[cut], "a", "a."):
                before = witness.origin[:cut]
                if (before, filling) in tried:
                    continue
                tried.add((before, filling))
                found = _pumped(expression, before, filling)
                if found is not None:
                    return found
    return None


def _pumped(expression: re.Pattern[str], before: str, filling: str) -> str | None:
    for length in _LENGTHS:
        text = f"{before}{filling * length}"[: MAX_ORIGIN - 1] + "!"
        began = perf_counter()
        expression.fullmatch(text)
        if perf_counter() - began < _TOO_LONG:
            continue
        began = perf_counter()  # once more: the machine may have been busy
        expression.fullmatch(text)
        if perf_counter() - began >= _TOO_LONG:
            return text
    return None
