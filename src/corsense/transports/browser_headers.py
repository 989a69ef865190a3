"""The header lines that a browser adds to a request for a live server.

Fronts read them: tunnels show a warning page to browsers, bot walls refuse clients that send none. They do not affect CORS, so
`corsense.fetch` leaves them out. `Accept-Encoding` is not sent, so that bodies arrive as text.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from corsense.fetch.request import FetchRequest
from corsense.fetch.trace import EngineName
from corsense.fetch.wire import Headers, WireRequest
from corsense.sites import site
from corsense.url import ParsedUrl, is_trustworthy_origin, parse_url

FetchSite = Literal["same-origin", "same-site", "cross-site"]

_RANK: dict[FetchSite, int] = {"same-origin": 0, "same-site": 1, "cross-site": 2}
_CHROMIUM = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36"
_FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:150.0) Gecko/20100101 Firefox/150.0"
_WEBKIT = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.4 Safari/605.1.15"
_USER_AGENT: dict[EngineName, str] = {"chromium": _CHROMIUM, "standard": _CHROMIUM, "firefox": _FIREFOX, "webkit": _WEBKIT}
_LANGUAGE: dict[EngineName, str] = {
    "chromium": "en-US,en;q=0.9",
    "standard": "en-US,en;q=0.9",
    "firefox": "en-US,en;q=0.5",
    "webkit": "en-US,en;q=0.9",
}
_DESTINATION = {"script": "script", "image": "image", "font": "font", "form": "document", "websocket": "websocket"}


@dataclass(slots=True)
class BrowserHeaders:
    """Adds to each request of one fetch what its browser adds: `User-Agent`, `Accept-Language`, `Referer`, `Sec-Fetch-*`.

    - `Referer` follows the default policy, *strict-origin-when-cross-origin*. The page's path is not known, so it is the origin.
    - `Sec-Fetch-*` goes to trustworthy URLs alone, and `Sec-Fetch-Site` remembers the least related server on the way.

    Source: Fetch, *Append a request `Origin` header* and *HTTP-network-or-cache fetch*; Referrer Policy, section 8.3; Fetch
    Metadata Request Headers, section 2.
    """

    request: FetchRequest
    engine: EngineName
    furthest: FetchSite = "same-origin"

    def lines(self, wire: WireRequest) -> Headers:
        """The header lines of `wire`, with those that the browser adds. What script set itself stays as it is."""
        url = parse_url(wire.url)
        if url is None:
            return wire.headers
        added = [("User-Agent", _USER_AGENT[self.engine]), ("Accept-Language", _LANGUAGE[self.engine])]
        referrer = self._referrer(url)
        added += [("Referer", referrer)] if referrer is not None else []
        added += self._metadata(url)
        given = {name.lower() for name, _ in wire.headers}
        return (*wire.headers, *(line for line in added if line[0].lower() not in given))

    def _referrer(self, url: ParsedUrl) -> str | None:
        origin = self.request.origin
        page = parse_url(origin)
        if page is None or page.scheme not in ("http", "https"):
            return None
        return None if page.scheme == "https" and not is_trustworthy_origin(url.origin) else f"{origin}/"

    def _metadata(self, url: ParsedUrl) -> list[tuple[str, str]]:
        self.furthest = max(self.furthest, self._relation(url), key=_RANK.__getitem__)
        opens_socket = self.request.initiator == "websocket"
        if not is_trustworthy_origin(url.origin) or (opens_socket and self.engine in ("chromium", "standard")):
            return []  # Chromium sends none with the handshake of a WebSocket
        destination = _DESTINATION.get(self.request.initiator, "empty")
        metadata = [("Sec-Fetch-Site", self.furthest), ("Sec-Fetch-Mode", self._mode()), ("Sec-Fetch-Dest", destination)]
        if opens_socket and self.engine == "firefox":
            metadata[2] = ("Sec-Fetch-Dest", "empty")
        return metadata

    def _mode(self) -> str:
        return {"form": "navigate", "websocket": "websocket"}.get(self.request.initiator, self.request.mode)

    def _relation(self, url: ParsedUrl) -> FetchSite:
        if url.origin == self.request.origin:
            return "same-origin"
        own = site(self.request.origin)
        return "same-site" if own != "null" and own == site(url.origin) else "cross-site"
