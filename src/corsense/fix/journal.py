"""The journal of one `fix --write`: what will be written, kept until all of it is.

It lies in a folder of the user's own and not beside the source: a journal that came with a repository could have files written
anywhere.
"""

from __future__ import annotations

import json
import os
import stat
import sys
import tempfile
from base64 import b64decode, b64encode
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

_NAME, _UNFINISHED = "fix.journal", "fix.journal.new"
_VERSION = 1

Phase = Literal["staging", "replacing"]


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """One file: its real path, the finished file beside it that takes its place, and its content before and after."""

    path: str
    staged: str
    before: bytes
    after: bytes


@dataclass(frozen=True, slots=True)
class Journal:
    """All files of one transaction. While `phase` is `staging` no file has been replaced."""

    phase: Phase
    entries: tuple[JournalEntry, ...]


def state_folders() -> tuple[Path, ...]:
    """Where a journal can lie: `$XDG_STATE_HOME/corsense`, `~/.local/state/corsense`, on Windows below `%LOCALAPPDATA%`; for
    users without a home that can be written, a folder of their own among the temporary files."""
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or os.path.expanduser("~\\AppData\\Local")
        user = os.environ.get("USERNAME", "")
    else:
        user = str(os.geteuid())
        named = os.environ.get("XDG_STATE_HOME", "")
        base = named if os.path.isabs(named) else os.path.expanduser("~/.local/state")
    return Path(base) / "corsense", Path(tempfile.gettempdir()) / f"corsense-{user}"


def usable_folder() -> Path:
    """The first of `state_folders` that can be written. Raises OSError when none can."""
    first, last = state_folders()
    try:
        first.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError:
        return last
    return first if os.access(first, os.W_OK) else last


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the folder of the journal, which is made when it is missing, for this process alone. Raises OSError."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if sys.platform == "win32":
        yield
        return
    import fcntl

    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        status = os.fstat(handle)
        if status.st_uid != os.geteuid() or status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
            raise PermissionError(1, "others can write to this folder; make it yours alone with chmod 700", str(folder))
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def exists(folder: Path) -> bool:
    """Whether a run was interrupted, even while it began its journal."""
    return (folder / _NAME).is_file() or (folder / _UNFINISHED).is_file()


def read(folder: Path) -> Journal | None:
    """The journal of a run that was interrupted; None when there is none, or it cannot be read."""
    with suppress(FileNotFoundError):
        os.unlink(folder / _UNFINISHED)  # one that was never finished: nothing was done in its name
    try:
        document = json.loads((folder / _NAME).read_bytes())
        if document["version"] != _VERSION:
            return None
        entries = tuple(
            JournalEntry(found["path"], found["staged"], b64decode(found["before"]), b64decode(found["after"]))
            for found in document["entries"]
        )
        return Journal("replacing" if document["phase"] == "replacing" else "staging", entries)
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None


def write(folder: Path, journal: Journal) -> None:
    """Keep the journal, in one step and on the disk. Raises OSError."""
    entries = [
        {
            "path": entry.path,
            "staged": entry.staged,
            "before": b64encode(entry.before).decode(),
            "after": b64encode(entry.after).decode(),
        }
        for entry in journal.entries
    ]
    text = json.dumps({"version": _VERSION, "phase": journal.phase, "entries": entries})
    unfinished = str(folder / _UNFINISHED)
    write_file(unfinished, text.encode(), os.O_TRUNC)
    os.replace(unfinished, folder / _NAME)
    sync_folder(str(folder))


def remove(folder: Path) -> None:
    """Forget the journal: its transaction is over. Raises OSError."""
    with suppress(FileNotFoundError):
        os.unlink(folder / _NAME)


def write_file(path: str, content: bytes, flags: int = os.O_EXCL) -> None:
    """Write a file, with a mode for its owner alone, down to the disk. Raises OSError."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | flags | getattr(os, "O_BINARY", 0), 0o600)
    try:
        left = memoryview(content)
        while left:
            left = left[os.write(handle, left) :]
        os.fsync(handle)
    finally:
        os.close(handle)


def sync_folder(folder: str) -> None:
    """Let the names of a folder reach the disk, where the system can do that."""
    if sys.platform == "win32":
        return
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
