"""How long each engine remembers a preflight, whatever the answer says."""

from __future__ import annotations

import pytest

from corsense.fetch import Browser, FetchRequest, WireRequest, WireResponse
from corsense.fetch.trace import EngineName
from corsense.transports import drive

# Chromium: services/network/public/cpp/cors, kMaxTimeout; Firefox: nsCORSListenerProxy, its preflight cache;
# WebKit: CrossOriginPreflightResultCache. The standard leaves the limit to the implementation.
LONGEST: list[tuple[EngineName, int]] = [("chromium", 7200), ("firefox", 86_400), ("webkit", 600)]
REQUEST = FetchRequest("https://api.example.com/x", "https://app.example.com", method="PUT")


def preflights_at(engine: EngineName, max_age: str, seconds: list[float]) -> list[bool]:
    """Whether each request of one page is preflighted, the requests made so many seconds after the first."""
    now = 0.0
    browser = Browser(engine, clock=lambda: now)
    asked: list[bool] = []

    def send(request: WireRequest) -> WireResponse:
        asked[-1] |= request.preflight
        allowed = (
            ("Access-Control-Allow-Origin", "*"),
            ("Access-Control-Allow-Methods", "PUT"),
            ("Access-Control-Max-Age", max_age),
        )
        return WireResponse(200, allowed)

    for moment in seconds:
        now = moment
        asked.append(False)
        drive(browser.fetch(REQUEST), send)
    return asked


@pytest.mark.parametrize(("engine", "longest"), LONGEST)
@pytest.mark.parametrize("max_age", ["999999", "99999999999999"])
def test_a_preflight_is_remembered_no_longer_than_the_engine_allows(engine: EngineName, longest: int, max_age: str) -> None:
    assert preflights_at(engine, max_age, [0, longest - 1, longest]) == [True, False, True]


@pytest.mark.parametrize(("engine", "longest"), LONGEST)
def test_below_that_the_answer_counts(engine: EngineName, longest: int) -> None:
    shorter = longest // 2
    assert preflights_at(engine, str(shorter), [0, shorter - 1, shorter]) == [True, False, True]


def test_the_standard_has_no_limit() -> None:
    assert preflights_at("standard", "999999", [0, 999_998, 999_999]) == [True, False, True]
