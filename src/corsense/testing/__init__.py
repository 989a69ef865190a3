"""Tests that judge like a browser: what pages of other origins may do with an API, asserted.

    from corsense.testing import assert_cors_allowed, assert_cors_blocked

    assert_cors_allowed(app, "POST", "/api/users", origin="https://app.example.com", credentials="include", json={"name": "Ada"})
    assert_cors_blocked(app, "GET", "/api/users", origin="https://evil.example")

What is tested is an ASGI app, a Starlette or FastAPI `TestClient`, a client of httpx2 or httpx, or the URL of a running server.
Each function has a twin of the same name to be awaited in `corsense.testing.aio`; that is the one for an `AsyncClient`, and for
an app whose resources belong to the event loop of the test. None of them needs pytest. With pytest there are the fixtures `cors`
and `cors_snapshot` and the flags `--cors-update` and `--cors-engine`, and nothing else happens where they are not used.

An app is asked in this process, so that the dependency overrides of a test hold. Its lifespan is not run, as with a `TestClient`
that is not entered: pass an entered client (`with TestClient(app) as client`), and its app is asked in its event loop.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from corsense._lazy import lazy_names

if TYPE_CHECKING:
    from corsense.fetch import CorsError as CorsError
    from corsense.origin.lookalikes import ForeignOrigin as ForeignOrigin
    from corsense.origin.lookalikes import foreign_origins as foreign_origins
    from corsense.testing.assertions import assert_cors_allowed as assert_cors_allowed
    from corsense.testing.assertions import assert_cors_blocked as assert_cors_blocked
    from corsense.testing.assertions import assert_cors_snapshot as assert_cors_snapshot
    from corsense.testing.assertions import assert_no_foreign_access as assert_no_foreign_access
    from corsense.testing.assertions import assert_no_foreign_write as assert_no_foreign_write
    from corsense.testing.assertions import cors_matrix as cors_matrix
    from corsense.testing.assertions import find_foreign_access as find_foreign_access
    from corsense.testing.assertions import find_foreign_writes as find_foreign_writes
    from corsense.testing.fixtures import AsyncCors as AsyncCors
    from corsense.testing.fixtures import Cors as Cors
    from corsense.testing.foreign_access import ForeignAccess as ForeignAccess
    from corsense.testing.foreign_write import ForeignWrite as ForeignWrite
    from corsense.testing.matrix import CorsMatrix as CorsMatrix
    from corsense.testing.matrix import MatrixCell as MatrixCell
    from corsense.testing.matrix import PageAccess as PageAccess
    from corsense.warnings import UntriedWarning as UntriedWarning

__all__ = [
    "AsyncCors",
    "Cors",
    "CorsError",
    "CorsMatrix",
    "ForeignAccess",
    "ForeignOrigin",
    "ForeignWrite",
    "MatrixCell",
    "PageAccess",
    "UntriedWarning",
    "assert_cors_allowed",
    "assert_cors_blocked",
    "assert_cors_snapshot",
    "assert_no_foreign_access",
    "assert_no_foreign_write",
    "cors_matrix",
    "find_foreign_access",
    "find_foreign_writes",
    "foreign_origins",
]

_HOMES = {
    "AsyncCors": "corsense.testing.fixtures",
    "Cors": "corsense.testing.fixtures",
    "CorsError": "corsense.fetch",
    "CorsMatrix": "corsense.testing.matrix",
    "ForeignAccess": "corsense.testing.foreign_access",
    "ForeignOrigin": "corsense.origin.lookalikes",
    "ForeignWrite": "corsense.testing.foreign_write",
    "MatrixCell": "corsense.testing.matrix",
    "PageAccess": "corsense.testing.matrix",
    "UntriedWarning": "corsense.warnings",
    "assert_cors_allowed": "corsense.testing.assertions",
    "assert_cors_blocked": "corsense.testing.assertions",
    "assert_cors_snapshot": "corsense.testing.assertions",
    "assert_no_foreign_access": "corsense.testing.assertions",
    "assert_no_foreign_write": "corsense.testing.assertions",
    "cors_matrix": "corsense.testing.assertions",
    "find_foreign_access": "corsense.testing.assertions",
    "find_foreign_writes": "corsense.testing.assertions",
    "foreign_origins": "corsense.origin.lookalikes",
}


# pytest imports this package with its plugin, in every project that has corsense installed: it must cost nothing.
__getattr__ = lazy_names(globals(), _HOMES)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
