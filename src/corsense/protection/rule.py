"""The rule: may this request write, or could a foreign page be behind it?

CORS decides who may read answers; it stops no form, no `text/plain` POST, no WebSocket and no page whose name was rebound to this
machine. What a browser says about the page behind a request is in three headers, and no single one is enough:

- `Sec-Fetch-Site` compares the page's origin with the target's, by the browser. It is not sent to plain http on named hosts (only
  to https and loopback), and Chromium sends none on WebSocket handshakes.
- `Origin` names the page, or is `null`: for a sandboxed frame and a file, but also for an own form under `no-referrer`.
- `Host` is the name that the browser used, so a rebound name shows there and nowhere else.

In this order:

1. A host that is not on the list is refused, whatever it requests: only that stops DNS rebinding. A request without `Host` is not
   from a browser, and goes on.
2. Safe methods pass, WebSocket handshakes excepted: they are GET, and open a channel that writes.
3. A trusted origin passes: one that the policy of this path admits. `null` names no page, so it cannot be trusted. Nor does a
   list help where `Origin` is the target's own and `Sec-Fetch-Site` calls the page foreign: see 5.
4. `Sec-Fetch-Site: same-origin` or `none` passes. One exception: a navigation without a destination was passed on by a service
   worker of the target (WebKit keeps the foreign page's `Origin` there), so its `Origin` must be the target's own.
5. `Sec-Fetch-Site: same-site` or `cross-site` is refused. One exception: WebKit says `cross-site` of an own form with
   `target=_blank`, so the navigation of a whole page with the target's own, secure `Origin` passes. A beacon of a sandboxed frame
   says the same of itself, and is no navigation.
6. Without `Sec-Fetch-Site`, `Origin` must be the target's own. Without both headers the client is not a browser, and passes.

The target's own means: an http or https page whose host and port are those that the request names. The page of a webview
(`capacitor://localhost`) or of an extension is never the target's own; it passes where the policy lists it.

What no header can show: a foreign form that a service worker of the target sends anew (`fetch()` instead of passing it on; in
Firefox also when it is passed on) looks like the target's own request. A token in the request does show it. And an app on plain
http cannot tell its https twin from itself behind a proxy that ends TLS, where `scheme` does not say so.

What is refused although it may be legitimate: a request that was redirected through another site, `null` over plain http on a
named host, and the form of a listed https page to plain http, which says `null` too.

Sources: Fetch, *`Origin` header*; Fetch Metadata Request Headers; RFC 6455, section 10.2; Go's `http.CrossOriginProtection`;
OWASP, Cross-Site Request Forgery Prevention; measured in Chromium 156, Firefox ESR 153 and WebKitGTK 2.50.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from corsense.protection.hosts import DEFAULT_PORTS, HostList, is_loopback, split_authority

SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
"""Methods that only read, by definition (RFC 9110, *Safe Methods*)."""

MAX_READ: Final = 300
"""How many bytes of a header are read: origins and hosts are shorter, and longer values match nothing."""


class ForeignReason(StrEnum):
    """Why a request is refused as foreign."""

    HOST_NOT_ALLOWED = "host-not-allowed"
    FOREIGN_ORIGIN = "foreign-origin"
    OPAQUE_ORIGIN = "opaque-origin"
    FOREIGN_SITE = "foreign-site"
    CONTRADICTED_ORIGIN = "contradicted-origin"
    RELAYED_NAVIGATION = "relayed-navigation"
    AMBIGUOUS_ORIGIN = "ambiguous-origin"


@dataclass(frozen=True, slots=True)
class Crossing:
    """What one request says about itself. Header values are as sent, without lines joined; None: absent.

    - `authority`: host and port as the client named them: `Host`, or `X-Forwarded-Host` of a trusted proxy. None: no `Host`.
    - `secure`: the request came over https, as far as the server knows.
    - `origins`: every `Origin` line.
    """

    method: str
    authority: str | None
    secure: bool = False
    websocket: bool = False
    origins: tuple[str, ...] = ()
    site: str | None = None
    mode: str | None = None
    destination: str | None = None

    @property
    def writes(self) -> bool:
        """Whether the request may change something: any method that is not safe, and every WebSocket handshake."""
        return self.websocket or self.method not in SAFE_METHODS

    @property
    def origin(self) -> str | None:
        return self.origins[0] if self.origins else None


def judge(crossing: Crossing, hosts: HostList, *, trusted: bool = False) -> ForeignReason | None:
    """Why the request is refused; None when it passes. `trusted`: the policy of its path admits its origin. Headers longer than
    `MAX_READ` characters match nothing."""
    if crossing.authority is not None and not hosts.admits(crossing.authority):
        return ForeignReason.HOST_NOT_ALLOWED
    if not crossing.writes:
        return None
    if len(crossing.origins) > 1:
        return ForeignReason.AMBIGUOUS_ORIGIN
    own = is_own(crossing, hosts)
    contradicted = own and is_secure(crossing) and crossing.site not in (None, "same-origin", "none")
    if trusted and crossing.origin != "null" and not contradicted:
        return None
    if crossing.site in ("same-origin", "none"):
        relayed = crossing.mode == "navigate" and crossing.destination == "empty" and not own
        return ForeignReason.RELAYED_NAVIGATION if relayed else None
    if crossing.site is not None:
        if not contradicted:
            return _foreign(crossing)
        page = crossing.mode == "navigate" and crossing.destination == "document"
        return None if page else ForeignReason.CONTRADICTED_ORIGIN
    return None if own or crossing.origin is None else _foreign(crossing)


def passes_at_sight(origin: bytes | None, site: bytes | None, mode: bytes | None) -> bool:
    """Whether steps 4 and 6 let a request pass regardless of who is trusted: the usual write, decided without a `Crossing`. The
    caller has admitted the host, and seen one `Origin` at most."""
    if site is None:
        return origin is None
    return (site == b"same-origin" or site == b"none") and mode != b"navigate"


def is_own(crossing: Crossing, hosts: HostList) -> bool:
    """Whether `Origin` is the target's own: host and port are those of the request, or those of a listed host, which is how a
    browser names a server behind a proxy that rewrites `Host`. An https target has no http pages."""
    origin = crossing.origin or ""
    scheme, _, authority = origin.partition("://")
    if not authority or len(origin) > MAX_READ or scheme not in DEFAULT_PORTS or (crossing.secure and scheme == "http"):
        return False
    named = (crossing.authority or "").lower()
    # Browsers leave the default port out; proxies write it: `proxy_set_header Host $host:$server_port`.
    return named in (authority, f"{authority}:{DEFAULT_PORTS[scheme]}") or hosts.names(scheme, authority)


def is_secure(crossing: Crossing) -> bool:
    """Whether no one on the network can have forged the page: it is on https, or on this machine."""
    scheme, _, authority = (crossing.origin or "").partition("://")
    return scheme == "https" or is_loopback(split_authority(authority)[0])


def _foreign(crossing: Crossing) -> ForeignReason:
    if crossing.origin is None:
        return ForeignReason.FOREIGN_SITE
    return ForeignReason.OPAQUE_ORIGIN if crossing.origin == "null" else ForeignReason.FOREIGN_ORIGIN
