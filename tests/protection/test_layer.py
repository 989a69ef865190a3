"""Protection of a real app: what a foreign page may not do, and who is not disturbed."""

from __future__ import annotations

import asyncio
import logging
import re
from typing import Any

import pytest
from fastapi import FastAPI, WebSocket
from starlette.middleware.cors import CORSMiddleware as StarletteCORS
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from corsense import CORSMiddleware, CrossOriginProtection, Policy, PolicyError, install
from corsense.middleware.protection import read
from corsense.protection import ForeignReason, judge
from corsense.warnings import CORSLayerWarning

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
    message = [record.getMessage() for record in caplog.records if "would be refused" in record.getMessage()]
    assert (statuses, ran, len(message)) == ([200] * 3, ["write"] * 3, 1)
    assert "'https://evil.example' may not write here" in message[0]


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
    ("given", "message"),
    [
        ({"mode": "on"}, "mode is 'on'; it must be 'report' or 'enforce'."),
        ({"hosts": "api.example"}, "hosts must be a list, not a string"),
        ({"hosts": ["https://api.example"]}, "'https://api.example' is not a host"),
        ({"exempt": ["webhooks"]}, "exempt has 'webhooks'; paths begin with '/'"),
        ({"trusted_proxies": ["proxy"]}, "trusted_proxies has 'proxy'; write an address or a network"),
    ],
)
def test_a_setting_that_cannot_be_meant_is_named(given: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        CrossOriginProtection(**given)


def test_what_came_with_a_request_cannot_forge_a_line_of_the_log(caplog: pytest.LogCaptureFixture) -> None:
    client, _ = protected("enforce")
    with caplog.at_level(logging.WARNING, "corsense"):
        answer = client.post("/write", headers={"Origin": "https://a.example/\x1b[31m", "Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403
    assert "\x1b" not in caplog.text + answer.text


def test_a_refusal_is_one_sentence_with_reason_and_remedy() -> None:
    client, _ = protected(CrossOriginProtection(mode="enforce", hosts=["api.example"]))
    site = {"Sec-Fetch-Site": "cross-site"}
    for headers, remedy in (
        (FOREIGN, "add its origin to the policy"),
        ({"Origin": "null", **site}, "send it from a page of this site"),
        ({"Origin": "null"}, "must not have Referrer-Policy: no-referrer"),
        (site, "send it from a page of this site"),
        ({"Host": "evil.example"}, "add the name to hosts"),
        ({"Origin": "https://api.example", **site}, "send the request from a page outside a sandbox"),
        (
            {
                "Origin": "https://evil.example",
                "Sec-Fetch-Site": "same-origin",
                "Sec-Fetch-Mode": "navigate",
                "Sec-Fetch-Dest": "empty",
            },
            "add its origin to the policy",
        ),
    ):
        message = client.post("/write", headers=headers).text
        assert remedy in message
        assert message.endswith(".\n")
        assert ". " not in message


def test_a_page_that_is_not_trusted_gets_no_cors_header_with_its_refusal_though_the_policy_lets_everyone_read() -> None:
    client, _ = protected("enforce", Policy.public_api())
    answer = client.post("/write", headers={**FOREIGN, "Cookie": "session=1"})
    assert answer.status_code == 403
    assert [name for name in answer.headers if name.startswith("access-control")] == []


def test_only_a_listed_page_may_read_that_the_host_is_wrong() -> None:
    client, _ = protected(CrossOriginProtection(mode="enforce", hosts=["api.example"]))
    listed = client.get("/read", headers={**LISTED, "Host": "other.example"})
    foreign = client.get("/read", headers={**FOREIGN, "Host": "other.example"})
    assert (listed.status_code, foreign.status_code) == (421, 421)
    assert listed.headers["access-control-allow-origin"] == "https://app.example"
    assert "access-control-allow-origin" not in foreign.headers


def test_the_log_has_one_line_for_an_origin_a_route_and_a_reason(caplog: pytest.LogCaptureFixture) -> None:
    app, _ = make_app()

    @app.delete("/items/{item}")
    def delete(item: int) -> None:
        raise AssertionError

    install(app, Policy(origins=["https://app.example"]), protection="enforce")
    client = TestClient(app, base_url="https://api.example")
    with caplog.at_level(logging.WARNING, "corsense"):
        for item in range(3):
            assert client.delete(f"/items/{item}", headers=FOREIGN).status_code == 403
        assert client.delete("/items/1", headers={**FOREIGN, "Origin": "https://other.example"}).status_code == 403
    message = [record.getMessage() for record in caplog.records if "may not write" in record.getMessage()]
    assert [line.partition(": a page")[0] for line in message] == ["CORS: 'DELETE' '/items/{item}' refused"] * 2


def test_the_log_shows_no_secret_of_a_path(caplog: pytest.LogCaptureFixture) -> None:
    async def plain(scope: Any, receive: Any, send: Any) -> None:
        raise AssertionError

    client = TestClient(CORSMiddleware(plain, policy=Policy(origins=["https://app.example"]), protection="enforce"))
    secret = "ghp_" + "a1B2c3D4e5F6g7H8i9J0" * 2
    with caplog.at_level(logging.WARNING, "corsense"):
        assert client.post(f"/hooks/{secret}", headers=FOREIGN).status_code == 403
    assert "refused" in caplog.text
    assert secret not in caplog.text


def test_what_is_reported_and_refused_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    counted: list[dict[str, str]] = []

    class Meter:
        def create_counter(self, *given: Any, **named: Any) -> Meter:
            return self

        def add(self, amount: int, attributes: dict[str, str]) -> None:
            counted.append(attributes)

    monkeypatch.setattr("opentelemetry.metrics.get_meter", lambda *_: Meter())
    for mode in ("report", "enforce"):
        client, _ = protected(mode, telemetry=True)
        for _ in range(2):
            client.post("/write", headers=FOREIGN)
    writes = [(found["cors.outcome"], found["cors.reason"]) for found in counted if found["cors.kind"] == "write"]
    assert writes == [("reported", "foreign-origin")] * 2 + [("refused", "foreign-origin")] * 2


@pytest.mark.parametrize("mode", ["report", "enforce"])
def test_the_policys_own_guard_of_websockets_becomes_the_same_rule_in_both_modes(mode: str) -> None:
    client, ran = protected(mode, Policy(origins=["https://app.example"], websockets=True))
    for origin in ("http://testserver", "https://app.example"):
        with client.websocket_connect("/ws", headers={"Origin": origin}):
            pass
    with pytest.raises(WebSocketDisconnect), client.websocket_connect("/ws", headers={"Origin": "https://evil.example"}):
        pass
    assert ran == ["ws"] * 2


def test_report_mode_lets_a_foreign_websocket_pass_where_the_policy_does_not_guard_them(caplog: pytest.LogCaptureFixture) -> None:
    client, ran = protected("report")
    with (
        caplog.at_level(logging.WARNING, "corsense"),
        client.websocket_connect("/ws", headers={"Origin": "https://evil.example"}),
    ):
        pass
    assert ran == ["ws"]
    assert "WebSocket '/ws' would be refused" in caplog.text


def test_protection_works_without_a_policy_for_an_api_that_only_its_own_pages_call() -> None:
    app, ran = make_app()
    install(app, protection="enforce")
    client = TestClient(app, base_url="http://dashboard.lan:8000")
    assert client.post("/write", headers={"Origin": "http://dashboard.lan:8000"}).status_code == 200
    foreign = client.post("/write", headers={"Origin": "http://evil.example"})
    read_it = client.get("/read", headers={"Origin": "http://evil.example"})
    assert (foreign.status_code, read_it.status_code, ran) == (403, 200, ["write"])
    assert "vary" not in read_it.headers


def test_protection_without_a_policy_says_that_it_does_not_know_an_inner_layers_origins() -> None:
    app, _ = make_app()
    app.add_middleware(StarletteCORS, allow_origins=["https://app.example"])
    install(app, protection="enforce")
    with pytest.warns(CORSLayerWarning, match="does not know its origins"):
        TestClient(app).get("/read")


def test_a_pattern_of_exempt_that_matches_nothing_is_refused() -> None:
    with pytest.raises(PolicyError, match=re.escape("exempt: '/web*' has a '*' that is not a whole segment.")):
        protected(CrossOriginProtection(mode="enforce", exempt=["/web*"]))


def scope_of(*lines: tuple[bytes, bytes], method: str = "POST", client: tuple[str, int] = ("10.0.0.7", 1)) -> dict[str, Any]:
    return {"type": "http", "method": method, "scheme": "http", "client": client, "headers": list(lines)}


def test_a_server_that_believes_x_forwarded_for_does_not_make_its_client_a_trusted_proxy() -> None:
    """A rebound page can send both headers; uvicorn makes the first of them the client's address."""
    protection = CrossOriginProtection(mode="enforce", hosts=["api.example"], trusted_proxies=["10.0.0.7"])
    rebound = [(b"host", b"evil.example"), (b"x-forwarded-host", b"localhost"), (b"origin", b"http://evil.example")]
    for name, value in (
        (b"x-forwarded-for", b"10.0.0.7"),
        (b"forwarded", b"for=10.0.0.7"),
        (b"x-forwarded-for", b"a, 10.0.0.7:80"),
    ):
        found = read(scope_of(*rebound, (name, value)), protection)
        assert judge(found, protection.host_list) is ForeignReason.HOST_NOT_ALLOWED
    proxied = read(scope_of(*rebound[1:2], (b"x-forwarded-for", b"203.0.113.9"), (b"host", b"backend")), protection)
    assert proxied.authority == "localhost"


def test_a_proxy_is_recognised_by_an_ipv4_address_that_ipv6_writes() -> None:
    protection = CrossOriginProtection(trusted_proxies=["10.0.0.0/8"])
    assert [protection.trusts_proxy(found) for found in ("::ffff:10.0.0.7", "10.9.9.9", "::ffff:11.0.0.1", "fe80::1%eth0")] == [
        True, True, False, False,
    ]  # fmt: skip


def test_a_request_without_a_host_is_no_browsers_and_passes() -> None:
    protection = CrossOriginProtection(mode="enforce", hosts=["api.example"])
    assert judge(read(scope_of((b"accept", b"*/*"), method="OPTIONS"), protection), protection.host_list) is None
    empty = judge(read(scope_of((b"host", b"")), protection), protection.host_list)
    assert empty is ForeignReason.HOST_NOT_ALLOWED


def test_hosts_that_were_seen_do_not_let_others_in() -> None:
    client, _ = protected(CrossOriginProtection(mode="enforce", hosts=["api.example"]))
    for number in range(300):
        assert client.get("/read", headers={"Host": f"127.0.0.1:{number + 1}"}).status_code == 200
    assert client.get("/read", headers={"Host": "evil.example"}).status_code == 421
    assert client.get("/read", headers={"Host": "api.example:444"}).status_code == 200


def test_a_server_that_can_only_close_a_websocket_gets_the_reason_with_the_code_for_a_policy() -> None:
    app, _ = make_app()
    install(app, Policy(origins=["https://app.example"], credentials=True), protection="enforce")
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "websocket.connect"}

    async def send(message: Any) -> None:
        sent.append(message)

    headers = [(b"host", b"api.example"), (b"origin", b"https://evil.example")]
    handshake = {"type": "websocket", "path": "/ws", "scheme": "wss", "headers": headers, "query_string": b"", "extensions": {}}
    asyncio.run(app(handshake, receive, send))
    assert [(message["type"], message["code"]) for message in sent] == [("websocket.close", 1008)]
    assert sent[0]["reason"]


@pytest.mark.parametrize(("method", "listed"), [("PUT", "PUT"), ("DELETE", "DELETE")])
def test_in_debug_mode_a_preflight_with_a_refused_header_gets_the_method_that_it_asked_for(method: str, listed: str) -> None:
    policy = Policy(origins=["https://app.example"], credentials=True, methods=["*"], request_headers=["X-A"])
    layer = CORSMiddleware(make_app()[0], policy=policy, debug=True)
    asked = {"Origin": "https://app.example", "Access-Control-Request-Method": method, "Access-Control-Request-Headers": "x-b"}
    answer = TestClient(layer, base_url="https://api.example").options("/write", headers=asked)
    assert listed in answer.headers["access-control-allow-methods"]
