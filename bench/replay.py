"""What `corsense policy replay` costs over access logs of Caddy: seconds, processor time and memory as the lines grow."""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bench.rounds import CORSENSE, table

POLICY = '{"origins": ["https://app.example.com", "https://*.preview.example.com"], "methods": ["PUT"], "credentials": true}'
_BATCH = 20_000
_START = 1_790_000_000
_LINE = (
    '{"level":"info","ts":%d.%03d,"logger":"http.log.access","msg":"handled request","request":{"remote_ip":"203.0.113.%d",'
    '"method":"%s","host":"api.example.com","uri":"%s","headers":{%s"User-Agent":["Mozilla/5.0"]}},"duration":0.0021,"size":%d,'
    '"status":%d,"resp_headers":{"Server":["Caddy"]%s}}\n'
)


@dataclass(frozen=True)
class Cost:
    """What one run took: seconds of wall and processor, megabytes of memory at most."""

    wall: float
    processor: float
    memory: float
    status: int


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="scripts/bench replay", description=__doc__)
    parser.add_argument("--lines", type=int, default=1_000_000, help="lines of the longest log (default: %(default)s)")
    parser.add_argument("--folder", type=Path, help="where the logs are written (370 bytes a line; default: a temporary folder)")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=asked.folder) as folder:
        print(report(Path(folder), asked.lines))


def report(folder: Path, most: int) -> str:
    """The table of logs of a quarter, a half and all of the lines."""
    policy = folder / "policy.json"
    policy.write_text(POLICY)
    log = folder / "access.log"
    rows = []
    for lines in (most // 4, most // 2, most):
        with log.open("w") as file:
            file.writelines(caddy_lines(lines))
        size = log.stat().st_size
        cost = _run(log, policy)
        if cost.status not in (0, 1):
            raise SystemExit(f"replay: exit status {cost.status}")
        rows.append(
            [
                f"{lines:,}",
                f"{size / 1e6:,.0f}",
                f"{cost.wall:.1f}",
                f"{cost.processor:.1f}",
                f"{cost.memory:,.0f}",
                f"{cost.processor * 1e9 / size:.1f}",
            ]
        )
    header = ["lines", "MB", "wall, s", "processor, s", "memory, MB", "processor, ns a byte"]
    return f"### Logs of Caddy ({os.cpu_count()} cores)\n\n{table(header, rows)}"


def caddy_lines(count: int, seed: int = 1) -> Iterator[str]:
    """Lines of Caddy's access log: 40 origins, cookies, preflights, paths with numbers and identifiers."""
    chance = random.Random(seed)
    origins = [f"https://{name}.example.com" for name in ("app", "admin", "partner")]
    origins += [f"https://pr-{number}.preview.example.com" for number in range(35)] + [
        "http://localhost:3000",
        "https://evil.example",
    ]
    for first in range(0, count, _BATCH):
        yield "".join(_line(number, chance, origins) for number in range(first, min(count, first + _BATCH)))


def _line(number: int, chance: random.Random, origins: list[str]) -> str:
    drawn = chance.random()
    identifier = chance.randrange(10**6)
    origin = origins[min(int(drawn * drawn * 41), 39)]
    path = (f"/api/users/{identifier}", f"/api/orders/{identifier:08x}/items", "/api/login", f"/api/search?q={identifier}")[
        identifier % 4
    ]
    method = ("GET", "GET", "GET", "POST", "PUT", "OPTIONS", "DELETE", "GET")[identifier % 8]
    sent = f'"Origin":["{origin}"],'
    if method == "OPTIONS":
        sent += '"Access-Control-Request-Method":["PUT"],"Access-Control-Request-Headers":["content-type"],'
    elif identifier % 3 == 0:
        sent += '"Cookie":["REDACTED"],'
    granted = f',"Access-Control-Allow-Origin":["{origin}"]' if origin != "https://evil.example" else ""
    status = 204 if method == "OPTIONS" else 200
    second = _START + number // 4
    return _LINE % (second, identifier % 1000, identifier % 256, method, path, sent, identifier % 9999, status, granted)


def _run(log: Path, policy: Path) -> Cost:
    start = time.perf_counter()
    command = [CORSENSE, "policy", "replay", str(log), "--policy", str(policy), "--format", "json"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=sys.stderr) as process:
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    memory = used.ru_maxrss / 1e3
    return Cost(time.perf_counter() - start, used.ru_utime + used.ru_stime, memory, process.returncode)


if __name__ == "__main__":
    main()
