"""Every example is checked, and repaired, as a user would: the finding, the place, the browser's reason, the proof."""

from __future__ import annotations

import importlib.util
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal, cast

import pytest
from fastapi.testclient import TestClient

from corsense.app.session import AppSession
from corsense.app.target import AppTarget
from corsense.check.request import CheckRequest, read_header, read_operation
from corsense.check.results import Report
from corsense.fetch import Allowed, Blocked
from corsense.fix.app import AppFix
from corsense.fix.result import FixOptions, FixResult
from corsense.fix.write import write_all
from tests.causes.visits import visit
from tests.cli.commands import Ran, corsense
from tests.examples.scenarios import FOLDER, Scenario, load

EXAMPLES = load("example")
HARMLESS = load("harmless")

GUESSED = {
    "crash-in-the-endpoint", "default-port", "handler-for-every-exception", "https-redirect", "preview-deployments",
    "redirect-to-another-host", "session-across-sites",
}  # fmt: skip
"""What takes more than a policy: repaired with `--unsafe-fixes` only."""

NOT_OURS_TO_REPAIR = {"origin-check", "login-by-fetch", "page-opened-from-disk"}
"""Here the page has to be opened from elsewhere, or to navigate, or a list that is not of CORS lacks the page. What edit there is
would let in anybody."""

CRASHING = {"crash-in-the-endpoint", "handler-for-every-exception"}
"""Repaired, they answer 500, which the page may read; the test client raises it."""


def check(kind: str, scenario: Scenario) -> Ran:
    return corsense("check", "main:app", *scenario.options, "--format", "json", folder=FOLDER / kind / scenario.name)


@pytest.mark.parametrize("scenario", EXAMPLES, ids=lambda scenario: scenario.name)
def test_the_broken_app_is_found_out_and_repaired(scenario: Scenario, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = FOLDER / "broken" / scenario.name / "main.py"
    copy = tmp_path / "main.py"
    shutil.copy(source, copy)
    monkeypatch.chdir(tmp_path)
    fix_result = repair_of(scenario, FixOptions(unsafe=scenario.name in GUESSED))
    assert fix_result.found is not None
    assert_found(fix_result.found, scenario)
    write_all(fix_result.edits)
    if scenario.name in NOT_OURS_TO_REPAIR:
        assert copy.read_bytes() == source.read_bytes()
        assert fix_result.remaining
        return
    # The findings that remain are those of the text that is written: `check` would say the same.
    assert [edit.after for edit in fix_result.edits] == ([] if scenario.status == 0 else [copy.read_text("utf-8")])
    assert fix_result.remaining == ()
    done = [repair for repair in fix_result.repairs if repair.applied]
    assert all(repair.verified for repair in done)
    assert any(not repair.is_safe for repair in done) == (scenario.name in GUESSED)
    assert_browsers_agree(scenario, copy)


def repair_of(scenario: Scenario, fix_options: FixOptions) -> FixResult:
    """What `corsense fix` does with the app in the working directory."""
    credentials = cast("Literal['include'] | None", None if scenario.credentials == "same-origin" else scenario.credentials)
    asked = CheckRequest(
        (scenario.origin,),
        (read_operation(scenario.request),),
        tuple(read_header(header) for header in scenario.headers),
        credentials,
        run_endpoints=scenario.run_endpoints,
    )
    target = AppTarget.parse("main:app")
    with AppSession.start(target, lifespan=asked.run_endpoints, output="none") as session:
        return AppFix(target, asked, fix_options).run(session)


def assert_found(report: Report, scenario: Scenario) -> None:
    """The finding, its place, its severity and the browser's reason are what the manifest says."""
    found = [finding for finding in report.findings if finding.cause.slug == scenario.finding]
    assert found, [finding.cause.slug for finding in report.findings]
    assert any(finding.severity != "info" for finding in found) == report.found_something == (scenario.status == 1)
    if scenario.place:
        lines = (FOLDER / "broken" / scenario.name / "main.py").read_text(encoding="utf-8").splitlines()
        places = [finding.place for finding in found if finding.place is not None]
        assert any(points_at(place.line, place.end_line, scenario.place, lines) for place in places), found
    if scenario.error:
        outcomes = [result.trace.outcome for result in report.results if result.situation == scenario.situation]
        assert scenario.error in [str(outcome.error) for outcome in outcomes if isinstance(outcome, Blocked)]


def assert_browsers_agree(scenario: Scenario, path: Path) -> None:
    """The repaired app, imported here, lets the page in, and not the untrusted one."""
    app = app_at(path)
    with TestClient(app):
        if scenario.name not in CRASHING:
            assert isinstance(visit(app, scenario.fetch).outcome, Allowed)
        if scenario.untrusted_page:
            assert isinstance(visit(app, replace(scenario.fetch, origin=scenario.untrusted_page)).outcome, Blocked)


def app_at(path: Path) -> Any:
    spec = importlib.util.spec_from_file_location(f"repaired_{path.parent.name}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.app


def test_the_command_repairs_what_the_command_finds(tmp_path: Path) -> None:
    scenario = next(scenario for scenario in EXAMPLES if scenario.name == "auth-outside")
    shutil.copy(FOLDER / "broken" / scenario.name / "main.py", tmp_path)
    assert corsense("fix", "main:app", *scenario.options, "--write", folder=tmp_path).status == 0
    repaired = (tmp_path / "main.py").read_bytes()
    assert corsense("check", "main:app", *scenario.options, folder=tmp_path).status == 0
    again = corsense("fix", "main:app", *scenario.options, "--write", folder=tmp_path)
    assert again.status == 0
    assert "Nothing to fix." in again.out
    assert (tmp_path / "main.py").read_bytes() == repaired


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
def test_what_only_looks_like_a_fault_is_not_reported(scenario: Scenario) -> None:
    ran = check("harmless", scenario)
    assert ran.status == 0, ran.document["findings"] if ran.out else ran.err
