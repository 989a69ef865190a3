"""`origin-without-scheme` in source: an entry of the list has no scheme."""

from __future__ import annotations

from collections.abc import Iterator

from corsense.lint.layers import CorsLayer
from corsense.lint.marks import Mark
from corsense.lint.rules.spelling import misspelt

SLUG = "origin-without-scheme"


def marks(layer: CorsLayer) -> Iterator[Mark]:
    """Entries with this fault."""
    yield from misspelt(layer, SLUG, "{written} has no scheme, and browsers send one, as in {meant}: it never matches.")
