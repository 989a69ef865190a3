"""A CORS layer inside another: preflights never reach it, and its headers are replaced."""

from __future__ import annotations

from typing import Any

from corsense.middleware.refused_settings import warn
from corsense.warnings import CORSLayerWarning

_DEEPEST = 40


def warn_of_inner_layer(app: Any) -> None:
    """Warn when `app`, the stack of layers that another one goes around, has a CORS layer. Source: free5gc CVE-2026-41135, a
    layer that was added again and again."""
    name = _inner_layer(app)
    if name is not None:
        warn(
            f"{name} is inside another CORS layer. Preflights never reach it, and its headers are replaced. Keep one of the "
            "two; a policy for some paths only goes into policies={'/path/*': Policy(...)}.",
            CORSLayerWarning,
        )


def _inner_layer(app: Any) -> str | None:
    for _ in range(_DEEPEST):
        if app is None:
            return None
        kind = type(app)
        if any(base.__name__ == "CORSMiddleware" for base in kind.__mro__):
            return f"{kind.__module__}.{kind.__qualname__}"
        app = getattr(app, "app", None)
    return None
