"""The playground in each real browser, driven through what a user touches."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol, cast
from urllib.parse import urlsplit

import pytest

from corsense.browsers import BrowserError, BrowserName, find_browser
from corsense.browsers.firefox import FirefoxDriver
from corsense.browsers.installed import is_root
from corsense.browsers.webkit import WebKitDriver

START = 60.0
LIMIT = 120.0


class Page(Protocol):
    """A page of a browser."""

    def open(self, url: str) -> None:
        """Load an address."""

    def run(self, expression: str) -> Any:
        """What an expression gives, or its promise, through JSON."""


class ChromiumPage:
    """Through Playwright."""

    def __init__(self, page: Any) -> None:
        self.page = page

    def open(self, url: str) -> None:
        self.page.goto("about:blank")
        self.page.goto(url)

    def run(self, expression: str) -> Any:
        return self.page.evaluate(expression)


class FirefoxPage:
    """Through WebDriver BiDi."""

    def __init__(self, driver: FirefoxDriver) -> None:
        self.driver = driver

    def open(self, url: str) -> None:
        self.driver.open("about:blank")
        self.driver.open(url)

    def run(self, expression: str) -> Any:
        return json.loads(self.driver.run(_as_text(expression), 0, LIMIT).text)


class WebKitPage:
    """Through the remote inspector."""

    def __init__(self, driver: WebKitDriver) -> None:
        self.driver = driver

    def open(self, url: str) -> None:
        self._go("about:blank", "location.href === 'about:blank'")
        self._go(url, "Boolean(document.getElementById('pg-form'))")

    def _go(self, url: str, arrived: str) -> None:
        self.driver._evaluate(f"location.href = {json.dumps(url)}; 1", 10.0)
        end = time.monotonic() + START
        while time.monotonic() < end:
            try:
                if self.driver._evaluate(arrived, 3.0) is True:
                    return
            except BrowserError:  # the page that was asked is gone already
                pass
            time.sleep(0.05)
        raise BrowserError(f"{url} was not opened.")

    def run(self, expression: str) -> Any:
        return json.loads(self.driver.run(_as_text(expression), 0, LIMIT).text)


def _as_text(expression: str) -> str:
    return f"(async () => JSON.stringify((await ({expression})) ?? null))()"


@contextmanager
def opened(name: BrowserName, root: str) -> Iterator[Page]:
    """A page of a browser, closed at the end. Skips the test where the browser is not installed."""
    try:
        program = find_browser(name)
    except BrowserError as missing:
        pytest.skip(str(missing))
    if name == "chromium":
        playwright = pytest.importorskip("playwright.sync_api")
        with playwright.sync_playwright() as driver:
            browser = driver.chromium.launch(executable_path=str(program), chromium_sandbox=not is_root())
            yield ChromiumPage(browser.new_page())
            browser.close()
        return
    port = cast(int, urlsplit(root).port)
    driver = FirefoxDriver(program, port, START) if name == "firefox" else WebKitDriver(program, port, START)
    try:
        yield FirefoxPage(driver) if isinstance(driver, FirefoxDriver) else WebKitPage(driver)
    finally:
        driver.close()


ASK = """(async (questions) => {
  const $ = (id) => document.getElementById(`pg-${id}`);
  const until = async (condition) => { while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5)); };
  await until(() => "ready" in document.documentElement.dataset || $("status").className === "problem");
  const answers = [];
  for (const question of questions) {
    $("clear").click();
    for (const name of ["text", "origin", "kind", "response", "preflight"]) $(name).value = question[name] ?? "";
    if (question.files?.length) {
      const dropped = new DataTransfer();
      for (const [name, text] of question.files) dropped.items.add(new File([text], name));
      $("file").files = dropped.files;
      $("file").dispatchEvent(new Event("change"));
    } else $("form").requestSubmit();
    await until(() => $("cancel").hidden);
    if (question.link) await until(() => location.hash);
    const problem = $("status").className === "problem" ? $("status").textContent : null;
    answers.push({
      problem,
      said: problem ? null : $("said").textContent,
      documents: problem ? [] : [...$("documents").querySelectorAll("pre")].map((block) => block.textContent),
      tags: [...new Set([...$("answer").querySelectorAll("*")].map((each) => each.localName))],
      text: $("answer").textContent,
      link: location.hash,
    });
  }
  return answers;
})"""


def ask(page: Page, questions: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Ask in the page, one question after the other; gives what it shows."""
    found: list[dict[str, Any]] = page.run(f"{ASK}({json.dumps(questions)})")
    return found
