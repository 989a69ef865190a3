"""`wildcard-with-credentials` in source: every origin is allowed, and so are credentials, in the same run of the program."""

from __future__ import annotations

from collections.abc import Iterator

from corsense.lint.layers import CorsLayer
from corsense.lint.origins import wildcards
from corsense.lint.violations import Violation

SLUG = "wildcard-with-credentials"


def violations(layer: CorsLayer) -> Iterator[Violation]:
    """One violation per layer."""
    found = next((each for each in wildcards(layer) if each.credentials), None)
    if found is None:
        return
    default = f" (the default of {found.setting.name})" if found.setting is not None else ""
    message = (
        f"allow_origins=['*']{default} with allow_credentials=True lets any site in. Starlette then reflects every origin, so "
        "any site can read this API with your users' cookies."
    )
    remedy = "Name the origins that may send cookies: allow_origins=['https://app.example.com']."
    evidence = {"allow_origins": ["*"], "allow_credentials": True}
    yield Violation(SLUG, message, layer.keyword_spot("allow_origins"), evidence, "error", remedy, layer)
