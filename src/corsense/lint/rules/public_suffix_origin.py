"""`public-suffix-origin` in source: the expression covers a domain where strangers get names."""

from __future__ import annotations

from collections.abc import Iterator

from corsense.lint.layers import CorsLayer
from corsense.lint.marks import Mark
from corsense.lint.rules.regexes import regex_marks

SLUG = "public-suffix-origin"


def marks(layer: CorsLayer) -> Iterator[Mark]:
    """Expressions with this fault."""
    yield from regex_marks(layer, SLUG)
