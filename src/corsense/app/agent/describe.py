"""Describes an app in the process that imported it: its stack, its routes, the apps mounted in it.

`stack.py` describes the layers; this module the apps and the routes. The results are JSON values with the fields of the classes
in `corsense.app.description`.
"""

from __future__ import annotations

import sys
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, NamedTuple

from .bodies import undeclared_body
from .endpoints import Needs, body_kind, dotted, flat_routes, frontends_of, methods_of, original_of
from .example_paths import example_file, example_path, is_service_worker, service_worker
from .guards import GuardedRoute, guards_of, looks_at_page
from .layers import marked_policy
from .own_checks import engineio_path
from .places import definition_span, variable_at
from .recorder import PLACE, RECORDING
from .stack import FRAMEWORK, Around, CodeSpot, Record, StackDescriber, has_lifespan
from .tracing import is_boundary
from .unwrapping import find_known, innermost, is_middleware

if TYPE_CHECKING:
    from .places import Place, Span

_DEEPEST = 12
_MOST_COOKIES = 50


class Described(NamedTuple):
    """The description, and what trying requests needs: the object to call, the layers and exception handlers, the routes by
    identity of the objects that match them (the chain of mounts, and the route), the guards of routes by index, and the names of
    the cookies that layers read."""

    description: Record
    entry: Any
    layers: list[Record]
    handlers: list[Record]
    routes: dict[tuple[tuple[int, ...], int], int]
    guarded: dict[int, GuardedRoute]
    cookies: tuple[str, ...]


