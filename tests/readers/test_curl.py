from __future__ import annotations

from base64 import b64encode
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corsense.fetch.wire import Headers
from corsense.readers import InputError
from corsense.readers.curl import parse_curl
from corsense.readers.requests import PastedRequest

SECRET = "s3cr3t-value"

CHROMIUM_BASH = rf"""curl 'http://localhost:8000/api/users' \
  -H 'accept: */*' \
  -H 'accept-language: en-GB,en;q=0.9' \
  -H 'authorization: Bearer {SECRET}' \
  -H 'cache-control: no-cache' \
  -H 'content-type: application/json' \
  -b 'session={SECRET}; theme=dark' \
  -H 'origin: http://localhost:3000' \
  -H 'pragma: no-cache' \
  -H 'priority: u=1, i' \
  -H 'referer: http://localhost:3000/users/new' \
  -H 'sec-ch-ua: "Chromium";v="156", "Not)A;Brand";v="8"' \
  -H 'sec-ch-ua-mobile: ?0' \
  -H 'sec-fetch-dest: empty' \
  -H 'sec-fetch-mode: cors' \
  -H 'sec-fetch-site: same-site' \
  -H 'user-agent: Mozilla/5.0 (X11; Linux x86_64)' \
  -H 'x-request-id: 7' \
  --data-raw $'{{"name":"O\'Brien\u0021","note":"a\\nb"}}'"""

CHROMIUM_CMD = rf"""curl ^"http://localhost:8000/api/users?q=a^%^20b^&page=1^" ^
  -H ^"accept: */*^" ^
  -H ^"content-type: application/json^" ^
  -b ^"session={SECRET}^" ^
  -H ^"origin: http://localhost:3000^" ^
  -H ^"sec-ch-ua: ^\^"Chromium^\^";v=^\^"156^\^"^" ^
  -H ^"sec-fetch-mode: cors^" ^
  -H ^"user-agent: Mozilla/5.0^" ^
  --data-raw ^"^{{^\^"name^\^":^\^"Ada^\^",^\^"share^\^":^\^"5^%^\^"^}}^"
"""

FIREFOX_BASH = r"""curl 'http://localhost:8000/api/users' -X PUT
 -H 'User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0'
 -H 'Accept: application/json' -H 'Accept-Language: en-US,en;q=0.5' --compressed -H 'Referer: http://localhost:5173/'
 -H 'Content-Type: application/json' -H 'Origin: http://localhost:5173' -H 'DNT: 1' -H 'Connection: keep-alive'
 -H 'Sec-Fetch-Mode: cors' -H 'Priority: u=0' --data-raw '{"a":1}'""".replace("\n", "")

SAFARI = r"""curl 'http://localhost:8000/api/users' \
-X 'POST' \
-H 'Content-Type: application/json' \
-H 'Accept: */*' \
-H 'Origin: http://localhost:3000' \
-H 'User-Agent: Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/18.0 Safari/605.1.15' \
-H 'Referer: http://localhost:3000/' \
--data-binary '{"a":1}'"""


def names(pasted: PastedRequest) -> tuple[str, ...]:
    return tuple(name.lower() for name, _ in pasted.headers)


def test_chromiums_copy_for_bash_gives_the_request_that_script_made() -> None:
    pasted = parse_curl(CHROMIUM_BASH)

    assert pasted.url == "http://localhost:8000/api/users"
    assert pasted.method == "POST"
    assert pasted.origin == "http://localhost:3000"
    assert pasted.body == '{"name":"O\'Brien!","note":"a\\nb"}'
    assert pasted.headers == (
        ("authorization", f"Bearer {SECRET}"),
        ("content-type", "application/json"),
        ("x-request-id", "7"),
    )


def test_cookies_mean_that_credentials_were_included_and_only_their_names_stay() -> None:
    pasted = parse_curl(CHROMIUM_BASH)

    assert pasted.credentials == "include"
    assert pasted.cookie_names == ("session", "theme")
    assert pasted.request().cookies is True


def test_what_is_sent_again_keeps_its_credentials() -> None:
    pasted = parse_curl(CHROMIUM_BASH)

    assert SECRET in dict(pasted.request().headers)["authorization"]


