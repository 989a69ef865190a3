from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from corsense.browsers import BrowserName
from docs.generator import playground
from tests.browsers.playground.engines import Page, opened
from tests.playground.served import serving

BROWSERS: tuple[BrowserName, ...] = ("chromium", "firefox", "webkit")


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the playground in `playground/`."""
    installed = subprocess.run([playground.ROOT / "scripts" / "node-packages"], capture_output=True, text=True, check=False)
    if installed.returncode == 2:
        pytest.skip(installed.stderr.strip())
    assert installed.returncode == 0, installed.stderr
    folder = tmp_path_factory.mktemp("site")
    playground.build(folder / "playground")
    return folder


@pytest.fixture(scope="session")
def root(built: Path) -> Iterator[str]:
    """The address of the folder."""
    with serving(built) as address:
        yield address


@pytest.fixture(scope="module", params=[pytest.param(name, marks=pytest.mark.xdist_group(name)) for name in BROWSERS])
def page(request: pytest.FixtureRequest, root: str) -> Iterator[Page]:
    """The playground, open in each browser that is installed here."""
    with opened(request.param, root) as found:
        found.open(f"{root}playground/index.html")
        yield found
