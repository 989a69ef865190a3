"""`origin-has-path` in source: an entry of the list is a URL with a path."""

from __future__ import annotations

from collections.abc import Iterator

from corsense.lint.layers import CorsLayer
from corsense.lint.rules.spelling import misspelt
from corsense.lint.violations import Violation

SLUG = "origin-has-path"


def violations(layer: CorsLayer) -> Iterator[Violation]:
    """Entries with this fault."""
    yield from misspelt(layer, SLUG, "{written} is a URL with a path, not an origin. Browsers send {meant}.")
