"""`Page`: the ASGI app of `/__corsense__`: the page and its files, the event stream, the details of a call, the exports, the fix.

It stands outside of the app's layers, so that no CORS policy of the app applies to it. Every answer says that no other origin may
use it.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final

from corsense.dev.inspector.access import refusal, refusal_to_act
from corsense.dev.inspector.drawing import details_of
from corsense.dev.inspector.events import MOST_STREAMS, Streams
from corsense.dev.inspector.inspector import PATH
from corsense.dev.inspector.session import Session
from corsense.errors import InputError
from corsense.middleware.policy_selection import route_path
from corsense.middleware.response_headers import Pair, Receive, Scope, Send
from corsense.report.html import stylesheet

_DOCUMENT_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types corsense"
)
_OTHER_POLICY = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
_SEALED: Final[tuple[Pair, ...]] = (
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-embedder-policy", b"require-corp"),
    (b"x-frame-options", b"DENY"),
)
"""What every answer has."""
_HTML, _SCRIPT, _STYLE = "text/html; charset=utf-8", "text/javascript; charset=utf-8", "text/css; charset=utf-8"
_JSON, _TEXT, _EVENTS = "application/json", "text/plain; charset=utf-8", "text/event-stream; charset=utf-8"
_LARGEST_BODY = 1_024
"""Bytes of the body of a POST, which says nothing that the address does not say."""
_LONGEST_NUMBER = 9

_Body = str | bytes


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    kind: str
    body: _Body = b""
    headers: tuple[Pair, ...] = ()

    def start(self) -> dict[str, Any]:
        """The start of the response."""
        policy = _DOCUMENT_POLICY if self.kind == _HTML else _OTHER_POLICY
        own = ((b"content-type", self.kind.encode()), (b"content-security-policy", policy.encode()))
        return {"type": "http.response.start", "status": self.status, "headers": [*own, *_SEALED, *self.headers]}


class Page:
    """Serves the page of a session, to the browsers of this machine only.

    `apply` applies the fix of an explanation and returns a sentence about what it did; it raises InputError where it cannot.
    `recording` and `tests` export the session as a HAR file and as a pytest file.
    """

    def __init__(
        self,
        session: Session,
        *,
        apply: Callable[[Session, int], str],
        recording: Callable[[Session], str],
        tests: Callable[[Session], str],
    ) -> None:
        self._session = session
        self._apply = apply
        self._exports = {
            "session.har": (recording, _JSON),
            "test_cors.py": (tests, "text/x-python; charset=utf-8"),
        }
        self._streams = Streams(session)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = route_path(scope).removeprefix(PATH)
        answer = self._refusal(scope, path) or await self._answer(scope, path, receive)
        body = answer.body.encode() if isinstance(answer.body, str) else answer.body
        is_stream = answer.kind == _EVENTS
        start = answer.start()
        if not is_stream:
            start["headers"].append((b"content-length", str(len(body)).encode()))
        await send(start)
        if is_stream and scope["method"] == "GET":
            await self._stream(scope, receive, send)
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" or is_stream else body})

    def _refusal(self, scope: Scope, path: str) -> _Answer | None:
        is_page = path in ("", "/")
        why = refusal(scope, is_page=is_page)
        if why is None and scope["method"] not in ("GET", "HEAD"):
            why = refusal_to_act(scope, self._streams.token)
        if why is None:
            return None
        return _Answer(403, _TEXT, f"{why}\n") if is_page else _problem(403, why)

    async def _answer(self, scope: Scope, path: str, receive: Receive) -> _Answer:
        name, *rest = path[1:].split("/")
        if path == "":  # the addresses in the page are relative to the one with the slash
            return _Answer(307, _TEXT, headers=((b"location", f"{PATH[1:]}/".encode()),))
        methods = ("POST",) if name in ("fixes", "clear") else ("GET", "HEAD")
        if scope["method"] not in methods:
            return _problem(405, f"This address takes {methods[0]} only.", (b"allow", ", ".join(methods).encode()))
        if name in ("calls", "fixes"):
            number = "".join(rest[:1])
            if len(rest) != 1 or not (number.isascii() and number.isdecimal() and len(number) <= _LONGEST_NUMBER):
                return _nothing_here()
            return await (self._call(int(number)) if name == "calls" else self._fix(int(number), receive))
        return _nothing_here() if rest else await self._named(name, receive)

    async def _named(self, name: str, receive: Receive) -> _Answer:
        if name in _files():
            kind, text = _files()[name]
            return _Answer(200, kind, text)
        if name in self._exports:
            export, kind = self._exports[name]
            text = await asyncio.to_thread(export, self._session)
            return _Answer(200, kind, text, ((b"content-disposition", f'attachment; filename="{name}"'.encode()),))
        if name == "clear":
            return await self._clear(receive)
        if name != "events":
            return _nothing_here()
        if self._streams.are_full:
            return _problem(503, f"The inspector is open in {MOST_STREAMS} tabs already; close one of them.")
        return _Answer(200, _EVENTS, headers=((b"x-accel-buffering", b"no"),))

    async def _stream(self, scope: Scope, receive: Receive, send: Send) -> None:
        last = next((value for name, value in scope["headers"] if name.lower() == b"last-event-id"), b"")
        after = scope.get("query_string", b"").removeprefix(b"after=")
        try:
            await self._streams.serve((last or after).decode("latin-1"), receive, send)
        except (TimeoutError, OSError):
            return  # the browser is gone, or does not read

    async def _call(self, number: int) -> _Answer:
        shown = self._session.call(number)
        if shown is None:
            return _problem(404, f"The call {number} is no longer kept.")
        explanation = self._session.explanation(shown.cause) if shown.cause is not None else None
        return _Answer(200, _JSON, json.dumps(await asyncio.to_thread(details_of, shown, explanation)))

    async def _fix(self, number: int, receive: Receive) -> _Answer:
        if not await _is_small(receive):
            return _too_large()
        try:
            done = await asyncio.to_thread(self._apply, self._session, number)
        except InputError as error:
            return _problem(409, str(error))
        return _Answer(200, _JSON, json.dumps({"done": done}))

    async def _clear(self, receive: Receive) -> _Answer:
        if not await _is_small(receive):
            return _too_large()
        self._session.clear()
        return _Answer(200, _JSON, json.dumps({"done": "The list is empty."}))


async def _is_small(receive: Receive) -> bool:
    """Whether the body of a request has at most `_LARGEST_BODY` bytes. Reads no more than that."""
    size = 0
    while True:
        message = await receive()
        size += len(message.get("body", b""))
        if size > _LARGEST_BODY:
            return False
        if message["type"] != "http.request" or not message.get("more_body", False):
            return True


@cache
def _files() -> dict[str, tuple[str, str]]:
    """The files of the page by their names: type and text."""
    folder = files(__package__) / "page"
    own: Iterable[tuple[str, str, str]] = (
        ("", "index.html", _HTML),
        ("inspector.js", "inspector.js", _SCRIPT),
        ("inspector.css", "inspector.css", _STYLE),
    )
    texts = {name: (kind, (folder / file).read_text("utf-8")) for name, file, kind in own}
    return {**texts, "report.css": (_STYLE, stylesheet())}


def _problem(status: int, sentence: str, *headers: Pair) -> _Answer:
    return _Answer(status, _JSON, json.dumps({"problem": sentence}), headers)


def _nothing_here() -> _Answer:
    return _problem(404, f"There is nothing here; the inspector is at {PATH}.")


def _too_large() -> _Answer:
    return _problem(413, f"The body of the request has more than {_LARGEST_BODY:,} bytes.")
