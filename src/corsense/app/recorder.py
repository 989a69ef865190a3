"""Watching an app build itself: where each part is written, taken down as the calls are made.

`record` must run before the app is imported. What it patches behaves as before; it looks at the caller's frame and lets the
call pass.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from functools import cache, wraps
from itertools import islice
from types import CodeType, FrameType, ModuleType
from typing import Any

from corsense.app.frames import frame_origin
from corsense.app.imports import Patch, patch_on_import

Span = tuple[str, int, int | None, int | None, int | None]
"""File, line, end line, column and end column, as Python keeps them: columns count bytes, from 0."""

PLACE = "_corsense_place"
"""Attribute under which an object of the framework keeps the `Span` of the call that made it."""


ARGUMENTS = "_corsense_arguments"
"""Attribute under which a CORS layer keeps the arguments it was made with, after the app."""


class Recording:
    """What was seen so far. `moment` says what is going on, for calls that come too late."""

    def __init__(self) -> None:
        self.includes: list[tuple[str, Span | None]] = []
        self.late: list[tuple[Span | None, str]] = []
        self.servers: list[Span | None] = []
        self.moment = "import"
        self.importing = True


RECORDING = Recording()


def is_own_code(file: str) -> bool:
    """Whether a file is the user's: neither the standard library nor an installed package, and not generated."""
    return frame_origin(file) == "user"


def calling_span(built: object = None) -> Span | None:
    """The span of the call in the user's code that led here; None when no frame is the user's. The frames of a user's own class
    that is constructing `built` are passed over."""
    frame: FrameType | None = sys._getframe(2)
    while frame is not None:
        code = frame.f_code
        if is_own_code(code.co_filename) and not (built is not None and code.co_name == "__init__" and _builds(frame, built)):
            return span_of(frame)
        frame = frame.f_back
    return None


