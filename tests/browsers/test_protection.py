"""Twenty-five servers in real browsers: no page of another origin writes to them, and nobody who may is refused.

All attacks and all rightful requests are made by script of real pages (`protection.js`): what a browser sends along is its own.
The servers, and the threads that they are modelled on, are in `tests/data/protection/servers.toml`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from corsense.browsers import BrowserError, BrowserName, find_browser
from corsense.browsers.driver import Driver
from corsense.fetch import WireRequest, WireResponse
from corsense.transports.http import HttpClient
from tests.browsers.protected import PAGE_PATH, SERVERS, Front, Server, app_of, fronting

ATTACKS = (
    "form",
    "text form",
    "multipart form",
    "sandboxed form",
    "text",
    "typeless",
    "json",
    "put",
    "beacon",
    "blob beacon",
    "socket",
)
PREFLIGHTED = {"json", "put"}
OWN = ("json", "text", "xhr", "put", "delete", "beacon", "form", "no-referrer form", "socket")

SCRIPT = Path(__file__).with_name("protection.js").read_text(encoding="utf-8")


@dataclass
class Stage:
    """A browser, and the servers that it meets."""

    name: BrowserName
    driver: Driver
    front: Front
    port: int

    def run(self, page: str, function: str, targets: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
        """What a function of the script gave for each target, called in a page of this origin."""
        self.driver.open(page + PAGE_PATH)
        expression = (
            f"(async () => {{ {SCRIPT}; const found = {{}};"
            f"await Promise.all({json.dumps(targets)}.map(async target => {{ found[target.key] = await {function}(target); }}));"
            "return JSON.stringify(found); })()"
        )
        found: dict[str, dict[str, Any]] = json.loads(self.driver.run(expression, 0, 60.0).text)
        return found


@pytest.fixture(
    scope="module",
    params=[pytest.param(name, marks=pytest.mark.xdist_group(f"protection-{name}")) for name in ("chromium", "firefox")],
)
def stage(request: pytest.FixtureRequest) -> Iterator[Stage]:
    """One browser for all drives; every address leads to the servers."""
    name: BrowserName = request.param
    try:
        path = find_browser(name)
    except BrowserError as missing:
        pytest.skip(str(missing))
    apps: dict[str, tuple[Server, Any]] = {}
    for number, server in enumerate(SERVERS):
        server.ran.clear()
        app = app_of(server)
        apps[server.authority] = apps[server.rebound(number)] = (server, app)
    bare = Server("unprotected", "", UNPROTECTED, hosts=("localhost",))
    apps[bare.authority] = apps[bare.rebound(99)] = (bare, app_of(bare, protected=False))
    front = Front(apps)
    with fronting(front) as port:
        driver = _driver(name, path, port)
        try:
            yield Stage(name, driver, front, port)
        finally:
            driver.close()


UNPROTECTED = "http://localhost:9099"


def _driver(name: BrowserName, path: Any, port: int) -> Driver:
    if name == "chromium":
        from corsense.browsers.chromium import ChromiumDriver

        return ChromiumDriver(path, port, 60.0)
    from corsense.browsers.firefox import FirefoxDriver

    return FirefoxDriver(path, port, 60.0)


def target(server: Server, key: str, base: str | None = None) -> dict[str, Any]:
    base = base or server.base
    return {
        "key": f"{server.name}/{key}",
        "write": f"{base}{server.prefix}/write",
        "socket": f"ws{base.removeprefix('http')}{server.prefix}/ws",
        "download": f"{base}{server.prefix}/download",
        "metadata": server.is_secure or any(name in base for name in ("localhost", "127.0.0.1", "[::1]")),
    }


def who(targets: list[dict[str, Any]], kinds: set[str]) -> set[str]:
    return {f"{found['key']}/{kind}" for found in targets for kind in kinds}


def ran() -> list[str]:
    return [found for server in SERVERS for found in server.ran]


PAGES = {
    "http://evil.example": [server for server in SERVERS if not server.is_secure],
    "https://evil.example": [server for server in SERVERS if server.is_secure],
    "http://localhost:31337": [server for server in SERVERS if server.base.startswith("http://localhost")],
    "http://127.0.0.1:31337": [server for server in SERVERS if server.base.startswith("http://127.0.0.1")],
    "https://sister.example": [server for server in SERVERS if server.is_secure and ".example" in server.base],
}


def test_the_attacks_work_where_nothing_protects(stage: Stage) -> None:
    bare = stage.front.apps[UNPROTECTED.partition("://")[2]][0]
    bare.ran.clear()
    evil = [target(bare, "bare")]
    found = stage.run("http://evil.example", "attack", evil)
    wanted = who(evil, set(ATTACKS) - PREFLIGHTED)
    assert stage.front.wait_for(wanted) == set()
    assert found["unprotected/bare"]["socket"] == "opened"
    rebound = f"http://{bare.rebound(99)}"
    stage.run(rebound, "own", [target(bare, "rebound", rebound)])
    assert stage.front.wait_for({f"unprotected/rebound/{kind}" for kind in OWN if kind != "no-referrer form"}) == set()
    assert set(bare.ran) >= wanted | {"unprotected/rebound/put"}


@pytest.mark.parametrize("page", PAGES)
def test_no_foreign_page_writes_to_any_server(stage: Stage, page: str) -> None:
    assert len(SERVERS) == 25
    targets = [target(server, page) for server in PAGES[page]]
    found = stage.run(page, "attack", targets)
    assert stage.front.wait_for(who(targets, set(ATTACKS) - PREFLIGHTED)) == set()
    # "late": browsers make a page wait that failed to connect before.
    assert "opened" not in {answers["socket"] for answers in found.values()}
    assert [done for done in ran() if page in done] == []


def test_no_rebound_page_writes_to_any_server(stage: Stage) -> None:
    rebindable = [(number, server) for number, server in enumerate(SERVERS) if not server.is_secure]
    for number, server in rebindable:
        page = f"http://{server.rebound(number)}"
        targets = [target(server, page, page)]
        targets[0]["metadata"] = False
        found = stage.run(page, "own", targets)[targets[0]["key"]]
        assert stage.front.wait_for(who(targets, set(OWN) - {"no-referrer form"})) == set()
        assert (found["json"], found["download"]) == (421, 421)
        assert found["socket"] != "opened"
    assert [done for done in ran() if "attacker.example" in done] == []


def test_nothing_that_may_write_is_refused(stage: Stage) -> None:
    count, failed = 0, []
    for server in SERVERS:
        targets = [target(server, "own")]
        kinds = set(OWN) if targets[0]["metadata"] else set(OWN) - {"no-referrer form"}
        found = stage.run(server.base, "own", targets)[targets[0]["key"]]
        count += len(found)
        failed += [
            f"{server.name}: {kind} {answer}" for kind, answer in found.items() if answer not in (200, "sent", True, "opened")
        ]
        assert stage.front.wait_for(who(targets, kinds)) == set()
        failed += sorted(who(targets, kinds) - set(server.ran))
        for origin in server.origins:
            if origin.startswith("http"):
                pages = [{**target(server, origin), "form": server.is_secure or origin.startswith("http:")}]
                answers = stage.run(origin, "listed", pages)[pages[0]["key"]]
                count += len(answers)
                failed += [
                    f"{origin}: {kind} {answer}" for kind, answer in answers.items() if answer not in (200, "sent", "opened")
                ]
                assert stage.front.wait_for(who(pages, set(answers))) == set()
                failed += sorted(who(pages, set(answers)) - set(server.ran))
    count += _without_browser(stage, failed)
    assert failed == []
    assert count >= 200


def _without_browser(stage: Stage, failed: list[str]) -> int:
    """Clients that are no browser, and webviews, whose origin no browser here can have."""
    curl = (("User-Agent", "curl/8.9"), ("Content-Type", "application/json"))
    count = 0
    with HttpClient() as client:
        for server in SERVERS:
            sent = {
                "curl": ("write", curl),
                "a script": ("write", ()),
                "a webhook": ("hooks/paid", (("Content-Type", "application/json"),)),
            }
            for origin in server.origins:
                if not origin.startswith("http"):
                    sent[origin] = ("write", (("Origin", origin), ("Sec-Fetch-Site", "cross-site")))
            for name, (path, lines) in sent.items():
                key = f"{server.name}/{name}"
                url = f"http://127.0.0.1:{stage.port}{server.prefix}/{path}?who={key.replace(' ', '%20')}"
                answer = client.read(WireRequest("POST", url, (("Host", server.authority), *lines)), body=b"{}")
                count += 1
                response = getattr(answer, "response", None)
                if not isinstance(response, WireResponse) or response.status != 200 or key not in server.ran:
                    failed.append(f"{key}: {response}")
    return count


def test_the_own_pages_of_a_service_worker_that_passes_everything_on_write(stage: Stage) -> None:
    if stage.name == "chromium":
        pytest.skip("the driver of Chromium blocks service workers")
    (server,) = [found for found in SERVERS if found.name == "notebook"]
    targets = [target(server, "worker")]
    stage.run(server.base, "throughWorker", targets)
    assert stage.front.wait_for(who(targets, {"worker json", "worker form"})) == set()
    assert who(targets, {"worker json", "worker form"}) <= set(server.ran)
