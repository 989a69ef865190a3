"""The process of a command: how it ends."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import NoReturn

from corsense._terminal import prepare

NOTHING_FOUND, SOMETHING_FOUND, COULD_NOT_WORK = 0, 1, 2
"""Exit statuses."""

_INTERRUPTED = 130
_NOT_WRITTEN = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO})
"""What writing to a full or broken disk says."""


def run(work: Callable[[], int | None]) -> NoReturn:
    """Do the work of a command and end the process with its exit status.

    An error of our own is reported in one line too: no traceback of ours reaches a user. The process ends without taking its
    modules apart, which would take longer than many a check.
    """
    status = status_of(work)
    end_what_was_launched()
    os._exit(status)


def status_of(work: Callable[[], int | None]) -> int:
    """Do the work and write all that it prints; the exit status. Nothing is raised."""
    prepare()
    return _flushed(_outcome(work))


def fail(sentence: str) -> NoReturn:
    """Print in one line, without secrets, why the command failed, and exit with status 2."""
    from corsense._redaction import redact_text
    from corsense.readers.controls import harmless

    print(f"corsense: {harmless(redact_text(sentence))}", file=sys.stderr)
    raise SystemExit(COULD_NOT_WORK)


def cannot_load(error: Exception) -> NoReturn:
    """End the command because the app cannot be loaded, or does not answer: where it broke, then one sentence with the remedy."""
    from corsense.readers.controls import harmless
    from corsense.report.crash import crash_lines

    message = getattr(error, "message", str(error))
    remedy = getattr(error, "remedy", None)
    for line in crash_lines(getattr(error, "traceback", None)):
        print(harmless(line), file=sys.stderr)
    fail(f"{message} {remedy}" if remedy else message)


def end_what_was_launched() -> None:
    """End the processes of apps that were launched ahead and are not needed."""
    agents = sys.modules.get("corsense.app.agent_start")
    if agents is not None:
        agents.end_what_was_launched()


def _outcome(work: Callable[[], int | None]) -> int:
    try:
        return work() or 0
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 0 if end.code is None else COULD_NOT_WORK
    except BrokenPipeError:
        _throw_away_output()
        return COULD_NOT_WORK
    except KeyboardInterrupt:
        return _INTERRUPTED
    except Exception as error:
        if isinstance(error, OSError) and error.errno in _NOT_WRITTEN and error.filename is None:
            return _not_written(error)
        if os.environ.get("CORSENSE_TRACEBACK"):
            raise
        from corsense._redaction import redact_text

        _say(
            f"corsense: a fault of corsense itself, not of your app: {type(error).__name__}: {redact_text(str(error))} "
            f"({_where(error)}). "
            "Run again with CORSENSE_TRACEBACK=1 for the traceback, and please report it."
        )
        return COULD_NOT_WORK


def _flushed(status: int) -> int:
    """The exit status once everything is written: a result that nobody can read does not count."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except BrokenPipeError:
            _throw_away_output()  # who reads no further has what they wanted
        except OSError as error:
            status = _not_written(error)
        except ValueError:
            pass  # it was closed
    return status


def _not_written(error: OSError) -> int:
    _throw_away_output()
    _say(f"corsense: the output cannot be written: {error.strerror}.")
    return COULD_NOT_WORK


def _throw_away_output() -> None:
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _say(sentence: str) -> None:
    with suppress(OSError, ValueError):
        print(sentence, file=sys.stderr, flush=True)


def _where(error: BaseException) -> str:
    frame = error.__traceback__
    while frame is not None and frame.tb_next is not None:
        frame = frame.tb_next
    return f"{os.path.basename(frame.tb_frame.f_code.co_filename)}:{frame.tb_lineno}" if frame else "place unknown"
