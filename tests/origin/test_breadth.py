"""Whether an expression admits origins of other people is decided on its automaton, and the shortest of them is shown."""

from __future__ import annotations

import re

import pytest

from corsense.origin import Origin, OriginPattern
from corsense.origin.automaton import Budget, determinise, minimised, positions
from corsense.origin.breadth import admits_pattern, foreign_origin, insecure_origin, shared_suffix
from corsense.origin.expression import parse
from corsense.origin.regex import OriginRegex
from corsense.sites import is_public_suffix

FOREIGN = [
    (r"https?://.*", "http://x.x"),
    (r"https://.*myapp\.com", "https://xmyapp.com"),
    (r"https://myapp\.com.*", "https://myapp.comm"),
    (r"https://app.example\.com", "https://appxexample.com"),
    (r"https://example.com", "https://examplexcom"),
    (r"https://.*\.example.com", "https://x.examplexcom"),
    (r"https://[a-z]+\.com", "https://x.com"),
    (r"https://(?:app|admin)-[a-z]+\.org:8443", "https://app-x.org:8443"),
    (r"https://a\.example\.com|https://evil\.\w+", "https://evil.x"),
    (r"https://a\.example\.com|b\.example\.com|https://.*", "https://x.x"),
    (r"http://\d+\.\d+\.\d+\.\d+(:\d+)?", "http://1.0.0.0"),
    (r"http://203\.0\.113\.\d+", "http://203.0.113.0"),
    (r"https?://[a-z]+:3000", "http://x:3000"),
    (r"http://\[[0-9a-f:]+\]:\d+", "http://[::e]:1"),
    (r"chrome-extension://[a-p]{4}", "chrome-extension://eeee"),
    (r"http://localhost.*", "http://localhost.t"),
    (r"https://(?:a|b)+\.com", "https://a.com"),
    (r"https://(?:ab)+\.com", "https://ab.com"),
    (r"https://[ab]{8}\.com", "https://aaaaaaaa.com"),
    (r"https://app[1-3]\.com", "https://app1.com"),
    ("null|https://a[.]example", "null"),
]
OWN = [
    r"https://.*\.myapp\.com", r"https://([a-z0-9-]+\.)*example\.com", r"https://(www|app)\.example\.com",
    r"https?://localhost(:\d+)?", r"https://example\.com(:\d+)?", r"https://(?:[a-z]+\.)*example\.co\.uk",
    r"http://192\.168\.\d+\.\d+(:\d+)?", r"http://10\.\d+\.\d+\.\d+", r"http://172\.(1[6-9]|2\d|3[01])\.\d+\.\d+",
    r"http://127\.\d+\.\d+\.\d+:\d+", r"http://.*\.localhost:\d+", r"capacitor://localhost|ionic://localhost",
    r"https://(foo|bar)\.(com|net)", r"https://[ab]\.com", r"https://.*\.(?:example|other)\.com(?::\d{1,5})?",
    r"https://a\.example\.com\.?", r"https://(?:[a-z0-9-]{1,63}\.){1,4}example\.com",
]  # fmt: skip


@pytest.mark.parametrize(("pattern", "shortest"), FOREIGN)
def test_the_shortest_foreign_origin_is_shown(pattern: str, shortest: str) -> None:
    assert foreign_origin(OriginRegex.compile(pattern)) == shortest
    assert re.fullmatch(pattern, shortest)


@pytest.mark.parametrize("pattern", OWN)
def test_an_expression_that_keeps_to_the_sites_it_spells_admits_no_foreign_origin(pattern: str) -> None:
    assert foreign_origin(OriginRegex.compile(pattern)) is None


@pytest.mark.parametrize("pattern", [pattern for pattern, _ in FOREIGN[:-1]])
def test_a_witness_is_an_origin_that_a_browser_could_send(pattern: str) -> None:
    witness = foreign_origin(OriginRegex.compile(pattern))
    assert witness is not None
    assert Origin.parse(witness) is not None


