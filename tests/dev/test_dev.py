"""`corsense dev`: a real server, with reload, that says where it is, survives mistakes and ends at once."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import socket
import stat
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.cli.commands import COMMAND, corsense
from tests.dev.running import PATIENCE, Running

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C is sent as a signal")

APP = """\
from fastapi import FastAPI
app = FastAPI()
@app.get("/items")
def items():
    return ["first"]
"""
READY = "Application startup complete"
PAGE = "http://localhost:3000"
INHERITED = ("CORSENSE_INSPECTOR", "ENV", "ENVIRONMENT", "APP_ENV", "VIRTUAL_ENV", "PORT")


class Server(Running):
    """`corsense dev` on a free port."""

    @property
    def port(self) -> int:
        found = re.search(r"Inspector: http://127\.0\.0\.1:(\d+)/__corsense__", self.said)
        assert found is not None, self.said
        return int(found[1])

    said = ""

    def ready(self, count: int = 1) -> str:
        for _ in range(count):
            self.said += self.until(READY)
        return self.said

    def get(self, path: str, **headers: str) -> str:
        with self.connected() as stream, closing(http.client.HTTPConnection("127.0.0.1", self.port)) as connection:
            connection.sock = stream
            connection.request("GET", path, headers=headers)
            return connection.getresponse().read().decode()

    def connected(self) -> socket.socket:
        """A connection, once the socket listens: that is a moment after the app has started."""
        while True:
            try:
                return socket.create_connection(("127.0.0.1", self.port), PATIENCE)
            except ConnectionRefusedError:
                assert self.process.poll() is None
                time.sleep(0.05)


Start = Callable[..., Server]


def environment(**more: str) -> dict[str, str]:
    return {**{name: value for name, value in os.environ.items() if name not in INHERITED}, **more}


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts the command in a folder of its own, with an app in `main.py`."""
    folder = tmp_path / "project"
    folder.mkdir()
    running: list[Server] = []

    def started(*arguments: str, app: str | None = APP, **variables: str) -> Server:
        if app is not None:
            (folder / "main.py").write_text(app)
        command: list[str | Path] = [COMMAND, "dev", *arguments, "--port", "0"]
        found = Server.start(command, folder, environment(**variables))
        assert isinstance(found, Server)
        running.append(found)
        return found

    yield started
    for server in running:
        server.kill()


def failed(*arguments: str, folder: Path, **variables: str) -> str:
    """What the command says that could not serve."""
    ran = corsense("dev", *arguments, folder=folder, environment=environment(**variables))
    assert (ran.status, ran.out) == (2, ""), ran
    return ran.err


def test_it_serves_the_app_and_says_where(start: Start) -> None:
    server = start("main:app")
    said = server.ready()
    assert f"Serving main:app at http://127.0.0.1:{server.port}. Ctrl-C ends it.\n" in said
    assert server.get("/items") == '["first"]'
    assert server.end() == 0


def test_without_a_target_it_serves_what_fastapi_dev_would(start: Start) -> None:
    server = start(app=None)
    package = server.folder / "app"
    server.kill()
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "names.py").write_text("FIRST = 'first'\n")
    (package / "main.py").write_text(APP.replace("import FastAPI\n", "import FastAPI\nfrom .names import FIRST\n"))
    server = start(app=None)
    assert "Serving app.main at" in server.ready()
    assert server.get("/items") == '["first"]'


def test_a_change_is_served_after_a_reload(start: Start) -> None:
    server = start()
    server.ready()
    server.save(APP.replace("first", "second"))
    server.ready()
    assert server.get("/items") == '["second"]'


def test_a_change_of_the_env_file_counts(start: Start, tmp_path: Path) -> None:
    (tmp_path / "project" / "settings").mkdir()
    app = APP.replace('["first"]', 'open(".env").read()')
    server = start(app=app)
    server.ready()
    server.save("A=1\n", ".env")
    server.ready()
    assert server.get("/items") == '"A=1\\n"'
    server.save("B=1\n", "settings/.env")
    server.ready()


