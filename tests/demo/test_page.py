"""The page in a real Chromium: clicks, keys, what is read aloud, dark and light."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from corsense.browsers.errors import BrowserError
from corsense.browsers.installed import find_browser, is_root
from corsense.demo import Demo, scenarios
from corsense.report.html import html_report
from tests.demo.picture import packed
from tests.middleware.versions import needs_star_without_cookies

playwright = pytest.importorskip("playwright.sync_api")
SHOWN = ("trailing_slash", "wildcard_and_credentials", "middleware_after_routes")
EXPECTED_LINES = re.compile(r"has been blocked by CORS policy|net::ERR_FAILED")
LOCAL = re.compile(r"http://([\w-]+\.)?localhost:|http://127\.0\.0\.1:|data:")
INKED = (
    "h2", ".story", ".request", ".badge", ".card h3", "code.wrong", "blockquote", ".agree", ".diff .added", ".diff .removed",
    ".where", "#all",
)  # fmt: skip
TAKING_THE_PICTURE = bool(os.environ.get("CORSENSE_PICTURE"))
PICTURE = Path(__file__).parents[2] / "docs" / "demo.png"


@dataclass
class Tab:
    """A page with what its console has shown."""

    page: Any
    complaints: list[str] = field(default_factory=list)

    def choose(self, title: str) -> None:
        """Open a scenario, and wait until it is drawn to the end. What was drawn before is marked, since it may be the same."""
        self.page.locator("#main h2").first.evaluate("heading => { heading.dataset.before = '' }")
        self.page.get_by_role("navigation", name="Scenarios").get_by_role("link", name=title).click()
        self.page.locator("#main:not([aria-busy]):has(h2:not([data-before]))").wait_for()

    def see(self, text: str) -> Any:
        found = self.page.get_by_text(text).first
        found.wait_for()
        return found


@pytest.fixture(scope="module")
def demo() -> Iterator[Demo]:
    with Demo([scenario for scenario in scenarios() if scenario.name in SHOWN or TAKING_THE_PICTURE]) as running:
        running.analyse_ahead()
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    try:
        program = find_browser("chromium")
    except BrowserError as error:
        pytest.skip(str(error))
    with playwright.sync_playwright() as driver:
        running = driver.chromium.launch(executable_path=str(program), chromium_sandbox=not is_root())
        yield running
        running.close()


@pytest.fixture
def tab(browser: Any, demo: Demo) -> Iterator[Tab]:
    opened = Tab(browser.new_page(viewport={"width": 1240, "height": 900}))
    watch(opened)
    opened.page.set_default_timeout(60_000)  # a busy machine is slow, not wrong
    opened.page.goto(demo.url)
    yield opened
    opened.page.close()
    assert opened.complaints == []


def watch(tab: Tab) -> None:
    """Note what the console shows beyond the scenarios' own lines, and every request that leaves this machine."""

    def on_line(line: Any) -> None:
        if not EXPECTED_LINES.search(line.text):
            tab.complaints.append(f"{line.type}: {line.text}")

    def on_request(sent: Any) -> None:
        if not LOCAL.match(sent.url):
            tab.complaints.append(sent.url)

    tab.page.on("pageerror", lambda error: tab.complaints.append(str(error)))
    tab.page.on("console", on_line)
    tab.page.on("request", on_request)


def test_a_blocked_request_is_shown_beside_its_cause_and_passes_once_the_fix_is_applied(tab: Tab, demo: Demo) -> None:
    tab.choose("A slash at the end")
    saw = tab.page.get_by_role("region", name="What the browser said")
    says = tab.page.get_by_role("region", name="What corsense says")
    says.get_by_text("An allowed origin ends in a slash").wait_for()
    assert "TypeError: Failed to fetch" in saw.inner_text()
    assert "as corsense predicts it" in saw.inner_text()
    assert "has been blocked by CORS policy" in saw.inner_text()
    assert "The browser and corsense agree." in says.inner_text()
    assert (tab.page.locator("#ladder svg desc").text_content() or "").startswith("1. The browser sends OPTIONS")
    assert f'+    allow_origins=["http://localhost:{demo.port}"],' in tab.page.locator("#diff .diff").inner_text()
    assert "tried: the same request passes" in tab.page.locator("#diff").inner_text()

    switch = tab.page.get_by_role("switch", name="Apply the fix")
    assert switch.get_attribute("aria-checked") == "false"
    switch.click()
    saw.get_by_text('201 {"name":"Ada"}').wait_for()
    assert switch.get_attribute("aria-checked") == "true"
    assert "origin-trailing-slash is gone" in says.inner_text()
    switch.click()
    saw.get_by_text("TypeError").wait_for()


def test_the_page_opens_on_a_scenario_at_once(tab: Tab) -> None:
    tab.page.locator("#said", has_text="The browser and corsense agree.").wait_for()
    assert tab.page.locator("main > .where").inner_text() == "Scenario 1 of 3"
    assert tab.page.locator("#list a[aria-current=page]").count() == 1
    tab.choose("All 3 scenarios")
    tab.see("3 scenarios, broken and repaired")
    assert "article" not in tab.page.locator("body").inner_text()


def test_everything_can_be_done_with_the_keyboard_and_is_read_aloud(tab: Tab) -> None:
    page = tab.page
    page.locator("#list a").first.wait_for()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "To the scenario"
    while not page.evaluate("document.activeElement.textContent").startswith("A slash at the end"):
        page.keyboard.press("Tab")
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.keyboard.press("Enter")
    page.locator("#said", has_text="A slash at the end, broken: blocked. The browser and corsense agree.").wait_for()
    assert page.locator("#said").get_attribute("aria-live") == "polite"
    assert page.locator("#list a[aria-current=page]").inner_text().startswith("A slash at the end")
    page.locator("#fix").focus()
    page.keyboard.press("Space")
    page.locator("#said", has_text="A slash at the end, repaired: allowed.").wait_for()


