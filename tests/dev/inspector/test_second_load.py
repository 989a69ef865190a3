"""To explain a call, the app is imported once more, in a process of its own: apps that do not bear it, and what it leaves."""

from __future__ import annotations

import http.client
import json
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from corsense.app.target import AppTarget
from corsense.dev.inspector.explaining import Explainer
from corsense.dev.inspector.session import Explanation
from corsense.fetch import FetchRequest
from tests.cli.commands import COMMAND, corsense
from tests.dev.inspector.live import CHROME, browse, judged
from tests.dev.running import PATIENCE
from tests.dev.test_dev import Server, environment
from tests.processes import is_running

PAGE = "http://localhost:5173"
APP = """\
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

app = FastAPI()
app.add_middleware(CORSMiddleware, allow_origins=["http://localhost:3000"])


@app.get("/items")
def items() -> list[int]:
    return []


if Path("loaded").exists():
    with Path("processes").open("a") as file:
        print(os.getpid(), file=file)
    {second}
Path("loaded").touch()
"""
BREAKS = {
    "hangs": "time.sleep(600)",
    "burns": "while True: pass",
    "exits": "sys.exit(3)",
    "exits at once": "os._exit(3)",
    "raises": "raise RuntimeError('twice')",
    "asks": "input('Password: ')",
    "dies": "os.kill(os.getpid(), 9)",
    "binds": "import socket; a, b = socket.socket(), socket.socket(); a.bind(('127.0.0.1', 0)); b.bind(a.getsockname())",
}
BEARS = {
    "prints": "print('PRINTED' * 1000); print('PRINTED', file=sys.stderr); os.system('echo PRINTED; echo PRINTED >&2')",
    "works on": "threading.Thread(target=lambda: [print('PRINTED') or time.sleep(0.01) for _ in range(9**9)]).start()",
    "serves": "import http.server as h; s = h.HTTPServer(('127.0.0.1', 0), h.BaseHTTPRequestHandler); "
    "threading.Thread(target=s.serve_forever).start()",
    "starts processes": "Path('processes').open('a').write(f\"{subprocess.Popen(['sleep', '600']).pid}\\n\")",
    "closes what it has": "os.close(0); os.close(1); os.close(2)",
}


def written(second: str) -> None:
    Path("main.py").write_text(APP.replace("{second}", second))


@dataclass
class Explaining:
    """Explains a call to an app that does something when it is imported the second time."""

    explainer: Explainer

    def __call__(self, second: str) -> Explanation:
        written(second)
        space: dict[str, Any] = {}
        exec(Path("main.py").read_text(), space)
        (verdict,) = judged(browse(space["app"], FetchRequest("http://localhost:8000/items", PAGE))[1])
        explanation = self.explainer.explain(verdict, 1)
        assert explanation is not None
        return explanation


@pytest.fixture
def explained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Explaining]:
    monkeypatch.chdir(tmp_path)
    written("pass")
    explaining = Explaining(Explainer(AppTarget.parse("main:app"), time_limit=3.0))
    yield explaining
    explaining.explainer.close()


def processes(folder: Path) -> list[int]:
    """The processes of the second load and those it has started."""
    return [int(line) for line in (folder / "processes").read_text().split()]


def until_ended(folder: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while any(map(is_running, processes(folder))):
        assert time.monotonic() < deadline, "a process is left"
        time.sleep(0.05)


@pytest.mark.parametrize("second", BREAKS.values(), ids=list(BREAKS))
def test_where_the_app_cannot_be_loaded_again_the_recording_explains_it(
    explained: Explaining, second: str, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    explanation = explained(second)
    assert explanation.check is None
    assert explanation.finding.cause.slug == "origin-mismatch"
    assert capfd.readouterr() == ("", "")
    until_ended(tmp_path)


@pytest.mark.parametrize("second", BEARS.values(), ids=list(BEARS))
def test_nothing_that_the_second_load_prints_or_starts_is_left(
    explained: Explaining, second: str, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    explanation = explained(second)
    assert explanation.check is not None
    assert explanation.finding.cause.slug == "origin-port-mismatch"
    explained.explainer.close()
    until_ended(tmp_path)
    assert capfd.readouterr() == ("", "")


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """`corsense dev` with an app whose second load goes on with work, and with a process of its own."""
    monkeypatch.chdir(tmp_path)
    written(f"{BEARS['starts processes']}; {BEARS['works on']}")
    started = Server.start([COMMAND, "dev", "main:app", "--port", "0"], tmp_path, environment())
    try:
        started.ready()
        yield started
    finally:
        started.kill()


def call(server: Server) -> int:
    """The status of a call as a browser makes it."""
    headers = {"Origin": PAGE, "User-Agent": CHROME, "Sec-Fetch-Mode": "cors", "Sec-Fetch-Site": "same-site"}
    with server.connected() as stream, closing(http.client.HTTPConnection("127.0.0.1", server.port)) as connection:
        connection.sock = stream
        connection.request("GET", "/items", headers=headers)
        return connection.getresponse().status


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C is sent as a signal")
class TestTheServer:
    def test_it_prints_what_a_check_prints_and_leaves_no_process_at_ctrl_c(self, server: Server, tmp_path: Path) -> None:
        assert call(server) == 200
        text = server.until("help: This command applies the fix") + server.until("--write")
        assert "PRINTED" not in text
        block = text[text.index("error[CORS") : text.index("help: This command")].split("   = help")[0]
        assert f"GET /items from {PAGE} (Chromium): blocked\n" in text
        command = "corsense fix main:app --origin http://localhost:5173 --request 'GET /items' --write"
        assert f"      {command}\n" in text
        assert len(processes(tmp_path)) >= 2
        assert server.end() == 0
        until_ended(tmp_path)
        done = corsense("check", "main:app", "--origin", PAGE, "--request", "GET /items", folder=tmp_path, columns=80)
        assert block == done.out[done.out.index("error[CORS") :].split("   = help")[0]

    def test_it_leaves_no_process_at_a_reload(self, server: Server, tmp_path: Path) -> None:
        assert call(server) == 200
        server.until("help: This command applies the fix")
        before = processes(tmp_path)
        (tmp_path / "loaded").unlink()
        with (tmp_path / "main.py").open("a") as source:
            source.write("# changed\n")
        server.ready()
        (tmp_path / "processes").write_text("".join(f"{pid}\n" for pid in before))
        until_ended(tmp_path)
        assert call(server) == 200

    def test_it_serves_on_while_the_second_load_hangs(self, server: Server, tmp_path: Path) -> None:
        (tmp_path / "loaded").unlink()
        written(BREAKS["burns"])
        server.ready()
        assert call(server) == 200
        deadline = time.monotonic() + PATIENCE
        while not (tmp_path / "processes").exists():
            assert time.monotonic() < deadline
            time.sleep(0.02)
        assert [call(server) for _ in range(3)] == [200, 200, 200]
        assert json.loads(server.get("/items")) == []
        assert server.end() == 0
        until_ended(tmp_path)
