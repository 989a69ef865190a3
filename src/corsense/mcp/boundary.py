"""`Boundary`: which files and servers the tools may touch, and whether endpoints may run."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import ip_address
from typing import TYPE_CHECKING

from corsense.errors import InputError, quoted
from corsense.url import parse_url

if TYPE_CHECKING:
    from corsense.app.target import AppTarget


@dataclass(frozen=True, slots=True)
class Boundary:
    """Files below the `folders`, and servers on loopback or with one of the `origins`.

    - `folders`: absolute paths without symbolic links; the first is the working directory.
    - `origins`: serialised origins of servers, such as `https://api.example.com`.
    - `runs_endpoints`: a call may run endpoints, whatever they do.
    """

    folders: tuple[str, ...]
    origins: tuple[str, ...] = ()
    runs_endpoints: bool = False

    @classmethod
    def of(cls, folder: str, paths: Iterable[str] = (), urls: Iterable[str] = (), *, runs_endpoints: bool = False) -> Boundary:
        """The boundary of a working directory, further paths and the servers of URLs.

        Raises:
            InputError: a path does not exist, or a URL is not http or https.
        """
        further = []
        for path in paths:
            if not os.path.exists(path):
                raise InputError(f"--allow-path {quoted(path)} does not exist; name a file or folder.")
            further.append(os.path.realpath(path))
        return cls((os.path.realpath(folder), *further), tuple(_origin_of(url) for url in urls), runs_endpoints)

    def allows_file(self, path: str) -> bool:
        """Whether a path, its symbolic links resolved, is one of the folders or lies below one."""
        real = os.path.realpath(path)
        return any(real == folder or real.startswith(folder.rstrip(os.sep) + os.sep) for folder in self.folders)

    def insist_on_file(self, path: str) -> None:
        """Raises InputError for a path outside the folders."""
        if not self.allows_file(path):
            raise InputError(
                f"{quoted(path)} is outside {self.folders[0]}; start corsense mcp in the folder of the project, or with "
                "--allow-path PATH."
            )

    def allows_url(self, url: str) -> bool:
        """Whether a server may be contacted. `localhost`, 127.0.0.0/8 and `[::1]` are loopback; a name that resolves to them is
        not, because its owner decides where it leads."""
        parsed = parse_url(_http(url))
        return parsed is not None and parsed.is_http and (_is_loopback(parsed.host) or parsed.origin in self.origins)

    def insist_on_url(self, url: str) -> None:
        """Raises InputError for a server that may not be contacted."""
        parsed = parse_url(_http(url))
        if parsed is not None and parsed.is_http and not self.allows_url(url):
            raise InputError(
                f"{quoted(parsed.origin)} is not on loopback; only localhost, 127.0.0.0/8 and [::1] are contacted. The user can "
                f"start corsense mcp with --allow-url {parsed.origin}."
            )

    def insist_on_module(self, name: str, folders: Iterable[str]) -> None:
        """Raises InputError for a module that is in no file of the project: importing it would run other code."""
        parts = name.split(".")
        for folder in folders:
            for base in (folder, os.path.join(folder, "src")):
                path = os.path.join(base, *parts)
                for file in (f"{path}.py", os.path.join(path, "__init__.py")):
                    if os.path.isfile(file):
                        self.insist_on_file(file)
                        return
        raise InputError(
            f"{quoted(name)} is not a module of {self.folders[0]}; name the file of the app, for example app/main.py:app."
        )

    def insist_on_running(self, wanted: bool) -> None:
        """Raises InputError where endpoints are to run and may not."""
        if wanted and not self.runs_endpoints:
            raise InputError(
                "run_endpoints runs code of the app, which the user has to allow. The user can start corsense mcp with "
                "--allow-run-endpoints."
            )

    def insist_on_app(self, target: AppTarget) -> None:
        """Raises InputError for an app that is not in a file of the project."""
        self.insist_on_module(target.module, target.paths)


def _origin_of(url: str) -> str:
    parsed = parse_url(url)
    if parsed is None or not parsed.is_http:
        raise InputError(f"--allow-url {quoted(url)} is not an http or https URL; write for example https://api.example.com.")
    return parsed.origin


def _http(url: str) -> str:
    """The URL of a handshake is that of a request."""
    scheme, separator, rest = url.strip().partition("://")
    return {"ws": "http", "wss": "https"}.get(scheme.lower(), scheme) + separator + rest


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        address = ip_address(host.strip("[]"))
    except ValueError:
        return False
    return address.is_loopback if address.version == 4 else str(address) == "::1"
