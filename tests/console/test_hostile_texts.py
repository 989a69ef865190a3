"""A megabyte of anything takes time in proportion, and never breaks the parser."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from corsense.console.parse import parse
from tests.growth import bytecodes, processor_time_ratio

HOSTILE = {
    "one letter": "a",
    "spaces": " ",
    "line breaks": "\n",
    "opened frames": "Access to fetch at 'http://x' from origin 'http://y' ",
    "frames without a beginning": "has been blocked by CORS policy: ",
    "values that never end": "The 'Access-Control-Allow-Origin' header contains multiple values '",
    "frames of Firefox": "Cross-Origin Request Blocked: The Same Origin Policy disallows reading the remote resource at ",
    "reasons that never end": "CORS header ‘Access-Control-Allow-Origin’ does not match ‘",
    "brackets": "(a: CORS ",
    "only brackets": "((((((((",
    "quotes": "'\"'`’",
    "tags": "<a<a<a ",
    "entities": "&#39;&quot;",
    "network errors": "GET net::ERR_FAILED ",
    "prefixes": "Failed to load resource: ",
    "old frames": "XMLHttpRequest cannot load ",
    "addresses": "http://",
    "log lines": '"OPTIONS ',
    "jquery": "readyState:0 ",
    "messages": "Access to fetch at 'http://a/' from origin 'http://b' has been blocked by CORS policy: It does not"
    " have HTTP ok status.\n",
    "policies": "Refused to connect to '",
    "methods": " is not allowed by Access-Control-Allow-Methods",
    "codes of Edge": "SEC7118: ",
    "escapes": "\\u2018\\n\x1b[",
    "letters that grow": "İß",
}


@pytest.mark.parametrize("piece", HOSTILE.values(), ids=HOSTILE)
def test_the_work_grows_as_the_text_does(piece: str) -> None:
    parse("warm up")
    small, large = (piece * (size // len(piece)) for size in (4_000, 16_000))
    assert bytecodes(lambda: parse(large)) < 6 * bytecodes(lambda: parse(small)) + 20_000


@pytest.mark.parametrize("piece", HOSTILE.values(), ids=HOSTILE)
def test_no_expression_takes_more_than_in_proportion(piece: str) -> None:
    """Sixteen times the text: 16 times the work, and 256 times where it is quadratic."""
    parse("warm up")
    small, large = (piece * (size // len(piece)) for size in (20_000, 320_000))
    assert processor_time_ratio(lambda: parse(small), lambda: parse(large), 64) < 64


def test_a_megabyte_of_messages_is_read_whole() -> None:
    line = (
        "Access to fetch at 'http://a/x' from origin 'http://b' has been blocked by CORS policy: It does not"
        " have HTTP ok status. x.js:1\n"
    )
    count = 1_000_000 // len(line)
    assert len(parse(line * count)) == count


@given(st.text(max_size=300))
def test_no_text_breaks_the_parser(text: str) -> None:
    for message in parse(text):
        start, end = message.span
        assert 0 <= start < end <= len(text)


FRAGMENTS = st.lists(st.sampled_from(sorted(HOSTILE.values())) | st.text(max_size=8), max_size=25).map("".join)


@given(FRAGMENTS)
@example("Failed to load resource: The 'Access-Control-Allow-Origin' header contains multiple values '")
def test_no_heap_of_fragments_breaks_the_parser(text: str) -> None:
    spans = [message.span for message in parse(text)]
    assert all(0 <= start < end <= len(text) for start, end in spans)
    assert spans == sorted(spans)
