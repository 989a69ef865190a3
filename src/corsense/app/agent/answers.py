"""Answers requests with an app, in one event loop, and reports who in the app gave each answer."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple, Optional

from .channel import PATIENCE
from .exchange import exchange, scope_of
from .handshake import handshake, handshake_scope, is_handshake
from .tracebacks import traceback_text
from .tracing import SCOPE_KEY, Passage, StandInError

if TYPE_CHECKING:
    from .describe import Described
    from .exchange import AnsweredRequest

_EXCERPT = 200
UNTRUSTED_PAGE = "untrusted_page"
"""The situation in which the guards of an endpoint run before its stand-in."""

Beat = Callable[[str], None]


class AgentRequest(NamedTuple):
    """A request to send. `situation` is one of those of a stand-in, `cookies`: the browser attaches its cookies."""

    method: str
    url: str
    headers: list[tuple[str, str]]
    body: bytes
    cookies: bool
    situation: str


class Facts(NamedTuple):
    """What is known about an answer beside what goes over the wire: the fields of `corsense.app.probe.ExchangeFacts`, the
    exception as the text of its traceback."""

    answered_by: int | str | None
    route: int | None
    exception: str | None = None
    raised_by: int | None = None
    body_excerpt: str = ""
    stood_in: bool = False
    passed: tuple[int, ...] = ()


Answer = tuple[Optional[tuple[int, tuple[tuple[str, str], ...]]], Facts]
"""Status and header lines (None: the app did not answer in time), and the facts."""


class Answerer:
    """Sends requests to a described app. `beat` is called with each request before it is sent, for the watchdog."""

    def __init__(self, described: Described, state: dict[str, Any], beat: Beat) -> None:
        self.described = described
        self.state = state
        self.beat = beat
        self.real = False
        self.time_limit = 0.0
        self.timeouts = 0
        layers = described.layers
        self._layers = layers
        self._handlers = {layer["index"] for layer in layers if layer["name"] == "ExceptionMiddleware" and layer["is_builtin"]}
        self._errors = {layer["index"] for layer in layers if layer["name"] == "ServerErrorMiddleware" and layer["is_builtin"]}
        self._innermost = self._router_layers()

    def begin(self, real: bool, time_limit: float) -> None:
        """Set whether endpoints run, and how many seconds an answer may take."""
        self.real = real
        self.time_limit = time_limit
        self.timeouts = 0

    async def answer(self, asked: AgentRequest) -> Answer:
        """Send one request."""
        self.beat(f"{asked.method} {asked.url}"[:2000])
        passage = Passage(asked.situation, self.real)
        is_preflight = asked.method == "OPTIONS" and any(
            name.lower() == "access-control-request-method" for name, _ in asked.headers
        )
        body = None if asked.method in ("GET", "HEAD") or is_preflight else asked.body
        upgrades = is_handshake(asked.method, asked.headers)
        cookies, headers = asked.cookies, asked.headers
        if asked.situation == UNTRUSTED_PAGE:
            passage.guards_of = self._guards
        if cookies and self.described.cookies and (upgrades or asked.situation == UNTRUSTED_PAGE):
            headers = [*headers, ("Cookie", "; ".join(f"{name}=1" for name in self.described.cookies))]
        try:
            if upgrades:
                scope = handshake_scope(asked.url, headers, cookies=cookies)
            else:
                scope = scope_of(asked.method, asked.url, headers, cookies=cookies, body=body)
        except ValueError:
            return (400, ()), Facts("server", None)  # a server refuses what no HTTP request can contain
        scope["state"] = dict(self.state)
        scope[SCOPE_KEY] = passage
        limit = self.time_limit if self.timeouts < PATIENCE else self.time_limit / 10
        entry = self.described.entry
        if upgrades:
            answered = await handshake(entry, scope, time_limit=limit)
        else:
            answered = await exchange(entry, scope, body=body or b"", time_limit=limit)
        if answered.status is None:
            self.timeouts += 1
            return None, Facts(None, self._route(passage))
        return (answered.status, answered.headers), self._facts(answered, answered.status, passage)

    def _guards(self, passage: Passage) -> Any:
        index = self._route(passage)
        return None if index is None else self.described.guarded.get(index)

    def _facts(self, answered: AnsweredRequest, status: int, passage: Passage) -> Facts:
        # Once a WebSocket is open, exceptions are the ordinary way to learn that the page has gone.
        error = None if passage.accepted else passage.exception or answered.exception
        shown = error if error is not None and not isinstance(error, StandInError) else None
        return Facts(
            answered_by="server" if answered.by_server else self._answerer(passage, status),
            route=self._route(passage),
            exception=traceback_text(shown) if shown is not None else None,
            raised_by=self._raiser(passage) if shown is not None else None,
            body_excerpt=_excerpt(answered) if status >= 400 else "",
            stood_in=passage.stood_in,
            passed=tuple(sorted({who for who, _ in passage.starts if isinstance(who, int) and who >= 0})),
        )

    def _raiser(self, passage: Passage) -> int | None:
        raiser = passage.raised_by
        return None if raiser is None or raiser < 0 or raiser in self._handlers else raiser

    def _route(self, passage: Passage) -> int | None:
        if passage.matched is None:
            return None
        mounts = tuple(passage.mounts)
        routes = self.described.routes
        found = routes.get((mounts, passage.matched))
        # A mount is matched as a route of what is above it.
        return routes.get((mounts[:-1], passage.matched)) if found is None and mounts else found

    def _answerer(self, passage: Passage, status: int) -> int | str:
        """The innermost layer that passed on the start of this answer; what came from further in was replaced."""
        innermost: int | str | None = None
        for who, given in reversed(passage.starts):
            if given != status:
                break
            innermost = who if not isinstance(who, int) or who >= 0 else innermost
        if innermost is None:
            return "endpoint"
        if isinstance(innermost, str):
            return innermost
        if innermost in self._errors:
            return "server-error"
        if innermost in self._innermost:
            return "exception-handler" if status >= 400 and self._custom_handler(status, innermost) else "router"
        return innermost

    def _custom_handler(self, status: int, layer: int) -> bool:
        """Whether the app has a handler of its own for what the router answers with this status."""
        app = self._layers[layer]["app"]
        wanted = (str(status), "starlette.exceptions.HTTPException")
        handlers = [handler for handler in self.described.handlers if handler["app"] == app and handler["key"] in wanted]
        return any(not handler["is_builtin"] for handler in handlers)

    def _router_layers(self) -> set[int]:
        """The layers of the framework behind the user's: what they answer is what the router answered."""
        found = set(self._handlers)
        for app in {self._layers[index]["app"] for index in self._handlers}:
            inside = False
            for layer in self._layers:
                if layer["app"] == app and layer["position"] == "app":
                    inside = inside or layer["index"] in self._handlers
                    if inside and layer["is_builtin"]:
                        found.add(layer["index"])
        return found


