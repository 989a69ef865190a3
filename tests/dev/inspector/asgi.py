"""Requests to an ASGI app as a server would make them, without a server."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from typing import Any

PAGE = "http://localhost:3000"


def scope(
    method: str, url: str = "/", headers: Mapping[str, str] | Iterable[tuple[str, str]] = (), **more: Any
) -> dict[str, Any]:
    """The scope of a request to http://localhost:8000."""
    path, _, query = url.partition("?")
    lines = headers.items() if isinstance(headers, Mapping) else headers
    encoded = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in lines]
    return {
        "type": "http", "asgi": {"version": "3.0", "spec_version": "2.3"}, "http_version": "1.1", "scheme": "http",
        "method": method, "path": path, "raw_path": path.encode(), "query_string": query.encode(), "root_path": "",
        "headers": [(b"host", b"localhost:8000"), *encoded],
        "client": ("127.0.0.1", 50000), "server": ("127.0.0.1", 8000), **more,
    }  # fmt: skip


async def send(app: Any, asked: dict[str, Any], body: bytes = b"") -> list[dict[str, Any]]:
    """What an app sends to a request. What it raises is raised."""
    sent: list[dict[str, Any]] = []
    incoming = [{"type": "websocket.connect"}] if asked["type"] == "websocket" else [{"type": "http.request", "body": body}]

    async def receive() -> dict[str, Any]:
        if incoming:
            return incoming.pop(0)
        await asyncio.Event().wait()
        raise AssertionError

    async def take(message: Any) -> None:
        sent.append(message)

    await app(asked, receive, take)
    return sent


def ask(
    app: Any, method: str, url: str = "/", headers: Mapping[str, str] | Iterable[tuple[str, str]] = (), **more: Any
) -> list[Any]:
    """What an app sends to one request."""
    return asyncio.run(send(app, scope(method, url, headers, **more)))
