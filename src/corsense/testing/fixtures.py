"""`Cors` and `AsyncCors`: the assertions with a test's own settings, which the fixture `cors` gives."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from corsense.errors import InputError, quoted
from corsense.fetch import CorsError, Trace
from corsense.fetch.request import Credentials
from corsense.fetch.trace import EngineName
from corsense.testing import aio, assertions
from corsense.testing.arguments import HeaderPairs
from corsense.testing.assertions import BOTH
from corsense.testing.matrix import CorsMatrix

FOLDER = "__cors__"
"""The folder beside a test file that keeps its snapshots."""

_LONGEST_NAME = 120


@dataclass(slots=True)
class SnapshotFiles:
    """Where the snapshots of one test are: in `folder`, in files that begin with `stem`. Each name is used once, so that no
    assertion writes over another's file."""

    folder: Path
    stem: str
    update: bool = False
    used: set[str] = field(default_factory=set)

    @classmethod
    def of_test(cls, file: Path, name: str, *, update: bool) -> SnapshotFiles:
        """The snapshots of the test `name` (`TestUsers::test_access[admin]`) in `file`."""
        return cls(file.parent / FOLDER / file.stem, file_name(name.replace("::", ".")), update)

    def path(self, name: str | None) -> Path:
        """The file of the snapshot called `name`. Raises InputError when that name was used before in the test."""
        stem = self.stem if name is None else f"{self.stem}.{file_name(name)}"
        if stem in self.used:
            what = "a second snapshot" if name is None else f"a second snapshot called {quoted(name)}"
            raise InputError(f"{what} in one test needs a name of its own: name='admin'")
        self.used.add(stem)
        return self.folder / f"{stem}.cors"


def file_name(text: str) -> str:
    """`text` as the name of a file on any system; with a hash of it where it had to be changed."""
    plain = re.sub(r"[^A-Za-z0-9._-]+", "_", text)[:_LONGEST_NAME].strip("._") or "test"
    return plain if plain == text else f"{plain}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"


