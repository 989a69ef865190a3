"""`regex-unescaped-dot` in source: a dot of the expression stands for any character."""

from __future__ import annotations

from collections.abc import Iterator

from corsense.lint.layers import CorsLayer
from corsense.lint.rules.regexes import regex_marks
from corsense.lint.violations import Violation

SLUG = "regex-unescaped-dot"


def violations(layer: CorsLayer) -> Iterator[Violation]:
    """Expressions with this fault."""
    yield from regex_marks(layer, SLUG)
