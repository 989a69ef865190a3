"""What people paste is recognised, and what is not sure is not called certain."""

# ruff: noqa: RUF001 -- these are the characters that people paste

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from random import Random
from typing import Any

import pytest

from corsense.console.parse import Message, parse
from corsense.fetch import CorsError
from tests.console.pasting import CHANGES, Change
from tests.fetch.recorded import CORPUS

PRINTERS = {
    "chromium": "chromium",
    "chromium-old": "chromium",
    "firefox": "firefox",
    "webkit": "webkit",
    "ie-edge-legacy": "ie-edge-legacy",
}


def pasted() -> Iterator[Any]:
    with (CORPUS / "pasted-sample.jsonl").open(encoding="utf-8") as lines:
        for row in map(json.loads, lines):
            yield pytest.param(row, id=row["id"])


@pytest.mark.parametrize("row", list(pasted()))
def test_a_pasted_text_has_the_messages_that_people_see_in_it(row: dict[str, Any]) -> None:
    found = parse(row["text"])
    assert {message.code for message in found} == set(row["codes_in_text"])
    printers = {PRINTERS.get(name, "library") for name in re.split(r" or | \+ ", row["engine"])}
    assert {message.engine for message in found} <= printers


@cache
def printed() -> tuple[tuple[str, str, str], ...]:
    """What consoles printed: engine, Firefox's category or nothing, text. One of each kind, addresses aside."""
    kinds: dict[tuple[str, str], tuple[str, str, str]] = {}
    with (CORPUS / "browsers.jsonl").open(encoding="utf-8") as lines:
        for row in map(json.loads, lines):
            for engine, observed in row["observed"].items():
                for entry in (observed or {}).get("console", []):
                    kind = re.sub(r"\w+://[^\s'’”]*", "URL", entry["text"])
                    kinds.setdefault((engine, kind), (engine, entry.get("category", ""), entry["text"].strip()))
    return tuple(kinds.values())


def test_every_line_of_a_console_is_one_message_of_that_engine() -> None:
    both = {"console:status", "unsafe-header", "eventsource-type"}  # WebKit has these words from the same code as Chromium
    for engine, category, text in printed():
        messages = parse(text)
        assert [message.text for message in messages] == [text]
        assert messages[0].engine == engine or messages[0].code in both
        if category.startswith("CORS"):
            assert messages[0].code == category


def test_every_refusal_of_chromium_is_read_as_the_error_that_chromium_names() -> None:
    with (CORPUS / "browsers.jsonl").open(encoding="utf-8") as lines:
        for row in map(json.loads, lines):
            observed = row["observed"]["chromium"]
            if not observed or len(row["request"]) > 1:
                continue
            named = [
                failure["corsErrorStatus"]["corsError"] for failure in observed["loading_failed"] if "corsErrorStatus" in failure
            ]
            read = [
                message
                for entry in observed["console"]
                for message in parse(entry["text"])
                if message.text.startswith("Access to")
            ]
            assert {message.error for message in read} == set(map(CorsError, named))
            assert all(message.certain for message in read)


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_a_message_stays_the_same_message_whatever_pasting_does_to_it(change: Change) -> None:
    chance = Random(7)
    for _, _, text in printed():
        [original] = parse(text)
        if not original.is_cors:
            continue
        changed = change(text, chance)
        assert [(m.code, m.error, m.origin, m.method, m.header) for m in parse(changed)] == [
            (original.code, original.error, original.origin, original.method, original.header)
        ], changed


@pytest.mark.parametrize(
    "change", [change for change in CHANGES if "wrapped" not in change.__name__ and change.__name__ != "indented"]
)
def test_the_address_survives_everything_but_a_line_break_at_its_end(change: Change) -> None:
    chance = Random(11)
    for _, _, text in printed():
        [original] = parse(text)
        if original.is_cors:
            assert [message.url for message in parse(change(text, chance))] == [original.url]


def test_several_messages_in_one_text_are_found_in_order() -> None:
    texts = [text for _, _, text in printed()]
    chance = Random(3)
    for separator in ("\n", "\n\n", "\r\n"):
        chosen = chance.sample(texts, 60)
        assert [message.code for message in parse(separator.join(chosen))] == [
            message.code for text in chosen for message in parse(text)
        ]


def test_messages_glued_together_without_a_space_are_distinguished() -> None:
    texts = [text for engine, _, text in printed() if engine == "chromium" and text.startswith("Access to")]
    for first, second in pairwise(texts):
        assert [message.code for message in parse(first + second)] == [
            message.code for text in (first, second) for message in parse(text)
        ]


def test_a_text_cut_off_anywhere_is_never_certainly_another_error() -> None:
    for _, _, text in printed():
        [whole] = parse(text)
        for end in range(5, len(text), 3):
            for message in parse(text[:end]):
                assert not (message.certain and message.error) or _same_check(message, whole), text[:end]


