"""What `corsense check` says about a scenario, and the repair that it proposes and has tried."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from corsense.app.session import AppSession
from corsense.app.target import AppTarget
from corsense.check.app import AppCheck
from corsense.check.request import CheckOperation, CheckRequest
from corsense.check.results import Report, Result
from corsense.demo.scenario import Scenario
from corsense.finding import Edit, Finding, Fix
from corsense.fix.verified import check_with_fixes

_TIME_LIMIT = 60.0


@dataclass(frozen=True, slots=True)
class Analysis:
    """The report on a scenario. `finding` is its cause, None when nothing is wrong; `repaired` the text of the app
    without it, and `repaired_by` who wrote that."""

    report: Report
    finding: Finding | None
    repaired: str | None
    repaired_by: Literal["corsense", "hand", None]


def analyse(scenario: Scenario, folder: Path, port: int) -> Analysis:
    """Check the app in `folder` (its `main.py`) as `corsense check main:app --run-endpoints` does there, for pages on `port`.

    Raises AppLoadError when the app cannot be loaded.
    """
    target = AppTarget.parse("main:app", directory=folder)
    asked = CheckRequest(
        origins=(scenario.friendly_origin(port),),
        operations=(CheckOperation(scenario.method, scenario.path),),
        headers=scenario.sent_headers,
        credentials=scenario.credentials,
        run_endpoints=True,
        body=scenario.body,
    )
    with AppSession.start(target, time_limit=_TIME_LIMIT, lifespan=True, output="none") as session:
        report = _without_folder(check_with_fixes(AppCheck(target, asked, _TIME_LIMIT), session), folder)
    finding = next((found for found in report.findings if found.cause.slug == scenario.finding), None)
    by_hand = scenario.repaired_by_hand(port)
    if by_hand is not None:
        return Analysis(report, _by_hand(finding, scenario.broken(port), by_hand), by_hand, "hand")
    if finding is None or finding.fix is None:
        return Analysis(report, finding, None, None)
    return Analysis(report, finding, finding.fix.edits[0].after, "corsense")


def _by_hand(finding: Finding | None, before: str, after: str) -> Finding | None:
    """The finding with the repair by hand, which has not been tried yet."""
    if finding is None:
        return None
    return replace(finding, fix=Fix("by hand, since no edit can be sure here", (Edit("main.py", before, after),)))


def _without_folder(report: Report, folder: Path) -> Report:
    """The report with paths relative to the folder."""
    prefix = f"{folder}/"
    return replace(
        report,
        findings=tuple(_relative(finding, prefix) for finding in report.findings),
        results=tuple(_relative_result(result, prefix) for result in report.results),
    )


def _relative(finding: Finding, prefix: str) -> Finding:
    fix = finding.fix
    if fix is not None:
        fix = replace(fix, edits=tuple(replace(edit, file=edit.file.removeprefix(prefix)) for edit in fix.edits))
    place = finding.place
    return replace(
        finding,
        message=finding.message.replace(prefix, ""),
        remedy=finding.remedy.replace(prefix, "") if finding.remedy else None,
        evidence=_relative_values(finding.evidence, prefix),
        place=replace(place, file=place.file.removeprefix(prefix)) if place else None,
        fix=fix,
    )


def _relative_values(values: Mapping[str, object], prefix: str) -> Mapping[str, object]:
    return {name: value.replace(prefix, "") if isinstance(value, str) else value for name, value in values.items()}


def _relative_result(result: Result, prefix: str) -> Result:
    return replace(result, answered_by=tuple(layer.replace(prefix, "") if layer else None for layer in result.answered_by))
