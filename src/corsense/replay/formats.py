"""The log formats that have a name, and how to recognise the format of a file by its lines."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from corsense.errors import InputError, nearest, quoted
from corsense.replay.fields import (
    REQUEST_HEADERS,
    RESPONSE_HEADERS,
    Field,
    HeaderText,
    JsonPath,
    LogFormat,
    Pair,
    Place,
    Value,
)
from corsense.replay.line_patterns import apache_pattern, nginx_pattern

_DEEPEST = 6
_MOST_KEYS = 2_000


def _canonical(name: str) -> str:
    return "-".join(part.capitalize() for part in name.split("-"))


CADDY = LogFormat(
    "caddy",
    {
        **{each: Value(("request", "headers", _canonical(each.value), 0)) for each in REQUEST_HEADERS},
        **{each: Value(("resp_headers", _canonical(each.value), 0)) for each in RESPONSE_HEADERS},
        Field.METHOD: Value(("request", "method")),
        Field.URL: Value(("request", "uri")),
        Field.HOST: Value(("request", "host")),
        Field.STATUS: Value(("status",)),
        Field.TIME: Value(("ts",)),
    },
    skipped=(Value(("logger",)), "http.log.error"),
)
"""Caddy's access log: every request header, in the canonical spelling of Go. Source: Caddy, *How Logging Works*."""

TRAEFIK = LogFormat(
    "traefik",
    {
        **{each: Value((f"request_{_canonical(each.value)}",)) for each in REQUEST_HEADERS},
        **{each: Value((f"downstream_{_canonical(each.value)}",)) for each in RESPONSE_HEADERS},
        Field.METHOD: Value(("RequestMethod",)),
        Field.URL: Value(("RequestPath",)),
        Field.HOST: Value(("RequestHost",)),
        Field.STATUS: Value(("DownstreamStatus",)),
        Field.TIME: Value(("StartUTC",)),
    },
)
"""Traefik's JSON access log: headers are there only where the configuration keeps them. Source: Traefik, *Access Logs*."""

AWS_WAF = LogFormat(
    "aws-waf",
    {
        **{each: Pair(each.value, ("httpRequest", "headers")) for each in REQUEST_HEADERS},
        Field.METHOD: Value(("httpRequest", "httpMethod")),
        Field.URL: Value(("httpRequest", "uri")),
        Field.STATUS: Value(("responseCodeSent",)),
        Field.TIME: Value(("timestamp",)),
    },
)
"""AWS WAF's log, in front of an Application Load Balancer or CloudFront: all request headers, as pairs. Source: AWS WAF, *Log
fields for web ACL traffic*."""

_FLAT: dict[Field, Place] = {each: Value((each.value,)) for each in Field if each not in (Field.REQUEST,)}
DOCUMENTS = LogFormat("documents", _FLAT)
"""The lines that `documents` makes of HAR files and of spans: a key for each field."""

NAMED = {each.name: each for each in (CADDY, TRAEFIK, AWS_WAF)}
DOCUMENT_FORMATS = ("har", "otel")
AUTOMATIC = "auto"
KNOWN = (AUTOMATIC, *NAMED, *DOCUMENT_FORMATS)

