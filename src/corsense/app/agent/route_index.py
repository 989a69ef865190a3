"""Shows a router only the routes whose pattern matches the path of a request.

Routers try their routes one by one, which takes nearly all the time of thousands of requests to an app of a thousand routes. The
other routes would not match, so only the time changes. A route whose way of matching is unknown is always shown.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from itertools import takewhile
from typing import Any

_WORTHWHILE = 24
_REMEMBERED = 4096

Matcher = Callable[[str], bool]


class RouteIndex:
    """The routes of one list, found by path."""

    def __init__(self, routes: list[Any]) -> None:
        self.routes = routes
        self._buckets: dict[str, list[tuple[int, Matcher]]] = {}
        self._always: list[int] = []
        self._found: dict[str, list[Any]] = {}
        for position, route in enumerate(routes):
            prefix, matcher = _matching(route)
            if matcher is None:
                self._always.append(position)
            else:
                self._buckets.setdefault(prefix, []).append((position, matcher))
        self._lengths = sorted({len(prefix) for prefix in self._buckets})

    @property
    def prefix(self) -> str:
        """The beginning of the path of every request that one of the routes can match."""
        if self._always or not self._buckets:
            return ""
        first, last = min(self._buckets), max(self._buckets)
        return "".join(a for a, _ in takewhile(lambda pair: pair[0] == pair[1], zip(first, last)))

    def candidates(self, path: str) -> list[Any]:
        """The routes that may match the path, or the path with its slash at the end added or taken away; in their order."""
        found = self._found.get(path)
        if found is None:
            if len(self._found) >= _REMEMBERED:
                self._found.clear()
            other = path.rstrip("/") if path.endswith("/") else path + "/"
            positions = {*self._always, *self._matching(path), *self._matching(other)}
            found = self._found[path] = [self.routes[position] for position in sorted(positions)]
        return found

    def _matching(self, path: str) -> list[int]:
        return [
            position
            for length in self._lengths
            if length <= len(path)
            for position, matcher in self._buckets.get(path[:length], ())
            if matcher(path)
        ]


_KNOWN: set[Any] = set()
_INDEXES: dict[int, tuple[list[Any], int, RouteIndex]] = {}


def index_of(routes: list[Any]) -> RouteIndex:
    """The index of a list, rebuilt when the length of the list has changed."""
    kept = _INDEXES.get(id(routes))
    if kept is None or kept[0] is not routes or kept[1] != len(routes):
        kept = _INDEXES[id(routes)] = (routes, len(routes), RouteIndex(list(routes)))
    return kept[2]


def _matching(route: Any) -> tuple[str, Matcher | None]:
    """The beginning of the path of a matching request, and whether a path matches; None when unknown."""
    candidates = getattr(type(route), "effective_candidates", None)
    if candidates is not None and type(route).matches in _KNOWN:
        # A router with a frontend in it must always be seen; the first releases with lazy inclusion had no frontends.
        frontends = getattr(route, "effective_low_priority_routes", None)
        if frontends is not None and frontends():
            return "", None
        return index_of(candidates(route)).prefix, lambda path: bool(index_of(candidates(route)).candidates(path))
    original = getattr(route, "original_route", route)
    inner = getattr(route, "starlette_route", None) or route
    pattern, written = getattr(inner, "path_regex", None), getattr(inner, "path_format", None)
    known = all(getattr(type(part), "matches", None) in _KNOWN for part in (route, original, inner))
    if not known or pattern is None or not isinstance(written, str):
        return "", None
    return written.partition("{")[0], lambda path: pattern.match(path) is not None


def know(*classes: Any) -> None:
    """Classes that are known to match by `path_regex`."""
    _KNOWN.update(vars(cls)["matches"] for cls in classes if cls is not None and "matches" in vars(cls))


class Shortened:
    """Routers that show some of their routes, until the request has found its route."""

    __slots__ = ("_kept",)

    def __init__(self) -> None:
        self._kept: list[tuple[Any, list[Any], list[Any]]] = []

    def shorten(self, router: Any, path: str) -> None:
        routes = router.routes
        if type(routes) is not list or len(routes) < _WORTHWHILE:
            return
        short = list(index_of(routes).candidates(path))
        router.routes = short
        self._kept.append((router, routes, short))

    def restore(self) -> None:
        while self._kept:
            router, routes, short = self._kept.pop()
            if router.routes is short:
                router.routes = routes


_PATHS: list[str] = []


def shorten_included(included_class: Any, get_path: Callable[[Any], str | None]) -> None:
    """Lazily included routers keep lists of their own. `get_path` gives the path of a scope, None when nothing
    must be shortened."""
    match, candidates = included_class._match, included_class.effective_candidates

    @wraps(match)
    def _match(self: Any, scope: Any) -> Any:
        path = get_path(scope)
        if path is None:
            return match(self, scope)
        _PATHS.append(path)
        try:
            return match(self, scope)
        finally:
            _PATHS.pop()

    @wraps(candidates)
    def effective_candidates(self: Any) -> Any:
        found = candidates(self)
        return index_of(found).candidates(_PATHS[-1]) if _PATHS and len(found) >= _WORTHWHILE else found

    included_class._match = _match
    included_class.effective_candidates = effective_candidates
