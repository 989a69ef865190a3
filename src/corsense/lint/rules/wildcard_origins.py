"""`wildcard-origins` in source: every origin is allowed, without credentials."""

from __future__ import annotations

from collections.abc import Iterator

from corsense.lint.layers import CorsLayer
from corsense.lint.marks import Mark
from corsense.lint.origins import wildcards

SLUG = "wildcard-origins"


def marks(layer: CorsLayer) -> Iterator[Mark]:
    """One mark a layer; none where it is the default of a setting, or goes with credentials, which are rules of their own."""
    found = list(wildcards(layer))
    if found and not any(each.credentials or each.setting is not None for each in found):
        message = "allow_origins=['*'] lets any page read this API. Without credentials that is right for a public one."
        yield Mark(SLUG, message, layer.keyword_spot("allow_origins"), {}, "info", layer=layer)
