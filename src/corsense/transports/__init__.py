"""Drivers of the browser's state machine: something that answers a `WireRequest`.

`drive` runs a fetch against any callable. The modules beside it answer from a live server (`http`), an ASGI app in this process
(`asgi`) and a recording (`har`).
"""

from __future__ import annotations

from corsense.transports.drive import Send, drive

__all__ = ["Send", "drive"]
