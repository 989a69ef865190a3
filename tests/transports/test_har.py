from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corsense.fetch import (
    Allowed,
    Blocked,
    Browser,
    CorsError,
    Failed,
    FailureReason,
    NetworkError,
    Outcome,
    WireRequest,
    WireResponse,
)
from corsense.readers import InputError
from corsense.transports import drive
from corsense.transports.har import NOT_RECORDED, HarFetch, har_send, read_har

API = "http://localhost:8000/api/users"
PAGE = "http://localhost:3000"

Entry = dict[str, Any]


def lines(headers: dict[str, str] | None) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in (headers or {}).items()]


def entry(
    method: str = "GET",
    url: str = API,
    sent: dict[str, str] | None = None,
    status: int = 200,
    got: dict[str, str] | None = None,
    **more: Any,
) -> Entry:
    """An entry as Chromium exports it; `error` and `content` belong to its response."""
    response: Entry = {"status": status, "headers": lines(got), "cookies": [], "content": {"text": more.pop("content", "")}}
    if error := more.pop("error", None):
        response["_error"] = error
    request = {"method": method, "url": url, "headers": lines(sent), "cookies": more.pop("cookies", [])}
    return {"_resourceType": "fetch", "request": request, "response": response, **more}


def preflight(
    url: str = API, method: str = "POST", headers: str = "content-type", status: int = 200, got: dict[str, str] | None = None
) -> Entry:
    sent = {"Origin": PAGE, "Access-Control-Request-Method": method, "Access-Control-Request-Headers": headers}
    return entry("OPTIONS", url, sent, status, got, _resourceType="preflight", _initiator={"type": "preflight", "url": url})


def har(*entries: Entry, **log: Any) -> str:
    return json.dumps(
        {"log": {"version": "1.2", "creator": {"name": "WebInspector"}, "pages": [], "entries": list(entries), **log}}
    )


def only(*entries: Entry, **log: Any) -> HarFetch:
    (fetch,) = read_har(har(*entries, **log))
    return fetch


def outcome(fetch: HarFetch) -> Outcome:
    return drive(Browser().fetch(fetch.request), har_send(fetch)).outcome


ALLOWED = {"access-control-allow-origin": PAGE, "access-control-allow-headers": "content-type"}
POST = {"content-type": "application/json", "origin": PAGE, "user-agent": "Mozilla/5.0", "sec-fetch-mode": "cors"}


def test_a_request_with_its_preflight_is_one_fetch() -> None:
    fetch = only(entry("POST", sent=POST, got=ALLOWED), preflight(got=ALLOWED))

    assert [member.request.preflight for member in fetch.entries] == [True, False]
    assert (fetch.request.method, fetch.request.url, fetch.request.origin) == ("POST", API, PAGE)
    assert fetch.request.headers == (("content-type", "application/json"),)
    assert isinstance(outcome(fetch), Allowed)


def test_a_refused_preflight_is_judged_from_the_recorded_answer() -> None:
    fetch = only(preflight(status=405, got={"allow": "GET"}), entry("POST", sent=POST, status=0, error="net::ERR_FAILED"))

    assert outcome(fetch) == Blocked(CorsError.PreflightMissingAllowOriginHeader, exchange=0)


def test_an_answer_that_the_browser_kept_back_is_judged_by_its_headers() -> None:
    missing = only(entry(sent={"origin": PAGE}, got={"content-type": "text/plain"}, status=500, error="net::ERR_FAILED"))
    mismatch = only(
        entry(sent={"origin": PAGE}, got={"access-control-allow-origin": "http://a"}, status=0, error="net::ERR_FAILED")
    )

    assert outcome(missing) == Blocked(CorsError.MissingAllowOriginHeader, exchange=0)
    assert outcome(mismatch) == Blocked(CorsError.AllowOriginMismatch, "http://a", exchange=0)


def test_a_preflight_alone_stands_for_the_request_it_asked_for() -> None:
    fetch = only(preflight(method="DELETE", headers="authorization,x-a", status=400))

    assert fetch.request.method == "DELETE"
    assert fetch.request.headers == (("authorization", "Bearer redacted"), ("x-a", "1"))
    assert outcome(fetch) == Blocked(CorsError.PreflightMissingAllowOriginHeader, exchange=0)


