"""Whatever a client sends, the layer answers, in bounded time and memory; the advisories that concern a server's side."""

from __future__ import annotations

import gc
import logging
import tracemalloc
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corsense.middleware import CORSMiddleware
from corsense.origin import MAX_ORIGIN
from corsense.policy import Policy, PolicyError
from tests.middleware.asking import ORIGIN, UNTRUSTED_ORIGIN, Line, ask, get, plain, preflight

LISTED = Policy(origins=[ORIGIN], credentials=True, methods=["PUT"], request_headers=["X-Token"], private_network=True)
WILD = Policy(origins=["https://*.example.com", "http://localhost:*"], credentials=[ORIGIN], methods=["*"], request_headers=["*"])
REGEX = Policy(origin_regex=r"https://(app|www)\.example\.org", methods=["*"], request_headers=["*"], credentials=True)
ANYBODY = Policy(origins="*", request_headers=["*"], methods=["*"])
POLICIES = [LISTED, WILD, REGEX, ANYBODY]

names = st.sampled_from(
    [
        b"origin", b"access-control-request-method", b"access-control-request-headers", b"vary",
        b"access-control-request-private-network",
    ]
) | st.binary(max_size=40)  # fmt: skip
values = (
    st.sampled_from(
        [ORIGIN.encode(), b"null", b"*", b"PUT", b"x-token", b"GET, DELETE", b"https://[", b"https://a.example.com:99999"]
    )
    | st.binary(max_size=60)
    | st.integers(1, 400).map(lambda size: b"https://" + b"a." * size + b"example.com")
)
lines = st.lists(st.tuples(names, values), max_size=7)


@settings(max_examples=500)
@given(
    st.sampled_from(POLICIES), lines, st.sampled_from(["GET", "OPTIONS", "POST", "\u0100"]), st.booleans(), st.text(max_size=20)
)
def test_no_header_bytes_make_it_raise_or_send_a_broken_header(
    policy: Policy, sent: list[Line], method: str, debug: bool, path: str
) -> None:
    app = CORSMiddleware(plain, policy=policy, debug=debug, policies={"/a/*": LISTED, "/b": None})
    answer = ask(app, "/" + path, *sent, method=method)
    assert answer.status in (200, 400)
    assert all(0x20 <= ord(letter) < 0x7F for _, value in answer.lines for letter in value)
    assert len({name for name, _ in answer.lines}) == len(answer.lines)


