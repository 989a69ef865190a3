"""`CrossOriginProtection`: how the rule is applied to an app."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from corsense.protection.hosts import HostList

Mode = Literal["report", "enforce"]
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True, slots=True)
class CrossOriginProtection:
    """Refuses writes of foreign pages: form posts, `text/plain` and beacons, WebSocket handshakes, rebound names. The CORS
    policy of the path says who is trusted.

    - `mode`: `report` logs and counts what `enforce` would refuse, and lets it pass.
    - `hosts`: the names under which browsers reach the server (`api.example.com`, `*.example.com`; behind a proxy that rewrites
      `Host` also the name that it writes, and the port of the public one where it is not the default: `shop.example:8443`).
      Requests that name another host are refused with 421, which stops DNS rebinding. Addresses, `localhost` and `.local` names
      always pass. Empty: any host; the list is never guessed.
    - `exempt`: paths that are not judged, with the patterns of `policies`: `/sso/callback`, to which another site posts a form
      on purpose, `/webhooks/*`. A sender that is not a browser passes anyway.
    - `trusted_proxies`: addresses or networks of reverse proxies. Only their `X-Forwarded-Host` is believed. Where the server
      itself takes the client's address from `X-Forwarded-For` (uvicorn does for proxies on this machine), no proxy is recognised:
      name the public hosts in `hosts` instead.

    `Policy(websockets=True)` is judged by the same rule, and refused in both modes. Raises ValueError, naming the value, for what
    none of these can be; `install` raises PolicyError for a pattern of `exempt` that matches no path.
    """

    mode: Mode = "report"
    hosts: Sequence[str] = ()
    exempt: Sequence[str] = ()
    trusted_proxies: Sequence[str] = ()
    host_list: HostList = field(init=False, repr=False, compare=False)
    networks: tuple[Network, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.mode not in ("report", "enforce"):
            raise ValueError(f"mode is {self.mode!r}; it must be 'report' or 'enforce'.")
        for name in ("hosts", "exempt", "trusted_proxies"):
            given = getattr(self, name)
            if isinstance(given, str):
                raise ValueError(f"{name} must be a list, not a string: [{given!r}].")
            object.__setattr__(self, name, tuple(given))
        wrong = next((path for path in self.exempt if not path.startswith("/")), None)
        if wrong is not None:
            raise ValueError(f"exempt has {wrong!r}; paths begin with '/': '/webhooks/*'.")
        object.__setattr__(self, "host_list", HostList(self.hosts))
        object.__setattr__(self, "networks", tuple(_network(text) for text in self.trusted_proxies))

    def trusts_proxy(self, address: str) -> bool:
        """Whether the peer at this address is a trusted proxy."""
        if not self.networks:
            return False
        try:
            found = ipaddress.ip_address(address)
        except ValueError:
            return False
        # A socket for both families writes IPv4 addresses so.
        peer = getattr(found, "ipv4_mapped", None) or found
        return any(peer in network for network in self.networks)


def protection_of(given: Mode | CrossOriginProtection) -> CrossOriginProtection:
    """What `protection=` of `install` and `CORSMiddleware` means. Raises TypeError and ValueError."""
    if isinstance(given, CrossOriginProtection):
        return given
    if isinstance(given, str):
        return CrossOriginProtection(mode=given)
    raise TypeError(f"protection must be 'report', 'enforce' or a CrossOriginProtection, not {type(given).__name__}.")


def _network(text: str) -> Network:
    try:
        return ipaddress.ip_network(text)
    except ValueError:
        raise ValueError(f"trusted_proxies has {text!r}; write an address or a network: '10.0.0.0/8'.") from None
