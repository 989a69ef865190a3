"""WebSocket endpoints: a stand-in accepts in their place, behind the layers and dependencies that may refuse first."""

from __future__ import annotations

import copy
from contextvars import ContextVar
from functools import wraps
from typing import Any

from .tracing import SCOPE_KEY, Passage, noted

_CURRENT: ContextVar[Any | None] = ContextVar("corsense_websocket", default=None)
_SOLVES_DEPENDENCIES = "corsense_solves_dependencies"


def watch_websockets(module: Any) -> None:
    """`starlette.routing`, or `fastapi.routing` where it has a `websocket_session` of its own: every endpoint that is a function
    is turned into an ASGI app by it."""
    original = getattr(module, "websocket_session", None)
    if original is None or getattr(original, "_corsense", False):
        return

    @wraps(original)
    def websocket_session(func: Any) -> Any:
        async def endpoint(websocket: Any) -> None:
            passage: Passage | None = websocket.scope.get(SCOPE_KEY)
            if passage is None:
                await func(websocket)
                return
            token = _CURRENT.set(websocket)
            try:
                # FastAPI solves the dependencies inside what it passes here; the stand-in for the endpoint goes in there.
                if passage.real or getattr(func, _SOLVES_DEPENDENCIES, False):
                    await func(websocket)
                else:
                    await _accept(websocket, passage)
            except Exception:
                passage.endpoint_raised = True
                raise
            finally:
                _CURRENT.reset(token)

        return noted(original(endpoint), func)

    websocket_session._corsense = True  # type: ignore[attr-defined]
    module.websocket_session = websocket_session


def watch_fastapi_websockets(module: Any) -> None:
    """`fastapi.routing`: dependencies are solved and refuse as usual; the endpoint itself does not run."""
    watch_websockets(module)
    original = module.get_websocket_app

    @wraps(original)
    def get_websocket_app(dependant: Any, *args: Any, **kwargs: Any) -> Any:
        real = dependant.call
        standing_in = copy.copy(dependant)

        @wraps(real)
        async def call(**values: Any) -> Any:
            websocket = _CURRENT.get()
            passage: Passage | None = websocket.scope.get(SCOPE_KEY) if websocket is not None else None
            if passage is None or passage.real:
                return await real(**values)
            await _accept(websocket, passage)
            return None

        standing_in.call = call
        app = original(standing_in, *args, **kwargs)
        setattr(app, _SOLVES_DEPENDENCIES, True)
        return app

    module.get_websocket_app = get_websocket_app


async def _accept(websocket: Any, passage: Passage) -> None:
    passage.stood_in = True
    await websocket.accept()
    await websocket.close()
