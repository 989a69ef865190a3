"""The host names that a server accepts, which stops DNS rebinding.

A page of `evil.example` whose name is resolved anew, to 127.0.0.1, has the same origin as the server that it then calls. The
browser sees nothing foreign; only `Host` still says `evil.example`. Names that nobody can rebind pass without being listed: IP
literals, `localhost` and below, and `.local`, which is resolved on the local network only.

Sources: CVE-2018-5702 and its many siblings. Fetch Metadata does not help: a rebound name on plain http gets no `Sec-Fetch-*`.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from typing import Final

_LONGEST: Final = 300

DEFAULT_PORTS: Final = {"http": "80", "https": "443"}
"""Ports that browsers leave out of an origin and of `Host`, by the schemes that a server has pages on."""


class HostList:
    """An immutable list of hosts. An entry is `api.example.com`, `*.example.com` (names below it) or `api.example.com:8443`; the
    port matters only to recognise the server's own pages (`names`). An empty list admits every host.

    Raises ValueError for an entry that is not a host, naming it.
    """

    __slots__ = ("_exact", "_suffixes", "entries")

    def __init__(self, entries: Iterable[str] = ()) -> None:
        self.entries: tuple[str, ...] = tuple(dict.fromkeys(_entry(text) for text in entries))
        hosts = [split_authority(entry)[0] for entry in self.entries]
        self._exact = frozenset(host for host in hosts if not host.startswith("*."))
        self._suffixes = tuple(host[1:] for host in hosts if host.startswith("*."))

    def admits(self, authority: str) -> bool:
        """Whether a request may name this host (and any port)."""
        if not self.entries:
            return True
        if len(authority) > _LONGEST:
            return False
        host = split_authority(authority.lower())[0].removesuffix(".")
        return host in self._exact or host.endswith(self._suffixes) or is_not_rebindable(host)

    def names(self, scheme: str, authority: str) -> bool:
        """Whether a page at `scheme://authority` is a page of a listed host. An entry without a port means the default one."""
        if not self.entries or scheme not in DEFAULT_PORTS or len(authority) > _LONGEST:
            return False
        return authority in self.entries or f"{authority}:{DEFAULT_PORTS[scheme]}" in self.entries

    def __repr__(self) -> str:
        return f"HostList({list(self.entries)!r})"


def split_authority(authority: str) -> tuple[str, str]:
    """Host and port of `host:port`; the port is empty when there is none. `[::1]:8000` is `[::1]` and `8000`."""
    if authority.startswith("["):
        host, bracket, rest = authority.partition("]")
        return host + bracket, rest.removeprefix(":")
    host, _, port = authority.partition(":")
    return host, port


def is_loopback(host: str) -> bool:
    """Whether the host is this machine: `localhost` and names below it, 127.0.0.0/8, `[::1]`."""
    name = host.removesuffix(".")
    if name == "localhost" or name.endswith(".localhost"):
        return True
    address = _address(host)
    return address is not None and address.is_loopback


def is_not_rebindable(host: str) -> bool:
    """Whether no foreign page can have this host: an address, a name of this machine, a name of the local network."""
    return is_loopback(host) or host.endswith(".local") or _address(host) is not None


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return None


def _entry(text: str) -> str:
    entry = text.strip().lower().removesuffix(".")
    host, port = split_authority(entry)
    plain = host.removeprefix("*.")
    if not plain or any(sign in plain for sign in "/*@ \t,") or "://" in entry or (port and not port.isdigit()):
        raise ValueError(f"{text!r} is not a host; write a name such as 'api.example.com', without scheme and path.")
    return entry
