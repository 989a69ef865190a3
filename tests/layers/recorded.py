"""The recorded configurations, laid out as files, and what browsers made of the answers."""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from corsense.policy import Policy

DATA = Path(__file__).parents[1] / "data" / "layers" / "configurations.jsonl.gz"
MAIN = {
    "nginx": "nginx.conf",
    "haproxy": "haproxy.cfg",
    "apache": "httpd.conf",
    "caddy": "Caddyfile",
    "traefik": "dynamic.yml",
    "envoy": "envoy.yaml",
}


@dataclass(frozen=True, slots=True)
class Probe:
    """One request of a page, and the browser's verdicts on the answer."""

    name: str
    method: str
    origin: str
    requested_method: str | None
    requested_headers: str | None
    omit: str
    include: str
    status: int
    answered_by: str

    def is_permitted(self, policy: Policy, *, credentials: bool) -> bool:
        """What the policy says of the same request."""
        decision = policy.decide(self.origin)
        if not decision.allowed or (credentials and not decision.credentials):
            return False
        method = self.requested_method
        if method is None:
            return True
        named = method in policy.methods or method in ("GET", "HEAD", "POST") or policy.allows_any_method
        headers = [name for name in (self.requested_headers or "").split(",") if name]
        return named and all(
            name in policy.request_headers or (policy.allows_any_header and name != "authorization") for name in headers
        )


@dataclass(frozen=True, slots=True)
class Stack:
    """A recorded configuration."""

    id: str
    proxy: str
    app: str
    files: dict[str, str]
    probes: tuple[Probe, ...]

    def lay(self, folder: Path) -> Path:
        """Write the files, and return the one that has the rules."""
        for name, text in self.files.items():
            (folder / name).write_text(text.replace("/etc/proxy", str(folder)), encoding="utf-8")
        return folder / MAIN[self.proxy]


@cache
def stacks() -> tuple[Stack, ...]:
    """The recorded stacks whose proxy has a reader."""
    found = []
    for line in gzip.decompress(DATA.read_bytes()).decode().splitlines():
        entry = json.loads(line)
        if entry["proxy"] in MAIN:
            probes = tuple(Probe(name, *values) for name, values in entry["probes"].items())
            found.append(Stack(entry["id"], entry["proxy"], entry["app"], entry["files"], probes))
    return tuple(found)
