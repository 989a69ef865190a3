"""Whether the model says what a real browser did: `compare`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from corsense.browsers import BrowserName, BrowserObservation
from corsense.check.results import Difference
from corsense.fetch import (
    Allowed,
    Blocked,
    Browser,
    CorsError,
    Exchange,
    FetchRequest,
    NetworkError,
    Trace,
    WireRequest,
    WireResponse,
)
from corsense.fetch.trace import EngineName
from corsense.transports import drive

_NOT_SENT = "the browser sent no such request"
_WARNING_OF_FIREFOX = "Cross-Origin Request Warning:"
_NAMED_HEADER = re.compile(r"header field (\S+) is")
_SHOWN = ("origin", "access-control-request-method", "access-control-request-headers")


def model_of(request: FetchRequest, engine: EngineName, exchanges: Sequence[Exchange]) -> Trace:
    """What the model makes of `request`, given the answers that a browser got."""
    left = list(exchanges)

    def answer(wanted: WireRequest) -> WireResponse | NetworkError:
        for index, exchange in enumerate(left):
            if _key(exchange.request) == _key(wanted):
                return left.pop(index).response
        return NetworkError(_NOT_SENT)

    return drive(Browser(engine).fetch(request), answer)


def compare(request: FetchRequest, engine: BrowserName, seen: BrowserObservation) -> tuple[Trace, tuple[Difference, ...]]:
    """The model's trace on the answers that the browser got, and where the two do not agree.

    Compared are the outcome, the engine's own name for the error where it has one, the status and the names of the headers that
    script can read, the console, and the requests on the wire. Warnings of Firefox are not: WebDriver BiDi does not carry them.
    """
    trace = model_of(request, engine, seen.exchanges)
    return trace, tuple(_differences(trace, engine, seen))


def expected_lines(trace: Trace, engine: BrowserName) -> tuple[str, ...]:
    """The lines that a driver of `engine` can see of what the model prints."""
    return tuple(line for line in trace.console(engine) if not line.startswith(_WARNING_OF_FIREFOX))


def _differences(trace: Trace, engine: BrowserName, seen: BrowserObservation) -> Iterator[Difference]:
    yield from _outcomes(trace, seen)
    yield from _errors(trace, engine, seen)
    if _is_readable(trace) and seen.allowed and trace.request.initiator != "eventsource":
        yield from _readable(trace, seen)
    yield from _consoles(trace, engine, seen)
    sent = tuple(_line(exchange.request) for exchange in trace.exchanges)
    arrived = tuple(_line(exchange.request) for exchange in seen.exchanges)
    if sent != arrived:
        yield Difference("requests", sent, arrived)


def _outcomes(trace: Trace, seen: BrowserObservation) -> Iterator[Difference]:
    if _is_readable(trace) != seen.allowed:
        yield Difference("outcome", (_word(trace.outcome),), ("allowed" if seen.allowed else "not allowed",))


def _is_readable(trace: Trace) -> bool:
    """Whether the page gets the response; an EventSource takes an event stream only."""
    if not isinstance(trace.outcome, Allowed):
        return False
    return trace.request.initiator != "eventsource" or _is_event_stream(trace.response)


def _errors(trace: Trace, engine: BrowserName, seen: BrowserObservation) -> Iterator[Difference]:
    outcome = trace.outcome
    if not isinstance(outcome, Blocked):
        if seen.error is not None:
            yield Difference("error", ("none",), (seen.error,))
    elif outcome.exchange is not None and engine == "chromium" and seen.error != outcome.error:
        yield Difference("error", (str(outcome.error),), (seen.error or "none",))


def _consoles(trace: Trace, engine: BrowserName, seen: BrowserObservation) -> Iterator[Difference]:
    lines, shown = expected_lines(trace, engine), seen.console
    if engine == "firefox" and trace.request.initiator == "eventsource":
        lines, shown = _once(lines), _once(shown)
    if lines != shown and (engine == "firefox" or _naming_any(trace, lines) != _naming_any(trace, shown)):
        yield Difference("console", lines, shown)


def _readable(trace: Trace, seen: BrowserObservation) -> Iterator[Difference]:
    outcome, response = trace.outcome, trace.response
    assert isinstance(outcome, Allowed)
    status = response.status if response is not None and outcome.tainting in ("basic", "cors") else 0
    if status != seen.status:
        yield Difference("status", (str(status),), (str(seen.status),))
    if outcome.exposed != seen.readable:
        yield Difference("headers", outcome.exposed, seen.readable)


def _naming_any(trace: Trace, lines: tuple[str, ...]) -> tuple[str, ...]:
    """The lines without the name of the refused header where several are refused: which of them Chromium and WebKit name is up to
    the order of a hash table."""
    refused = {step.parameter for step in trace.failed_steps if step.error is CorsError.HeaderDisallowedByPreflightResponse}
    if len(refused) < 2:
        return lines
    return tuple(
        _NAMED_HEADER.sub(lambda found: "header field … is" if found[1].lower() in refused else found[0], line) for line in lines
    )


def _once(lines: tuple[str, ...]) -> tuple[str, ...]:
    """Without repetitions: Firefox says once or twice that an EventSource cannot connect, as chance will have it."""
    return tuple(line for index, line in enumerate(lines) if index == 0 or lines[index - 1] != line)


def _is_event_stream(response: WireResponse | None) -> bool:
    kind = (response.header("content-type") or "") if response is not None else ""
    return response is not None and response.status == 200 and kind.partition(";")[0].strip().lower() == "text/event-stream"


def _word(outcome: object) -> str:
    return "allowed" if isinstance(outcome, Allowed) else f"not allowed: {getattr(outcome, 'error', None) or outcome}"


def _key(request: WireRequest) -> tuple[str, str, bool]:
    return request.method, request.url, request.preflight


def _line(request: WireRequest) -> str:
    """A request as far as CORS shapes it."""
    shown = [f"{name}: {value}" for name in _SHOWN if (value := request.header(name)) is not None]
    return " ".join([request.method, request.url, *(f"[{text}]" for text in shown)])
