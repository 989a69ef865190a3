"""Websockets: browsers do not hold them against CORS, so the layer does when asked to."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from corsense.middleware import CORSMiddleware
from corsense.policy import Policy
from tests.middleware.asking import ORIGIN, UNTRUSTED_ORIGIN, Line, Message, Receive, Scope, Send, scope

WATCHED = Policy(origins=[ORIGIN, "https://*.team.example"], websockets=True)


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    await receive()
    await send({"type": "websocket.accept"})


def shake_hands(app: Any, *lines: Line, denial: bool = False) -> list[Message]:
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "websocket.connect"}

    async def send(message: Message) -> None:
        sent.append(message)

    extensions: dict[str, Any] = {"websocket.http.response": {}} if denial else {}
    asyncio.run(app(scope("/ws", *lines, kind="websocket", extensions=extensions), receive, send))
    return sent


@pytest.mark.parametrize("lines", [[(b"origin", ORIGIN.encode())], [(b"origin", b"https://a.team.example")], []])
def test_a_page_that_is_allowed_and_a_client_that_is_no_browser_get_through(lines: list[Line]) -> None:
    assert shake_hands(CORSMiddleware(echo, policy=WATCHED), *lines) == [{"type": "websocket.accept"}]


@pytest.mark.parametrize(
    "lines",
    [
        [(b"origin", UNTRUSTED_ORIGIN.encode())], [(b"origin", b"null")], [(b"origin", b"")], [(b"origin", b"\xff" * 9000)],
        [(b"origin", b"http://app.example.com")], [(b"origin", ORIGIN.encode()), (b"origin", UNTRUSTED_ORIGIN.encode())],
    ],
)  # fmt: skip
def test_any_other_page_is_turned_away_before_the_app_hears_of_it(lines: list[Line]) -> None:
    async def never(scope: Scope, receive: Receive, send: Send) -> None:
        raise AssertionError

    app = CORSMiddleware(never, policy=WATCHED)
    closed = shake_hands(app, *lines)
    assert [(message["type"], message.get("code")) for message in closed] == [("websocket.close", 1008)]
    denied = shake_hands(app, *lines, denial=True)
    assert [message["type"] for message in denied] == ["websocket.http.response.start", "websocket.http.response.body"]
    assert denied[0]["status"] == 403


def test_without_being_asked_to_it_does_not_look() -> None:
    app = CORSMiddleware(echo, policy=WATCHED.replace(websockets=False))
    assert shake_hands(app, (b"origin", UNTRUSTED_ORIGIN.encode())) == [{"type": "websocket.accept"}]


def test_paths_have_their_own_rules() -> None:
    app = CORSMiddleware(echo, policy=WATCHED, policies={"/ws": Policy(origins=[UNTRUSTED_ORIGIN], websockets=True)})
    assert shake_hands(app, (b"origin", UNTRUSTED_ORIGIN.encode())) == [{"type": "websocket.accept"}]
    assert shake_hands(app, (b"origin", ORIGIN.encode()))[0]["type"] == "websocket.close"
    left_alone = CORSMiddleware(echo, policies={"/other": WATCHED})
    assert shake_hands(left_alone, (b"origin", UNTRUSTED_ORIGIN.encode())) == [{"type": "websocket.accept"}]


def test_a_resolver_is_asked() -> None:
    app = CORSMiddleware(echo, policy=Policy(origin_resolver=lambda origin: origin == UNTRUSTED_ORIGIN, websockets=True))
    assert shake_hands(app, (b"origin", UNTRUSTED_ORIGIN.encode())) == [{"type": "websocket.accept"}]
    assert shake_hands(app, (b"origin", ORIGIN.encode()))[0]["type"] == "websocket.close"


def test_a_refusal_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    app = CORSMiddleware(echo, policy=WATCHED)
    for _ in range(2):
        shake_hands(app, (b"origin", b"https://app.example.com:8443"))
    assert len(caplog.messages) == 1
    assert "websocket '/ws'" in caplog.messages[0]
