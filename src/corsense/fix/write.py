"""Edits onto the disk as one transaction: all files or none, whenever the process ends, with the encoding, the mode and the line
ends they had.

1. The journal names every file, its content before and after, and the finished file that replaces it.
2. The finished files are written beside those that they replace; the journal says so.
3. Each changes places with its file in one step. What comes out is compared with what was read: an edit that was made in the
   meantime goes back to its place, and everything else with it. Where a system cannot exchange files (`corsense.fix.exchange`),
   the comparison comes immediately before the file is replaced.
4. The old files are removed, then the journal.

A process that is killed leaves the journal. The next run (`finish_interrupted`) finishes what was begun, or undoes it where a
file has been edited since.
"""

from __future__ import annotations

import codecs
import os
import secrets
import tokenize
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from corsense.finding import Edit
from corsense.fix import journal
from corsense.fix.exchange import exchange
from corsense.fix.journal import Journal, JournalEntry


class WriteError(Exception):
    """The edits could not be written; no file was changed, or those that were are as before. The text says which and why."""


class _EditedMeanwhile(Exception):
    """A file was edited after it was read."""


def write_all(edits: Sequence[Edit], state: Path | None = None) -> None:
    """Write the edits. A symbolic link stays one: the file it leads to is replaced.

    `state` is the folder of the journal (default: `journal.usable_folder()`). Raises WriteError when a file has changed since it
    was read, has further names (hard links), or cannot be written; every file is then as it was.
    """
    changing = [edit for edit in edits if edit.before != edit.after]
    if not changing:
        return
    try:
        folder = state or journal.usable_folder()
        with journal.locked(folder):
            _settle(folder)
            _write(folder, _distinct(list(map(_entry, changing))))
    except OSError as error:
        name = error.filename2 or error.filename or "a file"
        raise WriteError(f"{name} could not be written: {error.strerror or error}. No file was changed.") from None


def is_interrupted(state: Path | None = None) -> bool:
    """Whether an earlier run was killed while it wrote."""
    return _interrupted_in(state) is not None


def finish_interrupted(state: Path | None = None) -> str | None:
    """Finish what an earlier run was killed at, or undo it where a file has been edited since. Returns what was done, in one
    sentence; None when there was nothing to do. Raises WriteError."""
    folder = _interrupted_in(state)
    if folder is None:
        return None
    try:
        with journal.locked(folder):
            return _settle(folder)
    except OSError as error:
        name = error.filename2 or error.filename or "a file"
        raise WriteError(f"an interrupted run cannot be finished: {name}: {error.strerror or error}.") from None


def _interrupted_in(state: Path | None) -> Path | None:
    folders = (state,) if state is not None else journal.state_folders()
    return next((folder for folder in folders if journal.exists(folder)), None)


# Before anything is written


def _entry(edit: Edit) -> JournalEntry:
    path = os.path.realpath(edit.file)
    status = os.stat(path)
    if status.st_nlink > 1:
        raise WriteError(
            f"{edit.file} has {status.st_nlink} names (hard links); replacing it would leave the others with the old text. "
            "No file was changed; apply the diff by hand."
        )
    if not os.access(path, os.W_OK):
        raise PermissionError(13, "it is not writable", edit.file)
    before = Path(path).read_bytes()
    encoding = encoding_of(before, edit.file)
    if _decoded(before, encoding, edit.file) != edit.before:
        raise WriteError(f"{edit.file} has changed since it was read. No file was changed; run again.")
    try:
        after = _encoded(edit.after, encoding)
    except UnicodeEncodeError:
        raise WriteError(f"{edit.file} is written in {encoding}, which cannot hold the repaired text.") from None
    folder, name = os.path.split(path)
    return JournalEntry(path, os.path.join(folder, f".{name[:100]}.{secrets.token_hex(6)}"), before, after)


def _distinct(entries: list[JournalEntry]) -> tuple[JournalEntry, ...]:
    paths = [entry.path for entry in entries]
    twice = next((path for path in paths if paths.count(path) > 1), None)
    if twice is not None:
        raise WriteError(f"{twice} is edited twice, under two names. No file was changed; name it once.")
    return tuple(entries)


def encoding_of(content: bytes, name: str) -> str:
    """How a Python file is written: its cookie, its byte order mark (`utf-8-sig`), else UTF-8. Raises WriteError."""
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


# The transaction