@settings(max_examples=300)
@given(st.sampled_from(POLICIES[:3]), values.filter(lambda value: value != ORIGIN.encode()))
def test_only_an_origin_that_the_policy_allows_is_ever_repeated(policy: Policy, origin: bytes) -> None:
    allowed = get(CORSMiddleware(plain, policy=policy), origin)["access-control-allow-origin"]
    assert allowed == (origin.decode("latin-1") if policy.allows_origin(origin.decode("latin-1")) else None)


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("size", [65536, 1_000_000])
@pytest.mark.parametrize("unit", [b",", b" ", b", ", b"x-token,", b"a,"])
def test_long_lists_of_requested_headers_cost_little(policy: Policy, size: int, unit: bytes) -> None:
    """GO-2024-2883, CVE-2025-47908: 1 MiB of commas made 121 MB."""
    app = CORSMiddleware(plain, policy=policy)
    value = (unit * (size // len(unit))).decode()
    preflight(app, ORIGIN, "PUT", value)
    tracemalloc.start()
    try:
        answer = preflight(app, ORIGIN, "PUT", value)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert answer.status == 400
    assert peak < 4 * size + 200_000  # the request itself, encoded, and little more


def test_many_lines_of_requested_headers_cost_little() -> None:
    app = CORSMiddleware(plain, policy=LISTED)
    assert preflight(app, ORIGIN, "PUT", *["x-token"] * 1000).status == 400
    assert preflight(app, ORIGIN, "PUT", *["x-token"] * 3).status == 200


@pytest.mark.parametrize("policy", POLICIES[:3])
def test_an_origin_longer_than_any_is_refused_unread(policy: Policy) -> None:
    longest = "https://" + "a" * (MAX_ORIGIN - 8)
    for origin in (longest + "a", "https://" + "a." * 4000 + "example.com", "x" * 100_000):
        assert get(CORSMiddleware(plain, policy=policy), origin).cors == {}


@pytest.mark.parametrize(
    "origin",
    [
        "https://app.example.org.hacker.com", "https://app.example.orghacker.com", "https://xapp.example.org",
        "https://app.example.org:8443", "https://appXexample.org", "https://app.exampleXorg", "http://app.example.org",
        "https://app.example.org@evil.com", "https://app.example.org\n", "https://app.example.org ", "https://APP.example.org",
    ],
)  # fmt: skip
def test_a_regex_matches_whole_origins(origin: str) -> None:
    """starlette#800, CVE-2026-37737, CVE-2022-1996: an open end lets other sites in."""
    assert get(CORSMiddleware(plain, policy=REGEX), origin).cors == {}


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil-example.com", "https://evilexample.com", "https://example.com", "https://a.example.com.evil.net",
        "https://a.exampleXcom", "http://a.example.com", "https://a.example.com:443", "https://.example.com", "https://a..example.com",
        "https://a.example.community", "http://localhost.example.com", "http://localhost.evil.com", "http://localhost:0",
        "http://localhost:", "http://localhost:99999", "https://evil.com/.example.com", "https://evil.com#.example.com",
        "https://evil.com?.example.com", "https://evil.com\\.example.com", "https://a.example.com.", "https://a b.example.com",
        "https://a`.example.com", "https://a%60.example.com", f"{ORIGIN}, {ORIGIN}", f"{ORIGIN} {ORIGIN}", "null", "*",
    ],
)  # fmt: skip
def test_wildcards_admit_their_own_subdomains_only(origin: str) -> None:
    """CVE-2024-27302 (suffix), CVE-2019-25211 (prefix), GHSA-vhxv-fg4m-p2w8 (spliced), and the probes of scanners."""
    assert get(CORSMiddleware(plain, policy=WILD), origin).cors == {}


def test_a_list_is_no_substring_search() -> None:
    """Starlette's `in` on a string, CORScanner's contained origin."""
    app = CORSMiddleware(plain, policy=LISTED)
    for origin in ("https://app.example.co", "ttps://app.example.com", "https://app", "https://app.example.com/", ORIGIN.upper()):
        assert get(app, origin).cors == {}


def test_two_origin_lines_are_never_both_allowed() -> None:
    app = CORSMiddleware(plain, policy=WILD)
    other = b"https://www.example.com"
    lines = [(b"origin", ORIGIN.encode()), (b"origin", other)]
    assert ask(app, "/", *lines)["access-control-allow-origin"] in (ORIGIN, None)
    assert ask(app, "/", (b"origin", UNTRUSTED_ORIGIN.encode()), (b"origin", other)).cors == {}


@pytest.mark.parametrize("policy", POLICIES[:3])
def test_a_list_in_the_requested_method_is_no_method(policy: Policy) -> None:
    """google/go-safeweb#372: `GET, DELETE` was reflected."""
    origin = "https://app.example.org" if policy is REGEX else ORIGIN
    app = CORSMiddleware(plain, policy=policy)
    for method in ("GET, DELETE", "GET,DELETE", "PUT\r\nX: y", "PUT ", "M" * 65):
        assert (preflight(app, origin, method).status, preflight(app, origin, method).cors) == (400, {})
    twice = ((b"access-control-request-method", b"PUT"),)
    assert preflight(app, origin, "PUT", more=twice).status == 400


