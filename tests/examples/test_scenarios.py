"""The manifest of `examples/` tells the truth about the apps, whatever tool looks at them."""

from __future__ import annotations

import shlex
from dataclasses import replace

import pytest
from fastapi.testclient import TestClient
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocketDisconnect

from corsense.causes import cause
from corsense.fetch import Allowed, Blocked
from tests.causes.visits import visit
from tests.examples.scenarios import FOLDER, Scenario, app_of, load, manifest

EXAMPLES = load("example")
HARMLESS = load("harmless")

each_example = pytest.mark.parametrize("scenario", EXAMPLES, ids=lambda scenario: scenario.name)
each_harmless = pytest.mark.parametrize("scenario", HARMLESS, ids=lambda scenario: scenario.name)
each_open_door = pytest.mark.parametrize(
    "scenario", [scenario for scenario in EXAMPLES if scenario.untrusted_page], ids=lambda scenario: scenario.name
)


@each_example
def test_a_browser_does_with_the_broken_app_what_the_manifest_says(scenario: Scenario) -> None:
    app = app_of("broken", scenario.name)
    if scenario.outcome == "failed":
        with pytest.raises(RuntimeError), TestClient(app):
            pass
        return
    outcome = visit(app, scenario.fetch).outcome
    if scenario.outcome == "allowed":
        assert isinstance(outcome, Allowed)
        assert scenario.error == ""
    else:
        assert isinstance(outcome, Blocked)
        assert outcome.error == scenario.error


@each_example
def test_a_browser_lets_the_same_request_through_to_the_repaired_app(scenario: Scenario) -> None:
    app = app_of("repaired", scenario.name)
    with TestClient(app):
        assert isinstance(visit(app, scenario.once_repaired.fetch).outcome, Allowed)


@each_open_door
def test_an_untrusted_page_is_let_in_by_the_broken_app_and_not_by_the_repaired_one(scenario: Scenario) -> None:
    request = replace(scenario.fetch, origin=scenario.untrusted_page)
    assert isinstance(visit(app_of("broken", scenario.name), request).outcome, Allowed)
    assert isinstance(visit(app_of("repaired", scenario.name), request).outcome, Blocked)


@each_example
def test_the_finding_is_a_cause_of_the_catalogue(scenario: Scenario) -> None:
    assert cause(scenario.finding).severity in {"error", "warning"}


@each_example
def test_the_place_is_one_line_of_the_broken_app(scenario: Scenario) -> None:
    lines = (FOLDER / "broken" / scenario.name / "main.py").read_text("utf-8").splitlines()
    assert sum(scenario.place in line for line in lines) == 1


@each_example
def test_the_twins_differ_and_are_small(scenario: Scenario) -> None:
    broken, repaired = ((FOLDER / kind / scenario.name / "main.py").read_text("utf-8") for kind in ("broken", "repaired"))
    assert broken != repaired
    assert len(broken.splitlines()) <= 50


@each_harmless
def test_a_browser_has_nothing_against_the_harmless_apps(scenario: Scenario) -> None:
    assert isinstance(visit(app_of("harmless", scenario.name), scenario.fetch).outcome, Allowed)


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        ("broken", [scenario.name for scenario in EXAMPLES]),
        ("repaired", [scenario.name for scenario in EXAMPLES]),
        ("harmless", [scenario.name for scenario in HARMLESS]),
    ],
)
def test_every_folder_has_a_scenario_and_every_scenario_a_folder(kind: str, names: list[str]) -> None:
    assert sorted(path.parent.name for path in (FOLDER / kind).glob("*/main.py")) == sorted(names)


@pytest.mark.parametrize("scenario", [*EXAMPLES, *HARMLESS], ids=lambda scenario: scenario.name)
def test_the_readme_shows_the_command_of_every_scenario(scenario: Scenario) -> None:
    rows = (FOLDER / "README.md").read_text("utf-8").splitlines()
    (row,) = (row for row in rows if row.startswith(f"| [{scenario.name}]"))
    command = row.split("`corsense check ")[1].split("`")[0]
    typed = shlex.split(command)
    assert typed[0] == "main:app"
    plain = ["--header", "Content-Type: application/json"]
    wanted = scenario.options
    if wanted[4:6] == plain:
        wanted = wanted[:4] + wanted[6:]
    assert typed[1:] == wanted
    assert scenario.finding in row


