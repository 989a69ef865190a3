"""Starting the process of the agent. It imports little, since a command does it before all else."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import suppress

_AGENT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "agent")
TOO_OLD = "corsense agent: this Python is too old: "
"""What a Python prints that the agent does not run in, before its version."""
_START = f"""\
import sys
if sys.version_info < (3, 9):
    sys.stdout.write({TOO_OLD!r} + sys.version.split()[0] + "\\n")
    sys.stdout.flush()
    sys.exit(1)
if not getattr(sys.flags, "safe_path", False):
    del sys.path[0]
package = type(sys)("_corsense_agent")
package.__path__ = [{_AGENT!r}]
sys.modules[package.__name__] = package
del package
from _corsense_agent.main import main
main()
"""
# Without -P, which 3.9 and 3.10 do not have: the first entry of the path is that of -c, the working directory.

_NOT_FOR_OTHERS = ("PYTHONHOME", "__PYVENV_LAUNCHER__")
"""Variables that are about our own interpreter."""

_FOR_THE_APP = {"CORSENSE_INSPECTOR": "0"}
"""Variables of the process of the app: an app that is checked is not inspected as well."""

StartedAgent = tuple[str, "subprocess.Popen[bytes]", int, int, int]
"""The path of the interpreter, the process, and our ends of its pipes: to read from it, to write to it, to read its errors."""

_AHEAD: list[StartedAgent] = []


def start_agent(python: str, *flags: str) -> StartedAgent:
    """Start an agent in the interpreter at the path `python`, in a session of its own. Raises OSError, and ValueError for a path
    that no system takes."""
    ours_in, theirs_out = os.pipe()
    theirs_in, ours_out = os.pipe()
    ours_err, theirs_err = os.pipe()
    environment = {**os.environ, **_FOR_THE_APP}
    if python != sys.executable:
        environment = {name: value for name, value in environment.items() if name not in _NOT_FOR_OTHERS}
    try:
        process = subprocess.Popen(
            [python, "-c", _START, *flags],
            stdin=theirs_in,
            stdout=theirs_out,
            stderr=theirs_err,
            env=environment,
            start_new_session=True,
        )
    except (OSError, ValueError):
        for number in (ours_in, ours_out, ours_err):
            os.close(number)
        raise
    finally:
        for number in (theirs_in, theirs_out, theirs_err):
            os.close(number)
    return python, process, ours_in, ours_out, ours_err


def launch_ahead(python: str | None = None) -> None:
    """Start the process that the next `AppSession.start` with this interpreter will use, unless one is waiting, and let it import
    the framework meanwhile. Without a session it ends with this program."""
    path = python or sys.executable
    if all(started[0] != path for started in _AHEAD):
        with suppress(OSError, ValueError):
            _AHEAD.append(start_agent(path, "ahead"))


def launched_ahead(python: str) -> StartedAgent | None:
    """The process that was launched ahead with this interpreter; None where there is none."""
    found = next((started for started in _AHEAD if started[0] == python), None)
    if found is not None:
        _AHEAD.remove(found)
    return found


def end_what_was_launched() -> None:
    """End processes that were launched ahead and never used."""
    while _AHEAD:
        _, process, *_ = _AHEAD.pop()
        kill_agent(process.pid)
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=5.0)


def kill_agent(pid: int) -> None:
    """End the process, and those it has started, which are in its session."""
    try:
        if hasattr(os, "killpg"):
            os.killpg(pid, signal.SIGKILL)
        else:
            os.kill(pid, signal.SIGTERM)
    except (ProcessLookupError, PermissionError):
        pass
