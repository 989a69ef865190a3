"""The process of a command: how it ends."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import NoReturn

from corsense.cli import COULD_NOT_WORK

_INTERRUPTED = 130


def run(work: Callable[[], int | None]) -> NoReturn:
    """Do the work of a command and end the process with its exit status.

    An error of our own is told in one line too: no traceback of ours reaches a user. The process ends without taking its
    modules apart, which would take longer than many a check.
    """
    status = _status_of(work)
    _end_what_was_launched()
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()
    os._exit(status)


def _end_what_was_launched() -> None:
    session = sys.modules.get("corsense.app.session")
    if session is not None:
        session.end_what_was_launched()


def _status_of(work: Callable[[], int | None]) -> int:
    try:
        return work() or 0
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 0 if end.code is None else COULD_NOT_WORK
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return COULD_NOT_WORK
    except KeyboardInterrupt:
        return _INTERRUPTED
    except Exception as error:
        if os.environ.get("CORSENSE_TRACEBACK"):
            raise
        print(
            f"corsense: a fault of corsense itself, not of your app: {type(error).__name__}: {error} ({_where(error)}). "
            "Run again with CORSENSE_TRACEBACK=1 for the whole story, and please report it.",
            file=sys.stderr,
        )
        return COULD_NOT_WORK


def _where(error: BaseException) -> str:
    frame = error.__traceback__
    while frame is not None and frame.tb_next is not None:
        frame = frame.tb_next
    return f"{os.path.basename(frame.tb_frame.f_code.co_filename)}:{frame.tb_lineno}" if frame else "place unknown"
