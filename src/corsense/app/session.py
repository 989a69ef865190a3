"""`AppSession`: an app in a process of its own, from the caller's side."""

from __future__ import annotations

import os
import sys
import weakref
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from types import TracebackType
from typing import TYPE_CHECKING, Literal, Never

from corsense.app.agent.channel import Closed
from corsense.app.agent_process import AgentProcess
from corsense.app.agent_start import launched_ahead
from corsense.app.errors import AppHungError, AppLoadError, AppStoppedError

if TYPE_CHECKING:
    from corsense.app.decoding import Decoder, Loaded, Message, PolicyFound
    from corsense.app.description import AppDescription, LateMiddleware
    from corsense.app.probe import Probe, ProbeResult
    from corsense.app.target import AppTarget

IMPORT_LIMIT = 30.0
"""Seconds that importing an app may take."""

REQUEST_LIMIT = 10.0
"""Seconds that an app has for one answer."""

_SLACK = 10.0

Output = Literal["import", "all", "none"]
"""What the app may print: only while it is imported (the default), always, or never. It goes to the standard error of this
process, bounded."""

Progress = Callable[[int, int], None]
"""Called with the number of probes done and the number of all."""


class AppSession:
    """An app, loaded in a child process; a context manager.

    `start` returns at once, so that the caller can do its own imports while the app is being imported; `description` waits for
    it. Whatever happens, `close` (or the end of the program, or of the `with`) leaves no process behind.
    """

    def __init__(self, agent: AgentProcess, target: AppTarget, time_limit: float) -> None:
        self.target = target
        self._agent = agent
        self._time_limit = time_limit
        self._decoder: Decoder | None = None
        self._found: Loaded | PolicyFound | None = None
        self._failure: Exception | None = None
        self._late: tuple[LateMiddleware, ...] = ()
        self._finalizer = weakref.finalize(self, agent.kill)

    @classmethod
    def start(
        cls,
        target: AppTarget | str | None = None,
        *,
        factory: bool = False,
        base: str | os.PathLike[str] | None = None,
        overlay: Mapping[str, str] | None = None,
        lifespan: bool = False,
        time_limit: float = IMPORT_LIMIT,
        output: Output = "import",
        python: str | None = None,
        policy: bool = False,
    ) -> AppSession:
        """Start loading an app.

        `target` is an `AppTarget`, or a text (or None) for `AppTarget.parse`. `base` is the folder that places are relative to
        (default: the working directory). `overlay` gives files, by path, another text than they have on disk. `lifespan` runs
        the app's start-up and, in the end, its shutdown. `time_limit` is for the import. `python` is the interpreter of the app
        (default: this one). With `policy` the target may also name a policy of corsense's, see `policy_document`. Raises
        `AppLoadError` when the target names nothing, or the interpreter cannot be started.
        """
        agent = _agent_in(python or sys.executable)
        try:
            from corsense.app.target import AppTarget

            found = target if isinstance(target, AppTarget) else AppTarget.parse(target, factory=factory)
            session = cls(agent, found, time_limit)
        except BaseException:
            agent.close()
            raise
        order = {
            "do": "load",
            "module": found.module,
            "attribute": found.attribute,
            "factory": found.factory,
            "paths": list(found.paths),
            "directory": found.directory,
            "text": found.text,
            "base": os.path.abspath(base or os.getcwd()),
            "overlay": {os.path.abspath(path): text for path, text in (overlay or {}).items()},
            "lifespan": lifespan,
            "time_limit": time_limit,
            "output": output,
            "policy": policy,
        }
        # When it has ended before it could read, `description` says how.
        with suppress(Closed):
            agent.send(order)
        return session

    @property
    def description(self) -> AppDescription:
        """What the app is made of; waits until it is imported. Raises `AppLoadError`, each time, when that failed."""
        from corsense.app.decoding import PolicyFound

        found = self._await_found()
        if isinstance(found, PolicyFound):
            raise AppLoadError(f"{self.target.name!r} is a policy, not an app.", "Name the app: package.module:app.")
        return found.description

    @property
    def policy_document(self) -> str | None:
        """The JSON text of the policy that the target names; None when it names an app, which then has a `description`. Waits,
        and raises, as `description` does."""
        from corsense.app.decoding import PolicyFound

        found = self._await_found()
        return found.document if isinstance(found, PolicyFound) else None

    def _await_found(self) -> Loaded | PolicyFound:
        if self._failure is not None:
            raise self._failure
        if self._found is None:
            try:
                self._found = self._await_loading()
            except (AppLoadError, AppStoppedError) as error:
                self._failure = error
                self.close()
                raise
        return self._found

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
        `AppStoppedError` when its process ends, or sends what the agent does not send.
        """
        description = self.description
        if not probes:
            return []
        from corsense.app.decoding import Answers, Done, MessageError
        from corsense.app.fetching import Fetches

        self._send({"do": "begin", "run_endpoints": run_endpoints, "time_limit": time_limit})
        fetches = Fetches(description, probes, real=run_endpoints, time_limit=time_limit, progress=progress)

        def ask(requests: list[list[object]]) -> None:
            self._send({"do": "ask", "requests": requests})

        def answers() -> Answers:
            message = self._receive(2 * time_limit + _SLACK, "answering")
            return message if isinstance(message, Answers) else self._fail(message)

        try:
            results = fetches.run(ask, answers)
        except MessageError as error:
            raise self._unreadable(error) from None
        self._send({"do": "end"})
        message = self._receive(time_limit + _SLACK, "answering")
        if not isinstance(message, Done):
            self._fail(message)
        self._late = (*self._late, *message.late)
        return results

    def serve(self, *, run_endpoints: bool = False, time_limit: float = IMPORT_LIMIT) -> int:
        """Serve the app with uvicorn on a free port of 127.0.0.1, until the session is closed; returns the port.

        Requests say in the header `corsense.app.agent.serving.HEADER` in which situation they are to be answered. Endpoints do
        not run, as in `run`. Raises `AppLoadError` when the app could not be loaded, or uvicorn is not installed;
        `AppStoppedError` when its process ends.
        """
        from corsense.app.decoding import ServeFailed, Serving

        _ = self.description
        self._send({"do": "serve", "run_endpoints": run_endpoints})
        message = self._receive(time_limit + _SLACK, "serving")
        if isinstance(message, ServeFailed):
            raise AppLoadError(
                f"uvicorn is not installed in {message.executable}; it serves the app to a browser.",
                f"Run: {message.executable} -m pip install uvicorn",
            )
        if not isinstance(message, Serving):
            self._fail(message)
        return message.port

    def close(self) -> None:
        """End the process of the app. May be called twice."""
        if self._finalizer.alive:
            try:
                self._agent.send({"do": "close"})
                self._agent.wait(0.5 if self._found is None else 6.0)
            except Closed:
                pass
        self._finalizer.detach()
        self._agent.close()

    def __enter__(self) -> AppSession:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if kind is not None:
            # In a hurry: Ctrl-C, or an error to report.
            self._agent.kill()
        self.close()

    def _send(self, order: dict[str, object]) -> None:
        try:
            self._agent.send(order)
        except Closed:
            self._fail(None)

    def _receive(self, seconds: float, doing: str) -> Message | None:
        """The next message; None when the agent is gone. Raises `AppStoppedError` for anything that is not a message of the
        agent."""
        from corsense.app.agent.channel import Garbled
        from corsense.app.decoding import Decoder, Hello, Hung, MessageError

        incoming = self._agent.receive(seconds)
        if self._decoder is None and not isinstance(incoming, dict):
            raise self._agent.why_it_did_not_start(incoming)
        if incoming is None:
            self._agent.kill()
            return Hung(doing)
        if isinstance(incoming, Closed):
            return None
        try:
            if isinstance(incoming, Garbled):
                raise MessageError(str(incoming))
            if self._decoder is not None:
                return self._decoder.decode(incoming)
            message = Decoder().decode(incoming)
        except MessageError as error:
            raise self._unreadable(error) from None
        if isinstance(message, Hello):
            self._decoder = Decoder((self.target.module.partition(".")[0],), message.library)
            return self._receive(seconds, doing)
        return message

    def _unreadable(self, error: Exception) -> AppStoppedError:
        self._agent.kill()
        return AppStoppedError(
            f"The app wrote to a file descriptor that is not its own, so the messages of its process cannot be read ({error}).",
            _DESCRIPTORS,
        )

    def _await_loading(self) -> Loaded | PolicyFound:
        from corsense.app.decoding import Broken, Hung, Loaded, LoadFailed, PolicyFound

        message = self._receive(self._time_limit + _SLACK, "importing")
        if isinstance(message, (Loaded, PolicyFound)):
            return message
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
        if self._agent.lost_its_pipe:
            raise AppStoppedError(f"{self.target.module!r} {_CLOSED_PIPE}, while it was imported.", _DESCRIPTORS)
        raise AppLoadError(
            f"The process that imported {self.target.module!r} ended unexpectedly: {self._agent.how_it_ended()}.",
            "Import the module by hand to see why.",
        )

    def _fail(self, message: Message | None) -> Never:
        """Raise the error that a message other than a result stands for."""
        from corsense.app.decoding import Broken, Hung

        if isinstance(message, Hung):
            self._agent.kill()
            raise AppHungError(
                f"The app blocked while it answered {message.doing}, and could not be interrupted.",
                "Something in its middleware blocks instead of awaiting.",
                message.traceback,
            )
        if isinstance(message, Broken):
            self._agent.kill()
            raise AppStoppedError(f"corsense failed inside the app's process: {_last_line(message.text)}", _REPORT)
        if message is None and self._agent.lost_its_pipe:
            raise AppStoppedError(f"The app {_CLOSED_PIPE}.", _DESCRIPTORS)
        how = self._agent.how_it_ended()
        self._agent.kill()
        raise AppStoppedError(f"The process of the app ended unexpectedly: {how}.")


def _agent_in(python: str) -> AgentProcess:
    """The process that was launched ahead with this interpreter, else a new one. Raises AppLoadError."""
    started = launched_ahead(python)
    return AgentProcess.launch(python) if started is None else AgentProcess.adopt(started)


def _last_line(text: str) -> str:
    return next((line for line in reversed(text.splitlines()) if line.strip()), "")


_REPORT = "This is a bug in corsense: please report it."
_CLOSED_PIPE = "closed a file descriptor that is not its own, or put another file in its place"
_DESCRIPTORS = "Look for os.write, os.close, os.closerange and os.dup2 with numbers that the app has not opened."
