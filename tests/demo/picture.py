"""A screenshot in fewer bytes: its lines unfiltered and compressed well. Source: PNG, *Filtering*."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

_SIGNATURE = b"\x89PNG\r\n\x1a\n"


def packed(png: bytes) -> bytes:
    """The same picture of 8-bit RGB; most of a page is of one colour, which compresses best without a filter."""
    chunks = list(_chunks(png))
    header = dict(chunks)[b"IHDR"]
    width, _, depth, colour = struct.unpack(">IIBB", header[:10])
    assert (depth, colour) == (8, 2)
    data = zlib.decompress(b"".join(content for kind, content in chunks if kind == b"IDAT"))
    lines = b"".join(b"\0" + line for line in _unfiltered(data, width * 3))
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(lines, 9)), (b"IEND", b""))
    return _SIGNATURE + b"".join(_chunk(kind, content) for kind, content in parts)


def _chunks(png: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = len(_SIGNATURE)
    while at < len(png):
        (length,) = struct.unpack(">I", png[at : at + 4])
        yield png[at + 4 : at + 8], png[at + 8 : at + 8 + length]
        at += length + 12


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def _unfiltered(data: bytes, size: int) -> Iterator[bytes]:
    above = bytearray(size)
    for start in range(0, len(data), size + 1):
        filtered, line = data[start], bytearray(data[start + 1 : start + 1 + size])
        for index in range(size):
            left = line[index - 3] if index > 2 else 0
            corner = above[index - 3] if index > 2 else 0
            line[index] = (line[index] + _predicted(filtered, left, above[index], corner)) & 255
        yield bytes(line)
        above = line


def _predicted(filtered: int, left: int, above: int, corner: int) -> int:
    match filtered:
        case 0:
            return 0
        case 1:
            return left
        case 2:
            return above
        case 3:
            return (left + above) // 2
        case _:
            return min((left, above, corner), key=lambda near: abs(left + above - corner - near))
