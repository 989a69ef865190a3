"""A real uvicorn with an open event stream: it stops, and it reloads, as if there were none."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

LIMIT = 60.0
MAIN = """
from corsense.dev.inspector.inspector import Inspector
from corsense.dev.inspector.routes import Page
from corsense.dev.inspector.session import Session


async def api(scope, receive, send):
    while scope["type"] == "lifespan":
        kind = (await receive())["type"]
        await send({"type": f"{kind}.complete"})
        if kind == "lifespan.shutdown":
            return
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body"})


session = Session("main:app", lambda judged: None, None, None)
app = Inspector(api, session, Page(session, apply=None, recording=None, tests=None))
"""


@contextmanager
def uvicorn(folder: Path, *options: str) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """uvicorn with the app of `folder`, and its port. Ended at the end."""
    (folder / "main.py").write_text(MAIN)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "uvicorn", "main:app", "--port", str(port), "--no-access-log", *options]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log, start_new_session=True)
    try:
        yield process, port
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(LIMIT)


class Stream:
    """An event stream as it comes over the wire."""

    def __init__(self, port: int) -> None:
        end = time.monotonic() + LIMIT
        while True:
            try:
                self._socket = socket.create_connection(("127.0.0.1", port), LIMIT)
                break
            except ConnectionRefusedError:
                assert time.monotonic() < end
                time.sleep(0.05)
        self._socket.sendall(b"GET /__corsense__/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
        self.text = b""

    def read_to(self, wanted: bytes) -> None:
        while wanted not in self.text:
            piece = self._socket.recv(4096)
            assert piece, self.text
            self.text += piece

    def read_to_the_end(self) -> None:
        while piece := self._socket.recv(4096):
            self.text += piece

    def close(self) -> None:
        self._socket.close()

    @property
    def token(self) -> bytes:
        return self.text.partition(b'"token": "')[2].partition(b'"')[0]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_server_stops_although_a_stream_is_open(tmp_path: Path, number: signal.Signals) -> None:
    with uvicorn(tmp_path) as (process, port):
        with closing(Stream(port)) as stream:
            stream.read_to(b"event: calls")
            process.send_signal(number)
            stream.read_to_the_end()
        process.wait(LIMIT)


def test_the_server_reloads_although_a_stream_is_open(tmp_path: Path) -> None:
    with uvicorn(tmp_path, "--reload") as (process, port):
        with closing(Stream(port)) as stream:
            stream.read_to(b"event: calls")
            (tmp_path / "main.py").write_text(f"{MAIN}\n# changed\n")
            stream.read_to_the_end()
        with closing(Stream(port)) as again:
            again.read_to(b"event: calls")
        assert again.token != stream.token
        assert process.poll() is None
