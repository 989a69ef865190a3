"""What people reported of other protections: rightful requests that were refused, and foreign ones that were not."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from corsense import CrossOriginProtection, Policy, install

OWN_SITE = {"Sec-Fetch-Site": "same-origin"}
FOREIGN_SITE = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}

RIGHTFUL: list[tuple[str, str, dict[str, str], dict[str, Any]]] = [
    # Own forms of pages with Referrer-Policy: no-referrer.
    ("pleaseai/shunt/pull/471", "https://gate.example", {"Origin": "null", **OWN_SITE}, {}),
    ("rails/rails/issues/28299", "http://localhost:3000", {"Origin": "null", **OWN_SITE}, {}),
    ("better-auth/better-auth/pull/10944", "https://auth.example", {"Origin": "null", "Cookie": "session=1", **OWN_SITE}, {}),
    # Proxies that change the host.
    ("sveltejs/kit/issues/9153", "https://my-auth-app.example", {"Origin": "https://my-app.example", **OWN_SITE}, {}),
    ("gorilla/csrf/pull/213", "https://backend.example:8080", {"Origin": "https://app.example", **OWN_SITE}, {}),
    ("MODSetter/SurfSense/pull/1607", "http://192.168.1.50:3929", {"Origin": "http://192.168.1.50:3929"}, {}),
    ("kubetail-org/kubetail/pull/1155", "http://kubetail.corp.example", {"Origin": "http://kubetail.corp.example"}, {}),
    (
        "container-registry/harbor-next/pull/894",
        "http://registry.lan",
        {"Origin": "http://registry.lan:8080"},
        {"hosts": ["registry.lan:8080", "registry.lan"]},
    ),
    ("agegr/pi-web/pull/541", "https://pi.example:443", {"Origin": "https://pi.example"}, {}),
    ("gokrazy/bull/issues/25", "https://notes.tailnet.example", {"Origin": "https://notes.tailnet.example", **OWN_SITE}, {}),
    # Forms that another site posts on purpose, and senders that are no browser.
    (
        "authorizerdev/authorizer/pull/666",
        "https://sp.example",
        {"Origin": "https://idp.example", **FOREIGN_SITE},
        {"exempt": ["/saml/*/acs"]},
    ),
    ("sveltejs/kit/issues/14889", "https://shop.example", FOREIGN_SITE, {"exempt": ["/saml/*/acs"]}),
    ("sveltejs/kit/issues/12505", "https://bot.example", {"User-Agent": "Slackbot 1.0"}, {}),
    (
        "appwrite/appwrite/pull/13514",
        "https://api.example",
        {"Origin": "capacitor://localhost", **FOREIGN_SITE},
        {"listed": ["capacitor://localhost"]},
    ),
]

FOREIGN: list[tuple[str, str, dict[str, str], int]] = [
    ("constellation-works/orbit/pull/134", "http://localhost:7000", {"Origin": "http://localhost.evil.com"}, 403),
    ("playframework/play-java-websocket-example/issues/57", "http://localhost:9000", {"Origin": "http://localhost:90000"}, 403),
    (
        "promptfoo/promptfoo/pull/7840",
        "http://localhost:15500",
        {"Origin": "http://localhost:5173", "Sec-Fetch-Site": "same-site"},
        403,
    ),
    ("golang/go/pull/78561", "http://victim.example", {"Origin": "http://evil@victim.example"}, 403),
    ("IBM/ibmi-mcp-server/pull/163", "http://localhost:3010", {"Origin": "null"}, 403),
    (
        "gradio-app/gradio/issues/13594",
        "http://localhost:7860",
        {"Host": "spoofed.example.com", "Origin": "https://evil.com"},
        421,
    ),
    (
        "open-mercato/cezar/issues/426",
        "http://127.0.0.1:4321",
        {"Content-Type": "text/plain", "Origin": "https://evil.example", **FOREIGN_SITE},
        403,
    ),
    ("pfBlockerNG/pfBlockerNG/issues/1650", "http://firewall.lan", {"Origin": "http://evil.example"}, 403),
    (
        "powerfooI/herdr-studio/pull/22",
        "http://127.0.0.1:8092",
        {"Origin": "https://evil.example", "X-Forwarded-Host": "evil.example"},
        403,
    ),
]


def answer(base: str, headers: dict[str, str], **given: Any) -> int:
    listed = given.pop("listed", [])
    app = FastAPI()

    @app.post("/saml/{org}/acs")
    def write(org: str) -> None: ...

    policy = Policy(origins=listed, credentials=True) if listed else None
    install(app, policy, protection=CrossOriginProtection(mode="enforce", **given))
    return TestClient(app, base_url=base).post("/saml/acme/acs", headers=headers).status_code


@pytest.mark.parametrize(("thread", "base", "headers", "given"), RIGHTFUL, ids=lambda found: found if "/" in str(found) else "")
def test_a_rightful_request_that_others_refused_passes(
    thread: str, base: str, headers: dict[str, str], given: dict[str, Any]
) -> None:
    assert answer(base, headers, **given) == 200


@pytest.mark.parametrize(("thread", "base", "headers", "status"), FOREIGN, ids=lambda found: found if "/" in str(found) else "")
def test_a_foreign_request_that_others_let_pass_is_refused(thread: str, base: str, headers: dict[str, str], status: int) -> None:
    assert answer(base, headers, hosts=["localhost", "victim.example", "firewall.lan"]) == status
