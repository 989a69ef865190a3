from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corsense.readers import InputError
from corsense.readers.fetch_call import parse_fetch

SECRET = "s3cr3t-value"

CHROMIUM = rf"""fetch("http://localhost:8000/api/users", {{
  "headers": {{
    "accept": "*/*",
    "accept-language": "en-US,en;q=0.9",
    "authorization": "Bearer {SECRET}",
    "cache-control": "no-cache",
    "content-type": "application/json",
    "pragma": "no-cache",
    "sec-ch-ua": "\"Chromium\";v=\"156\"",
    "sec-fetch-mode": "cors",
    "x-request-id": "7"
  }},
  "referrer": "http://localhost:3000/",
  "referrerPolicy": "strict-origin-when-cross-origin",
  "body": "{{\"name\":\"O'Brien\"}}",
  "method": "POST",
  "mode": "cors",
  "credentials": "include"
}});"""

NODE = f"""fetch("http://localhost:8000/api/users", {{
  "headers": {{
    "accept": "*/*",
    "content-type": "application/json",
    "sec-fetch-mode": "cors",
    "cookie": "session={SECRET}",
    "Referer": "http://localhost:3000/"
  }},
  "body": "{{}}",
  "method": "PUT"
}});"""

FIREFOX = """await fetch("http://localhost:8000/api/users", {
    "credentials": "include",
    "headers": {
        "User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0",
        "Accept": "application/json",
        "Accept-Language": "en-US,en;q=0.5",
        "X-Requested-With": "XMLHttpRequest",
        "Sec-Fetch-Mode": "cors"
    },
    "referrer": "http://localhost:5173/login",
    "method": "DELETE",
    "mode": "cors"
});"""

HAND_WRITTEN = """
// the login form; don't forget the cookie
const API_URL = 'http://localhost:8000';
export async function save({ name, tags }) {
  const response = await fetch(`${API_URL}/users/${name}`, {
    method: 'PUT', /* replaces */
    headers: new Headers({ 'Content-Type': 'application/json', Authorization: `Bearer ${token}`, }),
    body: JSON.stringify({ name, age: 42, tags: ['a', "b"], nested: { ok: true, none: null }, }),
    signal: AbortSignal.timeout(5_000),
    credentials: 'include',
  });
  return response.json().then((data) => ({ ...data, ok: true }));
}
"""


def test_chromiums_copy_gives_the_request_that_script_made() -> None:
    pasted = parse_fetch(CHROMIUM)

    assert (pasted.url, pasted.method, pasted.origin) == ("http://localhost:8000/api/users", "POST", "http://localhost:3000")
    assert pasted.headers == (
        ("authorization", f"Bearer {SECRET}"),
        ("content-type", "application/json"),
        ("x-request-id", "7"),
    )
    assert pasted.body == '{"name":"O\'Brien"}'
    assert (pasted.credentials, pasted.mode, pasted.initiator) == ("include", "cors", "fetch")


def test_the_copy_for_node_names_cookie_and_page_in_headers() -> None:
    pasted = parse_fetch(NODE)

    assert (pasted.method, pasted.origin, pasted.credentials) == ("PUT", "http://localhost:3000", "include")
    assert pasted.cookie_names == ("session",)
    assert pasted.headers == (("content-type", "application/json"),)


@pytest.mark.parametrize("text", [CHROMIUM, NODE])
def test_no_value_of_a_cookie_is_kept(text: str) -> None:
    pasted = parse_fetch(text)

    assert SECRET in text
    assert SECRET not in repr((pasted.cookie_names, pasted.notes))
    assert not any("cookie" in name.lower() for name, _ in pasted.headers)


def test_firefoxs_copy_drops_what_firefox_added() -> None:
    pasted = parse_fetch(FIREFOX)

    assert (pasted.method, pasted.origin, pasted.credentials) == ("DELETE", "http://localhost:5173", "include")
    assert pasted.headers == (("Accept", "application/json"), ("X-Requested-With", "XMLHttpRequest"))


def test_hand_written_code_is_read_through_constants_templates_and_unknown_values() -> None:
    pasted = parse_fetch(HAND_WRITTEN)

    assert (pasted.url, pasted.method) == ("http://localhost:8000/users/1", "PUT")
    assert pasted.headers == (("Content-Type", "application/json"), ("Authorization", "Bearer redacted"))
    assert pasted.body == '{"name":null,"age":42,"tags":["a","b"],"nested":{"ok":true,"none":null}}'
    assert pasted.credentials == "include"
    assert pasted.origin is None


def test_a_user_agent_that_script_sets_is_a_header_of_script() -> None:
    pasted = parse_fetch("fetch('http://localhost:8000/', {headers: {'User-Agent': 'mine/1.0', 'Cache-Control': 'no-cache'}})")

    assert pasted.headers == (("User-Agent", "mine/1.0"), ("Cache-Control", "no-cache"))


