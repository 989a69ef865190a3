"""Requests to an ASGI app without a server, header lines as they are on the wire."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from typing import Any

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
Line = tuple[bytes, bytes]

ORIGIN = "https://app.example.com"
UNTRUSTED_ORIGIN = "https://stranger.example.net"
PREFLIGHT_VARY = "Origin, Access-Control-Request-Method, Access-Control-Request-Headers"


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    lines: list[tuple[str, str]]
    body: str
    messages: list[Message] = field(default_factory=list)

    def __getitem__(self, name: str) -> str | None:
        """The one value of a header; fails where there are two lines of it."""
        values = [value for line, value in self.lines if line.lower() == name]
        assert len(values) <= 1, f"{name} is there {len(values)} times"
        return values[0] if values else None

    @property
    def cors(self) -> dict[str, str]:
        """The `Access-Control-*` headers."""
        names = [name for name, _ in self.lines if name.startswith("access-control-")]
        assert len(names) == len(set(names))
        return {name: value for name, value in self.lines if name.startswith("access-control-")}


def scope(path: str = "/", *lines: Line, method: str = "GET", kind: str = "http", **entries: Any) -> dict[str, Any]:
    """A scope as servers make it."""
    return {
        "type": kind,
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "path": path,
        "raw_path": path.encode("utf-8", "surrogatepass"),
        "root_path": "",
        "query_string": b"",
        "scheme": "http",
        "server": ("127.0.0.1", 8000),
        "client": ("127.0.0.1", 50000),
        "headers": [(b"host", b"127.0.0.1:8000"), (b"accept", b"*/*"), *lines],
        "state": {},
        **entries,
    }


# One loop for all: to make one takes longer than most answers.
_RUNNER = asyncio.Runner()


async def ask_async(app: App, asked: Scope) -> Answer:
    """The answer of an app to one request."""
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    await app(asked, receive, send)
    start = next(message for message in sent if message["type"] == "http.response.start")
    lines = [(bytes(name).decode("latin-1"), bytes(value).decode("latin-1")) for name, value in start.get("headers", ())]
    body = b"".join(message.get("body", b"") for message in sent if message["type"] == "http.response.body")
    return Answer(start["status"], lines, body.decode("latin-1"), sent)


def ask(app: App, path: str = "/", *lines: Line, method: str = "GET", **entries: Any) -> Answer:
    """The answer of an app to a request with these header lines."""
    return _RUNNER.run(ask_async(app, scope(path, *lines, method=method, **entries)))


def get(app: App, origin: str | bytes | None = ORIGIN, path: str = "/", **entries: Any) -> Answer:
    """The answer to a GET from a page."""
    lines = () if origin is None else ((b"origin", origin if isinstance(origin, bytes) else origin.encode("latin-1")),)
    return ask(app, path, *lines, **entries)


def preflight(
    app: App, origin: str = ORIGIN, method: str = "PUT", *names: str, path: str = "/", more: tuple[Line, ...] = ()
) -> Answer:
    """The answer to a preflight; each of `names` is one line of `Access-Control-Request-Headers`."""
    lines = [(b"origin", origin.encode("latin-1")), (b"access-control-request-method", method.encode("latin-1"))]
    lines += [(b"access-control-request-headers", name.encode("latin-1")) for name in names]
    return ask(app, path, *lines, *more, method="OPTIONS")


async def plain(scope: Scope, receive: Receive, send: Send) -> None:
    """An app: 200 and two bytes; it says so in a header."""
    headers = [(b"content-type", b"text/plain"), (b"x-app", b"1")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"ok"})


def answering(*lines: Line, status: int = 200) -> App:
    """An app that sends these header lines, from one list that it keeps."""
    kept = list(lines)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": status, "headers": kept})
        await send({"type": "http.response.body", "body": b"ok"})

    return app
