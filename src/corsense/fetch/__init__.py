"""The browser's side of CORS: the Fetch standard as a state machine without I/O.

    browser = Browser(engine="chromium")
    run = browser.fetch(FetchRequest(url="http://localhost:8000/items", origin="http://localhost:3000"))

`run` is a generator: it yields each `WireRequest` the browser would send, is sent the `WireResponse` (or `NetworkError`)
that came
back, and returns the `Trace`. `corsense.transports.drive` runs it against anything that can answer.
"""

from __future__ import annotations

from corsense.fetch.browser import Browser
from corsense.fetch.errors import CorsError
from corsense.fetch.request import FetchRequest
from corsense.fetch.trace import Allowed, Blocked, Failed, FailureReason, Outcome, Step, Trace
from corsense.fetch.wire import Exchange, NetworkError, WireRequest, WireResponse

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
