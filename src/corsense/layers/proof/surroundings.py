"""What a proxy needs around an exported configuration to run here, and to fail: short time limits, authentication, paths that it
answers itself. The configuration itself stays as it was exported."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import yaml

from corsense.layers.export.site import Site
from corsense.layers.programs import FOLDER, ProgramName

OWN_ERRORS: Final[Mapping[ProgramName, tuple[str, ...]]] = {
    "nginx": ("/own/401", "/own/404", "/own/413"),
    "haproxy": ("/own/401", "/own/404", "/own/413"),
    "apache": ("/own/403", "/own/404"),
    "caddy": ("/own/401", "/own/404"),
    "traefik": ("/own/401", "/own/413"),
    "envoy": ("/own/404",),
}
"""Paths that the proxy answers itself; `/own/413` to a large body alone."""
LARGE: Final = 4096
"""A body that is too large for `/own/413`."""

Files = dict[str, str]


def files(program: ProgramName, text: str, site: Site) -> Files:
    """The files of a proxy that runs the exported `text`."""
    return _FRAMES[program](text, site)


def _inserted(text: str, before: str, lines: str) -> str:
    head, found, tail = text.partition(before)
    if not found:
        raise AssertionError(f"the export has no line {before!r}")
    return f"{head}{lines}{found}{tail}"


def _nginx(text: str, site: Site) -> Files:
    upstream = f"proxy_pass http://{site.upstream};"
    paths = (
        f"    location /own/401 {{ auth_basic proof; auth_basic_user_file /dev/null; {upstream} }}\n"
        "    location /own/404 { return 404; }\n"
        f"    location /own/413 {{ client_max_body_size 1k; {upstream} }}\n"
        "    proxy_read_timeout 500ms;\n"
    )
    return {"nginx.conf": f"http {{\n{_inserted(text, '    location / {', paths)}}}\n"}


def _haproxy(text: str, site: Site) -> Files:
    before = "defaults\n    mode http\n    retries 0\n    timeout connect 2s\n    timeout client 10s\n    timeout server 500ms\n"
    paths = (
        "    http-request deny deny_status 401 if { path /own/401 }\n"
        "    http-request deny deny_status 404 if { path /own/404 }\n"
        f"    http-request deny deny_status 413 if {{ path /own/413 }} {{ req.body_size ge {LARGE} }}\n"
    )
    return {"haproxy.cfg": before + _inserted(text, "    default_backend ", paths)}


def _apache(text: str, site: Site) -> Files:
    paths = (
        "    ProxyTimeout 1\n    <Location /own/403>\n        Require all denied\n    </Location>\n"
        f"    DocumentRoot {FOLDER}\n    ProxyPass /own/404 !\n"
    )
    return {"httpd.conf": _inserted(text, "    ProxyPass / ", paths)}


def _caddy(text: str, site: Site) -> Files:
    paths = "\t\terror /own/401 401\n\t\terror /own/404 404\n"
    text = _inserted(text, "\t\treverse_proxy ", paths)
    start = f"reverse_proxy {site.upstream} {{\n"
    limit = "\t\t\ttransport http {\n\t\t\t\tresponse_header_timeout 500ms\n\t\t\t}\n"
    return {"Caddyfile": text.replace(start, start + limit)}


def _traefik(text: str, site: Site) -> Files:
    static = {
        "entryPoints": {"web": {"address": f"127.0.0.1:{site.port}"}},
        "providers": {"file": {"filename": f"{FOLDER}/dynamic.yml"}},
    }
    dynamic = yaml.safe_load(text)
    http = dynamic["http"]
    next(iter(http["services"].values()))["loadBalancer"]["serversTransport"] = "short"
    http["serversTransports"] = {"short": {"forwardingTimeouts": {"responseHeaderTimeout": "0.5s"}}}
    http["middlewares"]["auth"] = {"basicAuth": {"users": [f"nobody:{{SHA}}{'x' * 27}="]}}
    http["middlewares"]["limit"] = {"buffering": {"maxRequestBodyBytes": 1024}}
    for name, router in list(http["routers"].items()):
        for path, middleware in (("/own/401", "auth"), ("/own/413", "limit")):
            http["routers"][f"{name}-{middleware}"] = {
                **router,
                "rule": f"({router['rule']}) && Path(`{path}`)",
                "priority": router["priority"] + 1000,
                "middlewares": [*router["middlewares"], middleware],
            }
    return {"traefik.yml": yaml.safe_dump(static), "dynamic.yml": yaml.safe_dump(dynamic)}


def _envoy(text: str, site: Site) -> Files:
    document = yaml.safe_load(text)
    manager = document["static_resources"]["listeners"][0]["filter_chains"][0]["filters"][0]["typed_config"]
    host = manager["route_config"]["virtual_hosts"][0]
    routes: list[Any] = []
    for route in host["routes"]:
        if "route" in route:
            route["route"]["timeout"] = "0.5s"
            own = {**route, "match": {**route["match"], "path": "/own/404"}, "direct_response": {"status": 404}}
            del own["route"], own["match"]["prefix"]
            routes.append(own)
        routes.append(route)
    host["routes"] = routes
    return {"envoy.yaml": yaml.safe_dump(document)}


_FRAMES: Final[Mapping[ProgramName, Callable[[str, Site], Files]]] = {
    "nginx": _nginx,
    "haproxy": _haproxy,
    "apache": _apache,
    "caddy": _caddy,
    "traefik": _traefik,
    "envoy": _envoy,
}
