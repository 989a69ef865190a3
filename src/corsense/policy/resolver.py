"""Which origins an `origin_resolver` decides about, and what its answer means, for the middleware and `Policy.permits`."""

from __future__ import annotations

from corsense.origin import Origin


def is_asked_about(origin: str) -> bool:
    """Whether a resolver is asked about this value of `Origin`: it is the origin of a page. `null` and values that no browser
    sends are refused without asking."""
    return Origin.parse(origin) is not None


def is_admission(answer: object) -> bool:
    """Whether a resolver's answer allows the origin: only `True` does. A row, a match or a coroutine that was not awaited is more
    often a mistake than a permission, so any other value refuses."""
    return answer is True
