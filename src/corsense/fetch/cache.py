"""The CORS-preflight cache: what a browser remembers of earlier preflights. Source: Fetch, *CORS-preflight cache*."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from corsense.fetch.engines import Engine
from corsense.fetch.wire import WireResponse

_Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class _Permission:
    expires: float
    credentials: bool


@dataclass(slots=True)
class PreflightCache:
    """Methods and header names that preflights have allowed, by origin and URL, each with its age limit.

    `clock` gives the time in seconds; it only has to go forward.
    """

    engine: Engine
    clock: Callable[[], float]
    _methods: dict[_Key, dict[str, _Permission]] = field(default_factory=dict)
    _headers: dict[_Key, dict[str, _Permission]] = field(default_factory=dict)

    def covers_method(self, origin: str, url: str, method: str, credentials: bool) -> bool:
        """Whether a *method cache entry match* exists. `credentials`: the request's credentials mode is `include`."""
        held = self._methods.get((origin, url))
        return held is not None and (self._valid(held.get(method), credentials) or (self._wildcard_counts(held, credentials)))

    def covers_header(self, origin: str, url: str, name: str, credentials: bool) -> bool:
        """Whether a *header-name cache entry match* exists. `name` in lower case."""
        held = self._headers.get((origin, url))
        if held is None:
            return False
        if self._valid(held.get(name), credentials):
            return True
        if name == "authorization" and self.engine.cached_wildcard != "covers-authorization-too":
            return False
        return self._wildcard_counts(held, credentials)

    def store(self, origin: str, url: str, methods: Iterable[str], names: Iterable[str], max_age: int, credentials: bool) -> None:
        """Remember what a preflight allowed, for `max_age` seconds."""
        key = (origin, url)
        if self.engine.cache_replaced_by_newer:
            self.clear(origin, url)
        if max_age <= 0:
            return
        permission = _Permission(self.clock() + max_age, credentials)
        self._methods.setdefault(key, {}).update(dict.fromkeys(methods, permission))
        self._headers.setdefault(key, {}).update(dict.fromkeys(names, permission))

    def clear(self, origin: str, url: str) -> None:
        """Forget the preflights of this origin and URL (*clear cache entries*)."""
        self._methods.pop((origin, url), None)
        self._headers.pop((origin, url), None)

    def _wildcard_counts(self, held: dict[str, _Permission], credentials: bool) -> bool:
        return self.engine.cached_wildcard != "covers-nothing" and not credentials and self._valid(held.get("*"), credentials)

    def _valid(self, permission: _Permission | None, credentials: bool) -> bool:
        if permission is None or permission.expires <= self.clock():
            return False
        if self.engine.cache_apart_by_credentials:
            return permission.credentials == credentials
        return permission.credentials or not credentials


def max_age(response: WireResponse, engine: Engine) -> int:
    """Seconds for which the preflight answered by `response` is remembered: `Access-Control-Max-Age`, 5 when it is absent or
    empty."""
    value = response.header("access-control-max-age")
    if not value:  # an empty value is a list of nothing, in every engine
        return 5
    digits = value.removeprefix("-")
    if not (digits.isascii() and digits.isdigit()):
        return engine.unreadable_max_age
    seconds = int(value) if len(digits) < 10 else (10**9 if value[0] != "-" else -1)
    if seconds < 0:
        return engine.negative_max_age
    return seconds if engine.max_age_cap is None else min(seconds, engine.max_age_cap)
