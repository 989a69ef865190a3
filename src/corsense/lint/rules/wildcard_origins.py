"""`wildcard-origins` in source: every origin is allowed, without credentials."""

from __future__ import annotations

from collections.abc import Iterator

from corsense.lint.layers import CorsLayer
from corsense.lint.origins import wildcards
from corsense.lint.violations import Violation

SLUG = "wildcard-origins"


def violations(layer: CorsLayer) -> Iterator[Violation]:
    """One violation per layer; none where it may go with credentials, which are rules of their own."""
    found = list(wildcards(layer))
    if found and all(each.credentials is False or (each.credentials is None and each.setting is None) for each in found):
        setting = next((each.setting for each in found if each.setting is not None), None)
        default = f" (the default of {setting.name})" if setting is not None else ""
        message = f"allow_origins=['*']{default} lets any page read this API. That is right for a public API without credentials."
        yield Violation(SLUG, message, layer.keyword_spot("allow_origins"), {}, "info", layer=layer)
