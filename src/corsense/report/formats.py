"""The formats of reports: one registry of what `check` and `lint` print. Each format is imported when it is asked for."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from corsense._terminal import Kind
    from corsense.check.results import Report
    from corsense.finding import Finding
    from corsense.lint import LintReport


class TextOrJson(StrEnum):
    """How to print the answer of a command that has no other formats."""

    TEXT = "text"
    JSON = "json"


class LintFormat(StrEnum):
    """How to print the findings of the linter."""

    TEXT = "text"
    JSON = "json"
    SARIF = "sarif"
    GITHUB = "github"


class Format(StrEnum):
    """How to print a report."""

    TEXT = "text"
    JSON = "json"
    SARIF = "sarif"
    GITHUB = "github"
    HTML = "html"

    @property
    def kind(self) -> Kind:
        """What is printed, for an output whose encoding lacks a character."""
        return "json" if self in (Format.JSON, Format.SARIF) else "html" if self is Format.HTML else "text"


def _json_of_check(report: Report) -> str:
    from corsense.report.document import check_document

    return check_document(report).printed()


def _json_of_lint(report: LintReport) -> str:
    from corsense.report.document import lint_document

    return lint_document(report).printed()


def _html(report: Report) -> str:
    from corsense.report.html import html_report

    return html_report(report).removesuffix("\n")


def _sarif(findings: tuple[Finding, ...]) -> str:
    from corsense.report.sarif import sarif

    return json.dumps(sarif(findings), indent=2)


def _github(findings: tuple[Finding, ...]) -> str:
    from corsense.report.github import workflow_commands

    return "\n".join(workflow_commands(findings))


def _findings_of_check(report: Report) -> tuple[Finding, ...]:
    """The findings without the secrets of the requests, which findings alone do not show to be secrets."""
    from corsense.report.redaction import redacted_report

    return redacted_report(report).findings


CHECK: Mapping[Format, Callable[[Report], str]] = MappingProxyType(
    {
        Format.JSON: _json_of_check,
        Format.HTML: _html,
        Format.SARIF: lambda report: _sarif(_findings_of_check(report)),
        Format.GITHUB: lambda report: _github(_findings_of_check(report)),
    }
)
"""What `corsense check` prints for programs, and as a page."""

LINT: Mapping[Format, Callable[[LintReport], str]] = MappingProxyType(
    {
        Format.JSON: _json_of_lint,
        Format.SARIF: lambda report: _sarif(tuple(report.findings)),
        Format.GITHUB: lambda report: _github(tuple(report.findings)),
    }
)
"""What `corsense lint` prints for programs."""