def test_a_change_of_the_env_file_above_counts_within_the_repository(start: Start, tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    server = start(app=APP.replace('["first"]', 'open("../.env").read()'))
    server.ready()
    for text in ("A=1\n", "A=2\n"):
        (tmp_path / "new").write_text(text)
        (tmp_path / "new").rename(tmp_path / ".env")
        server.ready()
        assert json.loads(server.get("/items")) == text


def test_the_app_can_be_named_as_for_fastapi_dev(start: Start) -> None:
    server = start("-e", "main:other", app=APP + "other = FastAPI()\nother.get('/items')(lambda: 'other')\n")
    server.ready()
    assert server.get("/items") == '"other"'


def test_a_broken_app_is_shown_as_python_shows_it_and_served_once_it_is_repaired(start: Start) -> None:
    server = start(app=APP + "undefined\n")
    assert 'main.py", line 6, in <module>' in server.until("NameError: name 'undefined' is not defined")
    server.save(APP)
    server.ready()
    server.save(APP + "def broken(:\n")
    server.until("SyntaxError: ")
    server.save(APP.replace("first", "second"))
    server.said = ""
    server.until(READY)


def test_a_module_without_the_app_is_reported_and_waited_for(start: Start) -> None:
    server = start("main:api")
    said = server.until("ERROR")
    assert "Error loading ASGI app. The module 'main' has no 'api'. Did you mean 'main:app'?" in said
    server.save(APP.replace("app", "api"))
    server.until(READY)


def test_a_factory_is_called(start: Start) -> None:
    factory = (
        "from fastapi import FastAPI\ndef create_app():\n    app = FastAPI()\n    app.get('/items')(lambda: 1)\n    return app\n"
    )
    server = start("main:create_app", "--factory", app=factory)
    server.ready()
    assert server.get("/items") == "1"


def test_an_error_of_a_factory_is_shown_with_its_place(start: Start) -> None:
    server = start("main:create_app", "--factory", app="def create_app():\n    raise TypeError('no settings')\n")
    said = server.until("Error loading ASGI app")
    assert 'main.py", line 2, in create_app' in said
    assert "TypeError: no settings" in said


def test_the_variable_of_the_app_can_be_named_beside_a_file(start: Start) -> None:
    server = start("main.py", "--app", "other", app=APP + "other = FastAPI()\nother.get('/items')(lambda: 'other')\n")
    server.ready()
    assert server.get("/items") == '"other"'


def test_without_reload_it_serves_and_ends_too(start: Start) -> None:
    server = start("--no-reload")
    said = server.ready()
    assert "reloader" not in said
    assert server.get("/items") == '["first"]'
    assert server.end() == 0
    assert "Traceback" not in server.rest()


def test_without_reload_a_broken_app_ends_it_with_its_traceback(start: Start) -> None:
    server = start("--no-reload", app="undefined\n")
    assert server.process.wait(PATIENCE) == 2
    printed = server.rest()
    assert "NameError: name 'undefined' is not defined" in printed
    assert "a fault of corsense" not in printed


def test_a_lifespan_that_fails_ends_it_without_reload(start: Start) -> None:
    failing = (
        "from contextlib import asynccontextmanager\nfrom fastapi import FastAPI\n"
        "@asynccontextmanager\nasync def lifespan(app):\n    raise OSError('no database')\n    yield\n"
        "app = FastAPI(lifespan=lifespan)\n"
    )
    server = start("--no-reload", app=failing)
    assert server.process.wait(PATIENCE) == 2
    assert "OSError: no database" in server.rest()


STREAM = """\
import asyncio
from fastapi import FastAPI
from fastapi.responses import StreamingResponse
app = FastAPI()
@app.get("/stream")
def stream():
    async def forever():
        while True:
            yield "data: x\\n\\n"
            await asyncio.sleep(0.1)
    return StreamingResponse(forever(), media_type="text/event-stream")
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("arguments", [(), ("--no-reload",)])
def test_it_ends_while_event_streams_are_open(start: Start, arguments: tuple[str, ...], number: int) -> None:
    server = start(*arguments, app=STREAM)
    server.ready()
    with server.connected() as stream:
        stream.sendall(b"GET /stream HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert b"200 OK" in stream.recv(1000)
        began = time.monotonic()
        server.process.send_signal(number)
        assert server.process.wait(PATIENCE) == 0
    assert time.monotonic() - began < PATIENCE / 2


@pytest.mark.parametrize("arguments", [(), ("--no-reload",)])
def test_a_terminal_that_is_closed_ends_it_in_order(start: Start, arguments: tuple[str, ...], tmp_path: Path) -> None:
    app = (
        "from contextlib import asynccontextmanager\nfrom fastapi import FastAPI\n"
        "@asynccontextmanager\nasync def lifespan(app):\n    yield\n    open('closed', 'w').close()\n"
        "app = FastAPI(lifespan=lifespan)\n"
    )
    (tmp_path / "temporary").mkdir()
    server = start(*arguments, app=app, TMPDIR=str(tmp_path / "temporary"))
    server.ready()
    server.connected().close()
    os.killpg(server.process.pid, signal.SIGHUP)
    assert server.process.wait(PATIENCE) == 0
    assert (server.folder / "closed").exists()
    assert list((tmp_path / "temporary").iterdir()) == []


def test_a_reloader_that_is_killed_leaves_no_server_and_no_session(start: Start, tmp_path: Path) -> None:
    (tmp_path / "temporary").mkdir()
    server = start(TMPDIR=str(tmp_path / "temporary"))
    server.ready()
    server.connected().close()
    server.process.kill()
    server.reader.join(PATIENCE)  # all that could write have ended
    assert not server.reader.is_alive()
    assert list((tmp_path / "temporary").iterdir()) == []
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", server.port), PATIENCE)


def test_it_ends_while_a_websocket_is_open(start: Start) -> None:
    app = (
        "from fastapi import FastAPI, WebSocket\napp = FastAPI()\n@app.websocket('/ws')\n"
        "async def ws(socket: WebSocket):\n    await socket.accept()\n    while True:\n        await socket.receive_text()\n"
    )
    server = start(app=app)
    server.ready()
    with server.connected() as stream:
        key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
        stream.sendall(f"GET /ws HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n{key}\r\n".encode())
        assert b"101" in stream.recv(1000)
        assert server.end() == 0


def test_a_port_that_is_taken_is_named_with_a_free_one(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(APP)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        said = failed("--port", str(port), folder=tmp_path)
    assert re.fullmatch(rf"corsense: port {port} of 127\.0\.0\.1 is in use; name a free one: --port \d+\.\n", said)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("mian:app",), "corsense: there is no module 'mian' in {folder}; did you mean main?\n"),
        (("main.sub:app",), "corsense: there is no module 'main.sub' in {folder}; did you mean main?\n"),
        (("nowhere/main.py",), "corsense: There is no file 'nowhere/main.py'. Name it: package.module:app, or"),
        (("http://localhost:8000",), "corsense: 'http://localhost:8000' is no app that can be served; name it, for example"),
        (("main:app", "-e", "main:app"), "corsense: --entrypoint 'main:app' conflicts with 'main:app'; drop one of them.\n"),
        (("-e", "main:app", "--app", "b"), "corsense: --entrypoint 'main:app' conflicts with --app b; drop one of them.\n"),
        (("main:app", "--app", "1x"), "corsense: --app '1x' is not a name; name the variable that holds the app.\n"),
        (
            ("--host", "192.0.2.1"),
            "corsense: --host '192.0.2.1' is no address of this machine (Cannot assign requested address); ",
        ),
        (("--host", "no.such.host.invalid"), "corsense: --host 'no.such.host.invalid' is no address of this machine ("),
        (("--port", "70000"), "corsense: --port '70000' cannot be used: "),
    ],
)
def test_what_cannot_be_served_is_one_sentence(tmp_path: Path, arguments: tuple[str, ...], sentence: str) -> None:
    (tmp_path / "main.py").write_text(APP)
    said = failed(*arguments, folder=tmp_path)
    assert said.startswith(sentence.format(folder=tmp_path)), said
    assert said.count("\n") == 1


def test_a_folder_without_an_app_says_so(tmp_path: Path) -> None:
    assert "There is no app here" in failed(folder=tmp_path)


def test_production_is_refused_with_the_variable_that_says_so(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(APP)
    assert failed(folder=tmp_path, APP_ENV="production") == (
        "corsense: corsense dev is for development and does not start in production (APP_ENV='production'); "
        "serve with `fastapi run` there, or correct that variable if this is a development machine.\n"
    )


def test_production_that_the_app_reads_from_a_file_is_refused_too(start: Start) -> None:
    server = start(app="import os\nos.environ['ENVIRONMENT'] = 'production'\n" + APP)
    server.until("does not start in production (ENVIRONMENT='production')")


def test_an_app_that_installs_the_inspector_itself_has_one(start: Start) -> None:
    app = (
        "import sys\nfrom fastapi import FastAPI\nfrom corsense import Policy, install\napp = FastAPI()\n"
        "install(app, Policy(origins=['http://localhost:3000']), inspector=True)\n"
        "@app.get('/stack')\ndef stack():\n    return type(app.middleware_stack).__name__\n"
    )
    server = start(app=app, CORSENSE_INSPECTOR="1")
    server.ready()
    assert server.get("/stack") == '"CORSMiddleware"'


@pytest.mark.parametrize(
    ("host", "line"),
    [
        ("0.0.0.0", "Inspector: http://127.0.0.1:{port}/__corsense__, from this machine only.\n"),
        ("localhost", "Inspector: http://localhost:{port}/__corsense__\n"),
    ],
)
def test_the_inspector_has_a_loopback_address_whatever_the_host(start: Start, host: str, line: str) -> None:
    server = start("--host", host)
    said = server.ready()
    port = re.search(rf"Serving main at http://{re.escape(host)}:(\d+)", said)
    assert port is not None
    assert line.format(port=port[1]) in said


def test_the_variables_of_fastapi_dev_have_their_meaning(start: Start) -> None:
    app = "import os\n" + APP.replace('["first"]', 'os.environ["FASTAPI_ENV"]')
    server = start(app=app, FASTAPI_PUBLIC_URL="https://dev.example.com/")
    assert "Serving main at https://dev.example.com. Ctrl-C ends it." in server.ready()
    assert server.get("/items") == '"development"'


def test_the_root_path_reaches_the_app(start: Start) -> None:
    app = APP.replace("def items():\n    return", "def items(request: Request):\n    return request.scope['root_path'],").replace(
        "import FastAPI", "import FastAPI, Request"
    )
    server = start("--root-path", "/v1", app=app)
    server.ready()
    assert server.get("/items") == '["/v1",["first"]]'


def test_a_cause_is_found_below_a_root_path(start: Start) -> None:
    server = start("--root-path", "/v1")
    server.ready()
    server.get("/items", Origin=PAGE)
    said = server.until("= help")
    assert "error[CORS101]: The app has no CORSMiddleware" in said
    assert "--> main.py:2:7" in said


def test_forwarded_headers_of_a_proxy_here_are_believed_unless_told_otherwise(start: Start) -> None:
    app = (
        "from fastapi import FastAPI, Request\napp = FastAPI()\n"
        "@app.get('/who')\ndef who(request: Request):\n    return request.client.host, request.url.scheme\n"
    )
    forwarded = {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "https"}
    server = start(app=app)
    server.ready()
    assert server.get("/who", **forwarded) == '["203.0.113.9","https"]'
    server = start("--no-proxy-headers", app=app)
    server.ready()
    assert server.get("/who", **forwarded) == '["127.0.0.1","http"]'


def test_a_project_with_an_interpreter_that_lacks_corsense_is_told_what_to_install(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(APP)
    bare = tmp_path / ".venv"
    subprocess_venv(bare)
    assert failed(folder=tmp_path) == (
        f"corsense: the app runs with {bare}/bin/python (.venv).\n"
        f"corsense: The app runs with {bare}/bin/python, where corsense is not installed. "
        f"Run: uv pip install --python {bare}/bin/python 'corsense[dev]'\n"
    )


def test_a_project_with_an_interpreter_that_has_corsense_is_served_there(start: Start) -> None:
    server = start("--port", "0", app="import sys\n" + APP.replace('["first"]', "sys.prefix"))
    server.kill()
    environment_of_project = server.folder / ".venv"
    subprocess_venv(environment_of_project)
    library = next((environment_of_project / "lib").iterdir()) / "site-packages"
    paths = [path for path in sys.path if path.endswith("site-packages")] + [str(Path(__file__).parents[2] / "src")]
    (library / "ours.pth").write_text("\n".join(paths))
    server = start("main:app", app=None)
    assert f"corsense: the app runs with {environment_of_project}/bin/python (.venv).\n" in server.ready()
    assert server.get("/items") == f'"{environment_of_project}"'
    assert server.end() == 0


def subprocess_venv(folder: Path) -> None:
    import venv

    venv.create(folder, symlinks=True, with_pip=False)


def test_the_session_survives_a_reload_and_is_removed_at_the_end(start: Start, tmp_path: Path) -> None:
    folder = tmp_path / "temporary"
    folder.mkdir()
    server = start(TMPDIR=str(folder))
    server.ready()
    server.get("/items", Origin=PAGE)
    (kept,) = folder.glob("corsense-dev-*")
    assert stat.S_IMODE(kept.stat().st_mode) == 0o700
    while not (kept / "session").exists() or '"call"' not in (kept / "session").read_text():
        assert server.process.poll() is None
        time.sleep(0.05)
    server.save(APP.replace("first", "second"))
    server.ready()
    assert server.get("/items") == '["second"]'
    deadline = time.monotonic() + PATIENCE
    while not (entries := json.loads(server.get("/__corsense__/session.har"))["log"]["entries"]):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert [entry["request"]["url"] for entry in entries] == [f"http://127.0.0.1:{server.port}/items"]
    assert server.end() == 0
    assert list(folder.iterdir()) == []
