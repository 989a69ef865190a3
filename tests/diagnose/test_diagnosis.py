"""Whatever is blocked or fails has a cause, also where nothing but the answers is known."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corsense._redaction import redact_text
from corsense.app.probe import ExchangeFacts
from corsense.causes import cause
from corsense.diagnose import Diagnosis, Observation, cache_faults, diagnose
from corsense.fetch import Allowed, Browser, FailureReason, FetchRequest, NetworkError, WireRequest, WireResponse
from corsense.transports import drive
from tests.fetch.test_laws import answering, answers, requests

PAGE = "http://localhost:3000"
API = "http://localhost:8000/items"
LEAVE = ("access-control-allow-origin", PAGE)


def observe(
    *script: WireResponse | NetworkError, origin: str = PAGE, method: str = "GET", url: str = API, body: str = "", **options: str
) -> Observation:
    """What a fetch did that was answered by `script`, in turn; the last answer repeats. `body` is that of each answer."""
    turns = list(script)
    request = FetchRequest(url, origin, method, **options)  # type: ignore[arg-type]
    trace = drive(Browser().fetch(request), lambda _: turns.pop(0) if len(turns) > 1 else turns[0])
    return Observation(trace, facts=tuple(ExchangeFacts(None, body_excerpt=body) for _ in trace.exchanges))


def slugs(observation: Observation) -> list[str]:
    return [diagnosis.slug for diagnosis in diagnose(observation)]


@settings(max_examples=400)
@given(requests, st.lists(answers, min_size=1, max_size=4))
def test_what_does_not_get_through_has_a_cause_of_the_catalogue(
    request: FetchRequest, script: list[WireResponse | NetworkError]
) -> None:
    turns = answering(script)
    trace = drive(Browser().fetch(request), lambda _: next(turns))
    found = diagnose(Observation(trace))
    assert isinstance(trace.outcome, Allowed) or found
    for diagnosis in found:
        assert cause(diagnosis.slug).slug == diagnosis.slug
        assert diagnosis.message.endswith((".", ")"))


@pytest.mark.parametrize(
    ("status", "slug"),
    [
        (405, "missing-cors-middleware"),
        (404, "missing-cors-middleware"),
        (401, "preflight-answered-by-other-layer"),
        (403, "preflight-answered-by-other-layer"),
        (429, "preflight-answered-by-other-layer"),
        (500, "preflight-bad-status"),
        (502, "gateway-error"),
        (200, "manual-options-handler"),
    ],
)
def test_the_status_of_a_bare_preflight_tells_who_answered(status: int, slug: str) -> None:
    assert slugs(observe(WireResponse(status), method="PUT")) == [slug]


def test_what_starlette_says_in_the_body_is_believed() -> None:
    refused = WireResponse(400, [("vary", "Origin")])
    assert slugs(observe(refused, method="PUT", body="Disallowed CORS origin, method")) == [
        "origin-mismatch",
        "method-not-allowed",
    ]


def test_every_fault_of_a_preflight_is_listed_not_the_first_alone() -> None:
    answer = WireResponse(204, (LEAVE, ("access-control-allow-methods", "GET"), ("access-control-allow-headers", "x-b")))
    observation = observe(answer, method="PUT", headers=(("X-A", "1"), ("X-C", "1")))  # type: ignore[arg-type]
    assert slugs(observation) == ["method-not-allowed", "header-not-allowed", "header-not-allowed"]


@pytest.mark.parametrize(
    ("status", "slug"),
    [(500, "unhandled-exception"), (401, "cors-not-outermost"), (200, "missing-cors-middleware"), (307, "redirect-slashes")],
)
def test_the_status_of_a_bare_answer_tells_what_happened(status: int, slug: str) -> None:
    assert slugs(observe(WireResponse(status, (("location", API + "/"),)))) == [slug]


def test_two_layers_that_each_name_the_origin_are_reported() -> None:
    assert slugs(observe(WireResponse(200, (LEAVE, LEAVE)))) == ["duplicate-cors-headers"]


def test_a_wildcard_is_no_leave_for_cookies() -> None:
    answer = WireResponse(200, (("access-control-allow-origin", "*"),))
    assert slugs(observe(answer, credentials="include")) == ["wildcard-with-credentials"]


def test_leave_without_leave_for_cookies_is_reported() -> None:
    assert slugs(observe(WireResponse(200, (LEAVE,)), credentials="include")) == ["credentials-not-allowed"]


def test_a_slash_too_many_is_shown_beside_what_was_sent() -> None:
    (diagnosis,) = diagnose(observe(WireResponse(200, (("access-control-allow-origin", PAGE + "/"),))))
    assert diagnosis.slug == "origin-trailing-slash"
    assert (diagnosis.evidence["sent"], diagnosis.evidence["allowed"]) == (PAGE, PAGE + "/")


def test_a_server_that_is_down_is_not_called_cors() -> None:
    (diagnosis,) = diagnose(observe(NetworkError(FailureReason.CONNECTION_REFUSED)))
    assert diagnosis.slug == "server-unreachable"
    assert "not about CORS" in diagnosis.message


def test_plain_http_from_a_secure_page_is_mixed_content() -> None:
    observation = observe(WireResponse(200), origin="https://app.example.com", url="http://api.example.com/")
    assert slugs(observation) == ["mixed-content"]


def test_a_redirect_that_falls_back_to_http_is_reported() -> None:
    leave = ("access-control-allow-origin", "https://app.example.com")
    redirect = WireResponse(307, (leave, ("location", "http://api.example.com/items/")))
    observation = observe(redirect, origin="https://app.example.com", url="https://api.example.com/items")
    assert slugs(observation) == ["redirect-downgrades-to-http"]


def test_a_redirect_to_another_host_turns_the_origin_to_null() -> None:
    redirect = WireResponse(302, (LEAVE, ("location", "http://files.test/x")))
    assert slugs(observe(redirect, WireResponse(200, (LEAVE,)))) == ["redirect-loses-cors"]


def test_the_same_origin_needs_no_cors() -> None:
    observation = observe(WireResponse(200), url=PAGE + "/items")
    assert slugs(observation) == ["same-origin-needs-no-cors"]


def test_no_cors_mode_is_no_way_out() -> None:
    assert slugs(observe(WireResponse(200), mode="no-cors")) == ["opaque-response"]


def test_a_header_that_script_cannot_read_is_named() -> None:
    observation = observe(WireResponse(200, (LEAVE, ("X-Total-Count", "5"), ("Server", "x"), ("X-Request-Id", "1"))))
    assert [diagnosis.evidence["header"] for diagnosis in diagnose(observation)] == ["x-total-count"]


def test_a_cookie_that_same_site_withholds_is_distinguished_from_cors() -> None:
    answer = WireResponse(
        200,
        (
            ("access-control-allow-origin", "https://app.example.com"),
            ("access-control-allow-credentials", "true"),
            ("set-cookie", "session=verysecret; SameSite=Lax"),
        ),
    )
    (diagnosis,) = diagnose(
        observe(answer, origin="https://app.example.com", url="https://api.other.test/", credentials="include")
    )
    assert diagnosis.slug == "cookie-not-sent"
    assert "verysecret" not in repr(diagnosis)


def answer_to(request: WireRequest) -> WireResponse:
    return WireResponse(200, (("access-control-allow-origin", request.header("origin") or ""),))


def cached(vary: str | None, control: str | None = None) -> list[Diagnosis]:
    extra = tuple((name, value) for name, value in (("vary", vary), ("cache-control", control)) if value is not None)
    seen = []
    for origin in (PAGE, "https://app.example.com"):
        answer = WireResponse(200, (("access-control-allow-origin", origin), *extra))
        seen.append(observe(answer, origin=origin))
    return cache_faults(seen)


def test_answers_that_differ_by_page_have_to_say_so() -> None:
    assert [diagnosis.slug for diagnosis in cached(None)] == ["vary-origin-missing"]
    assert [diagnosis.slug for diagnosis in cached("Accept")] == ["vary-origin-missing"]


@pytest.mark.parametrize(("vary", "control"), [("Accept, origin", None), ("*", None), (None, "no-store")])
def test_answers_that_say_so_or_are_not_kept_are_right(vary: str | None, control: str | None) -> None:
    assert cached(vary, control) == []


def test_a_cookie_without_secure_is_reported_all_that_keeps_it_back() -> None:
    cookie = ("set-cookie", "refresh_token=verysecret; SameSite=None; Domain=http://localhost:3000")
    permission = (LEAVE, ("access-control-allow-credentials", "true"))
    found = diagnose(observe(WireResponse(200, (*permission, cookie)), credentials="include"))
    (diagnosis,) = [each for each in found if each.slug == "cookie-not-sent"]
    assert "SameSite=None is only accepted together with Secure and its Domain=http://localhost:3000" in diagnosis.message
    assert diagnosis.remedy is not None
    assert "secure=True" in diagnosis.remedy
    assert "Leave domain= out" in diagnosis.remedy


def test_the_reason_of_a_cookie_with_a_telling_name_is_shown() -> None:
    cookie = ("set-cookie", "refresh_token=verysecret; SameSite=None")
    permission = (LEAVE, ("access-control-allow-credentials", "true"))
    found = diagnose(observe(WireResponse(200, (*permission, cookie)), credentials="include"))
    (diagnosis,) = [each for each in found if each.slug == "cookie-not-sent"]
    assert "SameSite=None" in redact_text(diagnosis.message)
