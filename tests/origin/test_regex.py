"""An expression of origins means what it means to `re`, and takes one step a character."""

from __future__ import annotations

import pickle
import re

import pytest

from corsense.origin.automaton import MAX_PATHS, is_exponential
from corsense.origin.expression import UnsupportedRegex, parse, printed
from corsense.origin.regex import OriginRegex
from tests.origin.generated import Expressions, differences

ORDINARY = [
    r"https://[a-z0-9-]+\.example\.com",
    r"https://.*\.example\.com",
    r"^https://([a-z0-9-]+\.)*example\.com$",
    r"https?://(localhost|127\.0\.0\.1)(:\d+)?",
    r"\Ahttps://[^.]+?\.example\.com(?::[0-9]{2,5})?\Z",
    r"https://(?P<app>www|app)\.example\.(?:com|org)",
]
SAMPLES = [
    "https://a.example.com", "https://a.b.example.com", "https://example.com", "https://app.example.org", "http://localhost:3000",
    "http://127.0.0.1", "https://A.example.com", "https://a.example.com:8443", "https://a.example.com.evil", "", "null",
]  # fmt: skip


@pytest.mark.parametrize("pattern", ORDINARY)
def test_an_ordinary_expression_means_what_it_means_to_re(pattern: str) -> None:
    compiled = OriginRegex.compile(pattern)
    assert [bool(compiled.match(sample.encode())) for sample in SAMPLES] == [
        re.fullmatch(pattern, sample) is not None for sample in SAMPLES
    ]


def test_generated_expressions_mean_what_they_mean_to_re() -> None:
    counted = differences(Expressions(seed=20261126), 1_200)
    assert counted.compiled > 500
    assert counted.different == []
    assert min(counted.by_words, counted.by_engine, counted.by_table) > 50
    assert 1 < counted.most_attempts <= MAX_PATHS


@pytest.mark.parametrize(
    ("pattern", "flags", "text"),
    [
        ("https://A\\.EXAMPLE", re.IGNORECASE, "https://a.example"),
        ("(?i)https://[A-C]\\.example", 0, "https://b.example"),
        ("https://(?i:A)\\.example", 0, "https://a.example"),
        ("https://\u212a\\.example", re.IGNORECASE, "https://k.example"),
        ("https://\u017f\\.example", re.IGNORECASE, "https://s.example"),
        ("(?a)https://\u212a\\.example", re.IGNORECASE, "https://k.example"),
        ("https://[^K]\\.example", re.IGNORECASE, "https://k.example"),
        ("https:// a \\. example # a comment", re.VERBOSE, "https://a.example"),
        ("^https://a\\.example$", re.MULTILINE, "https://a.example"),
        ("(?i)https://a(?a:B)\\.example", 0, "https://ab.example"),
        ("(?a)https://[^\\d]\\.example", 0, "https://a.example"),
        ("https://a\\.example$(?:\\.com)?", 0, "https://a.example"),
        ("https://a\\.example(?:$|:1)(?:2)?", 0, "https://a.example"),
        ("(?:x?)^https://a\\.example", 0, "https://a.example"),
    ],
)
def test_flags_mean_what_they_mean_to_re(pattern: str, flags: int, text: str) -> None:
    assert bool(OriginRegex.compile(pattern, flags).match(text.encode())) == bool(re.compile(pattern, flags).fullmatch(text))


@pytest.mark.parametrize("flags", [re.IGNORECASE, re.IGNORECASE | re.ASCII])
def test_case_is_folded_as_by_re_for_each_visible_character(flags: int) -> None:
    visible = [chr(code) for code in range(0x21, 0x7F)]
    for written in (*map(re.escape, visible), "\u0130", "\u0131", "\u212a", "\u017f", "[a-z]", "[^K-S]", "[H-\u0131]", r"[\W\d]"):
        compiled, wanted = OriginRegex.compile(written, flags), re.compile(written, flags)
        assert [char for char in visible if compiled.match(char.encode())] == [char for char in visible if wanted.fullmatch(char)]


@pytest.mark.parametrize("origin", [b"https://\xe9.example", b"https://a example", b"https://a\n", b"\x00", b"\xff" * 300])
def test_what_is_not_visible_ascii_never_matches(origin: bytes) -> None:
    for pattern in (r"(?s).*", r"[^a]*", r"(?:.|.)*", r"\W*\w*\W*"):
        assert not OriginRegex.compile(pattern).match(origin)


def test_a_subclass_of_starlettes_layer_finds_fullmatch() -> None:
    compiled = OriginRegex.compile(r"https://(?:a|b|ab)+\.example")
    assert compiled.fullmatch("https://abab.example")
    assert not compiled.fullmatch("https://" + "ab" * 100)
    assert not compiled.fullmatch("https://\xe9.example")


def test_an_anchor_where_nothing_can_precede_or_follow_matches_nothing() -> None:
    assert not OriginRegex.compile(r"a^b").match(b"ab")
    assert not OriginRegex.compile(r"a\Zb").match(b"ab")
    assert OriginRegex.compile(r"(?:^|x)a").match(b"a")
    assert OriginRegex.compile(r"(?:^a*|b)*c$").match(b"aac")


def test_equal_expressions_are_equal_and_are_pickled_as_their_text() -> None:
    one = OriginRegex.compile(r"https://[a-z]+\.example", re.IGNORECASE)
    assert one == OriginRegex.compile(r"https://[a-z]+\.example", re.IGNORECASE)
    assert one != OriginRegex.compile(r"https://[a-z]+\.example")
    assert pickle.loads(pickle.dumps(one)) == one


@pytest.mark.parametrize("pattern", ["(", "[", "*", "a{2,1}", "a**", "(?P<1>a)", "\\q"])
def test_what_is_not_an_expression_raises_the_error_of_re(pattern: str) -> None:
    with pytest.raises(re.error):
        OriginRegex.compile(pattern)


@pytest.mark.parametrize("pattern", ["(?:a{1000}){1000}", "(a{1,100}){1,100}", ".*a.{30}b", "(?:a?){2000}", "x" * 16_000])
def test_an_expression_whose_automaton_would_grow_too_large_is_refused(pattern: str) -> None:
    with pytest.raises(UnsupportedRegex):
        OriginRegex.compile(pattern)


@pytest.mark.parametrize(
    ("pattern", "exponential"),
    [(r"(?:a|ab|b)*c", True), (r"(?:a*)*c", True), (r"(?:a|b)*c", False), (r"[a-z]*[a-z]*c", False), (r"(?:ab|c)*d", False)],
)
def test_what_re_would_try_in_exponentially_many_ways_is_known(pattern: str, exponential: bool) -> None:
    assert is_exponential(parse(pattern)[0]) is exponential


@pytest.mark.parametrize(
    ("pattern", "guesses", "matches", "differs"),
    [
        (r"a(?=b)", [True], "abc", "ac"),
        (r"a(?=b)", [False], "a", "ab"),
        (r"(?<=b)c", [True], "xbc", "c"),
        (r"(?i)a(?=B)", [True], "abc", "ac"),
        (r"ab\b", [True], "abx-", "ab"),
        (r"(a)b\1", [], "abxyz", "b"),
        (r"(?>a|b)c", [], "bc", "c"),
        (r"a++b", [], "aab", "b"),
    ],
)
def test_a_part_that_no_automaton_matches_is_guessed(pattern: str, guesses: list[bool], matches: str, differs: str) -> None:
    text = printed(parse(pattern, guesses=guesses)[0]).encode()
    assert re.fullmatch(text, matches.encode())
    assert not re.fullmatch(text, differs.encode())
