"""What a browser's console shows for a fetch, fit to be printed."""

from __future__ import annotations

from corsense.fetch import Trace
from corsense.fetch.trace import EngineName
from corsense.readers.secrets import redact_url


def console_lines(trace: Trace, engine: EngineName) -> list[str]:
    """What a browser's console shows, without the secrets of URLs."""
    return without_secrets(trace.console(engine), trace)


def without_secrets(lines: list[str], trace: Trace) -> list[str]:
    """Lines about a fetch, without the secrets of its URLs."""
    for url in {trace.request.url, *(exchange.request.url for exchange in trace.exchanges)}:
        clean = redact_url(url)[0]
        lines = [line.replace(url, clean) for line in lines] if clean != url else lines
    return lines
