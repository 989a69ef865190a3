"""The file of one worker in a folder of observations: claimed for as long as the process lives, rewritten as a whole."""

from __future__ import annotations

import logging
import os
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

from corsense.observe.lines import LONGEST_LINE, Observations, read
from corsense.observe.table import MOST_TUPLES

LOGGER: Final = logging.getLogger("corsense")
MOST_WORKERS: Final = 64
"""How many files a folder has at most, and so how many workers can write at the same time."""
COMPLAINT_SECONDS: Final = 600.0

_MOST_BYTES = (MOST_TUPLES + 1) * LONGEST_LINE


class WorkerFile:
    """`worker-01.jsonl` and so on: the first one that no living process has claimed.

    The claim is a lock of the operating system on `worker-01.lock`, which ends with the process however it ends. What the file
    has from an earlier process is taken over, so that restarts add no files. Nothing here raises: a server whose disk is full or
    read-only keeps serving, and the log says once in ten minutes what failed.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock: int | None = None
        self._path: Path | None = None
        self._complained_at = float("-inf")

    def is_claimed(self) -> bool:
        """Whether there is a file to write: one is claimed, and nobody has removed the claim or the folder since."""
        if self._path is None or self._lock is None:
            return False
        try:
            if os.path.samestat(os.fstat(self._lock), self._path.with_suffix(".lock").stat()):
                return True
        except OSError:
            pass
        self.close()
        return False

    def claim(self) -> Observations:
        """Take the first free file, and return what an earlier process left in it. Raises nothing: see `is_claimed()`."""
        try:
            return self._claim()
        except OSError as error:
            self._complain(error)
            return Observations(())

    def write(self, text: str) -> bool:
        """Replace the file's text at once, so that a reader finds the old or the new one. False where that failed."""
        if self._path is None:
            return False
        temporary = self._path.with_suffix(".tmp")
        try:
            descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_NOFOLLOW", 0), 0o644)
            with os.fdopen(descriptor, "w", encoding="ascii", newline="\n") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, self._path)
        except OSError as error:
            self._complain(error)
            with suppress(OSError):
                temporary.unlink()  # half a file takes room where there is none
            return False
        return True

    def close(self) -> None:
        """Give the claim up. In the child of a fork, which shares it, only the child's share."""
        lock, self._lock, self._path = self._lock, None, None
        if lock is not None:
            os.close(lock)

    def _claim(self) -> Observations:
        self._folder.mkdir(parents=True, exist_ok=True)
        for number in range(1, MOST_WORKERS + 1):
            lock = os.open(
                self._folder / f"worker-{number:02}.lock", os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o644
            )
            if _is_locked(lock):
                self._lock, self._path = lock, self._folder / f"worker-{number:02}.jsonl"
                return _left_by_another(self._path)
            os.close(lock)
        raise OSError(f"{MOST_WORKERS} other processes write there")

    def _complain(self, error: OSError) -> None:
        if time.monotonic() - self._complained_at < COMPLAINT_SECONDS:
            return
        self._complained_at = time.monotonic()
        LOGGER.error("CORS: observations cannot be written to %r: %s. Requests are served as before.", str(self._folder), error)


def _left_by_another(path: Path) -> Observations:
    try:
        if not path.is_file() or path.stat().st_size > _MOST_BYTES:
            return Observations(())
        with path.open("rb") as file:
            return read(file)
    except FileNotFoundError:
        return Observations(())


def _is_locked(descriptor: int) -> bool:
    """Lock a file for this process, if no other one has."""
    try:
        import fcntl
    except ImportError:  # Windows
        import msvcrt

        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
        except OSError:
            return False
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
