"""Recordings and spans to lines that an engine can read: HAR files, and OpenTelemetry spans as JSON.

Each request becomes a JSON object with a key for each `Field`. Source: HAR 1.2; OpenTelemetry, *Semantic conventions for HTTP
spans*, *OTLP File Exporter*.
"""

from __future__ import annotations

import gzip
import io
import json
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Final

from corsense._redaction import redact_url
from corsense.errors import InputError, quoted
from corsense.replay.fields import REQUEST_HEADERS, RESPONSE_HEADERS, Field
from corsense.replay.storage import reason, storage

LONGEST_DOCUMENT: Final = 512 * 1024 * 1024
"""Characters of a file that is one document, at most."""
_BATCH = 5_000
_DEEPEST = 12
_REQUEST_HEADER, _RESPONSE_HEADER = "http.request.header.", "http.response.header."
_OF_SPANS: Final[Mapping[str, Field]] = {
    "http.request.method": Field.METHOD, "http.method": Field.METHOD,
    "url.path": Field.URL, "http.target": Field.URL, "url.full": Field.URL, "http.url": Field.URL,
    "http.route": Field.ROUTE,
    "http.response.status_code": Field.STATUS, "http.status_code": Field.STATUS,
    "http.host": Field.HOST, "server.address": Field.HOST,
}  # fmt: skip
_STARTS = ("startTimeUnixNano", "start_time_unix_nano", "start_time", "startTime", "timestamp")


class Documents:
    """The requests in files that are documents: HAR or spans. `broken` counts what could not be read, once all lines are read."""

    def __init__(self, paths: Sequence[str]) -> None:
        self._paths = paths
        self.broken = 0

    def batches(self) -> Iterator[list[str]]:
        """The lines, in batches of some thousand. Raises InputError for a file that cannot be read."""
        lines = (json.dumps(request) for path in self._paths for request in self._requests(path))
        while batch := list(islice(lines, _BATCH)):
            yield batch

    def _requests(self, path: str) -> Iterator[dict[str, object]]:
        for document in self._documents(path):
            yield from _requests_in(document)

    def _documents(self, path: str) -> Iterator[object]:
        """The JSON documents of a file: one, one a line, or one after another over several lines."""
        remote = storage(path)
        try:
            with (
                open(path, "rb") if remote is None else remote.open(path, "rb") as stored,
                gzip.open(stored) if path.endswith(".gz") else stored as plain,
                io.TextIOWrapper(plain, encoding="utf-8-sig", errors="replace") as file,
            ):
                yield from self._of_file(file)
        except (OSError, EOFError, zlib.error) as error:
            why = f"{getattr(error, 'strerror', None) or error}." if remote is None else reason(error)
            raise InputError(f"{quoted(redact_url(path))} cannot be read: {why}") from None

    def _of_file(self, file: Iterable[str]) -> Iterator[object]:
        pending: list[str] = []
        size = 0
        for line in file:
            if not pending and (found := _parsed(line)) is not None:
                yield found
            elif pending or line.strip():
                pending.append(line)
                size += len(line)
                # A document of several lines ends where its first brace is closed: at the beginning of a line.
                if line.startswith(("}", "]")) and (found := _parsed("".join(pending))) is not None:
                    yield found
                    pending.clear()
                    size = 0
                elif size > LONGEST_DOCUMENT:
                    break
        if pending and (found := _parsed("".join(pending))) is not None:
            yield found
        else:
            self.broken += bool(pending)


def _parsed(text: str) -> object | None:
    try:
        found: object = json.loads(text.strip().rstrip(","))
    except (ValueError, RecursionError):
        return None
    return found


def holds_requests(document: object) -> bool:
    """Whether a JSON document is a recording or holds spans."""
    return (
        next(iter(_requests_in(document)), None) is not None
        or _is_har(document) is not None
        or (isinstance(document, dict) and "resourceSpans" in document)
    )


def _requests_in(document: object) -> Iterator[dict[str, object]]:
    entries = _is_har(document)
    if entries is not None:
        yield from map(_of_entry, entries)
    else:
        for span in _spans(document):
            yield from _of_span(span)


