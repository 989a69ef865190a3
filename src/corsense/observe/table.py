"""`ObservationTable`: the tuples a worker has seen, with counts, in a fixed amount of memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import date, timedelta
from typing import Final

from corsense.observe.request_tuple import ObservedRequests, RequestTuple

MOST_TUPLES: Final = 4096
"""How many tuples a table keeps. A quarter is reserved for origins that a policy names, so that a flood of other origins cannot
push them out."""
MOST_PER_ORIGIN: Final = 256
KEEP_DAYS: Final = 90
"""A tuple is dropped after this many days without a request."""
PATIENCE_DAYS: Final = 7
"""In a full table, a tuple of an origin that no policy names is dropped if it was seen on only one day, this many days ago."""


class ObservationTable:
    """Counts of tuples. Requests beyond a bound are counted in `unkept`, but not kept.

    `is_named` says whether a policy names an origin.
    """

    def __init__(self, is_named: Callable[[str], bool] = lambda origin: False, *, most: int = MOST_TUPLES) -> None:
        self.unkept = 0
        self.is_named = is_named
        self._most = most
        self._seen: dict[RequestTuple, ObservedRequests] = {}
        self._per_origin: Counter[str] = Counter()

    def __len__(self) -> int:
        return len(self._seen)

    def __iter__(self) -> Iterator[ObservedRequests]:
        return iter(tuple(self._seen.values()))

    def add(self, request: RequestTuple | None, count: int, day: date) -> None:
        """Count requests of one `day`; None: of a kind that no tuple can hold."""
        if count < 1:
            return
        if request is None:
            self.unkept += count
        else:
            self.merge((ObservedRequests(request, count, day, day),))

    def merge(self, observed: Iterable[ObservedRequests]) -> None:
        """Add what was counted elsewhere, such as by an earlier process."""
        for more in observed:
            known = self._seen.get(more.request)
            if known is not None:
                self._seen[more.request] = merged(known, more)
            elif self._has_room(more.request.origin):
                self._seen[more.request] = more
                self._per_origin[more.request.origin] += 1
            else:
                self.unkept += more.count

    def forget(self, today: date) -> None:
        """Drop outdated tuples, once a day."""
        oldest, single = today - timedelta(days=KEEP_DAYS), today - timedelta(days=PATIENCE_DAYS)
        is_full = len(self._seen) >= self._open
        for seen in tuple(self._seen.values()):
            origin = seen.request.origin
            if seen.last < oldest or (is_full and seen.days == 1 and seen.last < single and not self.is_named(origin)):
                del self._seen[seen.request]
                self._per_origin[origin] -= 1
                if not self._per_origin[origin]:
                    del self._per_origin[origin]

    @property
    def _open(self) -> int:
        return self._most * 3 // 4

    def _has_room(self, origin: str) -> bool:
        if self._per_origin[origin] >= MOST_PER_ORIGIN:
            return False
        return len(self._seen) < (self._most if self.is_named(origin) else self._open)


def merged(one: ObservedRequests, other: ObservedRequests) -> ObservedRequests:
    """Two counts of the same tuple as one. Days that both may have counted are counted once, so `days` is a lower bound."""
    first, last = min(one.first, other.first), max(one.last, other.last)
    apart = one.last < other.first or other.last < one.first
    days = one.days + other.days if apart else max(one.days, other.days, 1 if first == last else 2)
    return ObservedRequests(one.request, one.count + other.count, first, last, days)
