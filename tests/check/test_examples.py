"""Every example is checked as a user would: the finding, the place, the browser's reason and the exit status."""

from __future__ import annotations

import pytest

from tests.cli.commands import Ran, corsense
from tests.examples.scenarios import FOLDER, Scenario, load

EXAMPLES = load("example")
HARMLESS = load("harmless")


def check(kind: str, scenario: Scenario) -> Ran:
    return corsense("check", "main:app", *scenario.options, "--format", "json", folder=FOLDER / kind / scenario.name)


@pytest.mark.parametrize("scenario", EXAMPLES, ids=lambda scenario: scenario.name)
def test_the_broken_app_is_found_out(scenario: Scenario) -> None:
    ran = check("broken", scenario)
    found = [finding for finding in ran.document["findings"] if finding["slug"] == scenario.finding]
    assert found, ran.slugs()
    assert any(finding["severity"] != "info" for finding in found) == (ran.status == 1), ran.err
    assert ran.status == scenario.status
    assert all(finding["fix"]["diff"].startswith("--- a/") for finding in found if finding["fix"])
    if scenario.place:
        lines = (FOLDER / "broken" / scenario.name / "main.py").read_text(encoding="utf-8").splitlines()
        assert any(points_at(finding["line"], finding["end_line"], scenario.place, lines) for finding in found), found
    if scenario.error:
        errors = [result["error"] for result in ran.document["results"] if result["scenario"] == scenario.situation]
        assert scenario.error in errors


def points_at(line: int | None, end_line: int | None, text: str, lines: list[str]) -> bool:
    """Whether a finding's span lies in the statement that begins with the line that holds `text`."""
    if line is None:
        return False
    start = next(number for number, source in enumerate(lines, 1) if text in source)
    end = next((number for number in range(start, len(lines) + 1) if not lines[number - 1].strip()), len(lines))
    return start <= line <= end and (end_line or line) <= end


@pytest.mark.parametrize("scenario", EXAMPLES, ids=lambda scenario: scenario.name)
def test_the_repaired_app_is_left_in_peace(scenario: Scenario) -> None:
    ran = check("repaired", scenario.once_repaired)
    assert ran.status == 0, ran.document["findings"] if ran.out else ran.err
    assert all(finding["severity"] == "info" for finding in ran.document["findings"])


@pytest.mark.parametrize("scenario", HARMLESS, ids=lambda scenario: scenario.name)
def test_what_only_looks_like_a_fault_is_none(scenario: Scenario) -> None:
    ran = check("harmless", scenario)
    assert ran.status == 0, ran.document["findings"] if ran.out else ran.err
