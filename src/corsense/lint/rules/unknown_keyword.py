"""`unknown-keyword` in source: `CORSMiddleware` is given an argument that it does not have."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from difflib import get_close_matches
from functools import cache

from corsense.lint.layers import KEYWORDS, CorsLayer
from corsense.lint.values import ClassValue
from corsense.lint.violations import Violation

SLUG = "unknown-keyword"


def violations(layer: CorsLayer) -> Iterator[Violation]:
    """Each argument that is not one."""
    if isinstance(layer.made_of, ClassValue):
        return  # a class of the program may take what it likes
    known = _of_ours() if layer.is_ours else KEYWORDS
    for name in layer.arguments:
        if name not in known:
            near = get_close_matches(name, known, 1)
            message = f"CORSMiddleware has no argument {name!r}. The app answers every request with 500."
            remedy = f"Write {near[0]}." if near else None
            yield Violation(SLUG, message, layer.keyword_spot(name), {"keyword": name}, "error", remedy, layer)


@cache
def _of_ours() -> tuple[str, ...]:
    from corsense.middleware import CORSMiddleware

    return (*KEYWORDS, *inspect.signature(CORSMiddleware).parameters)