# What teams call a field in JSON, CSV and Parquet, once the words that say "of the request" are left out of its name.
_NAMES: dict[Field, re.Pattern[str]] = {
    Field.METHOD: re.compile(r"(request_|req_|http_|cs_)*(method|verb)|hm"),
    Field.URL: re.compile(r"(request_|req_|http_|cs_|url_)*(uri|url|path|target|uri_stem|request_uri|full|original_path)"),
    Field.REQUEST: re.compile(r"(http_)?request(_line)?|r"),
    Field.STATUS: re.compile(
        r"(http_|sc_|downstream_|elb_|response_|resp_|res_|rsp_|server_)*(status|status_code|response_code|code|statuscode)|st"
    ),
    Field.TIME: re.compile(
        r"(at_)?(ts|time|timestamp|datetime|date|start_time|starttime|time_local|time_iso8601|startutc|msec|time_received|"
        r"request_time_epoch|start_utc|asctime|t)"
    ),
    Field.HOST: re.compile(r"(request_|req_|http_|cs_|header_|headers_|x_)*(host|authority|vhost|host_header)"),
    Field.ROUTE: re.compile(r"(http_)?route"),
}
_OF_REQUEST = re.compile(
    r"^((http|request|requests|req|rq|client|cs|header|headers|hdr|hdrs|captured|capture|in|attributes|log|json|payload|nginx|"
    r"fields|labels|message|data|event)_)*"
)
_OF_RESPONSE = re.compile(r"(^|_)(response|resp|res|sent|sc|out|downstream|upstream|rsp)(_|$)")
_ORIGIN = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^/?#\s]+|null")
_SAYS_NOTHING = ("", "-", "null", None)


def named_format(name: str) -> LogFormat:
    """The format that `--log-format` names: one of `NAMED`, or a format string of nginx (it has a `$`) or Apache (it has a `%`).
    Raises InputError."""
    if name in NAMED:
        return NAMED[name]
    if "$" in name:
        return nginx_pattern(name)
    if "%" in name:
        return apache_pattern(name)
    near = nearest(name, KNOWN)
    hint = f"did you mean {near}?" if near else f"use {', '.join(KNOWN)}, or the format string of nginx or Apache."
    raise InputError(f"{quoted(name)} is not a log format; {hint}")


def format_of_lines(lines: Sequence[str], source: str, *, needs_origin: bool = True) -> LogFormat:
    """The format of a file that begins with these lines. Raises InputError where no field for `Origin` can be found; with
    `needs_origin` False its key is known otherwise."""
    documents = [found for line in lines if (found := json_object(line)) is not None]
    if documents:
        return format_of_documents(documents, source, needs_origin=needs_origin)
    documents = [found for line in lines if (found := json_object(line[line.find("{") :])) is not None]
    if not documents:
        raise InputError(_no_json(lines, source))
    return replace(format_of_documents(documents, source, needs_origin=needs_origin), prefixed=True)


def format_of_documents(documents: Sequence[Mapping[str, object]], source: str, *, needs_origin: bool = True) -> LogFormat:
    """The format of JSON documents. Raises InputError."""
    for document in documents:
        if isinstance(request := document.get("request"), dict) and "headers" in request and "logger" in document:
            return CADDY
        if "DownstreamStatus" in document and "RequestMethod" in document:
            return TRAEFIK
        if isinstance(request := document.get("httpRequest"), dict) and isinstance(request.get("headers"), list):
            return AWS_WAF
    return _by_key_names([dict(_flat(document)) for document in documents], source, needs_origin)


def format_of_columns(rows: Sequence[Mapping[str, object]], source: str, *, needs_origin: bool = True) -> LogFormat:
    """The format of a table, from some of its rows. Nested columns are JSON documents. Raises InputError."""
    found = _by_key_names(
        [dict(_flat({name: json_object(cell) or cell for name, cell in row.items()})) for row in rows], source, needs_origin
    )
    return LogFormat("columns", {each: _in_column(place) for each, place in found.places.items()}, found.certain)


def _in_column(place: Place) -> Place:
    match place:
        case Value(path):
            return Value(path[1:], str(path[0]))
        case HeaderText(name, Value(path)):
            return HeaderText(name, Value(path[1:], str(path[0])))
        case _:
            return place


def json_object(text: object) -> dict[str, object] | None:
    """The JSON object in a text; None where there is none."""
    if not isinstance(text, str) or not text.lstrip().startswith("{"):
        return None
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _flat(document: Mapping[str, object], path: JsonPath = ()) -> Iterator[tuple[JsonPath, object]]:
    """The single values of a document with the keys that lead to them; of a list only the first."""
    for key, value in document.items():
        at = (*path, key)
        if isinstance(value, list):
            at, value = (*at, 0), value[0] if value else ""
        if isinstance(value, dict):
            if len(at) < _DEEPEST:
                yield from _flat(value, at)
        elif not isinstance(value, list):
            yield at, value


