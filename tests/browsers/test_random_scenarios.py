"""The model against real browsers, on scenarios that nobody chose. `scripts/test-browsers --help` says how to replay one."""

from __future__ import annotations

import os
import random

import pytest

from corsense.browsers import Answered, RealBrowser
from corsense.check.agreement import compare, expected_lines
from corsense.fetch import Browser, NetworkError, Trace, WireRequest, WireResponse
from corsense.transports import drive
from tests.browsers.scenarios import Scenario, scenario

SEED = "CORSENSE_BROWSER_SEED"
SAMPLE = "CORSENSE_BROWSER_SAMPLE"
SAMPLES = {"chromium": 200, "firefox": 80, "webkit": 30}
"""How many scenarios take about as long in each."""


def foreseen(found: Scenario, browser: RealBrowser) -> Trace:
    def send(request: WireRequest) -> WireResponse | NetworkError:
        answered = found.answer(request, b"")
        return answered.response if isinstance(answered, Answered) else answered

    return drive(Browser(browser.name).fetch(found.request), send)


def reported(found: Scenario, browser: RealBrowser) -> str | None:
    """What the model and the browser do not agree on; None when they do."""
    before = foreseen(found, browser)
    seen = browser.fetch(found.request, found.answer, lines=len(expected_lines(before, browser.name)))
    trace, differences = compare(found.request, browser.name, seen)
    if not differences and trace.outcome.__class__ is before.outcome.__class__:
        return None
    lines = [f"{SEED}={found.number} {SAMPLE}=1 scripts/test-browsers -k {browser.name}", f"    {found.request}"]
    lines += [f"    {exchange.request.method} {exchange.request.url} -> {exchange.response}" for exchange in seen.exchanges]
    for difference in differences:
        lines += [f"    {difference.aspect}", f"      model   {difference.model}", f"      browser {difference.browser}"]
    return "\n".join(lines)


def test_model_and_browser_agree_on_a_random_sample(browser: RealBrowser) -> None:
    seed = int(os.environ.get(SEED) or random.SystemRandom().randrange(10**9))
    size = int(os.environ.get(SAMPLE) or SAMPLES[browser.name])
    print(f"{size} scenarios from {SEED}={seed} in {browser.version}")
    sample = sorted(map(scenario, range(seed, seed + size)), key=lambda found: found.request.origin)
    disagreements = [text for found in sample if (text := reported(found, browser)) is not None]
    if disagreements:
        pytest.fail(f"{len(disagreements)} of {size} from {SEED}={seed} differ:\n" + "\n".join(disagreements), pytrace=False)


def test_a_number_always_makes_the_same_scenario() -> None:
    assert scenario(7) == scenario(7)
    assert len({scenario(number).request for number in range(50)}) > 40
