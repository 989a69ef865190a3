"""What the terminal shows while requests come."""

from __future__ import annotations

import io
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

from corsense.app.target import AppTarget
from corsense.dev.inspector.announcing import MOST_A_MINUTE, Announcer
from corsense.dev.inspector.inspector import Inspector
from corsense.dev.inspector.recorder import RecordedExchange, Recorder
from corsense.dev.inspector.session import Explanation
from corsense.dev.inspector.starting import inspected
from corsense.fetch import FetchRequest
from tests.cli.commands import corsense
from tests.dev.inspector.asgi import PAGE, ask
from tests.dev.inspector.live import CHROME, browse, judged

PATIENCE = 60.0
VITE = "http://localhost:5173"
APP = """\
from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

app = FastAPI()
app.add_middleware(CORSMiddleware, allow_origins=["http://localhost:3000"], allow_methods=["GET"])


@app.put("/items/{name}")
def replace(name: str) -> None:
    pass
"""
PUT = FetchRequest("http://localhost:8000/items/a?key=s3cr3ts3cr3t", VITE, "PUT")


def printed(capfd: pytest.CaptureFixture[str], *wanted: str) -> str:
    """What is printed, once it has all that is wanted."""
    deadline, text = time.monotonic() + PATIENCE, ""
    while not all(each in text for each in wanted) and time.monotonic() < deadline:
        time.sleep(0.02)
        text += capfd.readouterr().err
    return text


def browsed(app: Inspector, source: str, request: FetchRequest) -> None:
    """A page makes a call to the app of `source`, which the inspector of `app` takes for its own."""
    space: dict[str, Any] = {}
    exec(source, space)
    for exchange in browse(space["app"], request)[1]:
        app.session.note(exchange)


@pytest.fixture
def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Inspector:
    """The app of main.py, with its inspector."""
    monkeypatch.chdir(tmp_path)
    Path("main.py").write_text(APP)
    return inspected(Starlette(), AppTarget.parse("main:app"))


def test_a_cause_is_printed_as_a_check_of_the_same_request_prints_it(
    served: Inspector, capfd: pytest.CaptureFixture[str]
) -> None:
    browsed(served, APP, PUT)
    text = printed(capfd, "corsense fix")
    command = "corsense fix main:app --origin http://localhost:5173 --request 'PUT /items/a' --write"
    assert f"\n      {command}\n" in text
    done = corsense("check", "main:app", "--origin", VITE, "--request", "PUT /items/a", columns=80)
    findings = done.out.split("= help")[0].splitlines()
    first, *rest = [line for line in text.splitlines() if line.strip()]
    assert first == f"PUT /items/a from {VITE} (Chromium): blocked"
    assert [line for line in findings if line.strip()][:8] == rest[:8]
    assert text.count("error[CORS") == done.out.count("error[CORS") == 2
    assert "s3cr3t" not in text
    assert "or /__corsense__ for the exchange" in text


def test_a_call_that_passes_now_is_said_in_a_line(served: Inspector, capfd: pytest.CaptureFixture[str]) -> None:
    browsed(served, APP, PUT)
    assert "passes now" not in printed(capfd, "corsense fix")
    repaired = APP.replace("localhost:3000", "localhost:5173").replace('["GET"]', '["PUT"]')
    for _ in range(2):
        browsed(served, repaired, PUT)
    text = printed(capfd, "passes now")
    assert f"PUT /items/a from {VITE} (Chromium): passes now\n" in text
    assert "s3cr3t" not in text
    browsed(served, APP.replace("5173", "5174"), FetchRequest("http://localhost:8000/items/b", "http://localhost:4000", "PUT"))
    assert "passes now" not in printed(capfd, "http://localhost:4000", "corsense fix")