def _is_har(document: object) -> list[Mapping[str, Any]] | None:
    log = document.get("log") if isinstance(document, dict) else None
    entries = log.get("entries") if isinstance(log, dict) else None
    return [each for each in entries if isinstance(each, dict)] if isinstance(entries, list) else None


def _of_entry(entry: Mapping[str, Any]) -> dict[str, object]:
    request, response = _object(entry.get("request")), _object(entry.get("response"))
    sent, answered = _header_lines(request), _header_lines(response)
    found = {each.value: sent.get(each.value) for each in REQUEST_HEADERS}
    found |= {each.value: answered.get(each.value) for each in RESPONSE_HEADERS}
    host = sent.get("host") or sent.get(":authority")
    return found | {
        Field.METHOD.value: request.get("method"),
        Field.URL.value: request.get("url"),
        Field.HOST.value: host or _authority(request.get("url")),
        Field.STATUS.value: response.get("status"),
        Field.TIME.value: entry.get("startedDateTime"),
        Field.COOKIE.value: found.get("cookie") or ("cookies" if request.get("cookies") else None),
    }


def _authority(url: object) -> str | None:
    return url.partition("://")[2].partition("/")[0] if isinstance(url, str) else None


def _header_lines(message: Mapping[str, Any]) -> dict[str, str]:
    lines = message.get("headers")
    pairs = ((line.get("name"), line.get("value")) for line in lines if isinstance(line, dict)) if isinstance(lines, list) else ()
    return {name.lower(): value for name, value in pairs if isinstance(name, str) and isinstance(value, str)}


def _object(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _spans(document: object, depth: int = 0) -> Iterator[Mapping[str, Any]]:
    """All objects that have attributes (OTLP, the SDKs' console) or tags (Jaeger)."""
    if depth > _DEEPEST:
        return
    if isinstance(document, dict):
        if any(isinstance(document.get(key), (dict, list)) for key in ("attributes", "tags")):
            yield document
        for value in document.values():
            if isinstance(value, (dict, list)):
                yield from _spans(value, depth + 1)
    elif isinstance(document, list):
        for value in document:
            yield from _spans(value, depth + 1)


def _of_span(span: Mapping[str, Any]) -> Iterator[dict[str, object]]:
    attributes = _attributes(span.get("attributes") if "attributes" in span else span.get("tags"))
    found: dict[str, object] = {}
    for name, value in attributes.items():
        each = _field_of(name)
        if each is not None and found.get(each.value) is None:
            found[each.value] = value
    # A client span holds the headers of a call that the app itself makes, so no page is involved.
    if Field.METHOD.value in found and span.get("kind") not in (3, "SPAN_KIND_CLIENT", "SpanKind.CLIENT", "CLIENT"):
        port = attributes.get("server.port")
        if found.get("host") and ":" not in str(found["host"]) and port not in (None, "", 80, 443, "80", "443"):
            found["host"] = f"{found['host']}:{port}"
        yield found | {Field.TIME.value: next((span[key] for key in _STARTS if key in span), None)}


def _field_of(name: str) -> Field | None:
    for prefix, fields in ((_REQUEST_HEADER, REQUEST_HEADERS), (_RESPONSE_HEADER, RESPONSE_HEADERS)):
        if name.startswith(prefix):
            header = name.removeprefix(prefix).replace("_", "-").lower()
            return next((each for each in fields if each.value == header), None)
    return _OF_SPANS.get(name)


def _attributes(given: object) -> dict[str, object]:
    if isinstance(given, dict):
        return {str(name): _plain(value) for name, value in given.items()}
    pairs: Iterable[Any] = given if isinstance(given, list) else ()
    return {str(pair["key"]): _plain(pair.get("value")) for pair in pairs if isinstance(pair, dict) and "key" in pair}


def _plain(value: object) -> object:
    """An attribute's value: OTLP wraps it in its type, and a header is a list of its lines."""
    if isinstance(value, dict):
        inner = next(iter(value.values()), None)
        return _plain(inner.get("values") if isinstance(inner, dict) else inner)
    if isinstance(value, list):
        return _plain(value[0]) if value else None
    return value
