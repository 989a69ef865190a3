"""`origin-not-normalised` in source: an entry of the list is not written as browsers write it."""

from __future__ import annotations

from collections.abc import Iterator

from corsense.lint.layers import CorsLayer
from corsense.lint.rules.spelling import misspelt
from corsense.lint.violations import Violation

SLUG = "origin-not-normalised"


def violations(layer: CorsLayer) -> Iterator[Violation]:
    """Entries with this fault."""
    yield from misspelt(layer, SLUG, "{written} is not written as browsers write it. Browsers send {meant}.")
