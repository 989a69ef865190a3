"""`glob-in-origins` in source: an entry of the list is a pattern."""

from __future__ import annotations

from collections.abc import Iterator

from corsense.lint.layers import CorsLayer
from corsense.lint.marks import Mark
from corsense.lint.rules.spelling import misspelt

SLUG = "glob-in-origins"


def marks(layer: CorsLayer) -> Iterator[Mark]:
    """Entries with this fault."""
    yield from misspelt(layer, SLUG, "{written} is a pattern, and a list takes none: it matches no origin.")
