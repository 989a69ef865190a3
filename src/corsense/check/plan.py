"""Which requests to try on an app: its routes, the pages that may call it, the situations that users meet."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from corsense.app.description import AppDescription, RouteInfo
from corsense.app.probe import Probe, ProbeResult, Situation
from corsense.check.clients import ClientCall, calls_on_app
from corsense.check.request import ANY_METHOD, DEVELOPMENT_ORIGINS, UNTRUSTED_ORIGIN, CheckOperation, CheckRequest
from corsense.diagnose.observation import MissingRoute
from corsense.diagnose.policies import LayerPolicy, meant_origins, policy_for
from corsense.diagnose.routes import KnownRoute, nearest_routes
from corsense.diagnose.socketio import is_socketio
from corsense.fetch import Allowed, FetchRequest
from corsense.fetch.request import Credentials
from corsense.fetch.safelist import is_forbidden_request_header
from corsense.fetch.wire import Headers
from corsense.origin.lookalikes import near_origins
from corsense.origin.untrusted import UNTRUSTED
from corsense.sites import registrable_domain
from corsense.url import parse_url

if TYPE_CHECKING:
    from corsense.readers.requests import Body

BASE_URL = "http://localhost:8000"
"""Where `fastapi dev` and uvicorn serve an app: the base URL of a plan when none is given."""

WEBSOCKET = "WEBSOCKET"
"""In a `CheckOperation`, in place of a method: the handshake of a WebSocket."""

_UNKNOWN_PATH = "/a-path-that-does-not-exist"
_ORIGINS_OF_LAYERS = 8
_UNTRUSTED_ORIGINS = 20
_IMITATED = 2
"""Origins whose look-alikes are tried."""
_NOT_SCRIPTS = frozenset(
    {
        "accept", "accept-language", "forwarded", "if-match", "if-modified-since", "if-none-match", "if-range",
        "if-unmodified-since", "range", "traceparent", "tracestate", "true-client-ip", "user-agent", "x-client-ip",
        "x-correlation-id", "x-real-ip", "x-request-id", "x-trace-id", "x-telegram-bot-api-secret-token",
    }
)  # fmt: skip
_NOT_SCRIPTS_PREFIXES = (
    "cf-", "content-", "x-forwarded-", "x-amz", "x-envoy-", "x-b3-", "x-github-", "x-gitlab-", "x-hub-", "x-slack-", "x-goog-",
    "x-cloud-trace-", "x-shopify-", "x-vercel-", "x-appengine-", "fly-",
)  # fmt: skip
_NOT_SCRIPTS_ENDINGS = ("-signature", "-signature-256", "-hmac-sha256")
"""Webhooks are signed by servers, never by a page."""
_BODIES = {
    "json": ("application/json", "{}"),
    "form": ("application/x-www-form-urlencoded", "a=1"),
    "multipart": ("multipart/form-data; boundary=b", "--b--"),
}


@dataclass(frozen=True, slots=True)
class PlannedOrigin:
    """A page's origin; `assumed` when neither the user nor the app named it."""

    origin: str
    assumed: bool = False


def plan_origins(asked: CheckRequest, app: AppDescription | None) -> list[PlannedOrigin]:
    """The origins asked for; else those the app's list was meant for, and the usual ones of development."""
    if asked.origins:
        return [PlannedOrigin(origin) for origin in dict.fromkeys(asked.origins)]
    meant: dict[str, PlannedOrigin] = {}
    for origin in _origins_of_layers(app):
        meant.setdefault(origin, PlannedOrigin(origin))
    for origin in DEVELOPMENT_ORIGINS:
        meant.setdefault(origin, PlannedOrigin(origin, assumed=True))
    return list(meant.values())


def plan_probes(asked: CheckRequest, app: AppDescription, origins: Iterable[PlannedOrigin]) -> list[Probe]:
    """Every operation, from every origin, in every situation that says something."""
    operations, calls = list(_operations(asked, app)), list(calls_on_app(asked, app))
    probes: list[Probe] = []
    for planned in origins:
        for route, method, path in operations:
            probes += _situations(asked, app, planned.origin, route, method, path)
        probes += (_client_probe(asked, app, planned.origin, call) for call in calls)
        if not asked.operations and _answers_itself(app):
            request = _request(asked, app, planned.origin, None, "GET", _UNKNOWN_PATH)
            probes.append(_probe(asked, request, "unknown_path", None))
    return probes


