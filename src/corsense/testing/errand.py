"""What a test asks for, apart from how it is sent: a generator that yields each `Call` and is sent what came back.

The same errand serves a test that waits and a test that awaits.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field, replace
from typing import TypeAlias, TypeVar

from corsense.fetch import Browser, FetchRequest, NetworkError, Trace, WireRequest, WireResponse
from corsense.fetch.wire import Headers
from corsense.transports.asgi import AsgiExchange
from corsense.url import is_loopback_host, parse_url

T = TypeVar("T")

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
"""Methods that change nothing. Source: RFC 9110, *Safe Methods*."""

_ELSEWHERE = NetworkError("not sent", "the redirect leads to another server, which a test does not call")


@dataclass(frozen=True, slots=True)
class Call:
    """One request to send. `limit`: bytes of the answer's body that are wanted."""

    request: WireRequest
    body: bytes | None = None
    limit: int = 4096


Errand: TypeAlias = Generator[Call, AsgiExchange, T]


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

    def ask(self, call: Call) -> Errand[AsgiExchange]:
        """The answer to a call, sent at most once."""
        request = call.request if self.cookies else replace(call.request, credentials=False)
        known = self.answers.get((request, call.body))
        if known is None:
            known = self.answers[request, call.body] = yield call
        return known


def watch(request: FetchRequest, browser: Browser, *, run_unsafe: bool = True, memory: Memory | None = None) -> Errand[Watched]:
    """Drive one fetch to its end.

    With `run_unsafe=False` a request whose method may change something (POST, PUT, DELETE...) is not sent. Its preflight is,
    also where a browser would need none, and the origin that this one is given leave for stands for the answer.
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
            elif run_unsafe or wire.method in SAFE_METHODS:
                call = Call(wire, None if wire.preflight else content)
                answer = (yield from memory.ask(call)) if memory is not None else (yield call)
            else:
                withheld = True
                if leave is None:
                    asked = Call(preflight_of(wire))
                    leave = (yield from memory.ask(asked)) if memory is not None else (yield asked)
                answer = _stand_in(leave)
            leave = answer if wire.preflight else None
            seen.append(answer)
            wire = fetch.send(answer.response)
    except StopIteration as end:
        return Watched(end.value, tuple(seen), withheld)


def preflight_of(wire: WireRequest) -> WireRequest:
    """The preflight for a request that needs none: what a server would say if it were asked."""
    origin = wire.header("origin") or ""
    headers: Headers = (("Accept", "*/*"), ("Access-Control-Request-Method", wire.method), ("Origin", origin))
    return WireRequest("OPTIONS", wire.url, headers, preflight=True)


def _stand_in(leave: AsgiExchange) -> AsgiExchange:
    if not isinstance(leave.response, WireResponse):
        return leave
    names = ("access-control-allow-origin", "access-control-allow-credentials")
    kept = tuple(line for line in leave.response.headers if line[0].lower() in names)
    return AsgiExchange(WireResponse(200, kept))


def _is_here(wire: WireRequest, request: FetchRequest) -> bool:
    """Whether a request goes to the server that the test is about, or to this machine."""
    there, here = parse_url(wire.url), parse_url(request.url)
    return there is None or here is None or there.host == here.host or is_loopback_host(there.host)