@pytest.mark.parametrize("text", [CHROMIUM_BASH, CHROMIUM_CMD])
def test_no_value_of_a_cookie_is_kept(text: str) -> None:
    pasted = parse_curl(text)

    assert SECRET in text
    assert SECRET not in repr((pasted.cookie_names, pasted.notes))
    assert not any("cookie" in name.lower() for name, _ in pasted.headers)


def test_chromiums_copy_for_cmd_is_unescaped_twice() -> None:
    pasted = parse_curl(CHROMIUM_CMD)

    assert pasted.url == "http://localhost:8000/api/users?q=a%20b&page=1"
    assert pasted.body == '{"name":"Ada","share":"5%"}'
    assert pasted.headers == (("content-type", "application/json"),)
    assert pasted.origin == "http://localhost:3000"


def test_two_line_ends_after_a_caret_are_one_in_a_body_copied_for_cmd() -> None:
    pasted = parse_curl('curl ^"http://localhost:8000/^" ^\n  --data-raw ^"a^\n\nb^" ^\n  -H ^"x-a: 1^"')

    assert pasted.body == "a\nb"
    assert ("x-a", "1") in pasted.headers


def test_cmd_without_carets_around_quotes_is_understood_too() -> None:
    pasted = parse_curl('curl "http://localhost:8000/items" ^\r\n -H "X-A: say \\"hi\\"" ^\r\n --data "a""b"')

    assert ("X-A", 'say "hi"') in pasted.headers
    assert pasted.body == 'a"b'


def test_firefoxs_copy_keeps_accept_and_drops_what_firefox_added() -> None:
    pasted = parse_curl(FIREFOX_BASH)

    assert pasted.method == "PUT"
    assert pasted.origin == "http://localhost:5173"
    assert pasted.headers == (("Accept", "application/json"), ("Content-Type", "application/json"))
    assert pasted.credentials == "same-origin"


def test_safaris_copy_is_understood() -> None:
    pasted = parse_curl(SAFARI)

    assert (pasted.method, pasted.origin, pasted.body) == ("POST", "http://localhost:3000", '{"a":1}')
    assert pasted.headers == (("Content-Type", "application/json"),)


@pytest.mark.parametrize(
    ("options", "method", "headers", "body"),
    [
        ("", "GET", (), None),
        ("-X DELETE", "DELETE", (), None),
        ("-XPATCH", "PATCH", (), None),
        ("--request=PUT", "PUT", (), None),
        ("-I", "HEAD", (), None),
        ("-d a=1 -d b=2", "POST", (("Content-Type", "application/x-www-form-urlencoded"),), "a=1&b=2"),
        ("--data-urlencode 'q=a b&c'", "POST", (("Content-Type", "application/x-www-form-urlencoded"),), "q=a+b%26c"),
        ("--json '{}'", "POST", (("Content-Type", "application/json"), ("Accept", "application/json")), "{}"),
        ("-H 'content-type: text/csv' -d x", "POST", (("content-type", "text/csv"),), "x"),
        ("-H 'X-Empty;' -H 'Accept:'", "GET", (("X-Empty", ""),), None),
        ("-u user:pass", "GET", (("Authorization", "Basic dXNlcjpwYXNz"),), None),
        ("--oauth2-bearer abc", "GET", (("Authorization", "Bearer abc"),), None),
        ("-A Browser/1.0 -e http://localhost:3000/", "GET", (), None),
        ("-r 0-99", "GET", (("Range", "bytes=0-99"),), None),
        ("-H cache-control:no-cache", "GET", (("cache-control", "no-cache"),), None),
        ("-sSLki -o /dev/null -w '%{http_code}' --max-time 5", "GET", (), None),
        (r"-H $'x-a: \xe9\u00e9\351'", "GET", (("x-a", "ééé"),), None),
        (r"""-H "x-a: \"b\" \$c" """, "GET", (("x-a", '"b" $c'),), None),
    ],
)
def test_options_of_hand_written_commands(options: str, method: str, headers: Headers, body: str | None) -> None:
    pasted = parse_curl(f"curl {options} http://localhost:8000/items")

    assert (pasted.method, pasted.headers, pasted.body) == (method, headers, body)
    assert pasted.url == "http://localhost:8000/items"


