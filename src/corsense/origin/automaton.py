"""Finite automata of regular expressions: built within a bound of work, and matched one step per character.

`positions` makes the automaton of Glushkov, whose states are the characters of the expression; `determinise` makes the
deterministic one. Both count their steps and raise `UnsupportedRegex` beyond `MAX_STEPS`, so that an expression is compiled or
refused within a fixed time. Source: V. M. Glushkov, *The abstract theory of automata*, 1961; M. O. Rabin and D. Scott, *Finite
automata and their decision problems*, 1959.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final

from corsense.origin.expression import (
    ANY_CHARACTER,
    CODES,
    Anchor,
    Characters,
    Choice,
    Node,
    Repeat,
    Sequence,
    UnsupportedRegex,
)

MAX_POSITIONS: Final = 5_000
MAX_STATES: Final = 5_000
MAX_STEPS: Final = 150_000
MAX_PATHS: Final = 32
"""How many ways an expression may read one text at once if `re` is to match it: see `paths_are_few`."""
_CHEAP_BITS: Final = 512
"""A set costs one more step for each of this many positions."""
_MOST_PATH_STATES: Final = 2_000
PREFERRED: Final = "xeabcdfghijklmnopqrstuvwyz0123456789-_"
"""Which character represents a set in an example: the first of these that it has."""


class Budget:
    """How many more steps may be taken."""

    __slots__ = ("left",)

    def __init__(self, steps: int = MAX_STEPS) -> None:
        self.left = steps

    def spend(self, steps: int = 1) -> None:
        """Take steps. Raises `UnsupportedRegex` when there are none left."""
        self.left -= steps
        if self.left < 0:
            raise too_large()


def too_large() -> UnsupportedRegex:
    """The error for an expression whose automaton would be too large."""
    remedy = "List the origins, or write fewer repetitions, such as one '[a-z0-9-]+'."
    return UnsupportedRegex("too many alternatives or repetitions to be compiled", remedy)


@dataclass(slots=True)
class Positions:
    """The automaton of Glushkov. Sets of positions are integers, one bit each.

    `allowed[p]` are the characters of position `p`, `written[p]` those that the author chose one by one; `follow[p]` the
    positions that may come next, `first` those a text may begin with, `last` those it may end with; `empty`: the empty text
    matches.
    """

    allowed: list[int] = field(default_factory=list)
    written: list[int] = field(default_factory=list)
    follow: list[int] = field(default_factory=list)
    first: int = 0
    last: int = 0
    empty: bool = False


@dataclass(slots=True)
class _Part:
    """One part of an expression: where it may begin and end, also when only at the start or the end of the text, and the
    conditions under which it may be empty, as sets of `_AT_START` and `_AT_END`."""

    first: int = 0
    first_at_start: int = 0
    last: int = 0
    last_at_end: int = 0
    empty: frozenset[int] = frozenset()


_AT_START, _AT_END = 1, 2
_EMPTY: Final = _Part(empty=frozenset({0}))


def positions(tree: Node, budget: Budget) -> Positions:
    """The automaton of `tree`. Raises `UnsupportedRegex` when it is too large."""
    made = Positions()
    whole = _part(tree, made, budget)
    made.first = whole.first | whole.first_at_start
    made.last = whole.last | whole.last_at_end
    made.empty = bool(whole.empty)
    return made


def _part(node: Node, made: Positions, budget: Budget) -> _Part:
    budget.spend()
    match node:
        case Characters(allowed, written):
            if len(made.allowed) >= MAX_POSITIONS:
                raise too_large()
            made.allowed.append(allowed)
            made.written.append(written)
            made.follow.append(0)
            bit = 1 << (len(made.allowed) - 1)
            return _Part(bit, 0, bit, 0)
        case Sequence(parts):
            whole = _EMPTY
            for part in parts:
                whole = _joined(whole, _part(part, made, budget), made, budget)
            return whole
        case Choice(branches):
            return _either([_part(branch, made, budget) for branch in branches])
        case Repeat():
            return _repeated(node, made, budget)
        case Anchor(at_end):
            return _Part(empty=frozenset({_AT_END if at_end else _AT_START}))


def _joined(one: _Part, other: _Part, made: Positions, budget: Budget) -> _Part:
    _link(one.last, other.first, made, budget)
    skips, skipped = one.empty, other.empty
    return _Part(
        one.first | (other.first if 0 in skips else 0),
        one.first_at_start
        | (other.first if _AT_START in skips else 0)
        | (other.first_at_start if 0 in skips or _AT_START in skips else 0),
        other.last | (one.last if 0 in skipped else 0),
        other.last_at_end
        | (one.last if _AT_END in skipped else 0)
        | (one.last_at_end if 0 in skipped or _AT_END in skipped else 0),
        frozenset(first | second for first in skips for second in skipped),
    )


def _either(parts: list[_Part]) -> _Part:
    whole = _Part()
    for part in parts:
        whole.first |= part.first
        whole.first_at_start |= part.first_at_start
        whole.last |= part.last
        whole.last_at_end |= part.last_at_end
        whole.empty |= part.empty
    return whole


def _repeated(node: Repeat, made: Positions, budget: Budget) -> _Part:
    """A repetition. What is repeated counts as free choice, even if each of its characters is written out: `(?:a|b)+`."""
    before = len(made.allowed)
    whole = _unrolled(node, made, budget)
    listed = isinstance(node.body, Characters) and node.body.written.bit_count() == 1 and node.most is not None
    if node.most != 1 and not listed:
        for position in range(before, len(made.allowed)):
            made.written[position] = 0
    return whole


def _unrolled(node: Repeat, made: Positions, budget: Budget) -> _Part:
    before = len(made.allowed)
    once = _part(node.body, made, budget) if node.most != 0 else _EMPTY
    if len(made.allowed) == before:  # only conditions: repeating them changes nothing
        empty = once.empty if node.least else once.empty | {0}
        return _Part(empty=empty | {one | other for one in empty for other in empty})
    if node.most is None:
        whole = _copies(node.body, once, max(node.least, 1) - 1, made, budget)
        tail = whole[-1]
        _link(tail.last, tail.first, made, budget)
        tail.empty = _unions(tail.empty | {0}) if node.least == 0 else _unions(tail.empty)
        return _chain(whole, made, budget)
    whole = _copies(node.body, once, node.most - 1, made, budget)
    optional = _EMPTY
    for copy in reversed(whole[node.least :]):
        optional = _joined(copy, optional, made, budget)
        optional.empty |= {0}
    return _joined(_chain(whole[: node.least], made, budget), optional, made, budget)


def _copies(body: Node, once: _Part, more: int, made: Positions, budget: Budget) -> list[_Part]:
    return [once, *(_part(body, made, budget) for _ in range(more))]


def _chain(parts: list[_Part], made: Positions, budget: Budget) -> _Part:
    whole = _EMPTY
    for part in parts:
        whole = _joined(whole, part, made, budget)
    return whole


def _unions(conditions: frozenset[int]) -> frozenset[int]:
    return conditions | {one | other for one in conditions for other in conditions}


def _link(last: int, first: int, made: Positions, budget: Budget) -> None:
    if first:
        cost = 1 + len(made.allowed) // _CHEAP_BITS
        for position in bits(last):
            budget.spend(cost)
            made.follow[position] |= first


def bits(mask: int) -> Iterator[int]:
    """The numbers of the bits that are set."""
    while mask:
        lowest = mask & -mask
        yield lowest.bit_length() - 1
        mask ^= lowest


def character_sets(made: Positions) -> list[int]:
    """The visible characters in sets whose members no position tells apart; each written-out character is alone in its set."""
    alone = 0
    masks = set(made.allowed)
    for written in set(made.written):
        alone |= written
    sets = [1 << code for code in bits(alone)]
    rest = [ANY_CHARACTER & ~alone]
    for mask in masks:
        rest = [part for each in rest for part in (each & mask, each & ~mask) if part]
    return sets + [each for each in rest if each]


@dataclass(slots=True)
class Automaton:
    """A deterministic automaton in which every state leads to a match. State 0 is the start; there may be no states at all.

    `sets` are the sets of characters that it tells apart; `rows[state][set]` is the next state, -1 where there is none.
    """

    sets: list[int]
    rows: list[list[int]]
    accepting: list[bool]

    def classes(self) -> list[int]:
        """For each code of ASCII the number of its set; -1 for those that no origin has."""
        table = [-1] * 128
        for number, each in enumerate(self.sets):
            for code in bits(each):
                table[code] = number
        return table

    def example(self, number: int) -> str:
        """The character that stands for a set in an example."""
        each = self.sets[number]
        chosen = next((char for char in PREFERRED if each >> ord(char) & 1), None)
        return chosen or chr((each & -each).bit_length() - 1)


def determinise(made: Positions, budget: Budget) -> Automaton:
    """The deterministic automaton of the same language. Raises `UnsupportedRegex` when it is too large."""
    sets = character_sets(made)
    can = _positions_by_set(made, sets)
    numbers: dict[tuple[int, bool], int] = {(made.first, made.empty): 0}
    waiting = [made.first]
    rows: list[list[int]] = []
    ends: dict[int, tuple[int, bool]] = {}
    for following in waiting:
        row = []
        budget.spend(len(sets))
        for able in can:
            read = following & able
            if not read:
                row.append(-1)
                continue
            there = ends.get(read)
            if there is None:
                there = ends[read] = (_followers(read, made, budget), bool(read & made.last))
            number = numbers.get(there)
            if number is None:
                number = numbers[there] = len(numbers)
                if number >= MAX_STATES:
                    raise too_large()
                waiting.append(there[0])
            row.append(number)
        rows.append(row)
    return trimmed(Automaton(sets, rows, [accepts for _, accepts in numbers]))


def _positions_by_set(made: Positions, sets: list[int]) -> list[int]:
    can = []
    for each in sets:
        able = 0
        for position, allowed in enumerate(made.allowed):
            if allowed & each:
                able |= 1 << position
        can.append(able)
    return can


def _followers(read: int, made: Positions, budget: Budget) -> int:
    found = 0
    cost = 1 + len(made.allowed) // _CHEAP_BITS
    for position in bits(read):
        budget.spend(cost)
        found |= made.follow[position]
    return found


def trimmed(automaton: Automaton) -> Automaton:
    """The same without the states that lead to no match."""
    before: list[list[int]] = [[] for _ in automaton.rows]
    for state, row in enumerate(automaton.rows):
        for following in set(row):
            if following >= 0:
                before[following].append(state)
    waiting = [state for state, accepts in enumerate(automaton.accepting) if accepts]
    alive = set(waiting)
    for state in waiting:
        for earlier in before[state]:
            if earlier not in alive:
                alive.add(earlier)
                waiting.append(earlier)
    if 0 not in alive:
        return Automaton(automaton.sets, [], [])
    numbers = {state: number for number, state in enumerate(sorted(alive))}
    rows = [[numbers.get(following, -1) for following in automaton.rows[state]] for state in sorted(alive)]
    return Automaton(automaton.sets, rows, [automaton.accepting[state] for state in sorted(alive)])


def minimised(automaton: Automaton) -> Automaton:
    """The smallest automaton of the same language, for small ones. Source: E. F. Moore, *Gedanken-experiments on sequential
    machines*, 1956."""
    group = [int(accepts) for accepts in automaton.accepting]
    while True:
        keys: dict[tuple[int, ...], int] = {}
        refined = []
        of_group = [*group, -1].__getitem__  # no following state is -1, which is the last
        for state, row in enumerate(automaton.rows):
            key = (group[state], *map(of_group, row))
            refined.append(keys.setdefault(key, len(keys)))
        if len(keys) == len(set(group)):
            break
        group = refined
    chosen = {number: state for state, number in reversed(list(enumerate(group)))}
    order = sorted(chosen, key=lambda number: chosen[number])
    numbers = {number: place for place, number in enumerate(order)}
    rows = [
        [numbers[group[following]] if following >= 0 else -1 for following in automaton.rows[chosen[number]]] for number in order
    ]
    return Automaton(automaton.sets, rows, [automaton.accepting[chosen[number]] for number in order])


def product(one: Automaton, other: Automaton, keep: Callable[[bool, bool], bool], budget: Budget) -> Automaton:
    """The automaton of the texts for which `keep` is true of what the two say; `keep(False, ...)` counts as False."""
    shared = [
        (first, second, mask)
        for first, left in enumerate(one.sets)
        for second, right in enumerate(other.sets)
        if (mask := left & right)
    ]
    sets = [mask for _, _, mask in shared]
    if not one.rows:
        return Automaton(sets, [], [])
    pairs: list[list[tuple[int, int]]] = [[] for _ in one.sets]
    for number, (first, second, _) in enumerate(shared):
        pairs[first].append((number, second))
    lost = [-1] * len(other.sets)
    start = (0, 0 if other.rows else -1)
    numbers = {start: 0}
    waiting = [start]
    rows = []
    for here, there in waiting:
        row = [-1] * len(shared)
        right = other.rows[there] if there >= 0 else lost
        for first, following in enumerate(one.rows[here]):
            if following < 0:
                continue
            budget.spend(len(pairs[first]))
            for number, second in pairs[first]:
                reached = (following, right[second])
                if reached not in numbers:
                    numbers[reached] = len(numbers)
                    waiting.append(reached)
                row[number] = numbers[reached]
        rows.append(row)
    accepting = [keep(one.accepting[here], there >= 0 and other.accepting[there]) for here, there in waiting]
    return trimmed(Automaton(sets, rows, accepting))


def words(automaton: Automaton, most: int) -> list[str] | None:
    """Every text that matches; None if there are more than `most`."""
    found: list[str] = []
    waiting = [(0, "")] if automaton.rows else []
    longest = len(automaton.rows)
    while waiting:
        state, text = waiting.pop()
        if len(text) >= longest:  # a state repeats, so their number is infinite
            return None
        if automaton.accepting[state]:
            found.append(text)
        for number, following in enumerate(automaton.rows[state]):
            if following >= 0:
                waiting += [(following, text + chr(code)) for code in bits(automaton.sets[number])]
        if len(found) + len(waiting) > most:
            return None
    return found


def paths_are_few(tree: Node) -> bool:
    """Whether `re` matches `tree`, as `printed`, in linear time: never are there more than `MAX_PATHS` ways to have read the text
    so far, so a search that goes back takes at most so many steps a character. Found by counting the ways along every text at
    once; False when there are more, or when counting takes too long.

    Source: A. Weber and H. Seidl, *On the degree of ambiguity of finite automata*, 1991.
    """
    counted = _Counted()
    try:
        whole = counted.part(tree, Budget(MAX_STEPS // 2))
        return counted.stays_small(whole, Budget(MAX_STEPS // 2))
    except (UnsupportedRegex, _TooManyPaths):
        return False


def is_exponential(tree: Node) -> bool | None:
    """Whether `re` takes exponential time with `tree`, as `printed`, on some text: there is a loop that the text goes round in
    two ways. None when deciding it would take too long. Source: Weber and Seidl, criterion EDA; CWE-1333."""
    if paths_are_few(tree):
        return False
    counted = _Counted()
    budget = Budget()
    try:
        counted.part(tree, budget)
        return any(counted.forks(position, budget) for position in range(len(counted.allowed)))
    except UnsupportedRegex:
        return None
    except _TooManyPaths:
        return True


class _TooManyPaths(Exception):
    pass


@dataclass(slots=True)
class _Ways:
    """As `_Part`, with the number of ways in place of sets."""

    first: dict[int, int]
    last: dict[int, int]
    empty: int


class _Counted:
    """The automaton of Glushkov in which each step has the number of ways to take it. An anchor counts as a way to go on."""

    def __init__(self) -> None:
        self.allowed: list[int] = []
        self.follow: list[dict[int, int]] = []

    def part(self, node: Node, budget: Budget) -> _Ways:
        budget.spend()
        match node:
            case Characters(allowed, _):
                self.allowed.append(allowed)
                self.follow.append({})
                here = len(self.allowed) - 1
                return _Ways({here: 1}, {here: 1}, 0)
            case Sequence(parts):
                whole = _Ways({}, {}, 1)
                for part in parts:
                    whole = self.joined(whole, self.part(part, budget), budget)
                return whole
            case Choice(branches):
                whole = _Ways({}, {}, 0)
                for branch in branches:
                    ways = self.part(branch, budget)
                    whole = _Ways(whole.first | ways.first, whole.last | ways.last, _few(whole.empty + ways.empty))
                return whole
            case Repeat():
                return self.repeated(node, budget)
            case Anchor():
                return _Ways({}, {}, 1)

    def repeated(self, node: Repeat, budget: Budget) -> _Ways:
        if node.most == 0:
            return _Ways({}, {}, 1)
        whole = [self.part(node.body, budget)]
        if not whole[0].first or (whole[0].empty and node.most is None):
            raise _TooManyPaths  # a loop that reads nothing, which `re` goes round once for each way to read the rest
        whole += [self.part(node.body, budget) for _ in range((node.most or max(node.least, 1)) - 1)]
        if node.most is None:
            tail = whole[-1]
            self.link(tail.last, tail.first, budget)
            tail.empty = 1 if node.least == 0 else 0
            optional = _Ways({}, {}, 1)
            required = whole
        else:
            optional = _Ways({}, {}, 1)
            for copy in reversed(whole[node.least :]):
                optional = self.joined(copy, optional, budget)
                optional.empty = _few(optional.empty + 1)
            required = whole[: node.least]
        made = _Ways({}, {}, 1)
        for copy in required:
            made = self.joined(made, copy, budget)
        return self.joined(made, optional, budget)

    def joined(self, one: _Ways, other: _Ways, budget: Budget) -> _Ways:
        self.link(one.last, other.first, budget)
        first, last = one.first, other.last
        if one.empty:
            first = first | {position: _few(ways * one.empty) for position, ways in other.first.items()}
        if other.empty:
            last = last | {position: _few(ways * other.empty) for position, ways in one.last.items()}
        budget.spend(1 + (len(first) if one.empty else 0) + (len(last) if other.empty else 0))
        return _Ways(first, last, _few(one.empty * other.empty))

    def link(self, last: dict[int, int], first: dict[int, int], budget: Budget) -> None:
        budget.spend(len(last) * len(first))
        for position, ways in last.items():
            follow = self.follow[position]
            for following, more in first.items():
                follow[following] = _few(follow.get(following, 0) + ways * more)

    def forks(self, position: int, budget: Budget) -> bool:
        """Whether some text leads from `position` back to it in two ways."""
        start = (position, position, False)
        seen = {start}
        waiting = [start]
        for one, other, apart in waiting:
            for first, ways in self.follow[one].items():
                for second in self.follow[other]:
                    budget.spend()
                    if not self.allowed[first] & self.allowed[second]:
                        continue
                    there = (first, second, apart or first != second or (ways > 1 and one == other))
                    if there == (position, position, True):
                        return True
                    if there not in seen:
                        seen.add(there)
                        waiting.append(there)
        return False

    def stays_small(self, whole: _Ways, budget: Budget) -> bool:
        """Whether the ways along each text, all ends of what was read counted, stay few."""
        sets = character_sets(Positions(self.allowed, [0] * len(self.allowed)))
        start = frozenset(whole.first.items())
        seen = {start}
        waiting = [start]
        for here in waiting:
            if sum(ways for _, ways in here) > MAX_PATHS or len(seen) > _MOST_PATH_STATES:
                return False
            for each in sets:
                following: dict[int, int] = {}
                for position, ways in here:
                    if self.allowed[position] & each:
                        budget.spend(1 + len(self.follow[position]))
                        for there, more in self.follow[position].items():
                            following[there] = following.get(there, 0) + ways * more
                reached = frozenset(following.items())
                if reached and reached not in seen:
                    seen.add(reached)
                    waiting.append(reached)
        return True


def _few(ways: int) -> int:
    if ways > MAX_PATHS:
        raise _TooManyPaths
    return ways


__all__ = [
    "CODES",
    "Automaton",
    "Budget",
    "Positions",
    "bits",
    "character_sets",
    "determinise",
    "is_exponential",
    "minimised",
    "paths_are_few",
    "positions",
    "product",
    "words",
]
