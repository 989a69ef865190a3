"""Counting decisions through OpenTelemetry. Imported only where decisions are counted."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Final

COUNTER: Final = "cors.decisions"
"""Name of the counter. Its attributes, all from closed sets: `cors.kind` (`preflight`, `actual`, `websocket`), `cors.outcome`
(`allowed`, `refused`, `no-origin`), and where refused `cors.reason` (a `corsense.policy.Reason`). Cross-origin protection counts
what it refuses: kind `write` or `websocket`, outcome `refused` or `reported`, and a `corsense.protection.ForeignReason`. Where a
candidate policy disagrees with the live one, the outcome is `candidate-refuses` or `candidate-allows`, and the kind a
`corsense.observe.RequestKind`. Never an origin or a path: clients choose those, and so the number of time series."""


def counter_if_wanted(telemetry: bool | None) -> Callable[[str, str, str], None] | None:
    """The function that counts, where `telemetry` asks for it, or is None and an SDK is in use."""
    wanted = telemetry or (telemetry is None and "opentelemetry.sdk.metrics" in sys.modules)
    return counter() if wanted else None


def counter() -> Callable[[str, str, str], None] | None:
    """The function that counts one decision (kind, outcome, reason or `""`); None when `opentelemetry-api` is not installed."""
    try:
        from opentelemetry.metrics import get_meter
    except ImportError:
        return None
    from corsense._version import __version__

    decisions = get_meter("corsense", __version__).create_counter(
        COUNTER, unit="{decision}", description="Requests judged by the CORS policy"
    )
    attributes: dict[tuple[str, str, str], dict[str, str]] = {}

    def count(kind: str, outcome: str, reason: str) -> None:
        known = attributes.get((kind, outcome, reason))
        if known is None:
            known = {"cors.kind": kind, "cors.outcome": outcome} | ({"cors.reason": reason} if reason else {})
            attributes[kind, outcome, reason] = known
        decisions.add(1, known)

    return count
