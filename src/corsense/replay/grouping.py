"""The grouping of requests, expressed once in Ibis: what each engine runs, and all that comes back from it.

A source becomes a table with a column for each thing the log says (`described`); the tables of all sources become one, grouped by
everything that a policy can judge by (`grouped`). Only these groups leave the engine.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import ibis
import ibis.expr.types as ir

from corsense.observe.request_tuple import MAX_HEADERS_LENGTH, MAX_METHOD
from corsense.origin import MAX_ORIGIN
from corsense.replay.fields import LINE, Field, Group, HeaderText, JsonPath, LogFormat, Pair, Place, Value
from corsense.replay.shapes import DEEPEST, LONGEST_SEGMENT, REST, VALUE, Shapes

Text: TypeAlias = ir.StringValue
JsonFields: TypeAlias = Callable[[Text, Sequence[JsonPath]], Any]
"""See `Engine.json_fields`."""

FILE = "file"
"""The column that holds the name of the file a line is from."""
SAMPLE = 200
"""Characters of a broken line that are kept as a sample."""
_LONGEST_ALLOW = 2048

KEYS = (
    "source", "broken", "origin", "own_host", "method", "upgrade", "requested_method", "requested_headers", "private_network",
    "cookies", "authorization", "form", "status", "allow_origin", "allow_credentials", "allow_methods", "allow_headers", "shape",
    "route",
)  # fmt: skip
"""What requests are grouped by."""
COLUMNS = (
    *KEYS, "requests", "first_second", "last_second", "first_day", "last_day", "undated", "excerpt", "any_cookies",
    "any_authorization", "any_requested_method", "any_requested_headers", "any_allow_origin", "any_form",
)  # fmt: skip
"""The columns that come back, in order."""

_MONTHS = {
    "Jan": "01", "Feb": "02", "Mar": "03", "Apr": "04", "May": "05", "Jun": "06", "Jul": "07", "Aug": "08", "Sep": "09",
    "Oct": "10", "Nov": "11", "Dec": "12",
}  # fmt: skip
_DAY = r"^20[0-9]{2}-[01][0-9]-[0-3][0-9]$"
_FORM = r"(?i)^\s*(application/x-www-form-urlencoded|multipart/form-data|text/plain)\s*(;|$)"
EARLIEST = 946_684_800
"""2000-01-01: a clock that shows an earlier time was not set."""


@dataclass(frozen=True, slots=True)
class Source:
    """One log: its table, and the format of its lines or rows."""

    table: ir.Table
    format: LogFormat


def grouped(sources: Sequence[Source], shapes: Shapes, json_fields: JsonFields, latest: int) -> ir.Table:
    """The groups of all requests of `sources`, ordered by origin. `latest` is the last second that a clock may show."""
    tables = [_keyed(described(source, json_fields), number, shapes, latest) for number, source in enumerate(sources)]
    requests = tables[0] if len(tables) == 1 else ibis.union(*tables)
    groups = requests.group_by(list(KEYS)).aggregate(
        requests=requests.count(),
        first_second=requests.second.min(),
        last_second=requests.second.max(),
        first_day=requests.day.min(),
        last_day=requests.day.max(),
        undated=(requests.second.isnull() & requests.day.isnull()).sum(),
        excerpt=requests.excerpt.min(),
    )
    of_source = ibis.window(group_by=groups.source)
    return groups.mutate(
        any_cookies=groups.cookies.max().over(of_source),
        any_authorization=groups.authorization.max().over(of_source),
        any_requested_method=groups.requested_method.notnull().cast("int8").max().over(of_source),
        any_requested_headers=groups.requested_headers.notnull().cast("int8").max().over(of_source),
        any_allow_origin=groups.allow_origin.notnull().cast("int8").max().over(of_source),
        any_form=groups.form.max().over(of_source),
    ).order_by("origin")[list(COLUMNS)]


def described(source: Source, json_fields: JsonFields) -> ir.Table:
    """A table with a column of text for each `Field`, null where the log or the line does not have it, and `broken`."""
    table, places = source.table, source.format.places
    if source.format.prefixed:
        table = table.mutate(**{LINE: table[LINE].re_replace(r"^[^{]*", "")})
    read: dict[str, Any] = {}
    broken: ir.BooleanValue = ibis.literal(False)
    if source.format.pattern is not None:
        matches = table[LINE].re_search(source.format.pattern)
        broken = ~matches
        for each, place in places.items():
            assert isinstance(place, Group)
            read[each.name.lower()] = table[LINE].re_extract(source.format.pattern, place.number)
    else:
        table, read, broken = _json(table, source.format, json_fields)
    columns = {name: read[name].nullif("").nullif("-") if name in read else _nothing() for name in _NAMES}
    told = table.select(
        **columns,
        broken=broken.fill_null(True),
        line=table[LINE] if LINE in table.columns else _nothing(),
        file=table[FILE] if FILE in table.columns else _nothing(),
    )
    if not {Field.METHOD, Field.URL, Field.REQUEST} & places.keys():
        return told
    # A program may write other messages to the same file.
    return told.filter(told.broken | told.method.notnull() | told.url.notnull() | told.request.notnull())


_NAMES = tuple(each.name.lower() for each in Field)


def _nothing() -> Text:
    return ibis.null("string")


def _json(table: ir.Table, log_format: LogFormat, json_fields: JsonFields) -> tuple[ir.Table, dict[str, Any], ir.BooleanValue]:
    """The texts that are read from JSON, each document once, by the name of their field; and whether a document is broken."""
    values = [*map(_value_of, log_format.places.values()), *([log_format.skipped[0]] if log_format.skipped is not None else [])]
    wanted: dict[str, list[JsonPath]] = {}
    for value in values:
        if value.path and value.path not in wanted.setdefault(value.column, []):
            wanted[value.column].append(value.path)
    # The texts of a document become a column first: otherwise an engine would read it again for each of them.
    names = {(column, path): f"{column}_{number}" for column, paths in wanted.items() for number, path in enumerate(paths)}
    packed = table.mutate(**{f"{column}_texts": json_fields(table[column], paths) for column, paths in wanted.items()})
    flat = packed.mutate(
        **{name: packed[f"{column}_texts"][wanted[column].index(path)] for (column, path), name in names.items()}
    )
    if log_format.skipped is not None:
        value, beginning = log_format.skipped
        text = flat[names[value.column, value.path]]
        flat = flat.filter(text.isnull() | ~text.startswith(beginning))
    broken: ir.BooleanValue = flat[f"{LINE}_texts"].isnull() if LINE in wanted else ibis.literal(False)
    texts: dict[str, Any] = {}
    for each, place in log_format.places.items():
        value = _value_of(place)
        text = flat[names[value.column, value.path]] if value.path else flat[value.column].cast("string")
        texts[each.name.lower()] = _in(text, place)
    return flat, texts, broken


def _value_of(place: Place) -> Value:
    match place:
        case Value():
            return place
        case Pair(_, path, column):
            return Value(path, column)
        case HeaderText(_, text):
            return text
        case Group():
            raise AssertionError("a group belongs to a pattern")


def _in(text: Text, place: Place) -> Text:
    match place:
        case Pair(name):
            pattern = rf'(?i)"name"\s*:\s*"{name}"\s*,\s*"value"\s*:\s*"([^"\\]*)"'
            return text.re_extract(pattern, 1)
        case HeaderText(name):
            found = text.re_extract(rf"(?i)(?:^|\n|%0A){name}(?::|%3A)(?:\s|%20)*((?:[^\n%]|%[1-9A-F][0-9A-F])*)", 1)
            return found.re_replace("%3A", ":").re_replace("%2F", "/").re_replace("%2C", ",")
        case _:
            return text


def _keyed(table: ir.Table, number: int, shapes: Shapes, latest: int) -> ir.Table:
    """What requests are grouped by, and when each was. Lines without `Origin` keep nothing else."""
    told = table.mutate(
        method=table.method.fill_null(table.request.re_extract(r"^([!-~]+) ", 1)).nullif(""),
        url=table.url.fill_null(table.request.re_extract(r"^[!-~]+ ([^ ]*)", 1)).nullif(""),
    )
    asks = told.origin.notnull() & ~told.broken

    def kept(value: Any, kind: str = "string") -> Any:
        return ibis.ifelse(asks, value, ibis.null(kind))

    preflight = asks & (told.method.upper() == "OPTIONS")
    headers = told.requested_headers.lower().re_replace(r"\s+", "").substr(0, MAX_HEADERS_LENGTH * 2)
    keys = told.select(
        source=ibis.literal(number, "int32"),
        broken=told.broken,
        origin=kept(told.origin.substr(0, MAX_ORIGIN + 1)),
        own_host=kept(_is_own_host(told.origin, told.host), "boolean"),
        method=kept(told.method.substr(0, MAX_METHOD + 1)),
        upgrade=kept(told.upgrade.lower() == "websocket", "boolean"),
        requested_method=ibis.ifelse(preflight, told.requested_method.substr(0, MAX_METHOD + 1), _nothing()),
        requested_headers=ibis.ifelse(preflight, headers, _nothing()),
        private_network=ibis.ifelse(preflight, told.private_network.notnull(), ibis.null("boolean")),
        cookies=kept(told.cookie.notnull().cast("int8"), "int8"),
        authorization=kept(told.authorization.notnull().cast("int8"), "int8"),
        form=kept(told.content_type.re_search(_FORM).cast("int8"), "int8"),
        status=kept(told.status.substr(0, 1)),
        allow_origin=kept(told.allow_origin.substr(0, MAX_ORIGIN + 1)),
        allow_credentials=kept(told.allow_credentials == "true", "boolean"),
        allow_methods=ibis.ifelse(preflight, told.allow_methods.substr(0, _LONGEST_ALLOW), _nothing()),
        allow_headers=ibis.ifelse(preflight, told.allow_headers.substr(0, _LONGEST_ALLOW), _nothing()),
        shape=kept(_shape(told.url, shapes)),
        route=kept(told.route.substr(0, 200)),
        excerpt=ibis.ifelse(told.broken, told.file.fill_null("").concat("\n", told.line.substr(0, SAMPLE)), _nothing()),
        second=_second(told.time, latest),
        day=_day(told.time),
    )
    return keys


def _is_own_host(origin: Text, host: Text) -> ir.BooleanValue:
    """Whether a page has the host and port that the request was sent to."""
    page = origin.lower().re_replace(r"^[a-z][a-z0-9+.-]*://", "")
    return page == host.lower().re_replace(r":(80|443)$", "")


def _shape(url: Text, shapes: Shapes) -> Text:
    """The path of a URL, its values named by their class."""
    target = ibis.ifelse(url.startswith("/"), url, url.re_replace(r"^[A-Za-z][A-Za-z0-9+.-]*://[^/?#]*", ""))
    path = target.re_extract(r"^[^?#]*", 0)

    def named(segment: Text) -> Text:
        cases = [(segment.isin(["", *shapes.words]), segment), (segment.length() > LONGEST_SEGMENT, ibis.literal(VALUE))]
        cases += [(segment.re_search(pattern), ibis.literal(name)) for name, pattern, _ in shapes.classes]
        return ibis.cases(*cases, else_=VALUE)

    segments = path.split("/")
    shown = segments[: DEEPEST + 1].map(named).join("/")
    return ibis.ifelse(segments.length() > DEEPEST + 1, shown.concat(f"/{REST}"), shown)


def _second(time: Text, latest: int) -> ir.IntegerValue:
    """The second since 1970 of a time that is a number, of whatever unit; null for an impossible one."""
    number = time.try_cast("decimal(38, 9)").try_cast("int64")
    seconds = ibis.cases(
        (number > 10**17, number // 10**9), (number > 10**14, number // 10**6), (number > 10**11, number // 10**3), else_=number
    )
    return ibis.ifelse(seconds.between(EARLIEST, latest), seconds.cast("int64"), ibis.null("int64"))


def _day(time: Text) -> Text:
    """The day of a time that is text: ISO 8601, or that of the Common Log Format."""
    text = ibis.ifelse(time.startswith("["), time.substr(1), time)
    common = text.substr(7, 4).concat("-", text.substr(3, 3).substitute(_MONTHS, else_=""), "-", text.substr(0, 2))
    is_iso, is_common = text.substr(4, 1) == "-", text.substr(2, 1) == "/"
    day = ibis.cases((is_iso, text.substr(0, 10)), (is_common, common), else_=_nothing())
    return ibis.ifelse(day.re_search(_DAY), day, _nothing())
