"""The untrusted page that a check plays: what it makes a user's browser send, and whether that reaches an endpoint.

Forms, `no-cors` fetches with text or without a content type, and requests to a rebound name: none of them needs a preflight.
A stand-in answers in place of the endpoint, also with `--run-endpoints`: a request of an untrusted page must not change anything.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from corsense.app.description import AppDescription, RouteInfo
from corsense.app.probe import Probe, ProbeResult
from corsense.check.binding import local_host
from corsense.check.handshakes import is_trusted, same_site_origin, untrusted_origin
from corsense.check.plan import base_of
from corsense.check.request import CheckRequest
from corsense.diagnose.foreign_writes import TriedWrite, WriteKind, login_of, needs_preflight
from corsense.fetch import FetchRequest, WireResponse
from corsense.fetch.wire import Headers
from corsense.transports.browser_headers import BrowserHeaders
from corsense.url import parse_url

_MOST_ROUTES = 60
_BODIES: tuple[tuple[WriteKind, Headers, str | bytes | None, str], ...] = (
    ("form", (("Content-Type", "application/x-www-form-urlencoded"),), "a=1", "form"),
    ("text", (("Content-Type", "text/plain"),), "{}", "fetch"),
    ("typeless", (), b"{}", "fetch"),
    ("empty", (), None, "fetch"),
)
"""What needs no preflight: how it is sent, header lines, body, and what sends it."""
_MOST_REBOUND = 6


@dataclass(frozen=True, slots=True)
class PlannedWrite:
    """One request of an untrusted page: how it is sent, and the probe for it."""

    kind: WriteKind
    probe: Probe


def plan_writes(asked: CheckRequest, app: AppDescription) -> list[PlannedWrite]:
    """What an untrusted page sends to the routes that take a POST without a header that only script can set; those with a login
    first."""
    return [planned for route in _writable(asked, app)[:_MOST_ROUTES] for planned in _writes(asked, app, route)]


def left_out(asked: CheckRequest, app: AppDescription) -> list[str]:
    """Which of these routes are not tried, in a sentence; empty where all are."""
    number = len(_writable(asked, app))
    return [f"What untrusted pages can send was tried on {_MOST_ROUTES} of {number} routes."] if number > _MOST_ROUTES else []


def _writable(asked: CheckRequest, app: AppDescription) -> list[RouteInfo]:
    routes = [route for route in app.routes if _is_asked_for(route, asked) and "POST" in route.methods]
    return sorted((route for route in routes if not needs_preflight(route)), key=lambda route: login_of(app, route) is None)


def plan_rebound(asked: CheckRequest, app: AppDescription) -> list[PlannedWrite]:
    """Requests to a name that was rebound to this server, of a page with that very name; none where the server is not a local
    one, or requires a login everywhere."""
    host = local_host(asked, app)
    if host is None:
        return []
    routes = [route for route in app.routes if _is_asked_for(route, asked) and login_of(app, route) is None]
    routes = [route for route in routes if not route.security and not route.builtin]
    writing = sorted(routes, key=lambda route: "POST" not in route.methods)
    return [_rebound(asked, route) for route in writing[:_MOST_REBOUND]]


def seen_writes(planned: Sequence[PlannedWrite], tried: Sequence[ProbeResult], app: AppDescription) -> list[TriedWrite]:
    """The result of each request."""
    found = []
    for plan, result in zip(planned, tried, strict=True):
        assert plan.probe.route is not None
        exchange, facts = result.trace.exchanges[0], result.exchanges[0]
        status = exchange.response.status if isinstance(exchange.response, WireResponse) else None
        broke = facts.exception is not None or status is None
        route = app.routes[plan.probe.route]
        sent = replace(exchange.request, headers=BrowserHeaders(plan.probe.request, plan.probe.engine).lines(exchange.request))
        found.append(TriedWrite(plan.kind, route, sent, plan.probe.request.origin, status, facts.stood_in, broke))
    return found


def _is_asked_for(route: RouteInfo, asked: CheckRequest) -> bool:
    if route.kind != "http" or route.builtin or route.opaque:
        return False
    return not asked.operations or any(operation.path in (route.path, route.example_path) for operation in asked.operations)


def _writes(asked: CheckRequest, app: AppDescription, route: RouteInfo) -> Iterator[PlannedWrite]:
    base = base_of(asked)
    login = login_of(app, route)
    pages = [same_site_origin(base)]
    if login is None or not login.same_site_only:
        pages = [untrusted_origin(base), *pages, "null"]  # null: a frame of any site in a sandbox
    for kind, headers, body, initiator in _BODIES:
        for origin in (page for page in pages if page not in asked.origins and not is_trusted(page, app)):
            request = FetchRequest(
                base + route.example_path,
                origin,
                "POST",
                headers,
                "include",
                "no-cors",
                body=body,
                initiator=initiator,
                cookies=True,
            )
            yield PlannedWrite(kind, Probe(request, "untrusted_page", route.index, "chromium", bool(asked.behind_proxy)))


def _rebound(asked: CheckRequest, route: RouteInfo) -> PlannedWrite:
    url = parse_url(base_of(asked))
    port = f":{url.port}" if url is not None and url.port else ""
    base = untrusted_origin("http://") + port
    method = "POST" if "POST" in route.methods else route.methods[0] if route.methods else "GET"
    body = "{}" if method in ("POST", "PUT", "PATCH") else None
    headers = (("Content-Type", "application/json"),) if body is not None else ()
    request = FetchRequest(base + route.example_path, base, method, headers, "same-origin", "cors", body=body)
    return PlannedWrite("rebound", Probe(request, "untrusted_page", route.index, "chromium"))
