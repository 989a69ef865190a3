"""`cors(policy)`: a policy of its own for a route, as a decorator or a dependency."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeVar
from weakref import WeakSet

from corsense.middleware.compiled import CompiledPolicy

if TYPE_CHECKING:
    from corsense.policy import Policy

MARK: Final = "__cors_policy__"
"""Attribute of an endpoint that holds its `RoutePolicy`."""

Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])


class _Follower(Protocol):
    def look_for_marks(self) -> None: ...


class RoutePolicy:
    """A policy for single routes; made by `cors`. `rules` is None if the routes are left alone."""

    def __init__(self, policy: Policy | None) -> None:
        self.policy = policy
        self.rules = None if policy is None else CompiledPolicy(policy)
        # As a dependency it has no parameters; otherwise FastAPI would take the endpoint for a query parameter.
        self.__signature__ = inspect.Signature()

    def __call__(self, endpoint: Endpoint | None = None) -> Any:
        """Mark an endpoint; as a dependency, do nothing."""
        if endpoint is not None:
            setattr(endpoint, MARK, self)
        return endpoint

    def __repr__(self) -> str:
        return f"cors({self.policy!r})"


_FOLLOWERS: WeakSet[Any] = WeakSet()
_ANY: list[bool] = []


def cors(policy: Policy | None) -> RoutePolicy:
    """The policy for one route, or for all routes of a router, instead of the one of the app. It needs a `CORSMiddleware` (or
    `install`) around the app, which asks the app's own router where a request would go.

    ```python
    from fastapi import APIRouter, Depends, FastAPI

    from corsense import Policy, cors, install

    app = FastAPI()
    install(app, Policy(origins=["https://app.example.com"]))
    partners = APIRouter(dependencies=[Depends(cors(Policy(origins=["https://partner.example"])))])


    @app.get("/feed")
    @cors(Policy.public_api())
    def feed() -> list[str]:
        return ["news"]
    ```

    None: the route is left alone, as without a CORS layer. A marked route takes precedence over a path pattern of `policies`.
    """
    marked = RoutePolicy(policy)
    _ANY[:] = [True]
    for follower in tuple(_FOLLOWERS):
        follower.look_for_marks()
    return marked


def any_marks() -> bool:
    """Whether any route anywhere has been marked."""
    return bool(_ANY)


def follow(middleware: _Follower) -> None:
    """Tell this middleware, now and later, that there are marked routes to look for."""
    _FOLLOWERS.add(middleware)
    if _ANY:
        middleware.look_for_marks()
