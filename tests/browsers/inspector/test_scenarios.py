"""The scenarios of `examples/` as people meet them: a frontend page calls the broken API, and the inspector says what the browser
did, and why."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.browsers.inspector.stage import API, FRONTEND, Stage, call, inspecting
from tests.examples.scenarios import FOLDER, Scenario, load

pytestmark = pytest.mark.xdist_group("inspector")

SHOWN = (
    *("no-cors-middleware", "wrong-scheme", "wrong-port", "localhost-and-127", "trailing-slash", "no-scheme"),
    *("page-opened-from-disk", "wildcard-for-a-login", "regex-list", "cookies-not-allowed", "auth-outside", "origin-check"),
    *("cors-twice", "mounted-apps", "crash-in-the-endpoint", "handler-for-every-exception", "headers-twice", "options-by-hand"),
    *(
        "headers-by-hand",
        "https-redirect",
        "slash-redirect",
        "redirect-to-another-host",
        "post-with-the-defaults",
        "token-header",
    ),
    *("pagination-header", "cached-without-vary", "setting-with-spaces"),
)
SCENARIOS = [scenario for scenario in load("example") if scenario.name in SHOWN]
WITHOUT_EDIT = frozenset(
    {
        *("page-opened-from-disk", "origin-check", "crash-in-the-endpoint", "handler-for-every-exception"),
        *("https-redirect", "redirect-to-another-host"),
    }
)
"""Scenarios for which `corsense check` says what to do, and has no edit that it could prove."""


def test_the_scenarios_have_twenty_causes_and_more() -> None:
    assert len(SCENARIOS) == len(SHOWN)
    assert len({scenario.finding for scenario in SCENARIOS}) >= 20


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_the_list_says_what_the_browser_did_and_why(stage: Stage, scenario: Scenario, tmp_path: Path) -> None:
    with inspecting(stage, FOLDER / "broken" / scenario.name):
        page = stage.open(f"{API}/__corsense__/")
        page.locator("#state.live").wait_for()
        saw = asked_by_a_page(stage, scenario, tmp_path)
        line = page.locator("#list button", has=page.locator(".why")).first
        line.wait_for()
        line.click()
        page.locator("#details .where code").get_by_text(scenario.finding, exact=True).first.wait_for()
        verdict = line.locator(".verdict").inner_text().split()[-1]
        assert (verdict == "blocked") is not saw["passed"], saw
        assert verdict in (("blocked",) if scenario.outcome == "blocked" else ("hidden", "allowed"))
        if scenario.error:
            assert page.locator("#details > p > code").inner_text() == scenario.error
        if scenario.name not in WITHOUT_EDIT:
            page.locator("#details .diff").first.wait_for()
            assert page.locator("#details .fix .verdict").first.inner_text().startswith("✓ tried")
            page.locator("#apply").wait_for()


def asked_by_a_page(stage: Stage, scenario: Scenario, folder: Path) -> dict[str, Any]:
    """What script of a page of the scenario's origin got."""
    address = scenario.origin
    if address == "null":
        (folder / "page.html").write_text("<!DOCTYPE html><title>Opened from disk</title>")
        address = (folder / "page.html").as_uri()
    asked = scenario.fetch
    body = asked.body if isinstance(asked.body, str) else None
    return call(stage.open(address), asked.method, asked.url, dict(asked.headers), asked.credentials, body)


def test_a_request_that_passes_is_shown_as_allowed(stage: Stage) -> None:
    with inspecting(stage, FOLDER / "repaired" / "trailing-slash"):
        page = stage.open(f"{API}/__corsense__/")
        saw = call(stage.open(FRONTEND), "POST", f"{API}/api/users", {"Content-Type": "application/json"}, "same-origin", "{}")
        assert saw["passed"]
        line = page.locator("#list button")
        line.wait_for()
        assert line.locator(".verdict").inner_text().split() == ["✓", "allowed"]
        assert line.locator(".why").count() == 0
