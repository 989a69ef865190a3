"""Every command of the README and of the pages below docs/ does its work, in a fresh clone and a clean environment."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.installed.conftest import ROOT, UV, clean_environment, succeed
from tests.project.pages import DOCUMENTS, commands, is_session

SPARK_CLUSTER = "corsense policy replay 's3a://bucket/logs/*.json.gz' --policy main:app --engine spark://master:7077"
BUCKET = "corsense policy replay 's3://bucket/logs/2026/11/*.json.gz' --policy main:app"
BEHIND_NGINX = "corsense check http://127.0.0.1:18080 --app main:app"
NOT_RUN_HERE = {"scripts/test", SPARK_CLUSTER, BUCKET, BEHIND_NGINX}
"""What continuous integration runs itself, on a fresh clone: `.ci/run` is this command. What needs a cluster, or a bucket. The
check behind nginx, which `tests/layers/test_documented_stack.py` runs."""

HAR = """{"log": {"version": "1.2", "creator": {"name": "a browser", "version": "1"}, "entries": [{
  "startedDateTime": "2026-01-01T00:00:00Z", "time": 1, "cache": {}, "timings": {"send": 0, "wait": 1, "receive": 0},
  "request": {"method": "GET", "url": "http://localhost:8000/api/users", "httpVersion": "http/1.1", "cookies": [],
    "queryString": [], "headers": [{"name": "Origin", "value": "http://localhost:3000"}], "headersSize": -1, "bodySize": 0},
  "response": {"status": 200, "statusText": "OK", "httpVersion": "http/1.1", "headers": [], "cookies": [],
    "content": {"size": 2, "mimeType": "application/json"}, "redirectURL": "", "headersSize": -1, "bodySize": 2}}]}}
"""
CADDY = (
    '{"ts": 1790000000.0, "status": 200, "request": {"method": "GET", "host": "api.example.com", "uri": "/api/users", '
    '"headers": {"Origin": ["http://localhost:3000"]}}, "resp_headers": {}}\n'
)
NGINX = '203.0.113.9 - - [27/Nov/2026:10:00:00 +0000] "GET /api/users HTTP/1.1" 200 2 "http://localhost:3000"\n'
MCP = """

@app.post("/mcp")
def mcp() -> None: ...
"""
CURL = "curl 'http://localhost:8000/api/users' -H 'Origin: http://localhost:3000' -H 'X-Token: 1'\n"
MESSAGE = (
    "Access to fetch at 'http://localhost:8000/api/users' from origin 'http://localhost:3000' has been blocked by CORS policy: "
    "No 'Access-Control-Allow-Origin' header is present on the requested resource.\n"
)


def every_command() -> list[str]:
    """The commands of all documents, but of pages that bring their files: `tests/project/test_documents.py` runs those."""
    return list(dict.fromkeys(command for page in DOCUMENTS if not is_session(page) for command in commands(page)))


@pytest.fixture(scope="module")
def ready(clone: Path) -> Path:
    """The clone after the README's first command."""
    succeed("scripts/demo", folder=clone)
    return clone


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    return port


@pytest.fixture
def served(ready: Path) -> Iterator[int]:
    """The port of a server of the app that the commands name."""
    write_what_commands_name(ready)
    port = free_port()
    command = [str(ready / ".venv" / "bin" / "uvicorn"), "package.module:app", "--port", str(port), "--log-level", "error"]
    with subprocess.Popen(command, cwd=ready, env=clean_environment()) as server:
        try:
            while server.poll() is None:
                with socket.socket() as probe:
                    if probe.connect_ex(("127.0.0.1", port)) == 0:
                        break
                time.sleep(0.05)
            yield port
        finally:
            server.terminate()


def write_what_commands_name(folder: Path) -> None:
    app = ROOT / "examples" / "broken" / "delete-forgotten" / "main.py"
    for name in ("package/module.py", "app/main.py", "main.py"):
        (folder / name).parent.mkdir(exist_ok=True)
        shutil.copy(app, folder / name)
    with (folder / "package" / "module.py").open("a", encoding="utf-8") as module:
        module.write(MCP)
    tool = folder / ".venv" / "bin" / "xclip"
    tool.write_text(f'#!/bin/sh\nprintf "%s" "{MESSAGE.strip()}"\n', encoding="utf-8")
    tool.chmod(0o755)
    (folder / "caddy").mkdir(exist_ok=True)
    (folder / "caddy" / "access.log").write_text(CADDY, encoding="utf-8")
    (folder / "access.log").write_text(NGINX, encoding="utf-8")
    for name, text in (("recording.har", HAR), ("copied-as-curl.txt", CURL), ("pasted-from-the-console.txt", MESSAGE)):
        (folder / name).write_text(text, encoding="utf-8")


@pytest.mark.xdist_group("readme")
@pytest.mark.parametrize("command", [found for found in every_command() if found not in NOT_RUN_HERE])
def test_a_command_of_the_documents_does_its_work(command: str, ready: Path, served: int, wheel: Path) -> None:
    given = command.replace("localhost:8000", f"localhost:{served}").replace(
        "https://api.example.com", f"http://localhost:{served}"
    )
    given = given.replace("/var/log/caddy/", "caddy/")
    if command.startswith("uvx corsense"):
        given = given.replace("uvx corsense", f"{UV} tool run --from {wheel} corsense")
    if command.startswith("pip install"):
        given = re.sub(r"pip install '?corsense(\[\w+\])?'?", rf".venv/bin/pip install --quiet '{wheel}\1'", given)
    environment = clean_environment()
    if command.startswith("corsense dev"):
        given = re.sub(r"^(corsense dev)(.*?)(?: --port \d+)?$", rf"\1\2 --port {free_port()}", given)
    if "--clipboard" in command:
        environment["DISPLAY"] = ":0"  # where xclip is asked
    environment["PATH"] = f"{ready / '.venv' / 'bin'}:{environment['PATH']}"
    goes_on = {"--page": "http://", "corsense watch": "Watching", "corsense dev": "Serving"}
    sign = next((text for part, text in goes_on.items() if part in command), None)
    with subprocess.Popen(
        ["bash", "-c", f"exec {given}"], cwd=ready, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True,
    ) as ran:  # fmt: skip
        assert ran.stdout is not None
        if sign is not None:
            printed = next((line for line in ran.stdout if sign in line), "")
            ran.terminate()
            printed += ran.stdout.read()
        else:
            printed = ran.stdout.read()
        status = ran.wait(timeout=60)
    assert "Traceback (most recent call last)" not in printed
    assert (status in (0, 1)) if sign is None else (sign in printed), f"{given}: exit status {status}\n{printed}"


def test_what_is_not_run_here_is_what_continuous_integration_runs() -> None:
    assert set(every_command()) >= NOT_RUN_HERE
    assert "exec scripts/test" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")