def _answers_itself(app: AppDescription) -> bool:
    """Whether the outermost app has routes of its own: one that only holds others does not answer unknown paths itself."""
    own = [route for route in app.routes if route.app == 0 and not route.builtin]
    return not own or any(route.kind != "mount" and not is_socketio(route) for route in own)


def missing_route(probe: Probe, asked: CheckRequest, app: AppDescription) -> MissingRoute | None:
    """What to say about a probe that the user named and that no route of the app answers; None where one does, or where the
    app's routes cannot be known."""
    if probe.route is not None or not asked.operations or app.kind not in ("fastapi", "starlette", "router"):
        return None
    method, path = probe.request.method, probe.request.url.removeprefix(base_of(asked))
    path = "/" + path.partition("://")[2].partition("/")[2] if "://" in path else path
    plain = path.partition("?")[0]
    listed = [route for route in app.routes if route.kind in ("http", "static", "frontend") and not route.builtin]
    known = [KnownRoute(route.path, tuple(name for name in route.methods if name != "HEAD")) for route in listed]
    other_slash = plain.rstrip("/") if plain.endswith("/") else f"{plain}/"
    slashed = routes_at(other_slash, app)
    if any(route.redirect_slashes and (not route.methods or method in route.methods) for route in slashed):
        return None
    blind = any(route.opaque or route.kind in ("frontend", "static") for route in app.routes)
    near = nearest_routes(method, plain, known)
    return MissingRoute(f"{method} {plain}", near, bool(routes_at(plain, app)), certain=not blind)


def base_of(asked: CheckRequest) -> str:
    """The base URL of the plan."""
    return asked.base_url or BASE_URL


def plan_untrusted(probes: Iterable[Probe]) -> list[Probe]:
    """Some of the planned requests, in the name of an untrusted page and with credentials: whether any page is allowed."""
    found: dict[str, Probe] = {}
    for probe in probes:
        if probe.situation == "success" and len(found) < _UNTRUSTED_ORIGINS:
            request = replace(probe.request, origin=UNTRUSTED_ORIGIN, credentials="include", cookies=True)
            found.setdefault(f"{request.method} {request.url}", Probe(request, "success", probe.route, "standard"))
    return list(found.values())


def plan_lookalikes(results: Iterable[ProbeResult], app: AppDescription) -> list[tuple[str, Probe]]:
    """For pages that no CORS layer allows and the app does, by headers of its own: the same request in the name of pages of
    other sites whose origins look like theirs, each with the origin that it imitates."""
    found: dict[str, Probe] = {}
    for result in results:
        probe = result.probe
        if probe.situation == "success" and probe.request.initiator != "websocket" and _is_allowed_by_hand(result, app):
            found.setdefault(probe.request.origin, probe)
    planned = []
    for trusted, probe in list(found.items())[:_IMITATED]:
        site = _site_of(trusted)
        for origin in near_origins([trusted]):
            if origin not in UNTRUSTED and _site_of(origin) not in (site, None):
                request = replace(probe.request, origin=origin, credentials="include", cookies=True)
                planned.append((trusted, Probe(request, "success", probe.route, "standard")))
    return planned


def _is_allowed_by_hand(result: ProbeResult, app: AppDescription) -> bool:
    response, origin = result.trace.response, result.probe.request.origin
    if not isinstance(result.trace.outcome, Allowed) or response is None:
        return False
    layers = [LayerPolicy.of(layer) for layer in app.cors_layers]
    return response.header("access-control-allow-origin") == origin and not any(layer.allows_origin(origin) for layer in layers)


def _site_of(origin: str) -> str | None:
    """The site of an origin of the web; None for any other."""
    url = parse_url(origin)
    if url is None or url.scheme not in ("http", "https"):
        return None
    return registrable_domain(url.host)


def _origins_of_layers(app: AppDescription | None) -> Iterator[str]:
    if app is None:
        return
    for layer in app.cors_layers:
        yield from meant_origins(layer)[:_ORIGINS_OF_LAYERS]


