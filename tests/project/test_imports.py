"""What importing the package costs: no dependency of the tools, and little of the standard library's machinery."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

TOOLS = {"fastapi", "httpcore2", "httpx2", "libcst", "pydantic", "rich", "starlette", "typer", "uvicorn"}

ASK_FOR_THE_VERSION = """
import contextlib, io, sys
from corsense.cli import main

sys.argv = ["corsense", "--version"]
with contextlib.redirect_stdout(io.StringIO()):
    try:
        status = main()
    except SystemExit as end:
        status = end.code
assert not status, status
"""


def top_level_modules_after(statement: str) -> set[str]:
    """The top-level names in `sys.modules` of a new interpreter that ran `statement`."""
    code = f"{statement}\nimport json, sys\nprint(json.dumps(sorted({{name.partition('.')[0] for name in sys.modules}})))"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    return set(json.loads(ran.stdout))


@pytest.mark.parametrize(
    "module",
    ["corsense", "corsense.fetch", "corsense.causes", "corsense.finding", "corsense.policy", "corsense.transports.policy"],
)
def test_importing_the_base_pulls_in_no_dependency_of_the_tools(module: str) -> None:
    assert top_level_modules_after(f"import {module}") & TOOLS == set()


def test_the_probe_sees_what_an_import_pulls_in() -> None:
    assert {"fastapi", "starlette", "pydantic"} <= top_level_modules_after("import fastapi")


def test_loading_every_cause_pulls_in_no_dependency_of_the_tools() -> None:
    assert top_level_modules_after("import corsense.causes; corsense.causes.catalogue()") & TOOLS == set()


def test_asking_for_the_version_pulls_in_no_dependency_of_the_tools() -> None:
    assert top_level_modules_after(ASK_FOR_THE_VERSION) & TOOLS == set()


RUN_A_COMMAND = """
import contextlib, io, os, sys
import corsense.cli, corsense.cli.process

def end(work):
    with contextlib.redirect_stdout(io.StringIO()):
        status = corsense.cli.process.status_of(work)
    assert status == {status}, status
    raise SystemExit  # the rest of what the probe is to see

corsense.cli.process.run = end
sys.argv = ["corsense", *{arguments!r}]
with contextlib.suppress(SystemExit):
    corsense.cli.main()
"""

SOUND_APP = """
from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

app = FastAPI()
app.add_middleware(CORSMiddleware, allow_origins=["http://localhost:3000"])


@app.get("/items")
def items() -> list[str]:
    return []
"""


def test_explaining_a_message_pulls_in_no_dependency_of_the_tools() -> None:
    code = RUN_A_COMMAND.format(status=1, arguments=["explain", "Failed to fetch", "--format", "json"])
    assert top_level_modules_after(code) & TOOLS == set()


def test_checking_a_sound_app_pulls_in_no_dependency_of_the_tools_and_no_event_loop(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(SOUND_APP, encoding="utf-8")
    code = f"import os; os.chdir({str(tmp_path)!r})\n" + RUN_A_COMMAND.format(status=0, arguments=["check", "main:app"])
    assert top_level_modules_after(code) & {*TOOLS, "asyncio", "ssl"} == set()
