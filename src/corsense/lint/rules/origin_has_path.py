"""`origin-has-path` in source: an entry of the list is a URL with a path."""

from __future__ import annotations

from collections.abc import Iterator

from corsense.lint.layers import CorsLayer
from corsense.lint.marks import Mark
from corsense.lint.rules.spelling import misspelt

SLUG = "origin-has-path"


def marks(layer: CorsLayer) -> Iterator[Mark]:
    """Entries with this fault."""
    yield from misspelt(layer, SLUG, "{written} is a URL with a path; the origin is {meant}, and only that matches.")
