"""The template of the route that serves a request, such as `/users/{user_id}`: what may be kept of a path."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from corsense.middleware.policy_selection import route_path
from corsense.middleware.response_headers import Scope

LOGGER: Final = logging.getLogger("corsense")

_DEEPEST: Final = 20
_LONGEST_PATH: Final = 1024
_MOST_WALKS: Final = 50
CONVERTORS: Final = {
    "str": "[^/]+",
    "int": "[0-9]+",
    "float": r"[0-9]+(?:\.[0-9]+)?",
    "uuid": "[0-9a-fA-F]{8}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{12}",
    "path": ".*",
}
"""What the parameters of a route match, by Starlette's convertor."""
_PARAMETER = re.compile(r"\{([^}:]+)(:[^}]*)?\}")


def convertor_pattern(name: str | None) -> str:
    """What a parameter with this convertor matches; one of the app's own counts as `str`."""
    return CONVERTORS.get(name or "str", CONVERTORS["str"])


class RouteTemplates:
    """Finds templates by the route that an app chose, or by the path where no app was asked, as for a preflight.

    `by_route` is the template of each route that has exactly one, by the route's `id`; `walks` how often the app's routes have
    been looked at.
    """

    def __init__(self) -> None:
        self.by_route: dict[int, str] = {}
        self.walks = 0
        self._kept: dict[int, Any] = {}
        self._served = _Branch()

    def find(self, scope: Scope, app: Any, method: str = "") -> str:
        """The template of the route that serves, or would serve, a request; `""` where there is none. `method` is the one that a
        preflight asks for."""
        route = scope.get("route")
        if route is not None:
            found = self.by_route.get(id(route))
            if found is None and not self._is_walked(route):
                self._walk(app)
                found = self.by_route.get(id(route))
            if found is not None:
                return found
        elif not self.walks:
            self._walk(app)
        if not self._kept or len(scope["path"]) > _LONGEST_PATH:
            return ""
        return self._served.find(route_path(_as_received(scope)), method or scope.get("method", ""))

    def _is_walked(self, route: Any) -> bool:
        return self.walks >= _MOST_WALKS or id(route) in self._kept

    def _walk(self, app: Any) -> None:
        """Index the routes of the app; again when it has routes that were added since. An app whose routes cannot be read has
        none: a request is served even if its observation fails."""
        self.walks += 1
        try:
            self._index(app)
        except Exception as error:
            LOGGER.debug("CORS: the routes cannot be read: %r", error)

    def _index(self, app: Any) -> None:
        templates: dict[int, set[str]] = {}
        self._kept, self._served = {}, _Branch()
        for number, (route, path, methods) in enumerate(_routes(_router_of(app), "", 0)):
            template = _PARAMETER.sub(r"{\1}", path)
            self._kept[id(route)] = route
            # Behind a mount there may be an app whose layers keep to themselves which route it chose.
            templates.setdefault(id(route), set()).update((template,) if not hasattr(route, "routes") else ("", template))
            if _is_linear(path):
                self._served.add(path, _Served(number, template, methods))
        self.by_route.clear()
        self.by_route.update((key, next(iter(found))) for key, found in templates.items() if len(found) == 1)


@dataclass(frozen=True, slots=True, order=True)
class _Served:
    """A route that serves a path, by its place among all routes: the first one that fits is chosen."""

    number: int
    template: str
    methods: frozenset[str] = field(compare=False)


class _Branch:
    """The routes whose paths begin alike, by the next segment: however many routes there are, a path is compared with few."""

    __slots__ = ("_here", "_literal", "_open", "_rest")

    def __init__(self) -> None:
        self._here: list[_Served] = []
        self._literal: dict[str, _Branch] = {}
        self._open: dict[str, tuple[re.Pattern[str], _Branch]] = {}
        self._rest: list[tuple[re.Pattern[str], _Served]] = []

    def add(self, path: str, served: _Served) -> None:
        """Add a route by what is left of its path."""
        segment, slash, rest = path.partition("/")
        if ":path}" in segment:
            self._rest.append((_pattern(path), served))
            return
        if "{" in segment:
            branch = self._open.setdefault(segment, (_pattern(segment), _Branch()))[1]
        else:
            branch = self._literal.setdefault(segment, _Branch())
        if slash:
            branch.add(rest, served)
        else:
            branch._here.append(served)

    def find(self, path: str, method: str) -> str:
        """The template of the first route that serves a path with this method, else of the first that serves the path."""
        fitting = sorted(self._fitting(path))
        exact = (served.template for served in fitting if not served.methods or method in served.methods)
        return next(exact, fitting[0].template if fitting else "")

    def _fitting(self, path: str) -> Iterator[_Served]:
        yield from (served for pattern, served in self._rest if pattern.fullmatch(path))
        segment, slash, rest = path.partition("/")
        branches = [branch for pattern, branch in self._open.values() if pattern.fullmatch(segment)]
        if segment in self._literal:
            branches.append(self._literal[segment])
        for branch in branches:
            yield from branch._fitting(rest) if slash else branch._here


def _as_received(scope: Scope) -> Scope:
    """The scope with the `root_path` that the server gave; mounts put theirs behind it."""
    return {"path": scope["path"], "root_path": scope.get("app_root_path", scope.get("root_path", ""))}


def _router_of(app: Any) -> Any:
    """The outermost app with routes, below its layers."""
    for _ in range(_DEEPEST):
        if app is None or hasattr(app, "routes"):
            return app
        app = getattr(app, "app", None)
    return None


def _routes(router: Any, prefix: str, depth: int) -> Iterator[tuple[Any, str, frozenset[str]]]:
    """Every route below a router with its whole path, mounts after what is in them."""
    for route in getattr(router, "routes", None) or () if depth < _DEEPEST else ():
        contexts = getattr(route, "effective_route_contexts", None)
        if contexts is None:
            yield from _one(route, route, prefix, depth)
            continue
        for context in contexts():
            yield from _one(getattr(context, "original_route", context), context, prefix, depth)


def _one(route: Any, message: Any, prefix: str, depth: int) -> Iterator[tuple[Any, str, frozenset[str]]]:
    starlette = getattr(message, "starlette_route", None) or message
    path = prefix + (getattr(starlette, "path", None) or getattr(message, "path", None) or "")
    yield from _routes(starlette, path, depth + 1)
    is_mount = getattr(starlette, "routes", None) is not None
    yield route, f"{path}/{{path:path}}" if is_mount else path, frozenset(getattr(starlette, "methods", None) or ())


def _is_linear(path: str) -> bool:
    """Whether the paths of a template are matched in time that grows with their length: with several open parameters in a row
    there are many ways to divide a path among them. Such a route is known by what the app chose, and not by a path."""
    kinds = [[found[2] for found in _PARAMETER.finditer(segment)] for segment in path.split("/")]
    return sum(kind == ":path" for segment in kinds for kind in segment) <= 1 and all(len(segment) <= 1 for segment in kinds)


def _pattern(text: str) -> re.Pattern[str]:
    """Matches what a template, or a part of it, stands for."""
    parts, end = [], 0
    for found in _PARAMETER.finditer(text):
        parts += [re.escape(text[end : found.start()]), f"(?:{convertor_pattern((found[2] or '')[1:])})"]
        end = found.end()
    return re.compile("".join([*parts, re.escape(text[end:])]), re.DOTALL)
