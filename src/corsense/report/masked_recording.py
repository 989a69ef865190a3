"""Recordings without secrets: the entries of a HAR file, each value of a header, a URL or a body that may be secret replaced.

A masked recording holds what the judgement needs, so that `corsense check` finds in it what it finds in the original. Source:
HAR 1.2; names that begin with an underscore are those of Chromium's export, and `_call` and `_exception` are corsense's own.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl

from corsense._redaction import PLACEHOLDER, Redactor, cookie_names
from corsense.fetch import NetworkError, WireResponse
from corsense.transports.har import HarEntry

_NO_TIME = "2026-01-01T00:00:00Z"
_STATUSES = frozenset(map(int, HTTPStatus))
_DIGITS = 16
_UNKNOWN = -1
"""A size that is not known. Source: HAR 1.2."""


def har_log(entries: Iterable[dict[str, Any]], pages: Iterable[dict[str, Any]] = ()) -> dict[str, Any]:
    """The document of a HAR file with these entries."""
    creator = {"name": "corsense", "version": "1"}
    return {"log": {"version": "1.2", "creator": creator, "pages": [*pages], "entries": [*entries]}}


def har_page(name: str, origin: str, began: float) -> dict[str, Any]:
    """The page called `name`, of an origin, which sent its first request at `began` (seconds since 1970)."""
    return {"startedDateTime": har_time(began), "id": name, "title": f"{origin}/", "pageTimings": {}}


def masked_entry(entry: HarEntry, known: Redactor) -> dict[str, Any]:
    """An entry of a HAR file with what the judgement needs of an exchange, and nothing else. `known` remembers what it hid."""
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
        "startedDateTime": _NO_TIME,
        "_resourceType": "preflight" if request.preflight else entry.kind or "other",
        "request": {
            "method": request.method,
            "url": known.url(request.url),
            "headers": _lines(known.headers(request.headers)),
            "cookies": [{"name": name, "value": ""} for name in entry.cookie_names],
        },
        "response": answer,
    }
    if entry.page and not request.preflight:
        masked["_initiator"] = {"type": "script", "url": f"{entry.page}/"}
    if entry.call is not None:
        masked["_call"] = entry.call
    if entry.exception is not None:
        masked["_exception"] = known.text(entry.exception)
    return masked


def complete_entry(masked: dict[str, Any], *, page: str, began: float, seconds: float) -> dict[str, Any]:
    """A masked entry with everything that HAR 1.2 wants, so that tools for HAR files read it.

    `page` is the name of its page, `began` when the request was sent, in seconds since 1970, `seconds` how long the answer took.
    """
    request, answer = masked["request"], masked["response"]
    milliseconds = round(seconds * 1000, 3)
    query = parse_qsl(request["url"].partition("#")[0].partition("?")[2], keep_blank_values=True)
    sizes = {"httpVersion": "HTTP/1.1", "headersSize": _UNKNOWN, "bodySize": _UNKNOWN}
    return masked | {
        "pageref": page,
        "startedDateTime": har_time(began),
        "time": milliseconds,
        "request": request
        | sizes
        | {"url": _as_script_writes_it(masked)}
        | {"queryString": [{"name": name, "value": value} for name, value in query]},
        "response": answer | sizes | _rest_of(answer),
        "cache": {},
        "timings": {"send": 0, "wait": milliseconds, "receive": 0},
        "_initiator": masked.get("_initiator") or {"type": "preflight", "url": request["url"]},
    }


def _as_script_writes_it(masked: dict[str, Any]) -> str:
    """The URL of a WebSocket begins with ws, also where its handshake goes over http."""
    url: str = masked["request"]["url"]
    return f"ws{url.removeprefix('http')}" if masked["_resourceType"] == "websocket" else url


def har_time(began: float) -> str:
    """Seconds since 1970 as a HAR file writes a time."""
    return datetime.fromtimestamp(began, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _rest_of(answer: dict[str, Any]) -> dict[str, Any]:
    """What HAR 1.2 wants of an answer beside its status and its headers."""
    response = WireResponse(answer["status"], tuple((line["name"], line["value"]) for line in answer["headers"]))
    text = answer.get("content", {}).get("text", "")
    length = response.header("Content-Length") or ""
    set_cookies = [value.partition(";")[0] for name, value in response.headers if name.lower() == "set-cookie"]
    content = {
        "size": int(length) if length.isdecimal() and len(length) < _DIGITS else len(text.encode()),
        "mimeType": response.header("Content-Type") or "x-unknown",
    }
    return {
        "statusText": HTTPStatus(response.status).phrase if response.status in _STATUSES else "",
        "cookies": [{"name": name, "value": PLACEHOLDER} for line in set_cookies for name in cookie_names(line)],
        "redirectURL": response.header("Location") or "",
        "content": content | ({"text": text} if text else {}),
    }


def _lines(headers: tuple[tuple[str, str], ...]) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in headers]
