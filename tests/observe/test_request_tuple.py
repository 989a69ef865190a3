"""A tuple of requests is bounded, holds nothing of a single request, and survives its line."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corsense.observe import ALLOWED, CredentialsSent, ObservedRequests, RequestKind, RequestTuple
from corsense.observe.lines import LONGEST_LINE
from corsense.origin import MAX_ORIGIN

DAY = date(2026, 11, 27)
any_text = st.text(max_size=600)
tuples = st.builds(
    RequestTuple.make,
    st.sampled_from(["https://app.example.com", "null", "http://localhost:3000", "capacitor://localhost"]) | any_text,
    st.sampled_from(RequestKind),
    st.sampled_from(["GET", "POST", "PUT"]) | any_text,
    st.lists(st.sampled_from(["Content-Type", "authorization", "X-Token "]) | any_text, max_size=40),
    st.sampled_from(["/users/{user_id}", ""]) | any_text,
    st.sampled_from(CredentialsSent),
    st.integers(-1, 7),
    st.sampled_from([None, ALLOWED, "origin-not-allowed"]) | any_text,
    st.sampled_from([None, ALLOWED, "method-not-allowed"]) | any_text,
)


@given(tuples, st.integers(1, 10**12), st.integers(0, 400))
def test_a_tuple_survives_its_line_whatever_was_sent_and_the_line_is_short(
    request: RequestTuple | None, count: int, span: int
) -> None:
    if request is None:
        return
    seen = ObservedRequests(request, count, date.fromordinal(DAY.toordinal() - span), DAY, span + 1)
    line = seen.line()
    assert ObservedRequests.parse(line) == seen
    assert line.isascii()
    assert "\n" not in line
    assert len(line) < LONGEST_LINE


def test_names_are_those_of_a_browser_lower_case_sorted_each_once() -> None:
    made = RequestTuple.make("https://app.example.com", RequestKind.PREFLIGHT, "PUT", ["X-Token", "content-type", " X-TOKEN", ""])
    assert made is not None
    assert made.headers == ("content-type", "x-token")


@pytest.mark.parametrize(
    "given",
    [
        {"origin": "https://app.example.com/path?token=secret"},
        {"origin": "https://user:password@app.example.com"},
        {"origin": f"https://{'a' * MAX_ORIGIN}.example"},
        {"method": "G" * 33},
        {"method": "GET HTTP/1.1"},
        {"headers": [f"x-{index}" for index in range(33)]},
        {"headers": ["x" * 513]},
        {"headers": ["not a name"]},
        {"route": "/" * 201},
        {"route": "/users\n"},
        {"status": 200},
        {"live": "whatever"},
    ],
    ids=str,
)
def test_what_no_browser_sends_or_exceeds_a_bound_makes_no_tuple(given: dict[str, Any]) -> None:
    sound: dict[str, Any] = {"origin": "https://app.example.com", "kind": RequestKind.SIMPLE, "method": "GET"}
    assert RequestTuple.make(**sound) is not None
    assert RequestTuple.make(**{**sound, **given}) is None


@pytest.mark.parametrize(
    "key", ["origin", "kind", "method", "headers", "route", "credentials", "status", "live", "count", "first"]
)
@pytest.mark.parametrize("value", [-7, 7.5, "x y", {}, [1], True], ids=repr)
def test_a_line_with_another_value_is_refused_in_one_way(key: str, value: Any) -> None:
    made = RequestTuple.make("https://app.example.com", RequestKind.SIMPLE, "GET", live=ALLOWED)
    assert made is not None
    document = ObservedRequests(made, 1, DAY, DAY).document()
    with pytest.raises(ValueError, match=r"observation|valid|Invalid"):
        ObservedRequests.parse(json.dumps({**document, key: value}))
    with pytest.raises(ValueError, match="observation"):
        ObservedRequests.parse(json.dumps({name: given for name, given in document.items() if name != key}))


@pytest.mark.parametrize("line", ["", "{", "[]", "null", "[" * 100_000, '{"corsense":"0.1.0"}'], ids=lambda line: line[:9])
def test_a_line_that_is_no_observation_raises_value_error(line: str) -> None:
    with pytest.raises(ValueError, match=r"observation|Expecting"):
        ObservedRequests.parse(line)
