"""Who may read the inspector's page and trigger what it offers: a browser on this machine, and no page but the inspector's own.

Pure functions of an ASGI scope. The page lies at the origin of the app that is developed, and any site that the developer visits
can send requests there; so what a browser says about the sender decides (`Host`, `Origin`, Fetch Metadata), and what it cannot
say wrongly: the address of the client. Sources: Fetch Metadata Request Headers; RFC 7239 (`Forwarded`); RFC 9110, *Via*.
"""

from __future__ import annotations

import secrets
from ipaddress import IPv6Address, ip_address
from typing import Final

from corsense.errors import quoted
from corsense.middleware.response_headers import Scope
from corsense.url import ParsedUrl, is_loopback_host, parse_url

TOKEN_HEADER: Final = "X-Corsense-Token"
"""The header with the token that the event stream hands out. No page of another origin can send it without a preflight, which is
never granted."""

_PROXY_HEADERS = frozenset(
    {b"forwarded", b"via", b"x-real-ip", b"x-client-ip", b"x-cluster-client-ip", b"x-original-host", b"x-original-url",
     b"x-host", b"x-proxyuser-ip", b"true-client-ip", b"client-ip", b"cdn-loop",
     b"x-cloud-trace-context", b"x-request-start"}
)  # fmt: skip
_PROXY_PREFIXES = (
    *(b"x-forwarded", b"x-original-forwarded", b"cf-", b"x-envoy-", b"x-amz-cf-", b"x-amzn-", b"x-azure-", b"x-appengine-"),
    *(b"fly-", b"fastly-", b"x-vercel-", b"x-nf-", b"ngrok-", b"x-ngrok-", b"tailscale-", b"x-ms-proxy", b"x-tunnel-", b"x-arr-"),
)
_OWN_SITES = (b"same-origin", b"none")
_LOCAL = "The inspector answers only browsers on this machine"


def new_token() -> str:
    """A token for one run of the server."""
    return secrets.token_urlsafe(32)


def refusal(scope: Scope, *, is_page: bool) -> str | None:
    """Why a request gets nothing of the inspector, in one sentence; None where it may read. `is_page`: it is for the HTML page,
    which a link on any site may open as a page of its own."""
    return _far_away(scope) or _other_host(scope) or _foreign_page(scope, is_page=is_page)


def refusal_to_act(scope: Scope, token: str) -> str | None:
    """Why a request that changes something is refused although it may read; None where it may act: the page's own script sent
    it, with the `token` of this run."""
    if _one(scope, b"origin") is None:
        return "Only the inspector's own page may do this: the request has no Origin header."
    sent = _one(scope, TOKEN_HEADER.lower().encode())
    if sent is None:
        return f"Only the inspector's own page may do this: the request has no {TOKEN_HEADER} header."
    if not secrets.compare_digest(sent, token.encode()):
        return "The server has restarted since this page was connected; try again once the page is live."
    return None


def _far_away(scope: Scope) -> str | None:
    """Whether the request comes, or may come, from another machine."""
    names = (bytes(name).lower() for name, _ in scope["headers"])
    forwarding = next((name for name in names if name in _PROXY_HEADERS or name.startswith(_PROXY_PREFIXES)), None)
    if forwarding is not None:
        return f"{_LOCAL}, and the header {quoted(forwarding.decode('latin-1'))} shows a proxy or tunnel in front of it."
    client = scope.get("client")
    if not client:
        return f"{_LOCAL}, and the server does not say who the client is; it listens on a Unix socket, perhaps."
    if not _is_loopback(str(client[0])):
        return f"{_LOCAL}, not {quoted(str(client[0]))}."
    return None


def _other_host(scope: Scope) -> str | None:
    """Whether the request is for a host that is not this machine's, which a name of any site can be made to resolve to."""
    own = _own(scope)
    if own is not None and is_loopback_host(own.host):
        return None
    named = [value.decode("latin-1") for name, value in scope["headers"] if name.lower() == b"host"]
    host = quoted(", ".join(named)) if named else "no host"
    return f"The inspector answers only at localhost or 127.0.0.1, and the request names {host}."


def _foreign_page(scope: Scope, *, is_page: bool) -> str | None:
    """Whether a page of another origin sent the request."""
    own = _own(scope)
    origins = [bytes(value) for name, value in scope["headers"] if name.lower() == b"origin"]
    if origins and (own is None or origins != [own.origin.encode()]):
        sender = quoted(b", ".join(origins).decode("latin-1"))
        return f"The inspector answers only its own page, and a page of the origin {sender} sent the request."
    sites = [bytes(value) for name, value in scope["headers"] if name.lower() == b"sec-fetch-site"]
    if all(site in _OWN_SITES for site in sites) or (is_page and _is_navigation(scope)):
        return None
    return "The inspector answers only its own page, and the browser says that another page sent the request."


def _is_navigation(scope: Scope) -> bool:
    """Whether a browser opens the address in a tab or window: not in a frame, and not for a script to read."""
    where = (_one(scope, b"sec-fetch-mode"), _one(scope, b"sec-fetch-dest"))
    return scope["method"] in ("GET", "HEAD") and where == (b"navigate", b"document")


def _own(scope: Scope) -> ParsedUrl | None:
    """The origin that the request is for; None where its `Host` cannot be one."""
    host = _one(scope, b"host")
    if host is None or any(character in b"/\\@?#% \t" for character in host):
        return None
    return parse_url(f"{scope.get('scheme', 'http')}://{host.decode('latin-1')}/")


def _is_loopback(address: str) -> bool:
    """Whether an address of a client is one of this machine's own, 127.0.0.1 written as IPv6 included."""
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    mapped = parsed.ipv4_mapped if isinstance(parsed, IPv6Address) else None
    return (mapped or parsed).is_loopback


def _one(scope: Scope, wanted: bytes) -> bytes | None:
    """The value of a header that is there exactly once."""
    values = [bytes(value) for name, value in scope["headers"] if name.lower() == wanted]
    return values[0] if len(values) == 1 else None
