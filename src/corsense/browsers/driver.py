"""What a driver of a browser offers: `Driver`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Ran:
    """The result of an expression in the page: the text it gave, what the console showed, the engine's own name for the error."""

    text: str
    console: tuple[str, ...]
    error: str | None = None


class Driver(Protocol):
    """A browser that runs, with one page. Every method raises BrowserError when the browser does not do its part."""

    version: str

    def open(self, url: str) -> None:
        """Load a page."""

    def run(self, expression: str, lines: int, limit: float) -> Ran:
        """Evaluate an expression that gives a promise of a text. The console is expected to show `lines` lines, and is waited for
        a moment; the expression has `limit` seconds."""

    def close(self) -> None:
        """End the browser. May be called twice."""
