"""Run in an environment with `corsense[spark]`: the same logs with both engines. Prints a JSON document of what they said, and
the plan of Spark."""

from __future__ import annotations

import gzip
import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import duckdb

from corsense.replay.engines import Files, open_engine
from corsense.replay.formats import CADDY
from corsense.replay.grouping import Source, grouped
from corsense.replay.replaying import Reading
from corsense.replay.shapes import Shapes, Template
from corsense.replay.spark import SparkEngine
from corsense.report.replayed import replay_document
from tests.replay.logs import ADMIN, APP, EVIL, Hit, allowed, caddy, judged, preflight, written

SPARK = "spark://local[2]"
TEXT = '$remote_addr [$time_local] "$request" $status "$http_origin" "$http_cookie"'
SHAPES = Shapes.of_app([Template("/users/{user_id:int}"), Template("/users/{name}"), Template("/reports/{name}.csv")])


def hits() -> Iterator[Hit]:
    """Requests of every kind, repeated so that a group is much less than its lines."""
    for number in range(40):
        yield allowed(APP, path=f"/users/{number}?q=%C3%A9", headers={"Cookie": "a=b"} if number % 3 else {})
        yield allowed(ADMIN, path=f"/users/name-{number}", time=1_790_000_000.5 + number * 86_400)
        yield allowed(ADMIN, method="DELETE", path=f"/reports/{number}.csv", headers={"Authorization": "x"})
        yield Hit(EVIL, path="/", status=404)
        yield preflight("PUT", "X-Trace,  content-type")
        yield Hit("https://api.example.com", "POST", time=0)
        yield Hit(None)
        yield Hit(APP, headers={"Upgrade": "WebSocket"}, status=101, time="2026-09-21T10:00:00Z")


def text_line(hit: Hit) -> str:
    values = f'{hit.status} "{hit.sent.get("Origin", "-")}" "{hit.sent.get("Cookie", "-")}"'
    return f'203.0.113.9 [21/Sep/2026:14:13:20 +0000] "{hit.method} {hit.path} HTTP/1.1" {values}'


def logs(folder: Path) -> Iterator[tuple[str, list[str], Reading]]:
    lines = [caddy(hit) for hit in hits()]
    plain = written(folder, [*lines, "broken", '{"logger":"admin"}', '{"request":{'], "plain.log")
    (folder / "packed.log.gz").write_bytes(gzip.compress("".join(f"{line}\n" for line in lines).encode()))
    flat = folder / "flat.parquet"
    nested = folder / "nested.parquet"
    with duckdb.connect() as connection:
        connection.execute(f"COPY (SELECT * FROM read_json('{written(folder, lines, 'n.log')}')) TO '{nested}'")
        connection.execute(
            f"COPY (SELECT request.method AS method, request.uri AS uri, request.headers['Origin'][1] AS origin, status FROM "
            f"'{nested}') TO '{flat}'"
        )
        connection.execute(f"COPY (SELECT * FROM '{flat}') TO '{folder / 'flat.csv'}' (HEADER)")
    har = {"log": {"entries": [_entry(hit) for hit in hits()]}}
    yield "lines and gzip", [plain, str(folder / "packed.log.gz")], Reading()
    yield "dirty lines", [written(folder, dirty(lines), "dirty.log")], Reading()
    yield "text", [written(folder, map(text_line, hits()), "text.log")], Reading(log_format=TEXT)
    yield "flat columns", [str(flat), str(folder / "flat.csv")], Reading()
    yield "nested columns", [str(nested)], Reading()
    yield "recording", [written(folder, [json.dumps(har)], "a.har")], Reading()


def dirty(lines: list[str]) -> Iterator[str | bytes]:
    """Lines among which some are broken, too long, in another encoding, with a byte order mark or the line ends of Windows, and
    with times that cannot be."""
    yield f"\ufeff{lines[0]}\r"
    yield from lines
    yield b"\xff\xfe{}"
    yield "x" * 3_000_000
    yield f'{lines[0][:-1]},"pad":"{"x" * 3_000_000}"}}'
    for moment in (-5, 0, 1_000, 1_790_000_000_000, 9e18, "yesterday"):
        yield caddy(allowed(APP, time=moment))


def _entry(hit: Hit) -> dict[str, object]:
    headers = [{"name": name, "value": value} for name, value in hit.sent.items()]
    answer = [{"name": name, "value": value} for name, value in hit.answer.items()]
    return {
        "startedDateTime": "2026-09-21T10:00:00.000Z",
        "request": {"method": hit.method, "url": f"https://api.example.com{hit.path}", "headers": headers},
        "response": {"status": hit.status, "headers": answer},
    }


def with_engine(engine: str, paths: list[str], reading: Reading) -> object:
    asked = Reading(engine, reading.log_format, reading.keys)
    return json.loads(replay_document(judged(*paths, shapes=SHAPES, reading=asked)).printed())


def plan(log: str) -> tuple[str, int]:
    """How Spark runs the grouping, and how many rows come back."""
    engine = open_engine(SPARK)
    assert isinstance(engine, SparkEngine)
    table = engine.table(Files((log,), "lines"), 0)
    query = engine.query(grouped([Source(table, CADDY)], Shapes(), engine.json_fields, int(time.time())))
    rows = len(query.collect())
    return query._jdf.queryExecution().executedPlan().toString(), rows


def main() -> None:
    folder = Path(sys.argv[1])
    said = {
        name: {"duckdb": with_engine("duckdb", paths, reading), "spark": with_engine(SPARK, paths, reading)}
        for name, paths, reading in logs(folder)
    }
    text, rows = plan(str(folder / "n.log"))
    print(json.dumps({"said": said, "plan": text, "rows": rows, "lines": sum(1 for _ in hits())}))


if __name__ == "__main__":
    main()
