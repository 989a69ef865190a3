"""What a browser does not send, whatever CORS allows: requests to the ports of other protocols, and mixed content."""

from __future__ import annotations

from corsense.fetch.engines import Engine
from corsense.url import ParsedUrl, is_loopback_host

_BAD_PORTS = frozenset(
    {
        0, 1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102, 103, 104, 109, 110, 111,
        113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465, 512, 513, 514, 515, 526, 530, 531, 532, 540, 548,
        554, 556, 563, 587, 601, 636, 989, 990, 993, 995, 1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665,
        6666, 6667, 6668, 6669, 6679, 6697, 10080,
    }
)  # fmt: skip


def has_bad_port(url: ParsedUrl) -> bool:
    """Whether `url` names the port of another protocol. Source: Fetch, *Port blocking*."""
    return url.port in _BAD_PORTS


def is_mixed_content(url: ParsedUrl, origin: str, engine: Engine) -> bool:
    """Whether a page of `origin`, on https, may not call `url` because that is not encrypted. Source: Mixed Content, *Should
    fetching request be blocked as mixed content?*"""
    if url.scheme not in ("http", "ws") or not origin.startswith("https://"):
        return False
    return engine.loopback_is_mixed_content or not is_loopback_host(url.host)
