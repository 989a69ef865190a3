"""`regex-in-origins` in source: an entry of the list is a regular expression."""

from __future__ import annotations

from collections.abc import Iterator

from corsense.lint.layers import CorsLayer
from corsense.lint.rules.spelling import misspelt
from corsense.lint.violations import Violation

SLUG = "regex-in-origins"


def violations(layer: CorsLayer) -> Iterator[Violation]:
    """Entries with this fault."""
    yield from misspelt(
        layer, SLUG, "{written} is a regular expression, which a list of origins does not support. It matches no page."
    )
