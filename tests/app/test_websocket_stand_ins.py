"""Handshakes of WebSockets meet the app's layers and dependencies; its endpoints do not run unless they are asked for."""

from __future__ import annotations

from typing import Any

import pytest

from corsense.app import AppSession
from corsense.app.probe import Probe, ProbeResult
from corsense.fetch import Allowed, FetchRequest
from tests.app.conftest import OpenApp

PAGE = "http://localhost:3000"
EVIL = "http://evil.example"
APP = """
    from pathlib import Path
    from typing import Annotated

    from fastapi import APIRouter, Depends, FastAPI, Header, Query, WebSocket, WebSocketException
    from starlette.endpoints import WebSocketEndpoint
    from starlette.routing import Mount, WebSocketRoute

    RAN = Path("ran.txt")
    app = FastAPI()

    @app.websocket("/open")
    async def open_to_all(socket: WebSocket):
        RAN.write_text("open")
        await socket.accept()
        await socket.receive_text()

    async def only_our_page(socket: WebSocket):
        if socket.headers["origin"] != "http://localhost:3000":
            raise WebSocketException(1008)

    router = APIRouter(prefix="/rooms")

    @router.websocket("/{room}", dependencies=[Depends(only_our_page)])
    async def room(socket: WebSocket, room: int, token: Annotated[str, Query()]):
        RAN.write_text("room")
        await socket.accept()

    app.include_router(router)

    class Echo(WebSocketEndpoint):
        async def on_connect(self, socket):
            RAN.write_text("echo")
            await socket.accept()

    async def opaque(scope, receive, send):
        RAN.write_text("opaque")
        await send({"type": "websocket.accept"})

    app.router.routes += [WebSocketRoute("/echo", Echo), Mount("/opaque", opaque)]

    @app.websocket("/slow")
    async def slow(socket: WebSocket):
        import asyncio

        await asyncio.sleep(60)
"""


def handshake(session: AppSession, path: str, origin: str = PAGE, **options: Any) -> ProbeResult:
    request = FetchRequest(f"ws://localhost:8000{path}", origin, initiator="websocket")
    return session.run([Probe(request)], **options)[0]


@pytest.mark.parametrize("path", ["/open", "/rooms/1?token=x", "/echo", "/opaque/any"])
def test_a_stand_in_accepts_in_place_of_the_endpoint(open_app: OpenApp, path: str, tmp_path: Any) -> None:
    result = handshake(open_app(APP), path)
    assert isinstance(result.trace.outcome, Allowed)
    assert result.exchanges[0].stood_in
    assert result.exchanges[0].answered_by == "endpoint"
    assert not (tmp_path / "ran.txt").exists()


def test_the_route_of_a_handshake_is_known_also_in_an_included_router(open_app: OpenApp) -> None:
    session = open_app(APP)
    routes = session.description.routes
    found = [handshake(session, path).exchanges[0].route for path in ("/open", "/rooms/1?token=x", "/echo")]
    assert [routes[index].path for index in found if index is not None] == ["/open", "/rooms/{room}", "/echo"]


def test_a_dependency_refuses_as_it_does_in_a_server(open_app: OpenApp, tmp_path: Any) -> None:
    session = open_app(APP)
    refused = handshake(session, "/rooms/1?token=x", EVIL)
    assert refused.exchanges[0].answered_by == "exception-handler"
    assert not refused.exchanges[0].stood_in
    assert refused.trace.response is not None
    assert refused.trace.response.status == 403
    assert not (tmp_path / "ran.txt").exists()


def test_a_missing_parameter_is_refused_before_the_endpoint(open_app: OpenApp) -> None:
    assert not isinstance(handshake(open_app(APP), "/rooms/1").trace.outcome, Allowed)


def test_required_query_parameters_are_described_with_a_value(open_app: OpenApp) -> None:
    route = next(route for route in open_app(APP).description.routes if route.path == "/rooms/{room}")
    assert route.query == (("token", "example"),)


def test_endpoints_run_where_they_are_asked_for_and_learn_that_the_page_has_gone(open_app: OpenApp, tmp_path: Any) -> None:
    result = handshake(open_app(APP), "/open", run_endpoints=True)
    assert isinstance(result.trace.outcome, Allowed)
    assert result.exchanges[0].exception is None  # WebSocketDisconnect is no crash
    assert (tmp_path / "ran.txt").read_text() == "open"


def test_an_endpoint_that_does_not_answer_ends_with_the_time_limit(open_app: OpenApp) -> None:
    result = handshake(open_app(APP), "/slow", run_endpoints=True, time_limit=0.3)
    assert not isinstance(result.trace.outcome, Allowed)
    assert "no answer within" in str(result.trace.outcome)


def test_a_layer_that_refuses_a_handshake_is_named(open_app: OpenApp) -> None:
    session = open_app(
        """
        from fastapi import FastAPI, WebSocket
        from starlette.middleware.trustedhost import TrustedHostMiddleware

        app = FastAPI()

        class Closes:
            def __init__(self, app):
                self.app = app

            async def __call__(self, scope, receive, send):
                if scope["type"] == "websocket":
                    await receive()
                    await send({"type": "websocket.close", "code": 1008})
                    return
                await self.app(scope, receive, send)

        app.add_middleware(Closes)

        @app.websocket("/ws")
        async def ws(socket: WebSocket):
            await socket.accept()
        """
    )
    answered_by = handshake(session, "/ws").exchanges[0].answered_by
    assert isinstance(answered_by, int)
    assert session.description.layers[answered_by].name == "Closes"
