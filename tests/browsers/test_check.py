"""`corsense check --browser`, run as a user runs it."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from corsense.browsers import BrowserError, BrowserName, find_browser
from tests.browsers.conftest import BROWSERS
from tests.browsers.served import serving
from tests.cli.commands import COMMAND, corsense
from tests.examples.scenarios import FOLDER

BROKEN = FOLDER / "broken"
POST = ("--request", "POST /api/users", "--origin", "http://localhost:3000")


@pytest.fixture
def scratch(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder for all that is temporary, with a path that is as short as usual."""
    with TemporaryDirectory(prefix="c-") as folder:
        monkeypatch.setenv("TMPDIR", folder)
        yield Path(folder)


each_browser = pytest.mark.parametrize("browser", [pytest.param(name, marks=pytest.mark.xdist_group(name)) for name in BROWSERS])
in_chromium = pytest.mark.xdist_group("chromium")


def wanted(browser: BrowserName) -> None:
    try:
        find_browser(browser)
    except BrowserError as missing:
        pytest.skip(str(missing))


@each_browser
def test_the_same_requests_are_made_in_a_real_browser_and_agree(browser: BrowserName, scratch: Path) -> None:
    wanted(browser)
    ran = corsense("check", "main:app", *POST, "--browser", browser, "--format", "json", folder=BROKEN / "no-cors-middleware")
    assert (ran.status, ran.err) == (1, "")
    reported = ran.document["browser"]
    assert (reported["name"], reported["requests"], reported["disagreements"]) == (browser, len(ran.document["results"]), 0)
    for result in ran.document["results"]:
        assert result["browser"]["agrees"]
        assert result["browser"]["outcome"] == result["outcome"] == "blocked"
        assert result["browser"]["console"] == result["console"][browser]
    if browser == "chromium":
        assert {result["browser"]["error"] for result in ran.document["results"]} == {"PreflightMissingAllowOriginHeader"}
    assert list(scratch.iterdir()) == []


@in_chromium
def test_an_endpoint_does_not_run_because_a_browser_asks(tmp_path: Path) -> None:
    wanted("chromium")
    (tmp_path / "main.py").write_text(
        "from pathlib import Path\nfrom fastapi import FastAPI\nfrom fastapi.middleware.cors import CORSMiddleware\n"
        "app = FastAPI()\napp.add_middleware(CORSMiddleware, allow_origins=['http://localhost:3000'], allow_methods=['*'])\n"
        "@app.post('/api/users')\ndef create() -> None:\n    Path('ran').touch()\n"
    )
    options = ("check", "main:app", *POST, "--browser", "chromium")
    ran = corsense(*options, folder=tmp_path)
    assert ran.status == 0
    assert "the model agrees on every one" in ran.out
    assert not (tmp_path / "ran").exists()
    assert corsense(*options, "--run-endpoints", folder=tmp_path).status == 0
    assert (tmp_path / "ran").exists()


@contextmanager
def live() -> Iterator[tuple[str, list[str]]]:
    """A server, its URL, and the requests that reach it."""
    reached: list[str] = []

    async def items(request: Request) -> JSONResponse:
        return JSONResponse([])

    async def count(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            agent = dict(scope["headers"]).get(b"user-agent", b"").decode()
            reached.append(f"{scope['method']} {'browser' if 'Mozilla/5.0 (' in agent and 'Chrome' in agent else 'other'}")
        await app(scope, receive, send)

    layer = Middleware(CORSMiddleware, allow_origins=["http://localhost:3000"], allow_methods=["*"])
    app = Starlette(routes=[Route("/items", items, methods=["GET", "DELETE"])], middleware=[layer])
    with serving(count) as port:
        yield f"http://127.0.0.1:{port}", reached


@in_chromium
def test_a_live_server_is_asked_by_the_browser_but_never_to_change_something() -> None:
    wanted("chromium")
    with live() as (url, reached):
        ran = corsense(
            "check", url, "--origin", "http://localhost:3000", "--request", "DELETE /items", "--request", "GET /items",
            "--browser", "chromium", "--format", "json",
        )  # fmt: skip
    assert ran.status == 0, ran.out + ran.err
    assert [result["browser"]["outcome"] for result in ran.document["results"]] == ["allowed", "allowed"]
    assert ran.document["browser"]["disagreements"] == 0
    assert "OPTIONS browser" in reached
    assert "GET browser" in reached
    assert not any(line.startswith("DELETE") for line in reached)


def test_a_missing_browser_is_one_sentence_and_no_answer() -> None:
    ran = corsense(
        "check", "main:app", "--browser", "firefox", "--browser-path", "/nowhere/firefox", folder=BROKEN / "wrong-port"
    )
    assert (ran.status, ran.out) == (2, "")
    assert ran.err == (
        "corsense: '/nowhere/firefox' is not a program that can be run; give the path of the browser's executable.\n"
    )


@pytest.mark.parametrize(
    ("options", "reported"),
    [
        (("a.har", "--browser", "chromium"), "a recording cannot be run in a browser; give --browser with an app or a URL."),
        (("main:app", "--browser-path", "/usr/bin/x"), "`--browser-path` needs `--browser`"),
        (
            ("main:app", "--browser", "firefox", "--engine", "webkit"),
            "`--engine webkit` conflicts with `--browser firefox`; drop one.",
        ),
    ],
)
def test_what_makes_no_sense_is_refused(options: tuple[str, ...], reported: str) -> None:
    program = ("--browser-path", sys.executable) if "--browser" in options else ()
    ran = corsense("check", *options, *program, folder=BROKEN / "wrong-port")
    assert ran.status == 2
    assert reported in ran.err
    assert ran.err.count("\n") == 1


def test_a_program_that_is_no_browser_is_distinguished_from_one(tmp_path: Path) -> None:
    program = tmp_path / "chrome"
    program.write_text("#!/bin/sh\nexit 3\n")
    program.chmod(0o755)
    ran = corsense(
        "check", "main:app", *POST, "--browser", "chromium", "--browser-path", str(program), folder=BROKEN / "wrong-port"
    )
    assert ran.status == 2
    assert "ended unexpectedly while it started" in ran.err
    assert ran.err.count("\n") == 1


@in_chromium
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="processes are looked up in /proc")
def test_nothing_is_left_behind_by_a_command_that_is_killed(scratch: Path) -> None:
    wanted("chromium")
    command = [str(COMMAND), "check", "main:app", "--browser", "chromium"]
    process = subprocess.Popen(command, cwd=BROKEN / "wrong-port", stdout=subprocess.DEVNULL)
    try:
        assert eventually(lambda: running_in(scratch), 60.0)
        process.send_signal(signal.SIGKILL)
    finally:
        process.kill()
        process.wait()
    assert eventually(lambda: not running_in(scratch), 20.0)
    assert eventually(lambda: not any(scratch.iterdir()), 20.0)


def eventually(happens: Any, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if happens():
            return True
        time.sleep(0.05)
    return False


def running_in(folder: Path) -> list[str]:
    """The processes whose command line names a folder."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = path.read_bytes().decode("utf-8", "replace")
        except OSError:
            continue
        if str(folder) in line:
            found.append(line)
    return found
