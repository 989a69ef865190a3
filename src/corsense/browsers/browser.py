"""`RealBrowser`: an installed browser in which requests are made, one after the other."""

from __future__ import annotations

import json
import re
from types import TracebackType
from typing import Self

from corsense.browsers.driver import Driver, Ran
from corsense.browsers.installed import BrowserName, find_browser
from corsense.browsers.observation import BrowserObservation
from corsense.browsers.page import INITIATORS, call, page_url
from corsense.browsers.server import Answer, BrowserServer
from corsense.fetch import Exchange, FetchRequest
from corsense.url import parse_url

START_LIMIT = 60.0
"""Seconds that a browser has to start."""
REQUEST_LIMIT = 12.0
"""Seconds that a request in the page may take."""


_NAMELESS = re.compile(r"moz-nullprincipal:\{[0-9a-f-]+\}\?\S+")
"""How Firefox names a page of an opaque origin: by a number that is new each time."""


class RealBrowser:
    """A browser that runs; a context manager. Whatever happens, it leaves no process and no profile behind.

    - `name`: which engine.
    - `path`: its program; None finds one.

    Raises BrowserError when there is none, it does not start, or a package that drives it is not installed.
    """

    def __init__(self, name: BrowserName, path: str | None = None, *, limit: float = START_LIMIT) -> None:
        self.name = name
        self.path = find_browser(name, path)
        self._page: str | None = None
        self._server = BrowserServer()
        try:
            self._driver = self._start(limit)
        except BaseException:
            self._server.close()
            raise

    @property
    def version(self) -> str:
        """Its name and version, as it says them."""
        return self._driver.version

    def fetch(self, request: FetchRequest, answer: Answer, *, lines: int = 0) -> BrowserObservation:
        """Make `request` in a page of its origin, with `answer` in the place of every server.

        The browser remembers nothing of earlier requests: no cookies, no preflights, no answers. `lines` is how many lines the
        console is expected to show: they are waited for, since they come in on their own. Raises BrowserError when the browser
        does not do its part.
        """
        page = page_url(request.origin)
        if page != self._page:
            self._page = None
            self._driver.open(page)
            self._page = page
        self._server.begin(request.url, answer)
        try:
            ran = self._driver.run(call(request, REQUEST_LIMIT), lines, REQUEST_LIMIT)
        finally:
            exchanges = self._server.end()
        return _seen(ran, page, request, exchanges)

    def close(self) -> None:
        """End the browser. May be called twice."""
        self._driver.close()
        self._server.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def _start(self, limit: float) -> Driver:
        port = self._server.port
        if self.name == "chromium":
            from corsense.browsers.chromium import ChromiumDriver

            return ChromiumDriver(self.path, port, limit)
        if self.name == "firefox":
            from corsense.browsers.firefox import FirefoxDriver

            return FirefoxDriver(self.path, port, limit)
        from corsense.browsers.webkit import WebKitDriver

        return WebKitDriver(self.path, port, limit)


def cannot_be_made(request: FetchRequest) -> str | None:
    """Why a request cannot be made in a real browser here; None when it can."""
    if request.initiator not in INITIATORS:
        return f"requests by {request.initiator} are not made in a real browser"
    if not (request.body is None or isinstance(request.body, str | bytes)):
        return "streamed bodies are not sent in a real browser"
    if request.origin == "null":
        return None
    url = parse_url(request.origin)
    if url is None or not url.is_http:
        return f"a page of {request.origin} cannot be served to a browser"
    return None


def _seen(ran: Ran, page: str, request: FetchRequest, exchanges: tuple[Exchange, ...]) -> BrowserObservation:
    answer = json.loads(ran.text)
    console = tuple(_NAMELESS.sub(f"{request.origin}/", line.replace(page, f"{request.origin}/")) for line in ran.console)
    return BrowserObservation(
        allowed=bool(answer["allowed"]),
        status=answer.get("status"),
        readable=tuple(sorted({str(name).lower() for name in answer.get("headers", ())})),
        error=ran.error,
        console=console,
        exchanges=exchanges,
    )
