"""Findings for machines: SARIF and GitHub's annotations."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from corsense.causes import cause
from corsense.finding import Edit, Finding, Fix, Place
from corsense.report.github import workflow_commands
from corsense.report.sarif import sarif
from tests.cli.commands import corsense
from tests.examples.scenarios import FOLDER

DATA = Path(__file__).parents[1] / "data"
FINDING = Finding(
    cause("method-not-allowed"), "100% of: it,\nis wrong", "error", Place("app/main.py", 3, 5, 3, 40), remedy="Mend it."
)

SARIF = Draft202012Validator(json.loads((DATA / "sarif" / "sarif-2.1.0.json").read_text(encoding="utf-8")))


def test_an_annotation_names_file_and_line_and_escapes_what_would_end_it() -> None:
    (line,) = workflow_commands([FINDING])
    assert line == (
        "::error title=CORS601 method-not-allowed,file=app/main.py,line=3,endLine=3,col=5::100%25 of: it,%0Ais wrong%0AMend it."
    )


def test_information_is_a_notice() -> None:
    (line,) = workflow_commands([Finding(cause("wildcard-origins"), "As it should be.", "info")])
    assert line == "::notice title=CORS304 wildcard-origins::As it should be."


def test_a_sarif_log_has_each_rule_once_and_each_result_with_its_region() -> None:
    run = sarif([FINDING, FINDING])["runs"][0]
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == ["CORS601"]
    assert len(run["results"]) == 2
    region = run["results"][0]["locations"][0]["physicalLocation"]["region"]
    assert region == {"startLine": 3, "startColumn": 5, "endLine": 3, "endColumn": 40}


@pytest.mark.parametrize("findings", [[], [FINDING], [Finding(cause("wildcard-origins"), "No place.", "info")]])
def test_a_sarif_log_is_valid_by_the_published_schema(findings: list[Finding]) -> None:
    SARIF.validate(sarif(findings))


@pytest.fixture
def example() -> Path:
    return FOLDER / "broken" / "delete-forgotten"


def test_the_command_prints_sarif_whose_fix_replaces_the_lines_that_change(example: Path) -> None:
    ran = corsense("check", "main:app", "--origin", "http://localhost:3000", "--format", "sarif", folder=example)
    assert ran.status == 1
    SARIF.validate(json.loads(ran.out))
    result = json.loads(ran.out)["runs"][0]["results"][0]
    assert result["ruleId"] == "CORS601"
    change = result["fixes"][0]["artifactChanges"][0]
    lines = (example / "main.py").read_text(encoding="utf-8").split("\n")
    (replacement,) = change["replacements"]
    deleted = replacement["deletedRegion"]
    assert deleted["startLine"] == deleted["endLine"]
    assert deleted["startColumn"] == deleted["endColumn"]
    line = lines[deleted["startLine"] - 1]
    repaired = line[: deleted["startColumn"] - 1] + replacement["insertedContent"]["text"] + line[deleted["endColumn"] - 1 :]
    assert repaired == line.replace('"POST"', '"POST", "DELETE"')


LINES = st.lists(st.sampled_from(["a = 1", "b = [1, 2]", "", "c", "\U0001f600é = 1"]), max_size=6)


@given(before=LINES, after=LINES, ends=st.sampled_from(["\n", ""]))
@settings(deadline=None)
def test_the_replacements_of_a_sarif_log_make_the_repaired_file(before: list[str], after: list[str], ends: str) -> None:
    old, new = "\n".join(before) + ends, "\n".join(after) + ends
    fix = Fix("repair", (Edit("main.py", old, new),))
    result = sarif([replace(FINDING, fix=fix)])["runs"][0]["results"][0]
    made = old
    for change in reversed(result["fixes"][0]["artifactChanges"][0]["replacements"]):
        region = change["deletedRegion"]
        first, last = (
            offset(old, region["startLine"], region["startColumn"]),
            offset(old, region["endLine"], region["endColumn"]),
        )
        made = made[:first] + change["insertedContent"]["text"] + made[last:]
    assert made == new


def offset(text: str, line: int, column: int) -> int:
    """Where a line and column are in a text."""
    return sum(len(row) + 1 for row in text.split("\n")[: line - 1]) + column - 1


def test_a_sarif_log_links_to_the_schema_the_tool_and_the_rule() -> None:
    log = sarif([FINDING])
    driver = log["runs"][0]["tool"]["driver"]
    assert log["$schema"].endswith("sarif-schema-2.1.0.json")
    assert driver["informationUri"] == "https://github.com/corsense/corsense"
    assert driver["rules"][0]["helpUri"].endswith("/src/corsense/causes/method_not_allowed.py")


def test_the_command_prints_annotations(example: Path) -> None:
    ran = corsense("check", "main:app", "--origin", "http://localhost:3000", "--format", "github", folder=example)
    assert ran.status == 1
    assert ran.out.startswith("::error title=CORS601 method-not-allowed,file=main.py,line=")
