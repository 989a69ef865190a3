"""`ObservationFolder`: where a middleware writes what it observes, and how often."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class ObservationFolder:
    """The folder `path`, with a file for each worker, rewritten every `interval` seconds and at shutdown.

    A worker that is killed loses what it saw since its last interval. Files are small: each has at most 4,096 lines, and there
    are at most 64 of them. Raises TypeError and ValueError.
    """

    path: str | os.PathLike[str]
    interval: float = 60.0

    def __post_init__(self) -> None:
        given: object = self.path
        if not isinstance(given, (str, os.PathLike)):
            raise TypeError(f"observe must be a folder such as 'observations/', not {type(given).__name__}.")
        folder = os.fspath(self.path)
        if not folder or "\0" in folder:
            raise ValueError(f"observe={folder!r} does not name a folder; write for example observe='observations/'.")
        if Path(folder).exists() and not Path(folder).is_dir():
            raise ValueError(f"observe={folder!r} is a file; name a folder, such as 'observations/'.")
        interval: object = self.interval
        if isinstance(interval, bool) or not isinstance(interval, (int, float)) or not 0.1 <= interval <= 86_400:
            raise ValueError(f"interval={interval!r} must be a number of seconds from 0.1 to 86400.")

    @classmethod
    def of(cls, given: str | os.PathLike[str] | ObservationFolder) -> ObservationFolder:
        """What `observe=` of `install` and `CORSMiddleware` means."""
        return given if isinstance(given, ObservationFolder) else cls(given)
