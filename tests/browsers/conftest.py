from __future__ import annotations

from collections.abc import Iterator

import pytest

from corsense.browsers import BrowserError, BrowserName, RealBrowser, find_browser

BROWSERS: tuple[BrowserName, ...] = ("chromium", "firefox", "webkit")


@pytest.fixture(scope="package", params=[pytest.param(name, marks=pytest.mark.xdist_group(name)) for name in BROWSERS])
def browser(request: pytest.FixtureRequest) -> Iterator[RealBrowser]:
    """Each browser that is installed here, started once for all tests."""
    name: BrowserName = request.param
    try:
        find_browser(name)
    except BrowserError as missing:
        pytest.skip(str(missing))
    with RealBrowser(name) as found:
        yield found
