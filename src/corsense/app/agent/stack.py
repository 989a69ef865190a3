"""Describes the layers of an app: the middleware stacks, those of routers and routes, exception handlers, start-up code.

The parts of a stack that were not built from `Middleware` entries get their boundaries here.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from .frames import is_own_code
from .guards import GuardedRoute
from .layers import arguments_of, cookies_of, is_of_the_framework, made_by, name_of, policies_of
from .places import Places, calls_in, code_of, definition_span, wrapping_span
from .recorder import PLACE, RECORDING
from .tracebacks import traceback_text
from .tracing import Boundary, guard_inside, is_boundary
from .unwrapping import find_known, inner_app, is_cors_class, is_known, is_middleware

if TYPE_CHECKING:
    from .places import Place, Span

_DEEPEST = 12
FRAMEWORK = ("starlette.", "fastapi.")

Record = dict[str, Any]
"""The fields of a description's class, by name."""


class CodeSpot(NamedTuple):
    """Where a walk through the routes is: the app, the path so far, the mounts on the way."""

    app: int
    prefix: str = ""
    example: str = ""
    mounts: tuple[str, ...] = ()
    chain: tuple[int, ...] = ()
    host: str | None = None
    redirects: bool = True
    depth: int = 0


class Around(NamedTuple):
    """Where a chain of layers stands: `position` as in `LayerInfo`, and the app, path or route that it is around. `module` is
    that which makes the outermost, where it is the app itself; `entries` are the `Middleware` entries that were given."""

    position: str
    app: int
    prefix: str = ""
    route: int | None = None
    module: Any = None
    entries: tuple[Any, ...] = ()


