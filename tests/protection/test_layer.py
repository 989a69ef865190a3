"""Protection of a real app: what a foreign page may not do, and who is not disturbed."""

from __future__ import annotations

import logging
import re
from typing import Any

import pytest
from fastapi import FastAPI, WebSocket
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from corsense import CORSMiddleware, CrossOriginProtection, Policy, install
from corsense.middleware.protection import read
from corsense.protection import judge

FOREIGN = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
LISTED = {"Origin": "https://app.example", "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "cors"}


def make_app() -> tuple[FastAPI, list[str]]:
    app, ran = FastAPI(), []

    @app.post("/write")
    def write() -> str:
        ran.append("write")
        return "done"

    @app.post("/webhooks/paid")
    def paid() -> str:
        ran.append("paid")
        return "done"

    @app.get("/read")
    def read_it() -> str:
        return "data"

    @app.websocket("/ws")
    async def ws(websocket: WebSocket) -> None:
        ran.append("ws")
        await websocket.accept()
        await websocket.close()

    return app, ran


def protected(protection: Any, policy: Policy | None = None, **more: Any) -> tuple[TestClient, list[str]]:
    app, ran = make_app()
    install(app, policy or Policy(origins=["https://app.example"], credentials=True), protection=protection, **more)
    return TestClient(app, base_url="https://api.example"), ran


def test_a_foreign_form_does_not_reach_the_endpoint() -> None:
    client, ran = protected("enforce")
    answer = client.post("/write", headers=FOREIGN)
    assert (answer.status_code, ran) == (403, [])
    assert answer.text.startswith("A page at 'https://evil.example' may not write here")
    assert "access-control-allow-origin" not in answer.headers


def test_a_listed_origin_the_own_page_and_curl_do() -> None:
    client, ran = protected("enforce")
    assert client.post("/write", headers=LISTED).headers["access-control-allow-origin"] == "https://app.example"
    own = {"Origin": "https://api.example", "Sec-Fetch-Site": "same-origin"}
    assert [client.post("/write", headers=headers).status_code for headers in (own, {})] == [200, 200]
    assert ran == ["write"] * 3


def test_without_protection_nothing_is_refused() -> None:
    client, ran = protected(None)
    assert client.post("/write", headers=FOREIGN).status_code == 200
    assert ran == ["write"]


def test_safe_methods_pass() -> None:
    client, _ = protected("enforce")
    assert client.get("/read", headers=FOREIGN).status_code == 200


def test_report_mode_logs_once_what_enforce_mode_refuses(caplog: pytest.LogCaptureFixture) -> None:
    client, ran = protected("report")
    with caplog.at_level(logging.WARNING, "corsense"):
        statuses = [client.post("/write", headers=FOREIGN).status_code for _ in range(3)]
    said = [record.getMessage() for record in caplog.records if "would be refused" in record.getMessage()]
    assert (statuses, ran, len(said)) == ([200] * 3, ["write"] * 3, 1)
    assert "'https://evil.example' may not write here" in said[0]


def test_a_foreign_websocket_is_closed_before_it_opens() -> None:
    client, ran = protected("enforce")
    with pytest.raises(WebSocketDisconnect), client.websocket_connect("/ws", headers={"Origin": "https://evil.example"}):
        pass
    assert ran == []
    with client.websocket_connect("/ws", headers={"Origin": "https://app.example"}):
        pass
    assert ran == ["ws"]


def test_a_host_that_is_not_listed_is_misdirected_for_reading_too() -> None:
    client, _ = protected(CrossOriginProtection(mode="enforce", hosts=["api.example"]))
    assert client.get("/read").status_code == 200
    assert client.get("/read", headers={"Host": "evil.example"}).status_code == 421
    assert client.get("/read", headers={"Host": "127.0.0.1:8000"}).status_code == 200


def test_an_exempt_path_is_not_judged_but_a_detour_to_it_is() -> None:
    client, ran = protected(CrossOriginProtection(mode="enforce", exempt=["/webhooks/*"]))
    assert client.post("/webhooks/paid", headers=FOREIGN).status_code == 200
    assert client.post("/webhooks/../write", headers=FOREIGN).status_code in (403, 404)
    assert ran == ["paid"]


def test_the_host_of_a_proxy_counts_only_when_the_proxy_is_trusted() -> None:
    scope = {
        "type": "http",
        "method": "POST",
        "scheme": "http",
        "client": ("10.0.0.7", 1),
        "headers": [
            (b"host", b"backend:8000"),
            (b"x-forwarded-host", b"made.up, app.example"),
            (b"origin", b"https://app.example"),
        ],
    }
    trusting = CrossOriginProtection(trusted_proxies=["10.0.0.0/8"])
    assert judge(read(scope, trusting), trusting.host_list) is None
    other = CrossOriginProtection(trusted_proxies=["192.168.0.0/16"])
    assert judge(read(scope, other), other.host_list) is not None


def test_a_public_policy_lets_every_page_write_but_not_with_the_users_cookies() -> None:
    client, _ = protected("enforce", Policy.public_api())
    assert client.post("/write", headers=FOREIGN).status_code == 200
    assert client.post("/write", headers={**FOREIGN, "Cookie": "session=1"}).status_code == 403


def test_a_path_with_a_policy_of_its_own_trusts_the_origins_of_that_policy() -> None:
    partners = {"/webhooks/*": Policy(origins=["https://evil.example"])}
    client, ran = protected("enforce", None, policies=partners)
    assert client.post("/webhooks/paid", headers=FOREIGN).status_code == 200
    assert client.post("/write", headers=FOREIGN).status_code == 403
    assert ran == ["paid"]


def test_the_middleware_takes_the_same_keyword() -> None:
    app, ran = make_app()
    app.add_middleware(CORSMiddleware, policy=Policy(origins=["https://app.example"]), protection="enforce")
    assert TestClient(app).post("/write", headers=FOREIGN).status_code == 403
    assert ran == []


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"mode": "on"}, "mode is 'on'; it must be 'report' or 'enforce'."),
        ({"hosts": "api.example"}, "hosts must be a list, not a string"),
        ({"hosts": ["https://api.example"]}, "'https://api.example' is not a host"),
        ({"exempt": ["webhooks"]}, "exempt has 'webhooks'; paths begin with '/'"),
        ({"trusted_proxies": ["proxy"]}, "trusted_proxies has 'proxy'; write an address or a network"),
    ],
)
def test_a_setting_that_cannot_be_meant_is_named(given: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=re.escape(said)):
        CrossOriginProtection(**given)


def test_what_came_with_a_request_cannot_forge_a_line_of_the_log(caplog: pytest.LogCaptureFixture) -> None:
    client, _ = protected("enforce")
    with caplog.at_level(logging.WARNING, "corsense"):
        answer = client.post("/write", headers={"Origin": "https://a.example/\x1b[31m", "Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403
    assert "\x1b" not in caplog.text + answer.text
