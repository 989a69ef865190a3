"""Each published fault of a CORS library's matching or validation, tried on ours."""

from __future__ import annotations

import re

import pytest

from corsense import Policy, PolicyError
from corsense.policy import Reason

APP = Policy(origins=["https://app.example.com", "https://*.sub.example.com"], credentials=True)


def slugs(**keywords: object) -> set[str]:
    with pytest.raises(PolicyError) as refused:
        Policy(**keywords)  # type: ignore[arg-type]
    return {fault.slug for fault in refused.value.faults}


@pytest.mark.parametrize(
    "origin", ["https://www.example.org.hacker.com", "https://www.example.org:1337", "https://www.example.org/"]
)
def test_a_regular_expression_must_match_the_whole_origin(origin: str) -> None:
    # Kludex/starlette#800; CVE-2026-37737 (sanic-cors); google/clusterfuzz#5303: re.match
    policy = Policy(origin_regex=r"https://www\.example\.org")
    assert policy.allows_origin("https://www.example.org")
    assert not policy.allows_origin(origin)


@pytest.mark.parametrize("origin", ["https://app.exampleXcom", "https://appxexample.com", "https://a.subxexample.com"])
def test_the_dots_of_a_listed_origin_stand_for_themselves(origin: str) -> None:
    assert not APP.allows_origin(origin)  # Litestar 4a07af3c3: literal origins compiled unescaped


@pytest.mark.parametrize(
    "origin", ["https://example.community", "http://localhost.example.com", "https://app.example.com.evil.com"]
)
def test_a_listed_origin_is_no_prefix(origin: str) -> None:
    assert not APP.allows_origin(origin)  # CVE-2019-25211 gin-contrib/cors
    assert not Policy(origins=["http://localhost:*", "https://example.com"]).allows_origin(origin)


@pytest.mark.parametrize(
    "origin", ["https://evil-app.example.com", "https://evilsub.example.com", "https://x.evilsub.example.com"]
)
def test_a_listed_origin_is_no_suffix(origin: str) -> None:
    assert not APP.allows_origin(origin)  # CVE-2024-27302 go-zero; CVE-2022-1996 go-restful


def test_a_string_is_no_list() -> None:
    # Starlette: `in` is a substring test, and "*" in "https://*.example.com" lets everybody in.
    assert slugs(origins="https://app.example.com") == {"origins-not-a-list"}
    assert slugs(origins="https://*.example.com") == {"origins-not-a-list"}


@pytest.mark.parametrize("hatches", [{}, {"dangerously_allow_insecure_origins": True, "dangerously_allow_public_suffixes": True}])
def test_every_origin_with_credentials_is_refused_at_construction(hatches: dict[str, bool]) -> None:
    # CVE-2017-20146 gorilla, CVE-2018-20744 rs/cors, CVE-2024-25124 fiber, CVE-2026-54290 hono, CVE-2025-34291 Langflow
    assert slugs(origins="*", credentials=True, **hatches) == {"wildcard-with-credentials"}
    assert slugs(origins=["*"], credentials=True, **hatches) == {"wildcard-with-credentials"}
    assert slugs(origin_regex=".*", credentials=True, **hatches) >= {"regex-too-broad"}


@pytest.mark.parametrize("entry", ["h*", "http*", "https*", "*://*", "https://*", "http://*", "*.*"])
def test_a_pattern_that_covers_almost_everybody_is_refused(entry: str) -> None:
    assert slugs(origins=[entry]) <= {"glob-in-origins", "origin-without-scheme"}  # rs/cors#197


def test_private_network_access_is_refused_by_default() -> None:
    # CVE-2024-6221 flask-cors
    assert APP.decide("https://app.example.com", private_network=True).reason is Reason.PRIVATE_NETWORK_NOT_ALLOWED


@pytest.mark.parametrize("method", ["GET, DELETE", "GET,DELETE", "DELETE\r\nX: y", "", "D" * 65])
def test_a_list_is_no_method(method: str) -> None:
    # google/go-safeweb#372
    policy = Policy(origins=["https://app.example.com"], methods=["*"])
    assert policy.decide("https://app.example.com", method).reason is Reason.METHOD_NOT_ALLOWED


def test_the_scheme_counts() -> None:
    assert not APP.allows_origin("http://app.example.com")  # django-cors-headers 3.0.0
    assert not APP.allows_origin("http://a.sub.example.com")


@pytest.mark.parametrize(
    "origin", ["http://[", "https://[::1", "\x00", "https://\udcff", "é", "https://" + "é" * 9000, "%", "://:"]
)
def test_garbage_is_an_origin_that_is_not_allowed_and_no_crash(origin: str) -> None:
    # django-cors-headers 3.10.1
    assert not APP.decide(origin).allowed
    assert APP.explain(origin)


def test_a_policy_cannot_be_changed() -> None:
    # jub0bs/cors#14
    with pytest.raises(AttributeError):
        APP.origins = ()
    with pytest.raises(AttributeError):
        del APP.origins


@pytest.mark.parametrize("suffix", ["com", "co.uk", "github.io", "vercel.app", "netlify.app"])
def test_everybodys_subdomains_do_not_get_cookies(suffix: str) -> None:
    # coder CVE-2026-55438; sejong-oss and others: `https://.*\.vercel\.app` is every tenant
    assert slugs(origins=[f"https://*.{suffix}"], credentials=True) == {"public-suffix-origin"}
    assert Policy(origins=[f"https://*.{suffix}"], credentials=True, dangerously_allow_public_suffixes=True).credentials
    assert not Policy(origins=[f"https://*.{suffix}"]).credentials
    regex = r"https://[a-z0-9-]+\." + re.escape(suffix)
    assert slugs(origin_regex=regex, credentials=True) <= {"public-suffix-origin", "regex-too-broad"}


def test_a_comma_list_in_the_origin_is_no_origin() -> None:
    assert not APP.allows_origin("https://app.example.com, https://evil.example")


def test_null_is_never_let_in_but_by_the_star() -> None:
    assert slugs(origins=["null"]) == {"null-origin"}
    assert slugs(origin_regex="null|https://a[.]example") == {"regex-too-broad"}
    assert not APP.allows_origin("null")
    assert not Policy(origin_resolver=lambda origin: True).allows_origin("null", resolved=True)
    assert Policy(origins="*").allows_origin("null")
