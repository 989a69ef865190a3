"""What comparing the model with real browsers has found, kept: each was seen in Chromium 156, Firefox 153 and WebKitGTK 2.50."""

from __future__ import annotations

import pytest

from corsense.fetch import Allowed, Blocked, Browser, CorsError, Failed, FetchRequest, Trace, WireRequest, WireResponse
from corsense.fetch.trace import EngineName
from corsense.transports import drive

ENGINES: tuple[EngineName, ...] = ("chromium", "firefox", "webkit")
ORIGIN = "http://localhost:3000"
ANYONE = ("Access-Control-Allow-Origin", "*")
REFUSING = WireResponse(200, ())


def judged(engine: EngineName, request: FetchRequest, *answers: WireResponse) -> Trace:
    replies = iter(answers)
    return drive(Browser(engine).fetch(request), lambda _: next(replies))


def redirect(status: int, to: str, *headers: tuple[str, str]) -> WireResponse:
    return WireResponse(status, (("Location", to), *(headers or (ANYONE,))))


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(("location", "named"), [("/items/", "/items/#top"), ("/items/#end", "/items/#end")])
def test_consoles_keep_the_fragment_over_a_redirect(engine: EngineName, location: str, named: str) -> None:
    request = FetchRequest("http://localhost:8000/items#top", ORIGIN)
    lines = judged(engine, request, redirect(302, location), REFUSING).console()
    assert any(f"http://localhost:8000{named}" in line for line in lines)


@pytest.mark.parametrize(
    ("engine", "error"),
    [
        ("standard", CorsError.InvalidAllowHeadersPreflightResponse),
        ("chromium", CorsError.InvalidAllowHeadersPreflightResponse),
        ("webkit", CorsError.InvalidAllowHeadersPreflightResponse),
        ("firefox", CorsError.MethodDisallowedByPreflightResponse),
    ],
)
def test_a_list_of_headers_that_cannot_be_read_hides_a_refused_method_but_in_firefox(
    engine: EngineName, error: CorsError
) -> None:
    answer = WireResponse(200, (ANYONE, ("Access-Control-Allow-Methods", "GET"), ("Access-Control-Allow-Headers", "x a")))
    outcome = judged(engine, FetchRequest("http://localhost:8000/items", ORIGIN, "PUT"), answer).outcome
    assert isinstance(outcome, Blocked)
    assert outcome.error is error


@pytest.mark.parametrize("engine", ENGINES)
def test_mode_same_origin_is_refused_before_mixed_content_is_searched_for(engine: EngineName) -> None:
    request = FetchRequest("http://api.example.com/items", "https://app.example.com", mode="same-origin")
    outcome = judged(engine, request).outcome
    assert isinstance(outcome, Blocked)
    assert outcome.error is CorsError.DisallowedByMode


@pytest.mark.parametrize(
    ("engine", "origin"), [("chromium", "https://app.example.com"), ("firefox", "null"), ("standard", "null")]
)
def test_no_cors_hides_the_origin_of_a_page_on_https_from_plain_http_but_in_chromium(engine: EngineName, origin: str) -> None:
    request = FetchRequest("http://localhost:8000/items", "https://app.example.com", "POST", mode="no-cors")
    trace = judged(engine, request, WireResponse(200, ()))
    assert trace.exchanges[0].request.header("origin") == origin


@pytest.mark.parametrize(("engine", "origin"), [("chromium", None), ("firefox", None), ("webkit", ORIGIN)])
def test_webkit_keeps_the_origin_of_a_post_that_a_redirect_makes_a_get(engine: EngineName, origin: str | None) -> None:
    request = FetchRequest("http://localhost:8000/items", ORIGIN, "POST", mode="no-cors")
    trace = judged(engine, request, redirect(302, "/other"), WireResponse(200, ()))
    assert trace.exchanges[1].request.header("origin") == origin
    elsewhere = judged(engine, request, redirect(302, "http://127.0.0.1:8000/"), WireResponse(200, ()))
    assert elsewhere.exchanges[1].request.header("origin") is None


@pytest.mark.parametrize(("engine", "named"), [("firefox", "x-a"), ("webkit", "content-type,x-a")])
def test_webkit_asks_again_for_the_content_type_of_a_body_that_is_gone(engine: EngineName, named: str) -> None:
    headers = (("Content-Type", "application/json"), ("X-A", "1"))
    request = FetchRequest("http://localhost:8000/items", ORIGIN, "POST", headers, body="{}")
    leave = WireResponse(200, (ANYONE, ("Access-Control-Allow-Headers", "content-type, x-a")))
    sent: list[WireRequest] = []

    def send(wire: WireRequest) -> WireResponse:
        sent.append(wire)
        return leave if wire.preflight else redirect(303, "/other") if wire.method == "POST" else WireResponse(200, (ANYONE,))

    assert isinstance(drive(Browser(engine).fetch(request), send).outcome, Allowed)
    assert [wire.header("access-control-request-headers") for wire in sent if wire.preflight] == ["content-type,x-a", named]