def usual_credentials(app: AppDescription, route: RouteInfo | None) -> Credentials:
    """Pages send cookies where the layers that a request passes expect them: one app with credentials says nothing about the
    apps beside it."""
    stack = app.stack(route.app if route is not None else 0) if app.apps else app.layers
    path = route.example_path if route is not None else "/"
    policies = [LayerPolicy.of(layer, policy_for(layer, route, path)) for layer in stack if layer.is_cors]
    expects = any(policy.credentials for policy in policies) or any(layer.name == "SessionMiddleware" for layer in stack)
    return "include" if expects else "same-origin"


def _operations(asked: CheckRequest, app: AppDescription) -> Iterator[tuple[RouteInfo | None, str, str]]:
    if asked.operations:
        for operation in asked.operations:
            if sockets_at(operation, app):
                continue
            for method in _named_methods(operation, app):
                named = replace(operation, method=method)
                yield _route_of(named, app), method, _path_of(named, app)
        return
    found = False
    for route in app.routes:
        if route.kind not in ("http", "static") or route.builtin or route.opaque:
            continue
        for method in methods_of(route):
            found = True
            yield route, method, route.example_path
    if not found and (app.kind == "asgi" or not app.routes):
        yield None, "GET", "/"


def _named_methods(operation: CheckOperation, app: AppDescription) -> list[str]:
    if operation.method != ANY_METHOD:
        return [operation.method]
    routes = routes_at(operation.path, app)
    return list(dict.fromkeys(method for route in routes for method in methods_of(route))) or ["GET", "POST"]


def methods_of(route: RouteInfo) -> list[str]:
    """The methods of a route that pages use."""
    if not route.methods:
        return ["GET"]
    methods = [method for method in route.methods if method not in ("HEAD", "OPTIONS")]
    return methods or ([] if set(route.methods) == {"OPTIONS"} else ["HEAD"])


def _route_of(operation: CheckOperation, app: AppDescription) -> RouteInfo | None:
    named = routes_at(operation.path, app)
    return next((route for route in named if operation.method in route.methods or not route.methods), None)


def route_of(method: str, path: str, app: AppDescription) -> RouteInfo | None:
    """The route of the app that answers this method and path; None where none does."""
    return _route_of(CheckOperation(method, path), app)


def sockets_at(operation: CheckOperation, app: AppDescription) -> list[RouteInfo]:
    """The WebSocket routes that an operation means: with the method WEBSOCKET, or GET where no other route has that path."""
    if operation.method not in (WEBSOCKET, "GET", ANY_METHOD):
        return []
    if operation.method != WEBSOCKET and routes_at(_path_alone(operation.path), app):
        return []
    wanted = _path_alone(operation.path)
    routes = [route for route in app.routes if route.kind == "websocket"]
    named = [route for route in routes if wanted in (route.path, route.example_path)]
    return named or [route for route in routes if template(route.path).fullmatch(wanted)]


def _path_alone(path: str) -> str:
    return (urlsplit(path).path or "/") if "://" in path else path.partition("?")[0]


def routes_at(path: str, app: AppDescription) -> list[RouteInfo]:
    """The routes of the app that answer this path."""
    wanted = path.partition("?")[0]
    routes = [route for route in app.routes if route.kind in ("http", "static")]
    named = [route for route in routes if wanted in (route.path, route.example_path)]
    return named or [route for route in routes if template(route.path).fullmatch(wanted)]


def _path_of(operation: CheckOperation, app: AppDescription) -> str:
    route = _route_of(operation, app)
    return route.example_path if route is not None and operation.path == route.path else operation.path


def template(path: str) -> re.Pattern[str]:
    """The expression for the paths that a route such as `/users/{user_id}` answers."""
    pieces = re.split(r"(\{[^}]*\})", path)
    pattern = "".join((".+" if ":path" in piece else "[^/]+") if piece.startswith("{") else re.escape(piece) for piece in pieces)
    return re.compile(pattern)


