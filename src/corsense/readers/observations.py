"""Files and folders of observations, as the middleware writes them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from corsense.errors import InputError, no_such_path, quoted
from corsense.observe.lines import LONGEST_LINE, Observations, read

ENDING: Final = ".jsonl"


def read_observations(paths: Iterable[str]) -> Observations:
    """The observations in these files, and in all `.jsonl` files in these folders. Broken lines are counted.

    Raises InputError for a path that does not exist or cannot be read, for a folder without such files, and if no line is an
    observation.
    """
    files = [file for path in paths for file in _files(Path(path))]
    found = [_read(file) for file in files]
    merged = Observations(
        tuple(seen for each in found for seen in each.requests),
        sum(each.unkept for each in found),
        sum(each.broken for each in found),
    )
    if merged.broken and not merged.requests:
        raise InputError(f"{quoted(str(files[0]))} holds no observations; name a folder that the middleware writes to.")
    return merged


def _files(path: Path) -> list[Path]:
    if not path.exists():
        raise no_such_path(path)
    if not path.is_dir():
        return [path]
    files = sorted(file for file in path.iterdir() if file.suffix == ENDING and file.is_file())
    if not files:
        raise InputError(f"the folder {quoted(str(path))} holds no {ENDING} files; name one that the middleware writes to.")
    return files


def _read(path: Path) -> Observations:
    try:
        with path.open("rb") as file:
            return read(_lines(file.readline))
    except OSError as error:
        raise InputError(f"{quoted(str(path))} cannot be read: {error.strerror}.") from None


def _lines(readline: object) -> Iterator[bytes]:
    assert callable(readline)
    while line := readline(LONGEST_LINE + 1):
        whole = line.endswith(b"\n")
        yield line
        while not whole and len(line) > LONGEST_LINE:  # the rest of a line that is too long
            line = readline(LONGEST_LINE + 1)
            whole = line.endswith(b"\n")
