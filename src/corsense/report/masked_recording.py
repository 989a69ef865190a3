"""Recordings without secrets: the entries of a HAR file, each value of a header, a URL or a body that may be secret replaced.

A masked recording holds what the judgement needs, so that `corsense check` finds in it what it finds in the original. Source:
HAR 1.2; names that begin with an underscore are those of Chromium's export.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from corsense._redaction import Redactor
from corsense.fetch import NetworkError
from corsense.transports.har import HarEntry

_NO_TIME = "2026-01-01T00:00:00Z"


def har_log(entries: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """The document of a HAR file with these entries."""
    return {"log": {"version": "1.2", "creator": {"name": "corsense", "version": "1"}, "pages": [], "entries": [*entries]}}


def masked_entry(entry: HarEntry, known: Redactor, *, began: float | None = None, seconds: float = 0.0) -> dict[str, Any]:
    """An entry of a HAR file with what the judgement needs of an exchange, and nothing else. `known` remembers what was hidden.

    `began` is when the request was sent, in seconds since 1970, and `seconds` how long its answer took.
    """
    request, response = entry.request, entry.response
    answered = not isinstance(response, NetworkError)
    answer: dict[str, Any] = {
        "status": response.status if not isinstance(response, NetworkError) else 0,
        "headers": _lines(known.headers(response.headers)) if not isinstance(response, NetworkError) else [],
    }
    if entry.error:
        answer["_error"] = entry.error
    if answered and entry.body:
        answer["content"] = {"mimeType": "text/html", "text": known.text(entry.body)}
    masked: dict[str, Any] = {
        "startedDateTime": _NO_TIME if began is None else _written(began),
        "_resourceType": "preflight" if request.preflight else entry.kind or "other",
        "request": {
            "method": request.method,
            "url": known.url(request.url),
            "headers": _lines(known.headers(request.headers)),
            "cookies": [{"name": name, "value": ""} for name in entry.cookie_names],
        },
        "response": answer,
    }
    if began is not None:
        masked["time"] = round(seconds * 1000, 3)
    if entry.page and not request.preflight:
        masked["_initiator"] = {"type": "script", "url": f"{entry.page}/"}
    return masked


def _written(began: float) -> str:
    return datetime.fromtimestamp(began, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _lines(headers: tuple[tuple[str, str], ...]) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in headers]
