"""The settings in docs/how-to/replay.md, in the servers they are for: what these write is read. A server that is not installed is
skipped."""

from __future__ import annotations

import http.client
import os
import re
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import FunctionType
from typing import cast

import pytest

from corsense.layers.programs import ProgramName, find
from tests.replay.logs import ADMIN, APP, EVIL, entries, judged

PAGE = (Path(__file__).parents[2] / "docs" / "how-to" / "replay.md").read_text(encoding="utf-8")


def snippet(heading: str) -> str:
    """The first fenced block under a heading."""
    found = re.search(rf"^### {heading}$.*?^```\w+\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    assert found is not None, heading
    return found[1]


class Api(BaseHTTPRequestHandler):
    """Lets two origins in, with cookies, and every method."""

    def do_GET(self) -> None:
        origin = self.headers.get("Origin", "")
        self.send_response(204 if self.command == "OPTIONS" else 200)
        if origin in (APP, ADMIN):
            self.send_header("Access-Control-Allow-Origin", origin)
            self.send_header("Access-Control-Allow-Credentials", "true")
        if self.command == "OPTIONS":
            self.send_header("Access-Control-Allow-Methods", "PUT, DELETE")
            self.send_header("Access-Control-Allow-Headers", "content-type, x-trace")
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_OPTIONS = do_PUT = do_POST = do_GET

    def log_message(self, format: str, *args: object) -> None:
        return


@pytest.fixture
def api() -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Api)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def answers(port: int) -> bool:
    """Whether the API answers through the server on this port."""
    try:
        return asked(port, "GET", {}) == 200
    except OSError:
        return False


