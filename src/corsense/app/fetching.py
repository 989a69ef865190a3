"""Many fetches at once: a browser for each probe here, and the requests that they yield answered by the agent, in batches."""

from __future__ import annotations

import gc
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from corsense.app.agent.channel import PATIENCE
from corsense.app.decoding import Answers, MessageError
from corsense.app.probe import ExchangeFacts, Probe, ProbeResult
from corsense.fetch.browser import Browser, Run
from corsense.fetch.trace import FailureReason, Trace
from corsense.fetch.wire import NetworkError, WireRequest, WireResponse
from corsense.transports.unsafe_methods import is_safe, permitted, preflight_of
from corsense.url import ParsedUrl, is_loopback_host, parse_url

if TYPE_CHECKING:
    from corsense.app.description import AppDescription

_BATCH = 64
_BATCHES_UNDER_WAY = 3
_DEFAULT_PORTS = {"http": 80, "ws": 80, "https": 443, "wss": 443}

Ask = Callable[[list[list[Any]]], None]
"""Sends requests to the agent, as it reads them: method, URL, header lines, body, whether there are cookies, situation."""

Known = tuple[WireResponse | NetworkError, ExchangeFacts]
_Key = tuple[object, ...]


@dataclass(slots=True)
class _Fetch:
    """One fetch under way. `preflighted`: what was sent last is a preflight, whose response becomes the `permission`. `withheld`:
    it was sent in place of a request."""

    index: int
    probe: Probe
    run: Run
    facts: list[ExchangeFacts] = field(default_factory=list)
    preflighted: bool = False
    withheld: bool = False
    permission: WireResponse | NetworkError | None = None


class Fetches:
    """The fetches of the probes. With `real` endpoints run: then one request is made after the other, in order, and each is
    sent; otherwise what was asked before is not asked again. `progress` is called with how many are done, of how many."""

    def __init__(
        self,
        app: AppDescription,
        probes: Sequence[Probe],
        *,
        real: bool,
        time_limit: float,
        progress: Callable[[int, int], None] | None = None,
    ) -> None:
        self.app = app
        self.probes = probes
        self.real = real
        self.time_limit = time_limit
        self.progress = progress
        self.results: dict[int, ProbeResult] = {}
        self._hosts = {route.host for route in app.routes if route.host is not None}
        self._responses: list[WireResponse | None] = []
        self._timeouts = 0
        self._facts: list[ExchangeFacts] = []
        self._known: dict[_Key, Known] = {}
        self._waiting: dict[_Key, list[_Fetch]] = {}
        self._outgoing: list[tuple[_Key, list[Any]]] = []
        self._under_way: deque[list[_Key]] = deque()

    def run(self, ask: Ask, answers: Callable[[], Answers]) -> list[ProbeResult]:
        """Run all fetches to their ends. `answers` waits for the next answers, at least one; they come in the order of the
        requests. Raises what these two raise, and `MessageError` when answers do not fit."""
        collects = gc.isenabled()
        gc.disable()  # what is made here stays
        try:
            probes = enumerate(self.probes)
            self._start(probes)
            while self._send(ask):
                for key, known in zip(self._under_way[0], self._receive(answers), strict=True):
                    if not self.real:
                        self._known[key] = known
                    for fetch in self._waiting.pop(key):
                        self._go_on(fetch, known)
                self._under_way.popleft()
                self._start(probes)
                if self.progress is not None:
                    self.progress(len(self.results), len(self.probes))
        finally:
            if collects:
                gc.enable()
        return [self.results[index] for index in range(len(self.probes))]

    def _start(self, probes: Iterator[tuple[int, Probe]]) -> None:
        """Start fetches until there is enough to send."""
        most = 1 if self.real else _BATCH * (_BATCHES_UNDER_WAY - len(self._under_way))
        while len(self._outgoing) < most and not (self.real and self._under_way):
            index, probe = next(probes, (-1, None))
            if probe is None:
                return
            self._go_on(_Fetch(index, probe, Browser(probe.engine).fetch(probe.request)), None)

    def _go_on(self, fetch: _Fetch, known: Known | None) -> None:
        """Give a fetch the answer it waits for, until it needs one that is not known yet, or ends."""
        while True:
            try:
                request = next(fetch.run) if known is None else _resume(fetch, known)
            except StopIteration as end:
                trace: Trace = end.value
                self.results[fetch.index] = ProbeResult(fetch.probe, trace, tuple(fetch.facts))
                return
            known = self._not_sent(fetch.probe, request) or self._withheld(fetch, request)
            if known is None and not fetch.withheld:
                fetch.preflighted = request.preflight
                known = self._ask_for(fetch, request)
            if known is None:
                return

    def _withheld(self, fetch: _Fetch, request: WireRequest) -> Known | None:
        """What stands for the answer to a request that would run the code of an app which no stand-in fits into: the permission
        that its preflight gets. Where the browser needed none, one is sent."""
        if self.app.kind != "asgi" or self.real or is_safe(request.method):
            return None
        if fetch.permission is not None:
            return permitted(fetch.permission), ExchangeFacts(None, stood_in=True)
        fetch.withheld = True
        return self._ask_for(fetch, preflight_of(request))

    def _ask_for(self, fetch: _Fetch, request: WireRequest) -> Known | None:
        """The answer to a request where it is known; else the request is sent, unless it is on its way."""
        probe = fetch.probe
        if probe.behind_proxy:
            request = replace(request, url=request.url.replace("https://", "http://", 1))
        if probe.situation == "untrusted_page" or probe.request.initiator == "websocket":
            from corsense.transports.browser_headers import BrowserHeaders  # few checks need it

            request = replace(request, headers=BrowserHeaders(probe.request, probe.engine).lines(request))
        body = "" if request.preflight or request.method in ("GET", "HEAD") else _body(probe)
        cookies = probe.request.cookies and request.credentials
        # A preflight is the same in every situation.
        situation = "success" if request.preflight else self._situation(probe)
        key: _Key = (len(self.results), fetch.index, len(fetch.facts)) if self.real else (request, situation, body, cookies)
        known = self._known.get(key)
        if known is None:
            waiting = self._waiting.setdefault(key, [])
            waiting.append(fetch)
            if len(waiting) == 1:
                self._outgoing.append((key, [request.method, request.url, request.headers, body, cookies, situation]))
        return known

    def _situation(self, probe: Probe) -> str:
        """What the stand-in does: some situations are about the URL, or about a security scheme that the route lacks."""
        secured = probe.route is not None and bool(self.app.routes[probe.route].security)
        about_the_url = probe.situation in ("unknown_path", "wrong_slash")
        return "success" if about_the_url or (probe.situation == "unauthenticated" and not secured) else probe.situation

    def _not_sent(self, probe: Probe, request: WireRequest) -> Known | None:
        """The answer to a request that is not sent to the app."""
        if self.app.lifespan_error is not None:
            return NetworkError(NOT_SENT, "the app does not start"), ExchangeFacts(None)
        if not is_same_server(probe.request.url, request.url, self._hosts):
            host = request.url.partition("://")[2].partition("/")[0].rpartition("@")[2]
            return NetworkError(NOT_SENT, f"{host} is another server than the app's"), ExchangeFacts(None)
        return None

    def _send(self, ask: Ask) -> bool:
        """Send what there is to send; False when nothing is under way any more."""
        while self._outgoing and len(self._under_way) < _BATCHES_UNDER_WAY:
            batch, self._outgoing = self._outgoing[:_BATCH], self._outgoing[_BATCH:]
            ask([encoded for _, encoded in batch])
            self._under_way.append([key for key, _ in batch])
        return bool(self._under_way)

    def _receive(self, answers: Callable[[], Answers]) -> list[Known]:
        """The answers of the batch that was sent first."""
        wanted = len(self._under_way[0])
        found: list[Known] = []
        while len(found) < wanted:
            message = answers()
            self._responses += message.responses
            if not all(self._fits(facts) for facts in message.facts):
                raise MessageError("an answer comes from a layer or a route that does not exist")
            self._facts += message.facts
            for response, facts in message.numbers:
                if not (0 <= response < len(self._responses) and 0 <= facts < len(self._facts)):
                    raise MessageError("an answer has a number that does not exist")
                found.append((self._responses[response] or self._timed_out(), self._facts[facts]))
        if len(found) > wanted:
            raise MessageError("there are more answers than requests")
        return found

    def _timed_out(self) -> NetworkError:
        """What stands for an answer that did not come in time; after a few, the agent waits less."""
        self._timeouts += 1
        seconds = self.time_limit if self._timeouts <= PATIENCE else self.time_limit / 10
        return NetworkError(FailureReason.TIMEOUT, f"no answer within {seconds:g} s")

    def _fits(self, facts: ExchangeFacts) -> bool:
        """Whether the layers and the route of an answer are those of the app."""
        layers = [*facts.passed, *(who for who in (facts.answered_by, facts.raised_by) if isinstance(who, int))]
        route = facts.route is None or 0 <= facts.route < len(self.app.routes)
        return route and all(0 <= layer < len(self.app.layers) for layer in layers)


