from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.browsers.inspector.stage import Stage, staged


@pytest.fixture(scope="package")
def stage() -> Iterator[Stage]:
    with staged() as found:
        yield found
