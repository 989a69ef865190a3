"""`FetchRequest`: what a page's script asks for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from corsense.fetch.wire import Headers, pairs

Credentials = Literal["omit", "same-origin", "include"]
Mode = Literal["cors", "no-cors", "same-origin", "navigate"]
Redirect = Literal["follow", "error", "manual"]
AddressSpace = Literal["public", "local", "loopback"]
Cache = Literal["default", "no-store", "reload", "no-cache", "force-cache", "only-if-cached"]


@dataclass(frozen=True, slots=True)
class FetchRequest:
    """What page script asks for (the arguments of `fetch()`, or of an `XMLHttpRequest`), and where the page comes from.

    - `url`: absolute URL of the target.
    - `origin`: the page's origin, serialised (`https://app.example.com`), or `"null"` for an opaque one (a `file:` page, a
      sandboxed frame).
    - `headers`: pairs, as the script set them.
    - `credentials`, `mode`, `redirect`, `cache`: as in `fetch()`'s options. An XMLHttpRequest has `credentials="include"`
      when `withCredentials`.
    - `body`: `str` and `bytes` stand for themselves, an iterator for a `ReadableStream`. It decides the default
      `Content-Type`, whether a preflight is forced and whether a redirect can be followed.
    - `initiator`: `fetch`, `xhr`, `eventsource`, `script`, `image`, `font`...: the word the console uses, and
      XMLHttpRequest's own rules. `form`: a form is submitted, which navigates; give `mode="no-cors"`. `websocket`: the
      handshake of `new WebSocket(url)`, of which only `url`, `origin`, `cookies`, `address_space` and a
      `Sec-WebSocket-Protocol` in `headers` count.
    - `upload_listeners`: listeners were registered on `xhr.upload` before `send()`, which forces a preflight.
    - `cookies`: the page's browser holds cookies for the target.
    - `address_space`: where the page was loaded from, for Chromium's Local Network Access: a `public` page may not call this
      machine or the local network without permission. None: not considered.

    Source: Fetch, *Requests* and *Fetch method*.
    """

    url: str
    origin: str
    method: str = "GET"
    headers: Headers = ()
    credentials: Credentials = "same-origin"
    mode: Mode = "cors"
    redirect: Redirect = "follow"
    body: str | bytes | Iterable[bytes] | None = None
    initiator: str = "fetch"
    upload_listeners: bool = False
    cookies: bool = False
    cache: Cache = "default"
    address_space: AddressSpace | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "headers", pairs(self.headers))
