"""`RequestTuple`: what many requests had in common. `ObservedRequests`: how often, and from which day to which day.

A tuple never holds what belongs to a single request or user: no path value, query, cookie, token, body or client address. Every
part has a fixed maximum length, so a sender cannot make a tuple or its line large.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, Final, Self

from corsense.fetch.safelist import is_token
from corsense.origin import Origin
from corsense.policy.decision import Reason

ALLOWED: Final = "allowed"
"""The verdict on a request that a policy allows; every other verdict is the value of a `Reason`."""
VERDICTS: Final = frozenset({ALLOWED, *(reason.value for reason in Reason)})

MAX_METHOD: Final = 32
MAX_HEADERS: Final = 32
"""How many requested header names a tuple has at most; together they have at most `MAX_HEADERS_LENGTH` characters."""
MAX_HEADERS_LENGTH: Final = 512
MAX_ROUTE: Final = 200
PRIVATE_NETWORK: Final = "access-control-request-private-network"
"""Stands among the requested header names of a preflight that has this header."""

COOKIES: Final = 1
AUTHORIZATION: Final = 2
"""Which credentials a request has, as the sum of these flags: see `CredentialsSent.of`."""

_STATUSES: Final = range(6)
_CREDENTIALS: Final = ("none", "cookies", "authorization", "both")


class RequestKind(StrEnum):
    """What a request is to CORS.

    A request that is neither a preflight nor a WebSocket handshake is `ACTUAL` when a browser would ask for permission first, as
    far as its method, `Authorization` and `Content-Type` show, else `SIMPLE`.
    """

    SIMPLE = "simple"
    PREFLIGHT = "preflight"
    ACTUAL = "actual"
    WEBSOCKET = "websocket"


class CredentialsSent(StrEnum):
    """Which credentials came with a request: a `Cookie` header, an `Authorization` header, or both. Preflights have none."""

    NONE = "none"
    COOKIES = "cookies"
    AUTHORIZATION = "authorization"
    BOTH = "both"

    @classmethod
    def of(cls, flags: int) -> CredentialsSent:
        """The member for a sum of `COOKIES` and `AUTHORIZATION`."""
        return cls(_CREDENTIALS[flags])

    @property
    def has_cookies(self) -> bool:
        """Whether a `Cookie` header was present: the page needs a policy with `credentials`."""
        return self in (CredentialsSent.COOKIES, CredentialsSent.BOTH)


@dataclass(frozen=True, slots=True)
class RequestTuple:
    """What many requests had in common. Make it with `RequestTuple.make`, which enforces the bounds.

    - `origin`: as sent: a serialised origin, or `null`.
    - `method`: that of the request; of a preflight, the one it asks for (`Access-Control-Request-Method`).
    - `headers`: the names a preflight asks for (`Access-Control-Request-Headers`), lower case, sorted, each once, and
      `PRIVATE_NETWORK` where it has that header; of other requests `()`.
    - `route`: the template that served it, such as `/users/{user_id}`; `""` where no route did, or none is known.
    - `status`: class of the answer's status, 1 to 5; 0 without an answer.
    - `live`: the verdict of the policy that judged it, `ALLOWED` or a `Reason`; None when unknown, as from a log.
    - `candidate`: the verdict of the policy that was tried beside it; None without one.
    """

    origin: str
    kind: RequestKind
    method: str
    headers: tuple[str, ...] = ()
    route: str = ""
    credentials: CredentialsSent = CredentialsSent.NONE
    status: int = 0
    live: str | None = None
    candidate: str | None = None

    @classmethod
    def make(
        cls,
        origin: str,
        kind: RequestKind,
        method: str,
        headers: Iterable[str] = (),
        route: str = "",
        credentials: CredentialsSent = CredentialsSent.NONE,
        status: int = 0,
        live: str | None = None,
        candidate: str | None = None,
    ) -> Self | None:
        """The tuple; None if a part is not what a browser sends, or exceeds its bound."""
        names = tuple(sorted({name.strip().lower() for name in headers} - {""}))
        if origin != "null" and Origin.parse(origin) is None:
            return None
        if len(method) > MAX_METHOD or not is_token(method) or status not in _STATUSES:
            return None
        if len(names) > MAX_HEADERS or sum(map(len, names)) > MAX_HEADERS_LENGTH or not all(map(is_token, names)):
            return None
        if len(route) > MAX_ROUTE or not route.isprintable() or not (route == "" or route.startswith("/")):
            return None
        if not VERDICTS.issuperset(verdict for verdict in (live, candidate) if verdict is not None):
            return None
        return cls(origin, kind, method, names, route, credentials, status, live, candidate)


@dataclass(frozen=True, slots=True)
class ObservedRequests:
    """How many requests had a tuple in common, on how many `days` (UTC), the `first` and the `last` of them included."""

    request: RequestTuple
    count: int
    first: date
    last: date
    days: int = 1

    def document(self) -> dict[str, Any]:
        """The tuple and its counts as one JSON object, all its keys always there."""
        seen = self.request
        return {
            "origin": seen.origin,
            "kind": seen.kind.value,
            "method": seen.method,
            "headers": list(seen.headers),
            "route": seen.route,
            "credentials": seen.credentials.value,
            "status": seen.status,
            "live": seen.live,
            "candidate": seen.candidate,
            "count": self.count,
            "days": self.days,
            "first": self.first.isoformat(),
            "last": self.last.isoformat(),
        }

    def line(self) -> str:
        """The JSON object on one line of ASCII, without a line break."""
        return json.dumps(self.document(), separators=(",", ":"))

    @classmethod
    def of_document(cls, document: object) -> ObservedRequests:
        """Read what `document` returns. Raises ValueError for anything else, including values out of bounds."""
        if not isinstance(document, dict):
            raise ValueError("an observation is a JSON object")
        try:
            request = _request_of(document)
            first, last = date.fromisoformat(document["first"]), date.fromisoformat(document["last"])
            count, days = document["count"], document.get("days", 1)
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"an observation lacks {error}, or has a value of another type there") from None
        if type(count) is not int or type(days) is not int or count < 1 or not 1 <= days <= (last - first).days + 1:
            raise ValueError("count and days of an observation are whole numbers from 1, and days fit between first and last")
        return cls(request, count, first, last, days)

    @classmethod
    def parse(cls, line: str | bytes) -> ObservedRequests:
        """Read one line. Raises ValueError."""
        try:
            document = json.loads(line)
        except RecursionError:
            raise ValueError("the line is nested too deeply for an observation") from None
        return cls.of_document(document)


def _request_of(document: dict[str, Any]) -> RequestTuple:
    headers = document["headers"]
    if not isinstance(headers, list):
        raise TypeError("headers")
    status = document["status"]
    request = RequestTuple.make(
        document["origin"],
        RequestKind(document["kind"]),
        document["method"],
        headers,
        document["route"],
        CredentialsSent(document["credentials"]),
        status if type(status) is int else -1,
        document["live"],
        document["candidate"],
    )
    if request is None:
        raise ValueError("a value of an observation is out of bounds")
    return request
