"""What a log can hold about a request, and where a log format has it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

JsonPath: TypeAlias = tuple[str | int, ...]
"""Keys and indexes that lead to a value of a JSON document, outermost first."""

LINE = "line"
"""The column that holds the lines of a text file."""


class Field(StrEnum):
    """What a log can say of one request. `REQUEST` is the whole request line, `HEADERS` the text of many headers, `ROUTE` the
    template that served the request."""

    ORIGIN = "origin"
    METHOD = "method"
    URL = "url"
    REQUEST = "request"
    HOST = "host"
    STATUS = "status"
    TIME = "time"
    REQUESTED_METHOD = "access-control-request-method"
    REQUESTED_HEADERS = "access-control-request-headers"
    PRIVATE_NETWORK = "access-control-request-private-network"
    COOKIE = "cookie"
    AUTHORIZATION = "authorization"
    CONTENT_TYPE = "content-type"
    UPGRADE = "upgrade"
    ALLOW_ORIGIN = "access-control-allow-origin"
    ALLOW_CREDENTIALS = "access-control-allow-credentials"
    ALLOW_METHODS = "access-control-allow-methods"
    ALLOW_HEADERS = "access-control-allow-headers"
    ROUTE = "route"


REQUEST_HEADERS = (
    Field.ORIGIN,
    Field.HOST,
    Field.REQUESTED_METHOD,
    Field.REQUESTED_HEADERS,
    Field.PRIVATE_NETWORK,
    Field.COOKIE,
    Field.AUTHORIZATION,
    Field.CONTENT_TYPE,
    Field.UPGRADE,
)
"""The fields that are request headers of that name."""
RESPONSE_HEADERS = (Field.ALLOW_ORIGIN, Field.ALLOW_CREDENTIALS, Field.ALLOW_METHODS, Field.ALLOW_HEADERS)
"""The fields that are response headers of that name."""


@dataclass(frozen=True, slots=True)
class Value:
    """The value at `path` of the JSON document in `column`; with an empty path the column itself."""

    path: JsonPath = ()
    column: str = LINE


@dataclass(frozen=True, slots=True)
class Pair:
    """The value of the pair called `name` in a list such as `[{"name": "Origin", "value": "..."}]`, which is at `path` of the
    JSON document in `column`. Names are compared without regard to case."""

    name: str
    path: JsonPath
    column: str = LINE


@dataclass(frozen=True, slots=True)
class HeaderText:
    """The value of the header `name` in a text of lines `Name:value` (line breaks may be percent-encoded, as by CloudFront)."""

    name: str
    text: Value


@dataclass(frozen=True, slots=True)
class Group:
    """A group, counted from 1, of the pattern that matches a line."""

    number: int


Place: TypeAlias = Value | Pair | HeaderText | Group


@dataclass(frozen=True, slots=True)
class LogFormat:
    """How a log says what it says.

    - `name`: as `--log-format` takes it and reports print it.
    - `places`: where each field is; a field that is missing here is not in the log.
    - `certain`: the fields that every line has, with an empty value where the request had none. Other fields are unknown until
      one line has a value.
    - `pattern`: a regular expression for lines that are not JSON, for both RE2 and `java.util.regex`.
    - `skipped`: a value and how it begins in lines that repeat what another line says of a request.
    - `prefixed`: something stands before the JSON of a line, such as what syslog and containers write.
    """

    name: str
    places: Mapping[Field, Place]
    certain: frozenset[Field] = field(default_factory=frozenset)
    pattern: str | None = None
    skipped: tuple[Value, str] | None = None
    prefixed: bool = False