def test_headers_that_no_script_may_set_are_dropped() -> None:
    pasted = parse_fetch(
        "fetch('http://localhost:8000/', {headers: {Host: 'x', 'Sec-X': '1', 'Proxy-Y': '2', DNT: '1', 'X-A': '3'}})"
    )

    assert pasted.headers == (("X-A", "3"),)


@pytest.mark.parametrize(
    "call",
    [
        "fetch('http://localhost:8000/items')",
        "window.fetch('http://localhost:8000/items').then(r => r.json()).catch(console.error)",
        'await fetch("http://localhost:8000/items");',
        "fetch(`http://localhost:8000/items`)",
        "fetch('http://localhost:' + 8000 + '/items')",
        "fetch(process.env.API ?? 'http://localhost:8000/items')",
        "fetch(new URL('/items', 'http://localhost:8000'))",
        "fetch(new Request('http://localhost:8000/items'))",
        "fetch((('http://localhost:8000/items')))",
        "fetch('http:\\u002f\\x2flocalhost:8000/items')",
        "function fetch() {}\nconst url = 'http://localhost:8000/items'; fetch(url)",
        "const base = { url: 'http://localhost:8000' }; fetch(base.url + '/items')",
        "client.fetch('http://other:1/'); fetch('http://localhost:8000/items')",
        "const r = /['\"`]/; fetch('http://localhost:8000/items')",
        "useEffect(() => { (async () => { setItems(await (await fetch('http://localhost:8000/items')).json()) })() }, [])",
        "<button onClick={() => fetch('http://localhost:8000/items')}>don't</button>",
    ],
)
def test_ways_to_write_a_simple_call(call: str) -> None:
    pasted = parse_fetch(call)

    assert (pasted.url, pasted.method, pasted.headers, pasted.body) == ("http://localhost:8000/items", "GET", (), None)


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ("{'X-A': '1', 'X-B': 2, \"X-C\": true}", (("X-A", "1"), ("X-B", "2"), ("X-C", "true"))),
        ("[['X-A', '1'], ['X-A', '2'],]", (("X-A", "1"), ("X-A", "2"))),
        ("new Headers([['X-A', '1']])", (("X-A", "1"),)),
        ("{['X-A']: '1', ...common, 'X-B': value}", (("X-A", "1"), ("X-B", "1"))),
        ("{'X-A': `a${b}`}", (("X-A", "aredacted"),)),
        ("getHeaders()", ()),
        ("{'X-A': 'é'}", (("X-A", "é"),)),
    ],
)
def test_ways_to_write_headers(headers: str, expected: tuple[tuple[str, str], ...]) -> None:
    assert parse_fetch(f"fetch('http://localhost:8000/', {{headers: {headers}}})").headers == expected


@pytest.mark.parametrize(
    ("body", "expected", "content_type"),
    [
        ("'text'", "text", None),
        ("JSON.stringify({a: 1.0, b: -2, c: [undefined]})", '{"a":1,"b":-2,"c":[null]}', None),
        ("JSON.stringify({[key]: 1, f() { return {a: 1}; }, g: (x) => { x }, h: `t`})", '{"f":null,"g":null,"h":"t"}', None),
        ("new URLSearchParams({a: 'x y', b: '2'})", "a=x+y&b=2", "application/x-www-form-urlencoded;charset=UTF-8"),
        ("new URLSearchParams('a=1')", "a=1", "application/x-www-form-urlencoded;charset=UTF-8"),
        ("new FormData(form)", b"------corsense--\r\n", "multipart/form-data; boundary=----corsense"),
        ("new Blob(['x'], {type: 'text/csv'})", b"x", "text/csv"),
        ("file", "", None),
    ],
)
def test_ways_to_write_a_body(body: str, expected: str | bytes, content_type: str | None) -> None:
    pasted = parse_fetch(f"fetch('http://localhost:8000/', {{method: 'POST', body: {body}}})")

    assert pasted.body == expected
    assert dict(pasted.headers).get("Content-Type") == content_type


def test_options_of_the_call_are_kept() -> None:
    pasted = parse_fetch(
        "fetch('http://localhost:8000/', {mode: 'no-cors', credentials: 'omit', redirect: 'manual', cache: 'reload'})"
    )

    assert (pasted.mode, pasted.credentials, pasted.redirect, pasted.cache) == ("no-cors", "omit", "manual", "reload")


def test_a_relative_url_is_completed_from_the_referrer() -> None:
    pasted = parse_fetch("fetch('/api/items', {referrer: 'https://app.example.com/list'})")

    assert (pasted.url, pasted.origin) == ("https://app.example.com/api/items", "https://app.example.com")


