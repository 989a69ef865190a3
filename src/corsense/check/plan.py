"""Which requests to try on an app: its routes, the pages that may call it, the situations that users meet."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from corsense.app.description import AppDescription, RouteInfo
from corsense.app.probe import Probe, Situation
from corsense.check.request import ANY_METHOD, DEVELOPMENT_ORIGINS, STRANGER, Asked, Operation
from corsense.diagnose.origins import meant_origin
from corsense.diagnose.policies import LayerPolicy
from corsense.fetch import FetchRequest
from corsense.fetch.request import Credentials
from corsense.fetch.safelist import is_forbidden_request_header

BASE_URL = "http://localhost:8000"
"""Where `fastapi dev` and uvicorn serve an app."""

_UNKNOWN_PATH = "/a-path-that-does-not-exist"
_ORIGINS_OF_LAYERS = 8
_STRANGERS = 20
_NOT_SCRIPTS = frozenset(
    {
        "accept", "accept-language", "forwarded", "if-match", "if-modified-since", "if-none-match", "if-range",
        "if-unmodified-since", "range", "traceparent", "tracestate", "true-client-ip", "user-agent", "x-client-ip",
        "x-correlation-id", "x-real-ip", "x-request-id",
    }
)  # fmt: skip
_NOT_SCRIPTS_PREFIXES = ("cf-", "content-", "x-forwarded-", "x-amz", "x-envoy-", "x-b3-")
_BODIES = {
    "json": ("application/json", "{}"),
    "form": ("application/x-www-form-urlencoded", "a=1"),
    "multipart": ("multipart/form-data; boundary=b", "--b--"),
}


@dataclass(frozen=True, slots=True)
class PlannedOrigin:
    """A page's origin; `assumed` when nobody named it, neither the user nor the app."""

    origin: str
    assumed: bool = False


def plan_origins(asked: Asked, app: AppDescription | None) -> list[PlannedOrigin]:
    """The origins asked for; else those the app's list was meant for, and the usual ones of development."""
    if asked.origins:
        return [PlannedOrigin(origin) for origin in dict.fromkeys(asked.origins)]
    meant: dict[str, PlannedOrigin] = {}
    for origin in _origins_of_layers(app):
        meant.setdefault(origin, PlannedOrigin(origin))
    for origin in DEVELOPMENT_ORIGINS:
        meant.setdefault(origin, PlannedOrigin(origin, assumed=True))
    return list(meant.values())


def plan_probes(asked: Asked, app: AppDescription, origins: Iterable[PlannedOrigin]) -> list[Probe]:
    """Every operation, from every origin, in every situation that says something."""
    credentials = asked.credentials or _usual_credentials(app)
    operations = list(_operations(asked, app))
    probes: list[Probe] = []
    for planned in origins:
        for route, method, path in operations:
            probes += _situations(asked, app, planned.origin, route, method, path, credentials)
        if not asked.operations:
            probes.append(
                Probe(
                    _request(asked, planned.origin, None, "GET", _UNKNOWN_PATH, credentials), "unknown_path", None, asked.engine
                )
            )
    return probes


def plan_strangers(probes: Iterable[Probe]) -> list[Probe]:
    """Some of the planned requests, in the name of a page that nobody trusts and with credentials: whether anyone is let in."""
    found: dict[str, Probe] = {}
    for probe in probes:
        if probe.situation == "success" and len(found) < _STRANGERS:
            request = replace(probe.request, origin=STRANGER, credentials="include", cookies=True)
            found.setdefault(f"{request.method} {request.url}", Probe(request, "success", probe.route, "standard"))
    return list(found.values())


def _origins_of_layers(app: AppDescription | None) -> Iterator[str]:
    if app is None:
        return
    for layer in app.cors_layers:
        policy = LayerPolicy.of(layer)
        entries = [part for entry in policy.entries for part in entry.split(",")]
        for entry in entries[:_ORIGINS_OF_LAYERS]:
            origin = meant_origin(entry)
            if origin is not None:
                yield origin


def _usual_credentials(app: AppDescription) -> Credentials:
    """Pages send cookies where the app expects them."""
    says_so = any(LayerPolicy.of(layer).credentials for layer in app.cors_layers)
    has_session = any(layer.name == "SessionMiddleware" for layer in app.layers)
    return "include" if says_so or has_session else "same-origin"


