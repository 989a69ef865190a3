"""The requests that the clients named by `--client` make, on the routes that they call."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from corsense.clients import profile
from corsense.errors import InputError

if TYPE_CHECKING:
    from corsense.app.description import AppDescription, RouteInfo
    from corsense.check.request import CheckRequest
    from corsense.clients import ClientProfile, ClientRequest
    from corsense.diagnose import Observation


@dataclass(frozen=True, slots=True)
class ClientCall:
    """One request of a client on one path; `route` is the route it is meant for, where it is known."""

    client: ClientProfile
    request: ClientRequest
    path: str
    route: RouteInfo | None = None


def calls_on_app(asked: CheckRequest, app: AppDescription) -> Iterator[ClientCall]:
    """What the clients ask of an app. Raises InputError where no route looks like one that a client calls."""
    for name in asked.clients:
        client = profile(name)
        if asked.operations:
            paths = dict.fromkeys(operation.path for operation in asked.operations)
            found = [ClientCall(client, request, path) for path in paths for request in client.requests]
        else:
            found = [
                ClientCall(client, request, route.example_path, route)
                for route in app.routes
                if _calls(client, route)
                for request in client.requests
                if not route.methods or request.method in route.methods
            ]
        if not found and app.kind == "asgi":
            found = [ClientCall(client, request, _path_word(client)) for request in client.requests]
        if not found:
            raise _no_path(client)
        yield from found


def calls_on_url(asked: CheckRequest, path: str, known: Sequence[tuple[str, str]]) -> Iterator[ClientCall]:
    """What the clients ask of a server: at the named requests, at `path` where it is more than the root, else at those of the
    `known` routes (method and path) that a client calls. Raises InputError where there are none."""
    for name in asked.clients:
        client = profile(name)
        paths = [operation.path for operation in asked.operations] or ([path] if path not in ("", "/") else [])
        found = [ClientCall(client, request, each) for each in dict.fromkeys(paths) for request in client.requests]
        if not paths:
            found = [
                ClientCall(client, request, each)
                for method, each in known
                for request in client.requests
                if request.method == method and _is_path_of(client, each)
            ]
        if not found:
            raise _no_path(client)
        yield from found


def notes_on(asked: CheckRequest) -> list[str]:
    """What no CORS setting can fix for the clients, a sentence each."""
    return [f"{name}, whatever CORS allows: {sentence}" for name in asked.clients for sentence in profile(name).beyond]


def not_judged(observations: Sequence[Observation]) -> Iterator[str]:
    """The clients whose responses were all withheld, so that nothing says which headers they could read, a sentence each."""
    by_client: dict[str, list[Observation]] = {}
    for observation in observations:
        if observation.client is not None and profile(observation.client).reads:
            by_client.setdefault(observation.client, []).append(observation)
    for name, observed in by_client.items():
        last = [observation.facts_of(len(observation.trace.exchanges) - 1) for observation in observed]
        if all(facts.stood_in for facts in last):
            headers = ", ".join(profile(name).expose_headers)
            yield f"Whether the client {name} can read {headers} was not tried; --run-endpoints sends its requests."


def _calls(client: ClientProfile, route: RouteInfo) -> bool:
    if route.builtin or route.kind not in ("http", "mount") or (route.kind == "mount" and not route.opaque):
        return False
    return _is_path_of(client, route.path)


def _is_path_of(client: ClientProfile, path: str) -> bool:
    return not client.paths or any(word in path.lower() for word in client.paths)


def _path_word(client: ClientProfile) -> str:
    return f"/{client.paths[0]}" if client.paths else "/"


def _no_path(client: ClientProfile) -> InputError:
    method = client.requests[0].method
    return InputError(
        f"No route looks like one that the client {client.name} calls; name it, for example "
        f"--request '{method} {_path_word(client)}'."
    )
