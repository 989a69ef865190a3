"""Real proxies found, started on loopback, and ended."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.request import urlopen

import pytest

from corsense.layers.programs import (
    PROGRAMS,
    ProgramFailed,
    ProgramMissing,
    ProgramName,
    find,
    free_port,
    require,
    running,
    version,
)

NAMES = tuple(PROGRAMS)


class Site(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "4")
        self.end_headers()
        self.wfile.write(b"site")

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def upstream() -> Iterator[int]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Site) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


def files(name: ProgramName, listen: int, upstream: int) -> dict[str, str]:
    """A site without CORS for each program, as short as it may be."""
    match name:
        case "nginx":
            text = (
                f"http {{ server {{ listen 127.0.0.1:{listen}; location / {{ proxy_pass http://127.0.0.1:{upstream}; }} }} }}\n"
            )
        case "haproxy":
            text = (
                "defaults\n  mode http\n  timeout connect 2s\n  timeout client 5s\n  timeout server 5s\n"
                f"frontend f\n  bind 127.0.0.1:{listen}\n  default_backend b\nbackend b\n  server s 127.0.0.1:{upstream}\n"
            )
        case "apache":
            text = f"Listen 127.0.0.1:{listen}\nProxyPass / http://127.0.0.1:{upstream}/\n"
        case "caddy":
            text = f"http://127.0.0.1:{listen} {{\n\treverse_proxy 127.0.0.1:{upstream}\n}}\n"
        case "traefik":
            text = (
                f"entryPoints:\n  web:\n    address: 127.0.0.1:{listen}\n"
                "providers:\n  file:\n    filename: '@FOLDER@/dynamic.yml'\n"
            )
            routes = (
                "http:\n  routers:\n    api:\n      rule: PathPrefix(`/`)\n      service: app\n"
                f"  services:\n    app:\n      loadBalancer:\n        servers:\n        - url: http://127.0.0.1:{upstream}\n"
            )
            return {"traefik.yml": text, "dynamic.yml": routes}
        case "envoy":
            text = ENVOY.replace("LISTEN", str(listen)).replace("UPSTREAM", str(upstream))
        case _:
            text = f'vcl 4.1;\nbackend default {{ .host = "127.0.0.1"; .port = "{upstream}"; }}\n'
    return {PROGRAMS[name].main: text}


ENVOY = """
static_resources:
  listeners:
  - address: {socket_address: {address: 127.0.0.1, port_value: LISTEN}}
    filter_chains:
    - filters:
      - name: envoy.filters.network.http_connection_manager
        typed_config:
          '@type': type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
          stat_prefix: in
          route_config:
            virtual_hosts:
            - {name: api, domains: ['*'], routes: [{match: {prefix: /}, route: {cluster: app}}]}
          http_filters:
          - name: envoy.filters.http.router
            typed_config: {'@type': type.googleapis.com/envoy.extensions.filters.http.router.v3.Router}
  clusters:
  - name: app
    load_assignment:
      cluster_name: app
      endpoints:
      - lb_endpoints:
        - endpoint: {address: {socket_address: {address: 127.0.0.1, port_value: UPSTREAM}}}
"""


def installed(name: ProgramName) -> None:
    if find(name) is None:
        pytest.skip(f"{PROGRAMS[name].title} is not installed; scripts/install-proxies installs it.")


@pytest.mark.parametrize("name", NAMES)
def test_a_proxy_answers_in_front_of_a_site_and_is_gone_afterwards(name: ProgramName, upstream: int) -> None:
    installed(name)
    port = free_port()
    with running(name, files(name, port, upstream), listen=port) as proxy:
        with urlopen(f"{proxy.url}/", timeout=10) as answer:
            assert answer.read() == b"site"
        folder = proxy.folder
        assert proxy.url == f"http://127.0.0.1:{port}"
    assert not folder.exists()
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0


@pytest.mark.parametrize("name", NAMES)
def test_a_configuration_that_the_proxy_refuses_is_reported_in_the_proxys_own_sentence(name: ProgramName, upstream: int) -> None:
    installed(name)
    port = free_port()
    broken = {file: f"no-such-directive {{\n{text}" for file, text in files(name, port, upstream).items()}
    with pytest.raises(ProgramFailed, match=PROGRAMS[name].title) as failed, running(name, broken, listen=port, limit=8):
        pass
    assert "\n" not in str(failed.value)
    assert "without a message" not in str(failed.value)
    assert "listen" not in str(failed.value)


@pytest.mark.parametrize("name", NAMES)
def test_the_version_of_a_proxy_is_a_number(name: ProgramName) -> None:
    installed(name)
    assert version(name)[0].isdigit()


def test_a_proxy_that_is_absent_is_reported_with_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda *_, **__: None)
    with pytest.raises(ProgramMissing, match=r"^nginx is not installed here; install it with `apt-get install nginx`\.$"):
        require("nginx")


def test_a_port_in_use_is_reported(upstream: int) -> None:
    installed("nginx")
    with pytest.raises(ProgramFailed, match="another program"), running("nginx", files("nginx", upstream, 9), listen=upstream):
        pass


def test_a_proxy_that_listens_elsewhere_is_reported_and_ended(upstream: int) -> None:
    installed("nginx")
    elsewhere, port = free_port(), free_port()
    with (
        pytest.raises(ProgramFailed, match=f"does not listen on port {port}"),
        running("nginx", files("nginx", elsewhere, upstream), listen=port, limit=1),
    ):
        pass
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", elsewhere)) != 0
