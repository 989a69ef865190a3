"""`Site`: where an exported configuration listens, and which app it stands in front of."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Self

from corsense.errors import InputError, quoted

_ADDRESS: Final = re.compile(r"(?:http://)?(?P<host>[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\]):(?P<port>[1-9][0-9]{0,4})/?")
_NAME: Final = re.compile(r"[a-z][a-z0-9]{0,19}")


@dataclass(frozen=True, slots=True)
class Site:
    """The app is at `app_host` and `app_port`; the layer listens on `port`, of `address` alone where one is given. `name` begins
    the names that the configuration defines, so that two of them do not meet in one proxy."""

    app_host: str = "127.0.0.1"
    app_port: int = 8000
    port: int = 8080
    address: str | None = None
    name: str = "api"

    @classmethod
    def parse(cls, upstream: str, listen: int, name: str = "api") -> Self:
        """The site of an app at `upstream`, such as `127.0.0.1:8000`, behind port `listen`. Raises InputError."""
        found = _ADDRESS.fullmatch(upstream)
        if found is None or int(found["port"]) > 65535:
            raise InputError(f"--upstream must be a host and a port, not {quoted(upstream)}; write --upstream 127.0.0.1:8000.")
        if not 0 < listen <= 65535:
            raise InputError(f"--listen must be a port, 1 to 65535, not {listen}; write --listen 8080.")
        if _NAME.fullmatch(name) is None:
            raise InputError(f"--name must be lower-case letters and digits, at most 20, not {quoted(name)}; write --name api.")
        return cls(found["host"], int(found["port"]), listen, name=name)

    @property
    def upstream(self) -> str:
        """Host and port of the app."""
        return f"{self.app_host}:{self.app_port}"

    @property
    def listens(self) -> str:
        """The port, with the address where there is one."""
        return f"{self.address}:{self.port}" if self.address is not None else str(self.port)
