"""A fix from the page, end to end: `corsense dev`, a frontend whose call fails, the button, the reload, the call again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browsers.inspector.stage import FRONTEND, SERVED, Stage, call
from tests.cli.commands import COMMAND
from tests.dev.test_dev import Server, environment

pytestmark = pytest.mark.xdist_group("chromium")

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


def test_a_fix_that_the_page_applies_lets_the_call_pass_that_failed(stage: Stage, server: Server) -> None:
    api = f"http://{SERVED}:{server.port}"
    server.get("/")
    page = stage.open(f"{api}/__corsense__/")
    page.locator("#state.live").wait_for()
    frontend = stage.open(FRONTEND)
    assert not call(frontend, "PUT", f"{api}/items/a", {}, "same-origin", None)["passed"]
    page.locator("#list button").click()
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
    stage.close_tabs()
