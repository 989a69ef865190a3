"""Every scenario of `examples/` in real browsers: the broken app, and the repaired one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from corsense.browsers import BrowserObservation, RealBrowser, cannot_be_made
from corsense.check.agreement import compare
from corsense.console.parse import parse
from corsense.fetch import Browser, NetworkError
from corsense.fetch.trace import EngineName
from corsense.transports import drive
from corsense.transports.http import HttpClient
from tests.browsers.served import forward, serving
from tests.examples.scenarios import Scenario, app_of, load

EXAMPLES = [scenario for scenario in load("example") if cannot_be_made(scenario.fetch) is None and scenario.outcome != "failed"]
HARMLESS = list(load("harmless"))


@pytest.fixture(scope="module")
def client() -> Iterator[HttpClient]:
    with HttpClient() as found:
        yield found


def of_this_round(browser: RealBrowser, scenarios: list[Scenario], *, every: bool = False) -> list[Scenario]:
    """One of each row of the article, by origin; `every` one in Chromium, which is quick."""
    scenarios = sorted(scenarios, key=lambda scenario: (scenario.origin, scenario.row))
    if browser.name == "chromium" and every:
        return scenarios
    if browser.name == "webkit":  # which takes plain http on this machine for mixed content, where the page is on https
        scenarios = [scenario for scenario in scenarios if not scenario.origin.startswith("https://")]
    return list({scenario.row: scenario for scenario in reversed(scenarios)}.values())


def visit(browser: RealBrowser, scenario: Scenario, kind: str, client: HttpClient) -> BrowserObservation:
    """Make the request of a scenario, and insist that the model says the same."""
    request = scenario.once_repaired.fetch if kind == "repaired" else scenario.fetch
    with serving(app_of(kind, scenario.name)) as port:
        seen = browser.fetch(request, forward(port, client), lines=lines_of(browser.name, scenario, kind))
    assert not any(isinstance(exchange.response, NetworkError) for exchange in seen.exchanges), scenario.name
    _, differences = compare(request, browser.name, seen)
    assert differences == (), scenario.name
    return seen


def lines_of(engine: EngineName, scenario: Scenario, kind: str) -> int:
    """How many lines at least the console will show: a refused request is never passed over in silence."""
    refused = NetworkError("refused")
    trace = drive(Browser(engine).fetch(scenario.fetch), lambda _: refused)
    return len(trace.console(engine)[:1]) if kind == "broken" and scenario.outcome == "blocked" else 0


def test_browsers_do_with_the_broken_apps_what_the_manifest_says(browser: RealBrowser, client: HttpClient) -> None:
    for scenario in of_this_round(browser, EXAMPLES, every=True):
        seen = visit(browser, scenario, "broken", client)
        assert seen.allowed == (scenario.outcome == "allowed"), scenario.name
        if browser.name == "chromium":
            assert (seen.error or "") == scenario.error, scenario.name
        elif not seen.allowed:
            assert any(message.is_cors for message in parse("\n".join(seen.console))), scenario.name


def test_browsers_let_the_same_requests_through_to_the_repaired_apps(browser: RealBrowser, client: HttpClient) -> None:
    for scenario in of_this_round(browser, EXAMPLES):
        assert visit(browser, scenario, "repaired", client).allowed, scenario.name


def test_browsers_mind_nothing_about_the_harmless_apps(browser: RealBrowser, client: HttpClient) -> None:
    for scenario in of_this_round(browser, HARMLESS):
        assert visit(browser, scenario, "harmless", client).allowed, scenario.name
