"""`corsense dev` of the built wheel, in an empty environment."""

from __future__ import annotations

import http.client
import re
import shutil
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from tests.dev.running import Running
from tests.installed.conftest import ROOT, UV, Environment, clean_environment, run, succeed

PAGE = "http://localhost:3000"


def ask(port: int, method: str, path: str, **headers: str) -> tuple[int, str]:
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=60)) as connection:
        for attempt in range(100):
            try:
                connection.connect()
                break
            except ConnectionRefusedError:  # it listens a moment after the app has started
                assert attempt < 99
                time.sleep(0.1)
        connection.request(method, path, headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()


def test_it_says_what_to_install_then_serves_and_prints_why_a_request_fails(
    wheel: Path, environment: Callable[..., Environment], tmp_path: Path
) -> None:
    made = environment("3.12", wheel, "fastapi")
    shutil.copy(ROOT / "examples" / "broken" / "delete-forgotten" / "main.py", tmp_path)
    lacking = run(made.corsense, "dev", folder=tmp_path)
    assert (lacking.returncode, lacking.stdout, lacking.stderr) == (
        2,
        "",
        "corsense: serving needs uvicorn, which is not installed; run: pip install 'corsense[dev]'\n",
    )
    succeed(UV, "--quiet", "pip", "install", "--python", made.python, f"corsense[dev] @ {wheel.as_uri()}", folder=ROOT)
    server = Running.start([made.corsense, "dev", "--port", "0"], tmp_path, clean_environment())
    try:
        said = server.until("Application startup complete")
        address = re.search(r"Inspector: http://127\.0\.0\.1:(\d+)/__corsense__\n", said)
        assert address is not None, said
        port = int(address[1])
        asked = {"Origin": PAGE, "Access-Control-Request-Method": "DELETE", "User-Agent": "Mozilla/5.0"}
        assert ask(port, "OPTIONS", "/api/users/7", **asked)[0] == 400
        block = server.until("= help")
        assert "error[CORS601]" in block
        assert "--> main.py:" in block
        assert '"DELETE"' in block
        status, page = ask(port, "GET", "/__corsense__/")
        assert (status, "<title>" in page) == (200, True)
        assert server.end() == 0
        assert "Traceback" not in server.rest()
    finally:
        server.kill()
