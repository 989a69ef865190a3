"""Where the engines depart from the Fetch standard, and from each other, as observed.

Each field is one departure; the defaults are the standard. In everything else, all engines follow the standard.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from corsense.fetch.trace import EngineName

LONGEST_AGE: Final = 86400
"""The longest time for which any engine caches a preflight, in seconds: Firefox. Source: `nsCORSListenerProxy.cpp`."""
CLIENT_HINTS = frozenset(
    {"device-memory", "downlink", "dpr", "ect", "rtt", "save-data", "viewport-width", "width"}
)  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Engine:
    """One engine's departures from the standard."""

    name: EngineName

    # CORS-safelisted request-headers
    safelisted_client_hints: frozenset[str] = frozenset()
    """Client hints that count as safelisted."""
    non_ascii_is_unsafe: bool = False
    """Bytes above 0x7F are CORS-unsafe request-header bytes."""
    range_unit_any_case: bool = False
    """`Range: BYTES=0-5` is safelisted like `bytes=0-5`."""
    ignores_user_agent: bool = False
    """A `User-Agent` that script sets is dropped."""

    # CORS-preflight fetch
    preflight_checks: Literal["redirect-origin-status", "origin-redirect-status", "status-origin"] = "origin-redirect-status"
    """The order in which the answer to a preflight is judged: the first fault is reported."""
    reads_both_lists_first: bool = True
    """A list of headers that cannot be read is reported before a method that is not allowed."""
    refused_header_order: Literal["sorted", "script"] = "sorted"
    """Which of several refused headers is named: the first in byte order, or the first the script set."""
    repeats_duplicate_names: bool = False
    """A header set twice is named twice in `Access-Control-Request-Headers`."""
    wildcard_covers_authorization: bool = False
    """`Access-Control-Allow-Headers: *` lets `Authorization` pass."""
    upload_listener_needs_body: bool = False
    """Listeners on `xhr.upload` force a preflight only when there is a body to upload."""
    proxy_auth_fails_preflight: bool = False
    """A 407 to a preflight is a network error."""

    # What counts as which fault in Access-Control-Allow-Origin
    origin_faults: Literal["chromium", "firefox", "webkit"] = "chromium"
    """Whose names the faults of `Access-Control-Allow-Origin` get: several values, an invalid value, another origin."""

    # CORS-preflight cache
    max_age_cap: int | None = None
    """Seconds for which a preflight is cached at most."""
    unreadable_max_age: int = 5
    """Seconds for an `Access-Control-Max-Age` that is not a number; an empty one counts as absent."""
    negative_max_age: int = 5
    """Seconds for a negative `Access-Control-Max-Age`."""
    cached_wildcard: Literal["covers", "covers-authorization-too", "covers-nothing"] = "covers"
    """What a remembered `*` stands for in later requests."""
    cache_apart_by_credentials: bool = False
    """Preflights with and without credentials are remembered apart, in both directions."""
    cache_replaced_by_newer: bool = False
    """A new preflight forgets what an older one for the same URL had allowed."""
    failure_clears_cache: bool = True
    """A preflighted request that fails makes the browser forget the preflight."""
    cache_mode_skips_preflight_cache: bool = False
    """`cache: "no-store"` and `"reload"` also skip the preflight cache."""

    # HTTP-redirect fetch
    preflight_carries_page_origin: bool = False
    """After a tainting redirect the preflight still names the page's origin, and is checked against it."""
    redirect_repeats_preflight: bool = False
    """A request that needed a preflight gets one after each redirect, even where its new form would not need one."""
    redirect_keeps_origin: bool = False
    """A request that a redirect within one origin makes a GET still carries `Origin`, also in mode `no-cors`."""
    redirect_preflight_names_dropped_headers: bool = False
    """The preflight after a redirect names all that script set: also `Authorization`, which another origin does not get, and the
    `Content-Type` of a body that is dropped."""
    redirect_userinfo_always_refused: bool = False
    """A redirect to a URL with userinfo is refused also within one origin and in mode `no-cors`, without a CORS error, but not to
    an XMLHttpRequest."""
    redirect_url_before_mode: bool = False
    """Where the request asked for redirects to be errors, a redirect to a URL with userinfo, or to a scheme such as `data`, is
    refused for that before."""

    # What a request carries
    stream_body: Literal["needs-http2", "sent-as-text", "refused"] = "needs-http2"
    """A `ReadableStream` as body: sent over HTTP/2 only, after a preflight; turned into the text `[object ReadableStream]`, which
    forces none; or refused before anything is sent."""
    hides_origin_on_downgrade: bool = True
    """In mode `no-cors`, a page on https does not tell a server on http its origin (*append a request Origin header*)."""

    websocket_follows_redirects: bool = False
    """A redirect in answer to the handshake of a WebSocket is followed (WebKitGTK); the standard and the others refuse it."""

    # Mixed Content, Local Network Access
    asks_for_local_network: bool = False
    """Calls to a more private address space than the page's need a permission that the user gives."""
    asks_websockets_for_local_network: bool = False
    """The same for WebSockets. Chromium since 147."""
    loopback_is_mixed_content: bool = False
    """A secure page may not call `http://localhost`."""
    refuses_mode_before_mixed_content: bool = False
    """Mode `same-origin` is refused before the check for mixed content."""
    refuses_redirected_mode_before_mixed_content: bool = False
    """The same after a redirect."""
    preflights_redirect_before_mixed_content: bool = False
    """After a redirect, the check for mixed content follows the preflight."""


