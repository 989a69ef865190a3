"""`NetworkLimits`: the limits of a check of a live server."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from corsense.transports.redirects import Ask

MAX_OPERATIONS = 500
"""Operations of a server's OpenAPI document that are tried unless the user says otherwise."""
MAX_SECONDS = 300.0
"""Seconds that a whole check of a URL takes at most unless the user says otherwise."""


@dataclass(frozen=True, slots=True)
class NetworkLimits:
    """How far a check of a URL goes.

    - `operations`: how many operations of the server's OpenAPI document are tried, from each origin.
    - `seconds`: how long the whole check may take; `response_seconds` each response.
    - `follow`: whether redirects to other servers are followed; None asks with `ask`, and follows none where `ask` is None.
    - `allows`: whether a URL may be contacted at all, whatever `follow` says; None: every URL.
    """

    operations: int = MAX_OPERATIONS
    seconds: float = MAX_SECONDS
    response_seconds: float = 10.0
    follow: bool | None = None
    ask: Ask | None = None
    allows: Callable[[str], bool] | None = None


DEFAULT_LIMITS = NetworkLimits()
"""The limits of a check by default."""