def span_of(frame: FrameType) -> Span:
    """The span of the expression that a frame is evaluating."""
    code = frame.f_code
    line, end, column, end_column = next(islice(code.co_positions(), frame.f_lasti // 2, None), (None,) * 4)
    return (code.co_filename, line or frame.f_lineno or code.co_firstlineno, end, column, end_column)


def _builds(frame: FrameType, built: object) -> bool:
    code = frame.f_code
    return bool(code.co_argcount) and frame.f_locals.get(code.co_varnames[0]) is built


@cache
def record() -> None:
    """Install the hooks, once, on modules that are there and on those still to be imported."""
    patches: dict[str, Patch] = {
        "starlette.middleware": _patch_middleware,
        "starlette.middleware.cors": _patch_cors,
        "corsense.middleware.asgi": _patch_cors,
        "starlette.applications": _patch_starlette,
        "starlette.routing": _patch_routing,
        "starlette.endpoints": _patch_endpoints,
        "fastapi.applications": _patch_fastapi,
        "fastapi.routing": _patch_fastapi_routing,
        "uvicorn.main": _patch_uvicorn,
        "uvicorn": _patch_uvicorn,
    }
    patch_on_import(patches)


def _remember(owner: Any) -> None:
    """Keep the calling span on each instance of the class `owner`."""
    original = owner.__init__

    @wraps(original)
    def init(self: Any, *args: Any, **kwargs: Any) -> None:
        if PLACE not in self.__dict__:
            self.__dict__[PLACE] = calling_span(self)
        original(self, *args, **kwargs)

    owner.__init__ = init


def _patch_middleware(module: ModuleType) -> None:
    from corsense.app.tracing import LayerFactory

    _remember(module.Middleware)
    original = module.Middleware.__iter__

    def iterate(self: Any) -> Iterator[Any]:
        cls, *rest = original(self)
        if _builds_stack(sys._getframe(1)):
            cls = LayerFactory(self, cls)
        return iter((cls, *rest))

    module.Middleware.__iter__ = iterate


def _builds_stack(frame: FrameType) -> bool:
    """Whether the loop over middlewares in this frame is one that constructs them."""
    code = frame.f_code
    if code.co_name == "build_middleware_stack":
        return True
    return code.co_name == "__init__" and str(frame.f_globals.get("__name__", "")).startswith(("starlette.", "fastapi."))


def _patch_cors(module: ModuleType) -> None:
    """CORS layers may also be put around an app by hand: keep what they were given."""
    _remember(module.CORSMiddleware)
    original = module.CORSMiddleware.__init__

    @wraps(original)
    def init(self: Any, app: Any, *args: Any, **kwargs: Any) -> None:
        self.__dict__.setdefault(ARGUMENTS, (args, kwargs))
        original(self, app, *args, **kwargs)

    module.CORSMiddleware.__init__ = init


def _patch_starlette(module: ModuleType) -> None:
    _remember(module.Starlette)
    original = module.Starlette.add_middleware

    @wraps(original)
    def add_middleware(self: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            return original(self, *args, **kwargs)
        except RuntimeError:
            if getattr(self, "middleware_stack", None) is not None:
                RECORDING.late.append((calling_span(), RECORDING.moment))
            raise

    module.Starlette.add_middleware = add_middleware


def _patch_fastapi(module: ModuleType) -> None:
    _remember(module.FastAPI)


def _patch_routing(module: ModuleType) -> None:
    from corsense.app import tracing

    _remember(module.Mount)
    _remember(module.Host)
    tracing.patch_routing(module)


def _patch_endpoints(module: ModuleType) -> None:
    from corsense.app import tracing

    tracing.patch_endpoints(module)


def _patch_fastapi_routing(module: ModuleType) -> None:
    from corsense.app import tracing

    tracing.patch_fastapi_routing(module)
    original = module.APIRouter.include_router

    @wraps(original)
    def include_router(self: Any, router: Any, *args: Any, **kwargs: Any) -> Any:
        prefix = kwargs.get("prefix", args[0] if args else "")
        RECORDING.includes.append((f"{getattr(self, 'prefix', '')}{prefix}{getattr(router, 'prefix', '')}", calling_span()))
        return original(self, router, *args, **kwargs)

    module.APIRouter.include_router = include_router


def _patch_uvicorn(module: ModuleType) -> None:
    """An app that starts a server when it is imported (no `if __name__ == "__main__"`) would never come back."""
    original = getattr(module, "run", None)
    if original is None or getattr(original, "_corsense", False):
        return

    @wraps(original)
    def run(*args: Any, **kwargs: Any) -> Any:
        if not RECORDING.importing:
            return original(*args, **kwargs)
        RECORDING.servers.append(calling_span())
        return None

    run._corsense = True  # type: ignore[attr-defined]
    module.run = run  # type: ignore[attr-defined]


def code_of(function: Any) -> CodeType | None:
    """The code of a function, method, partial or decorated function; None for what is not written in Python."""
    seen = 0
    while seen < 50:
        seen += 1
        if hasattr(function, "__wrapped__"):
            function = function.__wrapped__
        elif hasattr(function, "func") and callable(function.func):
            function = function.func
        elif hasattr(function, "__func__"):
            function = function.__func__
        else:
            break
    code = getattr(function, "__code__", None)
    return code if isinstance(code, CodeType) else None


def definition_span(thing: Any) -> Span | None:
    """Where a function or class of the user is defined, decorators included; None when it is not the user's."""
    code = code_of(thing)
    if code is not None:
        return (code.co_filename, code.co_firstlineno, None, None, None) if is_own_code(code.co_filename) else None
    owner = thing if isinstance(thing, type) else type(thing)
    file = getattr(sys.modules.get(owner.__module__), "__file__", None)
    if not file or not is_own_code(file):
        return None
    return (file, _class_line(owner, file), None, None, None)


def _class_line(owner: type, file: str) -> int:
    line = owner.__dict__.get("__firstlineno__")
    if isinstance(line, int):
        return line
    import linecache
    import re

    pattern = re.compile(rf"\s*class\s+{re.escape(owner.__name__)}\b")
    return next((number for number, text in enumerate(linecache.getlines(file), 1) if pattern.match(text)), 1)


def calls_in(code: CodeType, name: str) -> Iterator[Span]:
    """The spans at which a function mentions the attribute `name`, nested functions included."""
    if name in code.co_names:
        import dis

        for instruction in dis.get_instructions(code):
            if instruction.argval == name and instruction.positions is not None and instruction.positions.lineno is not None:
                at = instruction.positions
                yield (code.co_filename, at.lineno or code.co_firstlineno, at.end_lineno, at.col_offset, at.end_col_offset)
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from calls_in(constant, name)


def relative(file: str, base: str) -> str:
    """A path as a reader wants it: relative to `base` where it lies below, else absolute."""
    path = os.path.abspath(file)
    prefix = base.rstrip(os.sep) + os.sep
    return path[len(prefix) :] if path.startswith(prefix) else path