ENGINES: dict[EngineName, Engine] = {
    "standard": Engine(name="standard"),
    "chromium": Engine(
        name="chromium",
        safelisted_client_hints=CLIENT_HINTS,
        hides_origin_on_downgrade=False,
        ignores_user_agent=True,
        preflight_checks="redirect-origin-status",
        refused_header_order="script",
        wildcard_covers_authorization=True,
        upload_listener_needs_body=True,
        proxy_auth_fails_preflight=True,
        max_age_cap=7200,
        negative_max_age=0,
        cache_replaced_by_newer=True,
        failure_clears_cache=False,
        cache_mode_skips_preflight_cache=True,
        redirect_userinfo_always_refused=True,
        redirect_url_before_mode=True,
        asks_for_local_network=True,
        asks_websockets_for_local_network=True,
        refuses_mode_before_mixed_content=True,
        refuses_redirected_mode_before_mixed_content=True,
    ),
    "firefox": Engine(
        name="firefox",
        non_ascii_is_unsafe=True,
        reads_both_lists_first=False,
        repeats_duplicate_names=True,
        wildcard_covers_authorization=True,
        origin_faults="firefox",
        max_age_cap=LONGEST_AGE,
        unreadable_max_age=0,
        negative_max_age=0,
        cached_wildcard="covers-nothing",
        cache_apart_by_credentials=True,
        cache_mode_skips_preflight_cache=True,
        preflight_carries_page_origin=True,
        stream_body="sent-as-text",
        refuses_mode_before_mixed_content=True,
        redirect_repeats_preflight=True,
    ),
    "webkit": Engine(
        name="webkit",
        range_unit_any_case=True,
        stream_body="refused",
        preflight_checks="status-origin",
        wildcard_covers_authorization=True,
        origin_faults="webkit",
        max_age_cap=600,
        negative_max_age=0,
        cached_wildcard="covers-authorization-too",
        cache_replaced_by_newer=True,
        failure_clears_cache=False,
        redirect_repeats_preflight=True,
        redirect_preflight_names_dropped_headers=True,
        loopback_is_mixed_content=True,
        refuses_mode_before_mixed_content=True,
        preflights_redirect_before_mixed_content=True,
        redirect_keeps_origin=True,
        websocket_follows_redirects=True,
    ),
}


def engine_of(user_agent: str) -> EngineName:
    """The engine that a `User-Agent` names; Chromium's where none is named."""
    text = user_agent.lower()
    if "chrome/" in text or "chromium/" in text:
        return "chromium"
    if "firefox/" in text or "gecko/20100101" in text:
        return "firefox"
    return "webkit" if "applewebkit/" in text else "chromium"
