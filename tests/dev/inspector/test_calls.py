"""Which exchanges make one call of a page's script."""

from __future__ import annotations

from dataclasses import replace

import pytest

from corsense.dev.inspector.calls import MOST_CALLS, Call, Calls
from corsense.dev.inspector.recorder import RecordedExchange
from corsense.fetch.wire import WireRequest, WireResponse
from corsense.transports.har import HarEntry
from tests.dev.inspector.asgi import PAGE

API = "http://localhost:8000"


def preflight(path: str = "/items", method: str = "PUT", *, page: str = PAGE, at: float = 0.0) -> RecordedExchange:
    headers = (("Origin", page), ("Access-Control-Request-Method", method))
    request = WireRequest("OPTIONS", f"{API}{path}", headers, preflight=True)
    return RecordedExchange(HarEntry(request, WireResponse(200), page, "fetch"), at, 0.001, route=path)


def request(
    path: str = "/items", method: str = "PUT", *, page: str = PAGE, at: float = 0.0, leads_to: str | None = None
) -> RecordedExchange:
    sent = WireRequest(method, f"{API}{path}", (("Origin", page),))
    response = WireResponse(200) if leads_to is None else WireResponse(307, (("location", leads_to),))
    return RecordedExchange(HarEntry(sent, response, page, "fetch"), at, 0.001, route=path)


def calls(*exchanges: RecordedExchange) -> list[Call]:
    found = Calls()
    for exchange in exchanges:
        found.add(exchange)
    return list(found.kept.values())


def test_a_request_belongs_to_the_preflight_before_it() -> None:
    (one,) = calls(preflight(), request(at=0.1))
    assert (one.number, one.method, one.url, one.page, one.route) == (1, "PUT", f"{API}/items", PAGE, "/items")
    assert not one.awaits_its_request
    assert one.fetch is not None
    assert [entry.request.method for entry in one.fetch.entries] == ["OPTIONS", "PUT"]


def test_a_preflight_alone_is_the_call_that_it_asks_for() -> None:
    (one,) = calls(preflight(method="DELETE"))
    assert (one.method, one.awaits_its_request) == ("DELETE", True)
    assert one.fetch is not None
    assert one.fetch.request.method == "DELETE"


@pytest.mark.parametrize(
    ("root", "path", "at_app"),
    [("", "/v1/items", "/v1/items"), ("/v1", "/v1/items?q=/v1", "/items?q=/v1"), ("/v1", "/v1", "/"), ("/v1", "/v1x", "/v1x")],
)
def test_the_routes_of_the_app_know_a_url_without_the_root_path(root: str, path: str, at_app: str) -> None:
    (one,) = calls(replace(request(path=path), root_path=root))
    assert one.at_app(one.url) == f"{API}{at_app}"


@pytest.mark.parametrize(
    "after",
    [request(path="/others"), request(method="POST"), request(page="http://localhost:5173"), request(at=60.0), preflight()],
)
def test_what_asks_for_something_else_or_much_later_is_a_call_of_its_own(after: RecordedExchange) -> None:
    assert [one.number for one in calls(preflight(), after)] == [1, 2]


def test_two_calls_at_once_each_get_their_request() -> None:
    first, second = calls(preflight("/a"), preflight("/b"), request("/a"), request("/b"))
    assert [exchange.entry.request.url for exchange in first.exchanges] == [f"{API}/a", f"{API}/a"]
    assert [exchange.entry.request.url for exchange in second.exchanges] == [f"{API}/b", f"{API}/b"]


def test_the_same_call_twice_is_two_calls() -> None:
    assert len(calls(preflight(), request(), preflight(), request())) == 2
    assert len(calls(request(method="GET"), request(method="GET"))) == 2


@pytest.mark.parametrize("location", [f"{API}/items/", "/items/", "items/"])
def test_what_a_redirect_leads_to_belongs_to_the_call(location: str) -> None:
    (one,) = calls(preflight(), request(leads_to=location), preflight("/items/"), request("/items/"))
    assert len(one.exchanges) == 4
    assert one.url == f"{API}/items"


def test_a_redirect_elsewhere_ends_the_call_here() -> None:
    assert len(calls(request(leads_to="https://login.example.com/"), request("/items/"))) == 2


def test_only_the_newest_calls_are_kept_and_numbers_go_on() -> None:
    found = Calls()
    for number in range(MOST_CALLS + 10):
        found.add(request(f"/{number}"))
    assert len(found.kept) == MOST_CALLS
    assert next(iter(found.kept)) == 11
    assert found.add(request("/new")).number == MOST_CALLS + 11


def test_an_endless_redirect_does_not_make_a_call_grow_without_end() -> None:
    found = calls(*[request("/loop", leads_to="/loop") for _ in range(200)])
    assert max(len(one.exchanges) for one in found) < 50


def test_the_engine_of_a_call_is_that_of_its_browser() -> None:
    (one,) = calls(replace(request(), engine="firefox"))
    assert one.engine == "firefox"
