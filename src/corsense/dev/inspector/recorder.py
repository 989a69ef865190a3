"""`Recorder`: the ASGI layer that notes what goes over the wire between pages of other origins and the app it stands around."""

from __future__ import annotations

import logging
import time
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from corsense.app.traceback import ParsedTraceback, parse_traceback
from corsense.fetch.engines import engine_of
from corsense.fetch.trace import EngineName
from corsense.fetch.wire import NetworkError, WireRequest, WireResponse
from corsense.middleware.policy_selection import route_path
from corsense.middleware.response_headers import AsgiApp, Message, Receive, Scope, Send
from corsense.middleware.route_template import RouteTemplates
from corsense.readers.requests import page_origin
from corsense.transports.har import EXCERPT, HarEntry
from corsense.url import parse_url

LOGGER: Final = logging.getLogger("corsense")
MOST_LINES: Final = 200
LONGEST_LINE: Final = 8_192
LONGEST_URL: Final = 8_192
"""What is kept of one request or answer: header lines, bytes of a line, characters of a URL."""
_LONGEST_TRACEBACK = 100_000
_ENDS_EARLY = "the app ended without an answer"


@dataclass(frozen=True, slots=True)
class RecordedExchange:
    """One exchange of the app with a page of another origin.

    `entry` is what a recording of the browser would hold, secrets included. `began` is in seconds since 1970, `seconds` how long
    the answer took. `engine` is the browser's, as its `User-Agent` says. `exception` is what the app raised beside its answer.
    `route` is the template of the route that served it, empty where none did or it is not known. `root_path` is what stands
    before the app's own paths in the URL. `is_restored`: it was noted before the server was reloaded.
    """

    entry: HarEntry
    began: float
    seconds: float
    engine: EngineName = "chromium"
    exception: ParsedTraceback | None = None
    route: str = ""
    root_path: str = ""
    is_restored: bool = False


class Recorder:
    """Serves as `app` does, and hands every exchange with a page of another origin to `note`, once its answer is known."""

    def __init__(self, app: AsgiApp, note: Callable[[RecordedExchange], None]) -> None:
        self.app = app
        self.note = note
        self._templates = RouteTemplates()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        exchange = _begun(scope)
        if exchange is None:
            await self.app(scope, receive, send)
            return

        async def watch(message: Message) -> None:
            with suppress(Exception):  # what the app sent is judged by the server, which complains of it
                exchange.take(message)
            await send(message)
            if exchange.is_known:
                self._note(exchange)

        try:
            await self.app(scope, receive, watch)
        except Exception as error:
            exchange.raised = error
            raise
        finally:
            self._note(exchange)

    def _note(self, exchange: _Exchange) -> None:
        if exchange.is_noted:
            return
        exchange.is_noted = True
        try:
            asked = exchange.request.header("Access-Control-Request-Method") if exchange.request.preflight else None
            self.note(exchange.recorded(self._templates.find(exchange.scope, self.app, asked or "")))
        except Exception:
            LOGGER.exception("CORS: the inspector could not record a request; please report this")


@dataclass(slots=True)
class _Exchange:
    """An exchange as it happens."""

    scope: Scope
    request: WireRequest
    page: str
    root_path: str
    began: float = field(default_factory=time.time)
    clock: float = field(default_factory=time.perf_counter)
    response: WireResponse | None = None
    body: bytes = b""
    raised: BaseException | None = None
    is_known: bool = False
    is_noted: bool = False

    def take(self, message: Message) -> None:
        """Note what a message of the app says of its answer."""
        kind = message["type"]
        if kind in ("http.response.start", "websocket.http.response.start"):
            self.response = WireResponse(int(message["status"]), tuple(_lines(message.get("headers") or ())))
            self.is_known = not self._has_telling_body
        elif kind in ("http.response.body", "websocket.http.response.body"):
            self.body += bytes(message.get("body", b"")[: EXCERPT * 4 - len(self.body)])
            # After an error of the server its exception follows.
            self.is_known = self.response is not None and self.response.status < 500
        elif kind == "websocket.accept":
            self.response = WireResponse(101, tuple(_lines(message.get("headers") or ())))
            self.is_known = True
        elif kind == "websocket.close" and self.response is None:
            self.response = WireResponse(403)
            self.is_known = True

    @property
    def _has_telling_body(self) -> bool:
        """Whether the beginning of the body is kept: of an error, and of a page in place of an answer."""
        response = self.response
        return response is not None and (
            response.status >= 400 or (response.header("Content-Type") or "").startswith("text/html")
        )

    def recorded(self, route: str) -> RecordedExchange:
        """The exchange for keeps."""
        response: WireResponse | NetworkError = self.response or (
            WireResponse(500) if self.raised is not None else NetworkError(_ENDS_EARLY)
        )
        cookie = self.request.header("Cookie") or ""
        return RecordedExchange(
            HarEntry(
                self.request,
                response,
                page=self.page,
                kind=_kind(self.scope, self.request),
                cookie_names=tuple(name for part in cookie.split(";") if (name := part.partition("=")[0].strip())),
                body=self.body.decode("utf-8", "replace")[:EXCERPT] if self._has_telling_body else None,
            ),
            self.began,
            time.perf_counter() - self.clock,
            engine_of(self.request.header("User-Agent") or ""),
            _parsed(self.raised),
            route,
            self.root_path,
        )


