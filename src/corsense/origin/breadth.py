"""Which foreign origins an expression admits, decided on its automaton, with the shortest such origin as the witness.

An expression is *written for* the sites whose names it spells: `https://.*\\.example\\.com` for `example.com`. An origin is
foreign when its site (the last two labels of its host; the whole host where that is one label or an address) is not one of them.
This machine and private networks are never foreign. The search walks backwards from the end of the host, so it meets the site
first.
"""

from __future__ import annotations

import heapq
import re
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Final

from corsense.origin.automaton import PREFERRED, Automaton, Budget, bits, determinise, minimised, positions, product
from corsense.origin.expression import parse
from corsense.origin.pattern import OriginPattern
from corsense.origin.regex import OriginRegex
from corsense.origin.spelling import MAX_HOST, MAX_ORIGIN

_SCHEME: Final = r"[a-z][a-z0-9+.-]*://"
_WEB: Final = "https?://"
_PORT: Final = r"(?::[1-9][0-9]{0,4})?"
_LABEL: Final = "[a-z0-9_-]+"
# A host whose last label is a number is an address. Source: URL Standard, *ends in a number checker*.
_NAME: Final = rf"(?:{_LABEL}\.)*[0-9]*[a-z_-]{_LABEL[:-1]}*\.?"
_LOOPBACK_NAME: Final = rf"(?:{_LABEL}\.)*localhost"
_BYTE: Final = r"(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
_ADDRESS: Final = rf"{_BYTE}\.{_BYTE}\.{_BYTE}\.{_BYTE}"
_LOOPBACK_ADDRESS: Final = rf"127\.{_BYTE}\.{_BYTE}\.{_BYTE}"
# Source: RFC 1918; RFC 3927; RFC 6598; RFC 4193; RFC 4291.
_PRIVATE_ADDRESS: Final = (
    rf"(?:(?:0|10|127)\.{_BYTE}|192\.168|169\.254|172\.(?:1[6-9]|2[0-9]|3[01])|100\.(?:6[4-9]|[7-9][0-9]|1[01][0-9]|12[0-7]))"
    rf"\.{_BYTE}\.{_BYTE}"
)
_GROUP: Final = "[0-9a-f]{1,4}"
_ADDRESS_6: Final = rf"\[(?:(?:{_GROUP}:){{7}}{_GROUP}|(?:{_GROUP}(?::{_GROUP}){{0,5}})?::(?:{_GROUP}(?::{_GROUP}){{0,5}})?)\]"
_PRIVATE_ADDRESS_6: Final = r"\[(?:::1?|f[cd][0-9a-f:]*|fe[89ab][0-9a-f:]*)\]"
_KINDS: Final = (
    ("names", 2), ("names", 1), ("addresses", None), ("addresses of version 6", None), ("names of apps", 2), ("names of apps", 1),
)  # fmt: skip
_MOST_STEPS: Final = 200_000
_CHEAP_BITS: Final = 2_048
"""A set costs one more step for each of this many states."""
_DEEPEST: Final = 6
_LONGEST_PORT: Final = 5
_COLON: Final = 1 << ord(":")
_DIGITS: Final = sum(1 << ord(digit) for digit in "0123456789")


def foreign_origin(expression: OriginRegex) -> str | None:
    """The shortest origin that `expression` admits and that belongs to another site than those it is written for; `"null"`, which
    any page can have, where it admits that only. None when there is none. Raises `UnsupportedRegex` when deciding it would take
    too long."""
    return next(foreign_origins(expression), None)


def foreign_origins(expression: OriginRegex) -> Iterator[str]:
    """Foreign origins that `expression` admits, each of another kind, the shortest of a kind first: names of two labels and more,
    single labels, addresses, the same with schemes of apps, `"null"`."""
    for kind, labels in () if _is_written_out(expression) else _KINDS:
        hosts = _hosts(expression, kind)
        yield from hosts.foreign(hosts.end(), labels)
    if expression.match(b"null"):
        yield "null"


def shared_suffix(expression: OriginRegex, is_public_suffix: Callable[[str], bool]) -> tuple[str, str] | None:
    """A public suffix below which `expression` leaves the name open (`vercel.app`), and the shortest origin that it admits there;
    None when there is none. Raises `UnsupportedRegex` when deciding it would take too long."""
    if _is_written_out(expression):
        return None
    hosts = _hosts(expression, "names")
    for end in hosts.spelt_suffixes():
        suffix = end.tail.strip(".")
        if is_public_suffix(suffix):
            witness = next(hosts.foreign(end, end.labels + 1), None)
            if witness is not None:
                return suffix, witness
    return None


