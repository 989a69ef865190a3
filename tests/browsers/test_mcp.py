"""The MCP servers of `examples/mcp` in a real browser: a client in a page uses them, and `check` says the same of what it cannot
use."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("mcp")
pytest.importorskip("fastmcp")

from corsense.browsers import BrowserError, find_browser
from corsense.browsers.driver import Driver
from tests.browsers.served import serving
from tests.cli.commands import corsense
from tests.examples.scenarios import FOLDER
from tests.mcp.test_repairs import app_in

PAGE = "http://localhost:5173"
SERVER = "http://localhost:8000"
SCRIPT = Path(__file__).with_name("mcp_client.js").read_text(encoding="utf-8")
EXAMPLES = ("sdk-stateful", "sdk-stateless", "fastmcp-stateful", "fastmcp-stateless")

pytestmark = [
    pytest.mark.xdist_group("mcp-in-chromium"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),  # of the packages that serve
]


@contextmanager
def browser_for(app: Any) -> Iterator[Driver]:
    """A browser for which `PAGE` has an empty page and every other address leads to the app."""
    from corsense.browsers.chromium import ChromiumDriver

    async def stage(scope: Any, receive: Callable[[], Any], send: Callable[[Any], Any]) -> None:
        if scope["type"] != "http" or (b"host", b"localhost:5173") not in scope["headers"]:
            await app(scope, receive, send)
            return
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/html")]})
        await send({"type": "http.response.body", "body": b"<!doctype html><title>A page</title>"})

    try:
        program = find_browser("chromium")
    except BrowserError as missing:
        pytest.skip(str(missing))
    with serving(stage) as port:
        driver = ChromiumDriver(program, port, 60.0)
        try:
            driver.open(f"{PAGE}/")
            yield driver
        finally:
            driver.close()


def run_client(folder: Path, url: str, *, stateful: bool) -> dict[str, Any]:
    """What the client in the page gets of the app in a folder."""
    with browser_for(app_in(folder)) as driver:
        expression = (
            f"(async () => {{ {SCRIPT}; return JSON.stringify(await mcpClient({json.dumps(url)}, {json.dumps(stateful)})); }})()"
        )
        found: dict[str, Any] = json.loads(driver.run(expression, 0, 60.0).text)
    return found


def checked(folder: Path, client: str, *options: str) -> list[str]:
    """The errors and warnings of a check, the first cause first."""
    ran = corsense(
        "check", "main:app", "--client", client, "--origin", PAGE, "--run-endpoints", *options, "--format", "json", folder=folder
    )
    assert ran.status in (0, 1), ran.err
    return [finding["slug"] for finding in ran.document["findings"] if finding["severity"] != "info"]


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_client_in_a_page_uses_the_server_and_check_finds_nothing(name: str) -> None:
    folder = FOLDER / "mcp" / name
    stateful = name.endswith("stateful")
    used = run_client(folder, f"{SERVER}/mcp/", stateful=stateful)
    assert "error" not in used, used
    assert used["tools"] == ["shelves"]
    assert "Fiction" in " ".join(used["content"])
    assert ("DELETE 200" in used["called"]) is stateful
    assert checked(folder, "mcp" if stateful else "mcp-stateless") == []


@pytest.mark.parametrize("name", ["sdk-stateful", "fastmcp-stateful"])
def test_the_mount_without_its_slash_redirects_and_check_says_so_first(name: str) -> None:
    folder = FOLDER / "mcp" / name
    assert run_client(folder, f"{SERVER}/mcp", stateful=True)["error"] == "Redirect not followed"
    assert checked(folder, "mcp", "--request", "POST /mcp")[0] == "redirect-slashes"
    assert (
        corsense("explain", "Error: Redirect not followed", "--format", "json").document["messages"][0]["causes"][0]["slug"]
        == "redirect-slashes"
    )


@pytest.mark.parametrize(("name", "body"), [("sdk-stateful", "Invalid Origin header"), ("fastmcp-stateful", "Forbidden Origin")])
def test_the_servers_own_check_of_the_page_is_named_first(name: str, body: str, tmp_path: Path) -> None:
    server = "http://api.example.com:8000"  # fastmcp lets pages on loopback use a server on loopback
    shutil.copytree(FOLDER / "mcp" / name, tmp_path, dirs_exist_ok=True)
    source = (tmp_path / "main.py").read_text()
    source = source.replace("allowed_origins=PAGES", 'allowed_origins=["https://app.example.com"]')
    (tmp_path / "main.py").write_text(
        re.sub(r"allowed_hosts=\[.*?\]", 'allowed_hosts=["api.example.com", "api.example.com:*"]', source)
    )
    error = run_client(tmp_path, f"{server}/mcp/", stateful=True)["error"]
    assert error.startswith("HTTP 403")
    assert body in error
    assert checked(tmp_path, "mcp", "--base-url", server)[0] == "origin-check-refused"
    explained = corsense("explain", error, "--format", "json").document["messages"]
    assert "origin-check-refused" in [cause["slug"] for message in explained for cause in message["causes"][:1]]


def test_a_session_that_the_page_cannot_read_is_named_first(tmp_path: Path) -> None:
    shutil.copytree(FOLDER / "mcp" / "sdk-stateful", tmp_path, dirs_exist_ok=True)
    source = (tmp_path / "main.py").read_text()
    policy = 'methods=["GET", "POST", "DELETE"], request_headers=["content-type", "mcp-protocol-version", "mcp-session-id"]'
    (tmp_path / "main.py").write_text(source.replace('clients=["mcp"]', policy))
    assert run_client(tmp_path, f"{SERVER}/mcp/", stateful=True)["error"] == "Missing session ID"
    assert checked(tmp_path, "mcp")[0] == "header-not-exposed"