def test_a_cause_is_printed_once_as_a_check_prints_it(capfd: pytest.CaptureFixture[str]) -> None:
    app = inspected(Starlette(routes=[Route("/items", lambda _: JSONResponse([]))]))
    for _ in range(3):
        ask(app, "GET", "/items", {"Origin": PAGE, "Cookie": "sid=s3cr3t"})
    deadline, printed = time.monotonic() + PATIENCE, ""
    while "= help" not in printed and time.monotonic() < deadline:
        time.sleep(0.02)
        printed += capfd.readouterr().err
    while len(app.session.shown()[1]) < 3 and time.monotonic() < deadline:
        time.sleep(0.02)
    printed += capfd.readouterr().err
    assert printed.count("error[CORS101]") == 1
    assert f"GET /items from {PAGE} (no browser): blocked\n" in printed
    assert "s3cr3t" not in printed


def explained(path: str = "/items", *, method: str = "GET") -> Explanation:
    """What the recording of a call says of it."""
    scope_headers = {"Origin": PAGE, "User-Agent": CHROME}
    noted: list[RecordedExchange] = []
    ask(Recorder(Starlette(), noted.append), method, path, scope_headers)
    (verdict,) = judged(noted)
    assert verdict.position is not None
    return Explanation(1, verdict.report, verdict.position, judged=verdict)


@dataclass
class Clock:
    """Seconds that pass when a test says so."""

    now: float = 0.0
    work: list[tuple[float, Callable[[], None]]] = field(default_factory=list)

    def later(self, seconds: float, work: Callable[[], None]) -> None:
        self.work.append((self.now + seconds, work))

    def passes(self, seconds: float) -> None:
        self.now += seconds
        due = [each for when, each in self.work if when <= self.now]
        self.work = [(when, each) for when, each in self.work if when > self.now]
        for each in due:
            each()


def test_a_client_cannot_flood_the_terminal(capfd: pytest.CaptureFixture[str]) -> None:
    clock = Clock()
    announcer = Announcer(lambda: clock.now, clock.later)
    explanation = explained()
    for _ in range(MOST_A_MINUTE + 7):
        announcer.announce(explanation)
        clock.passes(1)
    assert capfd.readouterr().err.count("(Chromium): blocked\n") == MOST_A_MINUTE
    clock.passes(60)
    assert capfd.readouterr().err == "7 more results are on the page /__corsense__; 10 a minute are printed.\n"
    announcer.announce(explanation)
    assert capfd.readouterr().err.count("(Chromium): blocked\n") == 1
    clock.passes(600)
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("path", ["/\x1b[2J\x1b]0;owned\x07", "/a\r\nerror[CORS101]: forged", "/\u202etxt.exe", "/x" * 4_000])
def test_a_client_can_neither_control_the_terminal_nor_fill_it(path: str, capfd: pytest.CaptureFixture[str]) -> None:
    Announcer().announce(explained(path))
    text = capfd.readouterr().err
    assert "blocked" in text
    assert all(character == "\n" or (character.isprintable() and character != "\u202e") for character in text)
    assert not any(line.startswith("error[CORS101]: forged") for line in text.splitlines())
    assert len(text) < 8_000


def test_a_terminal_that_is_gone_is_no_trouble(monkeypatch: pytest.MonkeyPatch) -> None:
    closed = io.StringIO()
    closed.close()
    monkeypatch.setattr("sys.stderr", closed)
    Announcer().announce(explained())


@pytest.mark.parametrize(("no_color", "is_terminal", "has_colour"), [("", True, True), ("1", True, False), ("", False, False)])
def test_colour_is_for_terminals_that_want_it(
    no_color: str, is_terminal: bool, has_colour: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("NO_COLOR", no_color)
    monkeypatch.setattr("sys.stderr.isatty", lambda: is_terminal)
    Announcer().announce(explained())
    assert ("\x1b[" in capsys.readouterr().err) == has_colour


def test_the_status_is_that_of_the_real_response(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    source = """\
from fastapi import FastAPI, HTTPException

app = FastAPI()


@app.get("/mine")
def mine() -> None:
    raise HTTPException(401)
"""
    Path("main.py").write_text(source)
    browsed(inspected(Starlette(), AppTarget.parse("main:app")), source, FetchRequest("http://localhost:8000/mine", VITE))
    assert "the request gets 401 without Access-Control-Allow-Origin" in printed(capfd, "corsense fix")
