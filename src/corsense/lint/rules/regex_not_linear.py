"""`regex-not-linear` in source: `re` may take forever to match the expression."""

from __future__ import annotations

from collections.abc import Iterator

from corsense.lint.layers import CorsLayer
from corsense.lint.marks import Mark
from corsense.lint.rules.regexes import regex_marks

SLUG = "regex-not-linear"


def marks(layer: CorsLayer) -> Iterator[Mark]:
    """Expressions with this fault."""
    yield from regex_marks(layer, SLUG)
