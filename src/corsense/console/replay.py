"""Another engine's judgement of answers that one engine received."""

from __future__ import annotations

from collections.abc import Iterable

from corsense.fetch.trace import EngineName, Trace
from corsense.fetch.wire import Exchange, NetworkError, WireRequest, WireResponse


def judged_by(engine: EngineName, trace: Trace) -> Trace | None:
    """The trace of `engine` for the same request and the same answers; None when it sends a request that has no recorded answer.

    Answers are matched by method, URL and whether the request is a preflight, in the order in which they came.
    """
    from corsense.fetch.browser import Browser

    answers = list(trace.exchanges)
    run = Browser(engine).fetch(trace.request)
    try:
        request = next(run)
        while True:
            answer = _take(answers, request)
            if answer is None:
                run.close()
                return None
            request = run.send(answer)
    except StopIteration as end:
        judged: Trace = end.value
        return judged


def _take(answers: list[Exchange], request: WireRequest) -> WireResponse | NetworkError | None:
    for exchange in _matching(answers, request):
        answers.remove(exchange)
        return exchange.response
    return None


def _matching(answers: Iterable[Exchange], request: WireRequest) -> Iterable[Exchange]:
    wanted = (request.method, request.url, request.preflight)
    return (
        exchange for exchange in answers if (exchange.request.method, exchange.request.url, exchange.request.preflight) == wanted
    )