@pytest.mark.parametrize(
    ("call", "method", "url", "headers", "body", "credentials"),
    [
        ("axios.get('http://localhost:8000/items')", "GET", "/items", (), None, "same-origin"),
        (
            "axios.get<Item[]>('http://localhost:8000/items', { params: { q: 'a b' }, withCredentials: true })",
            "GET", "/items?q=a+b", (), None, "include",
        ),
        (
            "axios.post('http://localhost:8000/items', { a: 1 }, { headers: { 'X-A': '1' } })",
            "POST", "/items", (("X-A", "1"), ("Content-Type", "application/json")), '{"a":1}', "same-origin",
        ),
        ("axios({ method: 'delete', url: 'http://localhost:8000/items/1' })", "DELETE", "/items/1", (), None, "same-origin"),
        (
            "const api = axios.create({ baseURL: 'http://localhost:8000/api/', withCredentials: true });\n"
            "await api.put('/items', 'x=1')",
            "PUT", "/api/items", (("Content-Type", "application/x-www-form-urlencoded"),), "x=1", "include",
        ),
        (
            "axios.patch('http://localhost:8000/items/1', payload)",
            "PATCH", "/items/1", (("Content-Type", "application/json"),), "{}", "same-origin",
        ),
    ],
)  # fmt: skip
def test_axios_calls_are_xmlhttprequests_with_json(
    call: str, method: str, url: str, headers: tuple[tuple[str, str], ...], body: str | None, credentials: str
) -> None:
    pasted = parse_fetch(call)

    assert (pasted.method, pasted.url, pasted.body) == (method, "http://localhost:8000" + url, body)
    assert pasted.headers == (("Accept", "application/json, text/plain, */*"), *headers)
    assert (pasted.credentials, pasted.initiator) == (credentials, "xhr")


def test_the_first_of_several_calls_is_taken_and_the_others_are_mentioned() -> None:
    pasted = parse_fetch("fetch('http://localhost:8000/a'); fetch('http://localhost:8000/b')")

    assert pasted.url.endswith("/a")
    assert any("more than one call" in note for note in pasted.notes)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "no call of fetch()"),
        ("hello", "'hello'"),
        ("curl http://localhost:8000/", "--curl"),
        ("fetch(", "copy the whole call"),
        ("fetch('http://localhost:8000/', {method: 'POST'", "copy the whole call"),
        ("fetch('http://localhost:8000/', {method: 'POST", "copy the whole call"),
        ("fetch()", "begin with a URL"),
        ("fetch(url)", "'url'"),
        ("fetch(`${API_URL}/items`)", "'${API_URL}/items'"),
        ("fetch('/api/items')", "'/api/items'"),
        ("fetch('ftp://localhost/')", "'ftp://localhost/'"),
        ("fetch('http://localhost:8000/', {credentials: 'yes'})", "'yes'"),
        ("fetch('http://localhost:8000/', {method: verb})", "'verb'"),
        ("fetch('http://localhost:8000/', {method: 'NO WAY'})", "'NO WAY'"),
        ("fetch('http://localhost:8000/', {headers: {'a b': '1'}})", "'a b'"),
        ("fetch('http://localhost:8000/', {headers: {'x-a': 'a\\nb'}})", "'x-a'"),
        ("fetch(" + "[" * 500, "60 deep"),
        ("fetch('" + "x" * 3_000_000, "characters"),
    ],
)
def test_bad_input_is_one_sentence_that_names_the_value_or_the_remedy(text: str, says: str) -> None:
    with pytest.raises(InputError) as raised:
        parse_fetch(text)

    message = str(raised.value)
    assert says in message
    assert "\n" not in message
    assert len(message) < 300


@pytest.mark.parametrize(
    "text",
    [
        "fetch(" * 20_000,
        "`${" * 20_000,
        '"\\' * 50_000,
        "/*" * 50_000,
        "const a=[[[[" * 10_000,
        "fetch([" + "-" * 50_000,
        "`${x`" * 20_000,
        "axios.get<" * 10_000,
        "fetch(({" * 20_000,
        "fetch('http://localhost', " + "{a:" * 55,
    ],
)
def test_hostile_text_ends_with_a_sentence(text: str) -> None:
    with pytest.raises(InputError):
        parse_fetch(text)


PIECES = [
    "fetch", "axios", "axios.post", "const a = ", "a", "'b'", '"c', "`", "${", "}", "{", "(", ")", "[", "]", ",", ":",
    ".", "?.", "=>", "+", "??", "-", "1", "0x", "1e9", "...", "new ", "await ", "!", "/", "//", "/*", "*/", "\\",
    "\n", "'", "<", ">", "headers: ", "body: ", "method: ", "'POST'", "mode: ", "function ", "null",
    "http://localhost:8000/", "'http://localhost:8000/'", "é", "\ud800", "\x00", " ",
]  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=40).map("".join), st.booleans())
def test_no_text_makes_the_reader_fail_in_another_way(text: str, inside: bool) -> None:
    with suppress(InputError):
        parse_fetch("fetch('http://localhost:8000/', {" + text if inside else text)
