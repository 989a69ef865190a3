"""The tools look at files of the project and at servers on loopback, unless the user allows more."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from corsense.errors import InputError
from corsense.mcp.boundary import Boundary
from tests.mcp.assistant import Assistant, assistant

PAGE = "http://localhost:3000"
APP = f"""\
from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

app = FastAPI()
app.add_middleware(CORSMiddleware, allow_origins=["{PAGE}"])


@app.get("/items")
def items() -> None: ...
"""


@contextmanager
def answering(status: int, **headers: str) -> Iterator[tuple[str, list[str]]]:
    """A server on loopback that answers every request alike: its URL, and the paths that were asked for."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(404 if self.path == "/openapi.json" else status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *values: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost",
        "http://localhost:8000/api",
        "http://LOCALHOST:8000",
        "http://127.0.0.1:8000",
        "http://127.9.8.7",
        "http://127.1",
        "http://0x7f.1",
        "http://[::1]:8000",
        "https://localhost",
        "ws://localhost:8000/ws",
        "wss://127.0.0.1/ws",
    ],
)
def test_loopback_may_be_contacted(url: str) -> None:
    assert Boundary(("/project",)).allows_url(url)
    Boundary(("/project",)).insist_on_url(url)


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com",
        "http://localtest.me",
        "http://localhost.example.com",
        "http://app.localhost",
        "http://localhost.",
        "http://127.0.0.1.nip.io",
        "http://0.0.0.0:8000",
        "http://[::ffff:127.0.0.1]",
        "http://192.168.0.1",
        "http://169.254.169.254/latest/meta-data",
        "http://[fe80::1]",
        "http://2130706434000",
        "ws://example.com/ws",
        "http://localhost@example.com",
        "http://example.com#@localhost",
        "file:///etc/passwd",
    ],
)
def test_nothing_else_is_loopback(url: str) -> None:
    assert not Boundary(("/project",)).allows_url(url)


def test_an_allowed_server_is_allowed_by_its_origin() -> None:
    boundary = Boundary.of("/", urls=["https://api.example.com/v1"])
    assert boundary.allows_url("https://api.example.com/other")
    assert not boundary.allows_url("http://api.example.com")
    assert not boundary.allows_url("https://api.example.com:8443")
    assert not boundary.allows_url("https://api.example.com.evil.example")


def test_files_are_those_of_the_project_by_their_real_path(tmp_path: Path) -> None:
    project, outside = tmp_path / "project", tmp_path / "project-of-others"
    (project / "app").mkdir(parents=True)
    outside.mkdir()
    (outside / "main.py").write_text(APP)
    (project / "link.py").symlink_to(outside / "main.py")
    (project / "folder").symlink_to(outside)
    (tmp_path / "way-in").symlink_to(project)
    boundary = Boundary.of(str(project))
    assert boundary.allows_file(str(project))
    assert boundary.allows_file(str(project / "app" / "new.py"))
    assert boundary.allows_file(str(tmp_path / "way-in" / "app"))
    for path in (outside, project / ".." / "project-of-others", project / "link.py", project / "folder" / "main.py"):
        assert not boundary.allows_file(str(path))
    assert Boundary.of(str(project), paths=[str(outside)]).allows_file(str(project / "link.py"))


