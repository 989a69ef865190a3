"""URLs as browsers read them (WHATWG URL), parsed once and kept."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import ip_address, ip_network
from typing import Literal

if sys.platform == "emscripten":  # in a page, on Pyodide: the parser of the browser itself
    import js
    from pyodide.ffi import JsException

    def _url(text: str, base: str | None) -> URL:
        """The URL. Raises ValueError when `text` is not one."""
        f"{text}{base}".encode()  # half of a surrogate pair is no text, and raises
        try:
            return js.URL.new(text, base) if base is not None else js.URL.new(text)
        except JsException as error:
            raise ValueError(str(error)) from None

else:
    from ada_url import URL

    def _url(text: str, base: str | None) -> URL:
        """The URL. Raises ValueError when `text` is not one."""
        return URL(text, base=base) if base is not None else URL(text)


HTTP_SCHEMES = frozenset({"http", "https"})
_SPECIAL = frozenset({"http:", "https:", "ws:", "wss:", "ftp:", "file:"})


@dataclass(frozen=True, slots=True)
class ParsedUrl:
    """The parts of a URL that CORS asks about.

    `href` is the serialised URL, `request_url` the same without userinfo and fragment (what goes on the wire), `origin` its
    serialised origin or `"null"` when opaque, `host` the host without port, `has_credentials` whether it names a user or a
    password.
    """

    href: str
    request_url: str
    scheme: str
    origin: str
    host: str
    port: int | None
    has_credentials: bool
    fragment: str

    @property
    def is_http(self) -> bool:
        """Whether the scheme is `http` or `https`."""
        return self.scheme in HTTP_SCHEMES


@lru_cache(maxsize=8192)
def parse_url(text: str, base: str | None = None) -> ParsedUrl | None:
    """Parse `text`, relative to `base` when given; None when it is not a URL. Source: URL Standard, *URL parsing*."""
    try:
        url = _url(text, base)
    except ValueError:
        return None
    if "%" in url.hostname and url.protocol in _SPECIAL:
        return None  # Chromium keeps a blank in a host as %20, which no host has
    href, fragment = url.href, url.hash
    sent = href[: -len(fragment)] if fragment else href.removesuffix("#")
    if url.username or url.password:
        sent = sent.replace(sent[sent.index("//") + 2 : sent.index("@", sent.index("//")) + 1], "", 1)
    return ParsedUrl(
        href=href,
        request_url=sent,
        scheme=url.protocol.removesuffix(":"),
        origin=url.origin if url.protocol != "file:" else "null",  # Chromium and WebKit write file://
        host=url.hostname,
        port=int(url.port) if url.port else None,
        has_credentials=bool(url.username or url.password),
        fragment=fragment,
    )


def is_loopback_host(host: str) -> bool:
    """Whether `host` names this machine: `localhost`, `*.localhost` (either with a dot at the end, too), 127.0.0.0/8 or `[::1]`.
    Source: Secure Contexts, *Is origin potentially trustworthy?*; RFC 6761, section 6.3."""
    name = host[:-1] if host.endswith(".") else host
    return (
        name == "localhost"
        or name.endswith(".localhost")
        or host == "[::1]"
        or (host.startswith("127.") and host.count(".") == 3 and host.replace(".", "").isdecimal())
    )


_SHARED_ADDRESSES = ip_network("100.64.0.0/10")  # RFC 6598: behind a carrier, or a private overlay network
# RFC 6761 (test), RFC 6762 with its appendix G (local and what private networks use), RFC 8375, ICANN 2024 (internal).
_PRIVATE_SUFFIXES = (".test", ".local", ".internal", ".home.arpa", ".lan", ".home", ".corp", ".intranet", ".private")


def is_development_host(host: str) -> bool:
    """Whether `host` exists only on a developer's machine or network, never on the public web: this machine, a name without a dot
    (`frontend` of a Compose file), a private or link-local address, a name that is reserved for private networks, or a public
    name below a domain that begins with the label `localhost`, which by convention resolves to this machine."""
    name = host.removesuffix(".")
    if is_loopback_host(host) or name.endswith(_PRIVATE_SUFFIXES) or _begins_with_localhost(name):
        return True
    try:
        address = ip_address(name.strip("[]"))
    except ValueError:
        return bool(name) and "." not in name
    return address.is_private or address.is_link_local or address in _SHARED_ADDRESSES


def assumed_scheme(address: str) -> Literal["http", "https"]:
    """The scheme that a page at `address` most likely has, which begins with a host and names no scheme: http where only a
    developer's machine or network has the host, else https."""
    host = address.partition("/")[0]
    host = host if host.endswith("]") else host.rpartition(":")[0] or host
    return "http" if is_development_host(host) else "https"


def _begins_with_localhost(name: str) -> bool:
    """`localhost.example.com`, and not `localhost.com`, which is a domain of its own."""
    return name.startswith("localhost.") and name.count(".") > 1


def is_trustworthy_origin(origin: str) -> bool:
    """Whether a page of this origin is a secure context as far as its origin tells: https, or this machine. An opaque origin
    counts as its creator's, which is assumed to be secure. Source: Secure Contexts, *Is origin potentially trustworthy?*"""
    url = parse_url(origin)
    return url is None or url.scheme == "https" or is_loopback_host(url.host)


def is_more_private(host: str, address_space: str | None) -> bool:
    """Whether `host` lies in a more private address space than a page loaded from `address_space` (`public`, `local`,
    `loopback`). Only names and addresses that are private by themselves are recognised. Source: Local Network Access, *IP Address
    Space*."""
    match address_space:
        case "public":
            return is_loopback_host(host) or _is_local_address(host)
        case "local":
            return is_loopback_host(host)
        case _:
            return False


def _is_local_address(host: str) -> bool:
    try:
        return ip_address(host.strip("[]")).is_private
    except ValueError:
        return host.endswith(".local")
