"""The text of a configuration file, within bounds."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from corsense.errors import no_such_path
from corsense.layers.reading.result import UnreadableConfiguration

LARGEST = 1_000_000
"""Bytes of the largest file that is read; larger configurations are not written by hand."""
MOST_FILES = 200
"""How many files a configuration may include."""


def read_text(path: Path, name: str | None = None) -> str:
    """The text of a file; `name` is how messages call it.

    Raises:
        InputError: there is no such file.
        UnreadableConfiguration: it is no regular file, too large, or no text.
    """
    name = name or str(path)
    try:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0))
    except FileNotFoundError:
        raise no_such_path(path) from None
    except OSError as error:
        raise UnreadableConfiguration(name, None, f"cannot be read: {error.strerror or error}.") from None
    mode = os.fstat(handle).st_mode
    if not stat.S_ISREG(mode):
        os.close(handle)
        kind = "a folder; name the file in it" if stat.S_ISDIR(mode) else "no regular file"
        raise UnreadableConfiguration(name, None, f"is {kind}.")
    with os.fdopen(handle, "rb") as file:
        content = file.read(LARGEST + 1)
    if len(content) > LARGEST:
        raise UnreadableConfiguration(name, None, f"is larger than {LARGEST // 1000} kB, which no configuration by hand is.")
    return decoded(content, name)


def decoded(content: bytes, name: str) -> str:
    """The text of a file's bytes. Raises UnreadableConfiguration when they are no text."""
    if b"\0" in content:
        raise UnreadableConfiguration(
            name, content[: content.index(b"\0")].count(b"\n") + 1, "This is no text: it has a NUL byte."
        )
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise UnreadableConfiguration(name, line, "This is no text in UTF-8.") from None
    return text.replace("\r\n", "\n")
