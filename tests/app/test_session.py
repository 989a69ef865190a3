from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from corsense.app import AppSession, AppTarget
from tests.app.conftest import OpenApp, write_files
from tests.processes import is_running

ASGI = """\
import os
open("pid", "w").write(str(os.getpid()))
async def app(scope, receive, send): ...
"""


def gone(pid: int, seconds: float = 60.0) -> bool:
    deadline = time.monotonic() + seconds
    while is_running(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    return not is_running(pid)


def child_of(folder: Path, seconds: float = 60.0) -> int:
    """The process of the app, once it is there."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        text = (folder / "pid").read_text() if (folder / "pid").exists() else ""
        if text:
            return int(text)
        time.sleep(0.02)
    raise AssertionError("the app was never imported")


def test_starting_returns_before_the_app_is_imported(open_app: OpenApp, tmp_path: Path) -> None:
    session = open_app("import os, time\nwhile not os.path.exists('go-on'):\n    time.sleep(0.01)\n" + ASGI)
    (tmp_path / "go-on").touch()
    assert session.description.target == "main:app"


def test_nothing_is_left_behind_when_a_session_is_closed(open_app: OpenApp, tmp_path: Path) -> None:
    source = ASGI + "import subprocess, sys\nchild = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
    session = open_app(source + "open('grandchild', 'w').write(str(child.pid))\n")
    _ = session.description
    session.close()
    session.close()
    assert gone(int((tmp_path / "pid").read_text()))
    assert gone(int((tmp_path / "grandchild").read_text())), "what the app has started ends with it"


def test_a_session_ends_with_its_block_even_while_the_app_is_being_imported(tmp_path: Path) -> None:
    write_files(tmp_path, ASGI + "import time\ntime.sleep(600)\nopen('imported', 'w').close()\n")
    session = AppSession.start(AppTarget.parse(directory=tmp_path))
    pid = child_of(tmp_path)
    session.__exit__(KeyboardInterrupt, KeyboardInterrupt(), None)
    assert gone(pid)
    assert not (tmp_path / "imported").exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL], ids=["Ctrl-C", "killed"])
def test_the_app_ends_when_its_parent_does(tmp_path: Path, number: signal.Signals) -> None:
    write_files(tmp_path, ASGI + "import time\ntime.sleep(600)\n")
    code = "from corsense.app import AppSession\nwith AppSession.start('main:app') as session:\n    session.description\n"
    parent = subprocess.Popen([sys.executable, "-c", code], cwd=tmp_path, stderr=subprocess.DEVNULL)
    pid = child_of(tmp_path)
    os.kill(parent.pid, number)
    parent.wait(timeout=10)
    assert gone(pid)


def test_the_child_imports_none_of_the_tools_before_the_app(open_app: OpenApp) -> None:
    heavy = ("pydantic", "typer", "rich", "libcst", "httpx2", "fastapi", "starlette", "anyio")
    source = f"import sys\nfound = [name for name in {heavy!r} if name in sys.modules]\nassert not found, found\n"
    assert open_app(source + ASGI).description.kind == "asgi"
