"""ASGI as this package speaks it, and the CORS headers put into the start of an answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
AsgiApp = Callable[[Scope, Receive, Send], Awaitable[None]]

Pair = tuple[bytes, bytes]
Pairs = tuple[Pair, ...]

ALLOW_ORIGIN: Final = b"access-control-allow-origin"
ALLOW_CREDENTIALS: Final = (b"access-control-allow-credentials", b"true")
ALLOW_METHODS: Final = b"access-control-allow-methods"
ALLOW_HEADERS: Final = b"access-control-allow-headers"
ALLOW_PRIVATE_NETWORK: Final = (b"access-control-allow-private-network", b"true")
EXPOSE_HEADERS: Final = b"access-control-expose-headers"
MAX_AGE: Final = b"access-control-max-age"

# Only the policy decides: what the app set by hand for these is removed.
_OURS = frozenset({ALLOW_ORIGIN, ALLOW_CREDENTIALS[0], EXPOSE_HEADERS, ALLOW_METHODS, ALLOW_HEADERS, MAX_AGE})
_OURS = _OURS | {ALLOW_PRIVATE_NETWORK[0]}
_LONGEST_PLAIN_NAME = min(map(len, _OURS)) - 1
_FOUR_LETTERS = frozenset({b"date", b"etag", b"link", b"from"})
_VARY = b"vary"


class SealedHeaders(list[Pair]):
    """The header lines of an answer that gets no CORS headers. `Vary` is among them, which is what makes `with_pairs` look."""


def with_pairs(message: Message, added: Pairs) -> Message:
    """A copy of `message`, the start of an answer, with the headers `added`: `Vary` merged with what the app had, every other
    CORS header of the app replaced. `SealedHeaders` stay as they are. Neither the message nor its list of headers is changed,
    since apps may share them."""
    headers = message.get("headers") or ()
    if not isinstance(headers, (list, tuple)):
        headers = tuple(headers)
    for name, _ in headers:
        size = len(name)
        if size > _LONGEST_PLAIN_NAME or (size == 4 and name not in _FOUR_LETTERS):
            return {**message, "headers": _merged(headers, added)}
    return {**message, "headers": [*headers, *added]}


def _merged(headers: list[Pair] | tuple[Pair, ...], added: Pairs) -> list[Pair]:
    """The headers of an app with `added`, where some may be about the same."""
    if isinstance(headers, SealedHeaders):
        return [*headers]
    kept: list[Pair] = []
    vary: list[bytes] = []
    for name, value in headers:
        lower = bytes(name).lower()
        if lower == _VARY:
            vary.append(bytes(value))
        elif lower not in _OURS:
            kept.append((name, value))
    if not vary:
        return [*kept, *added]
    kept += [pair for pair in added if pair[0] != _VARY]
    kept.append((_VARY, _join_vary(vary, [value for name, value in added if name == _VARY])))
    return kept


def _join_vary(lines: list[bytes], wanted: list[bytes]) -> bytes:
    """One value of `Vary` from the app's lines and ours; each name once, `*` replaces all others (RFC 9110, *Vary*)."""
    joined = b", ".join(line for line in lines if line.strip())
    known = {name.strip().lower() for name in joined.split(b",")}
    if b"*" in known:
        return joined
    missing = [name for line in wanted for name in line.split(b", ") if name.lower() not in known]
    return b", ".join([joined, *missing] if joined else missing)
