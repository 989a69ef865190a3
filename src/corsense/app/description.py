"""`AppDescription`: what an app is made of, as plain values that travel between processes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from corsense.app.traceback import ParsedTraceback
    from corsense.finding import Place

AppKind = Literal["fastapi", "starlette", "router", "static", "asgi"]
RouteKind = Literal["http", "mount", "static", "websocket", "frontend"]
BodyKind = Literal["json", "form", "multipart"]
StartupMoment = Literal["startup", "lifespan", "request", "import"]
LayerPosition = Literal["wrapper", "app", "mount", "router", "route"]


@dataclass(frozen=True, slots=True)
class Opaque:
    """An argument that is not plain data: the dotted name of its `type`, and its `text`, which is `str()` of it, cut at 200
    characters."""

    type: str
    text: str


_Many: TypeAlias = "list[Plain] | tuple[Plain, ...] | set[Plain] | frozenset[Plain] | dict[Plain, Plain]"
Plain: TypeAlias = "bool | int | float | str | bytes | _Many | Opaque | None"
"""Arguments as they were given, their types kept where they are built in."""


@dataclass(frozen=True, slots=True)
class AppInfo:
    """An app, or one mounted into another.

    - `prefix`: the path below which it answers, `""` for the app itself; `parent`: index of the app it is mounted in.
    - `place`: the call that made it; `variable`: the name it was assigned to there (`app`, `self.app`), None when there was none.
    - `mounted_at`: the call that mounted it.
    - `redirect_slashes`: whether its router redirects `/items` to `/items/` and back.
    - `name`: class of the app, dotted.
    - `has_lifespan`: it has start-up code, its own or that of a package. A server runs only that of the app itself.
    - `handles_all_errors`: a handler for `Exception` or 500 is registered, whose answers come from outside all middleware.
    """

    index: int
    kind: AppKind
    name: str
    prefix: str = ""
    parent: int | None = None
    place: Place | None = None
    variable: str | None = None
    mounted_at: Place | None = None
    redirect_slashes: bool = True
    debug: bool = False
    handles_all_errors: bool = False
    has_lifespan: bool = False


@dataclass(frozen=True, slots=True)
class PolicyInfo:
    """A policy of corsense's own that a layer or a route judges by.

    - `document`: the JSON text of `Policy.document()`; None: requests are left alone, as without a layer.
    - `resolver`: a function of the app decides about origins that the document does not name.
    """

    document: str | None
    resolver: bool = False


@dataclass(frozen=True, slots=True)
class RouteInfo:
    """One route.

    - `path`: as it was written, with the prefixes of routers and mounts; `methods`: upper case, sorted, empty for any (and for
      websockets).
    - `endpoint_place`: the definition of the endpoint, decorators included; None for what is not the user's.
    - `app`: index of the `AppInfo` whose router holds it; `mounts`: the prefixes of the mounts above it, outermost first.
    - `example_path`: a path that matches, every parameter filled with a plausible value.
    - `body`: what kind of body the endpoint declares; `reads`: what kind it seems to read without declaring any.
    - `headers`: request headers it requires, `optional_headers`: those it reads
      when they are sent; `security`: the request headers that its security schemes read (`authorization`, the name of an API key
      header); all in lower case; `cookies`: names of the cookies it reads; `query`: query parameters it requires, each with a
      plausible value.
    - `ambient`: browsers attach by themselves what it authenticates with (a cookie, HTTP Basic).
    - `guarded`: its code names an origin, a referrer or a CSRF token, so it may refuse foreign pages by itself.
    - `service_worker`: the path of a script that is named like a service worker, and that this route serves.
    - `builtin`: made by the framework (`/docs`, `/openapi.json`).
    - `opaque`: a mounted ASGI app that cannot be looked into: it is only run when endpoints are.
    - `host`: the pattern of a `Host` route above it.
    - `policy`: the policy of its own that corsense's `cors` gave it; None when it has none.
    """

    index: int
    path: str
    methods: tuple[str, ...]
    kind: RouteKind
    name: str | None
    endpoint: str | None
    endpoint_place: Place | None
    app: int
    example_path: str
    mounts: tuple[str, ...] = ()
    redirect_slashes: bool = True
    body: BodyKind | None = None
    reads: BodyKind | None = None
    headers: tuple[str, ...] = ()
    optional_headers: tuple[str, ...] = ()
    security: tuple[str, ...] = ()
    cookies: tuple[str, ...] = ()
    query: tuple[tuple[str, str], ...] = ()
    ambient: bool = False
    guarded: bool = False
    service_worker: str | None = None
    builtin: bool = False
    opaque: bool = False
    host: str | None = None
    policy: PolicyInfo | None = None

    @property
    def has_body(self) -> bool:
        """Whether the endpoint declares a body."""
        return self.body is not None


@dataclass(frozen=True, slots=True)
class LayerInfo:
    """One layer of the stack, as it will run.

    - `name`: class, or function for `@app.middleware("http")`; `class_module`: the module that defines the class (or the
      function).
    - `arguments`: what the layer was given, for layers about CORS and trusted hosts; empty for others, since arguments can be
      secrets.
    - `place`: the call that added it; `defined_at`: where its class or function is defined, when that is the user's code.
    - `app`: index of the `AppInfo` whose stack it is part of, `prefix` the path of that app. `position`: `wrapper` (the app
      object is wrapped), `app` (its stack), `mount`, `router` or `route` (around what is mounted, a router or one endpoint).
    - `route`: index of the route whose endpoint it is around; None for layers that are around more.
    - `policy`: what a layer of corsense's own judges by; None for other layers. `policies`: the paths where it judges by
      another, with that.
    """

    index: int
    name: str
    class_module: str
    app: int
    prefix: str = ""
    arguments: Mapping[str, Plain] = field(default_factory=dict)
    place: Place | None = None
    defined_at: Place | None = None
    is_cors: bool = False
    is_builtin: bool = False
    position: LayerPosition = "app"
    route: int | None = None
    policy: PolicyInfo | None = None
    policies: tuple[tuple[str, PolicyInfo], ...] = ()


@dataclass(frozen=True, slots=True)
class ExceptionHandlerInfo:
    """A registered exception handler: `key` is a status code or the dotted name of an exception class. `catches_all`: it is the
    handler for `Exception` or 500, which `ServerErrorMiddleware` calls, outside all middleware."""

    app: int
    key: str
    name: str
    place: Place | None
    is_builtin: bool
    catches_all: bool


@dataclass(frozen=True, slots=True)
class IncludeInfo:
    """One `include_router` call."""

    prefix: str
    place: Place | None


@dataclass(frozen=True, slots=True)
class LateMiddleware:
    """`add_middleware` on an app that has started, which raises `RuntimeError`.

    `moment` says what was going on; `observed` is False when the call was only read in the code of a startup handler that did
    not run.
    """

    place: Place | None
    moment: StartupMoment
    observed: bool


@dataclass(frozen=True, slots=True)
class AppDescription:
    """What is known of an app once it has been imported.

    - `target`: `package.module:app`, with the attribute that was found.
    - `kind`: `asgi` when only its answers can be known: then there are no routes.
    - `versions`: of `fastapi`, `starlette` and `python`, those present.
    - `routes`: in the order in which the router tries them, those of mounted apps in place of the mount, after the mount itself.
    - `layers`: outermost first, an app's own before those of the apps mounted in it.
    - `unserved_cors`: places of CORS layers that were added to other apps, which are no part of this one.
    - `has_lifespan`: the app has start-up code of its own; `lifespan_ran`: it was run. Where it was not, middleware may miss what
      it prepares, and crash on every request.
    - `stack_error`: building the stack raised this; every request will be answered by the server with a 500.
    - `lifespan_error`: the lifespan ran and failed with this.
    - `starts_server`: places of `uvicorn.run()` calls that were skipped while importing.
    """

    target: str
    kind: AppKind
    factory: bool
    versions: Mapping[str, str]
    apps: tuple[AppInfo, ...] = ()
    routes: tuple[RouteInfo, ...] = ()
    layers: tuple[LayerInfo, ...] = ()
    exception_handlers: tuple[ExceptionHandlerInfo, ...] = ()
    includes: tuple[IncludeInfo, ...] = ()
    late_middleware: tuple[LateMiddleware, ...] = ()
    unserved_cors: tuple[Place, ...] = ()
    has_lifespan: bool = False
    lifespan_ran: bool = False
    stack_error: ParsedTraceback | None = None
    lifespan_error: ParsedTraceback | None = None
    starts_server: tuple[Place, ...] = ()

    @property
    def cors_layers(self) -> tuple[LayerInfo, ...]:
        """The layers that are about CORS, outermost first; without those around one endpoint."""
        return tuple(layer for layer in self.layers if layer.is_cors and layer.route is None)

    def stack(self, app: int = 0, route: int | None = None) -> tuple[LayerInfo, ...]:
        """The layers a request passes before it reaches the router of that app, outermost first: those of the apps above it,
        then its own; and those around the endpoint of that route."""
        chain: list[int] = []
        current: int | None = app
        while current is not None:
            chain.insert(0, current)
            current = self.apps[current].parent
        shared = [layer for index in chain for layer in self.layers if layer.app == index and layer.route is None]
        return (*shared, *(layer for layer in self.layers if layer.route is not None and layer.route == route))
