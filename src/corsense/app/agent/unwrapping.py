"""Looks through ASGI apps that wrap other ASGI apps, down to a known one."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

from .tracing import is_boundary

_INNER_NAMES = ("app", "other_asgi_app", "asgi_app", "_app", "application", "wrapped_app", "inner", "next_app", "wrapped")
_DEEPEST = 40
_MIDDLEWARE = ("starlette.middleware.", "fastapi.middleware.", "corsense.middleware.")
_CORS_NAMES = ("cors", "corsmiddleware", "corsappwrapper")


def known_classes() -> tuple[type, ...]:
    """The classes whose inside is known: Starlette, its router, its static files. Those that are not imported cannot have
    instances."""
    wanted = (("starlette.applications", "Starlette"), ("starlette.routing", "Router"), ("starlette.staticfiles", "StaticFiles"))
    return tuple(getattr(sys.modules[module], name) for module, name in wanted if module in sys.modules)


def is_known(thing: object) -> bool:
    """Whether this is an app, a router or static files."""
    return not is_boundary(thing) and isinstance(thing, known_classes())


def inner_app(wrapper: Any, mentions: bool = False) -> tuple[str | None, Any]:
    """The app that `wrapper` calls, and the name of the attribute that holds it (None when it is not an attribute); (None,
    None) when none is visible. `mentions`: an app that a plain function refers to counts as the one it calls."""
    if is_boundary(wrapper):
        return None, wrapper.__dict__["corsense_inner"]
    for name in _INNER_NAMES:
        found = _attribute(wrapper, name)
        if found is not None and found is not wrapper and callable(found):
            return name, found
    for found in _mentioned(wrapper) if mentions else ():
        if is_known(found):
            return None, found
    return None, None


def is_middleware(thing: object) -> bool:
    """Whether this is a known kind of layer: the framework's, corsense's, or one that is about CORS."""
    classes = type(thing.__dict__["corsense_layer"]).__mro__ if is_boundary(thing) else type(thing).__mro__
    return any(base.__module__.startswith(_MIDDLEWARE) for base in classes) or is_cors_class(classes[0])


def is_cors_class(made: object) -> bool:
    """Whether a layer handles CORS, by the name of its class or of a base class. A function never counts."""
    return isinstance(made, type) and any(base.__name__.lower().endswith(_CORS_NAMES) for base in made.__mro__)


def innermost(app: Any) -> Any:
    """What is inside the known middleware around an ASGI app; the app itself where there is none."""
    current = app
    for _ in range(_DEEPEST):
        inner = inner_app(current)[1] if is_middleware(current) else None
        if inner is None:
            return current
        current = inner
    return current


def find_known(app: Any, mentions: bool = False) -> Any:
    """The app, router or static files at the bottom of a chain of wrappers; None when it is something else."""
    current = app
    for _ in range(_DEEPEST):
        if is_known(current):
            return current
        _, current = inner_app(current, mentions)
        if current is None:
            return None
    return None


def _attribute(thing: Any, name: str) -> Any:
    try:
        return getattr(thing, name, None)
    except Exception:
        return None


def _mentioned(function: Any) -> Iterator[Any]:
    """What a plain function refers to: the cells of its closure, the globals it names."""
    code = getattr(function, "__code__", None)
    if code is None:
        return
    for cell in getattr(function, "__closure__", None) or ():
        try:
            yield cell.cell_contents
        except ValueError:
            continue
    names = getattr(function, "__globals__", {})
    yield from (names[name] for name in code.co_names if name in names)
