"""`wildcard-default-setting` in source: the variable that holds the origins falls back to `*`."""

from __future__ import annotations

from collections.abc import Iterator

from corsense.causes import Severity
from corsense.lint.layers import CorsLayer
from corsense.lint.origins import wildcards
from corsense.lint.violations import Violation

SLUG = "wildcard-default-setting"


def violations(layer: CorsLayer) -> Iterator[Violation]:
    """One violation per layer."""
    for found in wildcards(layer):
        if found.setting is not None:
            name = found.setting.name
            message = f"Every origin is allowed where {name} is not set. It falls back to '*'."
            remedy = f"Let {name} fall back to your development origin, or to nothing."
            severity: Severity = "error" if found.credentials else "info" if found.credentials is False else "warning"
            yield Violation(SLUG, message, found.spot, {"setting": name}, severity, remedy, layer)
            return
