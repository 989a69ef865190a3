"""Threads for functions that may hang: a bounded number, separate from the app's, and never keeping the process from ending."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from typing import Final

IDLE_SECONDS: Final = 2.0
"""How long a thread waits for more work before it ends."""
MOST_IN_ALL: Final = 128
"""How many of these threads a process has, however many functions hang in them."""

_in_all = threading.BoundedSemaphore(MOST_IN_ALL)


class WorkerThreads:
    """Runs calls in at most `most` threads, which start on demand and end when idle.

    They are daemons: a call that never returns occupies its thread, and nothing else; `asyncio.to_thread` would let it occupy a
    thread of the app's, and would wait for it when the loop or the process ends.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._calls: deque[Callable[[], None]] = deque()
        self._changed = threading.Condition()
        self._threads = 0
        self._idle = 0

    def submit(self, call: Callable[[], None]) -> None:
        """Run `call`, which must not raise, as soon as a thread is free. Raises `RuntimeError` when there is no thread for it."""
        with self._changed:
            self._calls.append(call)
            if self._idle >= len(self._calls):
                self._changed.notify()
            elif self._threads < self._most:
                self._start()

    def _start(self) -> None:
        self._threads += 1
        try:
            if not _in_all.acquire(blocking=False):
                raise RuntimeError(f"{MOST_IN_ALL} threads are busy with functions that do not return")
            try:
                threading.Thread(target=self._work, name="corsense-resolver", daemon=True).start()
            except RuntimeError:
                _in_all.release()
                raise
        except RuntimeError:
            self._threads -= 1
            if not self._threads:
                self._calls.pop()
                raise

    def _work(self) -> None:
        try:
            while (call := self._next()) is not None:
                call()
                del call
        finally:
            _in_all.release()

    def _next(self) -> Callable[[], None] | None:
        with self._changed:
            while not self._calls:
                self._idle += 1
                woken = self._changed.wait(IDLE_SECONDS)
                self._idle -= 1
                if not woken and not self._calls:
                    self._threads -= 1
                    return None
            return self._calls.popleft()