def _begun(scope: Scope) -> _Exchange | None:
    """What is to be noted of a request; None for one that no page of another origin made."""
    if scope["type"] not in ("http", "websocket"):
        return None
    if not any(name == b"origin" for name, _ in scope["headers"]):
        return None
    lines = tuple(_lines(scope["headers"]))
    method = scope.get("method", "GET")
    names = {name.lower() for name, _ in lines}
    is_preflight = method == "OPTIONS" and "access-control-request-method" in names
    request = WireRequest(method, _url(scope), lines, "cookie" in names, is_preflight)
    page = page_origin(request.header("Origin") or "")
    if page is None or (page != "null" and _is_same_origin(page, request)):
        return None
    # Read now: routers add to it on the way.
    return _Exchange(scope, request, page, scope.get("root_path", "") if route_path(scope) != scope["path"] else "")


def _is_same_origin(page: str, request: WireRequest) -> bool:
    """Whether the page is the app's own: as the browser says, else by scheme, host and port."""
    said = request.header("Sec-Fetch-Site")
    if said is not None:
        return said == "same-origin"
    own = parse_url(request.url)
    return own is not None and own.origin == page


def _url(scope: Scope) -> str:
    scheme = {"ws": "http", "wss": "https"}.get(scope.get("scheme", "http"), scope.get("scheme", "http"))
    host = next((value for name, value in scope["headers"] if name == b"host"), None)
    address = scope.get("server") or ("localhost", None)
    where = host.decode("latin-1") if host else f"{address[0]}:{address[1]}" if address[1] else str(address[0])
    raw = scope.get("raw_path")
    path = raw.decode("latin-1") if raw else scope.get("path", "/")
    query = scope.get("query_string", b"").decode("latin-1")
    written = f"{scheme}://{where}{path}{'?' if query else ''}{query}"[:LONGEST_URL]
    parsed = parse_url(written)
    return parsed.request_url if parsed is not None else written


def _lines(headers: Iterable[tuple[bytes, bytes]]) -> Iterator[tuple[str, str]]:
    for number, (name, value) in enumerate(headers):
        if number >= MOST_LINES:
            return
        yield bytes(name[:LONGEST_LINE]).decode("latin-1"), bytes(value[:LONGEST_LINE]).decode("latin-1")


def _kind(scope: Scope, request: WireRequest) -> str | None:
    """What made the request, as a recording names it; None for a navigation, to which CORS does not apply."""
    if scope["type"] == "websocket":
        return "websocket"
    mode, destination = request.header("Sec-Fetch-Mode"), request.header("Sec-Fetch-Dest")
    if mode == "navigate":
        return None
    if destination not in {None, "empty"}:
        return destination
    return "eventsource" if (request.header("Accept") or "").strip() == "text/event-stream" else "fetch"


def _parsed(error: BaseException | None) -> ParsedTraceback | None:
    if error is None:
        return None
    behind = error.__traceback__.tb_next if error.__traceback__ is not None else None  # the first frame is this module's
    text = "".join(traceback.format_exception(type(error), error, behind))
    return parse_traceback(text[-_LONGEST_TRACEBACK:])
