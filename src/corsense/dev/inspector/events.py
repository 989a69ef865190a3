"""The event stream of the page: what changed in the session, as server-sent events, until the browser or the server ends it.

Sources: HTML Standard, *Server-sent events*; ASGI, *HTTP* and *Disconnect*.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import secrets
import signal
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from corsense.dev.inspector.access import new_token
from corsense.dev.inspector.drawing import line_of
from corsense.dev.inspector.session import Session, Shown
from corsense.middleware.response_headers import Message, Receive, Send

MOST_STREAMS: Final = 4
"""Streams that are open at once. A browser opens six connections to one server, and the app needs some of them."""
_HEARTBEAT = 15.0
_LOOK = 0.25
"""Seconds between two looks at whether the server is stopping."""
_SHORT = 3.0
"""Seconds that a stream lives under a server that does not say when it stops: some wait for the end of every response."""
_PATIENCE = 2.0
"""Seconds that a browser may take to read what was sent."""
_RETRY = 500
"""Milliseconds after which a browser connects again."""


@dataclass(slots=True)
class Streams:
    """The event streams of one run of the server. Each begins with `hello`, which hands out the `token` with which the page may
    act: only a page of the server's own origin can read it here, and after a restart it comes with the new connection. The ids of
    events name the run; a browser that repeats one of this run gets only what is new, any other gets everything."""

    session: Session
    token: str = field(default_factory=new_token)
    _run: str = field(default_factory=lambda: secrets.token_hex(8))
    _open: int = 0
    _lines: dict[int, tuple[int, str]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def are_full(self) -> bool:
        """Whether no other stream may be opened."""
        return self._open >= MOST_STREAMS

    async def serve(self, last_id: str, receive: Receive, send: Send) -> None:
        """Send what changed after the event with the id `last_id`, then each change as it happens. The response has begun."""
        self._open += 1
        changed = asyncio.Event()
        loop = asyncio.get_running_loop()

        def tell() -> None:
            with contextlib.suppress(RuntimeError):  # the loop is closed
                loop.call_soon_threadsafe(changed.set)

        end = self.session.listen(tell)
        gone = asyncio.create_task(_until_gone(receive))
        gone.add_done_callback(lambda _: changed.set())
        try:
            await self._send_all(last_id, changed, gone, send)
        finally:
            self._open -= 1
            end()
            gone.cancel()
            await asyncio.gather(gone, return_exceptions=True)

    async def _send_all(self, last_id: str, changed: asyncio.Event, gone: asyncio.Task[None], send: Send) -> None:
        since = self._version_in(last_id)
        hello = {"token": self.token, "target": self.session.target, "again": since is not None}
        await _write(send, f"retry: {_RETRY}\n{_event('hello', hello)}")
        version, began = since or 0, time.monotonic()
        changed.set()
        is_first, written = True, began
        while not gone.done():
            if changed.is_set():
                changed.clear()
                now, text = await asyncio.to_thread(self._news, version)
                if now != version or is_first:
                    await _write(send, text)
                    version, is_first, written = now, False, time.monotonic()
            stopping = server_is_stopping()
            if stopping or (stopping is None and time.monotonic() - began > _SHORT):
                return
            if time.monotonic() - written > _HEARTBEAT:
                await _write(send, ":\n\n")
                written = time.monotonic()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(changed.wait(), _LOOK)

    def _version_in(self, last_id: str) -> int | None:
        """The version in the id of an event of this run; None for another run's, and for what is not an id."""
        run, _, version = last_id.partition("-")
        return int(version) if run == self._run and version.isdecimal() and len(version) < 20 else None

    def _news(self, since: int) -> tuple[int, str]:
        """The version now, and the event with the calls that changed after `since` and the number of the oldest call that is
        kept."""
        version, kept = self.session.shown()
        oldest = min((shown.judged.call.number for shown in kept), default=None)
        lines = ",".join(self._line(shown) for shown in kept if shown.version > since)
        self._forget_all_but(kept)
        data = f'{{"oldest":{json.dumps(oldest)},"calls":[{lines}]}}'
        return version, f"id: {self._run}-{version}\nevent: calls\ndata: {data}\n\n"

    def _line(self, shown: Shown) -> str:
        number = shown.judged.call.number
        known = self._lines.get(number)
        if known is not None and known[0] == shown.version:
            return known[1]
        explanation = self.session.explanation(shown.cause) if shown.cause is not None else None
        text = json.dumps(line_of(shown, explanation))
        with self._lock:
            self._lines[number] = (shown.version, text)
        return text

    def _forget_all_but(self, kept: Iterable[Shown]) -> None:
        numbers = {shown.judged.call.number for shown in kept}
        with self._lock:
            for number in self._lines.keys() - numbers:
                del self._lines[number]


def server_is_stopping() -> bool | None:
    """Whether the server of this process was asked to stop; None where it does not say so.

    uvicorn waits for every open response before it stops or reloads, and an event stream has no end of its own. Its `Server`
    handles the signals, and has the attribute `should_exit`.
    """
    said = None
    for number in (signal.SIGINT, signal.SIGTERM):
        server = getattr(signal.getsignal(number), "__self__", None)
        should_exit = getattr(server, "should_exit", None)
        if isinstance(should_exit, bool):
            said = said or should_exit
    return said


async def _until_gone(receive: Receive) -> None:
    """Return once the browser has closed the connection."""
    while True:
        message: Message = await receive()
        if message["type"] == "http.disconnect":
            return


async def _write(send: Send, text: str) -> None:
    """Send a piece of the stream. Raises TimeoutError where the browser does not read."""
    async with asyncio.timeout(_PATIENCE):
        await send({"type": "http.response.body", "body": text.encode(), "more_body": True})


def _event(name: str, data: dict[str, Any]) -> str:
    return f"event: {name}\ndata: {json.dumps(data)}\n\n"
