"""`check URL --app`: what stands between the app's answer and the one that the page gets."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.check.live import serving
from tests.cli.commands import corsense

PAGE = "http://localhost:3000"
APP = """from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

app = FastAPI()
app.add_middleware(CORSMiddleware, allow_origins=["http://localhost:3000"], allow_methods=["PUT"])


@app.get("/items")
def items(): return []


@app.put("/items")
def put(): return []
"""
FRONT = """from main import app as inner


async def app(scope, receive, send):
    async def changed(message):
        if message["type"] == "http.response.start":
            lines = [line for line in message["headers"] if line[0] != {dropped}]
            message = {{**message, "headers": [*lines, *{added}]}}
        await send(message)

    await inner(scope, receive, changed)
"""


@pytest.mark.parametrize(
    ("dropped", "added", "message"),
    [
        (b"", (), ""),
        (b"access-control-allow-origin", (), "access-control-allow-origin is dropped in front of the app"),
        (b"", ((b"vary", b"Accept-Encoding"),), ""),
        (b"", ((b"access-control-expose-headers", b"X-A"),), "access-control-expose-headers is added in front of the app"),
        (b"access-control-allow-origin", ((b"access-control-allow-origin", b"*"),), "from 'http://localhost:3000' to '*'"),
    ],
)
def test_what_is_changed_in_front_of_the_app_is_said(tmp_path: Path, dropped: bytes, added: object, message: str) -> None:
    (tmp_path / "main.py").write_text(APP, encoding="utf-8")
    (tmp_path / "front.py").write_text(FRONT.format(dropped=dropped, added=added), encoding="utf-8")
    with serving(tmp_path, "front:app") as url:
        ran = corsense("check", url, "--origin", PAGE, "--app", "main:app", "--format", "json", folder=tmp_path)
    notes = " ".join(ran.document["notes"])
    assert ("in front of the app" in notes) is bool(message)
    assert message in notes


def test_an_app_is_not_compared_with_itself(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(APP, encoding="utf-8")
    ran = corsense("check", "main:app", "--app", "main:app", folder=tmp_path)
    assert (ran.status, ran.err.count("\n")) == (2, 1)