def test_the_preflight_tells_which_headers_were_scripts_own() -> None:
    sent = {"Origin": PAGE, "X-From-Extension": "1", "Accept": "application/json", "X-A": "2"}

    fetch = only(preflight(method="PUT", headers="authorization,x-a"), entry("PUT", sent=sent))

    assert fetch.request.headers == (("Accept", "application/json"), ("authorization", "Bearer redacted"), ("X-A", "2"))


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        ("net::ERR_CONNECTION_REFUSED", FailureReason.CONNECTION_REFUSED),
        ("net::ERR_NAME_NOT_RESOLVED", FailureReason.NAME_NOT_RESOLVED),
        ("net::ERR_CERT_AUTHORITY_INVALID", FailureReason.TLS),
        ("net::ERR_SSL_PROTOCOL_ERROR", FailureReason.TLS),
        ("net::ERR_TIMED_OUT", FailureReason.TIMEOUT),
        ("net::ERR_EMPTY_RESPONSE", FailureReason.CONNECTION_CLOSED),
        ("net::ERR_BLOCKED_BY_CLIENT", "net::ERR_BLOCKED_BY_CLIENT"),
        ("net::ERR_FAILED", NOT_RECORDED),
        (None, NOT_RECORDED),
    ],
)
def test_requests_without_an_answer_fail_for_the_recorded_reason(error: str | None, reason: str) -> None:
    fetch = only(entry(sent={"origin": PAGE}, status=0, error=error))

    assert fetch.entries[0].response == NetworkError(reason, error)
    result = outcome(fetch)
    assert isinstance(result, Failed)
    assert result.reason == reason


def test_playwrights_recordings_name_the_failure_in_their_own_way() -> None:
    raw = entry(sent={"origin": PAGE}, status=-1)
    raw["response"]["_failureText"] = "net::ERR_CONNECTION_REFUSED"

    assert only(raw).entries[0].response == NetworkError(FailureReason.CONNECTION_REFUSED, "net::ERR_CONNECTION_REFUSED")


def test_a_preflight_that_the_browser_remembered_counts_as_passed() -> None:
    fetch = only(entry("POST", sent=POST, got=ALLOWED))

    trace = drive(Browser().fetch(fetch.request), har_send(fetch))

    assert [exchange.request.preflight for exchange in trace.exchanges] == [True, False]
    assert isinstance(trace.outcome, Allowed)


def test_redirects_are_followed_through_the_recording() -> None:
    target = "http://localhost:8000/api/users/"
    fetch, other = read_har(
        har(
            entry(sent={"origin": PAGE}, status=307, got={"location": "/api/users/", "access-control-allow-origin": "*"}),
            entry(url="http://localhost:8000/other", sent={"origin": PAGE}),
            entry(url=target, sent={"origin": PAGE}, got={"access-control-allow-origin": PAGE}),
        )
    )

    assert [member.request.url for member in fetch.entries] == [API, target]
    assert isinstance(outcome(fetch), Allowed)
    assert other.request.url == "http://localhost:8000/other"


def test_equal_requests_keep_their_own_preflights() -> None:
    refused = preflight(status=400)
    first, second = read_har(
        har(refused, entry("POST", sent=POST, status=0), preflight(got=ALLOWED), entry("POST", sent=POST, got=ALLOWED))
    )

    assert isinstance(outcome(first), Blocked)
    assert isinstance(outcome(second), Allowed)


def test_firefoxs_recordings_have_no_types_and_are_recognised_by_their_headers() -> None:
    options = entry("OPTIONS", sent={"Origin": PAGE, "Access-Control-Request-Method": "PUT"}, status=200, got=ALLOWED)
    request = entry("PUT", sent={"Origin": PAGE, "Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty"}, got=ALLOWED)
    image = entry(
        url="http://localhost:8000/a.png", sent={"Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image", "Referer": PAGE}
    )
    page = entry(url="http://localhost:3000/", sent={"Sec-Fetch-Mode": "navigate"})
    for raw in (options, request, image, page):
        del raw["_resourceType"]

    fetch = only(page, options, request, image)

    assert fetch.request.method == "PUT"
    assert len(fetch.entries) == 2


def test_what_needs_no_permission_is_left_out() -> None:
    assert (
        read_har(
            har(
                entry(url="http://localhost:3000/data.json", sent={"referer": "http://localhost:3000/"}),
                entry(url="http://localhost:3000/", _resourceType="document"),
                entry(url="http://localhost:8000/a.png", sent={"referer": "http://localhost:3000/"}, _resourceType="image"),
                entry(url="data:text/plain,a", sent={"origin": PAGE}),
                entry(sent={}),
            )
        )
        == ()
    )