def _same_check(one: Message, other: Message) -> bool:
    """Whether two messages tell the same error; engines other than Chromium do not say whether it was the preflight's."""
    assert one.error is not None
    if other.engine == "chromium":
        return one.error == other.error
    return other.error is not None and one.error.removeprefix("Preflight") == other.error.removeprefix("Preflight")


# As people post them: the message, and the codes in it.
NO_HEADER = "No 'Access-Control-Allow-Origin' header is present on the requested resource."
THEREFORE = "Origin 'http://localhost:3000' is therefore not allowed access."
POSTED: list[tuple[str, list[str]]] = [
    (f"... has been blocked by CORS policy: {NO_HEADER}", ["MissingAllowOriginHeader"]),
    (f"{NO_HEADER} {THEREFORE}", ["old:xhr-missing"]),
    (f"Failed to load http://x.com/api: {NO_HEADER} {THEREFORE}", ["old:failed-to-load"]),
    (
        f"XMLHttpRequest cannot load http://x.com/a. {NO_HEADER} {THEREFORE} The response had HTTP status code 500.",
        ["old:xhr-missing"],
    ),
    (f"Fetch API cannot load http://x.com/a. {NO_HEADER} {THEREFORE}", ["old:fetch-missing"]),
    (
        f"Font from origin 'http://a.com' has been blocked from loading by Cross-Origin Resource Sharing"
        f" policy: {NO_HEADER} {THEREFORE}",
        ["old:resource-frame"],
    ),
    (
        f"Failed to load https://a.com/: Redirect from 'https://a.com/' to 'https://b.com/' has been blocked"
        f" by CORS policy: {NO_HEADER}",
        ["old:redirect-frame"],
    ),
    (
        f"Failed to load http://x.com/: Response to preflight request doesn't pass access control check: {NO_HEADER} {THEREFORE}",
        ["old:preflight-missing"],
    ),
    (
        "XMLHttpRequest cannot load http://x.com/api. Response for preflight has invalid HTTP status code 404",
        ["old:preflight-status"],
    ),
    (
        "XMLHttpRequest cannot load http://x/. Request header field Content-Type is not allowed by Access-Control-Allow-Headers.",
        ["old:header"],
    ),
    ("XMLHttpRequest cannot load http://x/. Origin http://y is not allowed by Access-Control-Allow-Origin.", ["old:not-allowed"]),
    (
        "[Error] XMLHttpRequest cannot load http://x/. Origin http://y is not allowed by Access-Control-Allow-Origin.",
        ["not-allowed"],
    ),
    ("Error: Origin -\nnot allowed by Access-Control-Allow-Origin", ["not-allowed"]),
    ("Origin http://localhost:3000 not allowed by Access-Control-Allow-Origin", ["not-allowed"]),
    ("curl -i -X OPTIONS http://x.com/api -H 'Origin: http://y'\nHTTP/1.1 401 Unauthorized\nserver: uvicorn", ["http:preflight"]),
    ("> OPTIONS /api HTTP/2\n> Origin: http://y\n>\n< HTTP/2 405\n< allow: GET", ["http:preflight"]),
    ("Request header field Authorization is not allowed by Access-Control-Allow-Headers.", ["header"]),
    (
        "from origin 'http://localhost:4200' has been blocked by CORS policy: Request header field content-type is not allowed by"
        " Access-Control-Allow-Headers in preflight response.",
        ["HeaderDisallowedByPreflightResponse"],
    ),
    (
        "I see: Access to fetch at 'http://localhost:8000' from origin 'http://localhost:3000' has been"
        " blocked by CORS policy... any idea?",
        ["frame"],
    ),
    ("Reason: CORS request did not succeed", ["CORSDidNotSucceed2"]),
    ("(Reason: CORS preflight channel did not succeed)", ["CORSPreflightDidNotSucceed3"]),
    (
        "Solicitud de origen cruzado bloqueada: La misma política de origen no permite la lectura de recursos remotos en http://localhost:8000/api."
        " (Razón: Cabecera CORS 'Access-Control-Allow-Origin' faltante). Código de estado: 500.",
        ["CORSMissingAllowOrigin2"],
    ),
    (
        "已拦截跨源请求：同源策略禁止读取位于 http://localhost:8000/api"
        " 的远程资源。（原因：CORS 请求未能成功）。状态码：(null)。",
        ["CORSDidNotSucceed2"],
    ),
    (
        "Cross-Origin-aanvraag geblokkeerd: de Same Origin Policy staat het lezen van de externe bron op"
        " http://localhost:8000/ niet toe."
        " (Reden: CORS-header ‘Access-Control-Allow-Origin’ ontbreekt). Statuscode: 200.",
        ["CORSMissingAllowOrigin2"],
    ),
    ("App.js:14 POST http://localhost:8000/login net::ERR_FAILED 500 (Internal Server Error)", ["net::ERR_FAILED"]),
    ("GET http://localhost:8000/items/ 500 (Internal Server Error)", ["console:status"]),
    ("AxiosError {message: 'Network Error', name: 'AxiosError', code: 'ERR_NETWORK', config: {…}}", ["ERR_NETWORK"]),
    (
        "Error: Network Error\n    at createError (createError.js:16)\n    at XMLHttpRequest.handleError (xhr.js:84)",
        ["ERR_NETWORK"],
    ),
    (
        "HttpErrorResponse {headers: HttpHeaders, status: 0, statusText: 'Unknown Error', url: 'http://localhost:8000/api'}",
        ["HttpErrorResponse:0"],
    ),
    (
        'Failed to fetch.Possible Reasons:CORSNetwork FailureURL scheme must be "http" or "https" for CORS request.',
        ["failed-to-fetch"],
    ),
    ("DioError [DioErrorType.response]: XMLHttpRequest error.", ["connectionError"]),
    ("ClientException: XMLHttpRequest error., uri=http://localhost:8000/", ["xhr"]),
    ("TypeError: Network request failed", ["network"]),
    ('INFO:     127.0.0.1:52164 - "OPTIONS /api/items HTTP/1.1" 400 Bad Request', ["uvicorn:options-log"]),
    ('INFO:     127.0.0.1:52164 - "POST /api/items HTTP/1.1" 500 Internal Server Error', ["starlette:500"]),
    ("Disallowed CORS origin", ["starlette:disallowed"]),
    ("WebSocket connection to 'ws://localhost:8000/ws' failed: ", ["websocket:failed"]),
    (
        "Refused to connect to 'http://localhost:8000/api' because it violates the following Content Security Policy directive:"
        " \"default-src 'self'\". Note that 'connect-src' was not explicitly set.",
        ["CSP:connect-old"],
    ),
]


