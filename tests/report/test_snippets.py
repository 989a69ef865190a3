from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from corsense.fetch.request import Credentials, FetchRequest, Mode, Redirect
from corsense.fetch.wire import Headers, WireRequest
from corsense.readers.curl import parse_curl
from corsense.readers.fetch_call import parse_fetch
from corsense.report.redaction import redacted_request, redacted_wire
from corsense.report.snippets import curl_command, fetch_snippet

SECRET = "s3cr3t-value"

TOKENS = st.text("abcXYZ019!#$%&'*+-.^_`|~", min_size=1, max_size=12)
# The values of the first are shown as they are, so that what they are quoted in is put to the test; those of others are hidden.
NAMES = st.sampled_from(["x-powered-by", "content-language", "x-frame-options"]) | TOKENS.map(lambda name: "x-" + name)
VALUES = st.text(st.characters(min_codepoint=0x20, max_codepoint=0xFF, exclude_characters="\x7f"), max_size=20).map(str.strip)
HEADERS = st.lists(st.tuples(NAMES, VALUES), max_size=4).map(tuple)
METHODS = st.sampled_from(["GET", "POST", "PUT", "DELETE", "PATCH", "patch", "OPTIONS", "M-SEARCH", "A'B"])
URLS = st.text("abc/?&='()*;:@$!,~-._%[]{}|", max_size=20).map(lambda path: "http://localhost:8000/" + path)


def wire(method: str = "GET", url: str = "http://localhost:8000/items", headers: Headers = ()) -> WireRequest:
    return WireRequest(method, url, headers)


def words_in_a_shell(command: str) -> list[bytes]:
    """What a real shell makes of the command: curl is replaced by a function that prints its arguments."""
    shell = shutil.which("bash")
    if shell is None:
        pytest.skip("needs bash")
    script = "curl() { printf '%s\\0' \"$@\"; }; " + command
    done = subprocess.run([shell, "-c", script], capture_output=True, check=True, timeout=20, env={"LC_ALL": "C"})
    return done.stdout.split(b"\0")[:-1]


def test_a_preflight_as_curl() -> None:
    request = wire(
        "OPTIONS",
        headers=(("Origin", "http://localhost:3000"), ("Access-Control-Request-Method", "PUT")),
    )

    assert curl_command(request) == (
        "curl -i -X OPTIONS 'http://localhost:8000/items' "
        "-H 'Origin: http://localhost:3000' -H 'Access-Control-Request-Method: PUT'"
    )


def test_a_websocket_is_opened_in_the_console_of_the_page() -> None:
    snippet = fetch_snippet(FetchRequest("ws://localhost:8000/ws", "http://localhost:3000", initiator="websocket"))
    assert 'new WebSocket("ws://localhost:8000/ws")' in snippet
    assert "fetch(" not in snippet


def test_wrapped_there_is_one_option_a_line() -> None:
    command = curl_command(wire(headers=(("Origin", "null"), ("X-A", "1"))), wrap=True)

    assert command.splitlines() == ["curl -i 'http://localhost:8000/items' \\", "  -H 'Origin: null' \\", "  -H 'X-A: 1'"]


def test_head_is_asked_for_without_waiting_for_a_body() -> None:
    assert curl_command(wire("HEAD")) == "curl -i -I 'http://localhost:8000/items'"


def test_brackets_in_the_url_are_no_ranges_for_curl() -> None:
    assert curl_command(wire(url="http://localhost:8000/items?a[]=1")).startswith("curl -i -g ")


def test_an_empty_header_is_sent_empty() -> None:
    assert "-H 'X-Empty;'" in curl_command(wire(headers=(("X-Empty", ""),)))


def test_no_secret_is_printed_as_curl() -> None:
    request = wire(
        url=f"http://localhost:8000/items?api_key={SECRET}",
        headers=(("Authorization", f"Bearer {SECRET}"), ("Cookie", f"session={SECRET}"), ("X-CSRF-Token", SECRET)),
    )

    command = curl_command(request)

    assert SECRET not in command
    assert "Authorization: Bearer redacted" in command
    assert "Cookie: session=redacted" in command
    assert command.startswith("# Fill in what is redacted: Authorization, Cookie, X-CSRF-Token, the URL\ncurl ")


@settings(max_examples=40, deadline=None)
@given(METHODS, URLS, HEADERS)
@example("PUT", "http://localhost:8000/it's", (("x-powered-by", 'it\'s $HOME `id` \\ "q" !!'), ("x-b", "é\xa0\xff")))
def test_a_shell_hands_curl_exactly_the_bytes_of_the_request(method: str, url: str, headers: Headers) -> None:
    request = wire(method, url, headers)
    shown = redacted_wire(request)

    words = words_in_a_shell(curl_command(request))

    assert shown.url.encode() in words
    assert method == "GET" or method.encode() in words
    expected = [f"{name}: {value}" if value else f"{name};" for name, value in shown.headers]
    assert [words[index + 1] for index, word in enumerate(words) if word == b"-H"] == [
        line.encode("latin-1") for line in expected
    ]


@settings(max_examples=120, deadline=None)
@given(METHODS, URLS, HEADERS, st.booleans())
@example("GET", "http://localhost:8000/", (("x-powered-by", '^"'), ("x-frame-options", "^")), True)
def test_a_curl_command_is_read_back_as_the_request_it_was_made_of(method: str, url: str, headers: Headers, wrap: bool) -> None:
    origin = ("Origin", "http://localhost:3000")

    pasted = parse_curl(curl_command(wire(method, url, (origin, ("Accept", "*/*"), *headers)), wrap=wrap))

    again = parse_curl(curl_command(wire(pasted.method, pasted.url, (origin, *pasted.headers))))
    assert pasted.method == method
    assert pasted.headers == redacted_wire(wire(headers=headers)).headers
    assert pasted.origin == "http://localhost:3000"
    assert (again.url, again.headers) == (pasted.url, pasted.headers)


