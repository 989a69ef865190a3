"""A call that was copied from the network panel, with the headers of its answers: judged like a recording of that one call."""

from __future__ import annotations

import re
from dataclasses import replace

from corsense._redaction import redact_url
from corsense.check.recording import report_on_fetches
from corsense.check.request import CheckRequest, read_origin
from corsense.check.results import CheckTarget, Report
from corsense.errors import InputError, quoted
from corsense.fetch import Browser, FetchRequest, NetworkError, WireRequest, WireResponse
from corsense.fetch.safelist import is_token
from corsense.readers.curl import parse_curl
from corsense.readers.fetch_call import parse_fetch
from corsense.readers.requests import PastedRequest
from corsense.transports import drive
from corsense.transports.har import NOT_RECORDED, HarEntry, HarFetch

_STATUS_LINE = re.compile(r"(?:HTTP/[\d.]+|:?status(?: code)?:?)\s*(\d{3})\b", re.IGNORECASE)
_BARE_STATUS = re.compile(r"(\d{3})(?: [A-Za-z' -]+)?")
_CURL = re.compile(r"\s*(?:\$\s*)?curl(?:\.exe)?\s")
_PRINTED = re.compile(r"^(?:HTTP/\d|[*<>{}] )", re.MULTILINE)
_COMMENT = re.compile(r"// In the console of a page at (\S+):")
_LONGEST = 200_000


def split_transcript(text: str) -> tuple[str, str]:
    """A curl command, and what it printed below it, where the text holds both."""
    found = _PRINTED.search(text) if _CURL.match(text) else None
    return (text[: found.start()], text[found.start() :]) if found is not None else (text, "")


def pasted_request(text: str) -> PastedRequest:
    """The request of a curl command, or of a `fetch()` or axios call. Raises InputError when the text holds neither."""
    return parse_curl(text) if _CURL.match(text) else parse_fetch(text)


def page_request(text: str, origin: str) -> FetchRequest:
    """The copied call as the page makes it. `origin` is that of the page, where the text does not name it.

    Raises InputError when the text cannot be read, or nothing says where the page is.
    """
    pasted = pasted_request(text)
    page = read_origin(origin) if origin else pasted.origin or _named_in_comment(text)
    if page is None:
        raise InputError("The text does not say which page makes the request; fill in the origin of the page.")
    return pasted.request(page)


def _named_in_comment(text: str) -> str | None:
    """The origin in the comment above the calls that corsense prints."""
    found = _COMMENT.match(text)
    return found[1] if found is not None else None


def check_pasted_request(request: FetchRequest, text: str, response: str, preflight: str) -> Report:
    """The report on a copied call and the pasted headers of its answers. What was not pasted is not judged, and a note says so.

    Raises InputError when the headers cannot be read.
    """
    asked = sent_by_browsers(request)
    if any(wire.preflight for wire in asked) and response.strip() and not preflight.strip() and _is_preflight(text, response):
        response, preflight = "", response
    entries, notes = _entries(request, response, preflight)
    fetch = HarFetch(request, entries)
    target = CheckTarget("har", "the pasted request")
    report = report_on_fetches([fetch], CheckRequest(), target, (*pasted_request(text).notes, *notes))
    return replace(report, complete=not notes)


def sent_by_browsers(request: FetchRequest) -> list[WireRequest]:
    """What a browser sends: the preflight, where there is one, and the request."""
    sent: list[WireRequest] = []

    def answer(wire: WireRequest) -> WireResponse | NetworkError:
        sent.append(wire)
        return permission(wire) if wire.preflight else NetworkError(NOT_RECORDED)

    drive(Browser().fetch(request), answer)
    return sent


def permission(wire: WireRequest) -> WireResponse:
    """An answer that permits what a preflight asks for."""
    names = {
        "Access-Control-Allow-Origin": "Origin",
        "Access-Control-Allow-Methods": "Access-Control-Request-Method",
        "Access-Control-Allow-Headers": "Access-Control-Request-Headers",
    }
    lines = [(name, value) for name, of in names.items() if (value := wire.header(of))]
    return WireResponse(204, (*lines, ("Access-Control-Allow-Credentials", "true")))


def _entries(request: FetchRequest, response: str, preflight: str) -> tuple[tuple[HarEntry, ...], tuple[str, ...]]:
    """What the browser meets, with an answer that permits everything in the place of each that was not pasted, and what these
    are. A browser that was refused asks nothing more."""
    entries: list[HarEntry] = []
    notes: list[str] = []
    left = {True: preflight.strip(), False: response.strip()}

    def answer(wire: WireRequest) -> WireResponse | NetworkError:
        given, left[wire.preflight] = left[wire.preflight], ""
        if not given:
            what = "the preflight (OPTIONS) request" if wire.preflight else f"the {wire.method} request to {redact_url(wire.url)}"
            notes.append(f"The headers of the answer to {what} were not pasted, so that answer was not judged.")
        found = read_response(given) if given else permission(wire)
        entries.append(HarEntry(wire, found, request.origin, None if wire.preflight else "fetch"))
        return found

    drive(Browser().fetch(request), answer)
    if preflight.strip() and not any(entry.request.preflight for entry in entries):
        notes.append("Browsers send no preflight before this request, so the headers of its answer do not count.")
    return tuple(entries), tuple(dict.fromkeys(notes))


def _is_preflight(text: str, response: str) -> bool:
    """Whether the pasted answer is that of the preflight: the copied request is one, or the answer grants methods or headers."""
    return "access-control-request-method" in text.lower() or bool(
        re.search(r"^[<\s]*access-control-allow-(?:methods|headers)\b", response, re.IGNORECASE | re.MULTILINE)
    )


def read_response(text: str) -> WireResponse:
    """The answer of pasted response headers: as `curl -i` and `curl -v` print them, or as network panels copy them, name and
    value in one line or in two. Of several answers the last one counts. Without a status it is 200.

    Raises InputError when there is no header.
    """
    status, lines, pending = 200, list[tuple[str, str]](), None
    found = False
    for line in text[:_LONGEST].splitlines():
        line = line.strip().removeprefix("<").strip()
        if not line:
            pending = None
            continue
        head = _STATUS_LINE.match(line)
        if head is not None:
            status, found, pending = int(head[1]), True, None
            if line.upper().startswith("HTTP/"):
                lines = []
            continue
        name, colon, value = line.removeprefix(":").partition(":")
        if pending is not None and not (colon and is_token(name) and value.startswith(" ")):
            lines.append((pending, line))
            pending = None
        elif colon and is_token(name.strip()):
            if value.strip():
                lines.append((name.strip(), value.strip()))
            else:
                pending = name.strip()
        elif is_token(line):
            pending = line
        elif bare := _BARE_STATUS.fullmatch(line):
            status, found = int(bare[1]), True
    if not lines and not found:
        raise InputError(f"{quoted(text[:60])} holds no response header; copy the lines below 'Response Headers'.")
    return WireResponse(status, tuple(lines))
