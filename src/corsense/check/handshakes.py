"""Handshakes of WebSockets: from the pages meant to use an app, and from untrusted pages."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import islice
from urllib.parse import urlencode

from corsense.app.description import AppDescription, RouteInfo
from corsense.app.probe import Probe
from corsense.check.plan import PlannedOrigin, base_of, sockets_at, usual_credentials
from corsense.check.request import CheckRequest
from corsense.diagnose.policies import LayerPolicy, meant_origins
from corsense.fetch import FetchRequest
from corsense.origin.spelling import read_pattern
from corsense.url import is_loopback_host, parse_url

_MOST_ROUTES = 50
_TRUSTED = 2
_FEW = 5
_OTHER_PORT = 49_513
_FOREIGN_HOST = "corsense-k7q2v9.example"


def plan_handshakes(asked: CheckRequest, app: AppDescription, origins: Iterable[PlannedOrigin]) -> list[Probe]:
    """A handshake with every WebSocket route, or with the requested ones, from every origin."""
    return [
        _probe(asked, app, route, path, planned.origin)
        for planned in origins
        for route, path in islice(_sockets(asked, app), _MOST_ROUTES)
    ]


def plan_untrusted_handshakes(asked: CheckRequest, app: AppDescription, *, few: bool = False) -> list[Probe]:
    """The same handshakes from the server's own page, from untrusted pages of another site and of the same one, and from origins
    that resemble trusted ones; with the user's cookies. `few` of the latter, where each runs an endpoint."""
    own = base_of(asked)
    trusted = list(dict.fromkeys([*asked.origins, *(origin for layer in app.cors_layers for origin in meant_origins(layer))]))
    pages = [untrusted_origin(own), same_site_origin(own), *_lookalikes(trusted)[: _FEW if few else None]]
    origins = [own, *(page for page in pages if page not in asked.origins and not is_trusted(page, app))]
    sockets = _sockets(asked, app) or _sockets(replace(asked, operations=()), app)
    probes = [
        _probe(asked, app, route, path, origin)
        for route, path in islice(sockets, _MOST_ROUTES)
        for origin in dict.fromkeys(origins)
    ]
    return [
        replace(probe, request=replace(probe.request, cookies=True), situation="untrusted_page", engine="standard")
        for probe in probes
    ]


def _lookalikes(trusted: Sequence[str]) -> list[str]:
    """One origin for each slip in a comparison, for the first of the trusted origins that are no patterns."""
    from corsense.origin.lookalikes import foreign_origins  # most apps have no WebSocket

    patterns = [text for text in trusted if isinstance(read_pattern(text, "origin"), tuple)][:_TRUSTED]
    kinds: dict[tuple[str, str], str] = {}
    for text in patterns:
        for probe in foreign_origins([text]):
            if probe.browser and not any(probe.origin == each for each in trusted):
                kinds.setdefault((text, probe.kind), probe.origin)
    return list(dict.fromkeys(kinds.values()))


def is_named(asked: CheckRequest, app: AppDescription) -> bool:
    """Whether the user named a WebSocket, or no request at all: then its endpoint may run with `--run-endpoints`."""
    return not asked.operations or bool(_sockets(asked, app))


def is_trusted(origin: str, app: AppDescription) -> bool:
    """Whether a CORS layer of the app lists the origin, or has a pattern for it; `*` says nothing of trust."""
    policies = [LayerPolicy.of(layer) for layer in app.cors_layers]
    return any(policy.allows_origin(origin) and not policy.allows_all_origins for policy in policies)


def untrusted_origin(base: str) -> str:
    """The origin of an untrusted page that browsers allow to call the server: a page on https may not use plain http."""
    return f"{base.partition('://')[0]}://{_FOREIGN_HOST}"


def same_site_origin(base: str) -> str:
    """A page of the same site as the server, which gets its `SameSite` cookies: another port or another subdomain."""
    url = parse_url(base)
    if url is not None and "." in url.host and not is_loopback_host(url.host) and not url.host.replace(".", "").isdigit():
        from corsense.sites import registrable_domain

        return f"{url.scheme}://{_FOREIGN_HOST.partition('.')[0]}.{registrable_domain(url.host)}"
    return f"{base.rpartition(':')[0] if url is not None and url.port else base}:{_OTHER_PORT}"


def _sockets(asked: CheckRequest, app: AppDescription) -> Sequence[tuple[RouteInfo, str]]:
    if asked.operations:
        named = [(route, operation.path) for operation in asked.operations for route in sockets_at(operation, app)]
        return [(route, _with_query(route, route.example_path if path == route.path else path)) for route, path in named]
    return [(route, _with_query(route, route.example_path)) for route in app.routes if route.kind == "websocket"]


def _with_query(route: RouteInfo, path: str) -> str:
    """The path with a value for each query parameter that the endpoint requires: without, it refuses every page."""
    return f"{path}?{urlencode(route.query)}" if route.query and "?" not in path else path


def _probe(asked: CheckRequest, app: AppDescription, route: RouteInfo, path: str, origin: str) -> Probe:
    url = path if "://" in path else base_of(asked) + path
    cookies = (asked.credentials or usual_credentials(app, route)) == "include" or route.ambient
    request = FetchRequest(_socket_url(url), origin, initiator="websocket", credentials="include", cookies=cookies)
    return Probe(request, "success", route.index, asked.rules, bool(asked.behind_proxy))


def _socket_url(url: str) -> str:
    return f"ws{url.removeprefix('http')}" if url.startswith("http") else url
