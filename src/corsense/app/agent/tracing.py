"""Who answered: boundaries around each layer, and stand-ins where endpoints would run.

A request that is tried carries a `Passage` in its scope, which records who begins the answer. A request without one is served
as usual.
"""

from __future__ import annotations

import inspect
import sys
from functools import partial, wraps
from types import ModuleType
from typing import Any

from .own_checks import accepts_socket, answer_to_options, engineio_path, refusal
from .route_index import Shortened, know, shorten_included

SCOPE_KEY = "corsense"
SAFE_METHODS = frozenset({"GET", "HEAD"})
_RAISING = frozenset({"error", "http_exception", "validation_error"})
"""Situations in which the stand-in raises."""


class StandInError(RuntimeError):
    """What a stand-in raises where the situation is an unexpected exception."""


class Passage:
    """One request on its way through an app.

    `starts` are the layers that passed on the start of an answer, from the inside out: the index of a layer, or `endpoint`,
    `exception-handler`, with the status. `mounts` are the mounts it went through, `matched` the route. `accepted`: it is the
    handshake of a WebSocket, and was accepted. `guards_of` finds the guards of the matched route, which run before the stand-in;
    None: they do not.
    """

    __slots__ = (
        "accepted",
        "endpoint_raised",
        "exception",
        "guards_of",
        "matched",
        "mounts",
        "options_only",
        "raised_by",
        "real",
        "shortened",
        "situation",
        "starts",
        "stood_in",
    )

    def __init__(self, situation: str, real: bool) -> None:
        self.situation = situation
        self.real = real
        self.starts: list[tuple[int | str, int]] = []
        self.mounts: list[int] = []
        self.matched: int | None = None
        self.options_only = True
        self.endpoint_raised = False
        self.stood_in = False
        self.exception: BaseException | None = None
        self.raised_by: int | None = None
        self.shortened = Shortened()
        self.accepted = False
        self.guards_of: Any = None

    def runs(self, method: str) -> bool:
        """Whether the endpoint itself answers. An endpoint for OPTIONS alone does, since a preflight must be answered truthfully;
        not one that does other things as well."""
        return self.real or (method == "OPTIONS" and self.options_only)

    def note(self, who: int | str, message: Any) -> None:
        """Record who passes on the start of an answer. A WebSocket that is closed after it was accepted has been answered."""
        kind = message["type"]
        if kind in ("http.response.start", "websocket.http.response.start"):
            self.starts.append((who, message["status"]))
        elif kind == "websocket.accept":
            self.accepted = True
            self.starts.append((who, 101))
        elif kind == "websocket.close" and not self.accepted:
            self.starts.append((who, 403))


class LayerFactory:
    """Stands in for a middleware class while a stack is built: makes the layer and puts a boundary around it."""

    def __init__(self, entry: Any, cls: Any) -> None:
        self.entry = entry
        self.cls = cls

    def __call__(self, app: Any, *args: Any, **kwargs: Any) -> Boundary:
        return Boundary(self.cls(app, *args, **kwargs), app, self.entry)


class Boundary:
    """Goes around one layer, and passes for it (`isinstance`, attributes).

    `entry` is the `Middleware` the layer was made from, None for one that was found around an app.
    """

    def __init__(self, layer: Any, inner: Any, entry: Any = None) -> None:
        state = self.__dict__
        state["corsense_layer"] = layer
        state["corsense_inner"] = inner
        state["corsense_entry"] = entry
        state["corsense_index"] = -1
        state["corsense_handles"] = False

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        state = self.__dict__
        passage: Passage | None = scope.get(SCOPE_KEY)
        if passage is None:
            await state["corsense_layer"](scope, receive, send)
            return
        index: int = state["corsense_index"]

        async def note(message: Any) -> None:
            passage.note(index, message)
            await send(message)

        try:
            await state["corsense_layer"](scope, receive, note)
        except Exception as error:
            # Inside the layer that handles exceptions, an exception is the usual way to answer 404.
            if passage.exception is None and not state["corsense_handles"]:
                passage.exception = error
                passage.raised_by = index
            raise

    @property  # type: ignore[misc]
    def __class__(self) -> Any:
        return type(self.__dict__["corsense_layer"])

    def __getattr__(self, name: str) -> Any:
        return getattr(self.__dict__["corsense_layer"], name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self.__dict__["corsense_layer"], name, value)


