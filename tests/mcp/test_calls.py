"""A call can be watched, cancelled and bounded, whatever the app does; nothing of it stays behind."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import anyio
import pytest

from tests.cli.commands import COMMAND, corsense
from tests.mcp.assistant import Answer, Assistant, assistant
from tests.processes import is_running

HANGING = """\
import os, pathlib, time

pathlib.Path("pid").write_text(str(os.getpid()))
while True:
    time.sleep(0.05)
"""
STUBBORN = f"import signal\n\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n{HANGING}"
LONG = """\
from fastapi import FastAPI

app = FastAPI()
for number in range(400):
    app.add_api_route(f"/items/{number}", lambda: None, methods=["GET", "PUT"])
"""
PATIENCE = 60.0


def until(happened: Callable[[], bool]) -> bool:
    """Wait for something; False when it does not come."""
    end = time.monotonic() + PATIENCE
    while not happened():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


@pytest.mark.parametrize("app", [HANGING, STUBBORN], ids=["hanging", "stubborn"])
def test_cancelling_a_call_ends_the_app_and_leaves_the_server_free(tmp_path: Path, app: str) -> None:
    (tmp_path / "main.py").write_text(app)
    file = tmp_path / "pid"

    async def cancelled(client: Assistant) -> Answer:
        async with anyio.create_task_group() as group:
            group.start_soon(client.calling, "check", {"target": "main:app"})
            while not (file.exists() and file.read_text()):
                await anyio.sleep(0.02)
            during = await client.calling("rule", {"name": "CORS201"})  # while the app hangs
            group.cancel_scope.cancel()
        return during

    with assistant(tmp_path) as client:
        assert client.portal.call(cancelled, client).document["code"] == "CORS201"
        assert until(lambda: not is_running(int(file.read_text())))
        assert not client.call("rule", name="CORS202").is_error


def test_a_call_that_takes_too_long_is_ended_and_says_so(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(HANGING)
    with assistant(tmp_path, "--time-limit", "6") as client:
        answer = client.call("check", target="main:app")
    assert answer.is_error
    assert answer.text.startswith("the call took longer than 6 s and was ended;")
    pid = (tmp_path / "pid").read_text()
    assert until(lambda: not is_running(int(pid)))


@pytest.mark.parametrize("end", [signal.SIGKILL, None], ids=["killed", "closed"])
def test_the_app_ends_with_the_server(tmp_path: Path, end: signal.Signals | None) -> None:
    (tmp_path / "main.py").write_text(HANGING)
    file = tmp_path / "pid"
    server = subprocess.Popen([COMMAND, "mcp"], cwd=tmp_path, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
    assert server.stdin is not None
    client = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}
    for message in (
        {"id": 1, "method": "initialize", "params": client},
        {"method": "notifications/initialized"},
        {"id": 2, "method": "tools/call", "params": {"name": "check", "arguments": {"target": "main:app"}}},
    ):
        server.stdin.write(json.dumps({"jsonrpc": "2.0", **message}).encode() + b"\n")
    server.stdin.flush()
    try:
        assert until(lambda: file.exists() and file.read_text() != "")
        if end is not None:
            server.send_signal(end)
        server.stdin.close()
        assert until(lambda: not is_running(int(file.read_text())))
        server.wait(timeout=PATIENCE)
    finally:
        server.kill()
        server.wait()


def test_progress_is_reported_and_never_falls(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(LONG)
    with assistant(tmp_path) as client:
        answer = client.call("fix", targets=["main:app"], origins=["http://localhost:3000"])
        assert not answer.is_error
        done = [progress for progress, _ in client.progress]
        assert done
        assert done == sorted(done)
        assert all(total is not None and progress <= total for progress, total in client.progress)


def test_several_calls_run_at_the_same_time(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text("app = None\n")

    async def together(client: Assistant) -> list[Answer]:
        answers: list[Answer] = []

        async def one(number: int) -> None:
            answers.append(await client.calling("rule", {"name": f"CORS20{number}"}))

        async with anyio.create_task_group() as group:
            for number in range(1, 7):
                group.start_soon(one, number)
        return answers

    with assistant(tmp_path) as client:
        answers = client.portal.call(together, client)
    assert {answer.document["code"] for answer in answers} == {f"CORS20{number}" for number in range(1, 7)}


def test_a_crash_of_the_app_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text("import os\n\nos._exit(3)\n")
    (tmp_path / "made.py").write_text("import os\n\nos._exit(3)\n")
    with assistant(tmp_path) as client:
        for answer in (
            client.call("check", target="main:app"),
            client.call("policy_explain", origin="http://localhost:3000", policy="made:policy"),
        ):
            assert answer.is_error
            assert "\n" not in answer.text


def test_what_a_policy_starts_ends_with_the_call(tmp_path: Path) -> None:
    (tmp_path / "made.py").write_text(
        "import pathlib, subprocess\nfrom corsense import Policy\n\n"
        'child = subprocess.Popen(["sleep", "600"])\npathlib.Path("pid").write_text(str(child.pid))\n'
        'policy = Policy(origins=["http://localhost:3000"])\n'
    )
    with assistant(tmp_path) as client:
        assert not client.call("policy_explain", origin="http://localhost:3000", policy="made:policy").is_error
        assert until(lambda: not is_running(int((tmp_path / "pid").read_text())))


def test_a_folder_that_is_not_there_is_refused_before_anything_is_served(tmp_path: Path) -> None:
    ran = corsense("mcp", "--allow-path", "absent", folder=tmp_path)
    assert (ran.status, ran.out) == (2, "")
    assert ran.err == "corsense: --allow-path 'absent' does not exist; name a file or folder.\n"
