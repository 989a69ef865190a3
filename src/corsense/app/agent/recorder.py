"""Records how an app is built: where each part is written, noted as the calls are made.

`record` must run before the app is imported. What it patches behaves as before: it looks at the caller's frame and
forwards the call.
"""

from __future__ import annotations

import re
import sys
import warnings
from collections.abc import Callable, Iterator
from functools import cache, wraps
from types import FrameType, ModuleType
from typing import TYPE_CHECKING, Any

from .imports import patch_on_import
from .places import calling_span
from .unwrapping import is_cors_class

if TYPE_CHECKING:
    from .imports import Patch
    from .places import Span

PLACE = "_corsense_place"
"""Attribute under which an object of the framework keeps the `Span` of the call that made it."""

ARGUMENTS = "_corsense_arguments"
"""Attribute under which a CORS layer keeps the arguments it was made with, after the app."""


class Recording:
    """What was recorded so far. `moment` is the current phase, for calls that come too late."""

    def __init__(self) -> None:
        self.includes: list[tuple[str, Span | None]] = []
        self.late: list[tuple[Span | None, str]] = []
        self.servers: list[Span | None] = []
        self.cors: dict[Span, None] = {}
        self.moment = "import"
        self.importing = True
        self.unsupported: str | None = None


RECORDING = Recording()


@cache
def record() -> None:
    """Install the hooks, once, on modules that are imported and on those that will be.

    The framework attributes its warnings to its caller, which is a hook then; they would name no line of the user's.
    """
    warnings.filterwarnings("ignore", module=rf"{re.escape(__package__)}\.")
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
    patch_on_import({name: _noting_failure(patch) for name, patch in patches.items()})


def _noting_failure(patch: Patch) -> Patch:
    """A framework with another structure must not look like a fault of the app."""

    def tried(module: ModuleType) -> None:
        try:
            patch(module)
        except Exception as error:
            RECORDING.unsupported = f"{module.__name__}: {type(error).__name__}: {error}"

    return tried


def _remember(owner: Any, note: Callable[[Any, Span | None], None] | None = None) -> None:
    """Keep the calling span on each instance of the class `owner`, and `note` it."""
    original = owner.__init__

    @wraps(original)
    def init(self: Any, *args: Any, **kwargs: Any) -> None:
        if PLACE not in self.__dict__:
            self.__dict__[PLACE] = calling_span(self)
        original(self, *args, **kwargs)
        if note is not None:
            note(self, self.__dict__[PLACE])

    owner.__init__ = init


def _note_cors(entry: Any, span: Span | None) -> None:
    """Record where a CORS layer was added, whether or not the app that gets it is served."""
    if span is not None and RECORDING.importing and is_cors_class(getattr(entry, "cls", None)):
        RECORDING.cors[span] = None


def _patch_middleware(module: ModuleType) -> None:
    from .tracing import LayerFactory

    _remember(module.Middleware, _note_cors)
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
    """Keep the arguments of CORS layers that are put around an app by hand."""
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
    from . import tracing

    _remember(module.Mount)
    _remember(module.Host)
    tracing.patch_routing(module)


def _patch_endpoints(module: ModuleType) -> None:
    from . import tracing

    tracing.patch_endpoints(module)


def _patch_fastapi_routing(module: ModuleType) -> None:
    from . import tracing

    tracing.patch_fastapi_routing(module)
    original = module.APIRouter.include_router

    @wraps(original)
    def include_router(self: Any, router: Any, *args: Any, **kwargs: Any) -> Any:
        prefix = kwargs.get("prefix", args[0] if args else "")
        RECORDING.includes.append((f"{getattr(self, 'prefix', '')}{prefix}{getattr(router, 'prefix', '')}", calling_span()))
        return original(self, router, *args, **kwargs)

    module.APIRouter.include_router = include_router


def _patch_uvicorn(module: ModuleType) -> None:
    """Stop an app from starting a server when it is imported (no `if __name__ == "__main__"`): it would never return."""
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
