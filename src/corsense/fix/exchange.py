"""Two files change places in one step, where the system can do that. Source: renameat2(2) of Linux, renamex_np(2) of macOS."""

from __future__ import annotations

import ctypes
import errno
import os
import sys
from functools import cache
from typing import Any

_AT_FDCWD = -100
_SWAP = 2  # RENAME_EXCHANGE of Linux and RENAME_SWAP of macOS
_CANNOT = frozenset({errno.EINVAL, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EPERM})


def exchange(first: str, second: str) -> bool:
    """Let the files `first` and `second` of one folder change places, atomically. False where the system or the file system
    cannot; nothing has changed then. Raises OSError."""
    call = _call()
    if call is None:
        return False
    if call(os.fsencode(first), os.fsencode(second)) == 0:
        return True
    code = ctypes.get_errno()
    if code in _CANNOT:
        return False
    raise OSError(code, os.strerror(code), first, None, second)


@cache
def _call() -> Any:
    if sys.platform not in ("linux", "darwin"):
        return None
    try:
        library = ctypes.CDLL(None, use_errno=True)
        if sys.platform == "darwin":
            swap = library.renamex_np
            return lambda first, second: swap(first, second, ctypes.c_uint(_SWAP))
        rename = library.renameat2
    except (OSError, AttributeError):
        return None
    return lambda first, second: rename(_AT_FDCWD, first, _AT_FDCWD, second, ctypes.c_uint(_SWAP))
