"""Describing an app in the process that imported it: its stack, its routes, the apps mounted in it.

On the way, the parts of the stack that were not built from `Middleware` entries get their boundaries.
"""

from __future__ import annotations

import sys
import traceback as tracebacks
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from corsense.app.description import (
    AppDescription,
    AppInfo,
    AppKind,
    BodyKind,
    ExceptionHandlerInfo,
    IncludeInfo,
    LateMiddleware,
    LayerInfo,
    Opaque,
    PolicyInfo,
    RouteInfo,
    RouteKind,
)
from corsense.app.paths import example_file, example_path
from corsense.app.recorder import ARGUMENTS, PLACE, RECORDING, Span, calls_in, code_of, definition_span, is_own_code, relative
from corsense.app.tracing import Boundary, is_boundary
from corsense.app.unwrapping import find_known, inner_app, is_known
from corsense.finding import Place

if TYPE_CHECKING:
    from corsense.app.description import Plain
    from corsense.app.traceback import ParsedTraceback

_DEEPEST = 12
_FRAMEWORK = ("starlette.", "fastapi.")
_TOLD_ARGUMENTS = frozenset({"TrustedHostMiddleware"})

Position = Literal["wrapper", "app", "mount", "router"]


@dataclass(slots=True)
class Described:
    """The description, and what is needed to try requests: the object to call, and the routes by identity of the objects that
    match them: the chain of mounts, and the route."""

    description: AppDescription
    entry: Any
    routes: dict[tuple[tuple[int, ...], int], int]


@dataclass(frozen=True, slots=True)
class _Spot:
    """Where a walk through the routes is: the app, the path so far, the mounts on the way."""

    app: int
    prefix: str = ""
    example: str = ""
    mounts: tuple[str, ...] = ()
    chain: tuple[int, ...] = ()
    host: str | None = None
    redirects: bool = True
    depth: int = 0


