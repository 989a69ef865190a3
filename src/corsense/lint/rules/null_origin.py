"""`null-origin` in source: the list has `null`."""

from __future__ import annotations

from collections.abc import Iterator

from corsense.causes import Severity
from corsense.lint.layers import CorsLayer
from corsense.lint.origins import allows_credentials, written_origins
from corsense.lint.violations import Violation

SLUG = "null-origin"


def violations(layer: CorsLayer) -> Iterator[Violation]:
    """The entry `null`."""
    for found in written_origins(layer):
        if found.slug == SLUG:
            message = "The list of origins has 'null', which lets every site in. Any page can send it, from a sandboxed frame."
            severity: Severity = "error" if allows_credentials(layer) else "warning"
            yield Violation(SLUG, message, found.entry.spot, {"value": "null"}, severity, "Remove 'null'.", layer)