@pytest.mark.parametrize(("text", "codes"), POSTED)
def test_a_posted_text_is_recognised(text: str, codes: list[str]) -> None:
    assert [message.code for message in parse(text)] == codes


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Hello, I love python and CORS is fine. The response is invalid. Origin story.",
        "We set allow_origins=['*'] and the browser works. Network errors are handled.",
        "Set Access-Control-Allow-Origin and Access-Control-Allow-Methods to the right values.",
        "I added CORSMiddleware, see https://fastapi.tiangolo.com/tutorial/cors/",
        "The request timed out for me, the network connection was lost, could not connect to the server.",
        "Failed to load the image, failed to fetch users from the store.",
    ],
)
def test_prose_about_cors_is_no_message(text: str) -> None:
    assert parse(text) == []


def test_the_parts_of_a_message_are_read() -> None:
    [message] = parse(
        "Access to XMLHttpRequest at 'https://b.example/login' (redirected from 'https://a.example/api') from"
        " origin 'http://localhost:3000' has been"
        " blocked by CORS policy: The 'Access-Control-Allow-Origin' header has a value"
        " 'http://localhost:3001' that is not equal to the"
        " supplied origin."
    )
    assert message.error is CorsError.AllowOriginMismatch
    assert (message.url, message.initial_url, message.origin) == (
        "https://b.example/login",
        "https://a.example/api",
        "http://localhost:3000",
    )
    assert (message.value, message.initiator, message.preflight, message.certain) == ("http://localhost:3001", "xhr", False, True)


def test_the_status_in_a_line_of_firefox_is_read() -> None:
    [message] = parse(
        "Cross-Origin Request Blocked: The Same Origin Policy disallows reading the remote resource at"
        " http://localhost:8000/. (Reason: CORS header"
        " ‘Access-Control-Allow-Origin’ missing). Status code: 405."
    )
    assert (message.code, message.status, message.url) == ("CORSMissingAllowOrigin2", 405, "http://localhost:8000/")


def test_a_detail_cut_off_where_two_errors_begin_alike_names_neither() -> None:
    [message] = parse(
        "Access to fetch at 'http://a/' from origin 'http://b' has been blocked by CORS policy: The"
        " 'Access-Control-Allow-Origin' header"
    )
    assert (message.code, message.error, message.certain) == ("frame", None, False)


def test_webkits_one_text_for_two_errors_is_not_certain() -> None:
    [message] = parse("Origin http://localhost:3000 is not allowed by Access-Control-Allow-Origin. Status code: 200")
    assert (message.error, message.certain, message.status) == (CorsError.MissingAllowOriginHeader, False, 200)


@pytest.mark.parametrize(
    "text",
    [
        "net::ERR_CONNECTION_REFUSED",
        "net::ERR_CERT_AUTHORITY_INVALID",
        "TypeError: Failed to fetch",
        "Disallowed CORS origin",
        "AxiosError: Network Error",
        "net::ERR_BLOCKED_BY_ORB",
    ],
)
def test_neighbours_of_cors_are_reported_to_be_none(text: str) -> None:
    [message] = parse(text)
    assert not message.is_cors
    assert message.error is None


def test_the_span_is_where_the_message_stands() -> None:
    text = "see:\n  app.js:3 net::ERR_FAILED and so on"
    [message] = parse(text)
    assert text[slice(*message.span)] == message.text == "net::ERR_FAILED"
