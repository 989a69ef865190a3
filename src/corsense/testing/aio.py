"""The assertions of `corsense.testing`, to be awaited: on asyncio and on trio, with any test runner.

    from corsense.testing.aio import assert_cors_allowed

    async def test_the_frontend_may_list_users(client: httpx2.AsyncClient) -> None:
        await assert_cors_allowed(client, "GET", "/users", origin="https://app.example.com")

An app is asked in the event loop that is running, so that what its lifespan made there can be used. Arguments, results and errors
are those of the functions of the same names.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any

from corsense.fetch import CorsError, Trace
from corsense.fetch.request import Credentials
from corsense.fetch.trace import EngineName
from corsense.testing.arguments import HeaderPairs, fetch_request, read_credentials, read_engine, read_error
from corsense.testing.assertions import BOTH, held, listed, matrix_plan, no_write, nobody, settled, writes_of
from corsense.testing.evaluate import judge_allowed, judge_blocked
from corsense.testing.foreign_access import ForeignAccess, search
from corsense.testing.foreign_write import ForeignWrite
from corsense.testing.foreign_write import search as search_writes
from corsense.testing.matrix import CorsMatrix
from corsense.testing.target import resolve_target

__all__ = [
    "assert_cors_allowed",
    "assert_cors_blocked",
    "assert_cors_snapshot",
    "assert_no_foreign_access",
    "assert_no_foreign_write",
    "cors_matrix",
    "find_foreign_access",
    "find_foreign_writes",
]


async def assert_cors_allowed(
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
    """As `corsense.testing.assert_cors_allowed`."""
    __tracebackhide__ = True
    resolved = resolve_target(target)
    request = fetch_request(resolved, method, path, origin=origin, credentials=credentials, headers=headers, body=body, json=json)
    return settled(await resolved.arun(judge_allowed(resolved.app, request, read_engine(engine))))


async def assert_cors_blocked(
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
    """As `corsense.testing.assert_cors_blocked`."""
    __tracebackhide__ = True
    resolved = resolve_target(target)
    request = fetch_request(resolved, method, path, origin=origin, credentials=credentials, headers=headers, body=body, json=json)
    return settled(await resolved.arun(judge_blocked(resolved.app, request, read_engine(engine), read_error(error))))


async def cors_matrix(
    target: object,
    *,
    origins: Iterable[str],
    credentials: Iterable[Credentials] = BOTH,
    requests: Iterable[str] | None = None,
    engine: EngineName = "chromium",
    run_unsafe: bool = False,
) -> CorsMatrix:
    """As `corsense.testing.cors_matrix`."""
    __tracebackhide__ = True
    resolved = resolve_target(target)
    return await resolved.arun(matrix_plan(resolved, origins, credentials, requests, engine, run_unsafe))


async def assert_cors_snapshot(
    target: object,
    path: str | os.PathLike[str],
    *,
    origins: Iterable[str],
    credentials: Iterable[Credentials] = BOTH,
    requests: Iterable[str] | None = None,
    engine: EngineName = "chromium",
    update: bool = False,
) -> CorsMatrix:
    """As `corsense.testing.assert_cors_snapshot`."""
    __tracebackhide__ = True
    resolved = resolve_target(target)
    matrix = await resolved.arun(matrix_plan(resolved, origins, credentials, requests, engine, False))
    return held(matrix, path, update)


async def assert_no_foreign_access(
    target: object,
    *,
    trusted: Iterable[str],
    credentials: Iterable[Credentials] = BOTH,
    requests: Iterable[str] | None = None,
    ignore: Iterable[str] = (),
    run_unsafe: bool = False,
) -> None:
    """As `corsense.testing.assert_no_foreign_access`."""
    __tracebackhide__ = True
    resolved, own = resolve_target(target), listed(trusted, "trusted")
    found = await resolved.arun(search(resolved, own, read_credentials(credentials), requests, ignore, run_unsafe))
    nobody(found, own, resolved)


async def find_foreign_access(
    target: object,
    *,
    trusted: Iterable[str],
    credentials: Iterable[Credentials] = BOTH,
    requests: Iterable[str] | None = None,
    ignore: Iterable[str] = (),
    run_unsafe: bool = False,
) -> tuple[ForeignAccess, ...]:
    """As `corsense.testing.find_foreign_access`."""
    resolved, own = resolve_target(target), listed(trusted, "trusted")
    return await resolved.arun(search(resolved, own, read_credentials(credentials), requests, ignore, run_unsafe))


async def assert_no_foreign_write(
    target: object,
    *,
    trusted: Iterable[str] = (),
    requests: Iterable[str] | None = None,
    ignore: Iterable[str] = (),
    run_unsafe: bool = False,
) -> None:
    """As `corsense.testing.assert_no_foreign_write`."""
    __tracebackhide__ = True
    resolved, own = resolve_target(target), listed(trusted, "trusted")
    no_write(await resolved.arun(search_writes(resolved, own, requests, ignore, run_unsafe)), own)


async def find_foreign_writes(
    target: object,
    *,
    trusted: Iterable[str] = (),
    requests: Iterable[str] | None = None,
    ignore: Iterable[str] = (),
    run_unsafe: bool = False,
) -> tuple[ForeignWrite, ...]:
    """As `corsense.testing.find_foreign_writes`."""
    resolved, own = resolve_target(target), listed(trusted, "trusted")
    return writes_of(await resolved.arun(search_writes(resolved, own, requests, ignore, run_unsafe)))
