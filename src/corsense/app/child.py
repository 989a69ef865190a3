"""The process of the app: imports it, describes it, tries requests on it.

Started by `AppSession`. It imports as little as it can before the app; all that it needs later comes after. Its standard input
and output are pipes to the parent, which it takes for itself: the app finds an empty standard input, and what it prints goes to
standard error.
"""

from __future__ import annotations

import gc
import os
import sys
import threading
import time
from queue import SimpleQueue
from typing import IO, TYPE_CHECKING, Any

from corsense.app.channel import Channel, Closed, by_fields

if TYPE_CHECKING:
    from corsense.app.describing import Described
    from corsense.app.exercise import LifespanRun
    from corsense.app.orders import Load, Run, Serve
    from corsense.app.traceback import ParsedTraceback

_BATCH = 200
_BATCH_SECONDS = 0.2
_SLACK = 3.0
_FRAMEWORK = frozenset(
    {"annotated_doc", "annotated_types", "anyio", "fastapi", "idna", "pydantic", "pydantic_core", "sniffio", "starlette"}
)


def main() -> None:
    """Serve the parent until it closes the pipe, then end without further ado."""
    channel = _take_over()
    orders: SimpleQueue[Any] = SimpleQueue()
    threading.Thread(target=_read, args=(channel, orders), daemon=True).start()
    if sys.argv[1:] == ["ahead"]:
        _import_framework()
    watch = Watch(channel)
    threading.Thread(target=watch.keep, daemon=True).start()
    try:
        # Everything of our own, while the parent makes up its mind.
        from corsense.app import describing, exercise, loading  # noqa: F401

        Child(channel, orders, watch).serve()
    except Closed:
        _end(1)
    except BaseException:
        import traceback

        from corsense.app.orders import Broken

        channel.send(Broken(traceback.format_exc()))
        _end(1)
    _end(0)


def _import_framework() -> None:
    """Import FastAPI before it is known whether the app wants it: nearly all do. Not where a module of the folder has the name of
    another, for the app would import that one."""
    from importlib.util import find_spec

    names = {os.path.splitext(name)[0] for name in os.listdir()}
    if names & (sys.stdlib_module_names | _FRAMEWORK) or find_spec("fastapi") is None:
        return
    from corsense.app.recorder import record

    record()
    gc.disable()
    import fastapi  # noqa: F401


def _take_over() -> Channel:
    """Keep the pipes for ourselves, away from what the app, and whatever it starts, may do to the standard streams."""
    reader, writer = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
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
    return channel


def _read(channel: Channel, orders: SimpleQueue[Any]) -> None:
    """Pass on orders. A parent that is gone needs nobody."""
    while True:
        try:
            orders.put(channel.receive())
        except Closed:
            os._exit(1)


def _end(status: int) -> None:
    """Leave without waiting for threads of the app."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError, AttributeError):
            continue
    os._exit(status)


class Watch:
    """Ends the process when the app keeps it busy beyond a deadline, and tells where it was."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._main = threading.get_ident()
        self._deadline: float | None = None
        self._doing = ""

    def allow(self, seconds: float | None, doing: str) -> None:
        """From now on, `seconds` for what is being done; None: as long as it takes."""
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
        from corsense.app.orders import Hung

        try:
            self._channel.send(Hung(self._doing, self._whereabouts()))
        finally:
            os._exit(1)

    def _whereabouts(self) -> ParsedTraceback | None:
        import traceback

        from corsense.app.traceback import parse_traceback

        frame = sys._current_frames().get(self._main)
        lines = traceback.format_stack(frame)
        try:
            return parse_traceback(
                "".join(["Traceback (most recent call last):\n", *lines, "TimeoutError: the time limit was reached here\n"])
            )
        except ValueError:
            return None


class Mute:
    """Sends what the app prints to nowhere, for a while."""

    def __init__(self) -> None:
        self._kept: tuple[int, int] | None = None

    def on(self) -> None:
        if self._kept is None:
            _flush(sys.stdout, sys.stderr)
            self._kept = (os.dup(1), os.dup(2))
            nothing = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nothing, 1)
            os.dup2(nothing, 2)
            os.close(nothing)

    def off(self) -> None:
        if self._kept is not None:
            _flush(sys.stdout, sys.stderr)
            for number, kept in enumerate(self._kept, 1):
                os.dup2(kept, number)
                os.close(kept)
            self._kept = None


def _flush(*streams: IO[str] | None) -> None:
    for stream in streams:
        try:
            if stream is not None:
                stream.flush()
        except (OSError, ValueError):
            continue