def test_every_scenario_of_the_article_has_an_example() -> None:
    assert {1, 2, 3, 4, 5, 6, 11, 12, 14, 15, 16, 17, 18, 21} <= {scenario.row for scenario in (*EXAMPLES, *HARMLESS)}


def test_the_hidden_header_is_sent_by_both_twins_and_readable_from_the_repaired_one() -> None:
    (scenario,) = (scenario for scenario in EXAMPLES if scenario.finding == "header-not-exposed")
    before, after = (visit(app_of(kind, scenario.name), scenario.fetch) for kind in ("broken", "repaired"))
    assert before.response is not None
    assert before.response.header("x-total-count") == "4"
    assert isinstance(before.outcome, Allowed)
    assert isinstance(after.outcome, Allowed)
    assert "x-total-count" not in before.outcome.exposed
    assert "x-total-count" in after.outcome.exposed


def test_vary_is_missing_before_and_there_after() -> None:
    (scenario,) = (scenario for scenario in EXAMPLES if scenario.finding == "vary-origin-missing")
    before, after = (visit(app_of(kind, scenario.name), scenario.fetch).response for kind in ("broken", "repaired"))
    assert before is not None
    assert after is not None
    assert before.header("vary") is None
    assert after.header("vary") == "Origin"


def test_the_session_cookie_may_cross_sites_after_the_repair() -> None:
    (scenario,) = (scenario for scenario in EXAMPLES if scenario.finding == "cookie-not-sent")
    before, after = (visit(app_of(kind, scenario.name), scenario.fetch).response for kind in ("broken", "repaired"))
    assert before is not None
    assert after is not None
    assert "samesite=lax" in (before.header("set-cookie") or "")
    assert "samesite=none; secure" in (after.header("set-cookie") or "")


def test_the_chat_accepts_an_untrusted_page_before_the_repair_only() -> None:
    (scenario,) = (scenario for scenario in EXAMPLES if scenario.finding == "websocket-origin-unchecked")
    untrusted_page = {"Origin": "https://evil.example"}
    broken, repaired = (app_of(kind, scenario.name) for kind in ("broken", "repaired"))
    assert any(isinstance(route, WebSocketRoute) for route in broken.routes)
    with TestClient(broken).websocket_connect("/api/rooms/kitchen", headers=untrusted_page) as socket:
        socket.send_text("hello")
        assert socket.receive_text() == "kitchen: hello"
    with (
        pytest.raises(WebSocketDisconnect),
        TestClient(repaired).websocket_connect("/api/rooms/kitchen", headers=untrusted_page),
    ):
        pass


def test_the_vote_is_counted_although_the_page_learns_that_it_failed() -> None:
    (scenario,) = (scenario for scenario in EXAMPLES if scenario.name == "options-by-hand-with-headers")
    trace = visit(app_of("broken", scenario.name), scenario.fetch)
    assert [exchange.request.method for exchange in trace.exchanges] == ["OPTIONS", "POST"]


@pytest.mark.parametrize("method_and_path", ["GET /api/items", "POST /api/items", "DELETE /api/items/1", "POST /api/orders"])
def test_every_call_of_the_demo_is_blocked(method_and_path: str) -> None:
    origin = manifest()["demo"]["origin"]
    headers = ("Content-Type: application/json", "X-API-Key: let me in")
    scenario = Scenario("demo", 1, method_and_path, origin, headers=headers)
    assert isinstance(visit(app_of("demo"), scenario.fetch).outcome, Blocked)


def test_the_demo_lets_an_untrusted_page_in() -> None:
    scenario = Scenario("demo", 14, "GET /api/items", "https://pr-7.tea-previewsxexample.com", "include")
    assert isinstance(visit(app_of("demo"), scenario.fetch).outcome, Allowed)


def test_the_findings_of_the_demo_are_causes_of_the_catalogue() -> None:
    findings = manifest()["demo"]["findings"]
    assert [cause(slug).slug for slug in findings] == findings
