"""Findings as workflow commands: GitHub shows them beside the lines of a change. Source: GitHub Actions, *Workflow commands*."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from corsense.finding import Finding
from corsense.report.redaction import redacted_findings

_LEVELS = {"error": "error", "warning": "warning", "info": "notice"}


def workflow_commands(findings: Sequence[Finding]) -> Iterator[str]:
    """One line a finding, without secrets."""
    for finding in redacted_findings(findings):
        place = finding.place
        properties = {"title": f"{finding.cause.code} {finding.cause.slug}"}
        if place is not None:
            properties |= {"file": place.file, "line": str(place.line)}
            properties |= {"endLine": str(place.end_line)} if place.end_line else {}
            properties |= {"col": str(place.column)} if place.column else {}
        written = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
        message = f"{finding.message}\n{finding.remedy}" if finding.remedy else finding.message
        yield f"::{_LEVELS[finding.severity]} {written}::{_data(message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
