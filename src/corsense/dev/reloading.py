"""`Reloader`: uvicorn's reload, which also watches the `.env` files that a project keeps above the watched folders."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from socket import socket
from typing import TYPE_CHECKING, Final

import uvicorn
from uvicorn.supervisors import ChangeReload
from uvicorn.supervisors.basereload import BaseReload

ENV_FILES: Final = (".env", ".env.local", ".env.dev", ".env.development")
"""Files that a reload is for as well as for source: allowed origins are often there."""
_LOOK_AGAIN = 500
"""Milliseconds after which the `.env` files are looked at, where nothing else has changed."""

_Stamp = tuple[int, int, int]

if TYPE_CHECKING:
    _UvicornReload = BaseReload
else:
    _UvicornReload = ChangeReload


class Reloader(_UvicornReload):
    """Starts the server anew when source in one of the watched folders changes, or a file of `ENV_FILES` in them or above.

    Without watchfiles, those in folders below the watched ones do not count.
    """

    def __init__(self, config: uvicorn.Config, target: Callable[[list[socket] | None], None], sockets: list[socket]) -> None:
        super().__init__(config, target, sockets)
        is_watching = hasattr(self, "watcher")
        known = {folder.resolve() for folder in config.reload_dirs} if is_watching else set()
        self._files = tuple(file for file in env_files(config.reload_dirs) if known.isdisjoint(file.parents))
        self._stamps = self._look()
        if is_watching:
            from watchfiles import watch

            # As uvicorn calls it, except that it returns more often.
            self.watcher = watch(
                *config.reload_dirs,
                watch_filter=None,
                stop_event=self.should_exit,
                yield_on_timeout=True,
                rust_timeout=_LOOK_AGAIN,
                ignore_permission_denied=True,
            )

    def should_restart(self) -> list[Path] | None:
        """The files that have changed; None or empty where none has."""
        changed = super().should_restart()
        before, self._stamps = self._stamps, self._look()
        return changed or [file for file in self._files if before.get(file) != self._stamps.get(file)]

    def _look(self) -> dict[Path, _Stamp]:
        return {file: stamp for file in self._files if (stamp := _stamp(file)) is not None}


def env_files(folders: Iterable[Path]) -> Iterator[Path]:
    """Where `.env` files may be: in the folders, and above them up to the root of the repository; outside of a repository, in the
    next folder above."""
    seen: dict[Path, None] = {}
    for folder in folders:
        above = list(folder.resolve().parents)
        repository = next((index for index, one in enumerate((folder, *above)) if (one / ".git").exists()), 1)
        seen |= dict.fromkeys((folder, *above[:repository]))
    return (folder / name for folder in seen for name in ENV_FILES)


def env_file_patterns() -> list[str]:
    """The `.env` files below the watched folders, for uvicorn, which takes patterns where watchfiles is installed."""
    return [] if ChangeReload.__name__ == "StatReload" else list(ENV_FILES)


def _stamp(file: Path) -> _Stamp | None:
    """What changes when a file is written or replaced; None for a folder, such as a virtual environment in `.env`."""
    try:
        found = os.stat(file)
    except OSError:
        return None
    return None if os.path.isdir(file) else (found.st_mtime_ns, found.st_size, found.st_ino)