def insecure_origin(expression: OriginRegex) -> str | None:
    """The shortest origin that `expression` admits whose pages anyone on the network can forge: `http:`, and not of this machine.
    None when there is none."""
    admitted = product(expression.automaton, _insecure(), lambda one, other: one and other, Budget(_MOST_STEPS))
    return _shortest(admitted) or None


def admits_no_origin(expression: OriginRegex) -> bool:
    """Whether no origin that a browser sends matches: `https://app\\.example\\.com/` has a path, `:443` is left out by browsers.
    Raises `UnsupportedRegex` when deciding it would take too long."""
    if expression.match(b"null"):
        return False
    return not product(expression.automaton, _origins(), lambda one, other: one and other, Budget(_MOST_STEPS)).rows


def admitted_origin(expression: OriginRegex) -> str | None:
    """The shortest origin of a browser that matches and is no longer than an origin can be; None when there is none.
    Raises `UnsupportedRegex` when deciding it would take too long."""
    if len(_shortest(expression.automaton)) > MAX_ORIGIN:
        return None
    admitted = product(expression.automaton, _origins(), lambda one, other: one and other, Budget(_MOST_STEPS))
    found = _shortest(admitted) if admitted.rows else ""
    host = found.partition("://")[2].rpartition(":")[0] or found.partition("://")[2]
    return found if found and len(host) <= MAX_HOST and len(found) <= MAX_ORIGIN else None


def admits_every_origin(expression: OriginRegex) -> bool:
    """Whether every origin that a browser sends matches, `null` perhaps not. False also when deciding it would take too long."""
    from corsense.origin.expression import UnsupportedRegex

    try:
        return not product(_origins(), expression.automaton, lambda one, other: one and not other, Budget(_MOST_STEPS)).rows
    except UnsupportedRegex:
        return False


def admits_pattern(expression: OriginRegex, pattern: OriginPattern) -> bool:
    """Whether every origin that `pattern` means matches. False also when deciding it would take too long."""
    from corsense.origin.expression import UnsupportedRegex

    host = rf"(?:{_LABEL}\.)+{re.escape(pattern.host)}" if pattern.subdomains else re.escape(pattern.host)
    port = "" if pattern.port is None else _PORT if pattern.port == "*" else f":{pattern.port}"
    try:
        meant = _grammar(f"{re.escape(pattern.scheme)}://{host}{port}")
        return not product(meant, expression.automaton, lambda one, other: one and not other, Budget(_MOST_STEPS)).rows
    except UnsupportedRegex:
        return False


def _is_written_out(expression: OriginRegex) -> bool:
    """Whether an expression has no free choice: it admits only what it spells."""
    return expression.positions.allowed == expression.positions.written


@cache
def _grammar(pattern: str, without: str | None = None) -> Automaton:
    made = determinise(positions(parse(pattern)[0], Budget()), Budget())
    if without is not None:
        made = product(made, _grammar(without), lambda one, other: one and not other, Budget())
    return minimised(made)


@cache
def _hosts_grammar(kind: str) -> Automaton:
    """Origins without a port whose host is of a kind, addresses of private networks left out."""
    match kind:
        case "names":
            return _grammar(_WEB + _NAME)
        case "addresses":
            return _grammar(_WEB + _ADDRESS, _WEB + _PRIVATE_ADDRESS)
        case "addresses of version 6":
            return _grammar(_WEB + _ADDRESS_6, _WEB + _PRIVATE_ADDRESS_6)
        case _:
            return _grammar(_SCHEME + _NAME, _WEB + _NAME)


@cache
def _insecure() -> Automaton:
    """Origins of http whose host is not this machine."""
    hosts = f"(?:{_NAME}|{_ADDRESS}|{_ADDRESS_6})"
    own = rf"(?:{_LOOPBACK_NAME}|{_LOOPBACK_ADDRESS}|\[::1\])"
    return _grammar(f"http://{hosts}{_PORT}", f"http://{own}{_PORT}")


@cache
def _origins() -> Automaton:
    """Every origin that browsers send; they omit default ports."""
    hosts = f"(?:{_NAME}|{_ADDRESS}|{_ADDRESS_6})"
    return _grammar(_SCHEME + hosts + _PORT, "https://.*:443|http://.*:80")


@dataclass(frozen=True, slots=True)
class _End:
    """The end of a host, read backwards. `states` of the automaton lead from its first character to a match; `spelt` are the
    positions at which that character stands when the expression spells this end, None before there is one; `labels` are complete.
    """

    tail: str
    states: int
    spelt: int | None
    labels: int = 0


