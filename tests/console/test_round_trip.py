"""What prints is what parses: for every error, engine, initiator and value, however odd."""

from __future__ import annotations

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from corsense.console import chromium, firefox
from corsense.console.catalogue import CatalogueEntry, catalogue, entry
from corsense.console.parse import Message, parse
from corsense.console.templates import FREE_FIELDS
from corsense.fetch import Blocked, Browser, CorsError, Exchange, FetchRequest, Trace, WireRequest, WireResponse
from corsense.fetch.trace import EngineName
from corsense.transports import Send, drive

INITIATORS = ("fetch", "xhr", "eventsource", "image", "script", "font", "stylesheet", "video")

# Characters that a serialised URL can have in its path or query, and a header's value or a token in it.
PATH = "abcXYZ019-._~!$'()*+,;=:@%/"
VALUE = st.text(st.sampled_from("abc XYZ019'\"’‘`.,;:*/-_(){}[]<>&|~#\\"), max_size=30)
SNIPPETS = st.sampled_from(
    [
        "'",
        "''",
        "' from origin '",
        "' that is not equal",
        "'.",
        "'. Have",
        "’).",
        "‘",
        '"',
        "http://a, http://b",
        "*, *",
        "null",
        "(Reason: x",
        "‘’",
        "at 'http://x'",
        "', but only one",
        "&#39;",
        "&amp;",
        "\\u2019",
        "Status code: 200.",
    ]
)
HOSTILE = st.lists(VALUE | SNIPPETS, max_size=4).map("".join).map(str.strip)
TOKEN = st.text(st.sampled_from("abcXYZ019!#$%&'*+-.^_`|~"), min_size=1, max_size=15)
URLS = st.builds(
    lambda scheme, host, path: f"{scheme}://{host}/{path}",
    st.sampled_from(["http", "https"]),
    st.sampled_from(["localhost:8000", "api.example.com", "127.0.0.1:5000", "[::1]:8000", "xn--bcher-kva.example"]),
    st.text(st.sampled_from(PATH), max_size=25),
).filter(lambda url: "&amp;" not in url)
ORIGINS = st.sampled_from(
    ["http://localhost:3000", "https://app.example.com", "null", "http://[::1]:5173", "chrome-extension://abc"]
)


def whole(text: str) -> bool:
    """Whether a value has the beginning of no other message in it: glued messages are distinguished there."""
    marks = (
        "blocked by CORS policy",
        "net::ERR_",
        "TypeError",
        "(Reason: ",
        "The 'Access-Control-Allow-",
        "is not allowed by Access",
    )
    return not any(mark in text for mark in marks)


@pytest.mark.parametrize("error", list(chromium.DETAILS))
@given(
    initiator=st.sampled_from(INITIATORS),
    url=URLS,
    initial_url=st.none() | URLS,
    origin=ORIGINS,
    value=HOSTILE.filter(whole),
    name=TOKEN,
)
def test_every_error_of_chromium_is_read_as_it_was_printed(
    error: CorsError, initiator: str, url: str, initial_url: str | None, origin: str, value: str, name: str
) -> None:
    word = chromium.INITIATORS[initiator]
    detail = chromium.DETAILS[error].format(
        value=value, method=name, header=name, schemes="http, https", space="local", target_space="local"
    )
    frame = chromium.REDIRECTED if initial_url else chromium.FRAME
    text = frame.format(
        initiator=word, url=url, initial_url=initial_url or "", origin=origin, detail=detail + chromium.hint(error, word)
    )
    [message] = parse(text)
    same_words = {CorsError.PrivateNetworkAccessPermissionDenied: CorsError.LocalNetworkAccessPermissionDenied}
    assert (message.engine, message.error, message.certain) == ("chromium", same_words.get(error, error), True)
    assert (message.url, message.initial_url, message.origin) == (url, initial_url, origin)
    fields = chromium.DETAILS[error].fields
    assert message.method == (name if "method" in fields else None)
    assert message.header == (name if "header" in fields else None)
    if "value" in fields:
        assert message.value == value
    assert message.text == text


@pytest.mark.parametrize("code", list(firefox.REASONS))
@given(url=URLS, value=HOSTILE.filter(whole), name=TOKEN, status=st.sampled_from(["200", "405", "500", "(null)"]))
def test_every_sentence_of_firefox_is_read_as_it_was_printed(code: str, url: str, value: str, name: str, status: str) -> None:
    text = firefox.sentence(code, url, status=status, value=value, header=name, token=value)
    [message] = parse(text)
    assert (message.engine, message.code, message.error) == ("firefox", code, entry("firefox", code).error)
    assert message.url == url
    assert message.text == text
    fields = firefox.REASONS[code].fields
    assert message.header == (name if "header" in fields else None)
    assert message.value == (value if {"value", "token"} & set(fields) else None)
    if code in firefox.WITH_STATUS:
        assert message.status == (None if status == "(null)" else int(status))