class Describer(StackDescriber):
    """Collects the parts of an app; `base` is the folder that places are relative to."""

    def describe(self, root: Any, target: str, factory: bool, module: Any) -> Described:
        """Describe an app, and prepare it for requests that say who answers them."""
        known = find_known(root, mentions=True)
        kind = app_kind(known)
        entry = root
        index = self._add_app(known if known is not None else root, kind, "", None, None)
        if root is not known:
            if known is None and is_middleware(root):
                self.guard(SimpleNamespace(app=root), is_open=True)
            entry = self.wrapped(root, Around("wrapper", index, module=module))
        if known is not None:
            self._inside(known, CodeSpot(app=index))
        description = {
            "target": target,
            "kind": kind,
            "factory": factory,
            "versions": _versions(),
            "apps": self.apps,
            "routes": self.routes,
            "layers": self.layers,
            "exception_handlers": self.handlers,
            "includes": [{"prefix": prefix, "place": self.place(span)} for prefix, span in RECORDING.includes],
            "late_middleware": [*self.observed_late(RECORDING.late), *self.late],
            "unserved_cors": self.unserved_cors(),
            "has_lifespan": self.has_lifespan,
            "stack_error": self.stack_error,
            "starts_server": [place for span in RECORDING.servers if (place := self.place(span)) is not None],
        }
        return Described(
            description, entry, self.layers, self.handlers, self.by_identity, self.guarded, tuple(self.cookies)[:_MOST_COOKIES]
        )

    # Apps.

    def _add_app(self, app: Any, kind: str, prefix: str, parent: int | None, mounted_at: Place | None) -> int:
        span: Span | None = getattr(app, "__dict__", {}).get(PLACE)
        handlers = getattr(app, "exception_handlers", None)
        router = getattr(app, "router", app)
        index = len(self.apps)
        self.apps.append(
            {
                "index": index,
                "kind": kind,
                "name": f"{type(app).__module__}.{type(app).__qualname__}",
                "prefix": prefix,
                "parent": parent,
                "place": self.place(span),
                "variable": variable_at(span) if span is not None else None,
                "mounted_at": mounted_at,
                "redirect_slashes": bool(getattr(router, "redirect_slashes", False)),
                "debug": getattr(app, "debug", False) is True,
                "handles_all_errors": isinstance(handlers, dict) and any(key in handlers for key in (500, Exception)),
                "has_lifespan": has_lifespan(router),
            }
        )
        self.app_objects.append(app)
        return index

    def _inside(self, app: Any, spot: CodeSpot) -> None:
        """The stack and the routes of an app or router."""
        if hasattr(app, "build_middleware_stack"):
            self.stack(app, spot)
            self._exception_handlers(app, spot.app)
            self._startup(app)
        router = getattr(app, "router", app)
        inner = getattr(router, "middleware_stack", None)
        if is_boundary(inner):
            router.middleware_stack = self.wrapped(inner, Around("router", spot.app, spot.prefix))
        if hasattr(router, "routes"):
            self._walk(router, spot)

    # Routes.

    def _walk(self, router: Any, spot: CodeSpot) -> None:
        for route in flat_routes(getattr(router, "routes", ())):
            self._route(route, spot)
        for group, prefix in frontends_of(router):
            for frontend in getattr(original_of(group), "routes", ()):
                self._frontend(group, frontend, prefix, spot)

    def _route(self, route: Any, spot: CodeSpot) -> None:
        module = sys.modules["starlette.routing"]
        if isinstance(route, module.Mount):
            self._mount(route, spot)
        elif isinstance(route, module.Host):
            self._host(route, spot)
        else:
            self._endpoint(route, spot, "websocket" if isinstance(original_of(route), module.WebSocketRoute) else "http")

    def _endpoint(self, route: Any, spot: CodeSpot, kind: str) -> None:
        endpoint = innermost(getattr(route, "endpoint", None))
        path_format = str(getattr(route, "path_format", None) or getattr(route, "path", ""))
        needs = Needs(getattr(route, "dependant", None))
        name = getattr(route, "name", None)
        index = self._add_route(
            route,
            spot,
            path=spot.prefix + str(getattr(route, "path", path_format)),
            methods=methods_of(route, endpoint),
            kind=kind,
            name=str(name) if name else None,
            endpoint=dotted(endpoint),
            endpoint_place=self.place(definition_span(endpoint) if endpoint is not None else None),
            example_path=spot.example + example_path(path_format, getattr(route, "param_convertors", {}), needs.path_types),
            body=body_kind(getattr(route, "body_field", None)),
            reads=undeclared_body(endpoint, getattr(route, "dependant", None)),
            headers=sorted(needs.headers),
            optional_headers=sorted(needs.optional_headers - needs.headers - needs.security),
            security=sorted(needs.security),
            cookies=sorted(needs.cookies),
            query=sorted(needs.query.items()),
            ambient=needs.ambient,
            guarded=looks_at_page(endpoint),
            service_worker=path_format if is_service_worker(path_format) else None,
            builtin=str(getattr(endpoint, "__module__", "")).startswith(FRAMEWORK),
            policy=marked_policy(route),
        )
        self.cookies.update(dict.fromkeys(sorted(needs.cookies)))
        if kind == "http" and getattr(route, "dependant", None) is not None:
            self.guarded[index] = GuardedRoute(route, guards_of(route.dependant), self.routes[index]["body"])
        if kind == "http":
            self._route_layers(route, index, spot)

    def _add_route(self, route: Any, spot: CodeSpot, **fields: Any) -> int:
        index = len(self.routes)
        self.routes.append(
            {
                "index": index,
                "app": spot.app,
                "mounts": spot.mounts,
                "redirect_slashes": spot.redirects,
                "host": spot.host,
                **fields,
            }
        )
        self._keep.append(route)
        self.by_identity.setdefault((spot.chain, id(route)), index)
        return index

    def _route_layers(self, route: Any, index: int, spot: CodeSpot) -> None:
        """The layers that are around one endpoint."""
        holder = original_of(route)
        app = getattr(holder, "app", None)
        if is_boundary(app) or is_middleware(app):
            self.set_app(holder, self.wrapped(app, Around("route", spot.app, spot.prefix, index)))

    def _mount(self, mount: Any, spot: CodeSpot) -> None:
        known = find_known(mount.app)
        kind = app_kind(known)
        path = mount.path if isinstance(mount.path, str) else ""
        convertors = {name: value for name, value in mount.param_convertors.items() if name != "path"}
        example = spot.example + example_path(path, convertors)
        prefix = spot.prefix + path
        file = example_file(getattr(known, "all_directories", ())) if kind == "static" else None
        polled = engineio_path(innermost(mount.app)) if kind == "asgi" else None
        self._add_route(
            mount,
            spot,
            path=prefix or "/",
            methods=[],
            kind="static" if kind == "static" else "mount",
            name=str(mount.name) if mount.name else None,
            endpoint=dotted(type(known if known is not None else innermost(mount.app))),
            endpoint_place=None,
            example_path=f"{example}/{file or ''}",
            opaque=kind == "asgi" and polled is None,
            service_worker=self._service_worker(known, f"{example}/") if kind == "static" else None,
        )
        inside = spot._replace(prefix=prefix, example=example, mounts=(*spot.mounts, prefix))
        if polled is not None:
            self._engineio_route(mount, inside, polled)
        self._below(mount, known, kind, inside)

    def _engineio_route(self, mount: Any, spot: CodeSpot, polled: str) -> None:
        """The path under a mount at which an Engine.IO server is polled, with the query that its clients send."""
        path = polled if polled.startswith(f"{spot.prefix}/") else spot.prefix + polled
        self._add_route(
            SimpleNamespace(mount=mount),
            spot._replace(redirects=False),
            path=path,
            methods=["GET"],
            kind="http",
            name=None,
            endpoint=dotted(type(innermost(mount.app))),
            endpoint_place=None,
            example_path=f"{path}?EIO=4&transport=polling",
        )

    def _host(self, host: Any, spot: CodeSpot) -> None:
        known = find_known(host.app)
        self._below(host, known, app_kind(known), spot._replace(host=example_path(host.host_format, host.param_convertors)))

    def _below(self, mount: Any, known: Any, kind: str, spot: CodeSpot) -> None:
        """What is mounted: its layers, and its routes when they can be known."""
        if spot.depth >= _DEEPEST:
            return
        target = known if known is not None else mount.app
        seen = next((index for index, given in enumerate(self.app_objects) if given is target), None)
        place = self.place(getattr(mount, "__dict__", {}).get(PLACE))
        index = self._add_app(target, kind, spot.prefix, spot.app, place) if seen is None else seen
        if mount.app is not known:
            self._mounted_layers(mount, known, Around("mount", index, spot.prefix))
        if known is None or kind == "static":
            return
        redirects = self.apps[index]["redirect_slashes"]
        chain = (*spot.chain, id(mount))
        self._inside(known, spot._replace(app=index, chain=chain, redirects=redirects, depth=spot.depth + 1))

    def _mounted_layers(self, mount: Any, known: Any, around: Around) -> None:
        if known is None and is_middleware(mount.app):
            self.guard(mount)
        self.set_app(mount, self.wrapped(mount.app, around))

    def _frontend(self, group: Any, frontend: Any, prefix: str, spot: CodeSpot) -> None:
        path = (prefix + frontend.path).rstrip("/") or "/"
        file = example_file(getattr(getattr(frontend, "app", None), "all_directories", ()))
        self._add_route(
            group,
            spot,
            path=spot.prefix + path,
            methods=["GET", "HEAD"],
            kind="frontend",
            name=None,
            endpoint=None,
            endpoint_place=None,
            example_path=f"{spot.example}{path.rstrip('/')}/{file or ''}",
            service_worker=self._service_worker(getattr(frontend, "app", None), f"{spot.example}{path.rstrip('/')}/"),
        )

    def _service_worker(self, files: Any, prefix: str) -> str | None:
        name = service_worker(getattr(files, "all_directories", ()))
        return None if name is None else f"{prefix}{name}"


def app_kind(app: Any) -> str:
    """What the class of an app reveals: one of `corsense.app.description.AppKind`."""
    if app is None:
        return "asgi"
    fastapi, starlette = sys.modules.get("fastapi.applications"), sys.modules.get("starlette.applications")
    if fastapi is not None and isinstance(app, fastapi.FastAPI):
        return "fastapi"
    if starlette is not None and isinstance(app, starlette.Starlette):
        return "starlette"
    return "router" if hasattr(app, "routes") else "static"


def _versions() -> dict[str, str]:
    found = {
        name: str(sys.modules[name].__version__)
        for name in ("fastapi", "starlette")
        if hasattr(sys.modules.get(name), "__version__")
    }
    return {**found, "python": ".".join(map(str, sys.version_info[:3]))}
