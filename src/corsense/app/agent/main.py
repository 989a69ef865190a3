"""The process of the app: imports it, describes it, answers requests with it.

It imports as little as possible before the app, and the rest after it. Its standard input and output are pipes to the parent,
which it keeps for itself: the app finds an empty standard input, and what it prints goes to standard error.
"""

from __future__ import annotations

import errno
import gc
import os
import sys
import threading
import time
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

from .channel import PIPE_TAKEN, Channel, Closed, Garbled, Taken

if TYPE_CHECKING:
    from .answers import Answer, Answerer
    from .describe import Described
    from .lifespan import Lifespan

_BATCH = 200
_BATCH_SECONDS = 0.2
_SLACK = 3.0
_LOWEST_DESCRIPTOR = 200
_FRAMEWORK = frozenset(
    {"annotated_doc", "annotated_types", "anyio", "fastapi", "idna", "pydantic", "pydantic_core", "sniffio", "starlette"}
)

Order = dict[str, Any]


def main() -> None:
    """Serve the parent until it closes the pipe, then end at once."""
    try:
        channel = _take_over()
        orders: SimpleQueue[Order] = SimpleQueue()
        threading.Thread(target=_read, args=(channel, orders), daemon=True).start()
        if sys.argv[1:] == ["ahead"]:
            _import_framework()
        watch = Watchdog(channel)
        threading.Thread(target=watch.keep, daemon=True).start()
        # Import our own modules while the parent prepares its orders.
        from . import answers, describe, loading  # noqa: F401

        _serve(channel, orders, watch)
    except Closed:
        _end(1)
    except Taken:
        _end(PIPE_TAKEN)
    _end(0)


def _serve(channel: Channel, orders: SimpleQueue[Order], watch: Watchdog) -> None:
    try:
        Agent(channel, orders, watch).serve()
    except (Closed, Taken):
        raise
    except SystemExit as end:
        # From a task that the app started: a server would end too.
        _end(end.code if isinstance(end.code, int) else 1)
    except BaseException as error:
        if isinstance(error, OSError) and error.errno == errno.EBADF:
            raise Taken from error
        from .tracebacks import traceback_text

        channel.send({"kind": "broken", "text": traceback_text(error)})
        _end(1)


def _import_framework() -> None:
    """Import FastAPI before it is known whether the app needs it: nearly all do. Skip it where a module of the folder shadows a
    package, because the app would import that module."""
    from importlib.util import find_spec

    names = {os.path.splitext(name)[0] for name in os.listdir()}
    if names & (_standard_modules() | _FRAMEWORK) or find_spec("fastapi") is None:
        return
    from .recorder import record

    record()
    gc.disable()
    import fastapi  # noqa: F401


def _standard_modules() -> frozenset[str]:
    known = getattr(sys, "stdlib_module_names", None)
    if known is not None:
        return frozenset(known)
    folder = os.path.dirname(os.__file__)
    return frozenset({*sys.builtin_module_names, *(os.path.splitext(name)[0] for name in os.listdir(folder))})


def _take_over() -> Channel:
    """Protect the pipes from what the app, and processes that it starts, may do to the standard streams and the first
    descriptors."""
    reader, writer = _out_of_the_way(0), _out_of_the_way(1)
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    try:
        os.dup2(2, 1)
    except OSError:
        os.dup2(nothing, 1)
    os.close(nothing)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(line_buffering=True, errors="backslashreplace")
    channel = Channel(reader, writer)
    channel.greet()
    channel.send({"kind": "hello", "python": list(sys.version_info[:3]), "executable": sys.executable, "library": _library()})
    return channel


def _out_of_the_way(number: int) -> int:
    try:
        from fcntl import F_DUPFD_CLOEXEC, fcntl

        return fcntl(number, F_DUPFD_CLOEXEC, _LOWEST_DESCRIPTOR)
    except (ImportError, OSError):
        return os.dup(number)


def _library() -> str:
    from .frames import STANDARD_LIBRARY

    return STANDARD_LIBRARY


def _read(channel: Channel, orders: SimpleQueue[Order]) -> None:
    """Pass on orders. End when the parent has ended."""
    try:
        while True:
            orders.put(channel.receive())
    except (Closed, Garbled) as error:
        if isinstance(error, Garbled) or isinstance(error.__cause__, OSError):
            os._exit(PIPE_TAKEN)
        _end_with_parent()


