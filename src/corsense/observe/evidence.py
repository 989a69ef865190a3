"""What observations prove about an origin: on how many days, how often, how successfully, on which routes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from corsense.observe.request_tuple import ALLOWED, CredentialsSent, ObservedRequests, RequestKind, RequestTuple

MOST_ROUTES: Final = 5
_SUCCESSES: Final = (1, 2, 3)
_HIGH: Final = (14, 100)
_MEDIUM: Final = (7, 20)


class Confidence(StrEnum):
    """How much evidence there is: `HIGH` from 14 days and 100 authenticated successes, `MEDIUM` from 7 and 20."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was seen. `days` is a lower bound; `requests` do not count the `preflights`; `authenticated` are the successes with
    credentials on routes where no request succeeds without them; `routes` are those of the successes, at most five of
    `route_count`."""

    days: int
    requests: int
    preflights: int
    successes: int
    authenticated: int
    routes: tuple[str, ...]
    route_count: int
    first: date
    last: date

    @property
    def confidence(self) -> Confidence:
        """See `Confidence`; of a header, the preflights that ask for it count as well."""
        weight = self.authenticated if self.requests else self.preflights
        for level, (days, enough) in ((Confidence.HIGH, _HIGH), (Confidence.MEDIUM, _MEDIUM)):
            if self.days >= days and weight >= enough:
                return level
        return Confidence.LOW


def is_success(request: RequestTuple) -> bool:
    """Whether a page could use the answer: not a preflight, not refused, not an error."""
    return request.kind is not RequestKind.PREFLIGHT and request.status in _SUCCESSES and request.live in (None, ALLOWED)


class Traffic:
    """Observations, looked at together.

    A route counts as guarded if no request succeeded there without credentials. Only on such a route a success proves who asked:
    on others, anyone succeeds with an invented cookie.
    """

    def __init__(self, observed: Iterable[ObservedRequests]) -> None:
        self.observed = tuple(observed)
        self._open = {
            (seen.request.method, seen.request.route)
            for seen in self.observed
            if is_success(seen.request) and seen.request.credentials is CredentialsSent.NONE
        }
        self.by_origin: dict[str, list[ObservedRequests]] = defaultdict(list)
        for seen in self.observed:
            self.by_origin[seen.request.origin].append(seen)

    def is_authenticated(self, request: RequestTuple) -> bool:
        """Whether this is a success that proves who asked."""
        if not is_success(request) or request.credentials is CredentialsSent.NONE or not request.route:
            return False
        return (request.method, request.route) not in self._open

    def evidence(self, observed: Iterable[ObservedRequests]) -> Evidence:
        """The evidence in some of the observations; there must be at least one."""
        chosen = list(observed)
        successes = [seen for seen in chosen if is_success(seen.request)]
        routes = sorted({seen.request.route for seen in successes} - {""})
        # Each tuple has a number of days; how many of them its workers share is unknown.
        ends = {day for seen in chosen for day in (seen.first, seen.last)}
        return Evidence(
            max(len(ends), *(seen.days for seen in chosen)),
            sum(seen.count for seen in chosen if seen.request.kind is not RequestKind.PREFLIGHT),
            sum(seen.count for seen in chosen if seen.request.kind is RequestKind.PREFLIGHT),
            sum(seen.count for seen in successes),
            sum(seen.count for seen in chosen if self.is_authenticated(seen.request)),
            tuple(routes[:MOST_ROUTES]),
            len(routes),
            min(seen.first for seen in chosen),
            max(seen.last for seen in chosen),
        )

    def where(self, condition: Callable[[RequestTuple], bool]) -> list[ObservedRequests]:
        """The observations of certain tuples."""
        return [seen for seen in self.observed if condition(seen.request)]
