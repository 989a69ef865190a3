"""Configurations of real proxies in front of an app: each takes lines of a test, where they belong.

`LISTEN` and `UPSTREAM` stand for the ports.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import pytest

from corsense.layers.programs import PROGRAMS, ProgramName, RunningProxy, find, free_port, running


def nginx(location: str = "", *, server: str = "", http: str = "", listen: str = "", host: str = "$http_host") -> dict[str, str]:
    """`location` goes into the location that passes requests on."""
    passing = f"proxy_pass http://127.0.0.1:UPSTREAM; proxy_set_header Host {host};"
    block = f"listen 127.0.0.1:LISTEN {listen}; {server} location / {{ {passing} {location} }}"
    return {"nginx.conf": f"http {{ {http} server {{ {block} }} }}\n"}


def haproxy(frontend: str = "", backend: str = "") -> dict[str, str]:
    return {
        "haproxy.cfg": "defaults\n  mode http\n  timeout connect 30s\n  timeout client 60s\n  timeout server 60s\n"
        f"frontend f\n  bind 127.0.0.1:LISTEN\n  {frontend}\n  default_backend b\n"
        f"backend b\n  {backend}\n  server s 127.0.0.1:UPSTREAM\n"
    }


def apache(lines: str = "") -> dict[str, str]:
    passing = "ProxyPass / http://127.0.0.1:UPSTREAM/\nProxyPassReverse / http://127.0.0.1:UPSTREAM/"
    return {"httpd.conf": f"Listen 127.0.0.1:LISTEN\n{lines}\n{passing}\n"}


def caddy(site: str = "", proxy: str = "") -> dict[str, str]:
    return {"Caddyfile": f"http://127.0.0.1:LISTEN {{\n{site}\nreverse_proxy 127.0.0.1:UPSTREAM {{\n{proxy}\n}}\n}}\n"}


def traefik(middleware: str) -> dict[str, str]:
    """`middleware` is one line of YAML, the middleware that the router has."""
    static = "entryPoints:\n  web: {address: '127.0.0.1:LISTEN'}\nproviders:\n  file: {filename: '@FOLDER@/dynamic.yml'}\n"
    dynamic = (
        "http:\n  routers:\n    api: {rule: PathPrefix(`/`), service: app, middlewares: [one]}\n"
        "  services:\n    app: {loadBalancer: {servers: [{url: 'http://127.0.0.1:UPSTREAM'}]}}\n"
        f"  middlewares:\n    one: {middleware}\n"
    )
    return {"traefik.yml": static, "dynamic.yml": dynamic}


def envoy(host: str = "", filters: str = "") -> dict[str, str]:
    """`host` are lines of the virtual host, `filters` filters before the router, both in YAML's flow style."""
    extensions = "type.googleapis.com/envoy.extensions.filters"
    return {
        "envoy.yaml": f"""
static_resources:
  listeners:
  - address: {{socket_address: {{address: 127.0.0.1, port_value: LISTEN}}}}
    filter_chains:
    - filters:
      - name: envoy.filters.network.http_connection_manager
        typed_config:
          '@type': {extensions}.network.http_connection_manager.v3.HttpConnectionManager
          stat_prefix: in
          route_config:
            virtual_hosts:
            - {{name: api, domains: ['*'], routes: [{{match: {{prefix: /}}, route: {{cluster: app}}}}]{host}}}
          http_filters:
            [{filters} {{name: envoy.filters.http.router, typed_config: {{'@type': {extensions}.http.router.v3.Router}}}}]
  clusters:
  - name: app
    load_assignment:
      cluster_name: app
      endpoints:
      - lb_endpoints:
        - endpoint: {{address: {{socket_address: {{address: 127.0.0.1, port_value: UPSTREAM}}}}}}
"""
    }


def envoy_cors(origin: str, more: str = "") -> dict[str, str]:
    """Envoy's `cors` filter, whose policy names one origin."""
    extensions = "type.googleapis.com/envoy.extensions.filters"
    policy = f"'@type': {extensions}.http.cors.v3.CorsPolicy, allow_origin_string_match: [{{exact: '{origin}'}}]{more}"
    return envoy(
        f", typed_per_filter_config: {{envoy.filters.http.cors: {{{policy}}}}}",
        f"{{name: envoy.filters.http.cors, typed_config: {{'@type': {extensions}.http.cors.v3.Cors}}}},",
    )


def varnish(lines: str = "") -> dict[str, str]:
    return {"default.vcl": f'vcl 4.1;\nbackend default {{ .host = "127.0.0.1"; .port = "UPSTREAM"; }}\n{lines}\n'}


def require(name: ProgramName) -> None:
    """Skip the test where the proxy is absent; in continuous integration, where scripts/install-proxies ran, fail."""
    if find(name) is None:
        absent = f"{PROGRAMS[name].title} is not installed; scripts/install-proxies installs it."
        pytest.fail(absent) if os.environ.get("CI") else pytest.skip(absent)


@contextmanager
def in_front(name: ProgramName, files: Mapping[str, str], upstream: int) -> Iterator[RunningProxy]:
    """The proxy, in front of what listens on the port `upstream`."""
    require(name)
    listen = free_port()
    filled = {file: text.replace("LISTEN", str(listen)).replace("UPSTREAM", str(upstream)) for file, text in files.items()}
    with running(name, filled, listen=listen) as proxy:
        yield proxy
