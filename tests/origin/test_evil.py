"""Expressions that are known to stop backtracking engines: each is refused by name, or matched in linear time.

The forms are those of OWASP's page on ReDoS, of Wikipedia's, of R. Cox (2007), of the tests of safe-regex and of CodeQL, and of
published advisories, written down anew.
"""

from __future__ import annotations

import pytest

from corsense.diagnose.regexes import regex_fault
from corsense.origin.expression import UnsupportedRegex
from corsense.origin.regex import OriginRegex

EXPONENTIAL = [
    r"(a+)+", r"^(a+)+$", r"([a-zA-Z]+)*", r"(a|aa)+", r"(a|a?)+", r"(.*a){20}", r"([a-z]+)+$", r"(a*)*b", r"(a*)+b", r"(a+)*b",
    r"(x+x+)+y", r"foo|(x+x+)+y", r"(a+){10}y", r"(.*){1,32}[bc]", r"(a?){25}(a){25}", r"(b|a?b)*c", r"(a|aa?)*b",
    r"^_(__|.)+_$", r"(([a-z]|[d-h])*)x", r"((\d|[0-9])*)x", r"((\w|G)*)-", r"((\S|\w)*)x", r"((0|[\d])*)x", r"(([\d]+)*)x",
    r"(a+|b+|c+)*c", r"(((a+a?)*)+b+)", r"(a+)+bbbb", r"([^X]+)*$", r"((ab)*)+c", r"(a?a?)*b", r"(c?a?)*b", r"(?:a|a?)+b",
    r"(a?b?)*$", r"^((a)+\w)+$", r"^(b+.)+$", r"foo([\w-]*)+bar", r"(\d+(X\d+)?)+", r"([\w.]+)*@", r"^(([a-z])+.)+[A-Z]([a-z])+$",
    r"([a-zA-Z0-9])(([\-.]|[_]+)?([a-zA-Z0-9]+))*(@){1}[a-z0-9]+[.]{1}[a-z]{2,3}", r"(?:a|b|ab)+\.example\.com",
    r"(?:(?:a|ab)(?:c|bc)?)+", r"https?://([a-z0-9]+[.-]?)*\.example\.com", r"^(https?://)?([\w-]+\.?)+\.example\.com$",
    r"(?:(?:-k)*\w(?:)+)+s?", r"(?:a(?:)*)+b", r"(?:/?[\w-]+)*\.js", r"(.+)+\.example\.com", r"^([a-z0-9]+)*\.example\.com$", r"https://(([a-z])+\.?)+example\.com",
]  # fmt: skip
POLYNOMIAL = [
    r".*.*=.*", r"\d*\d*\d*x", r"[a-z]*[a-z]*[a-z]*[a-z]*[a-z]*[a-z]*\.example", r"https://.*\..*\..*\.example\.com",
    r"a*a*a*a*b", r"^\w+\w*\d*$", r"(?:.*;){0,8}.*x", r".*-.*-.*\.vercel\.app",
]  # fmt: skip
UNSUPPORTED = [
    r"(?=(a+)+b)https://.*", r"(a+)\1+", r"(\"|')(\\?.)*?\1", r"\bhttps://(\w+\b\.?)+", r"(?<=\.)(x+)+", r"(?!(a|aa)+b).*",
    r"(?>(a+)+)b", r"(?:a++)+b", r"(a)?(?(1)(b+)+|c)",
]  # fmt: skip
ATTACKS = [piece * 320 for piece in ("a", "ab", "x", "aab", "0", "_", "b", "a.", "a-", "abc", "xy")]


@pytest.mark.parametrize("pattern", EXPONENTIAL + POLYNOMIAL)
def test_it_takes_one_step_a_byte_or_a_search_that_has_few_ways(pattern: str) -> None:
    compiled = OriginRegex.compile(pattern, 0)
    for attack in ATTACKS:
        for text in (attack, f"{attack}!", f"https://{attack}!"):
            compiled.match(text[:320].encode())  # would not end where it is not linear


@pytest.mark.parametrize("pattern", UNSUPPORTED)
def test_it_is_refused_by_name(pattern: str) -> None:
    with pytest.raises(UnsupportedRegex) as refused:
        OriginRegex.compile(pattern)
    assert refused.value.construct
    assert refused.value.remedy


@pytest.mark.parametrize("pattern", [r"https://(?:a|b|ab)+\.example\.com", r"https://([a-z0-9]+[.-]?)*\.example\.com"])
def test_it_is_found_in_an_app_whose_layer_matches_with_re(pattern: str) -> None:
    fault = regex_fault(pattern, credentials=False)
    assert fault is not None
    assert fault.slug == "regex-not-linear"