class _Queue:
    """Ends of hosts, that of the shortest origin first; of those that go on alike, the shortest only."""

    def __init__(self, distances: list[int]) -> None:
        self.distances = distances
        self.waiting: list[tuple[int, int, int, _End, bool]] = []
        self.best: dict[tuple[int, int | None, int, bool], int] = {}
        self.count = 0

    def put(self, end: _End, *, found: bool) -> None:
        """Add an end; `found`: it is that of a foreign origin."""
        key = (end.states, end.spelt, end.labels, found)
        length = len(end.tail)
        if end.states and length < self.best.get(key, length + 1):
            self.best[key] = length
            nearest = min(self.distances[state] for state in bits(end.states))
            self.count += 1
            heapq.heappush(self.waiting, (length + nearest, -length, self.count, end, found))

    def pop(self) -> tuple[_End, bool]:
        """Take the first."""
        return heapq.heappop(self.waiting)[3:]


@lru_cache(maxsize=16)
def _hosts(expression: OriginRegex, kind: str) -> _Hosts:
    return _Hosts(expression, _hosts_grammar(kind))


class _Hosts:
    """The origins that an expression and a grammar both admit, ports left out, read backwards from the end of the host."""

    def __init__(self, expression: OriginRegex, grammar: Automaton) -> None:
        self.expression = expression.automaton
        self.made = expression.positions
        self.budget = Budget(_MOST_STEPS)
        portless = Automaton(self.expression.sets, self.expression.rows, _with_port(self.expression))
        self.admitted = product(portless, grammar, lambda one, other: one and other, self.budget)
        self.chars = [self.admitted.example(number) for number in range(len(self.admitted.sets))]
        self.order = sorted(range(len(self.chars)), key=lambda number: _rank(self.chars[number]))
        self.before: list[dict[int, int]] = [{} for _ in self.admitted.rows]
        for state, row in enumerate(self.admitted.rows):
            for number, following in enumerate(row):
                if following >= 0:
                    self.before[following][number] = self.before[following].get(number, 0) | 1 << state
        self.earlier: dict[int, dict[int, int]] = {}
        self.width = 1 + len(self.admitted.rows) // _CHEAP_BITS
        self.distances = _distances(self.admitted)
        self.preceding: list[int] = self._preceding() if self.admitted.rows else []
        self.final = self.made.last | self._before(self._ports()) if self.admitted.rows else 0

    def end(self) -> _End:
        """The end of every host, of no character yet."""
        return _End("", sum(1 << state for state, accepts in enumerate(self.admitted.accepting) if accepts), None)

    def foreign(self, end: _End, labels: int | None) -> Iterator[str]:
        """Origins whose site the expression does not spell, the shortest first. The site is `labels` labels long, counted from
        the end of the host; None: the whole host. Raises `UnsupportedRegex` when it takes too long."""
        queue = _Queue(self.distances)
        queue.put(end, found=False)
        while queue.waiting:
            end, found = queue.pop()
            if found:
                yield self._whole(end)
                continue
            for number in self._earlier(end.states):
                if not self._is_boundary(end, number, labels):
                    queue.put(self._read(end, number, literally=True), found=False)
                    continue
                if end.spelt and end.tail.removesuffix(".") == "localhost":
                    continue  # this machine, and every name below it
                bounded = self._read(end, number, literally=False)
                if labels is None or bounded.labels == labels:
                    if not bounded.spelt:
                        queue.put(bounded, found=True)
                elif self.chars[number] == ".":
                    queue.put(self._read(end, number, literally=True), found=False)

    def _is_boundary(self, end: _End, number: int, labels: int | None) -> bool:
        char = self.chars[number]
        return char == "/" or (char == "." and labels is not None and end.tail not in ("", "."))

    def spelt_suffixes(self) -> Iterator[_End]:
        """The ends of hosts that the expression spells, of two labels and more, each with the dot before it."""
        waiting: deque[tuple[_End, frozenset[tuple[int, int | None]]]] = deque([(self.end(), frozenset())])
        while waiting:
            end, passed = waiting.popleft()
            for number in self._earlier(end.states):
                char = self.chars[number]
                dot = char == "." and end.tail not in ("", ".")
                longer = self._read(end, number, literally=not dot)
                place = (longer.states, longer.spelt)
                if char == "/" or not longer.spelt or place in passed:  # a loop that is spelt: no suffix has one
                    continue
                if dot and longer.labels > 1:
                    yield longer
                if longer.labels < _DEEPEST:
                    waiting.append((longer, passed | {place}))

    def _earlier(self, states: int) -> dict[int, int]:
        """For each set of characters that may stand before `states`, the states before it; in the order of examples."""
        found = self.earlier.get(states)
        if found is None:
            gathered: dict[int, int] = {}
            for state in bits(states):
                before = self.before[state]
                self.budget.spend(self.width * len(before))
                for number, mask in before.items():
                    gathered[number] = gathered.get(number, 0) | mask
            found = {number: gathered[number] for number in self.order if number in gathered}
            self.earlier[states] = found
        return found

    def _read(self, end: _End, number: int, *, literally: bool) -> _End:
        """`end` with one more character, of the set `number`, before it."""
        able = self.made.written if literally else self.made.allowed
        mask = self.admitted.sets[number]
        spelt = 0
        for position in bits(self.final if end.spelt is None else self._before(end.spelt)):
            self.budget.spend()
            if able[position] & mask:
                spelt |= 1 << position
        char = self.chars[number]
        whole_label = char in "./" and end.tail not in ("", ".")
        return _End(char + end.tail, self._earlier(end.states)[number], spelt, end.labels + whole_label)

    def _whole(self, end: _End) -> str:
        """The shortest origin that ends so, with a port where the expression requires one."""
        nearest = min(bits(end.states), key=self.distances.__getitem__)
        origin = _shortest(self.admitted, nearest) + end.tail
        classes, state = self.expression.classes(), 0
        for char in origin:
            state = self.expression.rows[state][classes[ord(char)]]
        return origin if self.expression.accepting[state] else f"{origin}:{_port(self.expression, state, classes)}"

    def _preceding(self) -> list[int]:
        before = [0] * len(self.made.follow)
        for position, follow in enumerate(self.made.follow):
            for following in bits(follow):
                self.budget.spend()
                before[following] |= 1 << position
        return before

    def _before(self, spelt: int) -> int:
        found = 0
        for position in bits(spelt):
            self.budget.spend()
            found |= self.preceding[position]
        return found

    def _ports(self) -> int:
        """The positions at which the colon of a port may stand."""
        able = [(bool(allowed & _DIGITS), bool(allowed & _COLON)) for allowed in self.made.allowed]
        digits = sum(1 << position for position, (digit, _) in enumerate(able) if digit)
        colons = sum(1 << position for position, (_, colon) in enumerate(able) if colon)
        port = self.made.last & digits
        for _ in range(_LONGEST_PORT - 1):
            port |= self._before(port) & digits
        return self._before(port) & colons