class Child:
    """Carries out the orders, one after the other."""

    def __init__(self, channel: Channel, orders: SimpleQueue[Any], watch: Watch) -> None:
        self.channel = channel
        self.orders = orders
        self.watch = watch
        self.mute = Mute()
        self.output = "import"
        self.described: Described | None = None
        self.lifespan: LifespanRun | None = None
        self.late_told = 0

    def serve(self) -> None:
        from corsense.app.orders import Load, Run, Serve

        while True:
            order = self.orders.get()
            if isinstance(order, Load):
                if not self.load(order):
                    return
            elif isinstance(order, Run):
                self.run(order)
            elif isinstance(order, Serve):
                self.serve_app(order)
            else:
                self.stop()
                return

    def load(self, order: Load) -> bool:
        """Import and describe; False when that failed, and there is nothing left to do."""
        from corsense.app.errors import AppLoadError
        from corsense.app.orders import Loaded, LoadFailed

        self.output = order.output
        if order.output == "none":
            self.mute.on()
        self.watch.allow(order.time_limit, f"importing {order.target.module!r}")
        # A collection while modules are being made finds nothing to free.
        gc.disable()
        try:
            description = self._load(order)
        except AppLoadError as error:
            self.watch.allow(None, "")
            self.channel.send(LoadFailed(error.message, error.remedy, error.traceback))
            return False
        finally:
            gc.enable()
        gc.freeze()
        self.watch.allow(None, "")
        self.channel.send(Loaded(description))
        return True

    def _load(self, order: Load) -> Any:
        from corsense.app.frames import claim
        from corsense.app.imports import overlay_sources
        from corsense.app.loading import load
        from corsense.app.recorder import RECORDING, record

        sys.argv[:] = ["corsense"]
        os.chdir(order.target.directory)
        os.environ.setdefault("FASTAPI_ENV", "development")
        overlay_sources(order.overlay)
        claim(order.target.module.partition(".")[0])
        record()
        _event_loop()
        loaded = load(order.target)
        lifespan_error = None
        if order.lifespan:
            RECORDING.moment = "lifespan"
            lifespan_error = self._start_lifespan(loaded.app)
        RECORDING.moment = "startup"
        from corsense.app.describing import Describer

        described = Describer(order.base).describe(loaded.app, loaded.name, loaded.factory, loaded.module, loaded.attribute)
        if order.lifespan:
            from dataclasses import replace

            described.description = replace(described.description, lifespan_ran=True, lifespan_error=lifespan_error)
        self.described = described
        self.late_told = len(RECORDING.late)
        RECORDING.moment = "request"
        return described.description

    def _start_lifespan(self, app: Any) -> ParsedTraceback | None:
        from corsense.app.exercise import LifespanRun
        from corsense.app.traceback import ParsedException, ParsedTraceback, parse_traceback

        self.lifespan = LifespanRun(app)
        _event_loop().run_until_complete(self.lifespan.start())
        text = self.lifespan.error
        if text is None:
            return None
        try:
            return parse_traceback(text)
        except ValueError:
            return ParsedTraceback(ParsedException("RuntimeError", text), text)

    def run(self, order: Run) -> None:
        """Try the probes, and send the results as they come."""
        from corsense.app.exercise import SENT, Exerciser
        from corsense.app.orders import Done

        assert self.described is not None
        by_fields(SENT)
        exerciser = Exerciser(
            self.described,
            real=order.run_endpoints,
            time_limit=order.time_limit,
            beat=lambda doing: self.watch.allow(order.time_limit + _SLACK, doing),
        )
        if self.lifespan is not None:
            exerciser.state = self.lifespan.state
        if self.output == "import" and not order.run_endpoints:
            self.mute.on()
        try:
            _event_loop().run_until_complete(self._run(exerciser, order))
        finally:
            self.watch.allow(None, "")
            if self.output != "none":
                self.mute.off()
        self.channel.send(Done(tuple(self._late())))

    async def _run(self, exerciser: Any, order: Run) -> None:
        from corsense.app.orders import Results

        batch: list[Any] = []
        sent = time.monotonic()
        for probe in order.probes:
            batch.append(await exerciser.run(probe))
            if len(batch) >= _BATCH or time.monotonic() - sent > _BATCH_SECONDS:
                self.watch.allow(None, "")
                self.channel.send(Results(tuple(batch)))
                batch.clear()
                sent = time.monotonic()
        if batch:
            self.watch.allow(None, "")
            self.channel.send(Results(tuple(batch)))

    def serve_app(self, order: Serve) -> None:
        """Serve the app on loopback until the next order comes."""
        import socket

        from corsense.app.orders import ServeFailed, Serving
        from corsense.app.serving import ServedApp, serve

        assert self.described is not None
        app = ServedApp(
            self.described.entry, real=order.run_endpoints, state=self.lifespan.state if self.lifespan is not None else {}
        )
        if self.output == "import" and not order.run_endpoints:
            self.mute.on()
        with socket.socket() as listening:
            listening.bind(("127.0.0.1", 0))
            port = listening.getsockname()[1]
            try:
                _event_loop().run_until_complete(
                    serve(app, listening, lambda: self.channel.send(Serving(port)), lambda: not self.orders.empty())
                )
            except ImportError:
                self.channel.send(ServeFailed("serving the app to a browser needs uvicorn; run: pip install uvicorn"))
            finally:
                if self.output != "none":
                    self.mute.off()

    def _late(self) -> Any:
        from corsense.app.describing import Describer
        from corsense.app.description import LateMiddleware
        from corsense.app.recorder import RECORDING

        describer = Describer(os.getcwd())
        new = RECORDING.late[self.late_told :]
        self.late_told += len(new)
        for span, moment in dict.fromkeys(new):
            yield LateMiddleware(describer.place(span), moment, True)  # type: ignore[arg-type]

    def stop(self) -> None:
        """The shutdown half of the lifespan, when the other half ran."""
        if self.lifespan is not None:
            _event_loop().run_until_complete(self.lifespan.stop())


_LOOPS: list[Any] = []


def _event_loop() -> Any:
    """The one loop; it is the current one while the app is imported, as old code expects."""
    if not _LOOPS:
        import asyncio

        loop = asyncio.new_event_loop()
        asyncio.set_event_loop(loop)
        _LOOPS.append(loop)
    return _LOOPS[0]


if __name__ == "__main__":
    main()
