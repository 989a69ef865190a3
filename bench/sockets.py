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
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ORIGIN = "https://app.example.com"
SERVERS = ("FastAPI alone", "with Starlette's layer", "with corsense's layer", "with corsense installed")
PROTECTED = (
    "corsense off",
    "corsense enforce",
    "corsense with hosts",
    "Starlette and asgi-cross-origin-protection",
    "Starlette, no protection",
)
"""Servers for the cost of cross-origin protection: the first is what the others are compared with."""
KINDS: dict[str, tuple[str, dict[str, str]]] = {
    "no `Origin`": ("GET", {}),
    "allowed": ("GET", {"Origin": ORIGIN}),
    "own POST": ("POST", {"Origin": "http://127.0.0.1", "Sec-Fetch-Site": "same-origin", "Content-Type": "application/json"}),
}
"""Kinds of request: method and headers."""
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

    @app.post("/items")
    async def add(item: dict[str, str]) -> dict[str, str]:
        return {"name": item["name"]}

    if name in PROTECTED:
        return _protected(app, name)
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


def _protected(app: Any, name: str) -> object:
    """The app with the protection that `name` says."""
    if name.startswith("Starlette"):
        from starlette.middleware.cors import CORSMiddleware as Starlette

        app.add_middleware(Starlette, allow_origins=[ORIGIN])
        if name != PROTECTED[3]:
            return app
        from asgi_cross_origin_protection import CrossOriginProtection as Peer  # type: ignore[import-not-found,unused-ignore]

        return Peer(app, allowed_origins=[ORIGIN])
    from corsense import CrossOriginProtection, Policy, install

    hosts = ["api.example.com"] if name == PROTECTED[2] else []
    protection = None if name == PROTECTED[0] else CrossOriginProtection(mode="enforce", hosts=hosts)
    install(app, Policy(origins=[ORIGIN]), protection=protection)
    return app


@dataclass(frozen=True, slots=True)
class Load:
    """One second of load: requests per second, and microseconds of the server's processor time per request, which other work on
    the machine disturbs less."""

    rate: float
    processor: float


Measured = dict[str, dict[str, list[Load]]]
"""By kind of request, then by server: a load a round."""


def throughput(
    rounds: int, names: Sequence[str] = SERVERS, kinds: Sequence[str] = ("no `Origin`", "allowed")
) -> tuple[Measured, str] | None:
    """What the servers carried, and how it was measured; None without `wrk` and `/proc`. The first round is not counted."""
    wrk = shutil.which("wrk")
    if wrk is None or not Path("/proc/self/stat").exists():
        return None
    found: Measured = {kind: {name: [] for name in names} for kind in kinds}
    with _serving(names) as servers:
        for number in range(rounds + 1):
            for name in random.sample(names, len(names)):
                for kind, loads in found.items():
                    load = _load(wrk, *servers[name], kind)
                    if number:
                        loads[name].append(load)
    loop = "uvloop" if importlib.util.find_spec("uvloop") else "asyncio"
    parser = "httptools" if importlib.util.find_spec("httptools") else "h11"
    return found, f"uvicorn, one worker, {loop}, {parser}; wrk with {_CONNECTIONS} connections"


def _load(wrk: str, port: int, process: int, kind: str) -> Load:
    words = [wrk, "-t1", f"-c{_CONNECTIONS}", f"-d{_SECONDS}s", f"http://127.0.0.1:{port}/items"]
    method, own = KINDS[kind]
    headers = own | {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64) Chrome/156.0.0.0", "Accept": "*/*", "Accept-Language": "en"}
    for name, value in headers.items():
        words += ["-H", f"{name}: {value}"]
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        if method == "POST":
            script.write('wrk.method = "POST"\nwrk.body = "{\\"name\\": \\"Ada\\"}"\n')
            script.flush()
            words += ["-s", script.name]
        before = _processor_time(process)
        message = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    spent = _processor_time(process) - before
    rate, served = re.search(r"Requests/sec: +([\d.]+)", message), re.search(r"(\d+) requests in", message)
    if rate is None or served is None or "Non-2xx" in message:
        raise RuntimeError(f"the load was not served: {message}")
    return Load(float(rate[1]), spent / int(served[1]) * 1e6)


def _processor_time(process: int) -> float:
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def _serving(names: Sequence[str]) -> Iterator[dict[str, tuple[int, int]]]:
    """A server process for each app: its port, and the number of its process."""
    servers: dict[str, tuple[int, int]] = {}
    processes: list[subprocess.Popen[bytes]] = []
    try:
        for name in names:
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
