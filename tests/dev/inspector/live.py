"""Calls of a page to an app with a recorder around it, as a browser makes them."""

from __future__ import annotations

from dataclasses import replace

from corsense.app.agent.exchange import AsgiApp
from corsense.dev.inspector.calls import Calls
from corsense.dev.inspector.judging import Judge, JudgedCall
from corsense.dev.inspector.recorder import RecordedExchange, Recorder
from corsense.fetch import Browser, FetchRequest, NetworkError, Trace, WireRequest, WireResponse
from corsense.transports import drive
from corsense.transports.asgi import AsgiSend

CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36"


def browse(app: AsgiApp, request: FetchRequest, *, cookies: bool = False) -> tuple[Trace, list[RecordedExchange]]:
    """What a browser does with a request, and what the recorder around the app noted of it."""
    noted: list[RecordedExchange] = []
    body = request.body.encode() if isinstance(request.body, str) else request.body if isinstance(request.body, bytes) else b""
    mode = "websocket" if request.initiator == "websocket" else request.mode
    with AsgiSend(Recorder(app, noted.append), body=body, cookies=cookies) as send:

        def as_browser(wire: WireRequest) -> WireResponse | NetworkError:
            lines = (*wire.headers, ("User-Agent", CHROME), ("Sec-Fetch-Mode", mode), ("Sec-Fetch-Dest", "empty"))
            return send(replace(wire, headers=lines))

        return drive(Browser("chromium").fetch(request), as_browser), noted


def judged(exchanges: list[RecordedExchange], target: str = "main:app") -> list[JudgedCall]:
    """The verdicts on the calls that exchanges make, as they are once all have come."""
    calls, judge = Calls(), Judge(target)
    found = {}
    for exchange in exchanges:
        verdict = judge.verdict(calls.add(exchange))
        if verdict is not None:
            found[verdict.call.number] = verdict
    return list(found.values())
