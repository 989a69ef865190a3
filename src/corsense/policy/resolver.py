"""What an `origin_resolver` is asked about, and what its answer means, for the middleware and for `Policy.permits` alike."""

from __future__ import annotations

from corsense.origin import Origin


def is_asked_about(origin: str) -> bool:
    """Whether a resolver is asked about this value of `Origin`: it is the origin of a page. `null` and what no browser sends are
    refused without a question."""
    return Origin.parse(origin) is not None


def is_admission(answer: object) -> bool:
    """Whether a resolver's answer lets the origin in: only `True` does. A row, a match or a coroutine that was not awaited is
    more often a mistake than a permission, so whatever else is returned refuses."""
    return answer is True
