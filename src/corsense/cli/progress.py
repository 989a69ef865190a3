"""A progress bar on stderr, for what takes more than a second."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Protocol

_PATIENCE = 1.0


class Advance(Protocol):
    """Shows how many are done of how many, and of what."""

    def __call__(self, done: int, total: int, what: str = "trying requests") -> None: ...


RECEIVER: ContextVar[Advance | None] = ContextVar("RECEIVER", default=None)
"""What is called instead of showing a bar; None: a bar is shown."""


@contextmanager
def progress(silent: bool) -> Iterator[Advance | None]:
    """A function to call with how many are done of how many; None when nothing is to be shown."""
    receiver = RECEIVER.get()
    if receiver is not None:
        yield receiver
        return
    if silent or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import Progress

    bar = Progress(console=Console(stderr=True), transient=True)
    started = time.monotonic()
    task = bar.add_task("")

    def advance(done: int, total: int, what: str = "trying requests") -> None:
        if not bar.live.is_started:
            if time.monotonic() - started < _PATIENCE:
                return
            bar.start()
        bar.update(task, description=what, completed=done, total=total)

    try:
        yield advance
    finally:
        bar.stop()