def test_get_with_data_puts_the_data_into_the_url() -> None:
    pasted = parse_curl("curl -G 'http://localhost:8000/items?x=0#top' -d a=1 --data-urlencode 'q=a b'")

    assert pasted.url == "http://localhost:8000/items?x=0&a=1&q=a+b#top"
    assert (pasted.method, pasted.body) == ("GET", None)


def test_form_fields_become_a_multipart_body_without_reading_files() -> None:
    pasted = parse_curl("curl http://localhost:8000/upload -F name=Ada -F photo=@/etc/hostname")

    assert pasted.method == "POST"
    assert dict(pasted.headers)["Content-Type"].startswith("multipart/form-data; boundary=")
    assert isinstance(pasted.body, bytes)
    assert b'name="name"\r\n\r\nAda\r\n' in pasted.body
    assert b'filename="/etc/hostname"\r\n\r\n\r\n' in pasted.body


def test_a_pasted_preflight_stands_for_the_request_it_asks_for() -> None:
    pasted = parse_curl(
        "curl -i -X OPTIONS http://localhost:8000/items -H 'Origin: http://localhost:3000' "
        "-H 'Access-Control-Request-Method: PUT' -H 'Access-Control-Request-Headers: authorization,content-type'"
    )

    assert pasted.method == "PUT"
    assert pasted.headers == (("authorization", "Bearer redacted"), ("content-type", "application/json"))
    assert any("preflight" in note for note in pasted.notes)


def test_the_page_is_that_of_the_referer_when_there_is_no_origin_header() -> None:
    pasted = parse_curl("curl http://localhost:8000/items -H 'Referer: https://app.example.com/users?id=1'")

    assert pasted.origin == "https://app.example.com"


def test_without_origin_and_referer_the_page_must_be_named() -> None:
    pasted = parse_curl("curl http://localhost:8000/items")

    assert pasted.origin is None
    assert pasted.request("http://localhost:3000").origin == "http://localhost:3000"
    with pytest.raises(InputError, match="--origin"):
        pasted.request()


def test_an_origin_written_with_a_slash_is_read_as_browsers_write_it() -> None:
    pasted = parse_curl("curl http://localhost:8000/items -H 'Origin: http://localhost:3000/'")

    assert pasted.origin == "http://localhost:3000"
    assert any("http://localhost:3000/" in note for note in pasted.notes)


@pytest.mark.parametrize("origin", ["null", "capacitor://localhost", "chrome-extension://abcdefgh"])
def test_origins_of_apps_extensions_and_sandboxes_are_kept(origin: str) -> None:
    assert parse_curl(f"curl http://localhost:8000/ -H 'Origin: {origin}'").origin == origin


def test_user_and_password_of_the_url_become_an_authorization_header() -> None:
    pasted = parse_curl(f"curl http://me:{SECRET}@localhost:8000/items")

    assert pasted.url == "http://localhost:8000/items"
    assert pasted.headers == (("Authorization", f"Basic {b64encode(f'me:{SECRET}'.encode()).decode()}"),)


def test_tokens_in_the_query_are_sent_again_and_in_no_note() -> None:
    pasted = parse_curl(f"curl 'http://localhost:8000/items?access_token={SECRET}&page=2'")

    assert pasted.url == f"http://localhost:8000/items?access_token={SECRET}&page=2"
    assert not any(SECRET in note for note in pasted.notes)


@pytest.mark.parametrize(
    "text",
    [
        "$ curl http://localhost:8000/items | jq .",
        "```bash\ncurl http://localhost:8000/items\n```",
        "time /usr/bin/curl http://localhost:8000/items > out.json 2>&1",
        "curl.exe http://localhost:8000/items",
        "curl http://localhost:8000/items; echo done",
        "curl http://localhost:8000/items && curl http://localhost:9000/other",
        "curl http://localhost:8000/items # the list",
        "Here is what I ran:\ncurl \\\n  http://localhost:8000/items\nand it said 400",
    ],
)
def test_what_stands_around_the_command_does_not_matter(text: str) -> None:
    pasted = parse_curl(text)

    assert (pasted.url, pasted.method, pasted.headers) == ("http://localhost:8000/items", "GET", ())


