"""Who answered: the app, something in front of it, a tunnel, or nobody."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corsense.diagnose import Respondent, who_answered
from corsense.fetch import NetworkError, WireResponse
from tests.growth import processor_time_ratio

RECORDED = Path(__file__).parents[1] / "data" / "respondent" / "answers.jsonl.gz"
ANSWERS = [json.loads(line) for line in gzip.decompress(RECORDED.read_bytes()).decode().splitlines()]


def wire(status: int, headers: list[list[str]]) -> WireResponse:
    return WireResponse(status, tuple((name, value) for name, value in headers))


def alone(row: dict[str, Any]) -> Respondent:
    return who_answered(wire(row["status"], row["headers"]), row["body"].encode())


def beside(row: dict[str, Any]) -> Respondent:
    return who_answered(wire(row["status"], row["headers"]), row["body"].encode(), app_answer=wire(*row["app"]))


def weight(rows: list[dict[str, Any]]) -> int:
    return sum(row["times"] for row in rows)


def test_no_answer_of_a_proxy_is_attributed_to_the_app_and_none_of_the_app_for_a_proxys() -> None:
    wrong = [
        (row["stack"], row["probe"], found)
        for row in ANSWERS
        if (found := alone(row)).kind != "unknown" and found.kind != row["answered_by"]
    ]
    assert wrong == []


def test_most_answers_tell_by_themselves() -> None:
    assert weight([row for row in ANSWERS if alone(row).kind != "unknown"]) / weight(ANSWERS) > 0.83
    fronts = [row for row in ANSWERS if row["answered_by"] == "front"]
    assert weight([row for row in fronts if alone(row).kind == "front"]) / weight(fronts) > 0.92


def test_beside_the_apps_own_answer_it_is_known_who_answered() -> None:
    asked = [row for row in ANSWERS if row["app"] is not None]
    right = [row for row in asked if beside(row).kind == row["answered_by"]]
    assert weight(right) / weight(asked) > 0.99
    assert [row["stack"] for row in asked if beside(row).kind == "app" and row["answered_by"] == "front"] == []


def test_the_proxy_that_answered_is_named() -> None:
    named = [(row["proxy"], found.layer) for row in ANSWERS if (found := alone(row)).kind == "front"]
    assert [pair for pair in named if pair[0] != pair[1]] == []


def test_a_proxy_that_marks_what_it_passes_on_is_named_with_the_app() -> None:
    passing = {
        (row["proxy"], found.layer) for row in ANSWERS if row["app"] and (found := beside(row)).kind == "app" and found.layer
    }
    assert passing == {(name, name) for name in ("nginx", "envoy", "caddy", "varnish", "apache", "traefik")}


AWAY = [
    (403, {"x-amzn-errortype": "MissingAuthenticationTokenException", "x-amz-apigw-id": "abc="}, "", "front", "api-gateway"),
    (403, {"apigw-requestid": "a="}, '{"message":"Forbidden"}', "front", "api-gateway"),
    (401, {"x-amzn-requestid": "1"}, '{"message":"Unauthorized"}', "front", "api-gateway"),
    (403, {"server": "cloudflare", "cf-ray": "8-AMS", "cf-mitigated": "challenge"}, "", "front", "cloudflare"),
    (520, {"server": "cloudflare", "cf-ray": "8-AMS"}, "error code: 520", "front", "cloudflare"),
    (502, {"server": "awselb/2.0"}, "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>",
     "front", "alb"),
    (502, {"server": "cloudflare", "cf-ray": "8"}, "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n"
     "<center><h1>502 Bad Gateway</h1></center>\r\n<hr><center>nginx/1.18.0 (Ubuntu)</center>", "front", "nginx"),
    (503, {"server": "istio-envoy"}, "no healthy upstream", "front", "envoy"),
    (404, {"server": "Vercel", "x-vercel-id": "fra1::a", "x-vercel-error": "DEPLOYMENT_NOT_FOUND"}, "", "front", "vercel"),
    (200, {"ngrok-error-code": "ERR_NGROK_6024", "content-type": "text/html"}, "<!DOCTYPE html>", "tunnel", "ngrok"),
    (404, {"ngrok-error-code": "ERR_NGROK_3200"}, "", "tunnel", "ngrok"),
    (503, {"content-type": "application/json; charset=utf-8", "server": "kong/3.4.0"},
     '{\n  "message":"failure to get a peer from the ring-balancer"\n}', "front", "kong"),
    (502, {"server": "railway-edge", "x-railway-fallback": "true"},
     '{"status":"error","code":502,"message":"Application failed to respond"}', "front", "railway"),
    (302, {"server": "Google Frontend", "x-goog-iap-generated-response": "true"}, "", "front", "google"),
    (200, {"x-amz-apigw-id": "a=", "access-control-allow-methods": "GET"}, "", "front", "api-gateway"),
    (404, {"server": "uvicorn", "content-type": "application/json"}, '{"detail":"Not Found"}', "app", None),
    (404, {"server": "cloudflare", "cf-ray": "8", "content-type": "application/json"}, '{"detail":"Not Found"}',
     "app", "cloudflare"),
    (400, {"server": "nginx", "content-type": "text/plain; charset=utf-8"}, "Disallowed CORS origin", "app", "nginx"),
    (502, {"server": "uvicorn", "content-type": "application/json"}, '{"detail":"The model is down"}', "unknown", None),
    (401, {"server": "nginx", "content-type": "application/json"}, '{"detail":"Not authenticated"}', "unknown", "nginx"),
    (404, {"content-type": "application/json"}, '{"error":"missing"}', "unknown", None),
]  # fmt: skip


@pytest.mark.parametrize(("status", "headers", "body", "kind", "layer"), AWAY)
def test_gateways_networks_and_tunnels_are_known_by_their_marks(
    status: int, headers: dict[str, str], body: str, kind: str, layer: str | None
) -> None:
    found = who_answered(WireResponse(status, tuple(headers.items())), body.encode())
    assert (found.kind, found.layer) == (kind, layer)
    assert found.evidence or kind == "unknown"


def test_where_no_answer_came_nobody_answered() -> None:
    assert who_answered(NetworkError("connection refused")) == Respondent("nobody", None, ("connection refused",))


def test_the_evidence_quotes_what_was_seen() -> None:
    found = who_answered(
        WireResponse(502, (("server", "nginx/1.22.1"),)), b"<html>\r\n<head><title>502 Bad Gateway</title></head>"
    )
    assert (found.kind, found.layer) == ("front", "nginx")
    assert "server: nginx/1.22.1" in found.evidence


@given(
    st.integers(100, 599),
    st.lists(
        st.tuples(st.sampled_from(["server", "via", "content-type", "location", "x-cache"]), st.text(max_size=40)), max_size=6
    ),
    st.binary(max_size=400),
)
def test_whatever_arrives_is_judged(status: int, headers: list[tuple[str, str]], body: bytes) -> None:
    found = who_answered(WireResponse(status, tuple(headers)), body)
    assert found.kind in ("app", "front", "tunnel", "unknown")
    assert found.in_front == (found.kind in ("front", "tunnel"))


@pytest.mark.parametrize(
    "text", ["<html><body><h1>502 ", "<title>", '{"message": "', "<TITLE>Access Denied</TITLE>", "a", "x-iinfo q(r( b"]
)
def test_a_body_made_to_be_slow_is_not(text: str) -> None:
    def judge(size: int) -> None:
        headers = (("x-iinfo", text * (size // 16)), ("location", "https://accounts.google.com/" * (size // 30)))
        who_answered(WireResponse(403, headers), (text * size).encode())

    # Sixteen times as much: 16 times the work, and 256 times where it is quadratic.
    assert processor_time_ratio(lambda: judge(1024), lambda: judge(16_384), 64) < 64
