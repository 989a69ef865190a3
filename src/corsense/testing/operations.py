"""Everything of an app that a page could call: each route with each of its methods, as the requests that a page would make."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from corsense.errors import InputError
from corsense.fetch import FetchRequest, WireRequest, WireResponse
from corsense.fetch.request import Credentials
from corsense.fetch.wire import Headers
from corsense.testing.arguments import with_defaults
from corsense.testing.exchange_plan import Call, ExchangePlan
from corsense.testing.target import AssertionTarget

_LARGEST_DOCUMENT = 16 * 1024 * 1024
_NO_ROUTES = (
    "the routes of this app cannot be known: it is neither FastAPI nor Starlette and serves no /openapi.json; "
    "name what pages call, requests=['GET /api/users', 'POST /api/users']"
)


@dataclass(frozen=True, slots=True)
class PageOperation:
    """A method of a route. `route` is the path as it was written (`/users/{id}`), `path` one that matches; `headers` and `body`
    are what a page's script would send."""

    method: str
    route: str
    path: str
    headers: Headers = ()
    body: str | bytes | None = None

    def request(self, resolved: AssertionTarget, origin: str, credentials: Credentials) -> FetchRequest:
        """The call of this operation by a page at `origin`."""
        return FetchRequest(
            resolved.url(self.path, origin),
            origin,
            self.method,
            with_defaults(self.headers, resolved.headers),
            credentials,
            body=self.body,
            cookies=resolved.has_cookies and credentials == "include",
        )

    def __str__(self) -> str:
        return f"{self.method} {self.route}"


def page_operations(resolved: AssertionTarget, requests: Iterable[str] | None) -> ExchangePlan[tuple[PageOperation, ...]]:
    """The operations named by `requests` (`"POST /api/users"`), else all routes of the app, else what the `/openapi.json` of the
    server lists; sorted by path, then method. Raises InputError when there are none to be known."""
    from corsense.testing.inspection import is_described

    named = tuple(requests) if requests is not None else ()
    if is_described(resolved.app):
        found = tuple(_of_app(resolved, named))
    elif named:
        found = tuple(map(_plain, named))
    else:
        found = yield from _of_document(resolved)
    if not found:
        raise InputError("the app has no routes that a page could call" if is_described(resolved.app) else _NO_ROUTES)
    unique = {(operation.route, operation.method): operation for operation in reversed(found)}
    return tuple(unique[key] for key in sorted(unique))


def _of_app(resolved: AssertionTarget, named: tuple[str, ...]) -> Iterator[PageOperation]:
    from corsense.check.plan import BASE_URL, PlannedOrigin, plan_probes
    from corsense.check.request import CheckRequest, read_operation
    from corsense.testing.inspection import describe

    description = describe(resolved.app)
    asked = CheckRequest(operations=tuple(map(read_operation, named)), headers=resolved.headers)
    for probe in plan_probes(asked, description, [PlannedOrigin("https://page.example")]):
        if probe.situation == "success":
            request = probe.request
            path = request.url.removeprefix(BASE_URL)
            route = description.routes[probe.route].path if probe.route is not None else urlsplit(path).path
            body = request.body if isinstance(request.body, str) else None
            yield PageOperation(request.method, route, path, request.headers, body)


def _plain(text: str) -> PageOperation:
    """An operation of which only method and path are known; a body is taken to be JSON, as frontends send it."""
    from corsense.check.request import read_operation

    read = read_operation(text)
    writes = read.method in ("POST", "PUT", "PATCH")
    headers = (("Content-Type", "application/json"),) if writes else ()
    return PageOperation(read.method, urlsplit(read.path).path, read.path, headers, "{}" if writes else None)


def _of_document(resolved: AssertionTarget) -> ExchangePlan[tuple[PageOperation, ...]]:
    from corsense.readers.openapi import ApiOperation, operations

    wire = WireRequest("GET", resolved.base + "/openapi.json", (("Accept", "application/json"),))
    answer = yield Call(wire, limit=_LARGEST_DOCUMENT)
    if not isinstance(answer.response, WireResponse):
        detail = f" ({answer.response.detail})" if answer.response.detail else ""
        raise InputError(f"no answer from {resolved.base}: {answer.response.reason}{detail}; start the server first")
    try:
        found: tuple[ApiOperation, ...] = operations(json.loads(answer.body)) if answer.response.status == 200 else ()
    except (ValueError, RecursionError):
        found = ()
    return tuple(_documented(operation) for operation in found if operation.method not in ("OPTIONS", "HEAD", "TRACE"))


def _documented(found: object) -> PageOperation:
    from corsense.readers.openapi import ApiOperation

    assert isinstance(found, ApiOperation)
    plain = _plain(f"{found.method} {found.example_path}")
    sends = found.has_json_body and found.method not in ("GET", "HEAD")
    headers = (("Content-Type", "application/json"),) if sends else ()
    if found.needs_authorization:
        headers = (*headers, ("Authorization", "Bearer example"))
    headers = (*headers, *((name, "example") for name in found.header_names))
    return replace(plain, route=found.path, headers=headers, body="{}" if sends else None)