def test_options_on_lines_whose_backslash_was_lost_still_belong_to_the_command() -> None:
    pasted = parse_curl("curl http://localhost:8000/items\n  -X POST\n  -H 'x-a: 1'")

    assert (pasted.method, pasted.headers) == ("POST", (("x-a", "1"),))


def test_an_unquoted_ampersand_in_the_url_is_part_of_it() -> None:
    assert parse_curl("curl http://localhost:8000/items?a=1&b=2 -i").url == "http://localhost:8000/items?a=1&b=2"


def test_a_url_without_scheme_is_http_as_for_curl() -> None:
    pasted = parse_curl("curl localhost:8000/items")

    assert pasted.url == "http://localhost:8000/items"
    assert any("http://" in note for note in pasted.notes)


def test_insecure_turns_the_check_of_certificates_off() -> None:
    assert parse_curl("curl -k https://localhost:8443/").verify is False
    assert parse_curl("curl https://localhost:8443/").verify is True


def test_a_body_with_get_is_left_out_because_browsers_refuse_it() -> None:
    pasted = parse_curl("curl -X GET -d a=1 http://localhost:8000/items")

    assert pasted.body is None
    assert any("body" in note for note in pasted.notes)


def test_no_cors_requests_are_recognised_by_sec_fetch_mode() -> None:
    assert parse_curl("curl http://localhost:8000/pixel -H 'Sec-Fetch-Mode: no-cors'").mode == "no-cors"


def test_an_unknown_option_is_noted_and_passed_over() -> None:
    pasted = parse_curl("curl --frobnicate http://localhost:8000/items")

    assert pasted.url == "http://localhost:8000/items"
    assert any("--frobnicate" in note for note in pasted.notes)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "Copy as cURL"),
        ("hello", "'hello'"),
        ("curl", "Copy as cURL"),
        ("curl -X POST", "names no URL"),
        ("curl -H", "'-H'"),
        ("curl 'http://localhost:8000", "never closed"),
        ('curl "http://localhost:8000', "never closed"),
        ("curl $'http://localhost:8000", "never closed"),
        ("curl ftp://localhost/file", "'ftp://localhost/file'"),
        ("curl nonsense", "'nonsense'"),
        ("curl http://", "not a URL"),
        ("curl http://localhost:8000 -X 'BAD METHOD'", "'BAD METHOD'"),
        ("curl http://localhost:8000 -H 'bad name: 1'", "'bad name'"),
        ("curl http://localhost:8000 -H 'Origin: localhost:3000'", "'localhost:3000'"),
        ("curl http://localhost:8000 -H 'Upgrade: websocket'", "WebSocket"),
        ("fetch('http://localhost:8000')", "--fetch"),
        ('Invoke-WebRequest -Uri "http://localhost:8000"', "PowerShell"),
        ("curl " + "x" * 3_000_000, "3,000,005 characters"),
    ],
)
def test_bad_input_is_one_sentence_that_names_the_value_or_the_remedy(text: str, says: str) -> None:
    with pytest.raises(InputError) as raised:
        parse_curl(text)

    message = str(raised.value)
    assert says in message
    assert "\n" not in message
    assert len(message) < 300


@pytest.mark.parametrize(
    "text", ["curl " + "\n -a" * 100_000, "curl ^\n" * 100_000, "curl " + "\\ " * 200_000, "curl '" + "\\'" * 200_000]
)
def test_long_hostile_text_ends_with_a_sentence(text: str) -> None:
    with pytest.raises(InputError):
        parse_curl(text)


PIECES = [
    "curl ", "-H ", "-X", "'", '"', "$'", "\\", "^", '^"', "\n", " ", "-d ", "--json ", "-F ", "-b ", "a=1", ":", ";",
    "|", "&", ">", "#", "@", "Origin: ", "http://", "localhost", ":8000/", "?token=1", "[", "é", "\ud800", "\x00",
    "--", "-", "--data-urlencode ", "-G ", "null", "-u ", "\\x", "\\u00", "\\777", "\r\n", "`", "%",
]  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=40).map("".join), st.booleans())
def test_no_text_makes_the_reader_fail_in_another_way(text: str, complete: bool) -> None:
    with suppress(InputError):
        parse_curl("curl http://localhost:8000/ " + text if complete else text)