def test_a_request_as_fetch() -> None:
    request = FetchRequest(
        url="http://localhost:8000/items",
        origin="http://localhost:3000",
        method="POST",
        headers=(("Content-Type", "application/json"),),
        credentials="include",
        body='{"a":1}',
    )

    assert fetch_snippet(request) == (
        "// In the console of a page at http://localhost:3000:\n"
        'fetch("http://localhost:8000/items", {\n'
        '  method: "POST",\n'
        '  headers: {"Content-Type": "application/json"},\n'
        '  body: "{\\"a\\":1}",\n'
        '  credentials: "include",\n'
        "})\n"
        "  .then(async (response) => console.log(response.status, Object.fromEntries(response.headers), await response.text()));"
    )


def test_headers_that_an_object_cannot_hold_are_written_as_an_array() -> None:
    twice = FetchRequest("http://localhost:8000/", "null", headers=(("X-A", "1"), ("x-a", "2")))
    odd = FetchRequest("http://localhost:8000/", "null", headers=(("__proto__", "1"), ("7", "2")))

    assert 'headers: [["X-A", "1"], ["x-a", "2"]]' in fetch_snippet(twice)
    assert 'headers: [["__proto__", "1"], ["7", "2"]]' in fetch_snippet(odd)


def test_no_secret_is_printed_as_fetch() -> None:
    request = FetchRequest(
        f"http://localhost:8000/login?token={SECRET}",
        "http://localhost:3000",
        method="POST",
        headers=(("Authorization", f"Basic {SECRET}"), ("X-API-Key", SECRET)),
        body=f'{{"user":"ada","password":"{SECRET}","nested":[{{"accessToken":"{SECRET}"}}]}}',
    )

    snippet = fetch_snippet(request)

    assert SECRET not in snippet
    assert "ada" not in snippet
    assert '\\"user\\":\\"redacted\\"' in snippet
    assert "// Fill in what is redacted: Authorization, X-API-Key, the URL, the body\n" in snippet


def test_of_bytes_that_are_no_text_nothing_is_shown() -> None:
    binary = FetchRequest("http://localhost:8000/", "null", method="POST", body=b"\xff\x00\xfe")

    assert 'new TextEncoder().encode("redacted")' in fetch_snippet(binary)


def test_bytes_and_streams_are_written_as_what_they_are() -> None:
    text = FetchRequest("http://localhost:8000/", "null", method="POST", body="é".encode())
    stream = FetchRequest("http://localhost:8000/", "null", method="POST", body=iter([b"a"]))

    assert "new TextEncoder().encode(" in fetch_snippet(text)
    assert 'duplex: "half"' in fetch_snippet(stream)
    assert not isinstance(parse_fetch(fetch_snippet(stream)).body, str | bytes | None)


def test_an_origin_cannot_break_out_of_the_comment() -> None:
    snippet = fetch_snippet(FetchRequest("http://localhost:8000/", "http://a\nalert(1)//\u2028alert(2)"))

    assert snippet.splitlines()[0].startswith("// ")
    assert snippet.splitlines()[1].startswith("fetch(")


REQUESTS = st.builds(
    FetchRequest,
    url=URLS,
    origin=st.just("http://localhost:3000"),
    method=st.sampled_from(["POST", "PUT", "patch", "DELETE"]),
    headers=HEADERS,
    credentials=st.sampled_from(["omit", "same-origin", "include"]),
    mode=st.sampled_from(["cors", "no-cors", "same-origin"]),
    redirect=st.sampled_from(["follow", "error", "manual"]),
    body=st.none() | st.text(max_size=30) | st.binary(max_size=10) | st.just('{"name":"é\u2028</script>"}'),
)


@settings(max_examples=150, deadline=None)
@given(REQUESTS)
def test_a_fetch_snippet_is_read_back_as_the_request_it_was_made_of(request: FetchRequest) -> None:
    pasted = parse_fetch(fetch_snippet(request))

    shown = redacted_request(request)
    expected: tuple[str, Headers, Credentials, Mode, Redirect] = (
        request.method, shown.headers, request.credentials, request.mode, request.redirect,
    )  # fmt: skip
    assert (pasted.method, pasted.headers, pasted.credentials, pasted.mode, pasted.redirect) == expected
    assert pasted.body == shown.body
    assert parse_fetch(fetch_snippet(pasted.request("null"))).url == pasted.url


def test_snippets_are_valid_javascript(tmp_path: Path) -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("needs node")
    requests = [
        FetchRequest("http://localhost:8000/", "http://localhost:3000"),
        FetchRequest(
            "http://localhost:8000/'\"`", "null", method="POST", body="`${x}`\u2028</script>\\", headers=(("x-'", 'é"\\'),)
        ),
        FetchRequest(
            "http://localhost:8000/", "null", method="PUT", body=b"\xff", headers=(("a", "1"), ("A", "2")), mode="no-cors"
        ),
        FetchRequest("http://localhost:8000/", "a\nb", method="PUT", body=iter([b""]), cache="reload", redirect="manual"),
    ]
    script = tmp_path / "snippets.js"
    script.write_text("\n".join(fetch_snippet(request) for request in requests), encoding="utf-8")

    done = subprocess.run([node, "--check", str(script)], capture_output=True, text=True, timeout=60, check=False)

    assert done.stderr == ""
    assert done.returncode == 0