NOT_SENT = "not sent"
"""`NetworkError.reason` of a request that was kept back."""


def is_same_server(first: str, url: str, hosts: set[str]) -> bool:
    """Whether a request to `url`, which a redirect may have led to, goes to the server of the URL `first`: the same host and port
    (the default ports count as one, and so do the names of this machine), or one of `hosts`, which the app has routes for."""
    base = "/".join(first.split("/", 3)[:3])
    if url.startswith(base) and url[len(base) : len(base) + 1] in ("/", "?", "#", ""):
        return True
    here, there = parse_url(first), parse_url(url)
    if here is None or there is None or not there.is_http:
        return True
    if there.host in hosts:
        return True
    same_host = here.host == there.host or (is_loopback_host(here.host) and is_loopback_host(there.host))
    return same_host and (_port(here) == _port(there) or (_has_default_port(here) and _has_default_port(there)))


def _port(url: ParsedUrl) -> int | None:
    return url.port or _DEFAULT_PORTS.get(url.scheme)


def _has_default_port(url: ParsedUrl) -> bool:
    return _port(url) == _DEFAULT_PORTS.get(url.scheme)


def _resume(fetch: _Fetch, known: Known) -> WireRequest:
    """The next request of a fetch, which gets the answer to the one before."""
    answer, facts = known
    if fetch.withheld:
        fetch.withheld = False
        answer, facts = permitted(answer), ExchangeFacts(None, stood_in=True)
    elif fetch.preflighted:
        fetch.permission = answer
    fetch.facts.append(facts)
    return fetch.run.send(answer)


def _body(probe: Probe) -> str:
    """The body of a probe, one character a byte; that of a stream is not sent."""
    body = probe.request.body
    if isinstance(body, str):
        return body.encode().decode("latin-1")
    return bytes(body).decode("latin-1") if isinstance(body, (bytes, bytearray, memoryview)) else ""
