"""The process in which the agent runs: started in an interpreter, watched, ended."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import weakref
from contextlib import suppress
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import Any

from corsense.app.agent.channel import PIPE_TAKEN, Channel, Closed, Garbled, Taken
from corsense.app.agent_start import TOO_OLD, StartedAgent, kill_agent, start_agent
from corsense.app.errors import AppLoadError

MOST_PRINTED = 1 << 20
"""Bytes of what an app prints that are passed on."""

Incoming = dict[str, Any] | Closed | Garbled
"""A message of the agent, or why there are no more."""


@dataclass(slots=True)
class AgentProcess:
    """A running agent. `inbox` is filled by a thread; what the app prints goes to our standard error, bounded, by another."""

    python: str
    process: subprocess.Popen[bytes]
    channel: Channel
    printed: _Printed
    inbox: SimpleQueue[Incoming] = field(default_factory=SimpleQueue)
    _threads: list[threading.Thread] = field(default_factory=list)
    _finalizer: Any = None

    @classmethod
    def launch(cls, python: str, *flags: str) -> AgentProcess:
        """Start an agent in the interpreter at the path `python`, in a session of its own, so that Ctrl-C is ours to handle.

        Raises `AppLoadError` when the system cannot start it.
        """
        try:
            return cls.adopt(start_agent(python, *flags))
        except (OSError, ValueError) as error:
            raise AppLoadError(f"{python!r} cannot be started: {_reason(error)}.", _NAME_IT) from None

    @classmethod
    def adopt(cls, started: StartedAgent) -> AgentProcess:
        """Supervise an agent that has been started."""
        python, process, reader, writer, errors = started
        found = cls(python, process, Channel(reader, writer), _Printed(errors))
        found._watch()
        return found

    def _watch(self) -> None:
        self._finalizer = weakref.finalize(self.process, kill_agent, self.process.pid)
        for work in (self._listen, self.printed.pass_on):
            thread = threading.Thread(target=work, daemon=True)
            thread.start()
            self._threads.append(thread)

    def _listen(self) -> None:
        try:
            self.channel.await_greeting()
            self.printed.show()
            while True:
                self.inbox.put(self.channel.receive())
        except (Closed, Garbled) as end:
            self.inbox.put(end)

    def send(self, message: dict[str, Any]) -> None:
        """Raises `Closed` when the agent does not read any more."""
        try:
            self.channel.send(message)
        except Taken as error:
            raise Closed from error

    def receive(self, seconds: float) -> Incoming | None:
        """The next message; None when none comes in that time."""
        try:
            return self.inbox.get(timeout=seconds)
        except Empty:
            return None

    def wait(self, seconds: float) -> int | None:
        """The exit status of the process, negative for a signal; None when it still runs."""
        try:
            return self.process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            return None

    def kill(self) -> None:
        """End the process and those it has started, which are in its session."""
        kill_agent(self.process.pid)
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(timeout=5.0)

    def close(self) -> None:
        """End the process, and release what it held. May be called twice."""
        self.kill()
        self._finalizer.detach()
        for thread in self._threads:
            thread.join(timeout=0.5)
        self.channel.close()

    def how_it_ended(self) -> str:
        """`exit status 1`, `signal SIGKILL`."""
        status = self.wait(2.0)
        if status is None:
            return "it closed its pipe"
        if status >= 0:
            return f"exit status {status}"
        try:
            return f"signal {signal.Signals(-status).name}"
        except ValueError:
            return f"signal {-status}"

    @property
    def lost_its_pipe(self) -> bool:
        """Whether the app has closed the pipe of the agent, or put another file in its place."""
        return self.wait(2.0) == PIPE_TAKEN

    def why_it_did_not_start(self, end: Incoming | None) -> AppLoadError:
        """What is wrong with an interpreter from which no greeting came."""
        message_text = end.args[0] if isinstance(end, (Closed, Garbled)) and end.args else b""
        text = message_text.decode("utf-8", "replace") if isinstance(message_text, bytes) else str(message_text)
        if TOO_OLD in text:
            version = text.partition(TOO_OLD)[2].partition("\n")[0].strip()
            return AppLoadError(f"{self.python!r} is Python {version}, and corsense needs 3.9 or newer for the app.", _NAME_IT)
        if end is None:
            return AppLoadError(f"{self.python!r} did not start as Python does: it printed nothing.", _NAME_IT)
        if isinstance(end, Garbled):
            return AppLoadError(f"{self.python!r} is not a Python interpreter: it does not stop printing.", _NAME_IT)
        how = self.how_it_ended()
        for thread in self._threads:
            thread.join(timeout=0.5)
        message_text = self.printed.held.decode("utf-8", "replace")
        last = next((line.strip() for line in reversed(message_text.splitlines()) if line.strip()), "").rstrip(".")
        because = f": {last[:200]}" if last and "sys." not in last else ""
        return AppLoadError(f"{self.python!r} is not a working Python interpreter, {how}{because}.", _NAME_IT)


class _Printed:
    """What the process prints to its standard error: `held` until it is known to be Python, then passed on to ours, up to
    `MOST_PRINTED` bytes."""

    def __init__(self, source: int) -> None:
        self.source = source
        self.bytes = 0
        self.held = b""
        self._is_shown = False
        self._lock = threading.Lock()

    def show(self) -> None:
        """Pass on what was held, and all that comes."""
        with self._lock:
            self._is_shown = True
            held, self.held = self.held, b""
            self._write(held)

    def pass_on(self) -> None:
        """Run in a thread of its own, until the output ends."""
        while True:
            try:
                chunk = os.read(self.source, 1 << 16)
            except OSError:
                break
            if not chunk:
                break
            self._take(chunk)
        os.close(self.source)

    def _take(self, chunk: bytes) -> None:
        with self._lock:
            room = MOST_PRINTED - self.bytes
            self.bytes += len(chunk)
            if self.bytes > MOST_PRINTED >= self.bytes - len(chunk):
                message_text = f"\ncorsense: the app has printed more than {MOST_PRINTED:,} bytes; the rest is left out.\n"
                chunk = chunk[:room] + message_text.encode()
            elif room <= 0:
                return
            if self._is_shown:
                self._write(chunk)
            else:
                self.held += chunk

    def _write(self, data: bytes) -> None:
        with suppress(OSError):
            while data:
                data = data[os.write(2, data) :]


def _reason(error: Exception) -> str:
    text = getattr(error, "strerror", None) or str(error)
    return text[:1].lower() + text[1:]


_NAME_IT = "Name the interpreter that runs the app with --python."