def _excerpt(answered: AnsweredRequest) -> str:
    headers = {name.lower(): value for name, value in answered.headers}
    body = answered.body
    if headers.get("content-encoding") in ("gzip", "deflate"):
        try:
            body = zlib.decompressobj(47).decompress(body, 4 * _EXCERPT)
        except zlib.error:
            return ""
    kind = headers.get("content-type", "text/plain").lower()
    if not any(word in kind for word in ("text", "json", "xml")):
        return ""
    return body.decode("utf-8", "replace")[:_EXCERPT]


class AnswerTable:
    """Answers as JSON. Each distinct response and set of facts is sent once, because most requests end alike."""

    def __init__(self) -> None:
        self._responses: dict[Any, int] = {}
        self._facts: dict[Any, int] = {}

    def encode(self, answers: list[Answer]) -> dict[str, Any]:
        """The message of the next answers: for each the numbers of its response and its facts, and those that are new."""
        responses: list[Any] = []
        facts: list[Any] = []
        pairs = []
        for response, known in answers:
            pairs.append([_number(response, self._responses, responses), _number(known, self._facts, facts)])
        return {"kind": "answers", "responses": responses, "facts": facts, "answers": pairs}


def _number(value: Any, known: dict[Any, int], new: list[Any]) -> int:
    number = known.get(value)
    if number is None:
        number = known[value] = len(known)
        new.append(value)
    return number
