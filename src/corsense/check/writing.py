"""Edits onto the disk: all files or none, each replaced in one step, with the encoding, the mode and the line ends it had."""

from __future__ import annotations

import codecs
import os
import tempfile
import tokenize
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from corsense.finding import Edit


class WriteError(Exception):
    """The edits could not be written; no file was changed, or those that were are as before. The text says which and why."""


@dataclass(frozen=True, slots=True)
class _Prepared:
    """A file to replace: where it really is, what it contains, and the finished file that is to take its place."""

    path: str
    before: bytes
    staged: str


def write_all(edits: Sequence[Edit]) -> None:
    """Write the edits. A symbolic link stays one: the file it leads to is replaced. Raises `WriteError` when a file has changed
    since it was read, or cannot be written; nothing is half-written."""
    prepared: list[_Prepared] = []
    try:
        for edit in edits:
            prepared.append(_prepare(edit))
        _replace_all(prepared)
    except OSError as error:
        name = error.filename2 or error.filename or "a file"
        raise WriteError(f"{name} could not be written: {error.strerror or error}. No file was changed.") from None
    finally:
        for file in prepared:
            with suppress(OSError):
                os.unlink(file.staged)


def _prepare(edit: Edit) -> _Prepared:
    path = os.path.realpath(edit.file)
    with open(path, "rb") as file:
        before = file.read()
    encoding = encoding_of(before, edit.file)
    if _decoded(before, encoding, edit.file) != edit.before:
        raise WriteError(f"{edit.file} has changed since it was read. No file was changed; run again.")
    try:
        after = _encoded(edit.after, encoding)
    except UnicodeEncodeError:
        raise WriteError(f"{edit.file} is written in {encoding}, which cannot hold the repaired text.") from None
    return _Prepared(path, before, _staged(path, after))


def encoding_of(content: bytes, name: str) -> str:
    """How a Python file is written: its cookie, its byte order mark (`utf-8-sig`), else UTF-8. Raises `WriteError`."""
    lines = iter(content.splitlines(keepends=True)[:2])
    try:
        return tokenize.detect_encoding(lambda: next(lines, b""))[0]
    except SyntaxError as error:
        raise WriteError(f"{name} cannot be read: {error}.") from None


def _decoded(content: bytes, encoding: str, name: str) -> str:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        raise WriteError(f"{name} cannot be read as {encoding}: {error.reason}.") from None


def _encoded(text: str, encoding: str) -> bytes:
    if encoding == "utf-8-sig":
        return codecs.BOM_UTF8 + text.removeprefix("\ufeff").encode("utf-8")
    return text.encode(encoding)


def _staged(path: str, content: bytes) -> str:
    """A finished file beside `path`, with its mode and, as far as may be, its owner."""
    status = os.stat(path)
    if not os.access(path, os.W_OK):
        raise PermissionError(13, "it is not writable", path)
    handle, staged = tempfile.mkstemp(prefix=f".{os.path.basename(path)}.", dir=os.path.dirname(path))
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if hasattr(os, "chown"):
            with suppress(OSError):
                os.chown(staged, status.st_uid, status.st_gid)
        os.chmod(staged, status.st_mode & 0o7777)
    except BaseException:
        os.unlink(staged)
        raise
    return staged


def _replace_all(prepared: Sequence[_Prepared]) -> None:
    done: list[_Prepared] = []
    try:
        for file in prepared:
            os.replace(file.staged, file.path)
            done.append(file)
    except BaseException:
        for file in done:
            with suppress(OSError):
                os.replace(_staged(file.path, file.before), file.path)
        raise
