"""Trying requests on an app, in its own process: one browser a probe, one event loop for all."""

from __future__ import annotations

import asyncio
import sys
import traceback as tracebacks
import zlib
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

from corsense.app.describing import Described
from corsense.app.probe import AnsweredBy, ExchangeFacts, Probe, ProbeResult
from corsense.app.tracing import SAFE_METHODS, SCOPE_KEY, Passage, StandInError
from corsense.fetch.browser import Browser
from corsense.fetch.request import FetchRequest
from corsense.fetch.trace import Allowed, Blocked, FailureReason, Step, Trace
from corsense.fetch.wire import Exchange, NetworkError, WireRequest, WireResponse
from corsense.transports.asgi import AsgiExchange, asgi_exchange

if TYPE_CHECKING:
    from corsense.app.traceback import ParsedTraceback

_EXCERPT = 200
_PATIENCE = 3
"""After so many requests that ran into the time limit, the others get a tenth of it."""

_T = TypeVar("_T")
SENT = (
    Probe,
    ProbeResult,
    ExchangeFacts,
    FetchRequest,
    WireRequest,
    WireResponse,
    NetworkError,
    Exchange,
    Trace,
    Step,
    Allowed,
    Blocked,
)
"""The classes that results consist of."""

Beat = Callable[[str], None]


class Exerciser:
    """Tries probes on a described app. `beat` is told each request before it is sent, for who watches over the time."""

    def __init__(self, described: Described, *, real: bool, time_limit: float, beat: Beat) -> None:
        self.described = described
        self.description = described.description
        self.app = described.entry
        self.real = real
        self.time_limit = time_limit
        self.beat = beat
        self.timeouts = 0
        self.state: dict[str, Any] = {}
        self._handlers = {
            layer.index for layer in self.description.layers if layer.name == "ExceptionMiddleware" and layer.is_builtin
        }
        self._errors = {
            layer.index for layer in self.description.layers if layer.name == "ServerErrorMiddleware" and layer.is_builtin
        }
        self._innermost = self._router_layers()
        self._kept: dict[Any, Any] = {}
        self._answers: dict[Any, tuple[WireResponse | NetworkError, ExchangeFacts]] = {}

    async def run(self, probe: Probe) -> ProbeResult:
        """Drive one fetch to its end."""
        fetch = Browser(probe.engine).fetch(probe.request)
        unauthorised = probe.route is not None and bool(self.description.routes[probe.route].security)
        facts: list[ExchangeFacts] = []
        answer: WireResponse | NetworkError | None = None
        while True:
            try:
                request = next(fetch) if answer is None else fetch.send(answer)
            except StopIteration as end:
                trace: Trace = end.value
                return ProbeResult(probe, replace(trace, steps=self._same(trace.steps)), self._same(tuple(facts)))
            answer, fact = await self._exchange(probe, request, unauthorised)
            facts.append(fact)

    def _same(self, value: _T) -> _T:
        """The first of equal values: most probes end alike, and what is the same object is sent once."""
        kept: _T = self._kept.setdefault(value, value)
        return kept

    async def _exchange(
        self, probe: Probe, request: WireRequest, unauthorised: bool
    ) -> tuple[WireResponse | NetworkError, ExchangeFacts]:
        if (
            self.description.kind == "asgi"
            and not self.real
            and request.method not in SAFE_METHODS
            and request.method != "OPTIONS"
        ):
            detail = f"a {request.method} would run the app's code; only --run-endpoints does that"
            return NetworkError("not sent", detail), ExchangeFacts(None)
        situation = probe.situation
        if situation in ("unknown_path", "wrong_slash") or (situation == "unauthenticated" and not unauthorised):
            situation = "success"
        body = probe.request.body if isinstance(probe.request.body, (str, bytes)) else None
        # A preflight is the same in every situation; what was sent before need not be sent again, unless endpoints do something.
        key = (request, None if request.preflight else (situation, body, probe.request.cookies))
        known = None if self.real else self._answers.get(key)
        if known is None:
            known = self._answers[key] = await self._send(request, situation, body, probe.request.cookies)
        return known

    async def _send(
        self, request: WireRequest, situation: str, body: str | bytes | None, cookies: bool
    ) -> tuple[WireResponse | NetworkError, ExchangeFacts]:
        self.beat(f"{request.method} {request.url}")
        passage = Passage(situation, self.real)
        exchange = await asgi_exchange(
            self.app,
            request,
            body=body.encode() if isinstance(body, str) else body,
            cookies=cookies,
            time_limit=self.time_limit if self.timeouts < _PATIENCE else self.time_limit / 10,
            extra={"state": dict(self.state), SCOPE_KEY: passage},
        )
        if isinstance(exchange.response, NetworkError) and exchange.response.reason == FailureReason.TIMEOUT:
            self.timeouts += 1
        return self._same(exchange.response), self._same(self._facts(exchange, passage))

    def _facts(self, exchange: AsgiExchange, passage: Passage) -> ExchangeFacts:
        response = exchange.response
        if isinstance(response, NetworkError):
            return ExchangeFacts(None, self._route(passage))
        error = passage.exception or exchange.exception
        told = error is not None and not isinstance(error, StandInError)
        raised_by = passage.raised_by if passage.raised_by not in self._handlers and told else None
        return ExchangeFacts(
            answered_by="server" if exchange.by_server else self._answerer(passage, response.status),
            route=self._route(passage),
            exception=_parsed(error) if told and error is not None else None,
            raised_by=raised_by,
            body_excerpt=_excerpt(exchange, response) if response.status >= 400 else "",
            stood_in=passage.stood_in,
            passed=tuple(sorted({who for who, _ in passage.starts if isinstance(who, int)})),
        )

    def _route(self, passage: Passage) -> int | None:
        if passage.matched is None:
            return None
        mounts = tuple(passage.mounts)
        routes = self.described.routes
        found = routes.get((mounts, passage.matched))
        # A mount is matched as a route of what is above it.
        return routes.get((mounts[:-1], passage.matched)) if found is None and mounts else found

    def _answerer(self, passage: Passage, status: int) -> AnsweredBy | None:
        """The innermost of those that passed on the start of this answer without a break: what is further in was replaced."""
        innermost: int | str | None = None
        for who, given in reversed(passage.starts):
            if given != status:
                break
            innermost = who
        if innermost is None:
            return "endpoint"
        if innermost == "endpoint" or innermost == "exception-handler":
            return innermost  # type: ignore[return-value]
        if innermost in self._errors:
            return "server-error"
        if innermost in self._innermost:
            return "exception-handler" if status >= 400 and self._custom_handler(status, int(innermost)) else "router"
        return int(innermost)

    def _custom_handler(self, status: int, layer: int) -> bool:
        """Whether the app has a handler of its own for what the router answers with this status."""
        app = self.description.layers[layer].app
        wanted = (str(status), "starlette.exceptions.HTTPException")
        handlers = [handler for handler in self.description.exception_handlers if handler.app == app and handler.key in wanted]
        return any(not handler.is_builtin for handler in handlers)

    def _router_layers(self) -> set[int]:
        """The layers of the framework behind the user's: what they answer is what the router answered."""
        found = set(self._handlers)
        apps_seen = {self.description.layers[index].app for index in self._handlers}
        for app in apps_seen:
            inside = False
            for layer in self.description.layers:
                if layer.app == app and layer.position == "app":
                    inside = inside or layer.index in self._handlers
                    if inside and layer.is_builtin:
                        found.add(layer.index)
        return found


