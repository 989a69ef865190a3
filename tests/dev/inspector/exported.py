"""Sessions to export: what pages asked of the apps of `examples/`, and of any app."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from corsense.dev.inspector.recorder import RecordedExchange, Recorder
from corsense.dev.inspector.session import Session
from corsense.fetch import Browser, FetchRequest
from corsense.fetch.trace import EngineName, FailureReason
from corsense.fetch.wire import NetworkError, WireRequest, WireResponse
from corsense.transports import drive
from tests.dev.inspector.asgi import scope, send

AGENTS: dict[EngineName, str] = {
    "chromium": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36",
    "firefox": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    "webkit": "Mozilla/5.0 (Macintosh) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15",
}


def session_of(exchanges: Iterable[RecordedExchange], target: str = "main:app") -> Session:
    """A session that has judged these exchanges."""
    session = Session(target, lambda judged: None, lambda judged, number: None, lambda explanation: None)
    for exchange in exchanges:
        session._judge(exchange)
    return session


def exchanges_of(
    app: Any, requests: Iterable[FetchRequest], engine: EngineName = "chromium", cookie: str = ""
) -> Iterator[RecordedExchange]:
    """What the recorder notes while pages ask these requests of an app; a request with credentials brings the cookie."""
    noted: list[RecordedExchange] = []
    recorder = Recorder(app, noted.append)
    for request in requests:
        drive(Browser(engine).fetch(request), _sends(recorder, engine, cookie))
    return iter(noted)


def _sends(app: Any, engine: EngineName, cookie: str) -> Callable[[WireRequest], WireResponse | NetworkError]:
    def answer(request: WireRequest) -> WireResponse | NetworkError:
        if not request.url.startswith("http://localhost:8000/"):
            return NetworkError(FailureReason.NOT_FOLLOWED)
        path = "/" + request.url.partition("://")[2].partition("/")[2]
        cookies = [("Cookie", cookie)] if cookie and request.credentials else []
        headers = [*request.headers, *cookies, ("User-Agent", AGENTS[engine])]
        sent = asyncio.run(_sent(app, request.method, path, headers))
        start = next((message for message in sent if message["type"] == "http.response.start"), None)
        if start is None:
            return WireResponse(500)
        lines = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in start.get("headers", ()))
        return WireResponse(start["status"], lines)

    return answer


async def _sent(app: Any, method: str, path: str, headers: list[tuple[str, str]]) -> list[dict[str, Any]]:
    try:
        return await send(app, scope(method, path, headers), b"{}")
    except Exception:
        return []
