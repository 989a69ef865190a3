"""What a browser's console shows for a fetch, fit to be printed."""

from __future__ import annotations

from corsense.fetch import Trace
from corsense.fetch.trace import EngineName
from corsense.readers.secrets import redact_url


def console_lines(trace: Trace, engine: EngineName) -> list[str]:
    """What a browser's console shows, without the secrets of URLs."""
    lines = trace.console(engine)
    for url in {trace.request.url, *(exchange.request.url for exchange in trace.exchanges)}:
        clean = redact_url(url)[0]
        lines = [line.replace(url, clean) for line in lines] if clean != url else lines
    return lines
