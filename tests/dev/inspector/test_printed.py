"""What the terminal shows while requests come."""

from __future__ import annotations

import time

import pytest
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

from corsense.dev.inspector.starting import inspected
from tests.dev.inspector.asgi import PAGE, ask

PATIENCE = 60.0


def test_a_cause_is_printed_once_as_a_check_prints_it(capfd: pytest.CaptureFixture[str]) -> None:
    app = inspected(Starlette(routes=[Route("/items", lambda _: JSONResponse([]))]))
    for _ in range(3):
        ask(app, "GET", "/items", {"Origin": PAGE, "Cookie": "sid=s3cr3t"})
    deadline, printed = time.monotonic() + PATIENCE, ""
    while "= help" not in printed and time.monotonic() < deadline:
        time.sleep(0.02)
        printed += capfd.readouterr().err
    while len(app.session.shown()[1]) < 3 and time.monotonic() < deadline:
        time.sleep(0.02)
    printed += capfd.readouterr().err
    assert printed.count("error[CORS101]") == 1
    assert f"GET /items  from {PAGE}" in printed
    assert "s3cr3t" not in printed
