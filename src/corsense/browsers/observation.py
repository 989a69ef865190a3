"""What a real browser did with one request: `BrowserObservation`."""

from __future__ import annotations

from dataclasses import dataclass

from corsense.fetch import Exchange


@dataclass(frozen=True, slots=True)
class BrowserObservation:
    """The result of one request in a real browser.

    - `allowed`: script got an answer: `fetch()` resolved, the `XMLHttpRequest` or the element loaded.
    - `status`: the status that script could read; None without an answer, 0 when it is opaque.
    - `readable`: names of the headers that script could read, lower case and sorted.
    - `error`: the name the engine itself has for the reason it blocked (Chromium: `Network.corsErrorStatus.corsError`); None
      where it has none.
    - `console`: the lines its console showed, verbatim and in order.
    - `exchanges`: each request as it arrived, with the answer that was given.
    """

    allowed: bool
    status: int | None
    readable: tuple[str, ...]
    error: str | None
    console: tuple[str, ...]
    exchanges: tuple[Exchange, ...]
