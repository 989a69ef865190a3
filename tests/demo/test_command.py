"""`corsense demo` as a user runs it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from corsense.browsers.errors import BrowserError
from corsense.browsers.installed import find_browser
from tests.cli.commands import COMMAND, corsense


def has_chromium() -> bool:
    try:
        find_browser("chromium")
    except BrowserError:
        return False
    return True


def test_headless_prints_what_chromium_did_beside_what_corsense_said() -> None:
    pytest.importorskip("playwright")
    if not has_chromium():
        pytest.skip("no Chromium is installed")
    ran = corsense("demo", "--headless", "--scenario", "wildcard_for_a_login", "--scenario", "regex_dot")
    assert ran.status == 0, ran.out + ran.err
    assert re.search(r"wildcard_for_a_login +✗ blocked +✓ allowed +the same +CORS301 .* passes", ran.out)
    assert "must not be the wildcard '*' when the request's credentials mode is 'include'." in ran.out
    assert re.search(r"regex_dot +! untrusted reads it +✓ untrusted kept out +the same +CORS215", ran.out)
    assert re.search(
        r"2 scenarios, 4 requests in Chromium [\d.]+: 4 verdicts as corsense said, 4 consoles word for word", ran.out
    )


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_until_it_is_interrupted_and_leaves_nothing_behind(number: signal.Signals, tmp_path: Path) -> None:
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    asked = [str(COMMAND), "demo", "--no-open", "--scenario", "trailing_slash"]
    with subprocess.Popen(asked, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment) as running:
        assert running.stdout is not None
        assert running.stdout.readline() == "1 scenario is served; Ctrl-C stops everything.\n"
        url = re.findall(r"http://localhost:\d+/", running.stdout.readline())[0]
        with urllib.request.urlopen(url, timeout=5) as answer:
            assert b"corsense demo" in answer.read()
        assert next(path.name for path in tmp_path.iterdir()).startswith("corsense-demo-")
        # The app is being analysed now, in processes of its own.
        limit = time.monotonic() + 60
        while not marked(tmp_path) - {running.pid} and time.monotonic() < limit:
            time.sleep(0.02)
        running.send_signal(number)
        try:
            _, errors = running.communicate(timeout=20)
        finally:
            running.kill()
    assert running.returncode == 0
    assert errors == ""
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(url, timeout=5)
    limit = time.monotonic() + 60
    while marked(tmp_path) and time.monotonic() < limit:
        time.sleep(0.02)
    assert marked(tmp_path) == set()


def marked(folder: Path) -> set[int]:
    """The processes that were started with `folder` for their temporary files; none where that cannot be known."""
    found = set()
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if f"TMPDIR={folder}".encode() in (process / "environ").read_bytes():
                found.add(int(process.name))
        except OSError:
            continue
    return found


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["--scenario", "trailing_slsh"], "trailing_slash"),
        (["--port", "99999"], "--port"),
        (["--headless", "--scenario", "trailing_slash", "--browser-path", "/nowhere/chromium"], "/nowhere/chromium"),
    ],
)
def test_what_cannot_be_done_is_reported_with_status_2(arguments: list[str], named: str) -> None:
    ran = corsense("demo", *arguments)
    assert ran.status == 2
    assert named in ran.err
    assert "Traceback" not in ran.err


def test_without_fastapi_and_uvicorn_it_says_how_to_install_them(tmp_path: Path) -> None:
    code = (
        "import importlib.util, sys\n"
        "real = importlib.util.find_spec\n"
        "importlib.util.find_spec = lambda name, package=None: None if name in ('fastapi', 'uvicorn') else real(name, package)\n"
        "sys.argv = ['corsense', 'demo']\n"
        "from corsense.cli import main\n"
        "main()\n"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30, cwd=tmp_path)
    assert ran.returncode == 2
    assert ran.stderr == (
        "corsense: the demo serves FastAPI apps and needs fastapi and uvicorn; run: pip install fastapi uvicorn\n"
    )
