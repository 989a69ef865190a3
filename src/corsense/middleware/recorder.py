"""`Recorder`: what a worker counted goes into a table of fixed size, and from there into its file, in a thread of its own."""

from __future__ import annotations

import atexit
import os
import threading
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol
from weakref import WeakMethod, ref

from corsense._version import __version__
from corsense.middleware.refusal_log import LOGGER
from corsense.middleware.worker_file import WorkerFile
from corsense.observe.lines import written
from corsense.observe.table import ObservationTable

if TYPE_CHECKING:
    from corsense.middleware.observed_page import Cell
    from corsense.observe.folder import ObservationFolder


class Counting(Protocol):
    """What a recorder takes counts from."""

    def pending(self) -> list[Cell]:
        """The cells, for another thread."""

    def names(self, origin: str) -> bool:
        """Whether a policy names this very origin."""

    def restart(self) -> None:
        """Start over, in the child of a fork."""


class Recorder:
    """Keeps the table, and writes it into the worker's file: from a thread of its own, and at shutdown."""

    def __init__(self, observer: Counting, folder: ObservationFolder) -> None:
        self._observer = ref(observer)
        self._interval = folder.interval
        self._file = WorkerFile(Path(folder.path).absolute())
        self._begin()
        after_fork, at_exit = WeakMethod(self._after_fork), WeakMethod(self.write)
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=lambda: _call(after_fork))
        atexit.register(lambda: _call(at_exit))

    def _begin(self) -> None:
        self._table = ObservationTable(self._names)
        # Held for moments: the event loop may have to wait for it. The other one is held while the disk works.
        self._lock, self._writing = threading.Lock(), threading.Lock()
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None
        self._forgotten_on: date | None = None
        self._is_changed = False

    def _names(self, origin: str) -> bool:
        observer = self._observer()
        return observer is not None and observer.names(origin)

    def start(self) -> None:
        """Start the thread that writes."""
        if self._thread is None:
            arguments = (ref(self), self._stopped, self._interval)
            self._thread = threading.Thread(target=_write_regularly, args=arguments, name="corsense-observations", daemon=True)
            self._thread.start()

    def take(self, cells: Iterable[Cell]) -> None:
        """Put into the table what these cells have counted since they were last asked."""
        today = datetime.now(UTC).date()
        with self._lock:
            for cell in cells:
                count = cell.count
                more, cell.flushed = count - cell.flushed, count
                if more:
                    self._table.add(cell.request, more, today)
                    self._is_changed = True
            if self._forgotten_on != today:
                self._table.forget(today)
                self._forgotten_on = today

    def write(self) -> None:
        """Write the table if it has changed."""
        observer = self._observer()
        if observer is not None:
            self.take(observer.pending())
        with self._writing:
            if not self._is_changed:
                return
            if not self._file.is_claimed():
                left = self._file.claim()
                with self._lock:
                    self._table.merge(left.requests)
                    self._table.unkept += left.unkept
            with self._lock:
                observed, unkept, self._is_changed = tuple(self._table), self._table.unkept, False
            if not self._file.write(written(observed, unkept, __version__)):
                self._is_changed = True

    def close(self) -> None:
        """Write, end the thread, and release the file for the next process."""
        self.write()
        if not self._is_changed:
            self._stopped.set()
            self._file.close()
            self._begin()

    def _after_fork(self) -> None:
        """In the child: the parent writes what was counted so far, and keeps its file."""
        self._file.close()
        self._begin()
        observer = self._observer()
        if observer is not None:
            observer.restart()

    def __del__(self) -> None:
        self._stopped.set()
        self._file.close()


def _call(method: WeakMethod[Callable[[], None]]) -> None:
    found = method()
    if found is not None:
        found()


def _write_regularly(recorder: ref[Recorder], stopped: threading.Event, interval: float) -> None:
    while not stopped.wait(interval):
        owner = recorder()
        if owner is None:
            return
        try:
            owner.write()
        except Exception:
            LOGGER.exception("CORS: observations could not be written; the next try is in %g s.", interval)
        del owner
