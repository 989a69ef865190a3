"""`OriginSet`: many patterns and one question, answered in time that does not depend on their number."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from corsense.origin.pattern import OriginPattern
from corsense.origin.spelling import DEFAULT_PORTS, MAX_HOST, MAX_ORIGIN

# What most lists hold: http(s), a plain ASCII host name, no port or one that is not 80, 443 or of five digits. A whole list is
# matched at once, one origin per line, so that 100,000 are checked in a twentieth of a second; everything else takes the slow
# path.
_PLAIN = r"https?://(?:(?!xn--)[a-z0-9-]{1,63}+\.)*+(?!xn--)[a-z][a-z0-9-]{0,62}+(?::(?!(?:80|443)\n)[1-9][0-9]{0,3}+)?+\n"
_PLAIN_LINE = re.compile(_PLAIN)
_PLAIN_LINES = re.compile(f"(?:{_PLAIN})*+")
_REMEMBERED = 1_024
_HOST_BYTES = b"abcdefghijklmnopqrstuvwxyz0123456789-_."


class OriginSet:
    """Many patterns, and one question: is this origin meant by any of them? Immutable; equal by value.

    The answer takes as long for 100,000 exact origins as for one, and as long for 1,000 wildcards as for one: a hash look-up for
    the origin, then one for each number of labels that some wildcard has behind its `*.`. No regular expression is run, and an
    origin of more than `MAX_ORIGIN` bytes is refused before it is hashed.
    """

    __slots__ = ("_any_port", "_known", "_open_ports", "_open_tails", "_tails", "_wildcards", "exact", "has_patterns")

    exact: frozenset[bytes]
    """The origins that are listed as such."""
    has_patterns: bool
    """Whether there are patterns besides `exact`."""

    def __init__(self, patterns: Iterable[OriginPattern] = ()) -> None:
        exact, wildcards = set(), []
        for pattern in patterns:
            if pattern.is_exact:
                exact.add(str(pattern).encode())
            else:
                wildcards.append(pattern)
        self._index(frozenset(exact), wildcards)

    @classmethod
    def of_plain(cls, plain: Iterable[str], patterns: Iterable[OriginPattern] = ()) -> OriginSet:
        """The set of `plain`, origins that are known to be well formed, and of `patterns`. For long lists."""
        made = cls(patterns)
        exact = frozenset(map(str.encode, plain))
        made.exact = exact | made.exact if made.exact else exact
        return made

    def _index(self, exact: frozenset[bytes], wildcards: list[OriginPattern]) -> None:
        self.exact = exact
        self.has_patterns = bool(wildcards)
        # Origins that were found to be meant, so that a page in use is found as fast as a listed one. Refused ones are not kept:
        # their number is unbounded.
        self._known: set[bytes] = set()
        self._wildcards = frozenset(str(pattern).encode() for pattern in wildcards)
        self._tails = _Tails(pattern for pattern in wildcards if pattern.subdomains and pattern.port != "*")
        self._open_tails = _Tails(pattern for pattern in wildcards if pattern.subdomains and pattern.port == "*")
        self._open_ports = frozenset(
            f"{pattern.scheme}://{pattern.host}".encode() for pattern in wildcards if not pattern.subdomains
        )
        self._any_port = bool(self._open_ports or self._open_tails)

    def match(self, origin: bytes) -> bool:
        """Whether `origin`, the bytes of an `Origin` header, is meant. Any bytes may be given."""
        if len(origin) > MAX_ORIGIN:
            return False
        if origin in self.exact:
            return True
        if not self.has_patterns:
            return False
        known = self._known
        if origin in known:
            return True
        if not self._match_wildcard(origin):
            return False
        if len(known) >= _REMEMBERED:
            known.clear()
        known.add(origin)
        return True

    def _match_wildcard(self, origin: bytes) -> bool:
        if self._tails and self._tails.match(origin):
            return True
        if not self._any_port:
            return False
        # An open port: the same questions to what is left without it.
        base, colon, port = origin.rpartition(b":")
        if port[:2] == b"//" or port[-1:] == b"]":
            base = origin
        elif not colon or not _is_port(base, port):
            return False
        return base in self._open_ports or bool(self._open_tails and self._open_tails.match(base))

    def __contains__(self, origin: object) -> bool:
        if isinstance(origin, str):
            return origin.isascii() and self.match(origin.encode())
        return isinstance(origin, bytes) and self.match(origin)

    def patterns(self) -> Iterator[str]:
        """Each pattern as text, sorted."""
        return (text.decode() for text in sorted(self.exact | self._wildcards))

    def wildcards(self) -> Iterator[OriginPattern]:
        """The patterns that mean more than one origin, sorted by their text."""
        return (OriginPattern.parse(text.decode()) for text in sorted(self._wildcards))

    def __len__(self) -> int:
        return len(self.exact) + len(self._wildcards)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, OriginSet):
            return NotImplemented
        return self.exact == other.exact and self._wildcards == other._wildcards

    def __hash__(self) -> int:
        return hash((self.exact, self._wildcards))

    def __repr__(self) -> str:
        return f"<OriginSet of {len(self.exact)} origins and {len(self._wildcards)} wildcards>"


def is_plain_origin(text: str) -> bool:
    """Whether `text` is an exact origin of the plain kind, which needs no closer look."""
    return len(text) <= MAX_HOST and "\n" not in text and _PLAIN_LINE.fullmatch(f"{text}\n") is not None


def are_plain_origins(texts: Sequence[str]) -> bool:
    """Whether each of `texts` is a plain origin. Raises TypeError when one is not a string."""
    lines = "\n".join(texts)
    if not texts or lines.count("\n") != len(texts) - 1 or max(map(len, texts)) > MAX_HOST:
        return False
    return _PLAIN_LINES.fullmatch(lines + "\n") is not None


class _Tails(dict[bytes, list[tuple[bytes, int]]]):
    """What stands behind the `*` of wildcards (`.example.com:8443`); for each how the origin must begin (`https://`), and how
    long the labels between may be. An origin is cut once for each number of labels that some wildcard has, however many wildcards
    there are."""

    def __init__(self, patterns: Iterable[OriginPattern]) -> None:
        super().__init__()
        depths = set()
        for pattern in patterns:
            port = f":{pattern.port}" if isinstance(pattern.port, int) else ""
            begins = (f"{pattern.scheme}://".encode(), MAX_HOST - len(pattern.host) - 1)
            self.setdefault(f".{pattern.host}{port}".encode(), []).append(begins)
            depths.add(pattern.host.count(".") + 1)
        self.depths = tuple(sorted(depths))

    def match(self, origin: bytes) -> bool:
        """Whether `origin` begins and ends as one of them, with labels between."""
        for depth in self.depths:
            head = origin.rsplit(b".", depth)[0]
            begins = self.get(origin[len(head) :])
            if begins is not None:
                for scheme, room in begins:
                    if head.startswith(scheme):
                        labels = head[len(scheme) :]
                        # Usually one label of letters and digits, which is cheaper to check.
                        if (labels.isalnum() and labels == labels.lower() and len(labels) <= room) or _is_name(labels, room):
                            return True
        return False


def _is_port(before: bytes, port: bytes) -> bool:
    """Whether a browser would write this port behind this scheme and host."""
    if not port.isdigit() or len(port) > 5 or port[0] == 0x30:
        return False
    number = int(port)
    return number <= 65535 and number != DEFAULT_PORTS.get(before.partition(b"://")[0].decode("latin-1"))


def _is_name(labels: bytes, room: int) -> bool:
    """Whether `labels` is one or more DNS labels with dots between them, of at most `room` bytes."""
    if not labels or len(labels) > room or labels.translate(None, _HOST_BYTES):
        return False
    return labels[0] != 0x2E and labels[-1] != 0x2E and b".." not in labels
