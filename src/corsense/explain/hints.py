"""What the addresses in a message reveal: a tunnel, a gateway, a login, a container's name, a page opened from disk."""

from __future__ import annotations

import re
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

_TUNNELS = re.compile(
    r"(?:^|\.)(?:ngrok(?:-free)?\.(?:app|dev|io)|loca\.lt|devtunnels\.ms|app\.github\.dev|trycloudflare\.com|"
    r"pinggy\.(?:io|link)"
    r"|serveo\.net|ngrok\.pizza)$"
)
_GATEWAYS = {
    "api-gateway": re.compile(r"(?:^|\.)execute-api\.[\w-]+\.amazonaws\.com$"),
    "lambda-url": re.compile(r"(?:^|\.)lambda-url\.[\w-]+\.on\.aws$"),
    "azure": re.compile(r"(?:^|\.)azure-api\.net$"),
}

_UPLOAD = re.compile(r"/(?:uploads?|imports?|attachments?|avatars?)(?:[/_-]|$)", re.IGNORECASE)

_FIRST_DYNAMIC_PORT = 49_152


def parts(url: str | None) -> SplitResult:
    """The parts of an address; all empty where it is not one."""
    try:
        return urlsplit(url or "")
    except ValueError:
        return urlsplit("")


def host(url: str | None) -> str:
    """The host in an address, in lower case."""
    try:
        return (parts(url).hostname or "").lower()
    except ValueError:
        return ""


def without_query(url: str | None) -> str:
    """The address without user name, query and fragment, which may hold secrets; empty where it is not one."""
    where = parts(url)
    name = where.netloc.rpartition("@")[2]
    return f"{where.scheme}://{name}{where.path}" if where.scheme and name else ""


def is_tunnel(url: str | None) -> bool:
    """Whether the address is one of a tunnel to a developer's machine."""
    return _TUNNELS.search(host(url)) is not None


def gateway(url: str | None) -> str | None:
    """The managed gateway at the address, which answers preflights, or refuses calls, by itself; None for any other address."""
    name = host(url)
    return next((layer for layer, pattern in _GATEWAYS.items() if pattern.search(name)), None)


def is_cloud_run(url: str | None) -> bool:
    """Whether the address is that of a service on Cloud Run, which refuses calls without an identity where IAM is on."""
    return host(url).endswith(".run.app")


def is_upload(url: str | None) -> bool:
    """Whether the path says that files are sent there, whose size a proxy may refuse."""
    return _UPLOAD.search(parts(url).path) is not None


def has_default_port(url: str | None) -> bool:
    """Whether the address names no port, so that a proxy is likelier there than a development server."""
    try:
        return parts(url).port in (None, 80, 443)
    except ValueError:
        return False


def is_local(url: str | None) -> bool:
    """Whether the address is this machine or a private network."""
    name = host(url)
    if name == "localhost" or name.endswith((".localhost", ".local", ".internal", ".lan")):
        return True
    try:
        return ip_address(name).is_private
    except ValueError:
        return False


def is_loopback(url: str | None) -> bool:
    """Whether the address is this machine."""
    name = host(url)
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return False


def is_port_of_one_run(origin: str | None) -> bool:
    """Whether a page of this machine has a port that the system chose, as `flutter run` takes one: the next run has another.
    Source: RFC 6335, *Dynamic Ports*."""
    try:
        return is_loopback(origin) and (parts(origin).port or 0) >= _FIRST_DYNAMIC_PORT
    except ValueError:
        return False


def is_of_a_container(url: str | None) -> bool:
    """Whether the host is a single word, as services in a Compose file or a cluster have it, or the name for a
    container's host."""
    name = host(url)
    if name == "host.docker.internal":
        return True
    return bool(name) and name != "localhost" and "." not in name and ":" not in name


def is_mixed(page: str | None, url: str | None) -> bool:
    """Whether a page on https calls plain http (or ws) of another machine."""
    return parts(page).scheme == "https" and parts(url).scheme in ("http", "ws") and not is_loopback(url)


def differs_by_scheme(page: str | None, url: str | None) -> bool:
    """Whether a page on https calls its own host on plain http."""
    return is_mixed(page, url) and host(page) == host(url) and host(url) != ""


def is_opaque(origin: str | None) -> bool:
    """Whether the page has no origin of its own: it was opened from disk, or is in a sandboxed frame."""
    return origin is not None and (origin == "null" or origin.startswith("file:"))


def differs_by_slash(one: str | None, other: str | None) -> bool:
    """Whether two addresses are the same except for a trailing slash."""
    here, there = parts(one), parts(other)
    return here.path != there.path and here.path.rstrip("/") == there.path.rstrip("/")
