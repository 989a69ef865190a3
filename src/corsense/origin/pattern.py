"""`Origin` and `OriginPattern`: one page's origin, and one entry of a policy's list."""

from __future__ import annotations

import re
from dataclasses import dataclass

from corsense.faults import Fault, PolicyError
from corsense.origin.spelling import DEFAULT_PORTS, MAX_HOST, MAX_ORIGIN, MAX_SCHEME, read_pattern
from corsense.url import is_development_host, is_loopback_host

_SERIALISED = re.compile(r"(?P<scheme>[a-z][a-z0-9+.-]*)://(?P<host>\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::(?P<port>[1-9][0-9]{0,4}))?")


@dataclass(frozen=True, slots=True)
class Origin:
    """A tuple origin as browsers serialise it: `scheme`, `host` (with brackets when an IPv6 address), `port` (None: the scheme's
    own). An opaque origin, `null`, is not an `Origin`. Source: HTML, *Origin*."""

    scheme: str
    host: str
    port: int | None = None

    @classmethod
    def parse(cls, text: str) -> Origin | None:
        """The origin that a browser would send as `text`; None when no browser would (`null`, a path, upper case, the default
        port, more than `MAX_ORIGIN` characters...)."""
        if len(text) > MAX_ORIGIN:
            return None
        found = _SERIALISED.fullmatch(text)
        if found is None:
            return None
        scheme, host = found["scheme"], found["host"]
        port = int(found["port"]) if found["port"] else None
        if len(scheme) > MAX_SCHEME or len(host) > MAX_HOST or host.startswith(".") or ".." in host:
            return None
        if port is not None and (port > 65535 or port == DEFAULT_PORTS.get(scheme)):
            return None
        return cls(scheme, host, port)

    @property
    def is_loopback(self) -> bool:
        """Whether the host is this machine."""
        return is_loopback_host(self.host)

    def __str__(self) -> str:
        return f"{self.scheme}://{self.host}" if self.port is None else f"{self.scheme}://{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class OriginPattern:
    """One entry of a policy's list of origins; make it with `OriginPattern.parse`.

    - `scheme`: `"https"`.
    - `host`: `"example.com"`, `"[::1]"`; with `subdomains`, what comes behind the `*.`.
    - `port`: None for the scheme's own, a number, or `"*"` for any, the scheme's own included.
    - `subdomains`: one or more labels, of any name, stand before `host`; `host` itself is not meant.
    """

    scheme: str
    host: str
    port: int | str | None = None
    subdomains: bool = False

    @classmethod
    def parse(cls, text: str) -> OriginPattern:
        """The pattern that `text` spells. Permitted and prohibited:

        | text | verdict |
        |---|---|
        | `https://example.com`, `http://localhost:3000` | permitted |
        | `capacitor://localhost`, `chrome-extension://abc` | permitted: any scheme but `file`, at most 64 characters |
        | `https://*.example.com` | permitted: one or more labels before `.example.com`; not `https://example.com` itself |
        | `http://localhost:*`, `https://*.example.com:*` | permitted: any port, the scheme's own included |
        | `http://127.0.0.1`, `http://[::1]:9090` | permitted: dotted quads, compressed IPv6 |
        | `https://www.xn--xample-9ua.com` | permitted: Punycode is what browsers send |
        | `https://example.com/`, `.../app`, `https://me@example.com` | prohibited: an origin has no path and no user |
        | `https://Example.com`, `https://www.éxample.com` | prohibited: browsers send lower case and Punycode |
        | `https://example.com:443`, `:0`, `:65536` | prohibited: browsers omit the default port; no such port |
        | `http://0x7f.1`, `http://[0:0:0:0:0:0:0:1]` | prohibited: browsers send the canonical address |
        | `null` | prohibited: any page can have that origin, in a sandboxed frame |
        | `file://...` | prohibited: the origin of a file is `null` |
        | `https://app-*.example.com`, `https://.*\\.example\\.com` | prohibited: no other wildcard, no regular expression |

        Raises `PolicyError` with the one fault, `field` being `"origin"`. Source: jub0bs/cors, `Config.Origins`; RFC 6454,
        section 6.2.
        """
        read = read_pattern(text, "origin")
        if isinstance(read, Fault):
            raise PolicyError((read,))
        return cls(*read)

    def matches(self, origin: str) -> bool:
        """Whether a page of `origin`, as browsers serialise it, is meant."""
        parsed = Origin.parse(origin)
        if parsed is None or parsed.scheme != self.scheme:
            return False
        if self.port not in ("*", parsed.port):
            return False
        if not self.subdomains:
            return parsed.host == self.host
        return parsed.host.endswith(f".{self.host}")

    @property
    def is_exact(self) -> bool:
        """Whether exactly one origin is meant."""
        return not self.subdomains and self.port != "*"

    @property
    def is_loopback(self) -> bool:
        """Whether its pages come from this machine."""
        return is_loopback_host(self.host)

    @property
    def is_insecure(self) -> bool:
        """Whether anyone on the network can forge its pages: plain http, and not from this machine. Schemes of apps and of
        browser extensions travel on no network."""
        return self.scheme == "http" and not self.is_loopback

    @property
    def is_development(self) -> bool:
        """Whether its pages exist only on a developer's machine or network."""
        return is_development_host(self.host)

    def covers(self, other: OriginPattern) -> bool:
        """Whether each origin that `other` means is meant here too."""
        if self.scheme != other.scheme or self.port not in ("*", other.port):
            return False
        if not self.subdomains:
            return self.host == other.host and not other.subdomains
        return other.host.endswith(f".{self.host}") or (other.subdomains and other.host == self.host)

    def example(self) -> str:
        """An origin that is meant."""
        host = f"app.{self.host}" if self.subdomains else self.host
        return str(Origin(self.scheme, host, self.port if isinstance(self.port, int) else None))

    def __str__(self) -> str:
        host = f"*.{self.host}" if self.subdomains else self.host
        return f"{self.scheme}://{host}" if self.port is None else f"{self.scheme}://{host}:{self.port}"
