"""`AppSession`: an app in a process of its own, from the side of who asks."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import weakref
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import TYPE_CHECKING, Any

from corsense.app.channel import Channel, Closed
from corsense.app.errors import AppHungError, AppLoadError, AppStoppedError
from corsense.app.orders import (
    Broken,
    Close,
    Done,
    Hung,
    Load,
    Loaded,
    LoadFailed,
    Output,
    Results,
    Run,
    Serve,
    ServeFailed,
    Serving,
)

if TYPE_CHECKING:
    from corsense.app.description import AppDescription, LateMiddleware
    from corsense.app.probe import Probe, ProbeResult
    from corsense.app.target import AppTarget

IMPORT_LIMIT = 30.0
"""Seconds that importing an app may take."""

REQUEST_LIMIT = 10.0
"""Seconds that an app has for one answer."""

_SLACK = 10.0
_CLOSED = object()

Progress = Callable[[int, int], None]
"""Called with the number of probes done and the number of all."""


class AppSession:
    """An app, loaded in a child process; a context manager.

    `start` returns at once, so that the caller can do its own imports while the app is being imported; `description` waits for
    it. Whatever happens, `close` (or the end of the program, or of the `with`) leaves no process behind.
    """

    def __init__(self, process: subprocess.Popen[bytes], target: AppTarget, time_limit: float) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self.target = target
        self._process = process
        self._time_limit = time_limit
        self._channel = Channel(process.stdout, process.stdin)
        self._inbox: SimpleQueue[Any] = SimpleQueue()
        self._description: AppDescription | None = None
        self._failure: Exception | None = None
        self._late: tuple[LateMiddleware, ...] = ()
        threading.Thread(target=_listen, args=(self._channel, self._inbox), daemon=True).start()
        self._finalizer = weakref.finalize(self, _kill, process)

    @classmethod
    def start(
        cls,
        target: AppTarget | str | None = None,
        *,
        factory: bool = False,
        overlay: Mapping[str, str] | None = None,
        lifespan: bool = False,
        time_limit: float = IMPORT_LIMIT,
        output: Output = "import",
        base: str | os.PathLike[str] | None = None,
        python: str | None = None,
    ) -> AppSession:
        """Start loading an app, and return at once.

        - `target`: an `AppTarget`, or what `AppTarget.parse` takes.
        - `overlay`: text by path; these files are imported with the text instead of what is on disk.
        - `lifespan`: run the start-up of the app before it is described, and its shutdown in the end. It may touch databases.
        - `time_limit`: seconds that the import may take.
        - `output`: see `Output`. What the app prints goes to standard error.
        - `base`: the folder that places are relative to (default: the working directory).
        - `python`: the interpreter to run it with (default: this one); it must have corsense.

        Raises `AppLoadError` when the target names nothing; everything else is raised by `description`.
        """
        # The process comes first: it imports what it needs while the target is read here.
        process = _launched_ahead() if python is None else _launch(python)
        try:
            from corsense.app.target import AppTarget

            found = target if isinstance(target, AppTarget) else AppTarget.parse(target, factory=factory)
            session = cls(process, found, time_limit)
        except BaseException:
            _kill(process)
            for stream in (process.stdin, process.stdout):
                if stream is not None:
                    stream.close()
            raise
        files = {os.path.abspath(path): text for path, text in (overlay or {}).items()}
        order = Load(found, os.path.abspath(base or os.getcwd()), files, lifespan, time_limit, output)
        # When it has ended before it could read, `description` says how.
        with suppress(Closed):
            session._channel.send(order)
        return session

    @property
    def description(self) -> AppDescription:
        """What the app is made of; waits until it is imported. Raises `AppLoadError`, each time, when that failed."""
        if self._failure is not None:
            raise self._failure
        if self._description is None:
            try:
                self._description = self._await_description()
            except AppLoadError as error:
                self._failure = error
                self.close()
                raise
        return self._description

    @property
    def late_middleware(self) -> tuple[LateMiddleware, ...]:
        """`add_middleware` calls that came too late: those of the description, and those that requests have led to since."""
        return (*self.description.late_middleware, *self._late)

    def run(
        self,
        probes: Sequence[Probe],
        progress: Progress | None = None,
        *,
        run_endpoints: bool = False,
        time_limit: float = REQUEST_LIMIT,
    ) -> list[ProbeResult]:
        """Try the probes, in order, and return a result for each.

        Endpoints do not run, except those for OPTIONS alone, unless `run_endpoints`. `time_limit` is for each request. Raises
        `AppLoadError` when the app could not be loaded, `AppHungError` when it blocks in a way that cannot be interrupted,
        `AppStoppedError` when its process ends.
        """
        _ = self.description
        if not probes:
            return []
        self._send(Run(tuple(probes), run_endpoints, time_limit))
        results: list[ProbeResult] = []
        while True:
            message = self._receive(2 * time_limit + _SLACK, "answering")
            if isinstance(message, Results):
                results.extend(message.results)
                if progress is not None:
                    progress(len(results), len(probes))
            elif isinstance(message, Done):
                self._late = (*self._late, *message.late)
                return results
            else:
                self._fail(message)

    def serve(self, *, run_endpoints: bool = False, time_limit: float = IMPORT_LIMIT) -> int:
        """Serve the app with uvicorn on a free port of 127.0.0.1, until the session is closed; returns the port.

        Requests say in the header `corsense.app.serving.HEADER` in which situation they are to be answered. Endpoints do not run,
        as in `run`. Raises `AppLoadError` when the app could not be loaded, or uvicorn is not installed; `AppStoppedError` when
        its process ends.
        """
        _ = self.description
        self._send(Serve(run_endpoints))
        message = self._receive(time_limit + _SLACK, "serving")
        if isinstance(message, ServeFailed):
            raise AppLoadError(message.message)
        if not isinstance(message, Serving):
            self._fail(message)
        port: int = message.port
        return port

    def close(self) -> None:
        """End the process of the app. May be called twice."""
        if self._process.poll() is None:
            try:
                self._channel.send(Close())
                self._process.wait(timeout=0.5 if self._description is None else 6.0)
            except (Closed, subprocess.TimeoutExpired):
                pass
        self._finalizer()
        self._channel.close()

    def __enter__(self) -> AppSession:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if kind is not None:
            # Somebody is in a hurry: Ctrl-C, or an error to report.
            self._finalizer()
        self.close()

    def _send(self, order: object) -> None:
        try:
            self._channel.send(order)
        except Closed:
            self._fail(_CLOSED)

    def _receive(self, seconds: float, doing: str) -> Any:
        try:
            return self._inbox.get(timeout=seconds)
        except Empty:
            self._finalizer()
            return Hung(doing, None)

    def _await_description(self) -> AppDescription:
        message = self._receive(self._time_limit + _SLACK, "importing")
        if isinstance(message, Loaded):
            return message.description
        if isinstance(message, LoadFailed):
            raise AppLoadError(message.message, message.remedy, message.traceback)
        if isinstance(message, Hung):
            place = message.traceback.user_frame if message.traceback is not None else None
            where = f" It was at {place.file}:{place.line}." if place is not None else ""
            raise AppLoadError(
                f"Importing {self.target.module!r} took longer than {self._time_limit:g} s.{where}",
                "Move what waits (a database, a network call) into the lifespan, or allow more time.",
                message.traceback,
            )
        if isinstance(message, Broken):
            raise AppLoadError(f"corsense could not describe {self.target.name!r}: {_last_line(message.text)}", _REPORT)
        raise AppLoadError(
            f"The process that imported {self.target.module!r} ended by itself: {self._how_it_ended()}.",
            "Import the module by hand to see why.",
        )

    def _fail(self, message: object) -> None:
        """Raise what a message means that is no result."""
        self._finalizer()
        if isinstance(message, Hung):
            raise AppHungError(
                f"The app blocked while it answered {message.doing}, and could not be interrupted.",
                "Something in its middleware waits without awaiting.",
                message.traceback,
            )
        if isinstance(message, Broken):
            raise AppStoppedError(f"corsense failed inside of the app's process: {_last_line(message.text)}", _REPORT)
        raise AppStoppedError(f"The process of the app ended by itself: {self._how_it_ended()}.")

    def _how_it_ended(self) -> str:
        try:
            status = self._process.wait(timeout=2.0)
        except subprocess.TimeoutExpired:
            return "it closed its pipe"
        if status >= 0:
            return f"exit status {status}"
        try:
            return f"signal {signal.Signals(-status).name}"
        except ValueError:
            return f"signal {-status}"


_AHEAD: list[subprocess.Popen[bytes]] = []


def launch_ahead() -> None:
    """Start the process that the next `AppSession.start` will use, and let it import the framework meanwhile. Without a session
    it ends with this program."""
    process = _launch(sys.executable, "ahead")
    weakref.finalize(process, _kill, process)
    _AHEAD.append(process)


def end_what_was_launched() -> None:
    """End a process that was launched ahead and never used."""
    while _AHEAD:
        _kill(_AHEAD.pop())


def _launched_ahead() -> subprocess.Popen[bytes]:
    return _AHEAD.pop() if _AHEAD else _launch(sys.executable)


def _launch(python: str, *flags: str) -> subprocess.Popen[bytes]:
    """A process that waits for its orders, in a session of its own, so that Ctrl-C is ours to handle."""
    command = [python, "-P", "-c", _START, *flags]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True)


def _listen(channel: Channel, inbox: SimpleQueue[Any]) -> None:
    try:
        channel.await_greeting()
        while True:
            inbox.put(channel.receive())
    except Closed:
        inbox.put(_CLOSED)
    except Exception as error:
        inbox.put(Broken(f"{type(error).__name__}: {error}"))


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End the process and those it has started, which are in its session."""
    try:
        if process.poll() is None:
            process.kill()
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        pass
    process.wait()


def _last_line(text: str) -> str:
    return next((line for line in reversed(text.splitlines()) if line.strip()), "")


_REPORT = "This is a mistake of corsense: please report it."
_PACKAGES = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
_START = (
    f"import sys\ntry:\n from corsense.app.child import main\nexcept ImportError:\n sys.path.append({_PACKAGES!r})\n"
    " from corsense.app.child import main\nmain()"
)
