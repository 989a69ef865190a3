"""What a test requests, apart from how it is sent: a generator that yields each `Call` and is sent what came back.

The same plan serves a test that waits and a test that awaits.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from corsense.fetch import Browser, FetchRequest, NetworkError, Trace, WireRequest, WireResponse
from corsense.transports.asgi import AsgiExchange
from corsense.transports.unsafe_methods import is_safe, substitute
from corsense.url import is_loopback_host, parse_url

if TYPE_CHECKING:
    from corsense.testing.stand_in import Attempt

T = TypeVar("T")

_ELSEWHERE = NetworkError("not sent", "the redirect leads to another server, which a test does not call")


@dataclass(frozen=True, slots=True)
class Call:
    """One request to send. `limit`: bytes of the answer's body that are wanted. `attempt`: an endpoint of this process does not
    run for it (see `corsense.testing.stand_in`)."""

    request: WireRequest
    body: bytes | None = None
    limit: int = 4096
    attempt: Attempt | None = None


ExchangePlan: TypeAlias = Generator[Call, AsgiExchange, T]


@dataclass(frozen=True, slots=True)
class Watched:
    """One fetch that was watched: its trace, what came back for each of its exchanges, and whether the request itself was kept
    back, so that a synthesized answer stands at the end."""

    trace: Trace
    exchanges: tuple[AsgiExchange, ...]
    withheld: bool = False


@dataclass(slots=True)
class Memory:
    """Answers that are known: a page with credentials and one without send the same bytes where there are no cookies."""

    cookies: bool
    answers: dict[tuple[WireRequest, bytes | None], AsgiExchange] = field(default_factory=dict)

    def ask(self, call: Call) -> ExchangePlan[AsgiExchange]:
        """The answer to a call, sent at most once."""
        request = call.request if self.cookies else replace(call.request, credentials=False)
        known = self.answers.get((request, call.body))
        if known is None:
            known = self.answers[request, call.body] = yield call
        return known


def watch(
    request: FetchRequest,
    browser: Browser,
    *,
    run_unsafe: bool = True,
    memory: Memory | None = None,
    attempt: Attempt | None = None,
) -> ExchangePlan[Watched]:
    """Drive one fetch to its end. With an `attempt` the request is sent, and a stand-in answers in place of the endpoint.

    With `run_unsafe=False` a request whose method may change something (POST, PUT, DELETE...) is not sent. Its preflight is, also
    where a browser would need none, and the permission that it gives stands in for the response.
    """
    fetch = browser.fetch(request)
    body = request.body.encode() if isinstance(request.body, str) else request.body
    content = body if isinstance(body, bytes) else None
    seen: list[AsgiExchange] = []
    leave: AsgiExchange | None = None
    withheld = False
    try:
        wire = next(fetch)
        while True:
            if not _is_here(wire, request):
                answer = AsgiExchange(_ELSEWHERE)
            elif run_unsafe or is_safe(wire.method):
                call = Call(wire, None if wire.preflight else content, attempt=attempt)
                answer = (yield from memory.ask(call)) if memory is not None else (yield call)
            else:
                withheld = True
                answer = yield from _substitute(wire, leave, memory)
            leave = answer if wire.preflight else None
            seen.append(answer)
            wire = fetch.send(answer.response)
    except StopIteration as end:
        return Watched(end.value, tuple(seen), withheld)


def _substitute(wire: WireRequest, permission: AsgiExchange | None, memory: Memory | None) -> ExchangePlan[AsgiExchange]:
    """What stands in for the response to a request that is not sent."""
    answer = permission
    run = substitute(wire, None if permission is None else permission.response)
    try:
        preflight = next(run)
        while True:
            call = Call(preflight)
            answer = (yield from memory.ask(call)) if memory is not None else (yield call)
            preflight = run.send(answer.response)
    except StopIteration as end:
        response: WireResponse | NetworkError = end.value
        return answer if answer is not None and response is answer.response else AsgiExchange(response)


def _is_here(wire: WireRequest, request: FetchRequest) -> bool:
    """Whether a request goes to the server that the test is about, or to this machine."""
    there, here = parse_url(wire.url), parse_url(request.url)
    return there is None or here is None or there.host == here.host or is_loopback_host(there.host)