class StackDescriber:
    """Collects the layers; `base` is the folder that places are relative to."""

    def __init__(self, base: str) -> None:
        self.places = Places(base)
        self.apps: list[Record] = []
        self.app_objects: list[Any] = []
        self.layers: list[Record] = []
        self.routes: list[Record] = []
        self.handlers: list[Record] = []
        self.late: list[Record] = []
        self.has_lifespan = False
        self.by_identity: dict[tuple[tuple[int, ...], int], int] = {}
        self.stack_error: str | None = None
        self.guarded: dict[int, GuardedRoute] = {}
        self.cookies: dict[str, None] = {}
        self._keep: list[Any] = []

    def place(self, span: Span | None) -> Place | None:
        """A span of Python's as a reader counts."""
        return self.places.place(span)

    def observed_late(self, seen: Any) -> Iterator[Record]:
        """`add_middleware` calls that came too late, each once."""
        for span, moment in dict.fromkeys(seen):
            yield {"place": self.place(span), "moment": moment, "observed": True}

    def unserved_cors(self) -> list[Place]:
        """Where CORS layers are added to apps that are not part of the described one."""
        served = {tuple(place) for layer in self.layers if (place := layer["place"]) is not None}
        places = (self.place(span) for span in RECORDING.cors)
        return [place for place in places if place is not None and tuple(place) not in served]

    def stack(self, app: Any, spot: CodeSpot) -> None:
        """The middleware stack of an app, built now where it is not yet."""
        around = Around("app", spot.app, spot.prefix, entries=tuple(app.user_middleware))
        if app.middleware_stack is None:
            try:
                app.middleware_stack = app.build_middleware_stack()
            except Exception as error:
                if self.stack_error is None:
                    self.stack_error = traceback_text(error)
                for entry in app.user_middleware:
                    self.add_layer(Boundary(entry.cls, None, entry), around)
                return
        app.middleware_stack = self.wrapped(app.middleware_stack, around)
        self._mark_handlers(app.middleware_stack)

    def wrapped(self, outermost: Any, around: Around) -> Any:
        """Describe a chain of layers down to a known app, add missing boundaries, and return the new outermost layer."""
        mentions = around.position == "wrapper"
        first: Any = None
        holder: tuple[Any, str] | None = None
        current = outermost
        while current is not None and not is_known(current):
            if not is_boundary(current) and not self._leads_on(current, mentions):
                break
            boundary, (name, inner) = current, inner_app(current, mentions)
            if not is_boundary(current):
                boundary = Boundary(current, inner)
                if holder is not None:
                    _replace(holder, boundary)
            first = boundary if first is None else first
            if boundary.__dict__["corsense_index"] < 0:
                self.add_layer(boundary, around)
            holder = (boundary.__dict__["corsense_layer"], name) if name is not None else None
            current = inner
        return outermost if first is None else first

    def _leads_on(self, layer: Any, mentions: bool) -> bool:
        """Whether something is a layer: there is an app behind it, or it is of a kind that is known to be one."""
        return find_known(layer, mentions) is not None or (is_middleware(layer) and inner_app(layer)[1] is not None)

    def add_layer(self, boundary: Any, around: Around) -> None:
        """Record one layer, and give its boundary the index."""
        layer, entry = boundary.__dict__["corsense_layer"], boundary.__dict__["corsense_entry"]
        index = boundary.__dict__["corsense_index"] = len(self.layers)
        boundary.__dict__["corsense_handles"] = around.position in ("mount", "router", "route")
        self._keep.append(boundary)
        made = made_by(layer)
        name = name_of(made, layer)
        span: Span | None = getattr(entry, PLACE, None) if entry is not None else getattr(layer, "__dict__", {}).get(PLACE)
        if span is None and around.module is not None:
            span = wrapping_span(around.module, name)
        policy, policies = policies_of(layer)
        self.cookies.update(dict.fromkeys(cookies_of(layer)))
        given = any(entry is one for one in around.entries)
        self.layers.append(
            {
                "index": index,
                "name": name,
                "class_module": str(getattr(made, "__module__", "")),
                "app": around.app,
                "prefix": around.prefix,
                "arguments": arguments_of(layer, made, entry),
                "place": self.place(span),
                "defined_at": self.place(definition_span(made)),
                "is_cors": is_cors_class(made),
                "is_builtin": around.position == "app" and not given and (entry is not None or is_of_the_framework(made)),
                "position": around.position,
                "route": around.route,
                "policy": policy,
                "policies": policies,
            }
        )

    def _mark_handlers(self, boundary: Any) -> None:
        """Exceptions inside `ExceptionMiddleware` are ordinary answers: only what escapes from it is a crash."""
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
                {
                    "app": index,
                    "key": str(name).removeprefix("builtins."),
                    "name": str(getattr(handler, "__name__", type(handler).__name__)),
                    "place": self.place(definition_span(handler)),
                    "is_builtin": module.startswith(FRAMEWORK),
                    "catches_all": key in (500, Exception),
                }
            )

    def _startup(self, app: Any) -> None:
        """`add_middleware` in the code of startup handlers and lifespans, which did not run."""
        router = app.router
        handlers = [("startup", handler) for handler in getattr(router, "on_startup", ())]
        handlers += [("lifespan", function) for function in _lifespans(getattr(router, "lifespan_context", None), 0)]
        observed = [self.place(span) for span, _ in RECORDING.late]
        seen = {(place[0], place[1]) for place in observed if place is not None}
        for moment, function in handlers:
            code = code_of(function)
            if code is None or not is_own_code(code.co_filename):
                continue
            self.has_lifespan = True
            for span in calls_in(code, "add_middleware"):
                place = self.place(span)
                if place is not None and (place[0], place[1]) not in seen:
                    seen.add((place[0], place[1]))
                    self.late.append({"place": place, "moment": moment, "observed": False})

    def set_app(self, holder: Any, app: Any) -> None:
        """Replace an app by the same with boundaries."""
        holder.app = app

    def guard(self, holder: Any, is_open: bool = False) -> None:
        """Put a stand-in before an app that cannot be inspected, behind middleware that can. The app runs only if `is_open`."""
        guard_inside(holder, "app", foreign=True, is_open=is_open)


def has_lifespan(router: Any) -> bool:
    """Whether a router has start-up code, be it of a package."""
    return bool(getattr(router, "on_startup", ())) or _starts_something(getattr(router, "lifespan_context", None), 0)


def _starts_something(function: Any, depth: int) -> bool:
    """Whether a lifespan is more than the default, or than several defaults that FastAPI merged."""
    if function is None or depth > 8 or type(function).__name__ == "_DefaultLifespan":
        return False
    if getattr(function, "__name__", "") != "merged_lifespan":
        return True
    function = getattr(function, "__wrapped__", function)
    return any(_starts_something(cell.cell_contents, depth + 1) for cell in function.__closure__ or ())


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


def _replace(holder: tuple[Any, str], boundary: Any) -> None:
    """Put a boundary between a wrapper and what it wraps; wrappers that do not allow it stay as they are."""
    try:
        setattr(holder[0], holder[1], boundary)
    except Exception:
        return
