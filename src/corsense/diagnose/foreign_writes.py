"""What untrusted pages can make a user's browser do: from requests that were tried to `foreign-write` and `host-unchecked`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from corsense.app.description import AppDescription, RouteInfo
from corsense.causes import Severity
from corsense.diagnose.observation import Diagnosis
from corsense.fetch.safelist import is_forbidden_request_header
from corsense.fetch.wire import WireRequest
from corsense.sites import site

WriteKind = Literal["form", "text", "typeless", "empty", "rebound"]
"""How a page sends a request without a preflight: a form; a fetch with text, with a body without a content type, or without a
body; any request from a page whose name was rebound to the server."""

_SHOWN = 3
_UNKNOWN_SITE = " (unless its SameSite keeps it back)"
_BY_SCRIPT = frozenset({"accept", "accept-language", "content-language", "content-type", "range", "user-agent"})
_SENT_AS = {
    "form": "a form",
    "text": "a fetch with text",
    "typeless": "a fetch with JSON that has no content type",
    "empty": "a fetch without a body",
}


@dataclass(frozen=True, slots=True)
class TriedWrite:
    """A request of an untrusted page, and its result. `reached`: nothing refused it before the endpoint's stand-in.
    `broke`: the app raised, or did not answer, so that nothing is known."""

    kind: WriteKind
    route: RouteInfo
    request: WireRequest
    origin: str
    status: int | None
    reached: bool
    broke: bool


@dataclass(frozen=True, slots=True)
class Login:
    """What a browser attaches by itself to prove who the user is. `same_site_only`: not to requests of other sites."""

    name: str
    same_site_only: bool


def login_of(app: AppDescription, route: RouteInfo) -> Login | None:
    """The login that browsers attach by themselves to requests for the route; None where there is none."""
    if route.ambient:
        return Login("cookie" if route.cookies else "password", False)
    if route.security:
        return None
    layers = app.stack(route.app, route.index)
    session = next((layer for layer in layers if layer.name == "SessionMiddleware"), None)
    if session is None:
        return None
    same_site = session.arguments.get("same_site", "lax")
    return Login("session", isinstance(same_site, str) and same_site.lower() in ("lax", "strict"))


def needs_preflight(route: RouteInfo) -> bool:
    """Whether a route requires a header that no page can send without a preflight, a token for example."""
    required = (*route.headers, *(() if route.ambient else route.security))
    return any(name not in _BY_SCRIPT and not is_forbidden_request_header(name, "") for name in required)


def foreign_writes(app: AppDescription, tried: Sequence[TriedWrite], local: str | None) -> Iterator[Diagnosis]:
    """One finding for all routes that a page of another site can write to: those where the user's login goes along first.
    `local` is the host of a server that is meant for one machine or network."""
    reached = [write for write in tried if write.kind != "rebound" and write.reached and not write.route.guarded]
    with_login = [write for write in reached if login_of(app, write.route) is not None]
    writes = with_login or reached
    if not writes:
        return
    first = writes[0]
    login = login_of(app, first.route)
    routes = list(dict.fromkeys(f"POST {write.route.path}" for write in writes))
    who = _page(first, login)
    what = (
        f"{who} can send {_listed(routes)} with the user's {login.name}{_UNKNOWN_SITE if login.name == 'cookie' else ''}"
        if login is not None
        else f"{who} can send {_listed(routes)}"
    )
    message = f"{what}: {_SENT_AS[first.kind]} needs no preflight, and nothing refuses it."
    if login is None:
        where = (
            f"that every page its user visits reaches on {local}" if local is not None else "on localhost or in a local network"
        )
        message += f" These routes require no login: that is fine for a public API, not for one {where}."
    if all(write.kind == "typeless" for write in writes):
        version = app.versions.get("fastapi", "")
        message += f" FastAPI {version} reads a body without Content-Type as JSON here."
    severity: Severity = "warning" if login is not None else "info"
    yield Diagnosis(
        "foreign-write", message, first.route.endpoint_place, _evidence(first, routes), severity, _remedy(app, writes)
    )


def _page(write: TriedWrite, login: Login | None) -> str:
    """Who sends it, for the start of a sentence."""
    if write.origin == "null":
        return "A sandboxed frame of any site (Origin: null)"
    if site(write.origin) != site(write.request.url):
        return f"A page of {write.origin}"
    why = " (SameSite keeps others out)" if login is not None and login.same_site_only else ""
    return f"A page of the same site, such as {write.origin}{why},"


def unchecked_host(tried: Sequence[TriedWrite], local: str | None) -> Iterator[Diagnosis]:
    """One finding where a local server answers a page whose name was rebound to it."""
    reached = [write for write in tried if write.kind == "rebound" and write.reached and not write.route.guarded]
    if not reached or local is None:
        return
    first = reached[0]
    routes = list(dict.fromkeys(f"{write.request.method} {write.route.path}" for write in reached))
    message = (
        f"The server is for {local}, requires no login, and answers to any host name: a page of {first.origin} whose name "
        f"resolves to this machine can send {_listed(routes)} and read the responses."
    )
    remedy = (
        "app.add_middleware(TrustedHostMiddleware, allowed_hosts=['localhost', '127.0.0.1']), with every name it is reached by."
    )
    yield Diagnosis("host-unchecked", message, first.route.endpoint_place, _evidence(first, routes), "info", remedy)


def untried_writes(app: AppDescription, tried: Sequence[TriedWrite]) -> Iterator[str]:
    """What could not be decided, a sentence each."""
    worker = next((route.service_worker for route in app.routes if route.service_worker is not None), None)
    if worker is not None and any(login_of(app, write.route) is not None for write in tried):
        yield (
            f"{worker} is a service worker of this server. Headers cannot show that it repeats a request of another site; "
            "only a token in the request can (corsense rule foreign-write)."
        )
    reached = {write.route.path for write in tried if write.reached}
    own = list(dict.fromkeys(write.route.path for write in tried if write.reached and write.route.guarded))
    if own:
        yield f"Whether the code of {_listed(own)} refuses untrusted pages was not tried: endpoints do not run for these."
    broke = list(dict.fromkeys(write.route.path for write in tried if write.broke and write.route.path not in reached))
    if broke:
        yield f"What untrusted pages can send to {_listed(broke)} was not tried: the app raises before the endpoint."


def _evidence(write: TriedWrite, routes: Sequence[str]) -> dict[str, object]:
    request = write.request
    return {
        "page": write.origin,
        "request": f"{request.method} {request.url}",
        "sent_as": write.kind,
        "headers": [
            list(line) for line in request.headers if line[0].lower().startswith(("origin", "sec-fetch", "content-type"))
        ],
        "status": write.status,
        "routes": list(routes),
    }


def _remedy(app: AppDescription, writes: Sequence[TriedWrite]) -> str:
    if all(write.kind == "typeless" for write in writes):
        return "Use FastAPI 0.132 or later, without strict_content_type=False: it requires Content-Type: application/json."
    if any(layer.policy is not None and layer.arguments.get("protection") is not None for layer in app.cors_layers):
        return 'The protection only reports them: set its mode to "enforce" once its log shows no request that you want.'
    if any(layer.policy is not None for layer in app.cors_layers):
        return 'Add protection="report" to install(); "enforce" refuses such requests.'
    return 'corsense.install(app, Policy(origins=[...]), protection="report") logs such requests; "enforce" refuses them.'


def _listed(routes: Sequence[str]) -> str:
    more = f" and {len(routes) - _SHOWN} more" if len(routes) > _SHOWN else ""
    return f"{', '.join(routes[:_SHOWN])}{more}"
