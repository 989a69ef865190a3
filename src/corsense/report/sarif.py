"""Findings as SARIF 2.1.0, which code scanning and editors read. Source: OASIS, *SARIF Version 2.1.0*."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import Any
from urllib.parse import quote

from corsense import __version__
from corsense.causes import HOME, Cause, documentation
from corsense.finding import Edit, Finding, Fix, Place
from corsense.fix.edits.diff import holds_secret
from corsense.report.difference import shared_head
from corsense.report.redaction import redacted_findings

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVELS = {"error": "error", "warning": "warning", "info": "note"}


def sarif(findings: Sequence[Finding]) -> dict[str, Any]:
    """The log of one run, without secrets."""
    findings = redacted_findings(findings)
    causes = sorted({finding.cause.code: finding.cause for finding in findings}.values(), key=lambda cause: cause.code)
    indices = {cause.code: index for index, cause in enumerate(causes)}
    driver = {
        "name": "corsense",
        "version": __version__,
        "informationUri": documentation() or HOME,
        "rules": [_rule(cause) for cause in causes],
    }
    results = [_result(finding, indices[finding.cause.code]) for finding in findings]
    return {
        "$schema": _SCHEMA,
        "version": "2.1.0",
        "runs": [{"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}],
    }


def _rule(cause: Cause) -> dict[str, Any]:
    return {
        "id": cause.code,
        "name": "".join(word.capitalize() for word in cause.slug.split("-")),
        "shortDescription": {"text": cause.title},
        "fullDescription": {"text": cause.section("What it does")},
        "helpUri": cause.url,
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
    """The smallest regions that change: a log does not carry the rest of the source."""
    before, after = edit.before.split("\n"), edit.after.split("\n")
    found = []
    for kind, first, last, start, end in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if kind == "equal":
            continue
        if last - first == end - start:  # line by line
            found += [_within(first + offset, before[first + offset], after[start + offset]) for offset in range(last - first)]
        else:
            found.append(_whole_lines(before, first, last, after[start:end]))
    return found


def _within(index: int, old: str, new: str) -> dict[str, Any]:
    """The part of one line that changes."""
    head = shared_head(old, new)
    tail = shared_head(old[head:][::-1], new[head:][::-1])
    region = {
        "startLine": index + 1,
        "startColumn": head + 1,
        "endLine": index + 1,
        "endColumn": len(old) - tail + 1,
    }
    return _replacement(region, new[head : len(new) - tail])


def _whole_lines(before: list[str], first: int, last: int, new: list[str]) -> dict[str, Any]:
    """Lines in place of others, of which there are more or fewer."""
    text = "".join(f"{line}\n" for line in new)
    if last < len(before):
        return _replacement({"startLine": first + 1, "startColumn": 1, "endLine": last + 1, "endColumn": 1}, text)
    # The last line has no line end that could go with it.
    return _replacement(_to_the_end(before, first), ("\n" if first and new else "") + text.removesuffix("\n"))


def _replacement(region: dict[str, int], text: str) -> dict[str, Any]:
    return {"deletedRegion": region, "insertedContent": {"text": text}}


def _to_the_end(lines: list[str], first: int) -> dict[str, int]:
    """From the end of the line before `first` to the end of the text."""
    start = {"startLine": first, "startColumn": len(lines[first - 1]) + 1} if first else {"startLine": 1, "startColumn": 1}
    return {**start, "endLine": len(lines), "endColumn": len(lines[-1]) + 1}
