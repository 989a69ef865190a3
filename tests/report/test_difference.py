"""Two values side by side, the part that differs marked."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corsense.report.difference import marked_difference


@pytest.mark.parametrize(
    ("value", "other", "marks"),
    [
        ("http://localhost:3000/", "http://localhost:3000", "                      ^"),
        ("https://localhost:3000", "http://localhost:3000", "     ^"),
        ("http://localhost:5173", "http://localhost:3000", "                  ^^^^"),
    ],
)
def test_what_differs_is_marked(value: str, other: str, marks: str) -> None:
    shown, found = marked_difference(value, other)
    assert shown == repr(value)
    assert found == marks


@given(st.text(max_size=30))
def test_what_is_equal_is_not_marked(value: str) -> None:
    assert marked_difference(value, value) == (repr(value), "")


@given(st.text(max_size=30), st.text(max_size=30))
def test_what_differs_has_a_mark_on_one_side_at_least(value: str, other: str) -> None:
    marked = marked_difference(value, other)[1] + marked_difference(other, value)[1]
    assert bool(marked) == (value != other)
