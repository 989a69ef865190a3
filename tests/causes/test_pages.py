"""The pages tell the truth: their code runs, the example has the fault, and what to use instead has not."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from corsense import CORSMiddleware, PolicyError
from corsense.causes import SECTIONS, catalogue, cause
from corsense.fetch import Allowed, Blocked, CorsError, FetchRequest, Trace
from tests.causes.visits import API, visit
from tests.testing.apps import needs_vary

JSON = (("Content-Type", "application/json"),)
POST = FetchRequest(f"{API}/api/users", "http://localhost:3000", "POST", headers=JSON, body="{}")
GET = FetchRequest(f"{API}/api/users", "http://localhost:3000")
APP = "https://app.example.com"
EVIL = "https://evil.example"

BLOCKED: dict[str, tuple[FetchRequest, CorsError]] = {
    "missing-cors-middleware": (POST, CorsError.PreflightMissingAllowOriginHeader),
    "proxy-loses-cors": (GET, CorsError.MissingAllowOriginHeader),
    "mounted-app-without-cors": (replace(POST, url=f"{API}/v2/api/users"), CorsError.PreflightMissingAllowOriginHeader),
    "origin-trailing-slash": (POST, CorsError.PreflightMissingAllowOriginHeader),
    "no-origins": (POST, CorsError.PreflightMissingAllowOriginHeader),
    "origin-mismatch": (POST, CorsError.PreflightMissingAllowOriginHeader),
    "origin-scheme-mismatch": (POST, CorsError.PreflightMissingAllowOriginHeader),
    "origin-port-mismatch": (POST, CorsError.PreflightMissingAllowOriginHeader),
    "origin-host-mismatch": (replace(POST, origin="http://127.0.0.1:3000"), CorsError.PreflightMissingAllowOriginHeader),
    "origin-has-path": (POST, CorsError.PreflightMissingAllowOriginHeader),
    "origin-without-scheme": (POST, CorsError.PreflightMissingAllowOriginHeader),
    "origin-default-port": (replace(POST, origin=APP), CorsError.PreflightMissingAllowOriginHeader),
    "origin-not-normalised": (POST, CorsError.PreflightMissingAllowOriginHeader),
    "env-split-without-strip": (POST, CorsError.PreflightMissingAllowOriginHeader),
    "nested-origins": (POST, CorsError.PreflightMissingAllowOriginHeader),
    "origin-regex-not-a-string": (POST, CorsError.PreflightMissingAllowOriginHeader),
    "joined-values": (POST, CorsError.PreflightMissingAllowOriginHeader),
    "glob-in-origins": (replace(POST, origin=APP), CorsError.PreflightMissingAllowOriginHeader),
    "regex-in-origins": (replace(POST, origin=APP), CorsError.PreflightMissingAllowOriginHeader),
    "regex-partial-match": (replace(POST, origin=APP), CorsError.PreflightMissingAllowOriginHeader),
    "credentials-not-allowed": (replace(POST, credentials="include"), CorsError.PreflightInvalidAllowCredentials),
    "cors-not-outermost": (POST, CorsError.PreflightMissingAllowOriginHeader),
    "duplicate-cors-middleware": (POST, CorsError.PreflightMissingAllowOriginHeader),
    "duplicate-cors-headers": (POST, CorsError.PreflightMultipleAllowOriginValues),
    "manual-cors-headers": (POST, CorsError.PreflightMissingAllowOriginHeader),
    "manual-options-handler": (POST, CorsError.PreflightMissingAllowOriginHeader),
    "preflight-answered-by-other-layer": (POST, CorsError.PreflightMissingAllowOriginHeader),
    "preflight-bad-status": (POST, CorsError.PreflightInvalidStatus),
    "preflight-redirected": (POST, CorsError.PreflightDisallowedRedirect),
    "method-not-allowed": (POST, CorsError.PreflightInvalidStatus),
    "header-not-allowed": (
        replace(POST, headers=(*JSON, ("Authorization", "Bearer secret"))),
        CorsError.PreflightInvalidStatus,
    ),
    "invalid-cors-header": (POST, CorsError.InvalidAllowHeadersPreflightResponse),
    "error-response-without-cors": (POST, CorsError.MissingAllowOriginHeader),
    "unhandled-exception": (replace(GET, url=f"{API}/api/users/7"), CorsError.MissingAllowOriginHeader),
    "redirect-slashes": (POST, CorsError.PreflightDisallowedRedirect),
    "redirect-loses-cors": (replace(GET, url=f"{API}/api/report"), CorsError.MissingAllowOriginHeader),
    "credentials-in-url": (replace(GET, url=f"{API}/api/export"), CorsError.RedirectContainsCredentials),
}
"""Per cause: the request that its example blocks and its remedy lets through, and the browser's reason."""

