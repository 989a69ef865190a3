"""Each scenario is what it says: broken as it was found, repaired by what corsense proposes."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Iterator
from importlib.resources import files

import pytest

from corsense.causes import cause
from corsense.demo import Demo, Scenario, scenarios
from corsense.demo.server import LocalServer, PortTakenError
from corsense.fetch import Allowed, Blocked, Trace
from tests.middleware.versions import needs_star_without_cookies

ALL = scenarios()
each = pytest.mark.parametrize(
    "scenario",
    [
        pytest.param(
            scenario, marks=needs_star_without_cookies if scenario.name == "wildcard_and_credentials" else (), id=scenario.name
        )
        for scenario in ALL
    ],
)


@pytest.fixture(scope="module")
def demo() -> Iterator[Demo]:
    with Demo() as running:
        yield running


def serves_its_purpose(scenario: Scenario, trace: Trace) -> bool:
    """Whether who should read the answer can, and who should not cannot."""
    outcome = trace.outcome
    if scenario.kind == "open door":
        return isinstance(outcome, Blocked)
    return isinstance(outcome, Allowed) and (scenario.reads is None or scenario.reads in outcome.exposed)


@each
def test_the_fault_is_there_found_and_gone_once_repaired(demo: Demo, scenario: Scenario) -> None:
    assert serves_its_purpose(scenario, demo.judge(scenario.name, "broken")) is not scenario.has_repair
    analysis = demo.analysis(scenario.name)
    if not scenario.has_repair:
        assert analysis.finding is None
        assert not analysis.report.found_something
        return
    assert analysis.finding is not None
    assert analysis.finding.cause.slug == scenario.finding
    assert analysis.repaired is not None
    assert serves_its_purpose(scenario, demo.judge(scenario.name, "repaired"))
    assert analysis.finding.fix is not None
    if analysis.repaired_by == "corsense":
        assert analysis.finding.fix.verified is True
    else:
        assert scenario.by_hand is not None
        assert analysis.finding.fix.verified is None
    assert {edit.file for edit in analysis.finding.fix.edits} == {"main.py"}


def test_the_page_that_is_meant_to_use_the_api_keeps_its_access(demo: Demo) -> None:
    """Keeping an untrusted page out is worth nothing when everyone is kept out."""
    for scenario in ALL:
        if scenario.kind == "open door":
            repaired = demo.analysis(scenario.name).repaired
            assert repaired is not None
            address = demo.server(scenario.name, "repaired") + scenario.path
            friend = scenario.friendly_origin(demo.port)
            with urllib.request.urlopen(urllib.request.Request(address, headers={"Origin": friend}), timeout=5) as answer:
                assert answer.headers["Access-Control-Allow-Origin"] == friend


def test_every_row_of_the_article_that_an_app_can_show_has_a_scenario() -> None:
    assert {1, 2, 3, 4, 5, 6, 12, 14, 15, 17, 18} <= {scenario.row for scenario in ALL}


def test_every_source_belongs_to_a_scenario_and_every_finding_is_a_cause() -> None:
    folder = files("corsense.demo") / "scenarios"
    sources = {path.name.partition(".")[0] for path in folder.iterdir() if path.name.endswith(".py")}
    assert sources == {scenario.name for scenario in ALL}
    for scenario in ALL:
        assert bool(scenario.finding) is scenario.has_repair
        assert not scenario.finding or cause(scenario.finding).severity in ("error", "warning")


def test_port_3000_of_the_sources_becomes_that_of_the_page() -> None:
    (scenario,) = [one for one in ALL if one.name == "wrong_port"]
    assert '"http://localhost:5173"' in scenario.broken(4444)
    (scenario,) = [one for one in ALL if one.name == "trailing_slash"]
    assert '"http://localhost:4444/"' in scenario.broken(4444)
    assert "3000" not in scenario.broken(4444)


def test_when_it_is_over_no_port_answers_and_no_file_is_left() -> None:
    with Demo(ALL[:1]) as running:
        url, folder = running.url, running.folder
        with urllib.request.urlopen(url, timeout=5) as answer:
            assert answer.status == 200
        assert (folder / ALL[0].name / "main.py").is_file()
        with pytest.raises(urllib.error.HTTPError, match="503"):
            urllib.request.urlopen(running.server(ALL[0].name, "repaired"), timeout=5)
    assert not folder.exists()
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(url, timeout=5)


def test_a_port_that_is_taken_is_named() -> None:
    with LocalServer() as other:
        taken = other.add()
        with pytest.raises(PortTakenError, match=str(taken)):
            Demo(ALL[:1], port=taken).__enter__()


def test_a_page_of_another_name_is_not_served(demo: Demo) -> None:
    """A name that somebody else points at this machine must not read what the demo says."""
    request = urllib.request.Request(f"{demo.url}api/demo", headers={"Host": f"rebound.example:{demo.port}"})
    with pytest.raises(urllib.error.HTTPError, match="400"):
        urllib.request.urlopen(request, timeout=5)
