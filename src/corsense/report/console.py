"""What a browser's console shows for a fetch, fit to be printed."""

from __future__ import annotations

from corsense._redaction import Redactor
from corsense.fetch import Trace
from corsense.fetch.trace import EngineName


def console_lines(trace: Trace, engine: EngineName) -> list[str]:
    """What a browser's console shows, without the secrets of URLs."""
    redactor = Redactor([trace.request.origin])
    return [redactor.text(line) for line in trace.console(engine)]