def test_the_vary_of_a_request_is_not_answered() -> None:
    """GHSA-q7jf-gf43-6x6p (hono): the request's `Vary` was copied into the answer."""
    app = CORSMiddleware(plain, policy=LISTED)
    asks = ((b"vary", b"x-poison"),)
    for answer in (preflight(app, more=asks), ask(app, "/", (b"origin", ORIGIN.encode()), *asks)):
        assert "x-poison" not in str(answer.lines)


def test_private_networks_stay_closed_by_default() -> None:
    """CVE-2024-6221 (flask-cors): the header was sent by default."""
    app = CORSMiddleware(plain, policy=LISTED.replace(private_network=False))
    answer = preflight(app, more=((b"access-control-request-private-network", b"true"),))
    assert (answer.status, answer.body, answer.cors) == (400, "Disallowed CORS private-network", {})


def test_everybody_with_cookies_is_refused_at_construction() -> None:
    """CVE-2025-34291 (Langflow), CVE-2018-20744 and others: the wildcard becomes reflection."""
    with pytest.raises(PolicyError) as refused:
        CORSMiddleware(plain, allow_origins=["*"], allow_credentials=True)
    assert [fault.slug for fault in refused.value.faults] == ["wildcard-with-credentials"]


def test_everybody_with_cookies_needs_the_hatch_and_then_reflects_origins_only() -> None:
    app = CORSMiddleware(plain, allow_origins=["*"], allow_credentials=True, dangerously_allow_any_origin_with_credentials=True)
    assert get(app, UNTRUSTED_ORIGIN)["access-control-allow-origin"] == UNTRUSTED_ORIGIN
    for origin in ("https://a\nb", "https://\xe9.example", "a b", ""):
        assert get(app, origin).cors == {}


@pytest.mark.parametrize("origin", ["null", "file://", "https://", "://", "\xff\xfe", "https://[::1", "a" * 5000, "%00"])
def test_a_garbage_origin_is_refused_not_an_error(origin: str) -> None:
    """django-cors-headers#701: an invalid `Origin` crashed."""
    for policy in POLICIES[:3]:
        app = CORSMiddleware(plain, policy=policy)
        assert (get(app, origin).status, get(app, origin).cors) == (200, {})
        assert preflight(app, origin).status == 400


@settings(max_examples=200)
@given(
    st.permutations(["https://a.example.com", "https://b.example.com", "https://a.b.example.com"]),
    st.integers(0, 20),
    st.integers(0, 20),
)
def test_origins_that_share_a_tail_admit_no_third(patterns: list[str], head: int, tail: int) -> None:
    """GHSA-vhxv-fg4m-p2w8, GHSA-v84h-653v-4pq9: a tree of shared suffixes admitted spliced hosts."""
    app = CORSMiddleware(plain, policy=Policy(origins=patterns))
    spliced = patterns[0][: len(patterns[0]) - tail] + patterns[1][len(patterns[1]) - head :]
    assert get(app, spliced)["access-control-allow-origin"] == (spliced if spliced in patterns else None)


def kept_after(ask: Callable[[int], object], first: int, more: int) -> int:
    """By how many bytes the memory in use grows with `more` different requests, after `first` of them."""
    for number in range(first):
        ask(number)
    gc.collect()
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        for number in range(first, first + more):
            ask(number)
        gc.collect()
        return tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()


def test_what_is_remembered_of_origins_does_not_grow_with_their_number() -> None:
    app = CORSMiddleware(plain, policy=Policy(origins=["https://*.example.com"]))
    assert kept_after(lambda number: get(app, f"https://a{number}.example.com"), 100, 6_000) < 400_000


def test_what_is_remembered_of_requested_headers_does_not_grow_with_their_number() -> None:
    app = CORSMiddleware(plain, policy=Policy(origins=[ORIGIN], methods=["PUT"], request_headers=["x-token"]))
    logging.disable(logging.WARNING)
    try:
        assert (
            kept_after(lambda number: preflight(app, ORIGIN, "PUT", f"x-token,{' ' * (number % 200)}x-{number}"), 100, 6_000)
            < 700_000
        )
    finally:
        logging.disable(logging.NOTSET)