def is_boundary(thing: object) -> bool:
    """Whether this is a `Boundary`, which passes for the layer."""
    return type(thing) is Boundary


class Guard:
    """Stands before an ASGI app that serves as an endpoint, or is mounted and cannot be inspected: answers in its place.

    `foreign`: an app of its own, which would make its error answers itself instead of leaving them to the framework around it.
    `is_open`: the app answers itself, which is recorded.
    """

    def __init__(self, app: Any, foreign: bool = False, is_open: bool = False) -> None:
        self.app = app
        self.foreign = foreign
        self.is_open = is_open

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        passage: Passage | None = scope.get(SCOPE_KEY)
        if passage is None or scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        noted = noting(passage, send)
        if self.is_open or passage.runs(scope.get("method", "")):
            await self.app(scope, receive, noted)
            return
        if engineio_path(self.app) is not None and passage.situation not in _RAISING:
            await self._engineio_answer(passage, scope, receive, noted)
            return
        if scope["type"] == "websocket":
            await accept(passage, receive, noted)
            return
        response = await refusal(self.app, scope, receive)
        if response is None:
            response = await (self._foreign_answer(passage) if self.foreign else stand_in(passage))
        await response(scope, receive, noted)

    async def _engineio_answer(self, passage: Passage, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            await answer_to_options(self.app, scope, receive, send)
        elif await accepts_socket(self.app, scope, receive):
            await send({"type": "websocket.accept"})
            await send({"type": "websocket.close", "code": 1000})
        else:
            await send({"type": "websocket.close", "code": 1000})

    async def _foreign_answer(self, passage: Passage) -> Any:
        try:
            return await stand_in(passage)
        except StandInError:
            raise
        except Exception as error:
            passage.endpoint_raised = True
            responses = sys.modules["starlette.responses"]
            return responses.PlainTextResponse(str(error), getattr(error, "status_code", 422), getattr(error, "headers", None))


def noting(passage: Passage, send: Any) -> Any:
    """`send` that records in the passage who begins the answer: the endpoint, or the handler of what it raised."""

    async def note(message: Any) -> None:
        passage.note("exception-handler" if passage.endpoint_raised else "endpoint", message)
        await send(message)

    return note


async def accept(passage: Passage, receive: Any, send: Any) -> None:
    """The stand-in for a WebSocket endpoint: it accepts, and closes."""
    passage.stood_in = True
    await receive()
    await send({"type": "websocket.accept"})
    await send({"type": "websocket.close", "code": 1000})


async def stand_in(passage: Passage) -> Any:
    """The stand-in for an endpoint: it returns a response of the framework, or raises an exception that the framework handles."""
    passage.stood_in = True
    situation = passage.situation
    if situation == "error":
        raise StandInError("corsense: an exception that the endpoint did not expect")
    if situation == "http_exception":
        raise _http_exception(403, "corsense: an HTTPException of the endpoint")
    if situation == "validation_error":
        _raise_validation_error()
    if situation == "unauthenticated":
        raise _http_exception(401, "Not authenticated", {"WWW-Authenticate": "Bearer"})
    responses = sys.modules["starlette.responses"]
    return responses.JSONResponse({"corsense": "stand-in"})


def _http_exception(status: int, detail: str, headers: dict[str, str] | None = None) -> Exception:
    module = sys.modules.get("fastapi.exceptions") or sys.modules["starlette.exceptions"]
    error: Exception = module.HTTPException(status_code=status, detail=detail, headers=headers)
    return error


def _raise_validation_error() -> None:
    module = sys.modules.get("fastapi.exceptions")
    if module is not None:
        raise module.RequestValidationError([{"type": "missing", "loc": ("body",), "msg": "Field required", "input": None}])
    raise _http_exception(422, "corsense: the request is not valid")


def patch_routing(module: ModuleType) -> None:
    """`starlette.routing`: note which route matched, and stand in for endpoints."""
    from .websockets import watch_websockets

    _watch_endpoints(module)
    watch_websockets(module)
    know(module.Route, module.WebSocketRoute, module.Mount)
    _shorten(module.Router)
    _note_matches(module.Route)
    _note_matches(module.WebSocketRoute)
    _note_mounts(module.Mount)
    _note_mounts(module.Host)
    _guard_class_endpoints(module.Route)
    _guard_class_endpoints(module.WebSocketRoute)


def _guard_class_endpoints(route_class: Any) -> None:
    original = route_class.__init__

    @wraps(original)
    def init(self: Any, *args: Any, **kwargs: Any) -> None:
        original(self, *args, **kwargs)
        _guard_class_endpoint(self)

    route_class.__init__ = init


def patch_fastapi_routing(module: ModuleType) -> None:
    """`fastapi.routing`: newer releases have a `request_response` and an `APIRoute.handle` of their own."""
    from .websockets import watch_fastapi_websockets

    if not getattr(module.request_response, "_corsense", False):
        _watch_endpoints(module)
    watch_fastapi_websockets(module)
    included = getattr(module, "_IncludedRouter", None)
    know(module.APIRoute, module.APIWebSocketRoute, getattr(module, "_EffectiveRouteContext", None), included)
    if "app" in module.APIRouter.__dict__:
        _shorten(module.APIRouter)
    if included is not None and hasattr(included, "_match") and hasattr(included, "effective_candidates"):
        shorten_included(included, _path_to_shorten)
    if "handle" in module.APIRoute.__dict__:
        _note_matches(module.APIRoute)
    frontend = getattr(module, "_FrontendRouteGroup", None)
    if frontend is not None:
        _note_frontends(frontend)


def patch_endpoints(module: ModuleType) -> None:
    """`starlette.endpoints`: a class with a method for each verb dispatches by itself; methods that it lacks stay a 405."""
    original = module.HTTPEndpoint.dispatch

    @wraps(original)
    async def dispatch(self: Any) -> None:
        passage: Passage | None = self.scope.get(SCOPE_KEY)
        if passage is None:
            await original(self)
            return
        method = self.scope["method"]
        name = "get" if method == "HEAD" and not hasattr(self, "head") else method.lower()
        if getattr(self, name, None) is None:
            await original(self)
            return
        noted = noting(passage, self.send)
        if passage.runs(method):
            self.send = noted
            await original(self)
            return
        response = await stand_in(passage)
        await response(self.scope, self.receive, noted)

    module.HTTPEndpoint.dispatch = dispatch


def _watch_endpoints(module: Any) -> None:
    """Every function endpoint is turned into an ASGI app by `request_response`, with the glue that handles its exceptions:
    what is put in its place here runs in that same glue."""
    original = module.request_response
    run_in_threadpool: Any = sys.modules["starlette.concurrency"].run_in_threadpool

    @wraps(original)
    def request_response(func: Any) -> Any:
        real = func if _is_async(func) else partial(run_in_threadpool, func)

        async def endpoint(request: Any) -> Any:
            passage: Passage | None = request.scope.get(SCOPE_KEY)
            if passage is None:
                return await real(request)
            try:
                if passage.runs(request.scope["method"]):
                    return await real(request)
                guards = passage.guards_of(passage) if passage.guards_of is not None else None
                return await (stand_in(passage) if guards is None else guards.answer(request, _standing_in))
            except Exception:
                passage.endpoint_raised = True
                raise

        return noted(original(endpoint), func)

    request_response._corsense = True  # type: ignore[attr-defined]
    module.request_response = request_response


def noted(answer: Any, endpoint: Any) -> Any:
    """The ASGI app `answer` of an endpoint, which records in the passage that it begins the answer."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        passage: Passage | None = scope.get(SCOPE_KEY)
        await answer(scope, receive, send if passage is None else noting(passage, send))

    app.corsense_endpoint = endpoint  # type: ignore[attr-defined]
    return app


async def _standing_in(request: Any) -> Any:
    return await stand_in(request.scope[SCOPE_KEY])


def _is_async(function: Any) -> bool:
    while isinstance(function, partial):
        function = function.func
    return inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(getattr(function, "__call__", None))  # noqa: B004


def _path_to_shorten(scope: Any) -> str | None:
    if scope["type"] != "http" or SCOPE_KEY not in scope:
        return None
    # Before 0.33 a mount wrote the rest of the path to the scope.
    route_path = getattr(sys.modules.get("starlette._utils"), "get_route_path", None)
    path: str = route_path(scope) if route_path is not None else scope["path"]
    return path


def _shorten(router_class: Any) -> None:
    name = "app" if hasattr(router_class, "app") else "__call__"  # before routers had middleware of their own
    original = getattr(router_class, name)

    @wraps(original)
    async def app(self: Any, scope: Any, receive: Any, send: Any) -> None:
        path = _path_to_shorten(scope)
        if path is None:
            await original(self, scope, receive, send)
            return
        shortened = scope[SCOPE_KEY].shortened
        shortened.shorten(self, path)
        try:
            await original(self, scope, receive, send)
        finally:
            shortened.restore()

    setattr(router_class, name, app)


def _note_matches(route_class: Any) -> None:
    original = route_class.handle

    @wraps(original)
    async def handle(self: Any, scope: Any, receive: Any, send: Any) -> None:
        passage: Passage | None = scope.get(SCOPE_KEY)
        if passage is not None:
            passage.matched = id(_effective(self, scope))
            passage.options_only = set(getattr(self, "methods", None) or ()) <= {"OPTIONS"}
            passage.shortened.restore()
        await original(self, scope, receive, send)

    route_class.handle = handle


def _effective(route: Any, scope: Any) -> Any:
    """What stands for a route in the description: for one of a lazily included router, its context."""
    context = scope.get("fastapi", {}).get("effective_route_context") if "fastapi" in scope else None
    return context if context is not None and getattr(context, "original_route", None) is route else route


def _note_mounts(mount_class: Any) -> None:
    original = mount_class.handle

    @wraps(original)
    async def handle(self: Any, scope: Any, receive: Any, send: Any) -> None:
        passage: Passage | None = scope.get(SCOPE_KEY)
        if passage is None:
            await original(self, scope, receive, send)
            return
        passage.shortened.restore()
        passage.mounts.append(id(self))
        passage.matched = id(self)
        if is_opaque(self.app):
            await Guard(self.app, foreign=True)(scope, receive, send)
        else:
            await original(self, scope, receive, send)

    mount_class.handle = handle


def _note_frontends(group_class: Any) -> None:
    original = group_class.handle

    @wraps(original)
    async def handle(self: Any, scope: Any, receive: Any, send: Any) -> None:
        passage: Passage | None = scope.get(SCOPE_KEY)
        if passage is None:
            await original(self, scope, receive, send)
            return
        passage.shortened.restore()
        passage.matched = id(_effective(self, scope))
        await original(self, scope, receive, noting(passage, send))

    group_class.handle = handle


def _guard_class_endpoint(route: Any) -> None:
    """An endpoint that is an ASGI app (a class or an object) does not come from `request_response`: put a guard before it,
    inside the route's own middleware."""
    endpoint = route.endpoint
    inner = endpoint
    while isinstance(inner, partial):
        inner = inner.func
    if inspect.isfunction(inner) or inspect.ismethod(inner):
        return
    endpoints: Any = sys.modules.get("starlette.endpoints")
    by_verb = endpoints is not None and isinstance(inner, type) and issubclass(inner, endpoints.HTTPEndpoint)
    if by_verb and inner.dispatch is endpoints.HTTPEndpoint.dispatch:
        return
    holder, current = route, route.app
    while current is not endpoint and getattr(current, "app", None) is not None:
        holder, current = current, current.app
    if current is endpoint:
        guard_inside(holder, "app")


def guard_inside(holder: Any, name: str, foreign: bool = False, is_open: bool = False) -> None:
    """Put a guard before the ASGI app that `holder` keeps as `name`; where that is middleware, before what it wraps, because
    the middleware must answer as usual. Nothing is added where the inside is known and has guards."""
    from .unwrapping import find_known, inner_app, is_middleware

    current = getattr(holder, name)
    foreign = foreign or is_middleware(current)  # an app behind middleware answers to that middleware, not to the router
    while is_middleware(current):
        inner_name, inner = inner_app(current.__dict__["corsense_layer"] if is_boundary(current) else current)
        if inner_name is None:
            break
        holder, name, current = current, inner_name, inner
    if find_known(current) is not None or type(current) is Guard or hasattr(current, "corsense_endpoint"):
        return
    guard = Guard(current, foreign, is_open)
    setattr(holder, name, guard)
    if is_boundary(holder):
        holder.__dict__["corsense_inner"] = guard


_OPAQUE: dict[int, tuple[Any, bool]] = {}


def is_opaque(app: Any) -> bool:
    """Whether a mounted app is one whose inside is unknown: running it would run its endpoints."""
    known = _OPAQUE.get(id(app))
    if known is None:
        from .unwrapping import find_known, innermost

        is_open = find_known(app) is not None or type(innermost(app)) is Guard
        known = _OPAQUE[id(app)] = (app, not is_open)
    return known[1]
