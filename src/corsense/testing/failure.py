"""What a failing assertion says: what the browser's console would say, what was exchanged, why, and what to write."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import replace

from corsense.app.agent.places import relative
from corsense.causes import cause
from corsense.console.parse import Message, parse
from corsense.diagnose import Diagnosis
from corsense.explain.code import fix_code
from corsense.fetch import Allowed, Blocked, Failed, Trace
from corsense.fetch.trace import EngineName
from corsense.finding import Finding
from corsense.readers.controls import harmless
from corsense.report.console import console_lines
from corsense.report.exchanges import exchange_lines
from corsense.report.finding_block import FindingBlocks, Section
from corsense.report.redaction import redacted_failure
from corsense.report.summary import label_of
from corsense.report.terminal import Lines

NAMES = {"chromium": "Chromium", "firefox": "Firefox", "webkit": "Safari", "standard": "a browser"}

_SLIPS = frozenset(
    {"origin-trailing-slash", "origin-default-port", "origin-not-normalised", "origin-has-path", "origin-without-scheme"}
)


def blocked_text(trace: Trace, diagnoses: list[Diagnosis], engine: EngineName) -> str:
    """The message of an assertion that expected a fetch to be allowed, without secrets."""
    trace, diagnoses = redacted_failure(trace, diagnoses)
    verdict = f"{'fails' if isinstance(trace.outcome, Failed) else 'is blocked'} in {NAMES[engine]}"
    first = f"{operation(trace)} from a page at {trace.request.origin} {verdict} (credentials: {trace.request.credentials})."
    return _joined([first, "", *remedies(diagnoses, trace), *_console(trace, engine), "", *exchanges(trace)])


def allowed_text(trace: Trace, diagnoses: list[Diagnosis], keyword: str | None, engine: EngineName) -> str:
    """The message of an assertion that expected a fetch to be blocked, and it is not. `keyword` is what lets the origin in."""
    assert isinstance(trace.outcome, Allowed)
    trace, diagnoses = redacted_failure(trace, diagnoses)
    first = (
        f"{operation(trace)} from a page at {trace.request.origin} is allowed in {NAMES[engine]} "
        f"(credentials: {trace.request.credentials}), and should be blocked: the page reads the answer."
    )
    by = f"by {keyword}" if keyword else "by what the server answers"
    cause_lines = list(remedies(diagnoses)) or [
        f"error: {trace.request.origin} is allowed {by}",
        "   = fix: Remove it from the allowed origins, or change what this test expects.",
        "",
    ]
    return _joined([first, "", *cause_lines, *exchanges(trace)])


def otherwise_text(trace: Trace, wanted: str | None, diagnoses: list[Diagnosis], engine: EngineName) -> str:
    """The message of an assertion that expected a fetch to be blocked for another reason."""
    trace, diagnoses = redacted_failure(trace, diagnoses)
    outcome = trace.outcome
    if isinstance(outcome, Blocked):
        message_text = f"is blocked as expected, but by {outcome.error}, not by {wanted}"
    else:
        message_text = "fails before the browser checks CORS, so CORS does not block it"
    first = f"{operation(trace)} from a page at {trace.request.origin} {message_text}."
    return _joined([first, "", *remedies(diagnoses, trace), *_console(trace, engine), "", *exchanges(trace)])


def operation(trace: Trace) -> str:
    """Method and URL."""
    return f"{trace.request.method} {harmless(trace.request.url)}"


def exchanges(trace: Trace) -> Iterator[str]:
    """The exchanges one below the other, each with the headers that matter and the checks that were made."""
    return (harmless("".join(text for text, _ in pieces)) for pieces in exchange_lines(trace))


def remedies(diagnoses: Iterable[Diagnosis], trace: Trace | None = None) -> Iterator[str]:
    """The block of each diagnosis: cause, place and fix."""
    message = _message_of(trace) if trace is not None else None
    printed: list[str] = []
    blocks = FindingBlocks(Lines(write=printed.append))
    for diagnosis in diagnoses:
        fix = diagnosis.remedy or _in_the_list(diagnosis)
        fix = fix or (fix_code(diagnosis.slug, message) if message is not None else _usual_fix(diagnosis.slug))
        finding = _finding(diagnosis, fix or None)
        blocks.print([Section(finding, label_of(finding, trace))])
        printed.append("")
    yield from printed


def _finding(diagnosis: Diagnosis, remedy: str | None) -> Finding:
    place = diagnosis.place
    shown = replace(place, file=relative(place.file, os.getcwd())) if place is not None else None
    found = cause(diagnosis.slug)
    return Finding(found, diagnosis.message, diagnosis.severity or found.severity, shown, diagnosis.evidence, remedy=remedy)


def _in_the_list(diagnosis: Diagnosis) -> str | None:
    """The keyword with its list as it should be, where the list and what it lacks are known."""
    evidence = diagnosis.evidence
    for lacking, keyword in (("method", "allow_methods"), ("header", "allow_headers"), ("sent", "allow_origins")):
        value, listed = evidence.get(lacking), evidence.get(keyword)
        if isinstance(value, str) and isinstance(listed, list) and value not in listed:
            wrong = evidence.get("allowed") if diagnosis.slug in _SLIPS else None
            entries = [entry for entry in listed if entry != wrong]
            return f"{keyword}=[{', '.join(map(json.dumps, [*entries, value]))}]"
    return None


def _usual_fix(slug: str) -> str:
    blocks = cause(slug).code_blocks("Use instead")
    return blocks[0].strip() if blocks else ""


def _message_of(trace: Trace) -> Message | None:
    """What the console says, as its reader understands it: the values that a fix is made of."""
    if not isinstance(trace.outcome, Blocked):
        return None
    return next((message for message in parse("\n".join(trace.console("chromium"))) if message.is_cors), None)


def _console(trace: Trace, engine: EngineName) -> list[str]:
    return [harmless(line) for line in console_lines(trace, "chromium" if engine == "standard" else engine)]


def _joined(lines: Iterable[str]) -> str:
    return "\n".join(lines).rstrip()
