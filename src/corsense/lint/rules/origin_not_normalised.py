"""`origin-not-normalised` in source: an entry of the list is not written as browsers write it."""

from __future__ import annotations

from collections.abc import Iterator

from corsense.lint.layers import CorsLayer
from corsense.lint.marks import Mark
from corsense.lint.rules.spelling import misspelt

SLUG = "origin-not-normalised"


def marks(layer: CorsLayer) -> Iterator[Mark]:
    """Entries with this fault."""
    yield from misspelt(layer, SLUG, "Browsers write {written} as {meant}, so it never matches.")
