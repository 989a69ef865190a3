"""Regular expressions that may take forever, told by their form: they are not tried. Source: CWE-1333."""

from __future__ import annotations

import re
import warnings
from typing import Any


def backtracks(expression: str) -> bool:
    """Whether trying an expression may take for ever: it repeats what is itself repeated, with nothing in between (`(a+)+`)."""
    parser: Any = re._parser  # type: ignore[attr-defined]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _repeats_repeats(parser.parse(expression))
    except (re.error, RecursionError, OverflowError):
        return False


def _repeats_repeats(items: Any) -> bool:
    for operation, argument in items:
        name = str(operation)
        if name in ("MAX_REPEAT", "MIN_REPEAT"):
            _, most, body = argument
            if (most > 1 and len(body) and all(_may_be_empty_or_long(item) for item in body)) or _repeats_repeats(body):
                return True
        elif any(_repeats_repeats(inner) for inner in _inside(name, argument)):
            return True
    return False


def _inside(name: str, argument: Any) -> list[Any]:
    """The parts of a group, and of a choice."""
    return [argument[-1]] if name == "SUBPATTERN" else list(argument[1]) if name == "BRANCH" else []


def _may_be_empty_or_long(item: Any) -> bool:
    name = str(item[0])
    if name == "SUBPATTERN":
        return all(_may_be_empty_or_long(inner) for inner in item[1][-1])
    return name in ("MAX_REPEAT", "MIN_REPEAT") and (item[1][0] == 0 or item[1][1] > 64)
