"""Each broken app of `examples/`, called by its page: the inspector names the cause that `corsense check` names."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from corsense.app.target import AppTarget
from corsense.dev.inspector.explaining import Explainer, key_of
from corsense.dev.inspector.judging import Judge, JudgedCall
from corsense.dev.inspector.session import Explanation
from tests.dev.inspector.live import browse, judged
from tests.examples.scenarios import FOLDER, Scenario, app_of, load

NOT_IN_THE_CALL = {
    "null-origin-listed": "the page of a file is allowed; that any other opaque page is, too, is not in its call",
    "string-origins": "the string happens to contain the page's origin; that it contains others is not in the call",
    "wildcard-and-credentials": "the page sends no cookies, and is allowed",
    "reflecting-middleware": "the page is allowed; that every page is allowed is not in its call",
    "insecure-twin": "the page on https is allowed; its twin on http makes no call",
    "regex-dot": "the page is allowed; a look-alike makes no call",
    "regex-any-prefix": "the page is allowed; a look-alike makes no call",
    "preview-deployments": "the page is allowed; a page of the same suffix makes no call",
    "websocket-for-everyone": "the page's handshake is accepted; a page of another site makes none",
}
"""Faults that show only to a page of somebody else, with the reason: no call of the app's own page has them."""
EXAMPLES = load("example")


@pytest.fixture
def explainer(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[Explainer]:
    scenario: Scenario = request.getfixturevalue("scenario")
    monkeypatch.chdir(FOLDER / "broken" / scenario.name)
    found = Explainer(AppTarget.parse("main:app"))
    yield found
    found.close()


def called(scenario: Scenario) -> JudgedCall:
    """The verdict on the call of an example's page, once it is clear that no request follows a preflight."""
    _, noted = browse(app_of("broken", scenario.name), scenario.fetch, cookies=scenario.credentials == "include")
    (verdict,) = judged(noted)
    return (Judge("main:app").settled(verdict.call) or verdict) if verdict.verdict == "waiting" else verdict


def lines(explanation: Explanation) -> list[str]:
    """The lines that the findings point at, from the first of each to its last."""
    source = Path("main.py").read_text("utf-8").splitlines()
    places = [finding.place for finding in explanation.findings if finding.place is not None]
    return [line for place in places for line in source[: place.end_line or place.line]]


@pytest.mark.parametrize(
    "scenario", [each for each in EXAMPLES if each.name not in NOT_IN_THE_CALL], ids=lambda scenario: scenario.name
)
def test_the_cause_of_a_live_call_is_the_one_that_check_names(scenario: Scenario, explainer: Explainer) -> None:
    verdict = called(scenario)
    assert key_of(verdict) is not None
    explanation = explainer.explain(verdict, 1)
    assert explanation is not None
    assert scenario.finding in {finding.cause.slug for finding in explanation.findings}
    assert any(scenario.place in line for line in lines(explanation))
    assert all(finding.fix is None or finding.fix.verified for finding in explanation.findings)


@pytest.mark.parametrize(
    "scenario", [each for each in EXAMPLES if each.name in NOT_IN_THE_CALL], ids=lambda scenario: scenario.name
)
def test_a_fault_that_is_not_in_the_call_raises_no_alarm(scenario: Scenario) -> None:
    verdict = called(scenario)
    assert (verdict.verdict, key_of(verdict)) == ("allowed", None)


@pytest.mark.parametrize("scenario", load("harmless"), ids=lambda scenario: scenario.name)
def test_a_harmless_app_raises_no_alarm(scenario: Scenario) -> None:
    _, noted = browse(app_of("harmless", scenario.name), scenario.fetch, cookies=scenario.credentials == "include")
    assert [(each.verdict, key_of(each)) for each in judged(noted)] in ([], [("allowed", None)])