WEBKIT = [
    known
    for known in catalogue()
    if known.product == "webkit" and known.is_cors and known.error and known.code != "redirect-denied"
]


@pytest.mark.parametrize("known", WEBKIT, ids=lambda known: known.code)
@given(url=URLS, origin=ORIGINS, value=HOSTILE.filter(whole), name=TOKEN)
def test_every_sentence_of_webkit_is_read_as_it_was_printed(
    known: CatalogueEntry, url: str, origin: str, value: str, name: str
) -> None:
    assume(value or "value" not in known.template.fields)
    text = known.template.format(url=url, origin=origin, value=value, method=name, header=name, status="405", reason=value)
    [message] = parse(text)
    assert (message.engine, message.code, message.error) == ("webkit", known.code, known.error)
    if "value" in known.template.fields:
        assert message.value == value
    assert message.text == text


# Whole consoles of whole fetches.

HEADERS = st.lists(
    st.tuples(
        st.sampled_from(
            [
                "Access-Control-Allow-Origin",
                "access-control-allow-origin",
                "Access-Control-Allow-Credentials",
                "Access-Control-Allow-Methods",
                "Access-Control-Allow-Headers",
                "Location",
            ]
        ),
        st.sampled_from(
            ["*", "http://localhost:3000", "http://localhost:3000/", "true", "True", "PUT", "x-a", "GET PUT", "null", "foo"]
        )
        | HOSTILE,
    ),
    max_size=4,
).map(tuple)
RESPONSES = st.builds(WireResponse, st.sampled_from([200, 204, 301, 307, 400, 401, 405, 500]), HEADERS)
REQUESTS = st.builds(
    FetchRequest,
    url=URLS,
    origin=st.just("http://localhost:3000"),
    method=st.sampled_from(["GET", "PUT", "POST", "patch"]),
    headers=st.sampled_from([(), (("X-A", "1"),), (("Content-Type", "application/json"), ("authorization", "Bearer t"))]),
    credentials=st.sampled_from(["same-origin", "include"]),
    initiator=st.sampled_from(INITIATORS),
)


@pytest.mark.parametrize("engine", ["chromium", "firefox", "webkit"])
@settings(max_examples=150)
@given(request=REQUESTS, responses=st.lists(RESPONSES, min_size=1, max_size=4))
def test_the_console_of_a_fetch_is_read_line_by_line(
    engine: EngineName, request: FetchRequest, responses: list[WireResponse]
) -> None:
    assume(all(whole(value) for response in responses for _, value in response.headers))
    trace = drive(Browser(engine).fetch(request), answering(responses))
    lines = trace.console()
    found = parse("\n".join(lines))
    assert [message.text for message in found] == lines
    if isinstance(trace.outcome, Blocked) and found:
        assert names_the_error(found, trace.outcome.error), (trace.outcome, found)


def answering(responses: list[WireResponse]) -> Send:
    turn = iter(responses)

    def send(request: WireRequest) -> WireResponse:
        return next(turn, responses[-1])

    return send


SAME_IN_FIREFOX = {
    CorsError.InvalidAllowOriginValue: {CorsError.AllowOriginMismatch},
    CorsError.MultipleAllowOriginValues: {CorsError.AllowOriginMismatch, CorsError.MultipleAllowOriginValues},
}
SAME_IN_WEBKIT = {
    CorsError.AllowOriginMismatch: {CorsError.MissingAllowOriginHeader},
    CorsError.MissingAllowOriginHeader: {CorsError.MissingAllowOriginHeader},
}


def names_the_error(found: list[Message], error: CorsError) -> bool:
    """Whether one of the messages tells the error, as exactly as its engine tells errors."""
    reported = {message.error for message in found if message.error is not None}
    plain = CorsError(error.removeprefix("Preflight")) if error.removeprefix("Preflight") in set(map(str, CorsError)) else error
    if found[0].engine == "chromium":
        return error in reported
    if error is CorsError.RedirectContainsCredentials:
        return True  # neither Firefox nor WebKit has words for it that tell the error
    same = (SAME_IN_FIREFOX if found[0].engine == "firefox" else SAME_IN_WEBKIT).get(plain, {plain})
    return bool(reported & same) or bool({str(each) for each in reported} & {str(error)})


def test_the_strategies_reach_every_free_field() -> None:
    """A guard: a new free field needs a value in the tests above."""
    used = {name for template in chromium.DETAILS.values() for name in template.fields} & FREE_FIELDS
    assert used == {"value", "schemes"}


def test_a_trace_made_by_hand_prints_too() -> None:
    request = FetchRequest("http://localhost:8000/", "http://localhost:3000")
    exchange = Exchange(WireRequest("GET", request.url, (("Origin", request.origin),)), WireResponse(200))
    trace = Trace(request, "chromium", (exchange,), (), Blocked(CorsError.MissingAllowOriginHeader, None, 0))
    assert [message.error for message in parse(trace.console()[0])] == [CorsError.MissingAllowOriginHeader]
