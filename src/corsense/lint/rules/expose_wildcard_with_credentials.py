"""`expose-wildcard-with-credentials` in source: `*` exposes nothing to a page that sends credentials."""

from __future__ import annotations

from collections.abc import Iterator

from corsense.lint.layers import CorsLayer
from corsense.lint.origins import together
from corsense.lint.values import entries, text_of, truth
from corsense.lint.violations import Violation

SLUG = "expose-wildcard-with-credentials"


def violations(layer: CorsLayer) -> Iterator[Violation]:
    """One violation per layer."""
    for exposed, credentials in together(layer, "expose_headers", "allow_credentials"):
        text = text_of(exposed)
        names = {entry.text for entry in entries(exposed)} | ({text.text} if text is not None else set())
        if "*" in names and truth(credentials):
            message = "expose_headers=['*'] exposes nothing to pages that send credentials. It then means a header called *."
            remedy = "Name the headers that pages read: expose_headers=['X-Total-Count']."
            yield Violation(SLUG, message, layer.keyword_spot("expose_headers"), {}, remedy=remedy, layer=layer)
            return