@pytest.mark.parametrize(
    "more",
    [
        {"sent": {"origin": PAGE}},
        {"sent": {"referer": "http://localhost:3000/users"}},
        {"pageref": "page_1"},
        {"_initiator": {"type": "script", "stack": {"callFrames": [{"url": "http://localhost:3000/app.js"}]}}},
    ],
)
def test_the_page_is_found_wherever_the_recording_names_it(more: dict[str, Any]) -> None:
    fetch = only(entry(**more), pages=[{"id": "page_1", "title": "http://localhost:3000/users"}])

    assert fetch.request.origin == PAGE


def test_repeated_header_lines_that_chromium_joined_are_apart_again() -> None:
    fetch = only(entry(sent={"origin": PAGE}, got={"access-control-allow-origin": f"{PAGE}\n*"}))

    assert outcome(fetch) == Blocked(CorsError.MultipleAllowOriginValues, f"{PAGE}, *", exchange=0)


def test_credentials_are_concluded_from_the_browsers_own_verdict() -> None:
    refused = only(entry(sent={"origin": PAGE}, got={"access-control-allow-origin": "*"}, error="net::ERR_FAILED"))
    allowed = only(entry(sent={"origin": PAGE}, got={"access-control-allow-origin": "*"}))

    assert refused.request.credentials == "include"
    assert outcome(refused) == Blocked(CorsError.WildcardOriginNotAllowed, exchange=0)
    assert allowed.request.credentials == "same-origin"


def test_the_beginning_of_an_error_body_is_kept() -> None:
    fetch = only(entry(sent={"origin": PAGE}, status=400, content="Disallowed CORS origin" + "x" * 1000))

    assert fetch.entries[0].body is not None
    assert fetch.entries[0].body.startswith("Disallowed CORS origin")
    assert len(fetch.entries[0].body) == 400


def test_each_answer_is_replayed_once() -> None:
    fetch = only(entry(sent={"origin": PAGE}, got={"access-control-allow-origin": "*"}))
    send = har_send(fetch)

    assert isinstance(send(WireRequest("GET", API)), WireResponse)
    assert send(WireRequest("GET", API)) == NetworkError(NOT_RECORDED)


def test_a_har_is_read_from_a_file_with_or_without_byte_order_mark(tmp_path: Path) -> None:
    text = har(entry(sent={"origin": PAGE}))
    for encoding in ("utf-8", "utf-8-sig"):
        path = tmp_path / f"{encoding}.har"
        path.write_text(text, encoding=encoding)

        assert len(read_har(path)) == len(read_har(str(path))) == 1


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("missing.har", "No such file"),
        ("{", "not JSON (line 1"),
        ("[]", "log.entries"),
        ("{}", "log.entries"),
        ('{"log": []}', "log.entries"),
        ('{"log": {"entries": {}}}', "log.entries"),
        ("[" * 200_000, "nests too deep"),
    ],
)
def test_a_broken_har_is_one_sentence_with_the_remedy(source: str, says: str) -> None:
    with pytest.raises(InputError) as raised:
        read_har(source)

    assert says in str(raised.value)
    assert "\n" not in str(raised.value)
    assert len(str(raised.value)) < 250


def test_a_folder_is_no_har(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        read_har(tmp_path)


ODD = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-1, 600)
    | st.sampled_from(["", API, PAGE, "OPTIONS", "origin", "net::ERR_FAILED", "null"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["request", "response", "headers", "name", "value", "url", "method", "status", "_error", "cookies", "_initiator"]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=20,
)


@settings(max_examples=120, deadline=None)
@given(st.lists(ODD, max_size=3), ODD, st.lists(st.tuples(st.sampled_from(["request", "response", "pageref"]), ODD), max_size=2))
def test_odd_entries_are_passed_over(entries: list[Any], pages: Any, replaced: list[tuple[str, Any]]) -> None:
    healthy = entry(sent={"origin": PAGE})
    damaged = entry("POST", sent=POST) | dict(replaced)

    found = read_har(json.dumps({"log": {"pages": pages, "entries": [*entries, damaged, healthy]}}))

    assert healthy["request"]["url"] in {fetch.request.url for fetch in found}
    for fetch in found:
        outcome(fetch)


def test_a_handshake_of_a_websocket_is_left_in_whatever_page_opened_it() -> None:
    sent = {"origin": PAGE, "upgrade": "websocket", "sec-websocket-protocol": "graphql-ws"}
    (fetch,) = read_har(har(entry(url="wss://localhost:3000/ws", sent=sent, status=101, _resourceType="websocket")))
    assert (fetch.request.url, fetch.request.initiator) == ("wss://localhost:3000/ws", "websocket")
    assert fetch.request.headers == (("Sec-WebSocket-Protocol", "graphql-ws"),)
    assert isinstance(drive(Browser().fetch(fetch.request), har_send(fetch)).outcome, Allowed)
