"""What single steps of a fetch do: each of these was left open by the recordings of real browsers."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from corsense.fetch import Allowed, Browser, FetchRequest, Trace, WireRequest, WireResponse
from corsense.fetch.cookies import Cookie, cookie_verdict
from corsense.transports import drive

PAGE = "http://localhost:3000"
API = "http://localhost:8000"
PUBLIC = "http://app.example.com"
ALLOWED = ("access-control-allow-origin", PAGE)


def fetch(browser: Browser, send: Callable[[WireRequest], WireResponse], path: str = "/items", **asked: object) -> Trace:
    return drive(browser.fetch(FetchRequest(f"{API}{path}", PAGE, **asked)), send)  # type: ignore[arg-type]


def test_a_relative_redirect_is_followed_on_the_same_server() -> None:
    def send(request: WireRequest) -> WireResponse:
        if request.url.endswith("/items"):
            return WireResponse(307, [("location", "items/"), ALLOWED])
        return WireResponse(200, [ALLOWED])

    trace = fetch(Browser(), send, "/v1/items")
    assert [exchange.request.url for exchange in trace.exchanges] == [f"{API}/v1/items", f"{API}/v1/items/"]
    assert isinstance(trace.outcome, Allowed)


def test_a_redirect_keeps_the_fragment_of_the_url_it_left() -> None:
    def send(request: WireRequest) -> WireResponse:
        return WireResponse(307, [("location", "/new"), ALLOWED]) if "old" in request.url else WireResponse(200, [ALLOWED])

    trace = fetch(Browser(), send, "/old#part")
    assert isinstance(trace.outcome, Allowed)
    assert trace.exchanges[-1].request.url.partition("#")[0] == f"{API}/new"


@pytest.mark.parametrize("engine", ["chromium", "firefox", "webkit", "standard"])
def test_a_preflight_of_one_url_leaves_the_permission_of_another(engine: str) -> None:
    def send(request: WireRequest) -> WireResponse:
        if request.preflight:
            return WireResponse(200, [ALLOWED, ("access-control-allow-methods", "PUT"), ("access-control-max-age", "60")])
        return WireResponse(200, [ALLOWED])

    browser = Browser(engine, clock=lambda: 0.0)  # type: ignore[arg-type]
    for path in ("/one", "/two"):
        assert len(fetch(browser, send, path, method="PUT").exchanges) == 2
    assert [len(fetch(browser, send, path, method="PUT").exchanges) for path in ("/one", "/two")] == [1, 1]


@pytest.mark.parametrize(
    ("value", "preflights"),
    [
        ("text/plain", False),
        ("text/plain ;charset=utf-8", False),
        ("text/plain\t; charset=utf-8", False),
        ("TEXT/PLAIN", False),
        ("text/ plain", True),
        ("application/json", True),
    ],
)
def test_white_space_before_the_parameters_of_a_content_type_does_not_count(value: str, preflights: bool) -> None:
    trace = fetch(Browser(), lambda _: WireResponse(200, [ALLOWED]), method="POST", headers=[("Content-Type", value)])
    assert trace.exchanges[0].request.preflight is preflights


@pytest.mark.parametrize("name", ["Accept", "Accept-Language", "Content-Language", "Content-Type"])
def test_mode_no_cors_keeps_the_four_safelisted_headers(name: str) -> None:
    value = "text/plain" if name == "Content-Type" else "en"
    trace = fetch(Browser(), lambda _: WireResponse(200), method="POST", mode="no-cors", headers=[(name, value), ("X-Own", "1")])
    (exchange,) = trace.exchanges
    assert exchange.request.header(name) == value
    assert exchange.request.header("x-own") is None


@pytest.mark.parametrize(
    ("cookie", "url", "reason"),
    [
        (Cookie("a"), "ftp://localhost/", "the URL is not http or https"),
        (Cookie("a", partitioned=True), f"{API}/", "Partitioned is only accepted together with Secure"),
    ],
)
def test_a_cookie_that_is_not_stored_has_its_reason(cookie: Cookie, url: str, reason: str) -> None:
    verdict = cookie_verdict(cookie, PAGE, url, "include")
    assert not verdict.stored
    assert verdict.reason == reason


def test_the_step_of_a_websocket_shows_the_origin_that_the_server_decides_by() -> None:
    run = Browser().fetch(FetchRequest("ws://localhost:8000/chat", PAGE, initiator="websocket"))
    trace = drive(run, lambda _: WireResponse(101, [("upgrade", "websocket"), ("connection", "Upgrade")]))
    assert trace.steps[-1].seen == PAGE
    assert trace.exchanges[0].request.header("connection") == "Upgrade"


def test_the_step_of_the_local_network_names_the_host_and_the_standard() -> None:
    run = Browser("chromium").fetch(
        FetchRequest("ws://localhost:8000/chat", PUBLIC, initiator="websocket", address_space="public")
    )
    trace = drive(run, lambda _: WireResponse(101))
    (step,) = (step for step in trace.steps if not step.passed)
    assert (step.section, step.seen) == ("Local Network Access", "localhost")


@pytest.mark.parametrize(("engine", "forgets"), [("chromium", True), ("webkit", True), ("firefox", False), ("standard", False)])
def test_a_newer_preflight_of_the_same_url_replaces_the_older_in_some_engines(engine: str, forgets: bool) -> None:
    def send(request: WireRequest) -> WireResponse:
        if not request.preflight:
            return WireResponse(200, [ALLOWED])
        method = request.header("access-control-request-method") or ""
        return WireResponse(200, [ALLOWED, ("access-control-allow-methods", method), ("access-control-max-age", "60")])

    browser = Browser(engine, clock=lambda: 0.0)  # type: ignore[arg-type]
    for method in ("PUT", "DELETE"):
        assert len(fetch(browser, send, method=method).exchanges) == 2
    assert len(fetch(browser, send, method="PUT").exchanges) == (2 if forgets else 1)
