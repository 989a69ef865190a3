"""The plain functions work without the dependencies of the command line."""

from __future__ import annotations

import json
import subprocess
import sys

from corsense import testing

TOOLS = {"fastapi", "httpcore2", "httpx2", "libcst", "pydantic", "pytest", "rich", "starlette", "typer", "uvicorn"}

ASK_A_BARE_APP = """
import json, sys
for name in ("httpcore2", "httpx2", "pydantic", "pytest", "rich", "starlette", "typer"):
    sys.modules[name] = None
from corsense.testing import assert_cors_allowed, assert_cors_blocked, assert_no_foreign_access, cors_matrix

async def app(scope, receive, send):
    origin = dict(scope["headers"]).get(b"origin")
    headers = [(b"vary", b"Origin")] + ([(b"access-control-allow-origin", origin)] if origin == b"https://a.example" else [])
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b""})

assert_cors_allowed(app, "GET", "/", origin="https://a.example")
assert_cors_blocked(app, "GET", "/", origin="https://b.example")
assert_no_foreign_access(app, trusted=["https://a.example"], requests=["GET /"])
print(cors_matrix(app, origins=["https://a.example"], requests=["GET /"], credentials=["omit"]))
try:
    assert_cors_allowed(app, "GET", "/", origin="https://b.example")
except AssertionError as error:
    print(error)
"""


def ran(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_importing_the_functions_pulls_in_no_dependency_of_the_tools() -> None:
    code = (
        "from corsense.testing import *; import corsense.testing.aio, json, sys; "
        "print(json.dumps(sorted({name.partition('.')[0] for name in sys.modules})))"
    )
    assert set(json.loads(ran(code))) & TOOLS == set()


def test_a_bare_app_is_tested_without_any_of_them() -> None:
    message = ran(ASK_A_BARE_APP)
    assert "GET /  yes" in message
    assert "has been blocked by CORS policy" in message
    assert "error[CORS202]" in message


def test_every_public_name_can_be_had() -> None:
    assert set(testing.__all__) <= set(dir(testing))
    assert all(getattr(testing, name) is not None for name in testing.__all__)
