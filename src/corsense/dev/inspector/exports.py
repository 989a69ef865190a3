"""What the inspector's session exports: its calls as a HAR file and as a pytest file."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from corsense._redaction import Redactor
from corsense.app.errors import AppLoadError
from corsense.app.target import AppTarget
from corsense.dev.inspector.call_kinds import written_call
from corsense.dev.inspector.judging import JudgedCall
from corsense.dev.inspector.named_origins import named_origins
from corsense.dev.inspector.session import Session, Shown
from corsense.dev.inspector.written_tests import WrittenCall, module_text
from corsense.fetch import Blocked
from corsense.report.masked_recording import complete_entry, har_log, har_page, masked_entry
from corsense.report.redaction import public_texts


def session_har(session: Session) -> str:
    """The calls of a session as a HAR file, for a browser's network panel and for `corsense check session.har`, which finds in it
    what the inspector found.

    Cookies, credentials and every other value that may be secret are masked. Of a crash the file holds the exception, without
    its traceback. Source: HAR 1.2.
    """
    pages: dict[str, dict[str, Any]] = {}
    entries: list[dict[str, Any]] = []
    for shown in session.shown()[1]:
        call = shown.judged.call
        page = pages.setdefault(call.page, har_page(f"page_{len(pages) + 1}", call.page, call.began))
        entries += _entries(shown.judged, page["id"])
    return json.dumps(har_log(entries, pages.values()), ensure_ascii=False, indent=1) + "\n"


def _entries(judged: JudgedCall, page: str) -> Iterator[dict[str, Any]]:
    """The exchanges of a call as entries of a HAR file, of the page called `page`."""
    call, result = judged.call, judged.result
    known = Redactor(public_texts([result.trace]))
    recorded = [
        replace(exchange.entry, call=call.number, exception=exchange.exception.summary if exchange.exception else None)
        for exchange in call.exchanges
    ]
    for entry in recorded:  # so that what a later exchange hides is hidden in an earlier one
        masked_entry(entry, known)
    for entry, exchange in zip(recorded, call.exchanges, strict=True):
        yield complete_entry(masked_entry(entry, known), page=page, began=exchange.began, seconds=exchange.seconds) | {
            "comment": _comment(judged)
        }


def _comment(judged: JudgedCall) -> str:
    """The browser's verdict on a call, in a few words."""
    outcome = judged.result.trace.outcome
    error = [str(outcome.error)] if isinstance(outcome, Blocked) else []
    cause = [f"cause: {judged.slug}"] if judged.slug else []
    return ", ".join([judged.verdict, *error, *cause])


def session_tests(session: Session, target: AppTarget | None = None) -> str:
    """The calls of a session as a pytest file with the assertions of `corsense.testing`, one test for each kind of call: page,
    method, route, headers and credentials.

    Whose page may expect access is not a question that the session can answer: any program can send a request with any `Origin`.
    So a test asserts access at once only for origins that the app's own settings name (see `named_origins`), with a misspelling
    or without. Tests for all other origins are in the file, allowed or blocked, but are skipped until a person uncomments the
    origin in the list `TRUSTED`. A page with the origin `null` is never expected to have access; a call of one that was blocked
    is a test that keeps it blocked.

    `target` is how the app is loaded; by default, what the session's own target names. It is imported in a process of its own, to
    read its settings. Where no name leads to the app, the file has a line to fill in.
    """
    calls = session.shown()[1]
    target = target or _target(session.target)
    named = named_origins(target, {shown.judged.call.page for shown in calls}) if calls else frozenset[str]()
    found: dict[tuple[object, ...], WrittenCall] = {}
    left_out: Counter[str] = Counter()
    for shown in calls:
        call = written_call(shown.judged, _cause(session, shown), named)
        if isinstance(call, str):
            left_out[call] += 1
        else:  # the newest verdict counts: the app may have changed since
            found.pop(call.kind, None)
            found[call.kind] = call
    ordered = sorted(found.values(), key=lambda call: (not call.named, call.origin))
    return module_text(target, ordered, [f"{what} ({number})" for what, number in left_out.items()])


def _target(name: str) -> AppTarget | None:
    try:
        return AppTarget.parse(name)
    except AppLoadError:
        return None


def _cause(session: Session, shown: Shown) -> str | None:
    """The name of the cause of a call, as it is explained, or else as the call itself shows it."""
    explanation = session.explanation(shown.cause) if shown.cause is not None else None
    return explanation.finding.cause.slug if explanation is not None else shown.judged.slug
