"""`OriginSet`: the answer of many patterns is that of each of them, and hostile origins cost nothing."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corsense import OriginPattern
from corsense.origin import MAX_ORIGIN, OriginSet
from tests.growth import bytecodes

LABELS = st.sampled_from(["a", "b", "app", "evil", "x-y", "example", "com", "co", "uk", "localhost"])
HOSTS = st.one_of(st.lists(LABELS, min_size=1, max_size=4).map(".".join), st.sampled_from(["127.0.0.1", "[::1]"]))
SCHEMES = st.sampled_from(["https", "http", "capacitor"])
PORTS = st.sampled_from(["", ":1", ":8080", ":65535"])
ORIGINS = st.tuples(SCHEMES, HOSTS, PORTS).map(lambda parts: f"{parts[0]}://{parts[1]}{parts[2]}")
NAMES = st.lists(LABELS, min_size=1, max_size=3).map(".".join)
WILDCARDS = st.tuples(SCHEMES, NAMES, st.sampled_from(["", ":8080", ":*"])).map(lambda p: f"{p[0]}://*.{p[1]}{p[2]}")
OPEN_PORTS = st.tuples(SCHEMES, HOSTS).map(lambda parts: f"{parts[0]}://{parts[1]}:*")
PATTERNS = st.one_of(ORIGINS, WILDCARDS, OPEN_PORTS).map(OriginPattern.parse)


def spliced(one: str, other: str) -> set[str]:
    """Each origin that begins as one and ends as the other."""
    return {one[:cut] + other[end:] for cut in range(len(one) + 1) for end in range(len(other) + 1)}


@given(st.lists(PATTERNS, max_size=6), ORIGINS)
def test_a_set_means_what_any_of_its_patterns_means(patterns: list[OriginPattern], origin: str) -> None:
    assert OriginSet(patterns).match(origin.encode()) is any(pattern.matches(origin) for pattern in patterns)


@settings(max_examples=40)
@given(PATTERNS, PATTERNS, st.sampled_from(["app.", "evil.", ""]))
def test_two_patterns_never_admit_a_third_origin(one: OriginPattern, other: OriginPattern, sub: str) -> None:
    together = OriginSet([one, other])
    for origin in spliced(one.example().replace("app.", sub), other.example()):
        assert together.match(origin.encode()) is (one.matches(origin) or other.matches(origin)), origin


def test_two_origins_with_a_shared_tail_admit_no_splice_of_them() -> None:
    # GHSA-vhxv-fg4m-p2w8 (jub0bs/cors), GHSA-v84h-653v-4pq9 (fcors): a tree merged hosts with a common suffix.
    one, other = "https://foo.com", "https://bar.com"
    both = OriginSet(map(OriginPattern.parse, (one, other)))
    assert {origin for origin in spliced(one, other) | spliced(other, one) if both.match(origin.encode())} == {one, other}


@given(st.lists(PATTERNS, max_size=4), st.binary(max_size=2 * MAX_ORIGIN))
def test_no_bytes_make_a_set_raise(patterns: list[OriginPattern], origin: bytes) -> None:
    matched = OriginSet(patterns).match(origin)
    assert matched is (origin.isascii() and any(pattern.matches(origin.decode()) for pattern in patterns))


WILD = OriginSet(
    map(OriginPattern.parse, ("https://*.example.com", "https://*.example.com:*", "http://localhost:*", "https://a.b"))
)


@pytest.mark.parametrize(
    "origin",
    [
        "https://.example.com",
        "https://a..example.com",
        "https://..example.com",
        "https://a.example.com.",
        "https://A.example.com",
        "https://evil.com/.example.com",
        "https://evil.com#.example.com",
        "https://evil.com?.example.com",
        "https://evil.com\\.example.com",
        "https://evil.com@.example.com",
        "https://evil.com%60.example.com",
        "https://evil.com`.example.com",
        "https://a.example.com:443",
        "https://a.example.com:0",
        "https://a.example.com:08443",
        "https://a.example.com:",
        "https://a.example.com:8443:8443",
        "https://a.example.com:+8443",
        "https://a.example.com:65536",
        "http://localhost:80",
        "http://localhost:*",
        "https://*.example.com",
        "https://a.b https://a.b",
        "https://a.b, https://evil.com",
        " https://a.b",
        "null",
        "",
        "https://",
        "://",
        "https:// .example.com",
    ],
)
def test_what_no_browser_sends_is_not_matched(origin: str) -> None:
    assert not WILD.match(origin.encode())


@pytest.mark.parametrize("symbol", "'\"{}+^!~;&()*,$=|`<>[]\\ \t\x0b\x00\x7f")
def test_a_symbol_in_front_of_the_domain_is_not_matched(symbol: str) -> None:
    assert not WILD.match(f"https://evil.com{symbol}.example.com".encode())
    assert not WILD.match(f"https://a.b{symbol}.evil.com".encode())


def test_an_origin_longer_than_any_is_refused_at_once() -> None:
    longest = "https://" + "a." * 120 + "example.com"
    assert WILD.match(longest.encode())
    assert not WILD.match(("https://" + "a." * 122 + "example.com").encode())
    assert not WILD.match(b"https://" + b"a." * 4000 + b"example.com")


def work(patterns: OriginSet, origin: bytes) -> int:
    return bytecodes(lambda: patterns.match(origin))


def test_a_thousand_wildcards_are_as_much_work_as_one() -> None:
    one = OriginSet([OriginPattern.parse("https://*.tenant0.example.com")])
    thousand = OriginSet(OriginPattern.parse(f"https://*.tenant{n}.example.com") for n in range(1000))
    for origin in (b"https://app.tenant0.example.com", b"https://evil.example", b"https://" + b"a." * 120 + b"com"):
        assert work(thousand, origin) <= work(one, origin) + 50


def test_hostile_origins_are_little_work() -> None:
    many = OriginSet(OriginPattern.parse(f"https://*.{'x.' * (n % 20)}tenant{n}.com:*") for n in range(1000))
    for origin in (b"a" * 8192, b"." * 300, b"https://" + b"a." * 126, b"https://" + b"." * 250, b":" * 300, b"://" * 100):
        assert work(many, origin) < 5_000


def test_what_is_remembered_is_bounded_and_changes_no_answer() -> None:
    many = OriginSet([OriginPattern.parse("https://*.example.com")])
    origins = [f"https://tenant{number}.example.com".encode() for number in range(3000)]
    assert all(many.match(origin) for origin in origins * 2)
    assert not many.match(b"https://tenant1.example.org")
    assert many == OriginSet([OriginPattern.parse("https://*.example.com")])


def test_sets_are_equal_by_what_they_hold() -> None:
    one = OriginSet(map(OriginPattern.parse, ("https://a.b", "https://*.a.b")))
    other = OriginSet(map(OriginPattern.parse, ("https://*.a.b", "https://a.b", "https://a.b")))
    assert one == other
    assert hash(one) == hash(other)
    assert one != OriginSet(map(OriginPattern.parse, ("https://a.b",)))
    assert "https://x.a.b" in one
    assert "https://évil.a.b" not in one
