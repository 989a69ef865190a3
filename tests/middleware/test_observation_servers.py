"""Observations of real servers: several workers, a worker that is killed, a server that is stopped."""

from __future__ import annotations

import http.client
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from corsense.observe.lines import Observations, read

APP = """\
import os

from fastapi import FastAPI

from corsense import Policy, install
from corsense.observe import ObservationFolder

app = FastAPI()
install(app, Policy(origins="*"), observe=ObservationFolder("observations", interval={interval}))


@app.get("/process/{{path:path}}")
def process(path: str) -> int:
    return os.getpid()
"""
PATIENCE = 60.0


class Server:
    """uvicorn in a process of its own."""

    def __init__(self, folder: Path, *arguments: str, interval: float = 0.2) -> None:
        (folder / "main.py").write_text(APP.format(interval=interval), encoding="utf-8")
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        words = [sys.executable, "-m", "uvicorn", "main:app", "--port", str(self.port), "--log-level", "error", *arguments]
        self.folder = folder / "observations"
        self.process = subprocess.Popen(words, cwd=folder)
        self.answered = 0

    def ask(self, number: int = 0) -> int | None:
        """The process that answered, which is counted; None where none did."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("GET", f"/process/{number}", headers={"Origin": "https://app.example.com"})
            process = int(connection.getresponse().read())
            self.answered += 1
            return process
        except (OSError, http.client.HTTPException):
            return None
        finally:
            connection.close()

    def seen(self) -> Observations:
        """What the files say; every line of them is whole."""
        lines = [line for file in sorted(self.folder.glob("*.jsonl")) for line in file.read_bytes().splitlines(keepends=True)]
        assert all(line.endswith(b"\n") for line in lines)
        found = read(lines)
        assert found.broken == 0
        return found

    def count(self) -> int:
        """How many requests the files count."""
        return sum(seen.count for seen in self.seen().requests)

    def stop(self) -> None:
        """Stop it, as a process manager does."""
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(PATIENCE)


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.fixture
def started(tmp_path: Path) -> Iterator[Callable[..., Server]]:
    servers: list[Server] = []

    def start(*arguments: str, interval: float = 0.2) -> Server:
        server = Server(tmp_path, *arguments, interval=interval)
        servers.append(server)
        until(lambda: server.ask() is not None)
        return server

    yield start
    for server in servers:
        if server.process.poll() is None:
            server.stop()


def both_workers(server: Server, killed: set[int]) -> set[int]:
    """The two processes that serve, the one that took the place of a killed one included."""
    serving: set[int] = set()

    def found() -> bool:
        process = server.ask()
        if process is not None and process not in killed:
            serving.add(process)
        return len(serving) == 2

    until(found)
    return serving


def test_a_stopped_server_has_written_everything(started: Callable[..., Server]) -> None:
    server = started(interval=3600)
    for number in range(20):
        server.ask(number)
    server.stop()
    assert server.count() == server.answered


@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGKILL")
def test_workers_have_files_of_their_own_and_a_killed_one_loses_at_most_an_interval(started: Callable[..., Server]) -> None:
    server = started("--workers", "2")
    killed: set[int] = set()
    for _ in range(3):
        victim = min(both_workers(server, killed))
        until(lambda: server.count() == server.answered)
        os.kill(victim, signal.SIGKILL)
        killed.add(victim)
    until(lambda: server.ask() not in killed | {None})
    server.stop()
    assert server.count() == server.answered, "what was written before the kill is there, and nothing is counted twice"
    # The worker that takes the place of a killed one takes its file, too.
    assert len(list(server.folder.glob("*.jsonl"))) == 2
    assert not list(server.folder.glob("*.tmp"))


@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGKILL")
def test_killed_at_any_moment_while_it_writes_a_file_stays_whole(started: Callable[..., Server], tmp_path: Path) -> None:
    before = 0
    for _ in range(4):
        server = started(interval=0.1)
        for number in range(40):
            server.ask(number)
        server.process.kill()
        server.process.wait(PATIENCE)
        assert server.count() >= before
        before = server.count()
    server = started(interval=0.1)
    while not server.count():  # none of the four may have lived long enough to write
        server.ask(0)
        time.sleep(0.05)
    assert len(list((tmp_path / "observations").glob("*.jsonl"))) == 1


def test_a_server_that_reloads_continues_its_file(started: Callable[..., Server], tmp_path: Path) -> None:
    server = started("--reload")
    first = server.ask()
    with (tmp_path / "main.py").open("a", encoding="utf-8") as file:
        file.write("\n# changed\n")
    until(lambda: server.ask() not in {None, first})
    server.stop()
    assert server.count() == server.answered
    assert len(list(server.folder.glob("*.jsonl"))) == 1


def test_a_folder_that_is_removed_while_serving_is_made_anew_and_nothing_is_lost(started: Callable[..., Server]) -> None:
    server = started("--workers", "2")
    both_workers(server, set())
    until(lambda: server.folder.is_dir() and server.count() == server.answered)
    shutil.rmtree(server.folder)
    both_workers(server, set())
    until(lambda: server.folder.is_dir() and server.count() == server.answered)
    server.stop()
    assert server.count() == server.answered


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_child_that_is_forked_while_serving_has_a_file_of_its_own(tmp_path: Path) -> None:
    code = """
import os, sys, time
from pathlib import Path
from corsense import CORSMiddleware, Policy
from corsense.observe import ObservationFolder
from tests.middleware.asking import ask, get, plain

layer = CORSMiddleware(plain, policy=Policy(origins="*"), observe=ObservationFolder(sys.argv[1], interval=0.1))
for _ in range(5):
    get(layer)
while not list(Path(sys.argv[1]).glob("*.jsonl")):
    time.sleep(0.01)
child = os.fork()
for _ in range(7):
    get(layer)
if child:
    os.waitpid(child, 0)  # a file that nobody holds any more is taken over by the next process
ask(layer, kind="lifespan")
"""
    subprocess.run([sys.executable, "-W", "ignore", "-c", code, str(tmp_path)], check=True)
    lines = [file.read_bytes().splitlines(keepends=True) for file in tmp_path.glob("*.jsonl")]
    counts = [sum(seen.count for seen in read(each).requests) for each in lines]
    assert sorted(counts) == [7, 12]
