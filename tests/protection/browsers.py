"""What each browser says of itself when a page writes: the kinds that the corpus varies over, as functions of page and target.

Written after `tests/data/protection/requests.jsonl` (Chromium 156, Firefox ESR 153, WebKitGTK 2.50), and held against it by a
test, so that the rule can be asked about pages and targets that nobody recorded.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

from corsense.protection import Crossing

Engine = Literal["chromium", "firefox", "webkit"]
ENGINES: tuple[Engine, ...] = ("chromium", "firefox", "webkit")

MODES = {
    "form": ("navigate", "document"),
    "framed form": ("navigate", "iframe"),
    "fetch": ("cors", "empty"),
    "no-cors fetch": ("no-cors", "empty"),
    "beacon": ("no-cors", "empty"),
    "websocket": ("websocket", "empty"),
}
"""Mode and destination of each kind of write."""


@dataclass(frozen=True)
class Write:
    """A page (`null`: a sandboxed frame, a file, a data URL) that writes to a target, and how."""

    page: str
    target: str
    kind: str
    engine: Engine
    no_referrer: bool = False

    @property
    def is_own(self) -> bool:
        return self.page == self.target


def said(write: Write) -> Crossing | None:
    """What arrives; None where this browser sends nothing."""
    page, target = urlsplit(write.page), urlsplit(write.target)
    downgrade = page.scheme == "https" and target.scheme == "http"
    if downgrade and not is_trustworthy(write.target) and (write.engine, write.kind) != ("webkit", "form"):
        return None  # mixed content
    mode, destination = MODES[write.kind]
    site: str | None = site_of(write.page, write.target, write.engine)
    if not is_trustworthy(write.target) or (write.kind == "websocket" and write.engine == "chromium"):
        site = None
    if write.kind == "websocket" and write.engine == "webkit":
        destination = "websocket"
    return Crossing(
        "GET" if write.kind == "websocket" else "POST",
        target.netloc,
        secure=target.scheme == "https",
        websocket=write.kind == "websocket",
        origins=(_origin(write, downgrade),),
        site=site,
        mode=mode if site is not None else None,
        destination=destination if site is not None else None,
    )


def _origin(write: Write, downgrade: bool) -> str:
    """Source: FINDINGS 5 and 6: who hides the page under `no-referrer`, and on the way from https to http."""
    if write.kind in ("form", "framed form"):
        hidden = write.no_referrer or (downgrade and write.engine != "webkit")
    elif write.kind in ("no-cors fetch", "beacon"):
        hidden = write.engine != "chromium" and (write.no_referrer or (downgrade and write.engine == "firefox"))
    else:
        hidden = False
    return "null" if hidden else write.page


def is_trustworthy(origin: str) -> bool:
    url = urlsplit(origin)
    host = url.hostname or ""
    return url.scheme == "https" or host in ("localhost", "127.0.0.1", "::1") or host.endswith(".localhost")


def site_of(page: str, target: str, engine: Engine) -> str:
    """`Sec-Fetch-Site`, by scheme and registrable domain; Firefox takes no two IPv6 origins for one site, and
    `localhost` for one site whatever the scheme."""
    if page == target:
        return "same-origin"
    here, there = urlsplit(page), urlsplit(target)
    same = here.scheme == there.scheme and _site(here.hostname) == _site(there.hostname)
    if engine == "firefox":
        same = (same and ":" not in (there.hostname or "")) or here.hostname == there.hostname == "localhost"
    return "same-site" if same else "cross-site"


def _site(host: str | None) -> str:
    host = host or "null"
    if ":" in host or host.replace(".", "").isdigit() or host.endswith("localhost"):
        return host
    return ".".join(host.split(".")[-2:])
