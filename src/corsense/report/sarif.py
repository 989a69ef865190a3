"""Findings as SARIF 2.1.0, which code scanning and editors read. Source: OASIS, *SARIF Version 2.1.0*."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import Any
from urllib.parse import quote

from corsense import __version__
from corsense.causes import Cause
from corsense.finding import Edit, Finding, Fix, Place
from corsense.fix.edits.diff import holds_secret
from corsense.report.redaction import redacted_findings

_LEVELS = {"error": "error", "warning": "warning", "info": "note"}


def sarif(findings: Sequence[Finding]) -> dict[str, Any]:
    """The log of one run, without secrets."""
    findings = redacted_findings(findings)
    causes = sorted({finding.cause.code: finding.cause for finding in findings}.values(), key=lambda cause: cause.code)
    indices = {cause.code: index for index, cause in enumerate(causes)}
    driver = {"name": "corsense", "version": __version__, "rules": [_rule(cause) for cause in causes]}
    results = [_result(finding, indices[finding.cause.code]) for finding in findings]
    return {
        "version": "2.1.0",
        "runs": [{"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}],
    }


def _rule(cause: Cause) -> dict[str, Any]:
    return {
        "id": cause.code,
        "name": "".join(word.capitalize() for word in cause.slug.split("-")),
        "shortDescription": {"text": cause.title},
        "fullDescription": {"text": cause.section("What it does")},
        "help": {"text": cause.page, "markdown": cause.page},
        "defaultConfiguration": {"level": _LEVELS[cause.severity]},
        "properties": {"slug": cause.slug},
    }


def _result(finding: Finding, rule: int) -> dict[str, Any]:
    text = f"{finding.message} {finding.remedy}" if finding.remedy else finding.message
    result: dict[str, Any] = {
        "ruleId": finding.cause.code,
        "ruleIndex": rule,
        "level": _LEVELS[finding.severity],
        "message": {"text": text},
    }
    if finding.place is not None:
        result["locations"] = [{"physicalLocation": _location(finding.place)}]
    if finding.fix is not None and not any(map(holds_secret, finding.fix.edits)):
        result["fixes"] = [_fix(finding.fix)]
    return result


def _location(place: Place) -> dict[str, Any]:
    region = {
        "startLine": place.line,
        "startColumn": place.column,
        "endLine": place.end_line,
        "endColumn": place.end_column,
    }
    return {
        "artifactLocation": _artifact(place.file),
        "region": {name: value for name, value in region.items() if value is not None},
    }


def _artifact(file: str) -> dict[str, str]:
    return {"uri": quote(file.replace("\\", "/"))}


def _fix(fix: Fix) -> dict[str, Any]:
    changes = [{"artifactLocation": _artifact(edit.file), "replacements": _replacements(edit)} for edit in fix.edits]
    return {"description": {"text": fix.title}, "artifactChanges": changes}


def _replacements(edit: Edit) -> list[dict[str, Any]]:
    """The lines that change, each run of them a region: a log does not carry the rest of the source."""
    before, after = edit.before.split("\n"), edit.after.split("\n")
    found = []
    for kind, first, last, start, end in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if kind == "equal":
            continue
        text = "".join(f"{line}\n" for line in after[start:end])
        region = {"startLine": first + 1, "startColumn": 1, "endLine": last + 1, "endColumn": 1}
        if last == len(before):  # the last line has no line end that could go with it
            region = _to_the_end(before, first)
            text = ("\n" if first and start < end else "") + text.removesuffix("\n")
        found.append({"deletedRegion": region, "insertedContent": {"text": text}})
    return found


def _to_the_end(lines: list[str], first: int) -> dict[str, int]:
    """From the end of the line before `first` to the end of the text."""
    start = {"startLine": first, "startColumn": len(lines[first - 1]) + 1} if first else {"startLine": 1, "startColumn": 1}
    return {**start, "endLine": len(lines), "endColumn": len(lines[-1]) + 1}
