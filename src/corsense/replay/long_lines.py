"""Lines that are longer than a reader's buffer, found without reading the file."""

from __future__ import annotations

import os
from io import FileIO
from typing import Final

STEP: Final = 16 * 1024 * 1024
"""Bytes between the places that are looked at; a line of twice as many covers one of these stretches as a whole."""
_PIECE = 64 * 1024


def has_line_over(path: str) -> bool:
    """Whether a file has a line of more than `STEP` bytes; True for every one that has a line of twice as many. Reads from each
    `STEP` to the end of the line there, and nothing else. False for a compressed file, and one that cannot be read."""
    if not os.path.isfile(path) or path.endswith((".gz", ".zst", ".zstd")):
        return False
    try:
        with open(path, "rb", buffering=0) as file:
            last = os.fstat(file.fileno()).st_size - STEP
            return any(_is_without_end(file, place) for place in range(0, last + 1, STEP))
    except OSError:
        return False


def _is_without_end(file: FileIO, place: int) -> bool:
    """Whether no line ends within `STEP` from `place`."""
    file.seek(place)
    for _ in range(0, STEP, _PIECE):
        piece = file.read(_PIECE)
        if not piece or b"\n" in piece:
            return False
    return True