FOREIGN: dict[str, tuple[FetchRequest, str]] = {
    "origins-not-a-list": (replace(POST, origin=APP), "https://app.example.co"),
    "regex-unescaped-dot": (replace(POST, origin=APP, credentials="include"), "https://app-example.com"),
    "regex-too-broad": (replace(POST, origin=APP, credentials="include"), "https://attackerexample.com"),
    "null-origin": (replace(POST, credentials="include"), "null"),
    "public-suffix-origin": (replace(POST, credentials="include"), "https://attacker.vercel.app"),
    "wildcard-with-credentials": (replace(POST, credentials="include"), EVIL),
    "reflected-origin": (replace(POST, credentials="include"), EVIL),
    "wildcard-origins": (POST, EVIL),
    "wildcard-default-setting": (POST, EVIL),
    "insecure-origin-with-credentials": (replace(POST, origin=APP, credentials="include"), "http://app.example.com"),
}
"""Per cause: the request of the intended page, and the origin that its example admits and its remedy refuses."""


def built(slug: str, heading: str) -> Any:
    """The app that the first code block below `heading` builds."""
    return run(cause(slug).code_blocks(heading)[0])["app"]


def run(source: str) -> dict[str, Any]:
    """The names that a code block defines."""
    names: dict[str, Any] = {"__name__": "page"}
    exec(compile(source, "<page>", "exec", dont_inherit=True), names)
    return names


def quoted(text: str) -> list[str]:
    """The messages that a section quotes: each block of lines that begin with `>`, as one line."""
    return [" ".join(line.removeprefix("> ") for line in block) for block in _blocks(text)]


def _blocks(text: str) -> list[list[str]]:
    return [match.splitlines() for match in re.findall(r"(?:^> .*\n?)+", text, re.MULTILINE)]


def sentence(trace: Trace) -> str:
    """The first line Chromium prints for a fetch."""
    return trace.console("chromium")[0]


BLOCKS = [
    pytest.param(block, id=f"{entry.slug}-{heading.split()[0].lower()}-{number}")
    for entry in catalogue()
    for heading in SECTIONS
    for number, block in enumerate(entry.code_blocks(heading))
]


@pytest.mark.parametrize("entry", catalogue(), ids=lambda entry: entry.slug)
def test_a_page_has_code_that_is_wrong_and_code_that_is_right(entry: Any) -> None:
    assert entry.code_blocks("Example")
    assert entry.code_blocks("Use instead")
    assert entry.code_blocks("Example") != entry.code_blocks("Use instead")


@pytest.mark.parametrize("source", BLOCKS)
def test_code_of_the_pages_runs_and_builds_an_app(source: str) -> None:
    assert callable(run(source)["app"])


@pytest.mark.parametrize("slug", BLOCKED)
def test_the_example_is_blocked_for_the_reason_given(slug: str) -> None:
    request, error = BLOCKED[slug]
    outcome = visit(built(slug, "Example"), request).outcome
    assert isinstance(outcome, Blocked)
    assert outcome.error is error


@pytest.mark.parametrize("slug", BLOCKED)
def test_what_to_use_instead_lets_the_same_request_through(slug: str) -> None:
    assert isinstance(visit(built(slug, "Use instead"), BLOCKED[slug][0]).outcome, Allowed)


@pytest.mark.parametrize("slug", BLOCKED)
def test_the_message_that_the_example_provokes_is_quoted_on_the_page(slug: str) -> None:
    trace = visit(built(slug, "Example"), BLOCKED[slug][0])
    assert sentence(trace) in quoted(cause(slug).section("What it does"))


