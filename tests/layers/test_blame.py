"""Where the app is right and something in front spoils its answer, the finding blames the front, whatever it did."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corsense.app.probe import ExchangeFacts
from corsense.diagnose import Diagnosis, Observation
from corsense.fetch import Allowed, Blocked, Browser, FetchRequest, Trace, WireRequest, WireResponse
from corsense.layers import attribute
from corsense.layers.changes import Answers
from corsense.layers.diagnoses import Beside, diagnose_beside, habits
from corsense.transports import drive

PAGE = "https://app.example.com"
URL = "https://api.example.com/items"
ORIGIN, CREDENTIALS = "access-control-allow-origin", "access-control-allow-credentials"
MARKS: list[tuple[str, str]] = [
    ("server", "nginx/1.27.0"),
    ("via", "1.1 Caddy"),
    ("x-kong-upstream-latency", "2"),
    ("cf-ray", "8-AMS"),
    ("apigw-requestid", "a="),
    ("x-ms-middleware-request-id", "0"),
    ("server", "uvicorn"),
    ("server", "an unknown gateway"),
]
Send = Callable[[WireRequest], WireResponse]


def app(request: WireRequest) -> WireResponse:
    """An app that allows the page, with cookies."""
    permission = [(CREDENTIALS, "true"), (ORIGIN, PAGE), ("vary", "Origin")]
    if request.preflight:
        allowed = [("access-control-allow-methods", "DELETE"), ("access-control-allow-headers", "x-key")]
        return WireResponse(200, [*allowed, *permission, ("content-length", "2"), ("content-type", "text/plain")])
    return WireResponse(200, [("content-length", "2"), ("content-type", "application/json"), *permission])


Change = Callable[[list[tuple[str, str]]], list[tuple[str, str]]]


def dropped(name: str) -> Change:
    return lambda lines: [line for line in lines if line[0] != name]


def replaced(name: str, value: str) -> Change:
    return lambda lines: [(line[0], value if line[0] == name else line[1]) for line in lines]


def doubled(name: str, value: str) -> Change:
    return lambda lines: [*lines, (name, value)]


NAMES = st.sampled_from([ORIGIN, CREDENTIALS, "access-control-allow-methods", "access-control-allow-headers", "vary"])
VALUES = st.sampled_from([PAGE, "*", "true", "false", "null", "https://other.example", "GET", "", "\x1b[31m", "é" * 300])
CHANGES = st.one_of(
    st.builds(dropped, NAMES), st.builds(replaced, NAMES, VALUES), st.builds(doubled, NAMES, VALUES), st.just(lambda lines: lines)
)
REQUESTS = st.sampled_from(
    [FetchRequest(URL, PAGE, credentials="include"), FetchRequest(URL, PAGE, "DELETE", [("X-Key", "a")], "include")]
)


def front(change: Change, mark: tuple[str, str], status: int | None = None) -> Send:
    def answer(request: WireRequest) -> WireResponse:
        own = app(request)
        return WireResponse(status or own.status, [mark, ("date", "now"), *change(list(own.headers))])

    return answer


def beside(request: FetchRequest, server: Send) -> Beside:
    """What the page meets at `server`, beside what it meets at the app."""
    trace, own = drive(Browser().fetch(request), server), drive(Browser().fetch(request), app)
    answers = tuple(
        Answers(answer, exchange.response, attribute(answer, exchange.response), "https://api.example.com")
        for exchange in trace.exchanges
        if isinstance(exchange.response, WireResponse)
        for answer in (app(exchange.request),)
    )
    facts = (ExchangeFacts(None),) * len(trace.exchanges)
    return Beside(Observation(trace, facts=facts, app_answers=tuple(found.app for found in answers)), _view(own), answers)


def _view(trace: Trace) -> Observation:
    return Observation(trace, facts=(ExchangeFacts(None),) * len(trace.exchanges))


def reported(seen: Beside) -> list[Diagnosis]:
    return diagnose_beside(seen, habits([seen]))


@given(REQUESTS, CHANGES, st.sampled_from(MARKS))
def test_no_change_in_front_leads_to_an_edit_of_the_app(request: FetchRequest, change: Change, mark: tuple[str, str]) -> None:
    seen = beside(request, front(change, mark))
    found = reported(seen)
    if isinstance(seen.observation.trace.outcome, Blocked):
        assert found
        assert all(each.evidence.get("front") for each in found)
    for each in found:
        assert each.place is None
        assert "CORSMiddleware" not in f"{each.remedy}"
        assert "allow_origins" not in f"{each.remedy}"
        assert "\x1b" not in f"{each.message} {each.evidence.get('front')}"


@given(REQUESTS, st.sampled_from(MARKS), st.sampled_from([204, 301, 401, 403, 404, 405, 429, 500, 502, 503, 504]))
def test_no_answer_of_the_front_leads_to_an_edit_of_the_app(request: FetchRequest, mark: tuple[str, str], status: int) -> None:
    def nothing(lines: list[tuple[str, str]]) -> list[tuple[str, str]]:
        return [("content-type", "text/html")]

    seen = beside(request, front(nothing, mark, status))
    for each in reported(seen):
        assert each.place is None
        assert "allow_origins" not in f"{each.remedy}"
        assert "Add CORSMiddleware" not in f"{each.remedy}"


@pytest.mark.parametrize("mark", MARKS)
def test_a_front_that_only_adds_its_mark_is_not_reported(mark: tuple[str, str]) -> None:
    for request in (
        FetchRequest(URL, PAGE, credentials="include"),
        FetchRequest(URL, PAGE, "DELETE", [("X-Key", "a")], "include"),
    ):
        seen = beside(request, front(lambda lines: lines, mark))
        assert isinstance(seen.observation.trace.outcome, Allowed)
        assert reported(seen) == []
