"""What the inspector's session exports: its calls as a HAR file."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from corsense._redaction import Redactor
from corsense.dev.inspector.judging import JudgedCall
from corsense.dev.inspector.session import Session
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