def _end_with_parent() -> None:
    """End this process and those that the app has started, which are in its session: a parent that a signal ends cannot do it."""
    import signal

    if hasattr(os, "killpg") and os.getpgrp() == os.getpid():
        os.killpg(os.getpid(), signal.SIGKILL)
    os._exit(1)


def _end(status: int) -> None:
    """Exit without waiting for threads of the app."""
    _flush()
    os._exit(status)


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError, AttributeError):
            continue


class Watchdog:
    """Ends the process when the app keeps it busy beyond a deadline, and reports where it was."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._main = threading.get_ident()
        self._deadline: float | None = None
        self._doing = ""

    def allow(self, seconds: float | None, doing: str) -> None:
        """Allow `seconds` for what is being done from now on; None: as long as it takes."""
        self._doing = doing
        self._deadline = None if seconds is None else time.monotonic() + seconds

    def keep(self) -> None:
        """Run in a thread of its own."""
        while True:
            time.sleep(0.1)
            deadline = self._deadline
            if deadline is not None and time.monotonic() > deadline:
                self._give_up()

    def _give_up(self) -> None:
        from .tracebacks import stack_text

        try:
            self._channel.send({"kind": "hung", "doing": self._doing, "traceback": stack_text(self._main)})
        finally:
            os._exit(1)


class Mute:
    """Discards what the app prints meanwhile."""

    def __init__(self) -> None:
        self._kept: tuple[int, int] | None = None

    def on(self) -> None:
        if self._kept is None:
            _flush()
            self._kept = (_out_of_the_way(1), _out_of_the_way(2))
            nothing = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nothing, 1)
            os.dup2(nothing, 2)
            os.close(nothing)

    def off(self) -> None:
        if self._kept is not None:
            _flush()
            for number, kept in enumerate(self._kept, 1):
                os.dup2(kept, number)
                os.close(kept)
            self._kept = None


class Agent:
    """Carries out the orders one by one."""

    def __init__(self, channel: Channel, orders: SimpleQueue[Order], watch: Watchdog) -> None:
        self.channel = channel
        self.orders = orders
        self.watch = watch
        self.mute = Mute()
        self.output = "import"
        self.described: Described | None = None
        self.answerer: Answerer | None = None
        self.lifespan: Lifespan | None = None
        self.late_sent = 0

    def serve(self) -> None:
        """Take orders until the last one."""
        carry_out = {"load": self.load, "begin": self.begin, "ask": self.ask, "end": self.end, "serve": self.serve_app}
        while True:
            order = self.orders.get()
            if order["do"] == "close":
                self.stop()
                return
            if carry_out[order["do"]](order) is False:
                return

    def load(self, order: Order) -> bool:
        """Import and describe the app; False when that failed and nothing is left to do."""
        from .loading import LoadError

        self.output = order["output"]
        if self.output == "none":
            self.mute.on()
        self.watch.allow(order["time_limit"], f"importing {order['module']!r}")
        # Collecting garbage while modules are created finds nothing to free.
        gc.disable()
        try:
            found = self._load(order)
        except LoadError as error:
            self.watch.allow(None, "")
            self.channel.send(
                {"kind": "load_failed", "message": error.message, "remedy": error.remedy, "traceback": error.traceback}
            )
            return False
        finally:
            gc.enable()
        gc.freeze()
        self.watch.allow(None, "")
        self.channel.send(found)
        return True

    def _load(self, order: Order) -> dict[str, Any]:
        from .frames import claim
        from .imports import overlay_sources
        from .loading import AppReference, load, policy_of
        from .recorder import RECORDING, record

        sys.argv[:] = ["corsense"]
        os.chdir(order["directory"])
        os.environ.setdefault("FASTAPI_ENV", "development")
        overlay_sources(order["overlay"])
        claim(order["module"].partition(".")[0])
        record()
        _event_loop()
        target = AppReference(order["module"], order["attribute"], order["factory"], tuple(order["paths"]), order["text"])
        if order["policy"]:
            document = policy_of(target)
            if document is not None:
                return {"kind": "policy", "document": document}
        loaded = load(target)
        lifespan_error = None
        if order["lifespan"]:
            RECORDING.moment = "lifespan"
            lifespan_error = self._start_lifespan(loaded.app)
        RECORDING.moment = "startup"
        from .answers import Answerer
        from .describe import Describer

        described = Describer(order["base"]).describe(loaded.app, loaded.name, loaded.factory, loaded.module)
        if order["lifespan"]:
            described.description.update(lifespan_ran=True, lifespan_error=lifespan_error)
        self.described = described
        state = self.lifespan.state if self.lifespan is not None else {}
        self.answerer = Answerer(described, state, self._beat)
        self.late_sent = len(RECORDING.late)
        RECORDING.moment = "request"
        return {"kind": "loaded", "description": described.description}

    def _start_lifespan(self, app: Any) -> str | None:
        from .lifespan import Lifespan

        self.lifespan = Lifespan(app)
        _event_loop().run_until_complete(self.lifespan.start())
        return self.lifespan.error

    def _beat(self, doing: str) -> None:
        assert self.answerer is not None
        self.watch.allow(self.answerer.time_limit + _SLACK, doing)

    def begin(self, order: Order) -> None:
        """Get ready for requests."""
        from .answers import AnswerTable

        assert self.answerer is not None
        self.answerer.begin(order["run_endpoints"], order["time_limit"])
        self.table = AnswerTable()
        if self.output == "import" and not order["run_endpoints"]:
            self.mute.on()

    def ask(self, order: Order) -> None:
        """Answer requests, and send each answer at once."""
        _event_loop().run_until_complete(self._ask(order["requests"]))
        self.watch.allow(None, "")

    async def _ask(self, requests: list[Any]) -> None:
        from .answers import AgentRequest

        assert self.answerer is not None
        batch: list[Answer] = []
        sent = time.monotonic()
        for method, url, headers, body, cookies, situation in requests:
            asked = AgentRequest(method, url, headers, body.encode("latin-1"), cookies, situation)
            batch.append(await self.answerer.answer(asked))
            if len(batch) >= _BATCH or time.monotonic() - sent > _BATCH_SECONDS:
                self._send(batch)
                batch = []
                sent = time.monotonic()
        self._send(batch)

    def _send(self, batch: list[Answer]) -> None:
        self.watch.allow(None, "")
        if batch:
            self.channel.send(self.table.encode(batch))

    def end(self, order: Order) -> None:
        """Report what else happened, once all requests are answered."""
        if self.output != "none":
            self.mute.off()
        self.channel.send({"kind": "done", "late": self._late()})

    def _late(self) -> list[Any]:
        from .describe import Describer
        from .recorder import RECORDING

        new = RECORDING.late[self.late_sent :]
        self.late_sent += len(new)
        return list(Describer(os.getcwd()).observed_late(new))

    def serve_app(self, order: Order) -> None:
        """Serve the app on loopback until the next order comes."""
        import socket

        from .serving import ServedApp, serve

        assert self.described is not None
        state = self.lifespan.state if self.lifespan is not None else {}
        app = ServedApp(self.described.entry, real=order["run_endpoints"], state=state)
        if self.output == "import" and not order["run_endpoints"]:
            self.mute.on()
        with socket.socket() as listening:
            listening.bind(("127.0.0.1", 0))
            port = listening.getsockname()[1]
            try:
                serving = serve(app, listening, lambda: self._say_where(port), lambda: not self.orders.empty())
                _event_loop().run_until_complete(serving)
            except ImportError:
                self.channel.send({"kind": "serve_failed", "executable": sys.executable})
            finally:
                if self.output != "none":
                    self.mute.off()

    def _say_where(self, port: int) -> None:
        self.channel.send({"kind": "serving", "port": port})

    def stop(self) -> None:
        """Run the shutdown of the lifespan, if the start-up ran."""
        if self.lifespan is not None:
            _event_loop().run_until_complete(self.lifespan.stop())


_LOOPS: list[Any] = []


def _event_loop() -> Any:
    """The event loop of the process; it is the current one while the app is imported, as old code expects."""
    if not _LOOPS:
        import asyncio

        loop = asyncio.new_event_loop()
        asyncio.set_event_loop(loop)
        _LOOPS.append(loop)
    return _LOOPS[0]
