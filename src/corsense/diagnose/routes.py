"""A request that no route answers: the path, or the method, is not one of those that are known."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import SequenceMatcher

from corsense.diagnose.observation import Diagnosis, MissingRoute, Observation, status_of
from corsense.diagnose.statuses import NOT_HANDLED

_SHOWN = 3
_LIKE = 0.5


@dataclass(frozen=True, slots=True)
class KnownRoute:
    """A route as it was declared: its path, and its methods, empty for any."""

    path: str
    methods: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{', '.join(self.methods)} {self.path}" if self.methods else self.path


def nearest_routes(method: str, path: str, routes: Iterable[KnownRoute]) -> tuple[str, ...]:
    """The known routes that are most like a request, the nearest first; all of them where there are few."""
    known = list(dict.fromkeys(routes))
    ranked = sorted(known, key=lambda route: (-_likeness(path, route.path), method not in route.methods, route.path))
    near = [route for route in ranked if _likeness(path, route.path) >= _LIKE] or ranked
    return tuple(str(route) for route in near[:_SHOWN])


def missing_route(observation: Observation) -> Diagnosis | None:
    """What to say where the user named a request that no route answers; None where one does, or something else in its place."""
    missing = observation.missing_route
    if missing is None or observation.situation != "success":
        return None
    status = status_of(observation.trace.exchanges[-1]) if observation.trace.exchanges else 0
    is_refused_preflight = bool(observation.trace.exchanges) and observation.trace.exchanges[-1].request.preflight
    found_nothing = status in NOT_HANDLED and not is_refused_preflight
    if not found_nothing and not (missing.certain and not 200 <= status < 300):
        return None
    return _diagnosis(observation, missing, status if found_nothing else None)


def _diagnosis(observation: Observation, missing: MissingRoute, status: int | None) -> Diagnosis:
    where = "The app" if observation.app is not None else "The server"
    method, _, path = missing.asked.partition(" ")
    answers = (
        f"{where} answers {missing.asked} with {status}" if status is not None else f"{where} has no route for {missing.asked}"
    )
    reason = f": {path} has no {method}" if missing.has_path else ": it has no such route" if status is not None else ""
    near = f" The nearest {'is' if len(missing.nearest) == 1 else 'are'} {_listed(missing.nearest)}." if missing.nearest else ""
    remedy = "Correct the method or the path in the page, or add the route."
    if status is not None and not missing.nearest:
        remedy = "Correct the path in the page; the server publishes no list of its routes to compare with."
    evidence: dict[str, object] = {"request": missing.asked, "nearest": list(missing.nearest)}
    return Diagnosis("route-not-found", f"{answers}{reason}.{near}", None, evidence, severity="error", remedy=remedy)


def _listed(values: tuple[str, ...]) -> str:
    return values[0] if len(values) == 1 else f"{', '.join(values[:-1])} and {values[-1]}"


def _likeness(one: str, other: str) -> float:
    return SequenceMatcher(None, one.lower().rstrip("/")[:200], other.lower().rstrip("/")[:200]).ratio()
