"""A stand-in for the endpoints of an app in this process, for as long as a request is tried that must not change anything.

Routing, middleware and FastAPI's dependencies run as ever, with the overrides of the test; FastAPI reads the body as the endpoint
declares it (a form, JSON with or without a content type), without holding it against the endpoint's model.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import wraps
from typing import Any

from corsense.app.agent.endpoints import body_kind
from corsense.app.agent.guards import GuardedRoute, looks_at_page
from corsense.app.agent.unwrapping import find_known

KEY = "corsense.stand-in"
"""The entry of the scope that a request is tried with: an `Attempt`."""
TRIED: ContextVar[Attempt | None] = ContextVar("corsense_attempt", default=None)
"""The same, for middleware that hands on a scope of its own."""

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_lock = threading.Lock()
_depth = 0
_originals: list[tuple[Any, Any]] = []


@dataclass(slots=True)
class Attempt:
    """One request that is tried. `reached`: the endpoint would have run. `looks`: its own code looks at the page that sends a
    request, so that it may have refused."""

    reached: bool = False
    looks: bool = False

    def __copy__(self) -> Attempt:
        return self

    def __deepcopy__(self, memo: object) -> Attempt:
        return self  # middleware may copy the scope; there is one request


@contextmanager
def standing_in() -> Iterator[None]:
    """While this lasts, a request whose scope has an `Attempt` does not run the endpoint of a route of Starlette or FastAPI."""
    global _depth
    with _lock:
        _depth += 1
        if _depth == 1:
            _patch()
    try:
        yield
    finally:
        with _lock:
            _depth -= 1
            if _depth == 0:
                _restore()


def _patch() -> None:
    for module, name in (("starlette.routing", "Route"), ("fastapi.routing", "APIRoute")):
        route_class = getattr(sys.modules.get(module), name, None)
        if route_class is not None and "handle" in route_class.__dict__:
            _originals.append((route_class, route_class.handle))
            route_class.handle = _handling(route_class.handle)
    mount_class: Any = getattr(sys.modules.get("starlette.routing"), "Mount", None)
    if mount_class is not None:
        _originals.append((mount_class, mount_class.handle))
        mount_class.handle = _handling_mounts(mount_class.handle)


def _restore() -> None:
    while _originals:
        route_class, original = _originals.pop()
        route_class.handle = original


def _handling(original: Any) -> Any:
    @wraps(original)
    async def handle(self: Any, scope: Any, receive: Any, send: Any) -> None:
        attempt: Attempt | None = scope.get(KEY) or TRIED.get()
        route = _effective(self, scope)
        methods = getattr(route, "methods", None)
        if attempt is None or scope["method"] in _SAFE or (methods and scope["method"] not in methods):
            await original(self, scope, receive, send)
            return
        attempt.looks = looks_at_page(getattr(route, "endpoint", None))
        await _app(route, attempt)(scope, receive, send)

    return handle


def _handling_mounts(original: Any) -> Any:
    @wraps(original)
    async def handle(self: Any, scope: Any, receive: Any, send: Any) -> None:
        attempt: Attempt | None = scope.get(KEY) or TRIED.get()
        opaque = scope["type"] == "http" and find_known(self.app) is None
        if attempt is None or not opaque or scope["method"] in _SAFE:
            await original(self, scope, receive, send)
            return
        await _app(self, attempt)(scope, receive, send)

    return handle


def _effective(route: Any, scope: Any) -> Any:
    """What stands for a route of a lazily included router of FastAPI: its context, with what the inclusion adds."""
    context = scope.get("fastapi", {}).get("effective_route_context") if "fastapi" in scope else None
    return context if context is not None and getattr(context, "original_route", None) is route else route


def _app(route: Any, attempt: Attempt) -> Any:
    """What answers in place of a route's endpoint."""
    responses: Any = sys.modules["starlette.responses"]

    async def stand_in(request: Any) -> Any:
        attempt.reached = True
        return responses.JSONResponse({"corsense": "stand-in"})

    dependant = getattr(route, "dependant", None)
    if dependant is None:
        return _endpoint_app(sys.modules["starlette.routing"], stand_in)
    calls = [found.call for found in dependant.dependencies if getattr(found, "call", None) is not None]
    guarded = GuardedRoute(route, calls, body_kind(getattr(route, "body_field", None)))

    async def answer(request: Any) -> Any:
        return await guarded.answer(request, stand_in)

    return _endpoint_app(sys.modules["fastapi.routing"], answer)


def _endpoint_app(module: Any, function: Any) -> Any:
    # The glue of the framework: it handles what dependencies raise, and closes what they opened.
    return module.request_response(function)
