"""The page of the playground in Chromium: keyboard, screen readers, phones, no network, large recordings."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from corsense.browsers import BrowserError, find_browser
from corsense.browsers.installed import is_root
from docs.generator import examples, playground
from tests.browsers.playground.accessibility import violations
from tests.playground.inputs import TOKEN, recordings, sources
from tests.playground.served import serving
from tests.playground.test_answers import RED_LINE
from tests.transports.test_har import PAGE

sync = pytest.importorskip("playwright.sync_api")
pytestmark = pytest.mark.xdist_group("chromium")

TAKING_THE_PICTURE = bool(os.environ.get("CORSENSE_PICTURE"))
PICTURE = playground.ROOT / "docs" / "playground.png"


@pytest.fixture(scope="module")
def context(built: Path) -> Iterator[Any]:
    try:
        program = find_browser("chromium")
    except BrowserError as missing:
        pytest.skip(str(missing))
    with sync.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=str(program), chromium_sandbox=not is_root())
        opened = browser.new_context(accept_downloads=False)
        opened.set_default_timeout(60_000)
        yield opened
        browser.close()


@pytest.fixture(scope="module")
def tab(context: Any, root: str) -> Iterator[Any]:
    """The page, and what it complained of."""
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda line: complaints.append(line.text))
    page.goto(f"{root}playground/index.html")
    page.wait_for_selector("html[data-ready]", state="attached")
    yield page
    assert complaints == []


def asked(tab: Any, text: str) -> None:
    tab.click("#pg-clear")
    tab.fill("#pg-text", text)
    tab.click("#pg-ask")
    tab.wait_for_selector("#pg-result:not([hidden])")


def drop(tab: Any, name: str, content: bytes) -> None:
    tab.set_input_files("#pg-file", {"name": name, "mimeType": "application/json", "buffer": content})


def test_the_page_takes_less_than_it_may(built: Path) -> None:
    assert playground.compressed_size(built / "playground") <= playground.LARGEST


def test_the_archive_is_made_of_the_same_bytes_from_the_same_source(built: Path, tmp_path: Path) -> None:
    playground.write_archive(tmp_path / "corsense.zip")
    assert (tmp_path / "corsense.zip").read_bytes() == (built / "playground" / "corsense.zip").read_bytes()


def test_everything_can_be_done_with_the_keyboard(tab: Any) -> None:
    tab.click("#pg-clear")
    tab.keyboard.type(RED_LINE)
    tab.keyboard.press("Control+Enter")
    tab.wait_for_selector("#pg-result:not([hidden])")
    assert tab.evaluate("document.activeElement.id") == "pg-said"
    seen = set()
    for _ in range(60):
        tab.keyboard.press("Tab")
        focused = tab.evaluate("document.activeElement.localName")
        if focused == "body":
            break
        seen.add(focused)
        assert tab.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"
    assert {"button", "summary", "pre", "a"} <= seen


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1100, 360])
def test_assistive_technology_finds_no_fault(tab: Any, scheme: str, width: int) -> None:
    tab.emulate_media(color_scheme=scheme)
    tab.set_viewport_size({"width": width, "height": 800})
    tab.click("#pg-clear")
    assert violations(tab) == []
    asked(tab, RED_LINE)
    assert violations(tab) == []
    asked(tab, sources()["trailing-slash"])
    assert violations(tab) == []
    tab.click("#pg-clear")
    drop(tab, "refused.har", recordings()["refused-preflight.har"].encode())
    tab.wait_for_selector("#pg-result:not([hidden]) svg")
    tab.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
    assert violations(tab) == []
    assert tab.evaluate("document.documentElement.scrollWidth") <= width
    tab.set_viewport_size({"width": 1100, "height": 800})


def test_a_recording_is_never_shown_and_its_link_holds_no_secret(tab: Any, context: Any) -> None:
    tab.click("#pg-clear")
    content = recordings()["with-secrets.har"]
    tab.evaluate(
        """(content) => {
          const data = new DataTransfer();
          data.setData("text", content);
          const paste = new ClipboardEvent("paste", { clipboardData: data, cancelable: true });
          document.getElementById("pg-text").dispatchEvent(paste);
        }""",
        content,
    )
    tab.wait_for_selector("#pg-result:not([hidden])")
    tab.wait_for_function("() => location.hash.startsWith('#v1=')")
    assert TOKEN not in tab.content()
    assert tab.input_value("#pg-text") == ""
    said, address = tab.inner_text("#pg-said"), tab.url
    other = context.new_page()
    other.goto(address)
    other.wait_for_selector("#pg-result:not([hidden])")
    assert other.inner_text("#pg-said") == said
    assert TOKEN not in other.content()
    other.close()


def test_a_damaged_link_is_reported_as_damaged(tab: Any, root: str) -> None:
    tab.evaluate("location.hash = '#v1=AAAA'")
    tab.wait_for_selector("#pg-status.problem")
    assert tab.inner_text("#pg-status") == "This link is damaged; copy the whole address."
    tab.click("#pg-clear")


def test_what_was_loaded_once_opens_without_a_network(built: Path, context: Any) -> None:
    page = context.new_page()
    with serving(built) as root:
        page.goto(f"{root}playground/index.html")
        page.wait_for_selector("html[data-ready]", state="attached")
        page.wait_for_function(
            """async () => {
              const [name] = await caches.keys();
              const kept = name ? await (await caches.open(name)).keys() : [];
              return kept.some(({ url }) => url.endsWith("corsense.zip")) && kept.some(({ url }) => url.endsWith(".wasm"))
                && kept.some(({ url }) => url.endsWith("index.html"));
            }"""
        )
    page.goto(f"{root}playground/index.html")
    page.fill("#pg-text", RED_LINE)
    page.click("#pg-ask")
    page.wait_for_selector("#pg-result:not([hidden])")
    assert page.inner_text("#pg-said") == "Likely: The app has no CORS layer."
    page.close()


def test_a_recording_of_100_megabytes_does_not_freeze_the_page(tab: Any, tmp_path: Path) -> None:
    """It is made in the page: nothing of that size goes through the driver."""
    tab.click("#pg-clear")
    entry = json.loads(recordings()["no-header.har"])["log"]["entries"][0]
    entry["startedDateTime"] = "2026-01-01T00:00:00Z"
    entry["response"]["content"] = {"text": "PADDING"}
    started = tab.evaluate(
        """(entry) => {
          const one = JSON.stringify(entry).replace("PADDING", "x".repeat(100_000));
          const parts = ['{"log": {"version": "1.2", "entries": ['];
          for (let index = 0; index < 1000; index += 1) parts.push(index ? "," : "", one);
          const file = new File([...parts, "]}}"], "large.har");
          const dropped = new DataTransfer();
          dropped.items.add(file);
          const input = document.getElementById("pg-file");
          input.files = dropped.files;
          window.ticks = 0;
          window.said = new Set();
          const status = document.getElementById("pg-status");
          new MutationObserver(() => window.said.add(status.textContent.split(":")[0])).observe(status, { childList: true });
          window.ticking = setInterval(() => { window.ticks += 1; }, 20);
          input.dispatchEvent(new Event("change"));
          return file.size;
        }""",
        entry,
    )
    assert started > 100_000_000
    tab.wait_for_function("() => window.said.has('reading entries')")
    before = tab.evaluate("window.ticks")
    assert before > 3, "the page answered while the worker was reading"
    assert tab.is_visible("#pg-progress")
    tab.wait_for_selector("#pg-result:not([hidden])", timeout=180_000)
    assert "1,000 of 1,000 requests blocked" in tab.inner_text("#pg-said")
    assert {"Reading large.har", "reading entries", "judging requests"} <= set(tab.evaluate("[...window.said]"))

    tab.click("#pg-ask")
    tab.wait_for_function("() => document.getElementById('pg-status').textContent.startsWith('reading entries')")
    tab.click("#pg-cancel")
    assert tab.is_hidden("#pg-cancel")
    asked(tab, RED_LINE)
    assert tab.inner_text("#pg-said") == "Likely: The app has no CORS layer."
    assert PAGE in tab.inner_text("#pg-answer")


def test_the_picture_of_the_readme_is_of_this_page(tab: Any, tmp_path: Path) -> None:
    """It is taken anew by CORSENSE_PICTURE=1 pytest tests/browsers/playground -k picture."""
    tab.emulate_media(color_scheme="light")
    tab.set_viewport_size({"width": 1000, "height": 1060})
    asked(tab, RED_LINE)
    tab.evaluate("(scrollTo(0, 0), document.activeElement.blur())")
    made = PICTURE if TAKING_THE_PICTURE else tmp_path / "playground.png"
    tab.screenshot(path=str(made))
    taken, kept = made.read_bytes(), PICTURE.read_bytes()
    assert len(kept) < 300_000
    assert kept[:8] == taken[:8] == b"\x89PNG\r\n\x1a\n"
    assert kept[16:24] == taken[16:24], "the size has changed: take the picture anew with CORSENSE_PICTURE=1"


def test_a_link_of_the_examples_opens_its_scenario(tab: Any, root: str) -> None:
    row = next(line for line in examples.README.read_text(encoding="utf-8").splitlines() if line.startswith("| [trailing-slash]"))
    tab.goto(f"{root}playground/index.html#{row.partition('#')[2].partition(')')[0]}")
    tab.reload()
    tab.wait_for_selector("#pg-result:not([hidden])")
    assert "ends with a slash" in tab.inner_text("#pg-answer")
    assert tab.input_value("#pg-origin") == "http://localhost:3000"