def _excerpt(exchange: AsgiExchange, response: WireResponse) -> str:
    body = exchange.body
    if (response.header("content-encoding") or "") in ("gzip", "deflate"):
        try:
            body = zlib.decompressobj(47).decompress(body)
        except zlib.error:
            return ""
    kind = (response.header("content-type") or "text/plain").lower()
    if not any(word in kind for word in ("text", "json", "xml")):
        return ""
    return body.decode("utf-8", "replace")[:_EXCERPT]


_PARSED: dict[str, ParsedTraceback] = {}


def _parsed(error: BaseException) -> ParsedTraceback | None:
    from corsense.app.traceback import parse_traceback

    text = "".join(tracebacks.format_exception(error))
    if text not in _PARSED:
        try:
            _PARSED[text] = parse_traceback(text)
        except ValueError:
            return None
    return _PARSED[text]


class LifespanRun:
    """Start-up and shutdown of an app, as a server does them."""

    def __init__(self, app: Callable[..., Awaitable[None]]) -> None:
        self.app = app
        self.state: dict[str, Any] = {}
        self.error: str | None = None
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Run the start-up. What fails is kept in `error`; an app without lifespan is fine."""
        self._inbox: asyncio.Queue[dict[str, str]] = asyncio.Queue()
        self._started = asyncio.get_running_loop().create_future()
        self._inbox.put_nowait({"type": "lifespan.startup"})
        self._task = asyncio.get_running_loop().create_task(self._run())
        await self._started

    async def stop(self, time_limit: float = 5.0) -> None:
        """Run the shutdown, for `time_limit` seconds at most."""
        if self._task is None or self._task.done():
            return
        self._inbox.put_nowait({"type": "lifespan.shutdown"})
        await asyncio.wait({self._task}, timeout=time_limit)

    async def _run(self) -> None:
        scope = {"type": "lifespan", "asgi": {"version": "3.0", "spec_version": "2.0"}, "state": self.state}
        try:
            await self.app(scope, self._inbox.get, self._send)
        except asyncio.CancelledError:
            raise
        except BaseException:
            if self.error is None and not self._started.done():
                self.error = tracebacks.format_exc()
        finally:
            if not self._started.done():
                self._started.set_result(None)

    async def _send(self, message: dict[str, Any]) -> None:
        if message["type"] == "lifespan.startup.failed":
            raised = sys.exc_info()[1]
            self.error = tracebacks.format_exc() if raised is not None else str(message.get("message", ""))
        if message["type"].startswith("lifespan.startup") and not self._started.done():
            self._started.set_result(None)
