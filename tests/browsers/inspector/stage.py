"""A real Chromium, real frontend pages on origins of their own, and an API with its inspector, all behind a real uvicorn."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from corsense.app.target import AppTarget
from corsense.browsers import BrowserError, find_browser
from corsense.browsers.installed import is_root
from corsense.demo.server import LocalServer
from corsense.dev.inspector.inspector import Inspector
from corsense.dev.inspector.starting import inspected

API = "http://localhost:8000"
FRONTEND = "http://localhost:3000"
SERVED = "served.localhost"
"""The name of this machine under which Chromium reaches a server of a test's own, at its port."""
LIMIT = 30_000
_FLAGS = (
    "--no-proxy-server",
    "--disable-features=HttpsUpgrades,HttpsFirstBalancedModeAutoEnable,LocalNetworkAccessChecks",
)

CALL = """async ({ url, options, reads }) => {
  try {
    const response = await fetch(url, options);
    await response.text();
    return { passed: true, status: response.status, headers: [...response.headers.keys()] };
  } catch (error) {
    return { passed: false, error: error.name };
  }
}"""


@dataclass
class Stage:
    """Whatever host and port a page names but `SERVED`, uvicorn answers, with the app that stands at that port."""

    server: LocalServer
    browser: Any
    port: int
    tabs: list[Any] = field(default_factory=list)

    def open(self, url: str, **options: Any) -> Any:
        """A page in a context of its own, which closes at the end of the test."""
        context = self.browser.new_context(**options)
        context.set_default_timeout(LIMIT)
        self.tabs.append(context)
        page = context.new_page()
        page.goto(url)
        return page

    def close_tabs(self) -> None:
        while self.tabs:
            self.tabs.pop().close()


async def frontend(scope: Any, receive: Any, send: Any) -> None:
    """A page that does nothing by itself."""
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/html")]})
    await send({"type": "http.response.body", "body": b"<!DOCTYPE html><html lang=en><title>Frontend</title><h1>Frontend</h1>"})


@contextmanager
def staged() -> Iterator[Stage]:
    """The stage. Skips the test where Chromium or Playwright is not installed."""
    playwright = pytest.importorskip("playwright.sync_api")
    try:
        program = find_browser("chromium")
    except BrowserError as missing:
        pytest.skip(str(missing))
    with LocalServer() as server:
        port = server.add()
        for origin in (3000, 5173, 80):
            server.serve(origin, frontend)
        server.start()
        with playwright.sync_playwright() as driver:
            rules = f"--host-resolver-rules=MAP * 127.0.0.1:{port}, EXCLUDE {SERVED}"
            browser = driver.chromium.launch(executable_path=str(program), chromium_sandbox=not is_root(), args=[*_FLAGS, rules])
            try:
                yield Stage(server, browser, port)
            finally:
                browser.close()


@contextmanager
def inspecting(stage: Stage, folder: Path) -> Iterator[Inspector]:
    """The app of `main.py` in a folder, at `API`, with its inspector."""
    inspector = inspected(app_in(folder), AppTarget.parse("main:app", directory=folder))
    stage.server.serve(8000, inspector)
    try:
        yield inspector
    finally:
        stage.close_tabs()


def app_in(folder: Path) -> Any:
    """The app of `main.py` in a folder, imported afresh."""
    spec = importlib.util.spec_from_file_location(f"inspected_{folder.name.replace('-', '_')}", folder / "main.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.app


def call(page: Any, method: str, url: str, headers: Mapping[str, str], credentials: str, body: str | None) -> dict[str, Any]:
    """What a page's script gets from a fetch."""
    options = {"method": method, "headers": dict(headers), "credentials": credentials, **({"body": body} if body else {})}
    found: dict[str, Any] = page.evaluate(CALL, json.loads(json.dumps({"url": url, "options": options})))
    return found


def listed(page: Any) -> list[str]:
    """The lines of the list, the newest first."""
    lines: list[str] = page.locator("#list li:not([hidden]) button").all_inner_texts()
    return lines
