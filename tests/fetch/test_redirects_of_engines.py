"""Where engines differ on redirects away from https, as real browsers did."""

from __future__ import annotations

from corsense.fetch import Blocked, Browser, CorsError, Failed, FailureReason, FetchRequest, Trace, WireRequest, WireResponse
from corsense.fetch.trace import EngineName
from corsense.transports import drive

PAGE = "https://app.example.com"


def fetched(engine: EngineName, request: FetchRequest, *, null_is_allowed: bool = True) -> Trace:
    def answer(wire: WireRequest) -> WireResponse:
        origin = wire.header("origin") or "*"
        allowed = origin if origin != "null" or null_is_allowed else PAGE
        cors = (("Access-Control-Allow-Origin", allowed), ("Access-Control-Allow-Credentials", "true"))
        if wire.preflight:
            return WireResponse(204, (*cors, ("Access-Control-Allow-Headers", "x-key")))
        return WireResponse(301, (*cors, ("Location", "http://other.example/")))

    return drive(Browser(engine).fetch(request), answer)


def test_chromium_refuses_mode_same_origin_before_mixed_content_after_a_redirect_too() -> None:
    trace = fetched("chromium", FetchRequest(url=f"{PAGE}/", origin=PAGE, mode="same-origin"))
    assert isinstance(trace.outcome, Blocked)
    assert trace.outcome.error is CorsError.DisallowedByMode
    attempt = f"Unsafe attempt to load URL http://other.example/ from frame with URL {PAGE}/."
    assert trace.console() == [f"{attempt} Domains, protocols and ports must match.\n"]


def test_webkit_looks_for_mixed_content_once_the_preflight_of_a_redirect_has_passed() -> None:
    request = FetchRequest(url="https://api.example.com/", origin=PAGE, headers=(("X-Key", "1"),), credentials="include")
    trace = fetched("webkit", request)
    assert isinstance(trace.outcome, Failed)
    assert trace.outcome.reason == FailureReason.MIXED_CONTENT
    assert [exchange.request.method for exchange in trace.exchanges] == ["OPTIONS", "GET", "OPTIONS"]
    assert trace.console()[-1] == "Fetch API cannot load https://api.example.com/ due to access control checks."
    refused = fetched("webkit", request, null_is_allowed=False).outcome
    assert isinstance(refused, Blocked)
    assert refused.error is CorsError.PreflightAllowOriginMismatch
