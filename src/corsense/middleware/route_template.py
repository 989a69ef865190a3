"""The template of the route that serves a request, such as `/users/{user_id}`: what may be kept of a path."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from typing import Any, Final

from corsense.middleware.policy_selection import route_path
from corsense.middleware.response_headers import Scope

LOGGER: Final = logging.getLogger("corsense")

_DEEPEST: Final = 20
_MOST_PATHS: Final = 1024
_LONGEST_PATH: Final = 1024
_MOST_WALKS: Final = 50
_PARAMETER = re.compile(r"\{([^}:]+)(:[^}]*)?\}")


class RouteTemplates:
    """Finds templates by the route that an app chose, or by the path where no app was asked, as for a preflight.

    `by_route` is the template of each route that has exactly one, by the route's `id`.
    """

    def __init__(self) -> None:
        self.by_route: dict[int, str] = {}
        self._walks = 0
        self._kept: dict[int, Any] = {}
        self._patterns: list[tuple[re.Pattern[str], str, frozenset[str]]] = []
        self._paths: dict[tuple[str, str], str] = {}

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
        elif not self._walks:
            self._walk(app)
        path = route_path(_as_received(scope))
        if len(path) > _LONGEST_PATH:
            return ""
        key = (path, method or scope.get("method", ""))
        if key not in self._paths:
            if len(self._paths) >= _MOST_PATHS:
                self._paths.clear()
            self._paths[key] = self._match(*key)
        return self._paths[key]

    def _match(self, path: str, method: str) -> str:
        fitting = [(template, methods) for pattern, template, methods in self._patterns if pattern.fullmatch(path)]
        exact = (template for template, methods in fitting if not methods or method in methods)
        return next(exact, fitting[0][0] if fitting else "")

    def _is_walked(self, route: Any) -> bool:
        return self._walks >= _MOST_WALKS or id(route) in self._kept

    def _walk(self, app: Any) -> None:
        """Index the routes of the app; again when it has routes that were added since. An app whose routes cannot be read has
        none: a request is served even if its observation fails."""
        self._walks += 1
        try:
            self._index(app)
        except Exception as error:
            LOGGER.debug("CORS: the routes cannot be read: %r", error)

    def _index(self, app: Any) -> None:
        templates: dict[int, set[str]] = {}
        self._kept, self._patterns = {}, []
        self._paths.clear()
        for route, path, methods in _routes(_router_of(app), "", 0):
            template = _PARAMETER.sub(r"{\1}", path)
            self._kept[id(route)] = route
            # Behind a mount there may be an app whose layers keep to themselves which route it chose.
            templates.setdefault(id(route), set()).update((template,) if not hasattr(route, "routes") else ("", template))
            if _is_linear(path):
                self._patterns.append((_pattern(path), template, methods))
        self.by_route.clear()
        self.by_route.update((key, next(iter(found))) for key, found in templates.items() if len(found) == 1)


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


def _pattern(path: str) -> re.Pattern[str]:
    """Matches the paths of a template; with the parts that are open never empty, and only `:path` beyond a segment."""
    parts, end = [], 0
    for found in _PARAMETER.finditer(path):
        parts += [re.escape(path[end : found.start()]), ".*" if found[2] == ":path" else "[^/]+"]
        end = found.end()
    return re.compile("".join([*parts, re.escape(path[end:])]), re.DOTALL)