@dataclass(slots=True)
class Describer:
    """Collects the parts; `base` is the folder that places are relative to."""

    base: str
    apps: list[AppInfo] = field(default_factory=list)
    app_objects: list[Any] = field(default_factory=list)
    layers: list[LayerInfo] = field(default_factory=list)
    routes: list[RouteInfo] = field(default_factory=list)
    handlers: list[ExceptionHandlerInfo] = field(default_factory=list)
    late: list[LateMiddleware] = field(default_factory=list)
    has_lifespan: bool = False
    by_identity: dict[tuple[tuple[int, ...], int], int] = field(default_factory=dict)
    stack_error: ParsedTraceback | None = None
    _files: dict[str, str] = field(default_factory=dict)
    _keep: list[Any] = field(default_factory=list)

    def describe(self, root: Any, target: str, factory: bool, module: Any, attribute: str) -> Described:
        known = find_known(root, mentions=True)
        kind = app_kind(known)
        entry = root
        main = known if known is not None else root
        index = self._add_app(main, kind, "", None, None)
        if root is not known:
            entry = self._wrappers(root, index, "", "wrapper", module, attribute)
        if known is not None:
            self._inside(known, _Spot(app=index))
        description = AppDescription(
            target=target,
            kind=kind,
            factory=factory,
            versions=_versions(),
            apps=tuple(self.apps),
            routes=tuple(self.routes),
            layers=tuple(self.layers),
            exception_handlers=tuple(self.handlers),
            includes=tuple(IncludeInfo(prefix, self.place(span)) for prefix, span in RECORDING.includes),
            late_middleware=(*self._observed_late(), *self.late),
            has_lifespan=self.has_lifespan,
            stack_error=self.stack_error,
            starts_server=tuple(place for span in RECORDING.servers if (place := self.place(span)) is not None),
        )
        return Described(description, entry, self.by_identity)

    # Places.

    def place(self, span: Span | None) -> Place | None:
        """A span of Python's as a reader counts: columns of characters, from 1."""
        if span is None:
            return None
        file, line, end, column, end_column = span
        if file not in self._files:
            self._files[file] = relative(file, self.base)
        if column is None or end_column is None or end is None:
            return Place(self._files[file], line)
        return Place(self._files[file], line, _column(file, line, column), end, _column(file, end, end_column))

    def _observed_late(self) -> Iterator[LateMiddleware]:
        for span, moment in RECORDING.late:
            yield LateMiddleware(self.place(span), moment, True)  # type: ignore[arg-type]

    # Apps.

    def _add_app(self, app: Any, kind: AppKind, prefix: str, parent: int | None, mounted_at: Place | None) -> int:
        span: Span | None = getattr(app, "__dict__", {}).get(PLACE)
        handlers = getattr(app, "exception_handlers", None)
        router = getattr(app, "router", app)
        index = len(self.apps)
        self.apps.append(
            AppInfo(
                index=index,
                kind=kind,
                name=f"{type(app).__module__}.{type(app).__qualname__}",
                prefix=prefix,
                parent=parent,
                place=self.place(span),
                variable=_variable(span) if span is not None else None,
                mounted_at=mounted_at,
                redirect_slashes=bool(getattr(router, "redirect_slashes", False)),
                debug=getattr(app, "debug", False) is True,
                handles_all_errors=isinstance(handlers, dict) and any(key in handlers for key in (500, Exception)),
            )
        )
        self.app_objects.append(app)
        return index

    def _inside(self, app: Any, spot: _Spot) -> None:
        """The stack and the routes of an app or router."""
        if hasattr(app, "build_middleware_stack"):
            self._stack(app, spot)
            self._exception_handlers(app, spot.app)
            self._startup(app)
        router = getattr(app, "router", app)
        inner = getattr(router, "middleware_stack", None)
        if is_boundary(inner):
            router.middleware_stack = self._wrappers(inner, spot.app, spot.prefix, "router")
        if hasattr(router, "routes"):
            self._walk(router, spot)

    def _stack(self, app: Any, spot: _Spot) -> None:
        if app.middleware_stack is None:
            try:
                app.middleware_stack = app.build_middleware_stack()
            except Exception:
                from corsense.app.traceback import parse_traceback

                if self.stack_error is None:
                    self.stack_error = parse_traceback(tracebacks.format_exc())
                for entry in app.user_middleware:
                    self._add_layer(Boundary(entry.cls, None, entry), spot.app, spot.prefix, "app", app.user_middleware, None, "")
                return
        app.middleware_stack = self._wrappers(app.middleware_stack, spot.app, spot.prefix, "app", owner=app)
        self._mark_handlers(app.middleware_stack)

    def _wrappers(
        self,
        outermost: Any,
        app: int,
        prefix: str,
        position: Position,
        module: Any = None,
        attribute: str = "",
        owner: Any = None,
    ) -> Any:
        """Describe a chain of layers down to what is known, put boundaries where there are none, and return the new outermost."""
        first: Any = None
        holder: tuple[Any, str] | None = None
        current, entries = outermost, getattr(owner, "user_middleware", ())
        while current is not None and not is_known(current):
            if not is_boundary(current) and find_known(current, mentions=position == "wrapper") is None:
                break
            boundary, inner, name = current, *_step(current, position)
            if not is_boundary(current):
                boundary = Boundary(current, inner)
                if holder is not None:
                    _replace(holder, boundary)
            first = boundary if first is None else first
            if boundary.__dict__["corsense_index"] < 0:
                self._add_layer(boundary, app, prefix, position, entries, module, attribute)
            holder = (boundary.__dict__["corsense_layer"], name) if name is not None else None
            current = inner
        return outermost if first is None else first

    def _add_layer(
        self, boundary: Any, app: int, prefix: str, position: Position, entries: Any, module: Any, attribute: str
    ) -> None:
        layer, entry = boundary.__dict__["corsense_layer"], boundary.__dict__["corsense_entry"]
        index = boundary.__dict__["corsense_index"] = len(self.layers)
        boundary.__dict__["corsense_handles"] = position in ("mount", "router")
        self._keep.append(boundary)
        function = getattr(layer, "dispatch_func", None) if type(layer).__name__ == "BaseHTTPMiddleware" else None
        made = function or (layer if isinstance(layer, type) or code_of(layer) is not None else type(layer))
        name = getattr(made, "__name__", type(layer).__name__)
        is_cors = _is_cors(made)
        span: Span | None = getattr(entry, PLACE, None) if entry is not None else getattr(layer, "__dict__", {}).get(PLACE)
        if span is None and position == "wrapper" and module is not None:
            span = _wrapping_span(module, attribute, name)
        told = is_cors or name in _TOLD_ARGUMENTS
        policy, policies = _policies(layer)
        self.layers.append(
            LayerInfo(
                index=index,
                name=name,
                class_module=str(getattr(made, "__module__", "")),
                app=app,
                prefix=prefix,
                arguments=_arguments(layer, entry) if told else {},
                place=self.place(span),
                defined_at=self.place(definition_span(made)),
                is_cors=is_cors,
                is_builtin=position == "app" and entry is not None and not any(entry is given for given in entries),
                position=position,
                policy=policy,
                policies=policies,
            )
        )

    def _mark_handlers(self, boundary: Any) -> None:
        """Exceptions inside of `ExceptionMiddleware` are ordinary answers: only what escapes from it is a crash."""
        inside, current = False, boundary
        for _ in range(_DEEPEST * 4):
            if not is_boundary(current):
                return
            current.__dict__["corsense_handles"] = inside
            inside = inside or type(current.__dict__["corsense_layer"]).__name__ == "ExceptionMiddleware"
            current = current.__dict__["corsense_inner"]

    def _exception_handlers(self, app: Any, index: int) -> None:
        for key, handler in getattr(app, "exception_handlers", {}).items():
            name = key if isinstance(key, int) else f"{getattr(key, '__module__', '')}.{getattr(key, '__qualname__', key)}"
            module = str(getattr(handler, "__module__", ""))
            self.handlers.append(
                ExceptionHandlerInfo(
                    app=index,
                    key=str(name).removeprefix("builtins."),
                    name=str(getattr(handler, "__name__", type(handler).__name__)),
                    place=self.place(definition_span(handler)),
                    is_builtin=module.startswith(_FRAMEWORK),
                    catches_all=key in (500, Exception),
                )
            )

    def _startup(self, app: Any) -> None:
        """`add_middleware` in the code of startup handlers and lifespans, which did not run."""
        router = app.router
        handlers = [("startup", handler) for handler in getattr(router, "on_startup", ())]
        handlers += [("lifespan", function) for function in _lifespans(getattr(router, "lifespan_context", None), 0)]
        seen = {(late.place.file, late.place.line) for late in self._observed_late() if late.place is not None}
        for moment, function in handlers:
            code = code_of(function)
            if code is None or not is_own_code(code.co_filename):
                continue
            self.has_lifespan = True
            for span in calls_in(code, "add_middleware"):
                place = self.place(span)
                if place is not None and (place.file, place.line) not in seen:
                    seen.add((place.file, place.line))
                    self.late.append(LateMiddleware(place, moment, False))  # type: ignore[arg-type]

    # Routes.

    def _walk(self, router: Any, spot: _Spot) -> None:
        for route in _flat(getattr(router, "routes", ())):
            self._route(route, spot)
        for group, prefix in _frontends(router):
            for frontend in getattr(_original(group), "routes", ()):
                self._frontend(group, frontend, prefix, spot)

    def _route(self, route: Any, spot: _Spot) -> None:
        module = sys.modules["starlette.routing"]
        if isinstance(route, module.Mount):
            self._mount(route, spot)
        elif isinstance(route, module.Host):
            self._host(route, spot)
        else:
            self._endpoint(route, spot, "websocket" if isinstance(_original(route), module.WebSocketRoute) else "http")

    def _endpoint(self, route: Any, spot: _Spot, kind: RouteKind) -> None:
        endpoint = getattr(route, "endpoint", None)
        path_format = str(getattr(route, "path_format", None) or getattr(route, "path", ""))
        needs = _needs(getattr(route, "dependant", None))
        span = definition_span(endpoint) if endpoint is not None else None
        name = getattr(route, "name", None)
        self._add_route(
            RouteInfo(
                index=len(self.routes),
                path=spot.prefix + str(getattr(route, "path", path_format)),
                methods=_methods(route, endpoint),
                kind=kind,
                name=str(name) if name else None,
                endpoint=_dotted(endpoint),
                endpoint_place=self.place(span),
                app=spot.app,
                example_path=spot.example + example_path(path_format, getattr(route, "param_convertors", {}), needs.path_types),
                mounts=spot.mounts,
                redirect_slashes=spot.redirects,
                body=_body(getattr(route, "body_field", None)),
                headers=tuple(sorted(needs.headers)),
                security=tuple(sorted(needs.security)),
                cookies=tuple(sorted(needs.cookies)),
                builtin=str(getattr(endpoint, "__module__", "")).startswith(_FRAMEWORK),
                host=spot.host,
                policy=_marked_policy(route),
            ),
            route,
            spot,
        )

    def _add_route(self, info: RouteInfo, route: Any, spot: _Spot) -> None:
        self.routes.append(info)
        self._keep.append(route)
        self.by_identity.setdefault((spot.chain, id(route)), info.index)

    def _mount(self, mount: Any, spot: _Spot) -> None:
        known = find_known(mount.app)
        kind = app_kind(known)
        path = mount.path if isinstance(mount.path, str) else ""
        convertors = {name: value for name, value in mount.param_convertors.items() if name != "path"}
        example = spot.example + example_path(path, convertors)
        prefix = spot.prefix + path
        file = example_file(getattr(known, "all_directories", ())) if kind == "static" else None
        self._add_route(
            RouteInfo(
                index=len(self.routes),
                path=prefix or "/",
                methods=(),
                kind="static" if kind == "static" else "mount",
                name=mount.name or None,
                endpoint=_dotted(type(known if known is not None else mount.app)),
                endpoint_place=None,
                app=spot.app,
                example_path=f"{example}/{file or ''}",
                mounts=spot.mounts,
                redirect_slashes=spot.redirects,
                opaque=kind == "asgi",
                host=spot.host,
            ),
            mount,
            spot,
        )
        self._below(mount, known, kind, spot, prefix, example, path)

    def _host(self, host: Any, spot: _Spot) -> None:
        known = find_known(host.app)
        name = example_path(host.host_format, host.param_convertors)
        below = _Spot(spot.app, spot.prefix, spot.example, spot.mounts, spot.chain, name, spot.redirects, spot.depth)
        self._below(host, known, app_kind(known), below, spot.prefix, spot.example, None)

    def _below(self, mount: Any, known: Any, kind: AppKind, spot: _Spot, prefix: str, example: str, path: str | None) -> None:
        """What is mounted: its layers, and its routes when they can be known."""
        if spot.depth >= _DEEPEST:
            return
        target = known if known is not None else mount.app
        seen = next((index for index, given in enumerate(self.app_objects) if given is target), None)
        place = self.place(getattr(mount, "__dict__", {}).get(PLACE))
        index = self._add_app(target, kind, prefix, spot.app, place) if seen is None else seen
        if mount.app is not known:
            mount.app = self._wrappers(mount.app, index, prefix, "mount")
        if known is None or kind == "static":
            return
        below = _Spot(
            app=index,
            prefix=prefix,
            example=example,
            mounts=spot.mounts if path is None else (*spot.mounts, prefix),
            chain=(*spot.chain, id(mount)),
            host=spot.host,
            redirects=self.apps[index].redirect_slashes,
            depth=spot.depth + 1,
        )
        self._inside(known, below)

    def _frontend(self, group: Any, frontend: Any, prefix: str, spot: _Spot) -> None:
        path = (prefix + frontend.path).rstrip("/") or "/"
        folder = getattr(getattr(frontend, "app", None), "all_directories", ())
        file = example_file(folder)
        self._add_route(
            RouteInfo(
                index=len(self.routes),
                path=spot.prefix + path,
                methods=("GET", "HEAD"),
                kind="frontend",
                name=None,
                endpoint=None,
                endpoint_place=None,
                app=spot.app,
                example_path=f"{spot.example}{path.rstrip('/')}/{file or ''}",
                mounts=spot.mounts,
                redirect_slashes=spot.redirects,
                host=spot.host,
            ),
            group,
            spot,
        )


