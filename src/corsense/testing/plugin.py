"""The pytest plugin: the fixtures `cors` and `cors_snapshot`, the flags `--cors-update` and `--cors-engine`.

Installed with corsense, by its entry point. In a project that uses neither fixture it does nothing, and imports nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from corsense.testing.fixtures import Cors
    from corsense.testing.matrix import CorsMatrix


def pytest_addoption(parser: pytest.Parser) -> None:
    """The flags."""
    group = parser.getgroup("corsense", "CORS as browsers judge it")
    group.addoption(
        "--cors-update",
        action="store_true",
        default=False,
        help="write the snapshots of what pages may do instead of comparing with them",
    )
    group.addoption(
        "--cors-engine",
        choices=("chromium", "firefox", "webkit", "standard"),
        default="chromium",
        help="the browser whose rules the fixture 'cors' applies (default: chromium)",
    )


@pytest.fixture
def cors(request: pytest.FixtureRequest) -> Cors:
    """The assertions of corsense.testing: cors.allowed(...), blocked, matrix, no_foreign_access, no_foreign_write, snapshot;
    cors.aio has the same to be awaited."""
    from corsense.testing.fixtures import Cors, SnapshotFiles

    _, _, name = request.node.nodeid.partition("::")
    files = SnapshotFiles.of_test(request.path, name, update=bool(request.config.getoption("cors_update")))
    return Cors(request.config.getoption("cors_engine"), files)


@pytest.fixture
def cors_snapshot(cors: Cors) -> Callable[..., CorsMatrix]:
    """Asserts that pages may do what the snapshot says, no more and no less: cors_snapshot(app, origins=[...]). The file is
    __cors__/<test file>/<test>.cors; --cors-update writes it."""
    return cors.snapshot
