"""Log lines as servers write them, for requests of pages."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from corsense import Policy
from corsense.replay.replaying import Reading, replay
from corsense.replay.result import ReplayResult
from corsense.replay.shapes import Shapes
from corsense.replay.tally import Policies

APP, ADMIN, EVIL = "https://app.example.com", "https://admin.example.com", "https://evil.example"
START = 1_790_000_000.25  # 2026-09-21
POLICY = Policy(origins=[APP], methods=["PUT"], request_headers=["Content-Type"])
"""What the tests try: one origin, without cookies."""


@dataclass(frozen=True)
class Hit:
    """One request of a page, and the answer to it."""

    origin: str | None = APP
    method: str = "GET"
    path: str = "/api/users/7?token=secret"
    headers: Mapping[str, str] = field(default_factory=dict)
    status: int = 200
    answer: Mapping[str, str] = field(default_factory=dict)
    time: object = START

    @property
    def sent(self) -> dict[str, str]:
        return {**({"Origin": self.origin} if self.origin is not None else {}), **self.headers}


def allowed(origin: str = APP, **changes: object) -> Hit:
    """A request whose answer let the page in."""
    return Hit(origin, answer={"Access-Control-Allow-Origin": origin}, **changes)  # type: ignore[arg-type]


def preflight(method: str, headers: str = "", origin: str = APP) -> Hit:
    """A preflight that was answered with permission."""
    asked = {"Access-Control-Request-Method": method, **({"Access-Control-Request-Headers": headers} if headers else {})}
    granted = {
        "Access-Control-Allow-Origin": origin,
        "Access-Control-Allow-Methods": method,
        "Access-Control-Allow-Headers": headers,
    }
    return Hit(origin, "OPTIONS", headers=asked, status=204, answer=granted)


def caddy(hit: Hit) -> str:
    """A line of Caddy's access log."""
    request = {
        "remote_ip": "203.0.113.9",
        "proto": "HTTP/2.0",
        "method": hit.method,
        "host": "api.example.com",
        "uri": hit.path,
        "headers": {name: [value] for name, value in hit.sent.items()},
    }
    line = {
        "level": "info",
        "ts": hit.time,
        "logger": "http.log.access.log0",
        "msg": "handled request",
        "request": request,
        "duration": 0.001,
        "size": 12,
        "status": hit.status,
        "resp_headers": {name: [value] for name, value in hit.answer.items()},
    }
    return json.dumps(line, separators=(",", ":"))


def written(folder: Path, lines: Iterable[str | bytes], name: str = "access.log") -> str:
    """A file of these lines, as an argument for `replay`."""
    path = folder / name
    path.write_bytes(b"".join((line if isinstance(line, bytes) else line.encode()) + b"\n" for line in lines))
    return str(path)


def judged(
    *logs: str,
    policy: Policy = POLICY,
    current: Policy | None = None,
    shapes: Shapes | None = None,
    reading: Reading | None = None,
) -> ReplayResult:
    """What `policy` changes for these logs."""
    return replay(logs, Policies(policy), Policies(current) if current is not None else None, shapes, reading)


def entries(result: ReplayResult) -> dict[str, list[tuple[str, str | None, str, int]]]:
    """Lost and gained, as origin, verdict before, verdict after and requests."""
    return {
        "lost": [(each.origin, each.before, each.after, each.requests) for each in result.lost.affected],
        "gained": [(each.origin, each.before, each.after, each.requests) for each in result.gained.affected],
    }
