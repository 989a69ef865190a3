"""Whose code a file is, judged by its path."""

from __future__ import annotations

import os
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Literal

    FrameOrigin = Literal["user", "library", "stdlib", "frozen"]

STANDARD_LIBRARY = os.path.dirname(os.__file__).replace("\\", "/") + "/"
"""The folder of this interpreter's standard library."""

_CORSENSE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))).replace("\\", "/") + "/"
_INSTALLED = ("site-packages", "dist-packages")
_CLAIMED: list[str] = []


def claim(package: str) -> None:
    """Treat the package of that name as the user's from now on, even where it is installed: they named it."""
    _CLAIMED.append(package)


def is_own_code(file: str) -> bool:
    """Whether a file is the user's: neither the standard library nor an installed package, and not generated."""
    return frame_origin(file, tuple(_CLAIMED)) == "user"


@lru_cache(maxsize=4096)
def frame_origin(file: str, claimed: tuple[str, ...] = (), standard_library: str = STANDARD_LIBRARY) -> FrameOrigin:
    """`library` for what is in `site-packages` or `dist-packages`, or generated; `stdlib` for what is in a folder like
    `lib/python3.12`, or below `standard_library`; `user` for everything else, and for the packages `claimed`."""
    if file.startswith("<"):
        return "frozen" if file.startswith("<frozen") else "library"
    path = file.replace("\\", "/")
    parts = path.split("/")
    installed = next((parts[index + 1] for index, part in enumerate(parts[:-1]) if part in _INSTALLED), None)
    if path.startswith(_CORSENSE) or (installed is not None and installed.removesuffix(".py") not in claimed):
        return "library"
    if installed is not None:
        return "user"
    return "stdlib" if path.startswith(standard_library) or _in_standard_library(parts) else "user"


def _in_standard_library(parts: list[str]) -> bool:
    """`lib/python3.12/...` (also `lib64`, and the `t` of free threading), `Python312\\Lib\\...` on Windows, `python312.zip`."""
    folders = [part.lower() for part in parts[:-1]]
    for above, below in zip(folders, folders[1:]):
        if above in ("lib", "lib64") and _is_versioned(below, dotted=True):
            return True
        if below == "lib" and _is_versioned(above, dotted=False):
            return True
    return any(folder.endswith(".zip") and _is_versioned(folder.removesuffix(".zip"), dotted=False) for folder in folders)


def _is_versioned(name: str, dotted: bool) -> bool:
    version = name.removeprefix("python").removesuffix("t")
    if not name.startswith("python3"):
        return False
    return version.replace(".", "", 1).isdigit() if dotted else version.isdigit() and len(version) > 1
