"""Runs a program for as long as its parent lives: `python supervisor.py FOLDER COMMAND...`

However the parent ends, even killed, the pipe on standard input closes; then the program and everything it started is ended, and
its folder removed. Imports nothing but the standard library, and nothing of corsense, to be there at once.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import threading
import time

_PR_SET_CHILD_SUBREAPER = 36
_END_LIMIT = 5.0


def main(folder: str, command: list[str]) -> None:
    """Run `command`, its output to `log` in `folder`, until it ends or standard input closes."""
    _adopt_orphans()
    with open(os.path.join(folder, "log"), "ab") as log:
        program = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
    over = threading.Event()
    threading.Thread(target=_until_the_parent_ends, args=(over,), daemon=True).start()
    threading.Thread(target=_until_it_ends, args=(program, over), daemon=True).start()
    over.wait()
    _end(program)
    _remove_lock(folder)
    _remove(folder)


def _adopt_orphans() -> None:
    """Processes whose parent has ended become children of this one, where the system can do that: Linux, `prctl(2)`."""
    if sys.platform.startswith("linux"):
        import ctypes

        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _until_the_parent_ends(over: threading.Event) -> None:
    while os.read(0, 1024):
        pass
    over.set()


def _until_it_ends(program: subprocess.Popen[bytes], over: threading.Event) -> None:
    program.wait()
    over.set()


def _end(program: subprocess.Popen[bytes]) -> None:
    """End all of the program's session."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if hasattr(os, "killpg"):
            os.killpg(program.pid, signal.SIGKILL)
        else:
            program.kill()
    program.wait()
    _end_orphans()


def _end_orphans() -> None:
    """End what has left the program's session, and wait for all of it."""
    if not hasattr(os, "WNOHANG"):  # Windows
        return
    deadline = time.monotonic() + _END_LIMIT
    while time.monotonic() < deadline:
        for child in _children():
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(child, signal.SIGKILL)
        try:
            if os.waitpid(-1, os.WNOHANG)[0] == 0:
                time.sleep(0.01)
        except ChildProcessError:
            return


def _children() -> list[int]:
    try:
        with open(f"/proc/self/task/{os.getpid()}/children", encoding="ascii") as file:
            return [int(number) for number in file.read().split()]
    except OSError:
        return []


def _remove_lock(folder: str) -> None:
    """Chromium keeps the socket of its lock outside its profile, in a folder of its own that it removes when it ends by
    itself."""
    link = os.path.join(folder, "profile", "SingletonSocket")
    if os.path.islink(link):
        home = os.path.dirname(os.readlink(link))
        if os.path.dirname(home) == os.path.dirname(folder):
            shutil.rmtree(home, ignore_errors=True)


def _remove(folder: str) -> None:
    for _ in range(20):  # a process that is just ending may still write
        shutil.rmtree(folder, ignore_errors=True)
        if not os.path.exists(folder):
            return
        time.sleep(0.05)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
