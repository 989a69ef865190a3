"""A browser's cookies, kept from answer to answer: what the recorded runs of browsers are compared with."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from corsense.fetch.cookies import Cookie, CookieSetting, matches_path, parse_set_cookie, path_of
from corsense.fetch.request import Credentials
from corsense.fetch.trace import EngineName
from corsense.url import parse_url


class CookieJar:
    """The cookies one browser holds: their names, where they came from, and to whom it sends them."""

    def __init__(self, engine: EngineName = "chromium") -> None:
        self.engine: EngineName = engine
        self._stored: dict[tuple[str | None, str, str, str], _Stored] = {}

    def visit(self, url: str, lines: Iterable[str]) -> None:
        """The user opened `url` in the address bar, and its answer had these `Set-Cookie` lines."""
        parsed = parse_url(url)
        if parsed is not None:
            self.receive(lines, parsed.origin, url, "include")

    def receive(
        self, lines: Iterable[str], page_origin: str, target_url: str, credentials: Credentials, *, top_level: str | None = None
    ) -> None:
        """The answer to a fetch had these `Set-Cookie` lines. Whether CORS lets script read it makes no difference."""
        setting = CookieSetting.of(page_origin, target_url, credentials, self.engine, top_level)
        if setting is None or setting.refuses_credentials():
            return
        for line in lines:
            cookie = parse_set_cookie(line)
            if cookie is None or setting.refuses_to_store(cookie):
                continue
            place = cookie.domain if cookie.domain and cookie.domain != setting.target.host else setting.target.host
            path = path_of(cookie, setting.target)
            key = (setting.partition, cookie.name, place, path)
            if cookie.deleted:
                self._stored.pop(key, None)
            else:
                self._stored[key] = _Stored(cookie, place, place != setting.target.host, path, setting.partition)

    def names(
        self, page_origin: str, target_url: str, credentials: Credentials, *, top_level: str | None = None
    ) -> tuple[str, ...]:
        """The names of the cookies that a fetch sends, in the order of the `Cookie` header. Preflights never carry any."""
        setting = CookieSetting.of(page_origin, target_url, credentials, self.engine, top_level)
        if setting is None or setting.refuses_credentials():
            return ()
        found = [stored for stored in self._stored.values() if stored.is_for(setting)]
        return tuple(stored.cookie.name for stored in sorted(found, key=lambda stored: -len(stored.path)))


@dataclass(frozen=True, slots=True)
class _Stored:
    cookie: Cookie
    place: str
    subdomains: bool
    path: str
    partition: str | None

    def is_for(self, setting: CookieSetting) -> bool:
        host = setting.target.host
        return (
            self.partition == setting.partition
            and (host == self.place or (self.subdomains and host.endswith("." + self.place)))
            and matches_path(setting.target, self.path)
            and setting.refuses_to_send(self.cookie) is None
        )
