"""`public-suffix-origin` in source: the expression covers a domain where anybody gets a name."""

from __future__ import annotations

from collections.abc import Iterator

from corsense.lint.layers import CorsLayer
from corsense.lint.rules.regexes import regex_marks
from corsense.lint.violations import Violation

SLUG = "public-suffix-origin"


def violations(layer: CorsLayer) -> Iterator[Violation]:
    """Expressions with this fault."""
    yield from regex_marks(layer, SLUG)