# Reading single parts.


def app_kind(app: Any) -> AppKind:
    """What is known of an app by its class."""
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


def _flat(routes: Any) -> Iterator[Any]:
    """The routes of a router, those of lazily included routers in place of the inclusion: as contexts that carry what the
    inclusion adds."""
    for route in routes:
        contexts = getattr(route, "effective_route_contexts", None)
        if contexts is None:
            yield route
            continue
        for context in contexts():
            yield context if getattr(context, "starlette_route", None) is None else context.starlette_route


def _frontends(router: Any) -> Iterator[tuple[Any, str]]:
    """Groups of `frontend()` routes, tried after all others, with the prefix of their inclusion."""
    for group in getattr(router, "_low_priority_routes", ()):
        yield group, ""
    for route in getattr(router, "routes", ()):
        contexts = getattr(route, "effective_low_priority_routes", None)
        for context in contexts() if contexts is not None else ():
            yield context, getattr(context, "frontend_prefix", "")


def _original(route: Any) -> Any:
    return getattr(route, "original_route", route)


def _methods(route: Any, endpoint: Any) -> tuple[str, ...]:
    methods = getattr(route, "methods", None)
    if methods:
        return tuple(sorted(methods))
    if isinstance(endpoint, type) and any(base.__name__ == "HTTPEndpoint" for base in endpoint.__mro__):
        verbs = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "QUERY")
        found = {verb for verb in verbs if getattr(endpoint, verb.lower(), None) is not None}
        return tuple(sorted(found | ({"HEAD"} if "GET" in found else set())))
    return ()