def _rank(char: str) -> tuple[bool, int]:
    """Letters come first in an example, in this order."""
    return (not char.isalpha(), PREFERRED.find(char))


def _with_port(automaton: Automaton) -> list[bool]:
    """For each state whether nothing, or a port, leads from it to a match."""
    classes = automaton.classes()
    return [accepts or bool(_port(automaton, state, classes)) for state, accepts in enumerate(automaton.accepting)]


def _port(automaton: Automaton, state: int, classes: list[int]) -> str:
    """The shortest port that leads from `state`, colon read, to a match; empty when none does."""
    after = automaton.rows[state][classes[ord(":")]]
    reached = {after: ""} if after >= 0 else {}
    for place in range(_LONGEST_PORT if reached else 0):
        longer: dict[int, str] = {}
        for here, digits in reached.items():
            for digit in "1234567890" if place else "123456789":
                following = automaton.rows[here][classes[ord(digit)]]
                if following >= 0:
                    longer.setdefault(following, digits + digit)
        found = next((digits for there, digits in longer.items() if automaton.accepting[there]), None)
        if found is not None:
            return found
        reached = longer
    return ""


def _distances(automaton: Automaton) -> list[int]:
    """The fewest characters that lead to each state."""
    found = {0: 0}
    waiting = deque([0] if automaton.rows else [])
    while waiting:
        state = waiting.popleft()
        for following in automaton.rows[state]:
            if following >= 0 and following not in found:
                found[following] = found[state] + 1
                waiting.append(following)
    return [found[state] for state in range(len(automaton.rows))]


def _shortest(automaton: Automaton, end: int | None = None) -> str:
    """The shortest text that leads to the state `end`, or to a match; empty when none does."""
    came: dict[int, tuple[int, str]] = {0: (-1, "")}
    waiting = deque([0] if automaton.rows else [])
    while waiting:
        state = waiting.popleft()
        if state == end if end is not None else automaton.accepting[state]:
            text = ""
            while state >= 0:
                state, char = came[state]
                text = char + text
            return text
        for number in sorted(range(len(automaton.sets)), key=lambda number: _rank(automaton.example(number))):
            following = automaton.rows[state][number]
            if following >= 0 and following not in came:
                came[following] = (state, automaton.example(number))
                waiting.append(following)
    return ""
