"""Chromium, Chrome and Edge through Playwright: console and network errors as the DevTools protocol tells them."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

from corsense.browsers.driver import Ran
from corsense.browsers.errors import BrowserError
from corsense.browsers.installed import is_root
from corsense.browsers.process import BrowserProcess

_FLAGS = (
    "--headless=new",
    "--remote-debugging-port=0",
    "--no-proxy-server",
    "--disable-quic",
    "--disable-features=HttpsUpgrades,HttpsFirstBalancedModeAutoEnable,LocalNetworkAccessChecks,MediaRouter,Translate",
    # Nothing of its own to ask the network for, and nothing to ask the user.
    "--disable-background-networking",
    "--disable-breakpad",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-domain-reliability",
    "--disable-extensions",
    "--disable-gpu",
    "--disable-sync",
    "--metrics-recording-only",
    "--mute-audio",
    "--no-default-browser-check",
    "--no-first-run",
    "--password-store=basic",
    "--use-mock-keychain",
)
_SOURCES = frozenset({"javascript", "network", "security", "other"})
_LATE_LINES = 2.0
_STEP = 20.0


class ChromiumDriver:
    """A Chromium whose every connection goes to the stage. Raises BrowserError when it, or Playwright, cannot be started."""

    def __init__(self, program: Path, port: int, limit: float) -> None:
        try:
            from playwright.sync_api import Error, sync_playwright
        except ImportError:
            raise BrowserError("driving Chromium needs Playwright; run: pip install 'corsense[browser]'") from None
        self._error = Error
        self._console: list[str] = []
        self._blocked: str | None = None
        self._closed = False
        self._program = BrowserProcess("chromium")
        self._exit = contextlib.ExitStack()
        try:
            # Playwright drives the browser and the guard starts it, so that it ends with this process however that ends.
            address = self._launch(program, port, limit)
            playwright = self._exit.enter_context(sync_playwright())
            self._connect(playwright, address, limit)
        except BaseException as error:
            self.close()
            if isinstance(error, BrowserError) or not isinstance(error, Exception):
                raise
            raise BrowserError(f"{program} does not take commands: {_first_line(error)}") from None

    def _launch(self, program: Path, port: int, limit: float) -> str:
        profile = self._program.folder / "profile"
        # As root Chromium's sandbox does not work; all that it is given is the page of the stage.
        sandbox = ["--no-sandbox"] if is_root() else []
        rules = f"--host-resolver-rules=MAP * 127.0.0.1:{port}"
        self._program.start([str(program), *_FLAGS, *sandbox, rules, f"--user-data-dir={profile}", "about:blank"])
        return self._program.wait_for(r"DevTools listening on (ws://\S+)", limit).group(1)

    def _connect(self, playwright: Any, address: str, limit: float) -> None:
        browser = playwright.chromium.connect_over_cdp(address, timeout=limit * 1000)
        self._exit.callback(browser.close)
        self.version = f"Chromium {browser.version}"
        self._page = browser.new_context(ignore_https_errors=True, service_workers="block").new_page()
        session = self._page.context.new_cdp_session(self._page)
        session.on("Log.entryAdded", self._on_entry)
        session.on("Network.loadingFailed", self._on_failure)
        session.send("Log.enable")
        session.send("Network.enable")

    def open(self, url: str) -> None:
        try:
            self._page.goto(url)
        except self._error as error:
            raise BrowserError(f"the page {url} could not be opened: {_first_line(error)}") from None

    def run(self, expression: str, lines: int, limit: float) -> Ran:
        self._console.clear()
        self._blocked = None
        try:
            text = self._page.evaluate(expression)
            waited = 0.0
            while len(self._console) < lines and waited < _LATE_LINES * 1000:
                self._page.wait_for_timeout(_STEP)
                waited += _STEP
            # An answer to this comes after everything that the page's process had to say before.
            self._page.evaluate("new Promise(done => setTimeout(done, 0))")
        except self._error as error:
            raise BrowserError(f"the browser did not run the request: {_first_line(error)}") from None
        return Ran(str(text), tuple(self._console), self._blocked)

    def close(self) -> None:
        if not self._closed:
            self._closed = True
            with contextlib.suppress(Exception):
                self._exit.close()
            self._program.close()

    def _on_entry(self, event: dict[str, Any]) -> None:
        entry = event["entry"]
        if entry["source"] in _SOURCES and entry["level"] == "error":
            self._console.append(entry["text"])

    def _on_failure(self, event: dict[str, Any]) -> None:
        status = event.get("corsErrorStatus")
        if status is not None:
            self._blocked = str(status["corsError"])


def _first_line(error: BaseException) -> str:
    return next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