@pytest.mark.parametrize("spelled", ["access-control-allow-origin"])
def test_firefox_joins_lines_without_the_empty_ones(spelled: str) -> None:
    answer = WireResponse(200, ((spelled, ""), (spelled, "*")))
    request = FetchRequest("http://localhost:8000/items", ORIGIN)
    assert isinstance(judged("firefox", request, answer).outcome, Allowed)
    assert isinstance(judged("chromium", request, answer).outcome, Blocked)


@pytest.mark.parametrize(("status", "url"), [(301, "/there"), (308, "/there"), (302, "/items"), (307, "/items")])
def test_firefox_names_the_url_that_an_event_source_comes_back_to(status: int, url: str) -> None:
    request = FetchRequest("http://localhost:8000/items", ORIGIN, initiator="eventsource")
    lines = judged("firefox", request, redirect(status, "/there"), REFUSING).console()
    assert lines[-1] == f"Firefox can’t establish a connection to the server at http://localhost:8000{url}."


@pytest.mark.parametrize(("location", "fragment"), [("/items/", "#top"), ("/items/#end", "#end")])
def test_firefox_names_the_fragment_that_a_permanent_redirect_of_an_event_source_keeps(location: str, fragment: str) -> None:
    request = FetchRequest("http://localhost:8000/items#top", ORIGIN, initiator="eventsource")
    lines = judged("firefox", request, redirect(308, location), REFUSING).console()
    assert lines[-1] == f"Firefox can’t establish a connection to the server at http://localhost:8000/items/{fragment}."


def test_webkit_says_nothing_of_an_event_source_that_is_answered_with_an_error() -> None:
    request = FetchRequest("http://localhost:8000/items", ORIGIN, initiator="eventsource")
    assert judged("webkit", request, WireResponse(503, (ANYONE,))).console() == []


def test_firefox_says_nothing_of_a_redirect_that_script_did_not_want() -> None:
    request = FetchRequest("http://localhost:8000/items", ORIGIN, redirect="error")
    assert judged("firefox", request, redirect(302, "/there")).console() == []


def test_firefox_tells_a_redirected_preflight_by_its_status_where_redirects_are_not_followed() -> None:
    request = FetchRequest("http://localhost:8000/items", ORIGIN, "PUT", redirect="manual")
    reasons = [line.partition("(Reason: ")[2] for line in judged("firefox", request, redirect(301, "/there")).console()]
    assert reasons == [
        "CORS preflight response did not succeed). Status code: 301.",
        "CORS request did not succeed). Status code: (null).",
    ]


def test_webkit_says_why_no_cors_does_not_go_with_manual_redirects() -> None:
    request = FetchRequest("http://localhost:8000/items", ORIGIN, mode="no-cors", redirect="manual")
    assert judged("webkit", request).console() == [
        "No-Cors mode requires follow redirect mode",
        "Not allowed to request resource",
        "Fetch API cannot load http://localhost:8000/items due to access control checks.",
    ]


@pytest.mark.parametrize("url", ["http://localhost:3000/items", "http://localhost:8000/items"])
@pytest.mark.parametrize("to", ["http://user:secret@localhost:8000/x", "http://user:secret@localhost:3000/x"])
def test_chromium_refuses_userinfo_in_a_redirect_before_a_redirect_that_was_to_be_an_error(url: str, to: str) -> None:
    request = FetchRequest(url, ORIGIN, redirect="error")
    outcome = judged("chromium", request, redirect(302, to)).outcome
    within = url.startswith(ORIGIN) and "3000" in to
    assert isinstance(outcome, Failed if within else Blocked)
    assert within or getattr(outcome, "error", None) is CorsError.RedirectContainsCredentials
    assert isinstance(judged("firefox", request, redirect(302, to)).outcome, Failed)
    assert isinstance(judged("webkit", request, redirect(302, to)).outcome, Failed)


@pytest.mark.parametrize("to", ["data:text/plain,x", "about:blank", "blob:http://localhost:3000/x", "file:///etc/hosts"])
def test_chromium_names_an_unsafe_redirect_also_where_redirects_were_to_be_errors(to: str) -> None:
    trace = judged("chromium", FetchRequest("http://localhost:8000/items", ORIGIN, redirect="error"), redirect(302, to))
    assert list(trace.console()) == ["Failed to load resource: net::ERR_UNSAFE_REDIRECT"]


@pytest.mark.parametrize("url", ["http://localhost:3000/items", "http://localhost:8000/items"])
def test_webkit_names_the_call_before_the_resource_of_a_redirect_that_was_to_be_an_error(url: str) -> None:
    lines = judged("webkit", FetchRequest(url, ORIGIN, redirect="error"), redirect(302, "/x")).console()
    refused = f"Not allowed to follow a redirection while loading {url}"
    assert list(lines) == [
        refused,
        f"Fetch API cannot load {url} due to access control checks.",
        f"Failed to load resource: {refused}",
    ]
