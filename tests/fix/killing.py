"""Kill a writer at one of its calls that change the disk: in a fork, by `SIGKILL`, as a power switch would."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from typing import Any

import corsense.fix.write
from corsense.fix.exchange import exchange

CALLS = ("open", "write", "fsync", "replace", "unlink", "mkdir", "chmod", "chown", "setxattr", "close")
"""The functions of `os` through which `corsense.fix` changes the disk; `test_write_killed` proves by strace that there are no
others. The exchange of two files is the one call beside them."""


class _Killer:
    """Ends this process at call number `at`: before it, after it, or, where it is a write, in the middle."""

    def __init__(self, at: int, when: str) -> None:
        self.left = at
        self.when = when

    def wrap(self, call: Callable[..., Any], name: str) -> Callable[..., Any]:
        def wrapped(*arguments: Any, **options: Any) -> Any:
            self.left -= 1
            if self.left == 0 and self.when == "before":
                self.die()
            if self.left == 0 and self.when == "during" and name == "write":
                call(arguments[0], bytes(arguments[1])[: len(arguments[1]) // 2])
                self.die()
            try:
                return call(*arguments, **options)
            finally:
                if self.left == 0:
                    self.die()

        return wrapped

    def die(self) -> None:
        os.kill(os.getpid(), signal.SIGKILL)


def killed_at(at: int, when: str, work: Callable[[], object]) -> bool:
    """Whether `work`, done in a fork, was killed at its call number `at`; False when it had fewer calls and ended by itself."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            killer = _Killer(at, when)
            for name in CALLS:
                if hasattr(os, name):
                    setattr(os, name, killer.wrap(getattr(os, name), name))
            setattr(corsense.fix.write, "exchange", killer.wrap(exchange, "exchange"))  # noqa: B010
            work()
            status = 0
        finally:
            os._exit(status)
    _, ended = os.waitpid(child, 0)
    if os.WIFSIGNALED(ended):
        return True
    assert os.WEXITSTATUS(ended) == 0, "the writer failed"
    return False