@pytest.mark.parametrize(
    ("pattern", "suffix"),
    [
        (r"https://myproj-[a-z0-9-]+-team\.vercel\.app", "vercel.app"),
        (r"https://.*\.vercel\.app", "vercel.app"),
        (r"https://(?:.*\.example\.com|[a-z]+\.github\.io)", "github.io"),
        (r"https://[a-z]+\.co\.uk", "co.uk"),
        (r"https://[a-z]+\.s3\.amazonaws\.com", "s3.amazonaws.com"),
        (r"https://(?:-)*[a-z]+\.netlify\.app(?::\d+)?", "netlify.app"),
    ],
)
def test_a_name_left_open_below_a_public_suffix_is_found(pattern: str, suffix: str) -> None:
    found = shared_suffix(OriginRegex.compile(pattern), is_public_suffix)
    assert found is not None
    assert found[0] == suffix
    assert re.fullmatch(pattern, found[1])


@pytest.mark.parametrize(
    "pattern", [r"https://shop\.vercel\.app", r"https://.*\.shop\.vercel\.app", r"https://.*\.example\.co\.uk", *OWN]
)
def test_a_name_that_is_spelt_below_a_public_suffix_is_ones_own(pattern: str) -> None:
    assert shared_suffix(OriginRegex.compile(pattern), is_public_suffix) is None


@pytest.mark.parametrize(
    ("pattern", "shown"),
    [
        (r"https?://a\.example\.com", "http://a.example.com"),
        (r".*://a\.example\.com", "http://a.example.com"),
        (r"http://192\.168\.0\.7:\d+", "http://192.168.0.7:1"),
        (r"https://a\.example\.com", None),
        (r"https?://(localhost|127\.0\.0\.1)(:\d+)?", None),
        (r"http://.*\.localhost", None),
        (r"http://\[::1\]:\d+", None),
    ],
)
def test_an_origin_whose_pages_anybody_on_the_network_can_forge_is_found(pattern: str, shown: str | None) -> None:
    assert insecure_origin(OriginRegex.compile(pattern)) == shown


@pytest.mark.parametrize(
    ("expression", "pattern", "admits"),
    [
        (r"https://(?:[a-z0-9_-]+\.)+example\.com", "https://*.example.com", True),
        (r"https://[a-z]+\.example\.com", "https://*.example.com", False),
        (r"https://app\.example\.com", "https://app.example.com", True),
        (r"https://app\.example\.com(?::\d+)?", "https://app.example.com:8443", True),
        (r"https://app\.example\.com(?::\d+)?", "https://app.example.com:*", True),
        (r"https://app\.example\.com", "https://app.example.com:8443", False),
        (r"https://app\.example\.com:8443", "https://app.example.com", False),
        (r"https://app\.example\.com:8443", "https://app.example.com:8443", True),
        (r"https://app\.example\.com:8443", "https://app.example.com:*", False),
        (r"http://app\.example\.com", "https://app.example.com", False),
    ],
)
def test_an_expression_admits_a_pattern_if_it_matches_each_of_its_origins(expression: str, pattern: str, admits: bool) -> None:
    assert admits_pattern(OriginRegex.compile(expression), OriginPattern.parse(pattern)) is admits


@pytest.mark.parametrize(
    "pattern",
    [
        r"https://[a-z]+\.com:0[0-9]",  # no port begins with 0
        r"https://(?:[a-z]+\.)?app\.com:8443",
        r"https://(?:[a-z]+\.)?app\.com(?::80|:8443)",
    ],
)
def test_a_port_does_not_make_a_site_foreign(pattern: str) -> None:
    assert foreign_origin(OriginRegex.compile(pattern)) is None


def test_the_smallest_automaton_says_the_same() -> None:
    made = determinise(positions(parse(r"(?:ab|cb)(?:ab|cb)|xb(?:ab|cb)")[0], Budget()), Budget())
    small = minimised(made)
    assert len(small.rows) == 5 < len(made.rows)
    assert minimised(small).rows == small.rows
    for text in ("abab", "abcb", "xbab", "ab", "xbxb", "ababab"):
        for automaton in (made, small):
            state, classes = 0, automaton.classes()
            for char in text:
                state = automaton.rows[state][classes[ord(char)]] if state >= 0 else -1
            assert (state >= 0 and automaton.accepting[state]) is (
                re.fullmatch(r"(?:ab|cb)(?:ab|cb)|xb(?:ab|cb)", text) is not None
            )


def test_the_smallest_automaton_begins_where_the_first_begins() -> None:
    made = determinise(positions(parse(r"(?:ab)*")[0], Budget()), Budget())
    assert [automaton.accepting[0] for automaton in (made, minimised(made))] == [True, True]