def _dotted(thing: Any) -> str | None:
    if thing is None:
        return None
    while hasattr(thing, "func") and not hasattr(thing, "__name__"):
        thing = thing.func
    owner = thing if hasattr(thing, "__qualname__") else type(thing)
    return f"{owner.__module__}.{owner.__qualname__}"


_CORS_NAMES = ("cors", "corsmiddleware", "corsappwrapper")


def _is_cors(made: Any) -> bool:
    """Whether a layer gives leave, by its name or that of a class it is made of. A function that sets headers is a function."""
    return isinstance(made, type) and any(base.__name__.lower().endswith(_CORS_NAMES) for base in made.__mro__)


def _policies(layer: Any) -> tuple[PolicyInfo | None, tuple[tuple[str, PolicyInfo], ...]]:
    """What a layer of corsense's own judges by: its policy, and those of single paths."""
    module = sys.modules.get("corsense.middleware.asgi")
    if module is None or not isinstance(layer, module.CORSMiddleware):
        return None, ()
    return _policy_info(layer.policy), tuple((path, _policy_info(policy)) for path, policy in layer.policies.items())


def _marked_policy(route: Any) -> PolicyInfo | None:
    """The policy of its own that a route was given; None when it has none."""
    module = sys.modules.get("corsense.middleware.choice")
    mark = None if module is None else module.mark_of(route)
    return None if mark is None else _policy_info(mark.policy)


