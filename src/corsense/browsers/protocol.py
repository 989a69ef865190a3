"""`Messages`: commands and events as JSON over a WebSocket, the way browsers are driven from outside."""

from __future__ import annotations

import contextlib
import itertools
import json
import threading
import time
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import Any

from corsense.browsers.errors import BrowserError

Event = dict[str, Any]

_LARGEST = 1 << 26


class Messages:
    """One connection. `on_event` is called, in a thread of its own, for each message that is not a reply.

    Raises BrowserError when `websockets` is not installed, or nothing answers at `url`.
    """

    def __init__(self, url: str, on_event: Callable[[Event], None]) -> None:
        try:
            from websockets.exceptions import ConnectionClosed, WebSocketException
            from websockets.sync.client import connect
        except ImportError:
            raise BrowserError("driving this browser needs websockets; run: pip install 'corsense[browser]'") from None
        self._exit = contextlib.ExitStack()
        try:
            self._socket = self._exit.enter_context(
                connect(
                    url, max_size=_LARGEST, ping_interval=None, compression=None, proxy=None, open_timeout=10, close_timeout=1
                )
            )
        except (OSError, WebSocketException) as error:
            raise BrowserError(f"the browser does not take commands: {error}") from None
        self._closed = ConnectionClosed
        self._on_event = on_event
        self._numbers = itertools.count(1)
        self._replies: dict[int, SimpleQueue[Event | None]] = {}
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def command(self, method: str, params: dict[str, Any] | None = None, *, limit: float = 20.0) -> dict[str, Any]:
        """The result of a command. Raises BrowserError when it fails, or takes more than `limit` seconds."""
        reply = self.reply(next(self._numbers), method, params or {}, self.send, limit)
        return reply

    def reply(
        self, number: int, method: str, params: dict[str, Any], send: Callable[[Event], None], limit: float
    ) -> dict[str, Any]:
        """The result of a command that `send` sends in its own wrapping."""
        inbox: SimpleQueue[Event | None] = SimpleQueue()
        self._replies[number] = inbox
        try:
            send({"id": number, "method": method, "params": params})
            message = inbox.get(timeout=limit)
        except Empty:
            raise BrowserError(f"the browser did not answer {method} within {limit:g} s.") from None
        finally:
            self._replies.pop(number, None)
        if message is None:
            raise BrowserError("the browser ended while it was being driven.")
        if "error" in message:
            raise BrowserError(f"the browser refused {method}: {message.get('message') or message['error']}")
        result: dict[str, Any] = message.get("result", {})
        return result

    def number(self) -> int:
        """A number for a command that is sent in another wrapping."""
        return next(self._numbers)

    def send(self, message: Event) -> None:
        """Send a message. Raises BrowserError when the browser is gone."""
        try:
            self._socket.send(json.dumps(message))
        except (OSError, self._closed):
            raise BrowserError("the browser ended while it was being driven.") from None

    def take(self, message: Event) -> bool:
        """Hand a message to the command that waits for it; whether one does."""
        waiting = self._replies.get(message.get("id") or 0)
        if waiting is not None:
            waiting.put(message)
        return waiting is not None

    def close(self) -> None:
        """Hang up."""
        self._exit.close()
        self._reader.join(2.0)

    def _read(self) -> None:
        try:
            for text in self._socket:
                message = json.loads(text)
                if not self.take(message):
                    self._on_event(message)
        except (OSError, self._closed, ValueError):
            pass
        finally:
            for waiting in list(self._replies.values()):
                waiting.put(None)


class Console:
    """Lines of a console as they come in, from another thread."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._changed = threading.Condition()

    def add(self, line: str) -> None:
        """One more line."""
        with self._changed:
            self._lines.append(line)
            self._changed.notify_all()

    def clear(self) -> None:
        """Forget all lines."""
        with self._changed:
            self._lines.clear()

    def lines(self, expected: int, patience: float, grace: float) -> tuple[str, ...]:
        """The lines: waits until there are `expected`, `patience` seconds at most, and `grace` seconds for more."""
        deadline = time.monotonic() + patience
        with self._changed:
            while len(self._lines) < expected and (left := deadline - time.monotonic()) > 0:
                self._changed.wait(left)
        time.sleep(grace)
        with self._changed:
            return tuple(self._lines)
