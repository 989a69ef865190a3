"""Frames of JSON over a pair of pipes, between the process of the app and its parent.

A frame is a mark, the length of its text, a checksum of it, and the text: a JSON object in ASCII. The length is bounded, and a
frame whose mark or checksum is wrong is refused, because an app can write to any descriptor of its process. A greeting
precedes the first frame, since start-up files of Python may print to the pipe before the agent takes it over.
"""

from __future__ import annotations

import json
import os
import struct
import threading
import zlib
from typing import Any

GREETING = b"\x00corsense agent\x02"
LONGEST_FRAME = 1 << 27
"""The most bytes of a frame."""
LONGEST_PREAMBLE = 1 << 20
"""The most bytes before the greeting."""
PIPE_TAKEN = 113
"""Exit status of the process of the app when the app has closed the pipe to the parent, or put another file in its place."""
PATIENCE = 3
"""After so many requests that reached the time limit, the others get a tenth of it."""

_MARK = b"\x00csf"
_HEAD = struct.Struct(">4sII")
_CHUNK = 1 << 16
_encode = json.JSONEncoder(separators=(",", ":")).encode
_decode = json.JSONDecoder().decode


class Closed(Exception):
    """The other side has ended."""


class Garbled(Exception):
    """The data is not a frame: something else has written to the pipe. The text says what is wrong."""


class Taken(Exception):
    """The descriptor of the pipe was closed, or now belongs to another file."""


class Channel:
    """Sends and receives JSON objects over two descriptors; one thread may send while another receives."""

    def __init__(self, reader: int, writer: int) -> None:
        self._reader = reader
        self._writer = writer
        self._identity = _identity(writer)
        self._buffer = bytearray()
        self._lock = threading.Lock()
        self._is_closed = False

    def greet(self) -> None:
        """Send the greeting. Raises `Closed` and `Taken`."""
        self._write(GREETING)

    def await_greeting(self) -> bytes:
        """Skip what comes before the greeting, and return it. Raises `Closed`, and `Garbled` where none comes; both with what
        came in its place as their argument."""
        while True:
            at = self._buffer.find(GREETING)
            if at >= 0:
                skipped = bytes(self._buffer[:at])
                del self._buffer[: at + len(GREETING)]
                return skipped
            if len(self._buffer) > LONGEST_PREAMBLE:
                raise Garbled(bytes(self._buffer))
            try:
                self._fill()
            except Closed:
                raise Closed(bytes(self._buffer)) from None

    def send(self, message: dict[str, Any]) -> None:
        """Raises `Closed` when the other side no longer reads, `Taken` when the pipe is no longer ours, ValueError for a message
        that is too long."""
        text = _encode(message).encode("ascii")
        if len(text) > LONGEST_FRAME:
            raise ValueError(f"a message of {len(text):,} bytes is too long")
        with self._lock:
            self._write(_HEAD.pack(_MARK, len(text), zlib.crc32(text)) + text)

    def receive(self) -> dict[str, Any]:
        """The next message. Raises `Closed` and `Garbled`."""
        mark, length, checksum = _HEAD.unpack(self._take(_HEAD.size))
        if mark != _MARK:
            raise Garbled("a frame does not begin as it should")
        if length > LONGEST_FRAME:
            raise Garbled(f"a frame of {length:,} bytes is announced")
        text = self._take(length)
        if zlib.crc32(text) != checksum:
            raise Garbled("the checksum of a frame is wrong")
        try:
            message = _decode(text.decode("ascii"))
        except (ValueError, RecursionError):
            raise Garbled("a frame is not JSON") from None
        if not isinstance(message, dict):
            raise Garbled("a frame is not a JSON object")
        return message

    def close(self) -> None:
        """Close both descriptors. May be called twice."""
        if self._is_closed:
            return
        self._is_closed = True
        for number in (self._writer, self._reader):
            try:
                os.close(number)
            except OSError:
                continue

    def _take(self, length: int) -> bytes:
        while len(self._buffer) < length:
            self._fill()
        taken = bytes(self._buffer[:length])
        del self._buffer[:length]
        return taken

    def _fill(self) -> None:
        try:
            chunk = os.read(self._reader, _CHUNK)
        except OSError as error:
            raise Closed from error
        if not chunk:
            raise Closed
        self._buffer += chunk

    def _write(self, data: bytes) -> None:
        if self._is_closed:
            raise Closed
        if _identity(self._writer) != self._identity:
            raise Taken
        view = memoryview(data)
        while view:
            try:
                view = view[os.write(self._writer, view) :]
            except OSError as error:
                raise Closed from error


def _identity(number: int) -> tuple[int, int] | None:
    """The file behind a descriptor; None when it is closed."""
    try:
        status = os.fstat(number)
    except OSError:
        return None
    return status.st_dev, status.st_ino