def _situations(
    asked: CheckRequest, app: AppDescription, origin: str, route: RouteInfo | None, method: str, path: str
) -> Iterator[Probe]:
    request = asked.recorded or _request(asked, app, origin, route, method, path)

    def probe(request: FetchRequest, situation: Situation) -> Probe:
        return _probe(asked, request, situation, route)

    yield probe(request, "success")
    optional = _optional_headers(request, route) if asked.recorded is None else ()
    if optional:
        names = ", ".join(name for name, _ in optional)
        sent = replace(request, headers=(*request.headers, *optional))
        yield replace(probe(sent, "success"), without=f"Pages that send {names} are blocked; others are not.")
    if route is None or asked.run_endpoints or is_socketio(route):
        return
    yield probe(request, "error")
    yield probe(request, "http_exception")
    if app.apps[route.app].kind == "fastapi" and route.kind == "http":
        yield probe(request, "validation_error")
    if route.security:
        unnamed = tuple(line for line in request.headers if line[0].lower() not in route.security)
        yield probe(replace(request, headers=unnamed), "unauthenticated")
    slashed = _other_slash(route)
    if slashed is not None and not asked.operations:
        yield probe(_request(asked, app, origin, route, method, slashed), "wrong_slash")


def _probe(asked: CheckRequest, request: FetchRequest, situation: Situation, route: RouteInfo | None) -> Probe:
    return Probe(request, situation, route.index if route is not None else None, asked.rules, bool(asked.behind_proxy))


def _client_probe(asked: CheckRequest, app: AppDescription, origin: str, call: ClientCall) -> Probe:
    """One request of a client, as its script makes it."""
    route = call.route or _route_of(CheckOperation(call.request.method, call.path), app)
    credentials = asked.credentials or call.client.credentials
    request = client_request(call, origin, base_of(asked) + call.path, asked.headers, credentials)
    return replace(_probe(asked, request, "success", route), client=call.client.name, without=call.request.without)


def client_request(call: ClientCall, origin: str, url: str, headers: Headers, credentials: Credentials) -> FetchRequest:
    """What a client asks for at a URL; `headers` are those that the user adds to each of its requests."""
    method, body = call.request.method, call.request.body
    own = {name.lower() for name, _ in headers}
    lines = (*(line for line in call.request.headers if line[0].lower() not in own), *headers)
    return FetchRequest(url, origin, method, lines, credentials, body=body, cookies=credentials == "include")


def _optional_headers(request: FetchRequest, route: RouteInfo | None) -> tuple[tuple[str, str], ...]:
    """Headers that the endpoint reads when a page sends them, apart from those that the request has."""
    given = {name.lower() for name, _ in request.headers}
    names = [name for name in (route.optional_headers if route is not None else ()) if name not in given and _is_scripts(name)]
    return tuple(_example_line(name) for name in names)


def _example_line(name: str) -> tuple[str, str]:
    return name.title(), "Bearer example" if name == "authorization" else "example"


def _other_slash(route: RouteInfo) -> str | None:
    path = route.example_path
    if not route.redirect_slashes or route.kind != "http" or path == "/" or ":path}" in route.path:
        return None
    return path.rstrip("/") if path.endswith("/") else f"{path}/"


def _is_scripts(name: str) -> bool:
    """Whether a page's script sets a header of that name, rather than the browser, a cache, a proxy or another server."""
    others = name.startswith(_NOT_SCRIPTS_PREFIXES) or name.endswith(_NOT_SCRIPTS_ENDINGS)
    return not (others or name in _NOT_SCRIPTS or is_forbidden_request_header(name, ""))


def _request(
    asked: CheckRequest, app: AppDescription, origin: str, route: RouteInfo | None, method: str, path: str
) -> FetchRequest:
    """What a page's script would ask for on this route."""
    headers = list(asked.headers)
    given = {name.lower() for name, _ in headers}
    body: Body = None
    kind = route.body if route is not None else None
    if kind is None and method in ("POST", "PUT", "PATCH"):
        kind = "json" if app.kind != "fastapi" or route is None else route.reads
    if asked.body is not None:
        body = asked.body
    elif kind is not None and method not in ("GET", "HEAD"):
        content_type, body = _BODIES[kind]
        if "content-type" not in given:
            headers.append(("Content-Type", content_type))
    for name in (*route.headers, *route.security) if route is not None else ():
        if name not in given and _is_scripts(name):
            headers.append(_example_line(name))
            given.add(name)
    url = path if "://" in path else base_of(asked) + path
    credentials = asked.credentials or usual_credentials(app, route)
    cookies = credentials == "include"
    return FetchRequest(url, origin, method, tuple(headers), credentials, asked.mode, body=body, cookies=cookies)