def _operations(asked: Asked, app: AppDescription) -> Iterator[tuple[RouteInfo | None, str, str]]:
    if asked.operations:
        for operation in asked.operations:
            for method in _named_methods(operation, app):
                named = replace(operation, method=method)
                yield _route_of(named, app), method, _path_of(named, app)
        return
    found = False
    for route in app.routes:
        if route.kind not in ("http", "static") or route.builtin or route.opaque:
            continue
        for method in _methods(route):
            found = True
            yield route, method, route.example_path
    if not found and (app.kind == "asgi" or not app.routes):
        yield None, "GET", "/"


def _named_methods(operation: Operation, app: AppDescription) -> list[str]:
    if operation.method != ANY_METHOD:
        return [operation.method]
    routes = _routes_at(operation.path, app)
    return list(dict.fromkeys(method for route in routes for method in _methods(route))) or ["GET", "POST"]


def _methods(route: RouteInfo) -> list[str]:
    if not route.methods:
        return ["GET"]
    methods = [method for method in route.methods if method not in ("HEAD", "OPTIONS")]
    return methods or ([] if set(route.methods) == {"OPTIONS"} else ["HEAD"])


def _route_of(operation: Operation, app: AppDescription) -> RouteInfo | None:
    named = _routes_at(operation.path, app)
    with_method = [route for route in named if operation.method in route.methods]
    return next(iter(with_method or named), None)


def _routes_at(path: str, app: AppDescription) -> list[RouteInfo]:
    wanted = path.partition("?")[0]
    routes = [route for route in app.routes if route.kind in ("http", "static")]
    named = [route for route in routes if wanted in (route.path, route.example_path)]
    return named or [route for route in routes if _template(route.path).fullmatch(wanted)]


def _path_of(operation: Operation, app: AppDescription) -> str:
    route = _route_of(operation, app)
    return route.example_path if route is not None and operation.path == route.path else operation.path


def _template(path: str) -> re.Pattern[str]:
    pieces = re.split(r"(\{[^}]*\})", path)
    pattern = "".join((".+" if ":path" in piece else "[^/]+") if piece.startswith("{") else re.escape(piece) for piece in pieces)
    return re.compile(pattern)


def _situations(
    asked: Asked, app: AppDescription, origin: str, route: RouteInfo | None, method: str, path: str, credentials: Credentials
) -> Iterator[Probe]:
    request = _request(asked, origin, route, method, path, credentials, app)
    index = route.index if route is not None else None

    def probe(request: FetchRequest, situation: Situation) -> Probe:
        return Probe(request, situation, index, asked.engine)

    yield probe(request, "success")
    if route is None or asked.run_endpoints:
        return
    yield probe(request, "error")
    yield probe(request, "http_exception")
    if app.kind == "fastapi" and route.kind == "http":
        yield probe(request, "validation_error")
    if route.security:
        unnamed = tuple(line for line in request.headers if line[0].lower() not in route.security)
        yield probe(replace(request, headers=unnamed), "unauthenticated")
    slashed = _other_slash(route)
    if slashed is not None and not asked.operations:
        yield probe(_request(asked, origin, route, method, slashed, credentials, app), "wrong_slash")


def _other_slash(route: RouteInfo) -> str | None:
    path = route.example_path
    if not route.redirect_slashes or route.kind != "http" or path == "/" or ":path}" in route.path:
        return None
    return path.rstrip("/") if path.endswith("/") else f"{path}/"


def _is_scripts(name: str) -> bool:
    """Whether a page's script sets a header of that name, rather than the browser, a cache or a proxy."""
    return not (is_forbidden_request_header(name, "") or name in _NOT_SCRIPTS or name.startswith(_NOT_SCRIPTS_PREFIXES))


def _request(
    asked: Asked,
    origin: str,
    route: RouteInfo | None,
    method: str,
    path: str,
    credentials: Credentials,
    app: AppDescription | None = None,
) -> FetchRequest:
    """What a page's script would ask for on this route."""
    headers = list(asked.headers)
    given = {name.lower() for name, _ in headers}
    body = None
    kind = route.body if route is not None else None
    if kind is None and method in ("POST", "PUT", "PATCH") and (app is None or app.kind != "fastapi" or route is None):
        kind = "json"
    if kind is not None and method not in ("GET", "HEAD"):
        content_type, body = _BODIES[kind]
        if "content-type" not in given:
            headers.append(("Content-Type", content_type))
    for name in (*route.headers, *route.security) if route is not None else ():
        if name not in given and _is_scripts(name):
            headers.append((name.title(), "Bearer example" if name == "authorization" else "example"))
            given.add(name)
    url = path if "://" in path else BASE_URL + path
    body = asked.body if asked.body is not None else body
    cookies = credentials == "include"
    return FetchRequest(url, origin, method, tuple(headers), credentials, asked.mode, body=body, cookies=cookies)
