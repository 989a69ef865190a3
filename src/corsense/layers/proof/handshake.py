"""One WebSocket handshake, as a browser sends it. Source: RFC 6455, section 4.1."""

from __future__ import annotations

import socket
from typing import Final
from urllib.parse import urlsplit

_LIMIT: Final = 10.0
_LINES: Final = (
    "GET /plain/ws HTTP/1.1", "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
)  # fmt: skip


def handshake(url: str, origin: str | None) -> int | None:
    """The status of the answer to a handshake from `origin` (None: without that header); None when there is none."""
    place = urlsplit(url)
    lines = [_LINES[0], f"Host: {place.netloc}", *_LINES[1:], *([f"Origin: {origin}"] if origin is not None else [])]
    with socket.create_connection((place.hostname or "", place.port or 80), timeout=_LIMIT) as connection:
        connection.sendall("\r\n".join([*lines, "", ""]).encode())
        try:
            first = connection.makefile("rb").readline(200).split()
        except OSError:
            return None
    return int(first[1]) if len(first) > 1 and first[1].isdigit() else None
