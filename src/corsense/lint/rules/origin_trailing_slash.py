"""`origin-trailing-slash` in source: an entry of the list ends in a slash, or is a URL of pydantic that will."""

from __future__ import annotations

from collections.abc import Iterator

from corsense.lint.layers import CorsLayer
from corsense.lint.origins import adds_slash, written_origins
from corsense.lint.rules.spelling import misspelt
from corsense.lint.values import Setting
from corsense.lint.violations import Violation

SLUG = "origin-trailing-slash"


def violations(layer: CorsLayer) -> Iterator[Violation]:
    """Entries with a slash at the end."""
    yield from misspelt(layer, SLUG, "{written} ends with a slash, so no page matches. Browsers send {meant}.")
    for each in layer.argument("allow_origins"):
        setting = each.value
        if isinstance(setting, Setting) and adds_slash(setting) and not list(written_origins(layer)):
            message = f"{setting.name} holds URLs of pydantic 2, which end with a slash as strings. No page matches them."
            remedy = 'allow_origins=[str(origin).rstrip("/") for origin in ...]'
            yield Violation(
                SLUG, message, layer.keyword_spot("allow_origins"), {"setting": setting.name}, remedy=remedy, layer=layer
            )
            return
