"""What travels between a browser and a server: `WireRequest`, `WireResponse`, `NetworkError`, and the `Exchange` they make."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

REDIRECT_STATUSES: Final = frozenset({301, 302, 303, 307, 308})
"""Source: Fetch, *redirect status*."""

Headers = Sequence[tuple[str, str]]
"""Header lines as sent: pairs of name and value, repeated lines stay repeated. Values are ISO-8859-1 text, one character a
byte. Any sequence of pairs is taken; what a value keeps is a tuple of them."""


@dataclass(frozen=True, slots=True)
class WireRequest:
    """One HTTP request that a browser would send.

    `headers` are those that matter for CORS (`Origin`, `Access-Control-Request-*`, `Accept`) and those the script set, as sent.
    `credentials` says that cookies, client certificates and HTTP authentication may be attached (*HTTP-network-or-cache fetch*).
    `preflight` marks a CORS-preflight request, which never carries credentials.
    """

    method: str
    url: str
    headers: Headers = ()
    credentials: bool = False
    preflight: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "headers", pairs(self.headers))

    def header(self, name: str) -> str | None:
        """The value of the header called `name` (any case), lines joined as *get* joins them; None when absent."""
        return combine(self.headers).get(name.lower())


@dataclass(frozen=True, slots=True)
class WireResponse:
    """One HTTP response: its `status` and its header lines, repeated lines kept apart."""

    status: int
    headers: Headers = ()
    _combined: dict[str, str] = field(init=False, repr=False, compare=False, hash=False, default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "headers", pairs(self.headers))

    def header(self, name: str) -> str | None:
        """The value of the header called `name` (any case), lines joined by a comma and a space; None when absent."""
        if not self._combined and self.headers:
            self._combined.update(combine(self.headers))
        found = self._combined.get(name)
        return found if found is not None else self._combined.get(name.lower())

    def lines(self, name: str) -> tuple[tuple[str, str], ...]:
        """Each header line called `name` (any case), as it came."""
        wanted = name.lower()
        return tuple(line for line in self.headers if line[0].lower() == wanted)


@dataclass(frozen=True, slots=True)
class NetworkError:
    """No response came: the server is down, the name does not resolve, TLS failed...

    `reason` is one of `corsense.fetch.FailureReason` where one fits, or any other short text; `detail` is what the transport
    said.
    """

    reason: str = "connection refused"
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request and what came back for it."""

    request: WireRequest
    response: WireResponse | NetworkError


def pairs(headers: Headers) -> tuple[tuple[str, str], ...]:
    """The lines as a tuple of tuples, which is what makes a value that has them hashable."""
    return tuple([(name, value) for name, value in headers])


def combine(headers: Headers) -> dict[str, str]:
    """Each header's value by its name in lower case: the values of its lines, white space around them removed, joined by `,
    ` (*get*)."""
    combined: dict[str, str] = {}
    for name, value in headers:
        key, stripped = name.lower(), value.strip(" \t\r\n")
        combined[key] = f"{combined[key]}, {stripped}" if key in combined else stripped
    return combined