def _policy_info(policy: Any) -> PolicyInfo:
    import json

    if policy is None:
        return PolicyInfo(None)
    return PolicyInfo(json.dumps(policy.document()), policy.resolver is not None)


def _arguments(layer: Any, entry: Any) -> dict[str, Plain]:
    if entry is None:
        args, kwargs = getattr(layer, "__dict__", {}).get(ARGUMENTS, ((), {}))
    else:
        args, kwargs = getattr(entry, "args", ()), getattr(entry, "kwargs", None) or getattr(entry, "options", {})
    named = dict(zip(_parameters(layer if isinstance(layer, type) else type(layer)), args, strict=False)) if args else {}
    return {str(name): plain(value) for name, value in {**named, **kwargs}.items()}


def _parameters(cls: Any) -> list[str]:
    """Names of the positional parameters of a layer, after the app."""
    code = code_of(cls.__init__)
    return list(code.co_varnames[2 : code.co_argcount]) if code is not None else []


def plain(value: Any, depth: int = 0) -> Plain:
    """A value as data: built-in types are kept with what they hold, all else becomes `Opaque`."""
    kind = type(value)
    if value is None or kind in (bool, int, float, str, bytes):
        return value  # type: ignore[no-any-return]
    if depth < 4 and kind in (list, tuple, set, frozenset):
        return kind(plain(item, depth + 1) for item in list(value)[:1000])  # type: ignore[no-any-return]
    if depth < 4 and kind is dict:
        return {plain(key, depth + 1): plain(item, depth + 1) for key, item in list(value.items())[:1000]}
    try:
        text = value.pattern if kind.__name__ == "Pattern" else str(value)
    except Exception:
        text = ""
    return Opaque(f"{kind.__module__}.{kind.__qualname__}".removeprefix("builtins."), str(text)[:200])


@dataclass(slots=True)
class _Needs:
    path_types: dict[str, Any] = field(default_factory=dict)
    headers: set[str] = field(default_factory=set)
    security: set[str] = field(default_factory=set)
    cookies: set[str] = field(default_factory=set)


def _needs(dependant: Any) -> _Needs:
    """What an endpoint of FastAPI and its dependencies read from a request."""
    needs = _Needs()
    waiting, seen = [dependant] if dependant is not None else [], set[int]()
    while waiting:
        current = waiting.pop()
        if id(current) in seen:
            continue
        seen.add(id(current))
        for parameter in getattr(current, "path_params", ()):
            needs.path_types[str(parameter.alias)] = _annotation(parameter)
        for parameter in getattr(current, "header_params", ()):
            needs.headers.update(name.lower() for name in _parameter_names(parameter, "-") if _is_required(parameter))
        for parameter in getattr(current, "cookie_params", ()):
            needs.cookies.update(_parameter_names(parameter, "_"))
        schemes = [requirement.security_scheme for requirement in getattr(current, "security_requirements", ())]
        for scheme in (*schemes, getattr(current, "call", None)):
            _add_scheme(scheme, needs)
        waiting.extend(getattr(current, "dependencies", ()))
    return needs


