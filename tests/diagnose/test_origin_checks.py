"""A refusal of the server's own check is distinguished from every other 400, 403 and 421 by what its body says."""

from __future__ import annotations

import pytest

from corsense.app.probe import ExchangeFacts
from corsense.diagnose import Observation
from corsense.diagnose.diagnosis import diagnose
from corsense.fetch import Browser, FetchRequest, WireRequest, WireResponse
from corsense.transports import drive

PAGE = "https://app.example.com"


def slugs(status: int, body: str, *, allowed: bool = True, stood_in: bool = False) -> list[str]:
    headers = [("Access-Control-Allow-Origin", PAGE)] if allowed else []

    def answer(request: WireRequest, body: bytes = b"") -> WireResponse:
        return WireResponse(status, headers)

    trace = drive(Browser("chromium").fetch(FetchRequest("https://api.example.com/mcp", PAGE)), answer)
    facts = tuple(ExchangeFacts(None, body_excerpt=body, stood_in=stood_in) for _ in trace.exchanges)
    return [found.slug for found in diagnose(Observation(trace, facts=facts))]


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (403, "Invalid Origin header"),
        (403, "Forbidden Origin"),
        (421, "Invalid Host header"),
        (403, '{"detail":"Origin not allowed"}'),
        (403, '{"detail":"Origin https://app.example.com is not allowed"}'),
        (403, "Forbidden: invalid origin"),
        (403, "CSRF: Origin checking failed - https://app.example.com does not match any trusted origins."),
        (400, "Bad origin header"),
        (400, '{"detail":"Invalid origin https://app.example.com"}'),
        (403, '{"detail":"Origin/host not allowed"}'),
        (403, '{"detail":"Origin mismatch"}'),
        (403, '{"detail":"Origin validation failed"}'),
        (403, '{"detail":"Origin/Referer host mismatch"}'),
        (403, '{"detail":"Origin is not an allowed loopback origin"}'),
        (403, '{"detail":"Invalid Origin for API Key"}'),
        (403, '{"detail":"Origin not allowed for widget"}'),
        (403, '{"detail": "Cross-origin request blocked"}'),
        (403, "cross-origin request detected from Sec-Fetch-Site header"),
        (403, "untrusted origin"),
        (400, "Invalid host header"),
    ],
)
def test_a_refusal_that_names_origin_or_host_is_the_cause(status: int, body: str) -> None:
    assert slugs(status, body)[0] == "origin-check-refused"


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (403, '{"detail":"Not authenticated"}'),
        (403, "Forbidden"),
        (403, '{"detail":"You may not see the origin of this parcel"}'),
        (400, '{"detail":"country of origin is required"}'),
        (400, '{"detail":"Invalid origin or destination station ID"}'),
        (400, '{"detail":"Invalid origin"}'),
        (400, '{"detail":"Invalid original_ids format."}'),
        (403, '{"detail":"Invalid origin or destination for this account"}'),
        (200, "Invalid Origin header"),
        (404, "Invalid Origin header"),
        (500, "Invalid Origin header"),
        (403, "The hosting plan is not active"),
        (400, "Disallowed CORS origin"),
        (403, ""),
    ],
)
def test_other_answers_are_not(status: int, body: str) -> None:
    assert "origin-check-refused" not in slugs(status, body)


def test_what_stands_in_for_the_response_says_nothing() -> None:
    assert slugs(403, "Invalid Origin header", stood_in=True) == []


def test_without_cors_headers_it_is_the_cause_in_place_of_a_layer_outside_cors() -> None:
    assert slugs(403, "Invalid Origin header", allowed=False) == ["origin-check-refused"]
    assert slugs(403, "Forbidden", allowed=False) == ["cors-not-outermost"]
