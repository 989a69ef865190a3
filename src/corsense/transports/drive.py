"""`drive`: run a fetch to its end against whatever can answer requests."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import TypeVar

from corsense.fetch.wire import NetworkError, WireRequest, WireResponse

T = TypeVar("T")
Send = Callable[[WireRequest], WireResponse | NetworkError]


def drive(run: Generator[WireRequest, WireResponse | NetworkError, T], send: Send) -> T:
    """Run a fetch: hand each request that it yields to `send`, and give it the answer. Returns what the generator returns, the
    `Trace` of a fetch.

    Raises what `send` raises; for a server that does not answer, `send` returns a `NetworkError` instead.
    """
    try:
        request = next(run)
        while True:
            request = run.send(send(request))
    except StopIteration as end:
        returned: T = end.value
        return returned