def _write(folder: Path, entries: tuple[JournalEntry, ...]) -> None:
    journal.write(folder, Journal("staging", entries))
    try:
        for entry in entries:
            _server(entry)
        _sync(entries)
    except BaseException:
        _remove_staged(entries)
        journal.remove(folder)
        raise
    try:
        journal.write(folder, Journal("replacing", entries))
        for entry in entries:
            _replace(entry)
        _sync(entries)
    except _EditedMeanwhile as edited:
        _take_back(folder, entries)
        raise WriteError(f"{edited} was edited while it was being written. No file was changed; run again.") from None
    except BaseException:
        _take_back(folder, entries)
        raise
    with suppress(OSError):  # all is written; the journal stays, and the next run removes what is left
        _remove_staged(entries)
        journal.remove(folder)


def _server(entry: JournalEntry) -> None:
    """The finished file, with the mode and, as far as may be, the owner and the attributes of the file that it replaces."""
    status = os.stat(entry.path)
    journal.write_file(entry.staged, entry.after)
    if hasattr(os, "chown"):
        with suppress(OSError):
            os.chown(entry.staged, status.st_uid, status.st_gid)
    if hasattr(os, "listxattr"):
        with suppress(OSError):
            for name in os.listxattr(entry.path):
                os.setxattr(entry.staged, name, os.getxattr(entry.path, name))
    os.chmod(entry.staged, status.st_mode & 0o7777)


def _replace(entry: JournalEntry) -> None:
    """Put the finished file in place. Raises _EditedMeanwhile when what was there is not what was read."""
    if _content(entry.path) != entry.before:
        raise _EditedMeanwhile(entry.path)
    if exchange(entry.staged, entry.path):
        if _content(entry.staged) != entry.before:
            raise _EditedMeanwhile(entry.path)
    else:
        os.replace(entry.staged, entry.path)


def _take_back(folder: Path, entries: Iterable[JournalEntry]) -> None:
    """Every file that was replaced is as it was, an edit that was made in the meantime included; the transaction is over."""
    try:
        for entry in entries:
            if _content(entry.path) == entry.after:
                _put_back(entry)
        _remove_staged(entries)
        _sync(entries)
        journal.remove(folder)
    except OSError as error:
        raise WriteError(
            f"the edits could not be written, and {error.filename or 'a file'} could not be put back: {error.strerror or error}. "
            "Run corsense fix --write again; it finishes or undoes what was begun."
        ) from None


def _put_back(entry: JournalEntry) -> None:
    """What came out when the file was replaced; the content that was read, where that is gone."""
    if _content(entry.staged) in (None, entry.after):
        _unlink(_again(entry))
        _server(JournalEntry(entry.path, _again(entry), entry.after, entry.before))
        os.replace(_again(entry), entry.path)
    else:
        os.replace(entry.staged, entry.path)


def _again(entry: JournalEntry) -> str:
    """Where the old content is written once more: apart from what came out, so that half of it never counts as that."""
    return f"{entry.staged}.old"


def _settle(folder: Path) -> str | None:
    """End the transaction of an earlier run."""
    found = journal.read(folder)
    if found is None:
        journal.remove(folder)
        return None
    names = ", ".join(entry.path for entry in found.entries)
    if found.phase == "staging":
        _remove_staged(found.entries)
        journal.remove(folder)
        return f"An interrupted run was undone, before it had changed a file: {names}."
    try:
        for entry in found.entries:
            if _is_edited(entry):
                raise _EditedMeanwhile(entry.path)
        for entry in found.entries:
            _finish(entry)
    except _EditedMeanwhile as edited:
        _take_back(folder, found.entries)
        return f"An interrupted run was undone, because {edited} has been edited since: {names}."
    _sync(found.entries)
    _remove_staged(found.entries)
    journal.remove(folder)
    return f"An interrupted run was finished: {names}."


def _is_edited(entry: JournalEntry) -> bool:
    """Whether the file was written by something else since: the one that is there, or the one that came out when it was
    replaced."""
    there, beside = _content(entry.path), _content(entry.staged)
    if there == entry.after:
        return beside not in (None, entry.before, entry.after)
    return there != entry.before


def _finish(entry: JournalEntry) -> None:
    if _content(entry.path) == entry.after:
        return
    if _content(entry.staged) != entry.after:
        _unlink(entry.staged)
        _server(entry)
    _replace(entry)


def _remove_staged(entries: Iterable[JournalEntry]) -> None:
    for entry in entries:
        _unlink(entry.staged)
        _unlink(_again(entry))


def _unlink(path: str) -> None:
    with suppress(FileNotFoundError):
        os.unlink(path)


def _content(path: str) -> bytes | None:
    try:
        return Path(path).read_bytes()
    except FileNotFoundError:
        return None


def _sync(entries: Iterable[JournalEntry]) -> None:
    for folder in dict.fromkeys(os.path.dirname(entry.path) for entry in entries):
        journal.sync_folder(folder)