@needs_star_without_cookies
def test_everything_is_run_and_compared_in_a_table(tab: Tab) -> None:
    tab.page.get_by_role("button", name="Run everything").click()
    tab.see("5 requests made, 5 as corsense said.")
    rows = [row.inner_text().split("\t") for row in tab.page.locator("tbody tr").all()]
    assert [[re.sub(r"^\W+ ", "", cell.strip()) for cell in row] for row in rows] == [
        ["A slash at the end", "blocked", "allowed", "the same"],
        ["A star with credentials", "an untrusted page reads it", "the untrusted page is kept out", "the same"],
        ["Middleware after the routes", "allowed", "nothing to repair", "the same"],
    ]


def test_where_nothing_is_wrong_there_is_nothing_to_switch(tab: Tab) -> None:
    tab.choose("Middleware after the routes")
    tab.see("No finding. Nothing is wrong.")
    assert tab.page.get_by_role("switch").is_disabled()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_its_background_in_light_and_in_dark(tab: Tab, scheme: str) -> None:
    tab.page.emulate_media(color_scheme=scheme)
    tab.choose("A slash at the end")
    tab.page.locator("#diff .diff").wait_for()
    background = tab.page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (luminance(background) < 0.2) is (scheme == "dark")
    for selector in INKED:
        assert contrast(tab.page, selector) >= 4.5, selector


def test_the_page_fits_a_phone(tab: Tab) -> None:
    tab.page.set_viewport_size({"width": 380, "height": 700})
    tab.choose("A slash at the end")
    tab.page.locator("#diff .diff").wait_for()
    assert tab.page.evaluate("document.documentElement.scrollWidth") <= 380


def test_the_picture_of_the_readme_is_of_this_page(tab: Tab, tmp_path: Path) -> None:
    """It is taken anew by CORSENSE_PICTURE=1 pytest tests/demo/test_page.py -k picture."""
    tab.page.set_viewport_size({"width": 1240, "height": 1830})
    tab.choose("A slash at the end")
    tab.page.locator("#diff .diff").wait_for()
    made = PICTURE if TAKING_THE_PICTURE else tmp_path / "demo.png"
    made.parent.mkdir(exist_ok=True)
    tab.page.screenshot(path=str(made))
    taken = made.read_bytes()
    if TAKING_THE_PICTURE:
        PICTURE.write_bytes(packed(taken))
    kept = PICTURE.read_bytes()
    assert len(kept) < 300_000
    assert kept[:8] == taken[:8] == b"\x89PNG\r\n\x1a\n"
    assert kept[16:20] == taken[16:20], "the width has changed: take the picture anew with CORSENSE_PICTURE=1"


def test_the_html_report_opens_without_a_complaint_of_the_browser(browser: Any, demo: Demo, tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    file.write_text(html_report(demo.analysis("trailing_slash").report), encoding="ascii")
    page = browser.new_page(color_scheme="dark")
    complaints: list[str] = []
    page.on("console", lambda line: complaints.append(line.text))
    page.on("request", lambda sent: complaints.append(sent.url) if not sent.url.startswith(("file:", "data:")) else None)
    page.goto(file.as_uri())
    assert page.get_by_role("cell", name="blocked").inner_text().startswith("✗ blocked")
    assert luminance(page.evaluate("getComputedStyle(document.body).backgroundColor")) < 0.2
    page.get_by_role("link", name="blocked").click()
    page.emulate_media(media="print")
    assert luminance(page.evaluate("getComputedStyle(document.body).backgroundColor")) > 0.9
    assert page.pdf()[:5] == b"%PDF-"
    page.close()
    assert complaints == []


def test_the_html_report_has_verdict_counts_and_fixes_on_the_first_screen_of_a_phone(
    browser: Any, demo: Demo, tmp_path: Path
) -> None:
    file = tmp_path / "report.html"
    file.write_text(html_report(demo.analysis("trailing_slash").report), encoding="ascii")
    page = browser.new_page(viewport={"width": 360, "height": 740})
    page.goto(file.as_uri())
    for selector in (".conclusion", ".summary ul", ".fixes li"):
        assert page.locator(selector).first.bounding_box()["y"] < 740, selector
    for part in page.locator("details").all():
        part.evaluate("details => { details.open = true }")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    order = [heading.inner_text() for heading in page.locator("h2").all()]
    assert order.index("Findings") < order.index("Requests by origins")
    page.close()


def luminance(colour: str) -> float:
    """The relative luminance of `rgb(...)`, from 0 to 1 (WCAG 2, *relative luminance*)."""
    channels = [int(value) / 255 for value in re.findall(r"\d+", colour)[:3]]
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(page: Any, selector: str) -> float:
    """The contrast of an element's text with what is behind it (WCAG 2, *contrast ratio*)."""
    ink, paper = page.locator(selector).first.evaluate(
        """element => {
            const paper = (node) => getComputedStyle(node).backgroundColor;
            let behind = element;
            while (behind.parentElement && paper(behind) === "rgba(0, 0, 0, 0)") behind = behind.parentElement;
            return [getComputedStyle(element).color, paper(behind)];
        }"""
    )
    one, other = sorted((luminance(ink), luminance(paper)))
    return (other + 0.05) / (one + 0.05)
