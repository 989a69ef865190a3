"""`origin-without-scheme` in source: an entry of the list has no scheme."""

from __future__ import annotations

from collections.abc import Iterator

from corsense.lint.layers import CorsLayer
from corsense.lint.rules.spelling import misspelt
from corsense.lint.violations import Violation

SLUG = "origin-without-scheme"


def violations(layer: CorsLayer) -> Iterator[Violation]:
    """Entries with this fault."""
    yield from misspelt(layer, SLUG, "{written} has no scheme, so no page matches. Browsers send {meant}.")
