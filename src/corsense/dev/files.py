"""Which files of a program change, while it is being edited."""

from __future__ import annotations

import hashlib
import os
import re
import threading
import time
from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from pathlib import PurePath
from queue import Empty, SimpleQueue

from watchfiles import DefaultFilter, watch

from corsense.config import FILES as CONFIGURATIONS

_SKIPPED = frozenset({*DefaultFilter.ignore_dirs, "venv", "env", "site-packages", "dist-packages", "__pypackages__"})
_OF_EDITORS = re.compile("|".join(DefaultFilter.ignore_entity_patterns))
_QUIET = 50
"""Milliseconds without a change after which a burst of saves is over."""
_LONGEST_BURST = 1_000
_REPLACED = 0.1
"""Seconds that an editor may take between removing a file and putting the new one in its place."""
Found = set[str] | OSError


def is_source(path: str, folders: Sequence[str]) -> bool:
    """Whether a file below one of the folders belongs to the program: a Python file, a `.env` file, or one with corsense's
    configuration; none of a virtual environment."""
    folder = next((folder for folder in folders if path.startswith(os.path.join(folder, ""))), None)
    if folder is None:
        return False
    *around, name = PurePath(path).relative_to(folder).parts
    is_named = name.endswith(".py") or name.startswith(".env") or name in CONFIGURATIONS
    return is_named and not _SKIPPED.intersection(around) and not _OF_EDITORS.search(name)


@dataclass(slots=True)
class Contents:
    """What was last seen in files: a file that is saved as it was has not changed."""

    _seen: dict[str, bytes | None] = field(default_factory=dict)

    def changed(self, path: str) -> bool:
        """Whether a file has other contents than at the last call for it; True the first time."""
        try:
            with open(path, "rb") as stream:
                found: bytes | None = hashlib.blake2b(stream.read()).digest()
        except OSError:
            found = None
        is_new = path not in self._seen or self._seen[path] != found
        self._seen[path] = found
        return is_new


def changed_files(folders: Sequence[str]) -> Generator[tuple[str, ...], None, None]:
    """The files below folders that change, a burst of saves at a time. Changes during the caller's work are kept.

    Watching starts at the first `next`, which returns nothing: what changes from then on counts. Raises `OSError` where the
    system does not let so many files be watched.
    """
    found: SimpleQueue[Found] = SimpleQueue()
    stop, contents = threading.Event(), Contents()

    def look() -> None:
        try:
            for batch in watch(
                *folders,
                watch_filter=lambda _, path: is_source(path, folders),
                debounce=_LONGEST_BURST,
                step=_QUIET,
                stop_event=stop,
                raise_interrupt=False,
                ignore_permission_denied=True,
            ):
                found.put({path for _, path in batch})
        except Exception as error:  # the caller's thread has to hear of it
            found.put(OSError(str(error)))

    thread = threading.Thread(target=look, name="corsense-watch", daemon=True)
    thread.start()
    try:
        yield ()
        while True:
            paths = _drained(found, _taken(found.get()))
            if any(not os.path.exists(path) for path in paths):
                time.sleep(_REPLACED)
                paths = _drained(found, paths)
            changed = tuple(path for path in sorted(paths) if contents.changed(path))
            if changed:
                yield changed
    finally:
        stop.set()


def _drained(found: SimpleQueue[Found], paths: set[str]) -> set[str]:
    """Paths, and those that have been found since."""
    while True:
        try:
            paths = paths | _taken(found.get_nowait())
        except Empty:
            return paths


def _taken(found: Found) -> set[str]:
    if isinstance(found, OSError):
        raise found
    return found
