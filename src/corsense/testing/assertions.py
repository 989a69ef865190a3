"""The assertions as plain, blocking functions. Their twins to be awaited are in `corsense.testing.aio`."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any

from corsense.fetch import CorsError, Trace
from corsense.fetch.request import Credentials
from corsense.fetch.trace import EngineName
from corsense.testing.arguments import HeaderPairs, fetch_request, read_credentials, read_engine, read_error, read_page_origin
from corsense.testing.evaluate import AssertionResult, judge_allowed, judge_blocked
from corsense.testing.exchange_plan import ExchangePlan
from corsense.testing.foreign_access import ForeignAccess, foreign_access_text, search
from corsense.testing.foreign_write import ForeignWrite, Found, foreign_write_text, warn_of_untried
from corsense.testing.foreign_write import search as search_writes
from corsense.testing.matrix import CorsMatrix, measure
from corsense.testing.snapshot import compare
from corsense.testing.target import AssertionTarget, resolve_target

BOTH: tuple[Credentials, ...] = ("omit", "include")


def assert_cors_allowed(
    target: object,
    method: str,
    path: str,
    *,
    origin: str,
    credentials: Credentials = "same-origin",
    headers: HeaderPairs | None = None,
    body: str | bytes | None = None,
    json: Any = ...,
    engine: EngineName = "chromium",
) -> Trace:
    """Assert that a page at `origin` can make this call with `fetch()`, and read the answer, whatever its status.

    - `target`: an ASGI app, a `TestClient`, a `Client` of httpx2 or httpx, or the URL of a server.
    - `path`: a path of it, or a URL. An app that runs in this process is on https where the page is.
    - `credentials`, `headers`, `body`: what the script gives `fetch()`; `json` is a body in JSON with its `Content-Type`. The
      default headers of a client (`Authorization`) count as the script's; its cookies are sent where a browser would send them.
    - `engine`: `chromium`, `firefox`, `webkit` or `standard`.

    The preflight that the browser would send is sent, then the request: **the endpoint runs**, as in any test with a client.
    Returns the `Trace`. Raises AssertionError with the lines of the browser's console, the exchanges, the cause and the fix;
    ValueError for what no page can request, and for a page of the API's own origin. Source: Fetch, *HTTP fetch*.
    """
    __tracebackhide__ = True
    resolved = resolve_target(target)
    request = fetch_request(resolved, method, path, origin=origin, credentials=credentials, headers=headers, body=body, json=json)
    return settled(resolved.run(judge_allowed(resolved.app, request, read_engine(engine))))


def assert_cors_blocked(
    target: object,
    method: str,
    path: str,
    *,
    origin: str,
    error: CorsError | str | None = None,
    credentials: Credentials = "same-origin",
    headers: HeaderPairs | None = None,
    body: str | bytes | None = None,
    json: Any = ...,
    engine: EngineName = "chromium",
) -> Trace:
    """Assert that CORS keeps the answer of this call from a page at `origin`.

    `error` is the reason wanted, a `CorsError` or its name (`"PreflightMissingAllowOriginHeader"`); None: any. The rest is as in
    `assert_cors_allowed`. A call that needs no preflight reaches the endpoint, as it does in a browser: CORS hides the answer.

    Raises AssertionError when the call is allowed, is blocked for another reason, or fails before CORS is checked (no server,
    mixed content); ValueError as `assert_cors_allowed`.
    """
    __tracebackhide__ = True
    resolved = resolve_target(target)
    request = fetch_request(resolved, method, path, origin=origin, credentials=credentials, headers=headers, body=body, json=json)
    return settled(resolved.run(judge_blocked(resolved.app, request, read_engine(engine), read_error(error))))


def cors_matrix(
    target: object,
    *,
    origins: Iterable[str],
    credentials: Iterable[Credentials] = BOTH,
    requests: Iterable[str] | None = None,
    engine: EngineName = "chromium",
    run_unsafe: bool = False,
) -> CorsMatrix:
    """What browsers let the pages of `origins` do with each route of an app, with and without credentials.

    - `requests`: what to ask for, `["POST /api/users"]`; None: every route and method of the app (parameters are filled in), or
      what the `/openapi.json` of a server lists.
    - `run_unsafe`: send POST, PUT, PATCH and DELETE as well, which runs their endpoints. Without, only their preflights are sent,
      and the preflight's permission stands in for the response. Endpoints of GET run in either case.

    Raises ValueError for an invalid origin, and where the routes cannot be known.
    """
    __tracebackhide__ = True
    resolved = resolve_target(target)
    return resolved.run(matrix_plan(resolved, origins, credentials, requests, engine, run_unsafe))


def assert_cors_snapshot(
    target: object,
    path: str | os.PathLike[str],
    *,
    origins: Iterable[str],
    credentials: Iterable[Credentials] = BOTH,
    requests: Iterable[str] | None = None,
    engine: EngineName = "chromium",
    update: bool = False,
) -> CorsMatrix:
    """Assert that pages may do what the file at `path` says, no more and no less; `update` writes the file instead.

    The file is text to be reviewed: for each origin the requests it can make. Only what is allowed is kept, so another reason for
    a refusal changes nothing; a new route changes it, whichever origins may call it. See `cors_matrix` for the rest,
    `cors_snapshot` for the pytest fixture. Returns the matrix.

    Raises AssertionError that names each origin with what it gained and lost, or when there is no such file; ValueError when the
    file is not a snapshot, and as `cors_matrix`.
    """
    __tracebackhide__ = True
    resolved = resolve_target(target)
    matrix = resolved.run(matrix_plan(resolved, origins, credentials, requests, engine, False))
    return held(matrix, path, update)


def assert_no_foreign_access(
    target: object,
    *,
    trusted: Iterable[str],
    credentials: Iterable[Credentials] = BOTH,
    requests: Iterable[str] | None = None,
    ignore: Iterable[str] = (),
    run_unsafe: bool = False,
) -> None:
    """Assert that no page outside `trusted` gets access through any of the known mistakes.

    For each trusted origin (or pattern, `https://*.example.com`) look-alikes are made that a careless comparison takes for it:
    names that begin or end alike, dots replaced, special characters, subdomains, http, other ports, other spellings; with them
    `null`, sites where anyone can publish, and any site at all; where the app's own list can be read, every other origin on it.
    They ask for every route, and for the answers that no endpoint gives (404, 405, redirects of slashes, 401). Preflights that
    allow an origin that the answers do not, and answers that caches would mix up, are found too. `ignore` names kinds that are
    acceptable here (`"cache split"`; see `corsense.testing.foreign_access.KINDS`).

    For a public API without credentials (`*`), ask with `credentials=["include"]`. `requests` and `run_unsafe` are those of
    `cors_matrix`.

    Raises AssertionError that names each untrusted origin, what it gets and why; ValueError for an entry that cannot be trusted,
    and where nothing answers.
    """
    __tracebackhide__ = True
    resolved, own = resolve_target(target), listed(trusted, "trusted")
    found = resolved.run(search(resolved, own, read_credentials(credentials), requests, ignore, run_unsafe))
    nobody(found, own, resolved)


def find_foreign_access(
    target: object,
    *,
    trusted: Iterable[str],
    credentials: Iterable[Credentials] = BOTH,
    requests: Iterable[str] | None = None,
    ignore: Iterable[str] = (),
    run_unsafe: bool = False,
) -> tuple[ForeignAccess, ...]:
    """What `assert_no_foreign_access` finds, as values. Raises ValueError likewise."""
    resolved, own = resolve_target(target), listed(trusted, "trusted")
    return resolved.run(search(resolved, own, read_credentials(credentials), requests, ignore, run_unsafe))


def assert_no_foreign_write(
    target: object,
    *,
    trusted: Iterable[str] = (),
    requests: Iterable[str] | None = None,
    ignore: Iterable[str] = (),
    run_unsafe: bool = False,
) -> None:
    """Assert that no page but those of the app itself and of `trusted` gets a write through: what CORS does not stop.

    Each route that is not safe is asked by the pages of an attacker: forms, forms in a sandbox, `text/plain` and untyped bodies
    by `fetch()`, another port of the same host, beacons, requests that a careless policy lets through with a preflight,
    look-alikes of the trusted origins; each WebSocket by its handshake. Where the base URL is a local one on plain http
    (`TestClient(app, base_url="http://localhost:8000")`), a page whose name was rebound to the server asks as well.

    No endpoint runs: a stand-in answers in its place, behind the middleware and the dependencies. A WebSocket endpoint meets a
    page that connects and goes away. A server, and an app that is neither FastAPI nor Starlette, is asked with `run_unsafe=True`
    only, which runs the endpoints. `requests` are those to try (`"POST /users"`, `"WEBSOCKET /ws"`), `ignore` kinds that are
    acceptable here (see `corsense.testing.foreign_write.KINDS`).

    Warns (`UntriedWarning`) of a route for which it is not known. Raises AssertionError that quotes the page that got through;
    ValueError for an entry that cannot be trusted, and where nothing answers.
    """
    __tracebackhide__ = True
    resolved, own = resolve_target(target), listed(trusted, "trusted")
    no_write(resolved.run(search_writes(resolved, own, requests, ignore, run_unsafe)), own)


def find_foreign_writes(
    target: object,
    *,
    trusted: Iterable[str] = (),
    requests: Iterable[str] | None = None,
    ignore: Iterable[str] = (),
    run_unsafe: bool = False,
) -> tuple[ForeignWrite, ...]:
    """What `assert_no_foreign_write` finds, as values. Warns and raises ValueError likewise."""
    resolved, own = resolve_target(target), listed(trusted, "trusted")
    return writes_of(resolved.run(search_writes(resolved, own, requests, ignore, run_unsafe)))


def matrix_plan(
    resolved: AssertionTarget,
    origins: Iterable[str],
    credentials: Iterable[Credentials],
    requests: Iterable[str] | None,
    engine: str,
    run_unsafe: bool,
) -> ExchangePlan[CorsMatrix]:
    """The exchange plan behind `cors_matrix`, its arguments read."""
    pages = [read_page_origin(origin) for origin in listed(origins, "origins")]
    return measure(resolved, pages, read_credentials(credentials), requests, read_engine(engine), run_unsafe)


def listed(values: Iterable[str], name: str) -> tuple[str, ...]:
    """Several texts; a single string counts as one text, not as its letters. Raises TypeError for what is not text."""
    found = (values,) if isinstance(values, str) else tuple(values)
    for value in found:
        if not isinstance(value, str):
            raise TypeError(f"{name} is a list of origins, each a text such as 'https://app.example.com', not {value!r}")
    return found


def settled(verdict: AssertionResult) -> Trace:
    """The trace of an assertion that holds. Raises AssertionError for one that does not."""
    __tracebackhide__ = True
    if verdict.failure is not None:
        raise AssertionError(verdict.failure)
    return verdict.trace


def held(matrix: CorsMatrix, path: str | os.PathLike[str], update: bool) -> CorsMatrix:
    """The matrix that a snapshot holds for. Raises AssertionError when it does not."""
    __tracebackhide__ = True
    failure = compare(matrix, path, update=update)
    if failure is not None:
        raise AssertionError(failure)
    return matrix


def nobody(found: tuple[ForeignAccess, ...], trusted: tuple[str, ...], resolved: AssertionTarget) -> None:
    """Raises AssertionError when untrusted origins get access."""
    __tracebackhide__ = True
    if found:
        raise AssertionError(foreign_access_text(found, trusted, resolved.app))


def writes_of(found: Found, stacklevel: int = 3) -> tuple[ForeignWrite, ...]:
    """What got through; warns of what was not tried."""
    warn_of_untried(found.cells, stacklevel + 1)
    return found.writes


def no_write(found: Found, trusted: tuple[str, ...]) -> None:
    """Raises AssertionError when a write of an untrusted page got through."""
    __tracebackhide__ = True
    writes = writes_of(found, 4)
    if writes:
        raise AssertionError(foreign_write_text(writes, trusted))
