"""The browser's side of CORS: the Fetch standard as a state machine without I/O.

    browser = Browser(engine="chromium")
    run = browser.fetch(FetchRequest(url="http://localhost:8000/items", origin="http://localhost:3000"))

`run` is a generator: it yields each `WireRequest` the browser would send, is sent the `WireResponse` (or `NetworkError`) that
came back, and returns the `Trace`. `corsense.transports.drive` runs it against anything that can answer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from corsense._lazy import lazy_names

if TYPE_CHECKING:
    from corsense.fetch.browser import Browser as Browser
    from corsense.fetch.errors import CorsError as CorsError
    from corsense.fetch.request import FetchRequest as FetchRequest
    from corsense.fetch.trace import Allowed as Allowed
    from corsense.fetch.trace import Blocked as Blocked
    from corsense.fetch.trace import Failed as Failed
    from corsense.fetch.trace import FailureReason as FailureReason
    from corsense.fetch.trace import Outcome as Outcome
    from corsense.fetch.trace import Step as Step
    from corsense.fetch.trace import Trace as Trace
    from corsense.fetch.wire import Exchange as Exchange
    from corsense.fetch.wire import NetworkError as NetworkError
    from corsense.fetch.wire import WireRequest as WireRequest
    from corsense.fetch.wire import WireResponse as WireResponse

__all__ = [
    "Allowed",
    "Blocked",
    "Browser",
    "CorsError",
    "Exchange",
    "Failed",
    "FailureReason",
    "FetchRequest",
    "NetworkError",
    "Outcome",
    "Step",
    "Trace",
    "WireRequest",
    "WireResponse",
]

_HOMES = {
    "Browser": "corsense.fetch.browser",
    "CorsError": "corsense.fetch.errors",
    "FetchRequest": "corsense.fetch.request",
    **dict.fromkeys(("Allowed", "Blocked", "Failed", "FailureReason", "Outcome", "Step", "Trace"), "corsense.fetch.trace"),
    **dict.fromkeys(("Exchange", "NetworkError", "WireRequest", "WireResponse"), "corsense.fetch.wire"),
}


__getattr__ = lazy_names(globals(), _HOMES)  # the console's wordings need no browser


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
