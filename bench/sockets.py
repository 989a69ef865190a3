"""What a server with the layer still carries: requests per second over sockets, uvicorn with one worker, `wrk` as load."""

from __future__ import annotations

import importlib.util
import os
import random
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ORIGIN = "https://app.example.com"
SERVERS = ("FastAPI alone", "with Starlette's layer", "with corsense's layer", "with corsense installed")
_CHILD = "from bench.sockets import serve; serve()"
_SECONDS = 1
_CONNECTIONS = 16


def _app(name: str) -> object:
    """A FastAPI with one JSON route, and the layer that `name` says."""
    from fastapi import FastAPI

    app = FastAPI()

    @app.get("/items")
    async def items() -> dict[str, str]:
        return {"name": "Ada"}

    if name == SERVERS[1]:
        from starlette.middleware.cors import CORSMiddleware as Starlette

        app.add_middleware(Starlette, allow_origins=[ORIGIN])
    elif name != SERVERS[0]:
        from corsense import CORSMiddleware, Policy, install

        policy = Policy(origins=[ORIGIN])
        if name == SERVERS[2]:
            app.add_middleware(CORSMiddleware, policy=policy)
        else:
            install(app, policy)
    return app


@dataclass(frozen=True, slots=True)
class Load:
    """One second of load: requests per second, and microseconds of the server's processor time per request, which other work on
    the machine disturbs less."""

    rate: float
    processor: float


Measured = dict[str, dict[str, list[Load]]]
"""By kind of request, then by server: a load a round."""


def throughput(rounds: int) -> tuple[Measured, str] | None:
    """What the servers carried, and how it was measured; None without `wrk` and `/proc`. The first round is not counted."""
    wrk = shutil.which("wrk")
    if wrk is None or not Path("/proc/self/stat").exists():
        return None
    found: Measured = {kind: {name: [] for name in SERVERS} for kind in ("no `Origin`", "allowed")}
    with _serving() as servers:
        for number in range(rounds + 1):
            for name in random.sample(SERVERS, len(SERVERS)):
                for kind, loads in found.items():
                    load = _load(wrk, *servers[name], kind == "allowed")
                    if number:
                        loads[name].append(load)
    loop = "uvloop" if importlib.util.find_spec("uvloop") else "asyncio"
    parser = "httptools" if importlib.util.find_spec("httptools") else "h11"
    return found, f"uvicorn, one worker, {loop}, {parser}; wrk with {_CONNECTIONS} connections"


def _load(wrk: str, port: int, process: int, cross: bool) -> Load:
    words = [wrk, "-t1", f"-c{_CONNECTIONS}", f"-d{_SECONDS}s", f"http://127.0.0.1:{port}/items"]
    headers = {"Origin": ORIGIN} if cross else {}
    headers |= {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64) Chrome/156.0.0.0", "Accept": "*/*", "Accept-Language": "en"}
    for name, value in headers.items():
        words += ["-H", f"{name}: {value}"]
    before = _processor_time(process)
    said = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    spent = _processor_time(process) - before
    rate, served = re.search(r"Requests/sec: +([\d.]+)", said), re.search(r"(\d+) requests in", said)
    if rate is None or served is None or "Non-2xx" in said:
        raise RuntimeError(f"the load was not served: {said}")
    return Load(float(rate[1]), spent / int(served[1]) * 1e6)


def _processor_time(process: int) -> float:
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def _serving() -> Iterator[dict[str, tuple[int, int]]]:
    """A server process for each app: its port, and the number of its process."""
    servers: dict[str, tuple[int, int]] = {}
    processes: list[subprocess.Popen[bytes]] = []
    try:
        for name in SERVERS:
            with socket.socket() as free:
                free.bind(("127.0.0.1", 0))
                port = free.getsockname()[1]
            processes.append(subprocess.Popen([sys.executable, "-c", _CHILD, name, str(port)]))
            servers[name] = port, processes[-1].pid
        for port, _ in servers.values():
            _wait(port)
        yield servers
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait()


def _wait(port: int) -> None:
    for _ in range(200):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise RuntimeError("a server did not start")


def serve() -> None:
    """Serve the app that is named, on the port that is named."""
    import uvicorn

    uvicorn.run(_app(sys.argv[1]), host="127.0.0.1", port=int(sys.argv[2]), log_level="error")  # type: ignore[arg-type]
