"""The model, with the rules of the standard, agrees with the Web Platform Tests."""

from __future__ import annotations

import json
from typing import Any

import pytest

from corsense.fetch import Allowed, Browser, FetchRequest, NetworkError, Trace, WireRequest, WireResponse
from corsense.transports import drive
from tests.fetch.recorded import CORPUS, Clock

Case = dict[str, Any]
CASES: list[Case] = [json.loads(line) for line in (CORPUS / "wpt.jsonl").read_text(encoding="utf-8").splitlines()]

NEGATIVE_MAX_AGE = "the tests (and the engines) read a negative max-age as 0, the standard as unreadable, which is 5 seconds"


class Hops:
    """Answers along the redirects of a case: each hop has an answer to the preflight and one to the request."""

    def __init__(self, case: Case) -> None:
        self.hop: Case = {"preflight_response": case["preflight_response"], "response": case["response"]}

    def __call__(self, request: WireRequest) -> WireResponse | NetworkError:
        if request.preflight:
            return answer(self.hop["preflight_response"])
        given = self.hop["response"]
        if given is not None and "redirect" in given:
            self.hop = given["redirect"]
        return answer(given)


def answer(given: Case | None) -> WireResponse | NetworkError:
    if given is None:
        return WireResponse(404)
    return WireResponse(given["status"], tuple((name, value) for name, value in given["headers"]))


def fetch_request(given: Case) -> FetchRequest:
    return FetchRequest(
        given["url"],
        given["page_origin"],
        method=given["method"],
        headers=tuple((name, value) for name, value in given["headers"]),
        credentials=given["credentials"],
        mode=given.get("mode", "cors"),
        redirect=given.get("redirect_mode", "follow"),
        body=given.get("body"),
        initiator=given.get("api", "fetch"),
    )


def run(case: Case) -> Trace:
    clock = Clock()
    browser = Browser("standard", clock=clock)
    for earlier in case.get("prior", []):
        clock.now = -float(earlier["seconds_before"])
        given = {"preflight_response": earlier["preflight_response"], "response": earlier.get("response", case["response"])}
        drive(browser.fetch(fetch_request(earlier["request"] | {"mode": "cors"})), Hops(given))
    clock.now = 0.0
    return drive(browser.fetch(fetch_request(case["request"])), Hops(case))


@pytest.mark.parametrize("case", [pytest.param(case, id=case["id"]) for case in CASES])
def test_the_standard_engine_does_what_the_test_expects(case: Case) -> None:
    if any(
        ("Access-Control-Max-Age", "-1") in map(tuple, earlier["preflight_response"]["headers"])
        for earlier in case.get("prior", [])
    ):
        pytest.skip(NEGATIVE_MAX_AGE)
    trace = run(case)
    expect = case["expect"]
    first_url = trace.exchanges[0].request.url if trace.exchanges else None
    preflights = [exchange.request for exchange in trace.exchanges if exchange.request.preflight]
    requests = [exchange.request for exchange in trace.exchanges if not exchange.request.preflight]
    assert isinstance(trace.outcome, Allowed) == expect["allowed"]
    assert any(request.url == first_url for request in preflights) == expect["preflight_sent"]
    if "redirect_preflight_sent" in expect:
        assert any(request.url != first_url for request in preflights) == expect["redirect_preflight_sent"]
    if "origin_header" in expect:
        assert requests[-1].header("origin") == expect["origin_header"]
    if "final_method" in expect:
        assert requests[-1].method == expect["final_method"]
    if "access_control_request_headers" in expect:
        assert preflights[0].header("access-control-request-headers") == expect["access_control_request_headers"]
    if isinstance(trace.outcome, Allowed):
        exposed = set(trace.outcome.exposed)
        assert {name.lower() for name in expect.get("exposed_headers", [])} <= exposed
        assert not {name.lower() for name in expect.get("hidden_headers", [])} & exposed
        if "response_type" in expect:
            assert trace.outcome.tainting == expect["response_type"]
        if "status_visible" in expect and trace.response is not None:
            assert trace.response.status == expect["status_visible"]
