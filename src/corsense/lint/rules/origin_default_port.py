"""`origin-default-port` in source: an entry of the list spells out the default port."""

from __future__ import annotations

from collections.abc import Iterator

from corsense.lint.layers import CorsLayer
from corsense.lint.rules.spelling import misspelt
from corsense.lint.violations import Violation

SLUG = "origin-default-port"


def violations(layer: CorsLayer) -> Iterator[Violation]:
    """Entries with this fault."""
    yield from misspelt(layer, SLUG, "{written} names the default port, which browsers omit. Browsers send {meant}.")