@pytest.mark.parametrize("slug", FOREIGN)
def test_the_example_admits_an_untrusted_page_and_what_to_use_instead_refuses_it(slug: str) -> None:
    own, untrusted_page = FOREIGN[slug]
    assert isinstance(visit(built(slug, "Example"), replace(own, origin=untrusted_page)).outcome, Allowed)
    assert isinstance(visit(built(slug, "Use instead"), replace(own, origin=untrusted_page)).outcome, Blocked)


@pytest.mark.parametrize("slug", [slug for slug in FOREIGN if slug != "public-suffix-origin"])
def test_the_intended_page_works_before_and_after(slug: str) -> None:
    own, _ = FOREIGN[slug]
    assert isinstance(visit(built(slug, "Example"), own).outcome, Allowed)
    assert isinstance(visit(built(slug, "Use instead"), own).outcome, Allowed)


@pytest.mark.parametrize("entry", catalogue(), ids=lambda entry: entry.slug)
def test_no_remedy_lets_an_untrusted_page_read_as_the_visitor_who_is_logged_in(entry: Any) -> None:
    app = built(entry.slug, "Use instead")
    assert isinstance(app, FastAPI)
    tried = [(path, method.upper()) for path, methods in app.openapi()["paths"].items() for method in methods]
    assert tried or entry.slug in {"mounted-app-without-cors", "websocket-origin-unchecked"}
    for path, method in tried:
        request = FetchRequest(API + path, EVIL, method, headers=JSON if method == "POST" else (), credentials="include")
        assert isinstance(visit(app, request).outcome, Blocked)


