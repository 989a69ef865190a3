"""Expressions that may take forever are not tried by whoever diagnoses."""

from __future__ import annotations

import pytest

from corsense.diagnose.regexes import regex_fault
from corsense.origin.regex import foreign_origin

ENDLESS = "https://" + "(a+)+" * 30 + r"b\.example\.com"


def test_an_endless_expression_is_left_alone() -> None:
    assert foreign_origin(ENDLESS) is None
    assert regex_fault(ENDLESS, credentials=True) is None


@pytest.mark.parametrize("expression", [r"https://([a-z0-9-]+\.)*example\.com", r"https?://(localhost|127\.0\.0\.1)(:\d+)?"])
def test_ordinary_repetition_is_tried(expression: str) -> None:
    assert regex_fault(expression, credentials=True) is None
    assert foreign_origin(expression) is None


def test_a_bare_dot_beside_ordinary_repetition_is_found() -> None:
    fault = regex_fault(r"https://([a-z]+\.)*example.com", credentials=True)
    assert fault is not None
    assert fault.slug == "regex-unescaped-dot"
