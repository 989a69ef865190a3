"""Streamed bodies, redirects with a user name, an empty max-age, the header of Private Network Access: engine by engine."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from corsense.fetch import Allowed, Blocked, Browser, CorsError, Failed, FailureReason, FetchRequest, Trace, WireResponse
from corsense.fetch.trace import EngineName
from corsense.transports import drive

ENGINES: tuple[EngineName, ...] = ("standard", "chromium", "firefox", "webkit")
PAGE = "http://localhost:3000"
API = "http://localhost:8000/items"
OPEN = WireResponse(
    200,
    (("Access-Control-Allow-Origin", "*"), ("Access-Control-Allow-Headers", "*"), ("Access-Control-Allow-Methods", "PUT")),
)


def stream() -> Iterator[bytes]:
    yield b"part"


def judged(engine: EngineName, request: FetchRequest, *answers: WireResponse) -> Trace:
    replies = iter(answers or (OPEN, OPEN))
    return drive(Browser(engine).fetch(request), lambda _: next(replies))


@pytest.mark.parametrize("engine", ["standard", "chromium"])
def test_a_streamed_body_fails_over_http_after_its_preflight(engine: EngineName) -> None:
    trace = judged(engine, FetchRequest(API, PAGE, "POST", body=stream()))
    assert [exchange.request.preflight for exchange in trace.exchanges] == [True]
    assert trace.outcome == Failed(FailureReason.STREAM_NEEDS_HTTP2, API)
    assert trace.console() == ["Failed to load resource: net::ERR_ALPN_NEGOTIATION_FAILED"]
    own = judged(engine, FetchRequest(f"{PAGE}/items", PAGE, "POST", body=stream()))
    assert (own.exchanges, own.outcome) == ((), Failed(FailureReason.STREAM_NEEDS_HTTP2, f"{PAGE}/items"))


def test_a_streamed_body_passes_over_https_where_the_server_may_speak_http2() -> None:
    trace = judged("chromium", FetchRequest("https://api.example.com/items", "https://app.example.com", "POST", body=stream()))
    assert isinstance(trace.outcome, Allowed)
    assert [exchange.request.preflight for exchange in trace.exchanges] == [True, False]


def test_firefox_sends_a_streamed_body_as_text_without_a_preflight() -> None:
    trace = judged("firefox", FetchRequest(API, PAGE, "POST", body=stream()))
    (exchange,) = trace.exchanges
    assert not exchange.request.preflight
    assert exchange.request.header("content-type") == "text/plain;charset=UTF-8"
    assert isinstance(trace.outcome, Allowed)


def test_webkit_refuses_a_streamed_body_before_anything_is_sent() -> None:
    trace = judged("webkit", FetchRequest(API, PAGE, "POST", body=stream()))
    assert trace.exchanges == ()
    assert isinstance(trace.outcome, Failed)
    assert trace.outcome.reason == FailureReason.INVALID_REQUEST


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("initiator", ["fetch", "xhr", "eventsource"])
def test_a_redirect_within_one_origin_to_a_user_name_fails_in_chromium_without_a_word(engine: EngineName, initiator: str) -> None:
    there = WireResponse(302, (("Location", "http://me:secret@localhost:3000/there"),))
    trace = judged(engine, FetchRequest(f"{PAGE}/here", PAGE, initiator=initiator), there, OPEN)
    if engine == "chromium" and initiator != "xhr":
        assert isinstance(trace.outcome, Failed)
        assert trace.outcome.reason == FailureReason.UNSAFE_REDIRECT
        assert trace.console() == []
    else:
        assert isinstance(trace.outcome, Allowed)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("initiator", ["fetch", "xhr"])
def test_a_redirect_of_another_origin_to_a_user_name_is_refused_by_cors(engine: EngineName, initiator: str) -> None:
    there = WireResponse(302, (("Location", "http://me:secret@localhost:8000/there"), ("Access-Control-Allow-Origin", "*")))
    outcome = judged(engine, FetchRequest(API, PAGE, initiator=initiator), there).outcome
    assert isinstance(outcome, Blocked)
    assert outcome.error is CorsError.RedirectContainsCredentials


@pytest.mark.parametrize("engine", ENGINES)
def test_script_may_set_the_header_of_private_network_access(engine: EngineName) -> None:
    request = FetchRequest(API, PAGE, headers=(("Access-Control-Request-Private-Network", "true"),))
    trace = judged(engine, request)
    assert trace.exchanges[0].request.header("access-control-request-headers") == "access-control-request-private-network"
    assert trace.exchanges[1].request.header("access-control-request-private-network") == "true"


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(("after", "preflights"), [(4, 0), (6, 1)])
def test_an_empty_max_age_counts_as_absent(engine: EngineName, after: int, preflights: int) -> None:
    now = 0.0
    browser = Browser(engine, clock=lambda: now)
    answer = WireResponse(200, (*OPEN.headers, ("Access-Control-Max-Age", "")))
    request = FetchRequest(API, PAGE, "PUT")
    drive(browser.fetch(request), lambda _: answer)
    now = float(after)
    again = drive(browser.fetch(request), lambda _: answer)
    assert sum(exchange.request.preflight for exchange in again.exchanges) == preflights