def _is_required(parameter: Any) -> bool:
    info = getattr(parameter, "field_info", None)
    if info is not None and hasattr(info, "is_required"):
        return bool(info.is_required())
    return bool(getattr(parameter, "required", True))


def _annotation(parameter: Any) -> Any:
    info = getattr(parameter, "field_info", None)
    return getattr(info, "annotation", None) or getattr(parameter, "type_", None)


def _parameter_names(parameter: Any, joint: str) -> list[str]:
    """The names on the wire: one, or those of the fields of a model."""
    fields = getattr(_annotation(parameter), "model_fields", None)
    if isinstance(fields, dict):
        return [str(info.alias or name.replace("_", joint)) for name, info in fields.items()]
    return [str(parameter.alias)]


def _add_scheme(scheme: Any, needs: _Needs) -> None:
    names = [base.__name__ for base in type(scheme).__mro__]
    if "SecurityBase" not in names:
        return
    if "APIKeyHeader" in names:
        needs.security.add(str(scheme.model.name).lower())
    elif "APIKeyCookie" in names:
        needs.cookies.add(str(scheme.model.name))
    elif "APIKeyQuery" not in names:
        needs.security.add("authorization")


def _body(body_field: Any) -> BodyKind | None:
    if body_field is None:
        return None
    names = [base.__name__ for base in type(getattr(body_field, "field_info", None)).__mro__]
    if "File" in names:
        return "multipart"
    return "form" if "Form" in names else "json"


def _lifespans(function: Any, depth: int) -> Iterator[Any]:
    """The functions behind a lifespan: FastAPI merges those of included routers in closures."""
    if function is None or depth > 8:
        return
    code = code_of(function)
    if code is None:
        return
    if is_own_code(code.co_filename):
        yield function
        return
    while hasattr(function, "__wrapped__"):
        function = function.__wrapped__
    for cell in getattr(function, "__closure__", None) or ():
        try:
            yield from _lifespans(cell.cell_contents, depth + 1)
        except ValueError:
            continue


def _step(layer: Any, position: Position) -> tuple[Any, str | None]:
    """What a layer calls, and the attribute that holds it."""
    name, inner = inner_app(layer, mentions=position == "wrapper")
    return inner, name


def _replace(holder: tuple[Any, str], boundary: Any) -> None:
    """Put a boundary between a wrapper and what it wraps; wrappers that refuse stay as they are."""
    try:
        setattr(holder[0], holder[1], boundary)
    except Exception:
        return


def _column(file: str, line: int, offset: int) -> int:
    """Column of a character, from 1, for an offset in bytes."""
    import linecache

    text = linecache.getline(file, line)
    if text.isascii():
        return offset + 1
    return len(text.encode()[:offset].decode(errors="replace")) + 1


def _source_tree(file: str) -> Any:
    import ast
    import linecache

    try:
        return ast.parse("".join(linecache.getlines(file)))
    except (SyntaxError, ValueError):
        return None


def _variable(span: Span) -> str | None:
    """The name to which the expression at a place is assigned: `app`, `self.app`."""
    import ast

    file, line, _, column, _ = span
    tree = _source_tree(file)
    for node in ast.walk(tree) if tree is not None else ():
        value = getattr(node, "value", None)
        if not isinstance(node, (ast.Assign, ast.AnnAssign, ast.NamedExpr)) or value is None:
            continue
        if value.lineno == line and (column is None or value.col_offset == column):
            target = node.targets[0] if isinstance(node, ast.Assign) else node.target
            return ast.unparse(target)
    return None


def _wrapping_span(module: Any, attribute: str, name: str) -> Span | None:
    """The call of the class `name` in a module that assigns an app: `app = Wrapper(app)`."""
    import ast

    file = getattr(module, "__file__", None)
    tree = _source_tree(file) if file and is_own_code(file) else None
    found: Span | None = None
    for node in ast.walk(tree) if tree is not None else ():
        if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] == name:
            found = (str(file), node.lineno, node.end_lineno, node.col_offset, node.end_col_offset)
    return found