def _by_key_names(documents: Sequence[Mapping[JsonPath, object]], source: str, needs_origin: bool) -> LogFormat:
    values: dict[JsonPath, list[object]] = {}
    for document in documents:
        for path, value in document.items():
            if path in values or len(values) < _MOST_KEYS:
                values.setdefault(path, []).append(value)
    places: dict[Field, Place] = {}
    for path in sorted(values, key=len):  # the shallowest of several
        if (*path, 0) in values:
            continue  # a list, which is null in some documents
        named = _named(path)
        for each in Field:
            if each not in places and _says(each, named) and _fits(each, values[path]):
                places[each] = Value(path)
        if named.endswith(("cs_headers", "request_headers_text")) and isinstance(values[path][0], str):
            text = Value(path)
            places = {**{each: HeaderText(each.value, text) for each in REQUEST_HEADERS}, **places}
    if needs_origin and Field.ORIGIN not in places:
        raise InputError(_no_origin(source, values))
    everywhere = {
        each
        for each, place in places.items()
        if isinstance(place, Value) and all(place.path in keys or place.path[:-1] in keys for keys in documents)
    }
    return LogFormat("json", places, frozenset(everywhere))


def _named(path: JsonPath) -> str:
    """The words of a key's path: `("httpRequest", "headers", "Origin", 0)` is `http_request_headers_origin`."""
    text = "_".join(str(key) for key in path if not isinstance(key, int))
    text = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", text)
    return re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")


def _says(each: Field, named: str) -> bool:
    header = each.value.replace("-", "_")
    if each in RESPONSE_HEADERS:
        return named == header or named.endswith(f"_{header}")
    if each in _NAMES and _NAMES[each].fullmatch(_OF_REQUEST.sub("", named) or named):
        return each is Field.STATUS or not _OF_RESPONSE.search(named)
    if each in REQUEST_HEADERS:
        rest = _OF_REQUEST.sub("", named)
        if each is Field.CONTENT_TYPE and rest == named:
            return False  # a bare content_type is that of the response as often as not
        return rest == header and not _OF_RESPONSE.search(named)
    return False


def _fits(each: Field, values: Iterable[object]) -> bool:
    """Whether the values can be those of the field: the origin of a page is not the name of a backend."""
    if each is not Field.ORIGIN:
        return True
    said = [value for value in values if value not in _SAYS_NOTHING]
    return not said or any(isinstance(value, str) and _ORIGIN.fullmatch(value) for value in said)


def _no_json(lines: Sequence[str], source: str) -> str:
    first = next((line for line in lines if line.strip()), "")
    if re.match(r"(https?|h2|grpcs|wss?) \d{4}-\d\d-\d\dT\S+ app/", first):
        return (
            f"{quoted(source)} is an access log of an AWS load balancer, which never carries Origin; "
            "replay the log of AWS WAF in front of it."
        )
    if first.startswith(("#Version:", "#Fields:")):
        return (
            f"{quoted(source)} is in the W3C format, as CloudFront's standard log, which has no Origin; log cs-headers in real "
            "time, as JSON, CSV or Parquet."
        )
    if not first:
        return f"{quoted(source)} has no lines."
    return (
        f"the lines of {quoted(source)} are not JSON; give the server's format string with --log-format, for example "
        '--log-format \'$remote_addr [$time_local] "$request" $status "$http_origin"\'.'
    )


def _no_origin(source: str, values: Mapping[JsonPath, object]) -> str:
    return (
        f"the log {quoted(source)} has no field for the Origin header among its {len(values)}; add the header to the log "
        "(docs/how-to/replay.md has the setting of each server), or name its key with --field origin=KEY."
    )
