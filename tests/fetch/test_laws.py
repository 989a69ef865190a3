"""Whatever a page asks and whatever a server answers, the state machine ends with a verdict."""

from __future__ import annotations

from collections.abc import Iterator
from typing import get_args

from hypothesis import given, settings
from hypothesis import strategies as st

from corsense.fetch import Allowed, Blocked, Browser, Failed, FetchRequest, NetworkError, Trace, WireRequest, WireResponse
from corsense.fetch.trace import EngineName, Tainting
from corsense.transports import drive

ENGINES: tuple[EngineName, ...] = ("standard", "chromium", "firefox", "webkit")
MOST_EXCHANGES = 2 * 21  # each of 21 URLs with a preflight and a request

names = st.sampled_from(
    ["Content-Type", "Authorization", "X-A", "Range", "Accept", "Cookie", "x-http-method", "Origin", "DPR", "Content-Language"]
) | st.text(max_size=12)  # fmt: skip
values = st.sampled_from(["application/json", "text/plain", "bytes=0-5", "*", "TRACE"]) | st.text(max_size=140)
origins = st.sampled_from(["https://app.example.com", "http://localhost:3000", "null", "capacitor://localhost"]) | st.text(
    max_size=20
)
urls = st.sampled_from(
    [
        "http://localhost:8000/api", "https://api.example.com/x?y#z", "http://user:pw@h/", "data:text/plain,hi", "//h/x", "ftp://h/",
        "http://localhost:3000/", "http://", "http://[::1]:22/", "blob:https://app.example.com/1", "https://app.example.com",
    ]
) | st.text(max_size=20)  # fmt: skip
methods = st.sampled_from(["GET", "HEAD", "POST", "PUT", "patch", "DELETE", "OPTIONS", "TRACE", "CHICKEN", ""]) | st.text(
    max_size=6
)
bodies = st.none() | st.text(max_size=3) | st.binary(max_size=3) | st.builds(lambda: iter([b"x"]))

requests = st.builds(
    FetchRequest,
    url=urls,
    origin=origins,
    method=methods,
    headers=st.lists(st.tuples(names, values), max_size=4).map(tuple),
    credentials=st.sampled_from(["omit", "same-origin", "include"]),
    mode=st.sampled_from(["cors", "no-cors", "same-origin", "navigate"]),
    redirect=st.sampled_from(["follow", "error", "manual"]),
    body=bodies,
    initiator=st.sampled_from(["fetch", "xhr", "eventsource", "image"]),
    upload_listeners=st.booleans(),
    cookies=st.booleans(),
)
answer_headers = st.tuples(
    st.sampled_from(
        [
            "Access-Control-Allow-Origin", "access-control-allow-origin", "Access-Control-Allow-Credentials", "Location",
            "X-A", "Access-Control-Allow-Methods", "Access-Control-Allow-Headers", "Access-Control-Max-Age",
            "Access-Control-Expose-Headers", "Set-Cookie", "Cross-Origin-Resource-Policy",
        ]
    ),
    st.sampled_from(["*", "null", "true", "https://app.example.com", "http://localhost:3000", "PUT, patch", "x-a", "600"])
    | urls
    | values,
)  # fmt: skip
answers = st.builds(
    WireResponse, status=st.sampled_from([200, 204, 301, 302, 303, 307, 308, 304, 400, 401, 404, 407, 500, 0, 999]),
    headers=st.lists(answer_headers, max_size=6).map(tuple),
) | st.builds(NetworkError)  # fmt: skip


def answering(script: list[WireResponse | NetworkError]) -> Iterator[WireResponse | NetworkError]:
    while True:
        yield from script


@settings(max_examples=400)
@given(requests, st.lists(answers, min_size=1, max_size=5), st.sampled_from(ENGINES))
def test_every_fetch_ends_with_a_verdict(
    request: FetchRequest, script: list[WireResponse | NetworkError], engine: EngineName
) -> None:
    turns = answering(script)
    trace = drive(Browser(engine).fetch(request), lambda _: next(turns))
    assert len(trace.exchanges) <= MOST_EXCHANGES
    if isinstance(trace.outcome, Failed):
        assert trace.outcome.reason
    elif isinstance(trace.outcome, Allowed):
        assert trace.outcome.tainting in get_args(Tainting)
        assert trace.outcome.tainting != "opaqueredirect" or request.redirect == "manual"
    else:
        assert isinstance(trace.outcome, Blocked)
        exchange = trace.outcome.exchange
        assert exchange is None or 0 <= exchange < len(trace.exchanges)


@settings(max_examples=300)
@given(requests, st.lists(answers, min_size=1, max_size=5), st.sampled_from(ENGINES))
def test_a_refusal_names_the_step_that_decided_it(
    request: FetchRequest, script: list[WireResponse | NetworkError], engine: EngineName
) -> None:
    turns = answering(script)
    trace = drive(Browser(engine).fetch(request), lambda _: next(turns))
    if isinstance(trace.outcome, Blocked):
        first = trace.failed_steps[0]
        assert (first.error, first.parameter, first.exchange) == (
            trace.outcome.error,
            trace.outcome.parameter,
            trace.outcome.exchange,
        )
    else:
        assert trace.failed_steps == ()


@settings(max_examples=300)
@given(requests, st.lists(answers, min_size=1, max_size=5), st.sampled_from(ENGINES))
def test_a_preflight_never_carries_credentials_or_more_than_it_asks(
    request: FetchRequest, script: list[WireResponse | NetworkError], engine: EngineName
) -> None:
    turns = answering(script)
    trace = drive(Browser(engine).fetch(request), lambda _: next(turns))
    for exchange in trace.exchanges:
        if exchange.request.preflight:
            assert not exchange.request.credentials
            assert exchange.request.method == "OPTIONS"
            assert {name for name, _ in exchange.request.headers} <= {
                "Accept", "Origin", "Access-Control-Request-Method", "Access-Control-Request-Headers"
            }  # fmt: skip


@settings(max_examples=200)
@given(requests, st.sampled_from(ENGINES))
def test_a_server_that_answers_without_cors_headers_is_never_read_by_another_origin(
    request: FetchRequest, engine: EngineName
) -> None:
    trace = drive(
        Browser(engine).fetch(request), lambda _: WireResponse(200, (("Content-Type", "text/plain"), ("X-Secret", "1")))
    )
    if isinstance(trace.outcome, Allowed) and trace.outcome.tainting != "basic":
        assert trace.outcome.exposed == ()


def same(first: Trace, second: Trace) -> bool:
    return first.outcome == second.outcome and first.exchanges == second.exchanges


@settings(max_examples=200)
@given(requests.filter(lambda request: not isinstance(request.body, Iterator)), st.lists(answers, min_size=1, max_size=5))
def test_the_same_answers_give_the_same_trace(request: FetchRequest, script: list[WireResponse | NetworkError]) -> None:
    first, second = answering(script), answering(script)
    one = drive(Browser().fetch(request), lambda _: next(first))
    other = drive(Browser().fetch(request), lambda _: next(second))
    assert same(one, other)


def test_a_chain_of_redirects_ends_after_twenty() -> None:
    def send(request: WireRequest) -> WireResponse:
        return WireResponse(302, (("Location", request.url + "x"), ("Access-Control-Allow-Origin", "*")))

    trace = drive(Browser().fetch(FetchRequest("http://api.test/", "http://page.test")), send)
    assert len(trace.exchanges) == 21
    assert trace.outcome.reason == "too many redirects"  # type: ignore[union-attr]
