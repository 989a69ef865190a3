"""The client profiles say what the real packages did."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from corsense.clients import PROFILES, ClientProfile, profile
from corsense.explain import explain

MEASURED: dict[str, dict[str, Any]] = {
    row["id"]: row
    for row in map(json.loads, (Path(__file__).parents[1] / "data" / "clients" / "clients.jsonl").read_text("utf-8").splitlines())
}
SET_UP = {
    "mcp": "mcp-v2-stateful", "mcp-stateless": "mcp-v1-stateless", "mcp-2026-07-28": "mcp-v2-auto", "mcp-sse": "mcp-v1-sse",
    "mcp-oauth": "mcp-v2-oauth", "mcp-inspector": "inspector-v1-direct", "fetch": "fetch-json",
    "axios-xsrf": "axios-cookies-xsrf", "htmx": "htmx4", "htmx-2": "htmx2", "posthog": "posthog-tracing",
    "opentelemetry": "otel-fetch", "connect": "connect-web", "etag": "etag-swr", "download": "download-range",
    "fetch-event-source": "sse-fetch",
}  # fmt: skip
WHERE_THE_USER_SETS_THEM = {
    "authorization", "apollo-require-preflight", "graphql-require-preflight", "x-apollo-operation-name", "upload-concat",
    "x-http-method-override", "x-request-id", "x-lab", "last-event-id",
}  # fmt: skip
"""Headers of options, of the laboratory, and of servers with an event store: a profile may lack or have them."""


@pytest.mark.parametrize("client", PROFILES, ids=lambda client: client.name)
def test_a_profile_asks_for_what_the_package_asked_for(client: ClientProfile) -> None:
    measured = MEASURED[SET_UP.get(client.name, client.name)]
    methods = set(measured["methods"]) - {"GET", "HEAD", "POST", "WEBSOCKET"}
    assert set(client.methods) == methods
    assert set(client.request_headers) ^ set(measured["request_headers"]) <= WHERE_THE_USER_SETS_THEM


@pytest.mark.parametrize("name", ["mcp", "mcp-oauth", "tus", "etag", "download", "openai", "supabase"])
def test_a_profile_reads_what_the_package_read(name: str) -> None:
    measured = MEASURED[SET_UP.get(name, name)]
    assert set(profile(name).expose_headers) == set(measured["reads_headers"]["must_be_exposed"])


def test_names_are_unique_and_every_missing_header_has_a_consequence() -> None:
    assert len({client.name for client in PROFILES}) == len(PROFILES)
    assert all(read.without for client in PROFILES for read in client.reads)


@pytest.mark.parametrize(
    ("text", "slug"),
    [
        ('Streamable HTTP error: {"error":{"message":"Bad Request: Missing session ID"}}', "header-not-exposed"),
        ("Error: tus: invalid or missing Location header, originated from request (method: POST)", "header-not-exposed"),
        ("ConnectError: [unknown] missing trailer", "header-not-exposed"),
        ("RpcError: Incomplete response", "header-not-exposed"),
        ("HTTP 403: Invalid Origin header", "origin-check-refused"),
        ("HTTP 403: Forbidden Origin", "origin-check-refused"),
        ("Error: Redirect not followed", "redirect-slashes"),
    ],
)
def test_what_the_user_of_a_client_sees_names_its_cause(text: str, slug: str) -> None:
    (explanation,) = explain(text)
    assert [cause.cause.slug for cause in explanation.causes[:1]] == [slug]
