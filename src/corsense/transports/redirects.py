"""Which servers a live check may contact: those that the user named, and others only with permission."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from corsense.fetch.trace import FailureReason
from corsense.fetch.wire import NetworkError, WireRequest
from corsense.url import ParsedUrl, parse_url

Ask = Callable[[str], bool]
"""Asks the user a yes-or-no question."""

_DEFAULT_PORTS = {"http": 80, "https": 443}
_SENT_BY_BROWSERS = frozenset(
    {"accept", "accept-language", "access-control-request-headers", "access-control-request-method", "content-type", "origin"}
)


@dataclass(slots=True)
class RedirectPermission:
    """Whether a request may go to another server than the user named, which only a redirect leads to.

    - `named`: URLs that the user gave. Another path, and https in place of http, are the same server; another host or port is
      another one.
    - `follow`: True when every redirect may be followed, False when none may, None when `ask` decides.
    - `ask`: asks the user; None means no.
    - `allows`: whether a URL may be contacted at all, named or not; None: every URL.

    Each server is asked about once; `decided` remembers the answers. `refused` are the servers that were not called.
    """

    named: Iterable[str]
    follow: bool | None = None
    ask: Ask | None = None
    refused: list[str] = field(default_factory=list)
    decided: dict[str, bool] = field(default_factory=dict)
    allows: Callable[[str], bool] | None = None

    def refuse(self, request: WireRequest) -> NetworkError | None:
        """The failure that stands for the response when `request` must not be sent; None when it may."""
        url = parse_url(request.url)
        if url is not None and self.allows is not None and not self.allows(request.url):
            if url.origin not in self.refused:
                self.refused.append(url.origin)
            return NetworkError(FailureReason.NOT_FOLLOWED, f"it leads to {url.origin}, which is not among the allowed servers")
        if url is None or any(_is_same_server(url, parse_url(named)) for named in self.named):
            return None
        if url.origin not in self.decided:
            self.decided[url.origin] = self._decide(url.origin, request)
        if self.decided[url.origin]:
            return None
        if url.origin not in self.refused:
            self.refused.append(url.origin)
        return NetworkError(FailureReason.NOT_FOLLOWED, f"it leads to {url.origin}; --follow allows it")

    def _decide(self, origin: str, request: WireRequest) -> bool:
        if self.follow is not None or self.ask is None:
            return bool(self.follow)
        asked_for = (request.header("Access-Control-Request-Headers") or "").split(",")
        names = [name for name, _ in request.headers if name.lower() not in _SENT_BY_BROWSERS] + list(filter(None, asked_for))
        carried = f" The headers {', '.join(names)} go with it." if names else ""
        return self.ask(f"The server redirects to {origin}. Send the request there?{carried}")


def _is_same_server(url: ParsedUrl, named: ParsedUrl | None) -> bool:
    if named is None or url.host != named.host:
        return False
    upgraded = (named.scheme, url.scheme) == ("http", "https") and named.port is None and url.port is None
    return upgraded or _port(url) == _port(named)


def _port(url: ParsedUrl) -> int | None:
    return url.port or _DEFAULT_PORTS.get(url.scheme)
