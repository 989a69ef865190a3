"""Whether a server is meant for one machine or one local network, whose members it trusts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from ipaddress import ip_address
from pathlib import Path

from corsense.app.description import AppDescription
from corsense.check.plan import BASE_URL
from corsense.check.request import CheckRequest
from corsense.check.suppressed import files_of
from corsense.url import is_development_host, is_loopback_host, parse_url

_LARGEST = 1 << 20
_FILES = 20


def local_host(asked: CheckRequest, app: AppDescription) -> str | None:
    """The host of a local server: that of the base URL the user named, or the one that a `uvicorn.run()` in the app's files
    listens on. None where nothing says so: the default address says nothing about where it will run."""
    if asked.base_url is not None:
        url = parse_url(asked.base_url)
        return url.host if url is not None and _is_local(url.host) else None
    hosts = (host for file in list(files_of(app))[:_FILES] for host in _hosts(Path(file)))
    return next((host for host in hosts if _is_local(host)), None)


def trusted_base(asked: CheckRequest, app: AppDescription, pages: Iterable[str]) -> str | None:
    """A base URL on a host that the app's `TrustedHostMiddleware` lists, where it refuses the one that would be tried; None where
    the user named a base URL, where nothing refuses it, and where one of the `pages` is a developer's: it calls this machine."""
    tried = parse_url(BASE_URL)
    if asked.base_url is not None or tried is None or any(map(_is_of_a_developer, pages)):
        return None
    for layer in app.layers:
        hosts = layer.arguments.get("allowed_hosts")
        if layer.name != "TrustedHostMiddleware" or not isinstance(hosts, list | tuple):
            continue
        named = [host for host in hosts if isinstance(host, str) and host]
        if named and "*" not in named and not any(_covers(host, tried.host) for host in named):
            host = f"api{named[0][1:]}" if named[0].startswith("*.") else named[0]
            return f"https://{host}"  # over plain http, mixed content would hide what is to be judged
    return None


def _is_of_a_developer(page: str) -> bool:
    url = parse_url(page)
    return url is None or is_development_host(url.host)


def _covers(allowed: str, host: str) -> bool:
    """Whether an entry of `allowed_hosts` covers a host, as Starlette compares them."""
    return host == allowed or (allowed.startswith("*") and host.endswith(allowed[1:]))


def _hosts(file: Path) -> Iterator[str]:
    """The hosts of the `uvicorn.run()` calls in a file; uvicorn listens on 127.0.0.1 where none is given."""
    import ast  # few files name uvicorn

    try:
        if file.stat().st_size > _LARGEST:
            return
        source = file.read_bytes()
        tree = ast.parse(source) if b"uvicorn" in source else ast.Module([], [])
    except (OSError, SyntaxError, ValueError, RecursionError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "uvicorn.run":
            given = {keyword.arg: keyword.value for keyword in node.keywords}
            host = given.get("host", None if None in given else ast.Constant("127.0.0.1"))
            if isinstance(host, ast.Constant) and isinstance(host.value, str):
                yield host.value


def _is_local(host: str) -> bool:
    if is_loopback_host(host) or host.endswith(".local"):
        return True
    try:
        address = ip_address(host.strip("[]"))
    except ValueError:
        return False
    return address.is_private and not address.is_unspecified
