"""`Calls`: the exchanges of a session as calls of pages, each preflight joined with the request that it was for."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field, replace
from typing import Final
from urllib.parse import urlsplit, urlunsplit

from corsense.dev.inspector.recorder import RecordedExchange
from corsense.fetch.trace import EngineName
from corsense.fetch.wire import REDIRECT_STATUSES, WireResponse
from corsense.transports.har import HarFetch, fetches_of
from corsense.url import parse_url

MOST_CALLS: Final = 500
"""Calls of a session that are kept; the oldest go first."""
_JOINED_WITHIN = 10.0
"""Seconds within which a request follows its preflight, or a redirect."""
_MOST_HOPS = 20


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a page's script, with its exchanges in the order they happened. `number` counts the calls of a session."""

    number: int
    exchanges: tuple[RecordedExchange, ...]

    @property
    def fetch(self) -> HarFetch | None:
        """The call as a recording holds it; None where no page's script can have made it."""
        return next(iter(fetches_of([exchange.entry for exchange in self.exchanges])), None)

    @property
    def page(self) -> str:
        """The origin of the page."""
        return self.exchanges[0].entry.page or "null"

    @property
    def method(self) -> str:
        """The method that script asked for."""
        request = self.exchanges[-1].entry.request
        return (request.header("Access-Control-Request-Method") if request.preflight else None) or request.method

    @property
    def url(self) -> str:
        """The URL that script asked for, secrets included."""
        return self.exchanges[0].entry.request.url

    @property
    def engine(self) -> EngineName:
        """The engine of the browser."""
        return self.exchanges[-1].engine

    @property
    def by_browser(self) -> bool:
        """Whether a browser made it, as its headers say: other clients may send `Origin` too."""
        return any(
            name.lower().startswith("sec-fetch-") or (name.lower() == "user-agent" and value.startswith("Mozilla/"))
            for exchange in self.exchanges
            for name, value in exchange.entry.request.headers
        )

    @property
    def route(self) -> str:
        """The template of the route, empty where it is not known."""
        return self.exchanges[0].route

    def at_app(self, url: str) -> str:
        """A URL of the call without the root path: as the app's routes know it."""
        root = self.exchanges[0].root_path
        parts = urlsplit(url)
        path = parts.path.removeprefix(root) if f"{parts.path}/".startswith(f"{root}/") else parts.path
        return url if path == parts.path else urlunsplit(parts._replace(path=path or "/"))

    @property
    def began(self) -> float:
        """Seconds since 1970."""
        return self.exchanges[0].began

    @property
    def is_restored(self) -> bool:
        """Whether all of it happened before the server was reloaded."""
        return all(exchange.is_restored for exchange in self.exchanges)

    @property
    def awaits_its_request(self) -> bool:
        """Whether only the preflight was seen, so that the request itself may follow."""
        return self.exchanges[-1].entry.request.preflight


@dataclass(slots=True)
class Calls:
    """The calls of a session by their numbers, the oldest first, `MOST_CALLS` at most. `last` is the number given last."""

    kept: OrderedDict[int, Call] = field(default_factory=OrderedDict)
    last: int = 0

    def add(self, exchange: RecordedExchange) -> Call:
        """The call that an exchange belongs to, with it: one that was begun, or a new one."""
        begun = next((call for call in reversed(self.kept.values()) if _continues(exchange, call)), None)
        if begun is not None:
            call = replace(begun, exchanges=(*begun.exchanges, exchange))
        else:
            self.last += 1
            call = Call(self.last, (exchange,))
        self.kept[call.number] = call
        while len(self.kept) > MOST_CALLS:
            self.kept.popitem(last=False)
        return call


def _continues(exchange: RecordedExchange, call: Call) -> bool:
    """Whether an exchange is the request after the preflight of a call, or the next one after its redirect."""
    before, entry = call.exchanges[-1], exchange.entry
    if exchange.began - before.began > _JOINED_WITHIN or len(call.exchanges) > 2 * _MOST_HOPS:
        return False
    if entry.request.preflight:
        wanted = entry.request.header("Access-Control-Request-Method")
        return _is_redirect_to(entry.request.url, call) and wanted in {call.method, None}
    if before.entry.request.preflight:
        is_same = before.entry.request.url == entry.request.url and call.page == (entry.page or "null")
        return is_same and call.method == entry.request.method
    return _is_redirect_to(entry.request.url, call)


def _is_redirect_to(url: str, call: Call) -> bool:
    """Whether the last answer of a call leads to a URL."""
    last = call.exchanges[-1].entry
    if not isinstance(last.response, WireResponse) or last.response.status not in REDIRECT_STATUSES or last.request.preflight:
        return False
    location = parse_url(last.response.header("Location") or "", last.request.url)
    return location is not None and location.request_url == url