def test_what_is_allowed_must_exist_and_be_a_url(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="'absent' does not exist"):
        Boundary.of(str(tmp_path), paths=["absent"])
    with pytest.raises(InputError, match="not an http or https URL"):
        Boundary.of(str(tmp_path), urls=["api.example.com"])


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project, and files beside it that it must not reach."""
    base = tmp_path_factory.mktemp("places")
    project, outside = base / "project", base / "outside"
    for folder in (project, outside):
        folder.mkdir()
        (folder / "main.py").write_text(APP)
        (folder / "policy.json").write_text(json.dumps({"origins": [PAGE]}))
        (folder / "made.py").write_text(f"from corsense import Policy\n\npolicy = Policy(origins=['{PAGE}'])\n")
    (outside / "page.har").write_text("{}")
    for name in ("nginx.conf", "with:colon.conf"):
        (outside / name).write_text(f'server {{ location / {{ add_header Access-Control-Allow-Origin "{PAGE}"; }} }}\n')
    (outside / "Caddyfile").write_text(f':80 {{\n\theader Access-Control-Allow-Origin "{PAGE}"\n}}\n')
    for name in ("linked.py", "linked.json", "linked.har"):
        (project / name).symlink_to(outside / {"py": "main.py", "json": "policy.json", "har": "page.har"}[name[7:]])
    (project / "linked_folder").symlink_to(outside)
    return base


@pytest.fixture(scope="module")
def client(places: Path) -> Iterator[Assistant]:
    with assistant(places / "project") as found:
        yield found


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("check", {"target": "../outside/main.py:app"}),
        ("check", {"target": "linked.py:app"}),
        ("check", {"target": "linked:app"}),
        ("check", {"target": "linked_folder.main:app"}),
        ("check", {"target": "linked_folder"}),
        ("check", {"target": "../outside"}),
        ("check", {"target": "linked.har"}),
        ("check", {"target": "antigravity:app"}),
        ("check", {"target": "os:system"}),
        ("check", {"target": "http://localhost:1234", "app": "linked:app"}),
        ("explain", {"text": "blocked by CORS policy", "app": "linked:app"}),
        ("explain", {"text": "blocked by CORS policy", "url": "http://example.com"}),
        ("lint", {"paths": [".", "../outside"]}),
        ("lint", {"paths": ["linked.py"]}),
        ("fix", {"targets": ["linked.py"]}),
        ("fix", {"targets": ["linked:app"]}),
        ("fix", {"targets": ["linked_folder"], "write": True}),
        ("policy_explain", {"origin": PAGE, "policy": "linked.json"}),
        ("policy_explain", {"origin": PAGE, "policy": "../outside/policy.json"}),
        ("policy_explain", {"origin": PAGE, "policy": "../outside/nginx.conf"}),
        ("policy_explain", {"origin": PAGE, "policy": "../outside/with:colon.conf"}),
        ("policy_diff", {"before": "policy.json", "after": "../outside/Caddyfile"}),
        ("policy_explain", {"origin": PAGE, "policy": "linked_folder.made:policy"}),
        ("policy_explain", {"origin": PAGE, "policy": "os:getcwd"}),
        ("policy_diff", {"before": "policy.json", "after": "linked.json"}),
        ("check", {"target": "http://example.com"}),
        ("check", {"curl": "curl http://example.com/items -H 'Origin: https://app.example.com'"}),
    ],
)
def test_a_call_that_would_leave_the_project_is_refused(client: Assistant, name: str, arguments: dict[str, object]) -> None:
    answer = client.call(name, **arguments)
    assert answer.is_error
    assert any(words in answer.text for words in ("is outside", "is not a module of", "is not on loopback", "may be contacted"))


def test_what_the_user_allows_is_reached(places: Path) -> None:
    with assistant(places / "project", "--allow-path", "../outside") as client:
        assert client.call("lint", paths=["../outside"]).document["files"] == 5
        assert not client.call("check", target="../outside/main.py:app", origins=[PAGE]).is_error
        assert not client.call("policy_explain", origin=PAGE, policy="linked.json").is_error


def test_a_redirect_out_of_the_allowed_servers_is_not_followed(tmp_path: Path) -> None:
    answers = {"Access-Control-Allow-Origin": "*", "Location": "http://elsewhere.example/items"}
    with answering(307, **answers) as (url, _), assistant(tmp_path) as client:
        answer = client.call("check", target=f"{url}/items", origins=[PAGE])
    assert answer.is_error
    assert "only redirects to another server: it leads to http://elsewhere.example" in answer.text


def test_a_redirect_to_another_server_on_loopback_is_followed(tmp_path: Path) -> None:
    answers = {"Access-Control-Allow-Origin": "*"}
    with (
        answering(200, **answers) as (there, asked),
        answering(307, Location=f"{there}/moved", **answers) as (url, _),
        assistant(tmp_path) as client,
    ):
        answer = client.call("check", target=f"{url}/items", origins=[PAGE], results="all")
    assert "/moved" in asked
    assert answer.document["results"][0]["outcome"] == "allowed"


def test_the_requests_of_a_call_stay_with_the_allowed_servers(tmp_path: Path) -> None:
    with answering(200) as (url, _), assistant(tmp_path) as client:
        answer = client.call("check", target=url, origins=[PAGE], requests=["GET http://elsewhere.example/items"])
    assert answer.is_error or not answer.document["summary"]["complete"]
    assert "elsewhere.example" in answer.text


def test_endpoints_run_only_where_the_user_allows_it(tmp_path: Path) -> None:
    source = APP.replace("def items() -> None: ...", 'def items() -> None:\n    open("ran", "w").close()')
    (tmp_path / "main.py").write_text(source)
    with assistant(tmp_path) as client:
        for name in ("check", "fix"):
            target = {"target": "main:app"} if name == "check" else {"targets": ["main:app"]}
            answer = client.call(name, origins=[PAGE], run_endpoints=True, **target)
            assert answer.is_error
            assert answer.text.startswith("run_endpoints runs code of the app, which the user has to allow.")
        assert not client.call("check", target="main:app", origins=[PAGE]).is_error
    assert not (tmp_path / "ran").exists()
    with assistant(tmp_path, "--allow-run-endpoints") as client:
        assert not client.call("check", target="main:app", origins=[PAGE], run_endpoints=True).is_error
    assert (tmp_path / "ran").exists()
