"""`insecure-origin-with-credentials` in source: credentials are allowed for an http origin that is not this machine."""

from __future__ import annotations

from collections.abc import Iterator

from corsense.lint.layers import CorsLayer
from corsense.lint.origins import together
from corsense.lint.values import entries, truth
from corsense.lint.violations import Violation
from corsense.url import is_loopback_host, parse_url

SLUG = "insecure-origin-with-credentials"


def violations(layer: CorsLayer) -> Iterator[Violation]:
    """Each such entry."""
    seen: set[str] = set()
    for origins, credentials in together(layer, "allow_origins", "allow_credentials"):
        found = entries(origins)
        if not truth(credentials) or any(entry.text == "*" for entry in found):
            continue
        for entry in found:
            if entry.text not in seen and is_insecure(entry.text):
                seen.add(entry.text)
                message = (
                    f"{entry.text!r} is http, and may send cookies. Anybody on the user's network can pose as that page and "
                    "read this API."
                )
                yield Violation(SLUG, message, entry.spot, {"value": entry.text}, layer=layer)


def is_insecure(origin: str) -> bool:
    """Whether an origin is http and on another machine."""
    url = parse_url(origin.strip()) if "*" not in origin else None
    return url is not None and url.scheme == "http" and not is_loopback_host(url.host) and url.host not in ("0.0.0.0", "")
