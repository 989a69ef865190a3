"""A page visits an app in this process: what would a browser do with the answers?"""

from __future__ import annotations

import asyncio
from collections.abc import MutableMapping
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

from starlette.types import ASGIApp

from corsense.fetch import Browser, FetchRequest, Trace, WireRequest, WireResponse
from corsense.transports import drive

API = "http://localhost:8000"


def visit(app: ASGIApp, request: FetchRequest) -> Trace:
    """What Chromium, which has a cookie for the API, does with the app's answers to `request`. Hosts other than the API's own
    answer an empty 200."""

    def send(wire: WireRequest) -> WireResponse:
        if urlsplit(wire.url).hostname not in {"localhost", "127.0.0.1"}:
            return WireResponse(200)
        return asyncio.run(_exchange(app, wire))

    return drive(Browser(engine="chromium").fetch(request), send)


async def _exchange(app: ASGIApp, wire: WireRequest) -> WireResponse:
    url = urlsplit(wire.url)
    lines = [("host", url.netloc), *wire.headers]
    if wire.credentials:
        lines.append(("cookie", "session=1"))
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": wire.method,
        "scheme": url.scheme,
        "path": url.path,
        "raw_path": url.path.encode(),
        "root_path": "",
        "query_string": url.query.encode(),
        "headers": [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in lines],
        "client": ("127.0.0.1", 50000),
        "server": (url.hostname, url.port or 80),
    }
    sent: list[MutableMapping[str, Any]] = []
    body = b"{}" if wire.method not in {"GET", "HEAD", "OPTIONS"} else b""

    async def receive() -> MutableMapping[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    # Starlette answers 500 and still raises, for the server to log.
    with suppress(Exception):
        await app(scope, receive, send)
    start = next((message for message in sent if message["type"] == "http.response.start"), None)
    if start is None:
        # What uvicorn says for an app that raises before it answers.
        return WireResponse(500, (("content-type", "text/plain; charset=utf-8"),))
    return WireResponse(start["status"], tuple((n.decode("latin-1"), v.decode("latin-1")) for n, v in start["headers"]))
