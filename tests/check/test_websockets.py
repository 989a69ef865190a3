"""`check` opens the WebSockets of an app as its pages and as untrusted pages would."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.check.live import serving
from tests.cli.commands import Ran, corsense

PAGE = "http://localhost:3000"
HEAD = """
from pathlib import Path
from typing import Annotated

from fastapi import Cookie, Depends, FastAPI, Header, HTTPException, Query, WebSocket, WebSocketException
from fastapi.middleware.cors import CORSMiddleware
from starlette.middleware.sessions import SessionMiddleware

app = FastAPI()
app.add_middleware(CORSMiddleware, allow_origins=["http://localhost:3000"], allow_credentials=True)
"""
OPEN = """
@app.websocket("/ws")
async def ws(socket: WebSocket):
    Path("ran").touch()
    await socket.accept()
"""
BY_COOKIE = """
@app.websocket("/ws")
async def ws(socket: WebSocket, session: Annotated[str | None, Cookie()] = None):
    await socket.accept()
"""


def check(folder: Path, source: str, *options: str) -> Ran:
    (folder / "main.py").write_text(HEAD + source, encoding="utf-8")
    return corsense("check", "main:app", "--format", "json", *options, folder=folder)


def found(ran: Ran, slug: str) -> dict[str, Any]:
    return next(finding for finding in ran.document["findings"] if finding["slug"] == slug)


def notes(folder: Path, *options: str) -> str:
    return corsense("check", "main:app", *options, folder=folder).out


def test_a_handshake_is_tried_from_each_page_and_the_endpoint_does_not_run(tmp_path: Path) -> None:
    ran = check(tmp_path, OPEN, "--origin", PAGE)
    (result,) = [result for result in ran.document["results"] if result["url"] == "ws://localhost:8000/ws"]
    assert (result["origin"], result["outcome"], result["exchanges"][0]["response"]["status"]) == (PAGE, "allowed", 101)
    assert not (tmp_path / "ran").exists()


def test_a_socket_that_takes_any_page_is_information_while_its_endpoint_has_not_run(tmp_path: Path) -> None:
    ran = check(tmp_path, OPEN, "--origin", PAGE)
    finding = found(ran, "websocket-origin-unchecked")
    assert finding["severity"] == "info"
    assert finding["evidence"] == {
        "page": "http://corsense-k7q2v9.example", "request": "GET ws://localhost:8000/ws", "status": 101
    }  # fmt: skip
    assert "unless the endpoint itself refuses" in finding["message"]
    assert ran.status == 0


def test_it_is_a_warning_once_the_endpoint_ran_and_took_it(tmp_path: Path) -> None:
    ran = check(tmp_path, OPEN, "--origin", PAGE, "--run-endpoints")
    assert found(ran, "websocket-origin-unchecked")["severity"] == "warning"
    assert ran.status == 1
    assert (tmp_path / "ran").exists()


def test_it_is_a_warning_where_the_cookie_of_a_login_goes_along(tmp_path: Path) -> None:
    finding = found(check(tmp_path, BY_COOKIE, "--origin", PAGE), "websocket-origin-unchecked")
    assert finding["severity"] == "warning"
    assert "with the user's cookie" in finding["message"]


def test_a_session_with_same_site_lax_is_at_stake_only_for_pages_of_the_same_site(tmp_path: Path) -> None:
    source = 'app.add_middleware(SessionMiddleware, secret_key="s")\n' + OPEN
    finding = found(check(tmp_path, source, "--origin", PAGE), "websocket-origin-unchecked")
    assert finding["severity"] == "warning"
    assert finding["evidence"]["page"] == "http://localhost:49513"


@pytest.mark.parametrize(
    "guard",
    [
        'async def guard(socket: WebSocket):\n    if socket.headers.get("origin") != "http://localhost:3000":\n'
        "        raise WebSocketException(1008)\n",
        'async def guard(origin: Annotated[str, Header()]):\n    if origin != "http://localhost:3000":\n'
        "        raise HTTPException(403)\n",
    ],
)
def test_a_dependency_that_compares_origin_is_seen_to_refuse(tmp_path: Path, guard: str) -> None:
    source = guard + BY_COOKIE.replace("Cookie()] = None", "Cookie()] = None, _: None = Depends(guard)")
    ran = check(tmp_path, source, "--origin", PAGE)
    assert "websocket-origin-unchecked" not in ran.slugs()
    assert "websocket-refused" not in ran.slugs()


def test_a_comparison_that_looks_at_the_beginning_alone_is_found(tmp_path: Path) -> None:
    page = "https://app.example.com"
    guard = (
        f'async def guard(socket: WebSocket):\n    if not socket.headers.get("origin", "").startswith("{page}"):\n'
        "        raise WebSocketException(1008)\n"
    )
    source = guard + BY_COOKIE.replace("Cookie()] = None", "Cookie()] = None, _: None = Depends(guard)")
    finding = found(check(tmp_path, source, "--origin", page), "websocket-origin-unchecked")
    assert finding["evidence"]["page"] == "https://app.example.com.evil.com"


def test_an_endpoint_that_compares_origin_itself_is_not_accused_and_that_is_reported(tmp_path: Path) -> None:
    source = BY_COOKIE.replace(
        "    await socket.accept()", '    if socket.headers["origin"] == "http://localhost:3000":\n        await socket.accept()'
    )
    assert "websocket-origin-unchecked" not in check(tmp_path, source, "--origin", PAGE).slugs()
    assert "/ws refuses untrusted pages itself was not tried" in notes(tmp_path, "--origin", PAGE)


def test_a_token_in_the_url_is_no_login_that_a_browser_attaches(tmp_path: Path) -> None:
    source = OPEN.replace("socket: WebSocket", "socket: WebSocket, token: Annotated[str, Query()]")
    ran = check(tmp_path, source, "--origin", PAGE)
    assert "websocket-origin-unchecked" not in ran.slugs()
    assert [result["outcome"] for result in ran.document["results"] if "/ws" in result["url"]] == ["allowed"]


def test_a_required_header_keeps_every_browser_out(tmp_path: Path) -> None:
    source = OPEN.replace("socket: WebSocket", "socket: WebSocket, x_token: Annotated[str, Header()]")
    finding = found(check(tmp_path, source, "--origin", PAGE), "websocket-refused")
    assert (finding["severity"], finding["evidence"]["header"]) == ("error", "x-token")


def test_a_dependency_that_wants_a_login_is_no_fault_and_that_is_reported(tmp_path: Path) -> None:
    guard = "async def user(session: Annotated[str | None, Cookie()] = None):\n    raise WebSocketException(1008)\n"
    ran = check(tmp_path, guard + OPEN.replace("socket: WebSocket", "socket: WebSocket, _: None = Depends(user)"))
    assert not {"websocket-refused", "websocket-origin-unchecked"} & set(ran.slugs())
    assert "Which pages can open /ws was not tried" in notes(tmp_path)


def test_a_crash_of_a_dependency_is_information_while_the_start_up_has_not_run(tmp_path: Path) -> None:
    guard = "async def pool(socket: WebSocket):\n    return socket.app.state.pool\n"
    ran = check(tmp_path, guard + OPEN.replace("socket: WebSocket", "socket: WebSocket, _: None = Depends(pool)"))
    assert found(ran, "unhandled-exception")["severity"] == "info"
    assert ran.status == 0


def test_a_dependency_that_wants_a_request_keeps_every_page_out(tmp_path: Path) -> None:
    guard = "from fastapi import Request\n\nasync def user(request: Request):\n    return None\n"
    ran = check(tmp_path, guard + OPEN.replace("socket: WebSocket", "socket: WebSocket, _: None = Depends(user)"))
    finding = found(ran, "websocket-refused")
    assert (finding["severity"], finding["evidence"]) == ("error", {"exception": "TypeError"})
    assert "HTTPConnection" in finding["remedy"]


def test_the_policy_of_corsense_keeps_untrusted_pages_out(tmp_path: Path) -> None:
    source = (
        "import corsense\napp = FastAPI()\n"
        'corsense.install(app, corsense.Policy(origins=["http://localhost:3000"], credentials=True, websockets=True))\n'
    )
    ran = check(tmp_path, source + BY_COOKIE, "--origin", PAGE)
    assert not {"websocket-refused", "websocket-origin-unchecked"} & set(ran.slugs())


def test_a_request_can_name_a_websocket(tmp_path: Path) -> None:
    for named in ("WEBSOCKET /ws", "GET /ws"):
        ran = check(tmp_path, OPEN, "--origin", PAGE, "--request", named)
        assert [result["url"] for result in ran.document["results"]] == ["ws://localhost:8000/ws"]


def test_the_url_of_a_websocket_is_opened_as_a_browser_would(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(HEAD + OPEN, encoding="utf-8")
    with serving(tmp_path) as url:
        socket = url.replace("http", "ws", 1) + "/ws"
        accepted = corsense("check", socket, "--origin", PAGE, "--format", "json")
        refused = corsense("check", url, "--request", "WEBSOCKET /nowhere", "--origin", PAGE, "--format", "json")
    assert found(accepted, "websocket-origin-unchecked")["severity"] == "warning"
    assert [result["outcome"] for result in accepted.document["results"]] == ["allowed"]
    assert found(refused, "websocket-refused")["evidence"]["status"] in (403, 404)


@pytest.mark.parametrize(("status", "slugs"), [(101, []), (403, ["websocket-refused"]), (400, ["websocket-refused"])])
def test_a_recorded_handshake_is_judged(tmp_path: Path, status: int, slugs: list[str]) -> None:
    lines = [{"name": "Origin", "value": "https://app.example.com"}, {"name": "Upgrade", "value": "websocket"}]
    request = {"method": "GET", "url": "wss://api.example.com/ws", "headers": lines, "cookies": []}
    response = {"status": status, "headers": [], "cookies": [], "content": {}}
    entry = {"_resourceType": "websocket", "request": request, "response": response}
    (tmp_path / "a.har").write_text(json.dumps({"log": {"entries": [entry], "pages": []}}), encoding="utf-8")
    ran = corsense("check", "a.har", "--format", "json", folder=tmp_path)
    assert ran.slugs() == slugs
    assert ran.document["results"][0]["url"] == "wss://api.example.com/ws"
