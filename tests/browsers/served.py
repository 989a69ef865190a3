"""Apps behind a real uvicorn on loopback, for browsers to meet."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import uvicorn

from corsense.browsers import Answer, Answered
from corsense.fetch import NetworkError, WireRequest
from corsense.transports.http import Download, HttpClient


@contextmanager
def serving(app: Any) -> Iterator[int]:
    """The port on which uvicorn serves `app`."""
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, log_level="critical", ws="none"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    while not server.started and thread.is_alive():
        time.sleep(0.005)
    try:
        yield int(listening.getsockname()[1])
    finally:
        server.should_exit = True
        thread.join(10.0)
        listening.close()


def forward(port: int, client: HttpClient) -> Answer:
    """Answers from the server on `port`, whatever host was asked for."""

    def answer(request: WireRequest, body: bytes) -> Answered | NetworkError:
        url = urlsplit(request.url)
        target = f"http://127.0.0.1:{port}{url.path}{'?' + url.query if url.query else ''}"
        headers = tuple(line for line in request.headers if line[0].lower() not in ("connection", "accept-encoding"))
        found = client.read(replace(request, url=target, headers=headers), body=body or None)
        return Answered(found.response, found.body) if isinstance(found, Download) else found

    return answer
