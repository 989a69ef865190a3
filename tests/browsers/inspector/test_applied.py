"""A fix from the page, end to end: `corsense dev`, a frontend whose call fails, the exports, the button, the reload, the call
again."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.browsers.inspector.stage import FRONTEND, SERVED, Stage, call
from tests.cli.commands import COMMAND, corsense
from tests.dev.test_dev import Server, environment

pytestmark = pytest.mark.xdist_group("inspector")

APP = """\
from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

app = FastAPI()
app.add_middleware(CORSMiddleware, allow_origins=["http://localhost:5173"], allow_methods=["GET"])


@app.put("/items/{name}")
def replace(name: str) -> str:
    return name
"""
REPAIRED = APP.replace('5173"]', '5173", "http://localhost:3000"]').replace('["GET"]', '["GET", "PUT"]')


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """`corsense dev` at work in a folder of its own."""
    (tmp_path / "main.py").write_text(APP)
    started = Server.start([COMMAND, "dev", "main:app", "--port", "0"], tmp_path, environment())
    try:
        started.ready()
        yield started
    finally:
        started.kill()


def exported(page: Any, link: str, folder: Path) -> Path:
    """The file that a click on a link of the page downloads."""
    with page.expect_download() as download:
        page.get_by_role("link", name=link).click()
    file: Path = folder / download.value.suggested_filename
    download.value.save_as(file)
    return file


def passes(tests: Path, app: Path) -> bool:
    """Whether an exported test file passes for the app in a folder."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", tests.name]
    done = subprocess.run(
        command, cwd=tests.parent, env={**os.environ, "PYTHONPATH": str(app)}, capture_output=True, text=True, check=False
    )
    assert done.stdout.splitlines()[-1].startswith(("1 passed", "1 failed")), done.stdout
    return done.returncode == 0


def test_a_fix_that_the_page_applies_lets_the_call_pass_that_failed(
    stage: Stage, server: Server, tmp_path_factory: pytest.TempPathFactory
) -> None:
    api = f"http://{SERVED}:{server.port}"
    server.get("/")
    page = stage.open(f"{api}/__corsense__/")
    page.locator("#state.live").wait_for()
    frontend = stage.open(FRONTEND)
    assert not call(frontend, "PUT", f"{api}/items/a", {}, "same-origin", None)["passed"]
    page.locator("#list button").click()
    page.locator("#apply").wait_for()

    folder = tmp_path_factory.mktemp("exported")
    recording = corsense("check", str(exported(page, "Export HAR", folder)), "--format", "json", folder=folder)
    assert "method-not-allowed" in recording.slugs(), recording.err
    tests = exported(page, "Export tests", folder)
    text = tests.read_text("utf-8")
    assert f'    # "{FRONTEND}",\n' in text
    tests.write_text(text.replace(f'# "{FRONTEND}"', f'"{FRONTEND}"'), "utf-8")
    assert not passes(tests, server.folder)

    page.locator("#apply").click()
    answer = page.locator("#details .applied")
    answer.wait_for()
    assert answer.inner_text().startswith("✓ Changed main.py.")
    assert (server.folder / "main.py").read_text() == REPAIRED
    server.ready()
    server.get("/")
    assert call(frontend, "PUT", f"{api}/items/a", {}, "same-origin", None)["passed"]
    server.until("passes now")
    page.locator("#list button .verdict.allowed").wait_for()
    assert passes(tests, server.folder)
    stage.close_tabs()
