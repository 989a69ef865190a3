"""`install`: the CORS layer around everything an app does, including what is added later."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from corsense.middleware.asgi import CORSMiddleware
from corsense.middleware.candidate import KEPT, Kept
from corsense.middleware.inspector_setting import wants_inspector
from corsense.middleware.response_headers import AsgiApp, Receive, Scope, Send
from corsense.warnings import CORSLayerWarning

if TYPE_CHECKING:
    import os

    from corsense.observe.folder import ObservationFolder
    from corsense.policy import Policy
    from corsense.protection.settings import CrossOriginProtection, Mode

INSTALLED: Final = "_corsense_installation"
"""Attribute under which an app keeps its `Installation`."""

_DEEPEST = 20
_REPLACED = (
    "the CORS layer that is installed around the app. Preflights never reach it, and its headers are replaced. Remove it; a "
    "policy for some paths only goes into policies={'/path/*': Policy(...)}."
)
_UNKNOWN_ORIGINS = (
    "the protection that is installed around the app, which does not know its origins and so refuses what their pages send. "
    "State them once: install(app, Policy(origins=[...]), protection=...), and take the inner layer out."
)


class Installation:
    """The CORS layer of an app, for as long as the app lives. `layer` is the middleware."""

    def __init__(self, app: Any, layer: CORSMiddleware) -> None:
        self.app = app
        self.layer = layer

    @property
    def policy(self) -> Policy | None:
        """The policy of paths without a pattern or route of their own."""
        return self.layer.policy

    def reconfigure(
        self,
        policy: Policy | Kept | None = KEPT,
        *,
        policies: Mapping[str, Policy | None] | None = None,
        candidate: Policy | Kept | None = KEPT,
        rollout: float | None = None,
    ) -> None:
        """Judge by another policy, try another candidate or move its rollout while serving: see `CORSMiddleware.reconfigure`."""
        self.layer.reconfigure(policy, policies=policies, candidate=candidate, rollout=rollout)


def install(
    app: Any,
    policy: Policy | None = None,
    *,
    policies: Mapping[str, Policy | None] | None = None,
    debug: bool = False,
    telemetry: bool | None = None,
    protection: Mode | CrossOriginProtection | None = None,
    candidate: Policy | None = None,
    observe: str | os.PathLike[str] | ObservationFolder | None = None,
    rollout: float = 0.0,
    inspector: bool | None = None,
    **starlette: Any,
) -> Installation:
    """Put the CORS layer around `app`, a `FastAPI` or `Starlette`, which stays the same object.

    Outside of everything: middleware added before and after, the answers of exception handlers, debug pages, the 500 of an
    unhandled error, redirects for slashes, mounted apps. May be called at any time, also while serving. The arguments are those
    of `CORSMiddleware`, keywords of Starlette's middleware included.

    `install(app, protection="report")`, without a policy, protects an API that only its own pages call.

    `inspector=True`, or `CORSENSE_INSPECTOR=1` in the environment, puts the inspector of `corsense dev` around all of it: a page
    at `/__corsense__` that shows each cross-origin request with the browser's verdict. `CORSENSE_INSPECTOR=0` switches it off
    whatever the code says.

    Warns (`CORSLayerWarning`) about other CORS layers inside, which preflights never reach. Raises `PolicyError`; `TypeError`
    when `app` is not a Starlette (wrap other ASGI apps: `CORSMiddleware(app, policy=...)`); `RuntimeError` when the app has a
    layer installed already, or the inspector is on in production; `InputError` when `CORSENSE_INSPECTOR` is neither on nor off.
    """
    build = getattr(app, "build_middleware_stack", None)
    if build is None:
        message = f"{type(app).__name__} is neither FastAPI nor Starlette: wrap it, app = CORSMiddleware(app, policy=...)"
        raise TypeError(message)
    if INSTALLED in app.__dict__:
        raise RuntimeError("this app already has a CORS layer; call reconfigure() on what the first install() returned")
    # Before anything is changed: an invalid policy leaves the app unchanged.
    layer = CORSMiddleware(
        _not_built,
        policy=policy,
        policies=policies,
        debug=debug,
        telemetry=telemetry,
        protection=protection,
        candidate=candidate,
        observe=observe,
        rollout=rollout,
        **starlette,
    )
    outermost = _inspection(app, layer) if wants_inspector(inspector) else None
    installation = Installation(app, layer)

    def build_middleware_stack() -> AsgiApp:
        layer.app = layer.protected(build())
        _warn_of_inner_layers(app, layer)
        return layer if outermost is None else outermost()

    app.__dict__[INSTALLED] = installation
    app.build_middleware_stack = build_middleware_stack
    if app.middleware_stack is not None:
        layer.app = layer.protected(app.middleware_stack)
        app.middleware_stack = layer if outermost is None else outermost()
        _warn_of_inner_layers(app, layer)
    return installation


def _inspection(app: Any, layer: CORSMiddleware) -> Callable[[], AsgiApp]:
    """Gives the inspector around a layer: one, however often the app builds its stack. It is made when the app starts to serve,
    because only then the module of the app is known to be complete."""
    # Upwards, by name and only when asked for: what stands around `install` is built on everything else.
    starting = import_module("corsense.dev.inspector.starting")
    starting.refuse_in_production()
    factory = starting.factory_of(app)
    return cache(lambda: starting.inspected(layer, starting.target_of(app) or factory))


async def _not_built(scope: Scope, receive: Receive, send: Send) -> None:
    raise RuntimeError("the app has not built its middleware stack yet")


def _warn_of_inner_layers(app: Any, layer: CORSMiddleware) -> None:
    message = _UNKNOWN_ORIGINS if layer.policy is None and not layer.policies else _REPLACED
    for where, name in _inner_layers(app, "the app", 0):
        warnings.warn(
            f"CORS: {where} has {name} inside {message}",
            CORSLayerWarning,
            stacklevel=4,
        )


def _inner_layers(app: Any, where: str, depth: int) -> Iterator[tuple[str, str]]:
    for entry in getattr(app, "user_middleware", ()):
        name = getattr(entry.cls, "__name__", "")
        if name == "CORSMiddleware":
            yield where, f"{entry.cls.__module__}.{name}"
    if depth and INSTALLED in getattr(app, "__dict__", {}):
        yield where, "a CORS layer of its own"
    for route in getattr(app, "routes", ()) if depth < _DEEPEST else ():
        inner = getattr(route, "app", None)
        if hasattr(inner, "user_middleware"):
            yield from _inner_layers(inner, f"the app mounted at {getattr(route, 'path', '')!r}", depth + 1)
