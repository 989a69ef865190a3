"""What an expression admits that `re` matches: each foreign site is answered with an example of one."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corsense.origin.reach import foreign_origin, leaves_a_dot_bare, shared_suffix


@pytest.mark.parametrize(
    "pattern",
    [
        r"https://.*myapp\.com",
        r"https://myapp\.com.*",
        r"https?://.*",
        r"https://.*",
        r"https://app.example.com",
        r"http://localhost.*",
        r"https://(a\.com|.*b\.com)",
        r"https://[a-z0-9-]+\.vercel\.app",
        r"https://.+example\.com$",
        r"^https://.*-team\.example\.com\.?.*$",
    ],
)
def test_a_loose_expression_is_answered_with_a_witness(pattern: str) -> None:
    witness = foreign_origin(pattern)
    assert witness is not None
    assert re.fullmatch(pattern, witness)


@pytest.mark.parametrize(
    "pattern",
    [
        r"https://.*\.myapp\.com",
        r"https://([a-z0-9-]+\.)*example\.com",
        r"https://(www|app)\.example\.com",
        r"https?://localhost(:\d+)?",
        r"http://localhost:\d+",
        r"https://example\.com(:\d+)?",
        r"https://.+\.example\.org",
        r"https://app\.example\.com",
    ],
)
def test_an_expression_that_keeps_to_its_site_has_none(pattern: str) -> None:
    assert foreign_origin(pattern) is None


def test_a_suffix_that_everybody_can_have_a_name_below_is_named() -> None:
    assert shared_suffix(r"https://[a-z0-9-]+\.vercel\.app") == ("vercel.app", "https://x.vercel.app")
    assert shared_suffix(r"https://shop-[a-z0-9-]+-team\.vercel\.app") == ("vercel.app", "https://shop-x-team.vercel.app")
    assert shared_suffix(r"https://[a-z0-9-]+\.example\.com") is None


def test_a_dot_that_stands_for_any_character_is_seen() -> None:
    assert leaves_a_dot_bare(r"https://app.example\.com")
    assert not leaves_a_dot_bare(r"https://.*\.example\.com")


@given(st.text(alphabet=r"htps:/\.*+?()[]{}|^$az09-", max_size=25))
def test_a_witness_always_matches_the_expression(pattern: str) -> None:
    witness = foreign_origin(pattern)
    assert witness is None or re.fullmatch(pattern, witness)
