"""`regex-unescaped-dot` in source: a dot of the expression stands for any character."""

from __future__ import annotations

from collections.abc import Iterator

from corsense.lint.layers import CorsLayer
from corsense.lint.marks import Mark
from corsense.lint.rules.regexes import regex_marks

SLUG = "regex-unescaped-dot"


def marks(layer: CorsLayer) -> Iterator[Mark]:
    """Expressions with this fault."""
    yield from regex_marks(layer, SLUG)
