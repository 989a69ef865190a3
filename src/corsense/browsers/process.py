"""`BrowserProcess`: a browser, or what it needs, in a process of its own with a folder of its own; neither outlives this one."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from corsense.browsers.errors import BrowserError

_GUARD = Path(__file__).with_name("supervisor.py")
_END_LIMIT = 10.0
_LONG = 50


def _place() -> str:
    """Where folders are made. Browsers keep sockets there, whose paths must not be long (`unix(7)`: 108 bytes)."""
    usual = tempfile.gettempdir()
    return "/tmp" if len(usual) > _LONG and os.access("/tmp", os.W_OK) else usual


class BrowserProcess:
    """A running program. `folder` is its own, removed when it ends."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.folder = Path(tempfile.mkdtemp(prefix=f"corsense-{name}-", dir=_place()))
        self._guard: subprocess.Popen[bytes] | None = None

    def start(self, command: Sequence[str], environment: Mapping[str, str] | None = None) -> None:
        """Start it under a guard that ends it, and all it started, when this process ends in whatever way."""
        self._guard = subprocess.Popen(
            [sys.executable, "-I", "-S", str(_GUARD), str(self.folder), *command],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "TMPDIR": str(self.folder.parent), **(environment or {})},
            start_new_session=True,
        )

    def wait_for(self, pattern: str, limit: float) -> re.Match[str]:
        """The first match of `pattern` in what it prints. Raises BrowserError when it ends, or `limit` seconds pass, before."""
        deadline = time.monotonic() + limit
        log = self.folder / "log"
        while time.monotonic() < deadline:
            ended = self.has_ended
            try:
                found = re.search(pattern, log.read_text("utf-8", "replace"))
            except FileNotFoundError:
                found = None
            if found is not None:
                return found
            if ended:
                raise BrowserError(f"{self.name} ended unexpectedly while it started; start it by hand to see why.")
            time.sleep(0.02)
        raise BrowserError(f"{self.name} did not start within {limit:g} s; start it by hand to see why.")

    @property
    def has_ended(self) -> bool:
        """Whether it is not running any more."""
        return self._guard is None or self._guard.poll() is not None

    def close(self) -> None:
        """End it, and wait until all of it is gone. May be called twice."""
        if self._guard is None:
            self.folder.rmdir() if self.folder.exists() else None
            return
        if self._guard.stdin is not None:
            self._guard.stdin.close()
        try:
            self._guard.wait(_END_LIMIT)
        except subprocess.TimeoutExpired:
            self._guard.kill()
            self._guard.wait()
