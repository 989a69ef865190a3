"""Logs of other servers, recordings, spans and tables: the same requests, the same answer."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from corsense.errors import InputError
from corsense.replay.fields import Field
from corsense.replay.replaying import Reading
from tests.replay.logs import ADMIN, APP, EVIL, START, Hit, allowed, caddy, entries, judged, preflight, written

HITS = (
    allowed(APP),
    allowed(APP),
    allowed(ADMIN, method="POST", path="/api/orders/a1b2?key=secret"),
    Hit(EVIL, path="/api/users/8"),
    preflight("DELETE", "authorization"),
    Hit(None, path="/health"),
)
EXPECTED = {
    "lost": [(ADMIN, "allowed", "origin-not-allowed", 1), (APP, "allowed", "method-not-allowed", 1)],
    "gained": [],
}
SENT = ("Origin", "Access-Control-Request-Method", "Access-Control-Request-Headers", "Cookie", "Authorization", "Content-Type")
ANSWERED = ("Access-Control-Allow-Origin", "Access-Control-Allow-Methods", "Access-Control-Allow-Headers")


def _time(hit: Hit) -> str:
    assert isinstance(hit.time, float)
    return datetime.fromtimestamp(hit.time, UTC).isoformat()


def _clf_time(hit: Hit) -> str:
    return "21/Sep/2026:14:13:20 +0000"


def nginx_json(hit: Hit) -> str:
    def variable(name: str) -> str:
        return name.lower().replace("-", "_")

    line = {"time": _time(hit), "request_method": hit.method, "request_uri": hit.path, "status": str(hit.status), "host": "api"}
    line |= {f"http_{variable(name)}": hit.sent.get(name, "") for name in SENT}
    return json.dumps(line | {f"sent_http_{variable(name)}": hit.answer.get(name, "") for name in ANSWERED})


def envoy(hit: Hit) -> str:
    line: dict[str, object] = {
        "start_time": _time(hit), "method": hit.method, "path": hit.path, "response_code": hit.status, "authority": "api",
        "protocol": "HTTP/2", "upstream_cluster": "origin-servers",
    }  # fmt: skip
    line |= {name.lower().replace("-", "_"): hit.sent.get(name) for name in SENT}
    return json.dumps(line | {f"response_{name.lower().replace('-', '_')}": hit.answer.get(name) for name in ANSWERED})


def traefik(hit: Hit) -> str:
    line: dict[str, object] = {
        "ClientAddr": "203.0.113.9:1", "DownstreamStatus": hit.status, "OriginStatus": hit.status, "RequestHost": "api",
        "RequestMethod": hit.method, "RequestPath": hit.path, "StartUTC": _time(hit), "origin_Content-Type": "text/html",
    }  # fmt: skip
    line |= {f"request_{name}": value for name, value in hit.sent.items()}
    return json.dumps(line | {f"downstream_{name}": value for name, value in hit.answer.items()})


def haproxy(hit: Hit) -> str:
    line = {"time": _time(hit), "verb": hit.method, "uri": hit.path, "status_code": hit.status, "host": "api"}
    captured = {name.lower().replace("-", "_"): hit.sent.get(name, "-") for name in SENT}
    return json.dumps(
        line | {"req": captured, "res": {name.lower().replace("-", "_"): hit.answer.get(name, "-") for name in ANSWERED}}
    )


def apache_json(hit: Hit) -> str:
    line = {"t": _clf_time(hit), "request": f"{hit.method} {hit.path} HTTP/1.1", "status": hit.status, "Host": "api"}
    line |= {name: hit.sent.get(name, "-") for name in SENT if name != "Content-Type"}
    return json.dumps(line | {name: hit.answer.get(name, "-") for name in ANSWERED})


def cloud_run(hit: Hit) -> str:
    """A structured log of an app in a cloud: the headers of both sides in objects."""
    return json.dumps(
        {
            "timestamp": _time(hit),
            "httpRequest": {"requestMethod": hit.method, "requestUrl": f"https://api{hit.path}", "status": hit.status},
            "jsonPayload": {
                "request": {"headers": {name.lower(): value for name, value in hit.sent.items()}},
                "response": {"headers": {name.lower(): value for name, value in hit.answer.items()}},
            },
        }
    )


def pino(hit: Hit) -> str:
    headers = {"host": "api", **{name.lower(): value for name, value in hit.sent.items()}}
    return json.dumps(
        {
            "level": 30,
            "time": int(START * 1000),
            "req": {"method": hit.method, "url": hit.path, "headers": headers},
            "res": {"statusCode": hit.status, "headers": {name.lower(): value for name, value in hit.answer.items()}},
        }
    )


@pytest.mark.parametrize("server", [caddy, nginx_json, envoy, traefik, haproxy, apache_json, cloud_run, pino])
def test_json_lines_are_recognised_by_their_keys(server: Callable[[Hit], str], tmp_path: Path) -> None:
    result = judged(written(tmp_path, map(server, HITS)))
    assert entries(result) == EXPECTED
    assert (result.requests, result.without_origin) == (6, 1)
    assert result.lost.affected[0].routes == ("/api/{value}/{value}",)
    assert str(result.period.first) == "2026-09-21"


NGINX = (
    '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent" '
    '"$http_origin" "$http_access_control_request_method" "$http_access_control_request_headers" '
    '"$sent_http_access_control_allow_origin" "$sent_http_access_control_allow_methods" "$sent_http_access_control_allow_headers"'
)
APACHE = (
    '%h %l %u %t \\"%r\\" %>s %b \\"%{Referer}i\\" \\"%{User-Agent}i\\" \\"%{Origin}i\\" '
    '\\"%{Access-Control-Request-Method}i\\" \\"%{Access-Control-Request-Headers}i\\" '
    '\\"%{Access-Control-Allow-Origin}o\\" \\"%{Access-Control-Allow-Methods}o\\" \\"%{Access-Control-Allow-Headers}o\\"'
)


def combined(hit: Hit, quote: str) -> str:
    """A line in the combined format, with the headers at its end; `quote` is how the server writes a quotation mark."""
    said = [hit.sent.get(name, "-") for name in SENT[:3]] + [hit.answer.get(name, "-") for name in ANSWERED]
    agent = f"Mozilla/5.0 (X11; {quote}a {quote}b)"
    values = " ".join(f'"{value}"' for value in ("-", agent, *said))
    return f'203.0.113.9 - - [{_clf_time(hit)}] "{hit.method} {hit.path} HTTP/1.1" {hit.status} 12 {values}'


@pytest.mark.parametrize(
    ("log_format", "quote"),
    [
        (NGINX, "\\x22"),
        (APACHE, '\\"'),
        (f"log_format cors\n  '{NGINX[:40]}'\n  '{NGINX[40:]}';", "\\x22"),
        (f'LogFormat "{APACHE}" cors', '\\"'),
    ],
)
def test_text_lines_are_read_with_the_format_string_of_the_server(log_format: str, quote: str, tmp_path: Path) -> None:
    log = written(tmp_path, [combined(hit, quote) for hit in HITS])
    result = judged(log, reading=Reading(log_format=log_format))
    assert entries(result) == EXPECTED
    assert result.lost.affected[0].routes == ("/api/{value}/{value}",)


@pytest.mark.parametrize("log_format", ['$remote_addr "$request" $status', '%h \\"%r\\" %>s'])
def test_a_format_string_without_origin_is_refused(log_format: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="do not say which page asked"):
        judged(written(tmp_path, ["x"]), reading=Reading(log_format=log_format))


@pytest.mark.parametrize(
    "prefix", ["Feb  6 12:14:14 host haproxy[14389]: ", "2026-08-01T10:00:00.000000000Z stdout F ", "<134>1 - - "]
)
def test_what_syslog_and_containers_write_before_the_json_does_no_harm(prefix: str, tmp_path: Path) -> None:
    log = written(tmp_path, [prefix + envoy(hit) for hit in HITS])
    assert entries(judged(log)) == EXPECTED


def test_the_log_of_aws_waf_is_read(tmp_path: Path) -> None:
    def line(hit: Hit) -> str:
        headers = [{"name": name.lower(), "value": value} for name, value in hit.sent.items()]
        request = {"clientIp": "203.0.113.9", "headers": headers, "uri": hit.path, "httpMethod": hit.method}
        return json.dumps({"timestamp": int(START * 1000), "action": "ALLOW", "httpRequest": request})

    result = judged(written(tmp_path, map(line, HITS)))
    assert sorted(entries(result)["lost"]) == [
        (ADMIN, None, "origin-not-allowed", 1),
        (APP, None, "method-not-allowed", 1),
        (EVIL, None, "origin-not-allowed", 1),
    ]


def test_the_headers_of_cloudfront_are_read_from_their_text(tmp_path: Path) -> None:
    rows = ["timestamp,cs-method,cs-uri-stem,sc-status,cs-headers"]
    for hit in HITS:
        text = "%0A".join(f"{name}:{value}" for name, value in {"Host": "api", **hit.sent}.items()).replace(",", "%2C")
        rows.append(f"{START},{hit.method},{hit.path.partition('?')[0]},{hit.status},{text}")
    result = judged(written(tmp_path, rows, "cloudfront.csv"))
    assert (ADMIN, None, "origin-not-allowed", 1) in entries(result)["lost"]
    assert (APP, None, "method-not-allowed", 1) in entries(result)["lost"]


def test_the_access_log_of_a_load_balancer_never_has_origin_and_the_sentence_says_so(tmp_path: Path) -> None:
    line = (
        'https 2026-09-21T10:00:00.000000Z app/name/5 203.0.113.9:1 10.0.0.1:80 0.0 0.0 0.0 200 200 1 1 "GET https://a/ HTTP/2"'
    )
    with pytest.raises(InputError, match="never carries Origin; replay the log of AWS WAF"):
        judged(written(tmp_path, [line]))


def test_a_log_without_origin_is_refused_and_the_remedy_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"has no field for the Origin header among its 3; .*--field origin=KEY"):
        judged(written(tmp_path, ['{"method":"GET","uri":"/","status":200}']))


def test_the_name_of_a_backend_is_not_mistaken_for_the_origin_of_a_page(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="has no field for the Origin header"):
        judged(written(tmp_path, ['{"method":"GET","uri":"/","origin":"backend-7:8080"}']))


def test_a_key_can_be_named_by_hand(tmp_path: Path) -> None:
    line = '{"m":"GET","uri":"/x/7","who":{"page":"https://evil.example"},"granted":"https://evil.example"}'
    keys = {Field.ORIGIN: "who.page", Field.METHOD: "m", Field.ALLOW_ORIGIN: "granted"}
    result = judged(written(tmp_path, [line]), reading=Reading(keys=keys))
    assert entries(result)["lost"] == [(EVIL, "allowed", "origin-not-allowed", 1)]
    assert result.lost.affected[0].routes == ("/{value}/{number}",)  # the other keys are still recognised


def test_har_files_are_read_as_one_line_and_as_many(tmp_path: Path) -> None:
    found = []
    for hit in HITS:
        headers = [{"name": name, "value": value} for name, value in {"Host": "api", **hit.sent}.items()]
        request = {"method": hit.method, "url": f"https://api{hit.path}", "headers": headers, "cookies": []}
        response = {"status": hit.status, "headers": [{"name": name, "value": value} for name, value in hit.answer.items()]}
        found.append({"startedDateTime": _time(hit), "request": request, "response": response})
    document = {"log": {"version": "1.2", "entries": found}}
    for name, text in (("a.har", json.dumps(document)), ("b.har", json.dumps(document, indent=2))):
        result = judged(written(tmp_path, [text], name))
        assert entries(result) == EXPECTED
        assert result.broken.count == 0


def _attributes(hit: Hit) -> dict[str, object]:
    return {
        "http.request.method": hit.method,
        "url.path": hit.path.partition("?")[0],
        "http.response.status_code": hit.status,
        "server.address": "api",
        **{f"http.request.header.{name.lower()}": [value] for name, value in hit.sent.items()},
        **{f"http.response.header.{name.lower()}": [value] for name, value in hit.answer.items()},
    }


def _otlp(value: object) -> dict[str, object]:
    if isinstance(value, list):
        return {"arrayValue": {"values": [_otlp(each) for each in value]}}
    return {"intValue": str(value)} if isinstance(value, int) else {"stringValue": value}


def test_spans_are_read_as_the_collector_and_as_the_console_write_them(tmp_path: Path) -> None:
    nanos = str(int(START * 1e9))
    spans = [
        {
            "kind": 2,
            "startTimeUnixNano": nanos,
            "attributes": [{"key": key, "value": _otlp(value)} for key, value in _attributes(hit).items()],
        }
        for hit in HITS
    ]
    calls = [{**span, "kind": 3} for span in spans]
    lines = [json.dumps({"resourceSpans": [{"resource": {"attributes": []}, "scopeSpans": [{"spans": spans + calls}]}]})]
    collected = judged(written(tmp_path, lines, "traces.json"))
    console = [
        json.dumps({"kind": "SpanKind.SERVER", "start_time": _time(hit), "attributes": _attributes(hit)}, indent=4)
        for hit in HITS
    ]
    printed = judged(written(tmp_path, console, "console.json"))
    for result in (collected, printed):
        assert entries(result) == EXPECTED
        assert str(result.period.first) == "2026-09-21"


def test_tables_are_read_with_flat_and_with_nested_columns(tmp_path: Path) -> None:
    flat, lines = tmp_path / "flat.parquet", written(tmp_path, map(nginx_json, HITS), "n.json")
    nested, nested_lines = tmp_path / "nested.parquet", written(tmp_path, map(caddy, HITS), "c.json")
    table = tmp_path / "flat.csv"
    with duckdb.connect() as connection:
        connection.execute(f"COPY (SELECT * FROM read_json('{lines}')) TO '{flat}'")
        connection.execute(f"COPY (SELECT * FROM read_json('{lines}')) TO '{table}' (HEADER)")
        connection.execute(f"COPY (SELECT * FROM read_json('{nested_lines}')) TO '{nested}'")
    for path in (flat, table, nested):
        assert entries(judged(str(path))) == EXPECTED, path


def test_compressed_and_rotated_files_are_read_together(tmp_path: Path) -> None:
    lines = [caddy(hit) for hit in HITS]
    (tmp_path / "access.log").write_text(lines[0] + "\n")
    (tmp_path / "access.log.1").write_text(lines[1] + "\n")
    (tmp_path / "access.log.2.gz").write_bytes(gzip.compress("".join(f"{line}\n" for line in lines[2:4]).encode()))
    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE lines (line VARCHAR)")
        connection.executemany("INSERT INTO lines VALUES (?)", [(line,) for line in lines[4:]])
        connection.execute(
            f"COPY lines TO '{tmp_path / 'access.log.3.zst'}' "
            "(FORMAT csv, HEADER false, QUOTE '', ESCAPE '', DELIM '\x01', COMPRESSION zstd)"
        )
    assert entries(judged(str(tmp_path / "access.log*"))) == EXPECTED
    assert entries(judged(str(tmp_path))) == EXPECTED


def test_logs_of_different_servers_add_up(tmp_path: Path) -> None:
    first, second = written(tmp_path, map(caddy, HITS), "a.log"), written(tmp_path, map(envoy, HITS), "b.log")
    result = judged(first, second)
    assert [each[3] for each in entries(result)["lost"]] == [2, 2]
    assert [log.format for log in result.logs] == ["caddy", "json"]
