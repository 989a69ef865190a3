"""What is wrong with the expression of a layer that matches with `re`, as Starlette's does."""

from __future__ import annotations

import pytest

from corsense.diagnose.regexes import regex_fault

ENDLESS = "https://" + "(a+)+" * 30 + r"b\.example\.com"


@pytest.mark.parametrize(
    "expression",
    [ENDLESS, r"https://(?:a|b|ab)+\.example\.com", r"https://([a-z0-9-]+)*\.example\.com", r"https://(\w|\w\w)+\.example\.com"],
)
def test_an_expression_that_one_request_can_make_endless_is_found(expression: str) -> None:
    fault = regex_fault(expression, credentials=False)
    assert fault is not None
    assert (fault.slug, fault.severity) == ("regex-not-linear", "error")


@pytest.mark.parametrize(
    "expression",
    [
        r"https://([a-z0-9-]+\.)*example\.com",
        r"https?://(localhost|127\.0\.0\.1)(:\d+)?",
        r"https://(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+example\.com",
        r"https://(?:[a-z0-9-]{1,63}\.){1,8}example\.com",
        r"https://.*\..*\.example\.com",
    ],
)
def test_ordinary_repetition_has_no_fault(expression: str) -> None:
    assert regex_fault(expression, credentials=True) is None


def test_a_bare_dot_beside_ordinary_repetition_is_found() -> None:
    fault = regex_fault(r"https://([a-z]+\.)*example.com", credentials=True)
    assert fault is not None
    assert fault.slug == "regex-unescaped-dot"


@pytest.mark.parametrize(
    ("expression", "slug"),
    [
        (r"https://.*(?<=example\.com)", "regex-too-broad"),
        (r"https://[a-z.-]+(?<=\.com)", "regex-too-broad"),
        (r"https://(?=.*example\.com)[a-z.]+", "regex-too-broad"),
        (r"https://\b.*\bexample\.com", "regex-too-broad"),
        (r"https://(?!evil).*\.org", "regex-too-broad"),
        (r"https://a\.example\.com|.*", "regex-too-broad"),
        (r"https://shop-[a-z0-9]+-acme\.vercel\.app", "public-suffix-origin"),
    ],
)
def test_a_foreign_origin_is_found_behind_what_no_automaton_matches_too(expression: str, slug: str) -> None:
    fault = regex_fault(expression, credentials=True)
    assert fault is not None
    assert fault.slug == slug
    assert fault.admits is not None


def test_a_choice_at_the_top_is_matched_whole_on_either_side() -> None:
    # Starlette matches with `fullmatch`: the second branch is the text 'b', not any origin that ends with it.
    assert regex_fault(r"https://a\.example|b", credentials=True) is None
    assert regex_fault(r"https://a\.example|https://b\.example", credentials=True) is None


@pytest.mark.parametrize(
    "expression",
    [
        r"https://app\.example\.com/",
        r"https://.*\.example\.com/.*",
        r"app\.example\.com",
        r"https://App\.example\.com",
        r"^https://.*\\.vercel\\.app$",
        r"https://app\.example\.com:443",
        r"http://localhost:80",
    ],
)
def test_an_expression_that_no_origin_matches_is_found(expression: str) -> None:
    fault = regex_fault(expression, credentials=True)
    assert fault is not None
    assert (fault.slug, fault.severity) == ("origin-not-normalised", "error")


@pytest.mark.parametrize("expression", [r"https://app\.example\.com(:443)?", r"https://app\.example\.com:8443", "null|x"])
def test_an_expression_that_some_origin_matches_is_not_called_dead(expression: str) -> None:
    fault = regex_fault(expression, credentials=True)
    assert fault is None or fault.slug != "origin-not-normalised"


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        (r"https://.*\.vercel\.app", "Name your own project"),
        (r"https://shop-[a-z0-9]+-team\.vercel\.app", "ignore[public-suffix-origin]"),
        (r"https://.*", "Write your site out"),
    ],
)
def test_the_remedy_of_an_expression_is_not_what_its_author_did_already(expression: str, words: str) -> None:
    fault = regex_fault(expression, credentials=True)
    assert fault is not None
    assert words in (fault.remedy or "")