@dataclass(frozen=True, slots=True)
class Cors:
    """The assertions of `corsense.testing` for one browser engine and one test's snapshots. `aio` has them to be awaited."""

    engine: EngineName = "chromium"
    snapshots: SnapshotFiles | None = None

    @property
    def aio(self) -> AsyncCors:
        """The same, to be awaited."""
        return AsyncCors(self.engine, self.snapshots)

    def allowed(
        self,
        target: object,
        method: str,
        path: str,
        *,
        origin: str,
        credentials: Credentials = "same-origin",
        headers: HeaderPairs | None = None,
        body: str | bytes | None = None,
        json: Any = ...,
    ) -> Trace:
        """As `assert_cors_allowed`."""
        __tracebackhide__ = True
        return assertions.assert_cors_allowed(
            target, method, path, origin=origin, credentials=credentials, headers=headers, body=body, json=json,
            engine=self.engine,
        )  # fmt: skip

    def blocked(
        self,
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
    ) -> Trace:
        """As `assert_cors_blocked`."""
        __tracebackhide__ = True
        return assertions.assert_cors_blocked(
            target, method, path, origin=origin, error=error, credentials=credentials, headers=headers, body=body, json=json,
            engine=self.engine,
        )  # fmt: skip

    def matrix(
        self,
        target: object,
        *,
        origins: Iterable[str],
        credentials: Iterable[Credentials] = BOTH,
        requests: Iterable[str] | None = None,
        run_unsafe: bool = False,
    ) -> CorsMatrix:
        """As `cors_matrix`."""
        __tracebackhide__ = True
        return assertions.cors_matrix(
            target, origins=origins, credentials=credentials, requests=requests, engine=self.engine, run_unsafe=run_unsafe
        )

    def no_foreign_access(
        self,
        target: object,
        *,
        trusted: Iterable[str],
        credentials: Iterable[Credentials] = BOTH,
        requests: Iterable[str] | None = None,
        ignore: Iterable[str] = (),
        run_unsafe: bool = False,
    ) -> None:
        """As `assert_no_foreign_access`."""
        __tracebackhide__ = True
        assertions.assert_no_foreign_access(
            target, trusted=trusted, credentials=credentials, requests=requests, ignore=ignore, run_unsafe=run_unsafe
        )

    def no_foreign_write(
        self,
        target: object,
        *,
        trusted: Iterable[str] = (),
        requests: Iterable[str] | None = None,
        ignore: Iterable[str] = (),
        run_unsafe: bool = False,
    ) -> None:
        """As `assert_no_foreign_write`."""
        __tracebackhide__ = True
        assertions.assert_no_foreign_write(target, trusted=trusted, requests=requests, ignore=ignore, run_unsafe=run_unsafe)

    def snapshot(
        self,
        target: object,
        *,
        origins: Iterable[str],
        name: str | None = None,
        credentials: Iterable[Credentials] = BOTH,
        requests: Iterable[str] | None = None,
    ) -> CorsMatrix:
        """As `assert_cors_snapshot`, with the file of this test; `name` tells several snapshots of one test apart."""
        __tracebackhide__ = True
        files = _files(self.snapshots)
        return assertions.assert_cors_snapshot(
            target, files.path(name), origins=origins, credentials=credentials, requests=requests, engine=self.engine,
            update=files.update,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class AsyncCors:
    """`Cors`, to be awaited."""

    engine: EngineName = "chromium"
    snapshots: SnapshotFiles | None = None

    async def allowed(
        self,
        target: object,
        method: str,
        path: str,
        *,
        origin: str,
        credentials: Credentials = "same-origin",
        headers: HeaderPairs | None = None,
        body: str | bytes | None = None,
        json: Any = ...,
    ) -> Trace:
        """As `assert_cors_allowed`."""
        __tracebackhide__ = True
        return await aio.assert_cors_allowed(
            target, method, path, origin=origin, credentials=credentials, headers=headers, body=body, json=json,
            engine=self.engine,
        )  # fmt: skip

    async def blocked(
        self,
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
    ) -> Trace:
        """As `assert_cors_blocked`."""
        __tracebackhide__ = True
        return await aio.assert_cors_blocked(
            target, method, path, origin=origin, error=error, credentials=credentials, headers=headers, body=body, json=json,
            engine=self.engine,
        )  # fmt: skip

    async def matrix(
        self,
        target: object,
        *,
        origins: Iterable[str],
        credentials: Iterable[Credentials] = BOTH,
        requests: Iterable[str] | None = None,
        run_unsafe: bool = False,
    ) -> CorsMatrix:
        """As `cors_matrix`."""
        __tracebackhide__ = True
        return await aio.cors_matrix(
            target, origins=origins, credentials=credentials, requests=requests, engine=self.engine, run_unsafe=run_unsafe
        )

    async def no_foreign_access(
        self,
        target: object,
        *,
        trusted: Iterable[str],
        credentials: Iterable[Credentials] = BOTH,
        requests: Iterable[str] | None = None,
        ignore: Iterable[str] = (),
        run_unsafe: bool = False,
    ) -> None:
        """As `assert_no_foreign_access`."""
        __tracebackhide__ = True
        await aio.assert_no_foreign_access(
            target, trusted=trusted, credentials=credentials, requests=requests, ignore=ignore, run_unsafe=run_unsafe
        )

    async def no_foreign_write(
        self,
        target: object,
        *,
        trusted: Iterable[str] = (),
        requests: Iterable[str] | None = None,
        ignore: Iterable[str] = (),
        run_unsafe: bool = False,
    ) -> None:
        """As `assert_no_foreign_write`."""
        __tracebackhide__ = True
        await aio.assert_no_foreign_write(target, trusted=trusted, requests=requests, ignore=ignore, run_unsafe=run_unsafe)

    async def snapshot(
        self,
        target: object,
        *,
        origins: Iterable[str],
        name: str | None = None,
        credentials: Iterable[Credentials] = BOTH,
        requests: Iterable[str] | None = None,
    ) -> CorsMatrix:
        """As `Cors.snapshot`."""
        __tracebackhide__ = True
        files = _files(self.snapshots)
        return await aio.assert_cors_snapshot(
            target, files.path(name), origins=origins, credentials=credentials, requests=requests, engine=self.engine,
            update=files.update,
        )  # fmt: skip


def _files(snapshots: SnapshotFiles | None) -> SnapshotFiles:
    if snapshots is None:
        raise InputError("outside of a test there is no file for a snapshot: use assert_cors_snapshot(app, path, ...)")
    return snapshots
