"""Whether an app accepts the handshake of a page's WebSocket, asked in this process."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from fastapi import FastAPI, HTTPException, WebSocket

from corsense.fetch import Allowed, Browser, Failed, FailureReason, FetchRequest, Trace
from corsense.transports import drive
from corsense.transports.asgi import asgi_send

PAGE = "http://localhost:3000"


def app() -> FastAPI:
    made = FastAPI()

    @made.websocket("/open")
    async def open_to_all(socket: WebSocket) -> None:
        await socket.accept("json" if "json" in socket.scope["subprotocols"] else None)
        await socket.receive_text()

    @made.websocket("/closed")
    async def closed(socket: WebSocket) -> None:
        await socket.close(1008)

    @made.websocket("/own")
    async def own(socket: WebSocket) -> None:
        if socket.headers["origin"] != PAGE:
            raise HTTPException(401)
        await socket.accept()

    @made.websocket("/broken")
    async def broken(socket: WebSocket) -> None:
        raise RuntimeError("not today")

    @made.websocket("/slow")
    async def slow(socket: WebSocket) -> None:
        await asyncio.sleep(60)

    return made


def opened(path: str, origin: str = PAGE, **asked: Any) -> Trace:
    request = FetchRequest(f"ws://localhost:8000{path}", origin, initiator="websocket", **asked)
    with asgi_send(app(), time_limit=0.2) as send:
        return drive(Browser().fetch(request), send)


def test_an_endpoint_that_accepts_opens_the_socket() -> None:
    trace = opened("/open", headers=(("Sec-WebSocket-Protocol", "graphql, json"),))
    assert isinstance(trace.outcome, Allowed)
    assert trace.response is not None
    assert (trace.response.status, trace.response.header("sec-websocket-protocol")) == (101, "json")


@pytest.mark.parametrize(("path", "status"), [("/closed", "403"), ("/broken", "500"), ("/nowhere", "403")])
def test_an_endpoint_that_does_not_accept_refuses_it(path: str, status: str) -> None:
    assert opened(path).outcome == Failed(FailureReason.WEBSOCKET_REFUSED, status, 0)


def test_an_endpoint_may_look_at_the_origin() -> None:
    assert isinstance(opened("/own").outcome, Allowed)
    refused = opened("/own", "https://evil.example").outcome
    assert isinstance(refused, Failed)
    assert refused.reason == FailureReason.WEBSOCKET_REFUSED


def test_an_endpoint_that_never_answers_times_out() -> None:
    outcome = opened("/slow").outcome
    assert isinstance(outcome, Failed)
    assert outcome.reason == FailureReason.TIMEOUT