def test_a_refused_origin_meets_the_mismatch_message_where_the_server_always_sends_the_same_value() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        headers = [(b"access-control-allow-origin", APP.encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body"})

    message = sentence(visit(app, GET))
    assert message in quoted(cause("origin-mismatch").section("What it does"))
    assert message in quoted(cause("vary-origin-missing").section("What it does"))


def test_the_literal_star_is_refused_with_credentials() -> None:
    trace = visit(built("wildcard-origins", "Example"), replace(POST, credentials="include"))
    assert sentence(trace) in quoted(cause("wildcard-with-credentials").section("What it does"))


def test_a_page_of_origin_null_is_reported_what_its_page_quotes() -> None:
    trace = visit(built("null-origin", "Use instead"), replace(POST, origin="null"))
    assert sentence(trace) in quoted(cause("null-origin").section("What it does"))


def test_a_middleware_that_writes_cors_headers_leaves_the_405_on_the_preflight() -> None:
    assert "It does not have HTTP ok status" in " ".join(cause("manual-cors-headers").section("What it does").split())
    trace = visit(built("preflight-bad-status", "Example"), POST)
    assert [exchange.response.status for exchange in trace.exchanges] == [405]  # type: ignore[union-attr]


def test_adding_a_middleware_at_start_up_raises_as_the_page_says() -> None:
    with (
        pytest.raises(RuntimeError, match="after an application has started"),
        TestClient(built("middleware-added-after-startup", "Example")),
    ):
        pass
    with TestClient(built("middleware-added-after-startup", "Use instead")):
        pass


def test_an_unknown_keyword_raises_at_the_first_message_and_not_before() -> None:
    with (
        pytest.raises(TypeError, match="unexpected keyword argument 'allow_origins_regex'"),
        TestClient(built("unknown-keyword", "Example")),
    ):
        pass
    assert isinstance(visit(built("unknown-keyword", "Use instead"), replace(POST, origin=APP)).outcome, Allowed)


@pytest.mark.parametrize(
    "slug",
    [
        "development-origin-in-production", "wildcard-in-production", "insecure-origin-in-production", "flag-not-a-bool",
        "resolver-limits", "path-pattern-invalid", "max-age-out-of-range", "name-without-effect",
    ],
)  # fmt: skip
def test_the_example_does_not_start_for_the_fault_that_its_page_is_about(slug: str) -> None:
    with pytest.raises(PolicyError) as refused, TestClient(built(slug, "Example")):
        pass
    assert [fault.slug for fault in refused.value.faults] == [slug]
    with TestClient(built(slug, "Use instead")) as client:
        answer = client.options("/api/users", headers={"Origin": APP, "Access-Control-Request-Method": "POST"})
    assert answer.headers["Access-Control-Allow-Origin"] == APP


def test_no_origins_are_refused_by_a_policy_as_its_page_says() -> None:
    with pytest.raises(PolicyError) as refused:
        CORSMiddleware(built("no-origins", "Example"), allow_origins=[], allow_methods=["GET", "POST"])
    assert [fault.slug for fault in refused.value.faults] == ["no-origins"]


@pytest.mark.parametrize(
    ("slug", "credentials"), [("header-not-exposed", "same-origin"), ("expose-wildcard-with-credentials", "include")]
)
def test_the_header_is_hidden_by_the_example_and_exposed_by_the_remedy(slug: str, credentials: Any) -> None:
    request = replace(GET, credentials=credentials)
    before, after = (visit(built(slug, heading), request).outcome for heading in ("Example", "Use instead"))
    assert isinstance(before, Allowed)
    assert isinstance(after, Allowed)
    assert "x-total-count" not in before.exposed
    assert "x-total-count" in after.exposed


@pytest.mark.parametrize(
    "origin", ["http://localhost:3000", pytest.param(None, marks=needs_vary), pytest.param(EVIL, marks=needs_vary)]
)
def test_vary_is_missing_in_the_example_and_there_on_every_answer_of_the_remedy(origin: str | None) -> None:
    headers = {"Origin": origin} if origin else {}
    before, after = (
        TestClient(built("vary-origin-missing", heading)).get("/api/users", headers=headers)
        for heading in ("Example", "Use instead")
    )
    assert "Vary" not in before.headers
    assert after.headers["Vary"] == "Origin"


def test_authorization_under_the_star_is_against_the_standard_only() -> None:
    trace = visit(
        built("authorization-not-covered-by-wildcard", "Example"),
        replace(POST, headers=(*JSON, ("Authorization", "Bearer secret"))),
    )
    assert isinstance(trace.outcome, Allowed)
    assert "authorization-covered-by-wildcard" in trace.notes


def test_a_simple_request_runs_although_its_answer_is_kept_back() -> None:
    trace = visit(built("simple-request-runs-anyway", "Example"), FetchRequest(f"{API}/api/purge", EVIL, "POST"))
    assert [exchange.response.status for exchange in trace.exchanges] == [200]  # type: ignore[union-attr]
    assert sentence(trace) in quoted(cause("simple-request-runs-anyway").section("What it does"))


def test_no_cors_gives_an_opaque_answer() -> None:
    outcome = visit(built("opaque-response", "Example"), replace(GET, mode="no-cors")).outcome
    assert isinstance(outcome, Allowed)
    assert outcome.tainting == "opaque"
    assert isinstance(visit(built("opaque-response", "Use instead"), GET).outcome, Allowed)


def test_the_same_origin_needs_no_cors_layer() -> None:
    outcome = visit(built("same-origin-needs-no-cors", "Use instead"), replace(GET, origin=API)).outcome
    assert isinstance(outcome, Allowed)
    assert outcome.tainting == "basic"


def test_the_login_cookie_becomes_one_that_crosses_sites() -> None:
    before, after = (
        TestClient(built("cookie-not-sent", heading)).post("/api/login").headers["Set-Cookie"]
        for heading in ("Example", "Use instead")
    )
    assert "samesite=lax" in before.lower()
    assert "samesite=none" in after.lower()
    assert "secure" in after.lower()


def test_a_websocket_accepts_an_untrusted_page_in_the_example_only() -> None:
    with TestClient(built("websocket-origin-unchecked", "Example")).websocket_connect("/ws", headers={"Origin": EVIL}) as socket:
        assert socket.receive_text() == "hello"
    remedy = TestClient(built("websocket-origin-unchecked", "Use instead"))
    with pytest.raises(WebSocketDisconnect), remedy.websocket_connect("/ws", headers={"Origin": EVIL}):
        pass
    with remedy.websocket_connect("/ws", headers={"Origin": "http://localhost:3000"}) as socket:
        assert socket.receive_text() == "hello"