def asked(port: int, method: str, headers: dict[str, str]) -> int:
    """The status of the answer to one request."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request(method, "/users/7?token=s3cr3t", headers={"Host": "api.example.com", **headers})
        return connection.getresponse().status
    finally:
        connection.close()


@contextmanager
def running(command: list[str], port: int, folder: Path) -> Iterator[None]:
    """A server in the foreground, until the block ends."""
    with (folder / "out.log").open("wb") as out, subprocess.Popen(command, cwd=folder, stdout=out, stderr=out) as process:
        try:
            deadline = time.monotonic() + 60
            while time.monotonic() < deadline and process.poll() is None:
                if answers(port):
                    break
                time.sleep(0.1)
            else:
                pytest.fail((folder / "out.log").read_text(errors="replace")[-2000:])
            yield
        finally:
            process.terminate()
            process.wait(30)


def nginx(folder: Path, port: int, api: int) -> list[str]:
    setting = snippet("nginx").replace("/var/log/nginx/cors.log", str(folder / "access.log"))
    temporary = "".join(f"{name}_temp_path {folder};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    server = f"server {{ listen 127.0.0.1:{port}; location / {{ proxy_pass http://127.0.0.1:{api}; }} }}"
    (folder / "nginx.conf").write_text(
        f"daemon off; pid {folder}/pid; error_log {folder}/error.log; events {{}}\nhttp {{ {temporary}\n{setting}\n{server} }}\n"
    )
    return ["nginx", "-p", str(folder), "-c", str(folder / "nginx.conf")]


def haproxy(folder: Path, port: int, api: int) -> list[str]:
    setting = snippet("HAProxy")
    (folder / "haproxy.cfg").write_text(
        "global\n    log stdout format raw local0\ndefaults\n    log global\n    timeout client 10s\n    timeout server 10s\n"
        f"    timeout connect 5s\n{setting}    bind 127.0.0.1:{port}\n    default_backend api\n"
        f"backend api\n    mode http\n    server one 127.0.0.1:{api}\n"
    )
    (folder / "access.log").symlink_to(folder / "out.log")
    return ["haproxy", "-db", "-f", str(folder / "haproxy.cfg")]


def apache(folder: Path, port: int, api: int) -> list[str]:
    setting = snippet("Apache").replace("/var/log/apache2/cors.log", str(folder / "access.log"))
    modules = Path("/usr/lib/apache2/modules")
    names = ("mpm_event", "authz_core", "setenvif", "proxy", "proxy_http", "env")
    loaded = "\n".join(f"LoadModule {name}_module {modules}/mod_{name}.so" for name in names)
    (folder / "apache.conf").write_text(
        f"{loaded}\nServerName localhost\nListen 127.0.0.1:{port}\nPidFile {folder}/pid\nErrorLog {folder}/error.log\n"
        f"User {'nobody' if os.getuid() == 0 else '#' + str(os.getuid())}\n"
        f"{setting}\nProxyPass / http://127.0.0.1:{api}/\n"
    )
    return ["apache2", "-X", "-d", str(folder), "-f", str(folder / "apache.conf")]


def caddy(folder: Path, port: int, api: int) -> list[str]:
    setting = snippet("Caddy").replace("/var/log/caddy/access.log", str(folder / "access.log"))
    setting = setting.replace("api.example.com {", f"http://:{port} {{").replace("127.0.0.1:8000", f"127.0.0.1:{api}")
    (folder / "Caddyfile").write_text(f"{{\n    admin off\n    auto_https off\n}}\n{setting}")
    return ["caddy", "run", "--config", str(folder / "Caddyfile"), "--adapter", "caddyfile"]


def traefik(folder: Path, port: int, api: int) -> list[str]:
    setting = snippet("Traefik").replace("/var/log/traefik/access.log", str(folder / "access.log"))
    (folder / "traefik.yml").write_text(
        f"{setting}entryPoints:\n  web:\n    address: 127.0.0.1:{port}\n"
        f"providers:\n  file:\n    filename: {folder}/routes.yml\nglobal:\n  checkNewVersion: false\n"
    )
    (folder / "routes.yml").write_text(
        'http:\n  routers:\n    api:\n      rule: "PathPrefix(`/`)"\n      service: api\n'
        f"  services:\n    api:\n      loadBalancer:\n        servers:\n          - url: http://127.0.0.1:{api}\n"
    )
    return ["traefik", f"--configFile={folder}/traefik.yml"]


def envoy(folder: Path, port: int, api: int) -> list[str]:
    setting = snippet("Envoy").replace("/var/log/envoy/access.log", str(folder / "access.log"))
    manager = "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager"
    indented = "".join(f"              {line}\n" for line in setting.splitlines())
    (folder / "envoy.yaml").write_text(
        "static_resources:\n  listeners:\n    - address:\n        socket_address: "
        f"{{ address: 127.0.0.1, port_value: {port} }}\n      filter_chains:\n        - filters:\n"
        "          - name: envoy.filters.network.http_connection_manager\n            typed_config:\n"
        f'              "@type": {manager}\n              stat_prefix: api\n{indented}'
        "              route_config:\n                virtual_hosts:\n                  - name: api\n"
        '                    domains: ["*"]\n                    routes:\n'
        "                      - match: { prefix: / }\n                        route: { cluster: api }\n"
        "              http_filters:\n                - name: envoy.filters.http.router\n                  typed_config:\n"
        '                    "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router\n'
        "  clusters:\n    - name: api\n      type: STATIC\n      load_assignment:\n        cluster_name: api\n"
        "        endpoints:\n          - lb_endpoints:\n              - endpoint: "
        f"{{ address: {{ socket_address: {{ address: 127.0.0.1, port_value: {api} }} }} }}\n"
    )
    return ["envoy", "-c", str(folder / "envoy.yaml"), "--disable-hot-restart", "--concurrency", "1"]


REQUESTS: tuple[tuple[str, dict[str, str]], ...] = (
    ("GET", {"Origin": APP}),
    ("GET", {"Origin": APP, "Cookie": "sid=s3cr3t"}),
    ("GET", {"Origin": ADMIN}),
    ("GET", {"Origin": EVIL}),
    ("PUT", {"Origin": APP, "Content-Type": "application/json", "Content-Length": "0", "Authorization": "Bearer s3cr3t"}),
    ("OPTIONS", {"Origin": APP, "Access-Control-Request-Method": "DELETE"}),
    (
        "OPTIONS",
        {"Origin": APP, "Access-Control-Request-Method": "PUT", "Access-Control-Request-Headers": "content-type,x-trace"},
    ),
)


@pytest.mark.parametrize("server", [nginx, haproxy, apache, caddy, traefik, envoy])
def test_the_log_of_a_server_that_is_set_as_the_page_says_is_read(server: FunctionType, tmp_path: Path, api: int) -> None:
    program = find(cast("ProgramName", server.__name__))
    if program is None:
        pytest.skip(f"{server.__name__} is not installed")
    port = free_port()
    command = [str(program), *server(tmp_path, port, api)[1:]]
    with running(command, port, tmp_path):
        for method, headers in REQUESTS:
            assert asked(port, method, headers) in (200, 204)
        time.sleep(1.5 if server is envoy else 0.2)  # what a server keeps back before it writes
    result = judged(str(tmp_path / "access.log"))
    assert result.judged == len(REQUESTS) == result.requests - result.without_origin
    assert sorted(entries(result)["lost"]) == [
        (ADMIN, "allowed", "origin-not-allowed", 1),
        (APP, "allowed", "credentials-not-allowed", 1),
        (APP, "allowed", "header-not-allowed", 2),
        (APP, "allowed", "method-not-allowed", 1),
    ]
    assert entries(result)["gained"] == []
    assert not result.missing
    assert "s3cr3t" not in str(result)
    assert {route for each in result.lost.affected for route in each.routes} == {"/{value}/{number}"}
