"""The built documentation in Chromium: what axe-core finds, light, dark and on a phone, and its search without another host."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from typing import Any

import pytest

from corsense.browsers import BrowserError, find_browser
from corsense.browsers.installed import is_root
from docs.generator import site
from tests.browsers.playground.accessibility import violations
from tests.playground.served import serving

sync = pytest.importorskip("playwright.sync_api")
pytestmark = pytest.mark.xdist_group("chromium")

PAGES = (
    *("", "tutorial/", "how-to/check/", "how-to/proxies/", "how-to/playground/", "reference/causes/", "reference/python/"),
    *("reference/causes/CORS201/", "reference/command-line/", "reference/engines/", "explanation/browsers/", "article/"),
)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the built site."""
    installed = subprocess.run([site.ROOT / "scripts" / "node-packages"], capture_output=True, text=True, check=False)
    if installed.returncode == 2:
        pytest.skip(installed.stderr.strip())
    folder = tmp_path_factory.mktemp("site")
    ran = site.build(folder)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    with serving(folder / "site") as address:
        yield address


@pytest.fixture(scope="module")
def tab(root: str) -> Iterator[Any]:
    """A page that reaches no other host."""
    try:
        program = find_browser("chromium")
    except BrowserError as missing:
        pytest.skip(str(missing))
    with sync.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=str(program), chromium_sandbox=not is_root())
        page = browser.new_page()
        elsewhere: list[str] = []
        page.on(
            "request", lambda asked: elsewhere.append(asked.url) if not asked.url.startswith((root, "data:", "blob:")) else None
        )
        yield page
        browser.close()
    assert elsewhere == []


@pytest.mark.parametrize(("scheme", "width"), [("light", 1200), ("dark", 1200), ("light", 360)])
def test_assistive_technology_finds_no_fault(tab: Any, root: str, scheme: str, width: int) -> None:
    tab.emulate_media(color_scheme=scheme)
    tab.set_viewport_size({"width": width, "height": 800})
    found = {}
    for page in PAGES:
        tab.goto(f"{root}{page}")
        tab.wait_for_load_state("networkidle")
        if faults := violations(tab):
            found[page] = faults
        assert tab.evaluate("document.documentElement.scrollWidth") <= width, page
    assert found == {}


def test_the_search_finds_the_page_of_a_cause_without_another_host(tab: Any, root: str) -> None:
    tab.set_viewport_size({"width": 1200, "height": 800})
    tab.goto(root)
    tab.keyboard.press("/")
    tab.keyboard.type("origin-trailing-slash")
    result = tab.locator("a[href*='reference/causes/CORS201/']").first
    result.wait_for()
    result.click()
    tab.wait_for_url("**/reference/causes/CORS201/**")
    assert "An allowed origin ends in a slash" in tab.inner_text("h1")
