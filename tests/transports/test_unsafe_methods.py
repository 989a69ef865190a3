"""A request that is not sent is judged by the permission that its preflight gives, in check and in tests alike."""

from __future__ import annotations

from pathlib import Path

import pytest

from corsense.fetch import NetworkError, WireRequest, WireResponse
from corsense.testing import assert_cors_blocked
from corsense.transports import drive
from corsense.transports.unsafe_methods import is_safe, substitute
from tests.check.live import serving
from tests.cli.commands import corsense

PAGE = "http://localhost:3000"
FORM = WireRequest("POST", "http://api.example/form", (("Origin", PAGE),))
NO_CORS = "from fastapi import FastAPI\n\napp = FastAPI()\n\n\n@app.post('/form')\ndef form(): return 1\n"


def test_the_preflight_is_sent_where_a_browser_needs_none() -> None:
    asked: list[WireRequest] = []

    def send(request: WireRequest) -> WireResponse:
        asked.append(request)
        return WireResponse(405)

    answer = drive(substitute(FORM, None), send)
    assert [(request.method, request.preflight, request.header("origin")) for request in asked] == [("OPTIONS", True, PAGE)]
    assert answer == WireResponse(200)


def test_the_permission_that_was_given_stands_in_for_the_response() -> None:
    permission = WireResponse(200, (("Access-Control-Allow-Origin", PAGE), ("Access-Control-Max-Age", "5")))
    answer = drive(substitute(FORM, permission), lambda request: WireResponse(500))
    assert answer == WireResponse(200, (("Access-Control-Allow-Origin", PAGE),))


def test_a_server_that_does_not_answer_the_preflight_is_no_permission() -> None:
    refused = NetworkError("connection refused")
    assert drive(substitute(FORM, None), lambda request: refused) is refused


@pytest.mark.parametrize(
    ("method", "safe"), [("GET", True), ("HEAD", True), ("OPTIONS", True), ("POST", False), ("QUERY", False)]
)
def test_only_safe_methods_are_sent_unasked(method: str, safe: bool) -> None:
    assert is_safe(method) is safe


def test_a_simple_post_to_a_server_without_cors_is_blocked_in_check_and_in_tests(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(NO_CORS, encoding="utf-8")
    with serving(tmp_path) as url:
        simple = ["--header", "Content-Type: application/x-www-form-urlencoded"]
        ran = corsense("check", url, "--origin", PAGE, "--request", "POST /form", *simple, "--format", "json", folder=tmp_path)
        assert [result["outcome"] for result in ran.document["results"]] == ["blocked"]
        assert "missing-cors-middleware" in ran.slugs()
        assert_cors_blocked(url, "POST", "/form", origin=PAGE)
