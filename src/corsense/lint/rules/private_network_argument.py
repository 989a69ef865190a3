"""`private-network-headers-obsolete` in source: a layer is given `allow_private_network`."""

from __future__ import annotations

from collections.abc import Iterator

from corsense.lint.layers import CorsLayer
from corsense.lint.values import truth
from corsense.lint.violations import Violation

SLUG = "private-network-headers-obsolete"


def violations(layer: CorsLayer) -> Iterator[Violation]:
    """One violation per layer."""
    if any(truth(each.value) for each in layer.arguments.get("allow_private_network", ())):
        message = "allow_private_network=True has no effect. Browsers no longer send or read Private Network Access headers."
        yield Violation(SLUG, message, layer.keyword_spot("allow_private_network"), {}, remedy="Remove it.", layer=layer)
