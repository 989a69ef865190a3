"""What the inspector exports of a session."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

import pytest
from fastapi import Request
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from corsense.check.recording import report_on_fetches
from corsense.check.request import CheckRequest
from corsense.check.results import CheckTarget, Report
from corsense.dev.inspector.exports import session_har
from corsense.dev.inspector.session import Session, Shown
from corsense.fetch import FetchRequest
from corsense.fetch.trace import EngineName
from corsense.transports.har import HarFetch, read_har
from tests.dev.inspector.asgi import PAGE
from tests.dev.inspector.exported import exchanges_of, session_of
from tests.examples.scenarios import Scenario, app_of, load

API: Final = "http://localhost:8000"
ENGINES: Final[tuple[EngineName, ...]] = ("chromium", "firefox", "webkit")
SECRETS: Final = ("s3cr3tvalue", "eyJhbGciOiJIUzI1NiJ9.e30.abc", "4f1b2c9d8e7a6b5c4d3e2f1a0b9c8d7e", "hunter22")


def judgement(report: Report) -> tuple[str, list[tuple[str, str]]]:
    """The verdict of a report and its causes."""
    return report.results[0].outcome, [(finding.cause.slug, finding.severity) for finding in report.findings]


def of_the_file(fetch: HarFetch) -> tuple[str, list[tuple[str, str]]]:
    return judgement(report_on_fetches([fetch], CheckRequest(), CheckTarget("har", "session.har")))


def shown(session: Session) -> list[Shown]:
    return session.shown()[1]


def assert_same_verdicts(session: Session, fetches: Sequence[HarFetch]) -> None:
    """A file says of a preflight alone that its request failed; the inspector waits for the request."""
    for one, fetch in zip(shown(session), fetches, strict=True):
        if one.judged.verdict != "waiting":
            assert judgement(one.judged.report) == of_the_file(fetch)


def exported(session: Session) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(session_har(session))["log"]
    return document


@pytest.mark.parametrize("scenario", load("example"), ids=lambda scenario: scenario.name)
def test_check_finds_in_the_file_what_the_inspector_found(scenario: Scenario) -> None:
    for folder, asked in (("broken", scenario), ("repaired", scenario.once_repaired)):
        try:
            app = app_of(folder, scenario.name)
        except Exception:  # some apps do not start: that is their fault to show
            continue
        for engine in ENGINES:
            exchanges = list(exchanges_of(app, [asked.fetch], engine, "sid=s3cr3tvalue"))
            session = session_of(exchanges)
            fetches = read_har(session_har(session))
            assert_same_verdicts(session, fetches)
            assert len(fetches) == (1 if exchanges else 0)  # WebKit asks nothing of http for a page on https


HAR_1_2: Final[Mapping[str, Mapping[str, type | tuple[type, ...]]]] = {
    "log": {"version": str, "creator": dict, "entries": list},
    "creator": {"name": str, "version": str},
    "pages": {"startedDateTime": str, "id": str, "title": str, "pageTimings": dict},
    "entries": {
        "startedDateTime": str, "time": (int, float), "request": dict, "response": dict, "cache": dict, "timings": dict
    },
    "request": {
        "method": str, "url": str, "httpVersion": str, "cookies": list, "headers": list, "queryString": list,
        "headersSize": int, "bodySize": int,
    },
    "response": {
        "status": int, "statusText": str, "httpVersion": str, "cookies": list, "headers": list, "content": dict,
        "redirectURL": str, "headersSize": int, "bodySize": int,
    },
    "content": {"size": int, "mimeType": str},
    "timings": {"send": (int, float), "wait": (int, float), "receive": (int, float)},
    "cookies": {"name": str, "value": str},
    "headers": {"name": str, "value": str},
    "queryString": {"name": str, "value": str},
}  # fmt: skip
"""The members that HAR 1.2 requires of each object, and that the network panel of Chromium insists on."""


def lacking(name: str, value: Any) -> list[str]:
    """What a part of a HAR file lacks of its required members."""
    if isinstance(value, list):
        return [fault for item in value for fault in lacking(name, item)]
    faults = [f"{name}.{key}" for key, kind in HAR_1_2.get(name, {}).items() if not isinstance(value.get(key), kind)]
    inner = [(key, item) for key, item in value.items() if key in HAR_1_2 and isinstance(item, dict | list)]
    return faults + [fault for key, item in inner for fault in lacking(key, item)]


def various() -> Starlette:
    """An app with answers of every kind."""

    def item(request: Request) -> Response:
        response = JSONResponse({}, headers={"X-Trace": SECRETS[2]})
        response.set_cookie("sid", SECRETS[0])
        return response

    def crash(_: Request) -> Response:
        raise ValueError(f"no user with token={SECRETS[3]}")

    def refuse(request: Request) -> Response:
        return PlainTextResponse(f"Not with Bearer {SECRETS[1]}", 403)

    return Starlette(
        routes=[
            Route("/items/{item}", item, methods=["GET", "PUT"]),
            Route("/crash", crash),
            Route("/refused", refuse),
            Route("/old/{item}", lambda request: RedirectResponse(f"/items/{request.path_params['item']}")),
        ]
    )


def asked() -> list[FetchRequest]:
    token = (("Authorization", f"Bearer {SECRETS[1]}"),)
    return [
        FetchRequest(f"{API}/items/{SECRETS[2]}?token={SECRETS[3]}&page=2", PAGE, headers=token, credentials="include"),
        FetchRequest(f"{API}/items/7", PAGE, "PUT", credentials="include", body="{}"),
        FetchRequest(f"{API}/old/{SECRETS[2]}", "null", credentials="include"),
        FetchRequest(f"{API}/crash", "http://localhost:5173"),
        FetchRequest(f"{API}/refused", PAGE, headers=token),
        FetchRequest(f"{API}/nothing", PAGE),
    ]


def test_the_file_is_what_har_1_2_and_the_network_panel_want() -> None:
    log = exported(session_of(exchanges_of(various(), asked(), cookie=f"sid={SECRETS[0]}")))
    assert lacking("log", log) == []
    assert log["version"] == "1.2"
    assert [page["title"] for page in log["pages"]] == [f"{PAGE}/", "null/", "http://localhost:5173/"]
    assert {entry["pageref"] for entry in log["entries"]} == {page["id"] for page in log["pages"]}
    assert {entry["_resourceType"] for entry in log["entries"]} == {"preflight", "fetch"}
    preflight = next(entry for entry in log["entries"] if entry["_resourceType"] == "preflight")
    assert preflight["_initiator"]["type"] == "preflight"
    assert all(entry["startedDateTime"].endswith("Z") and entry["time"] > 0 for entry in log["entries"])


def test_the_file_says_what_the_browser_does_with_each_call() -> None:
    log = exported(session_of(exchanges_of(various(), [FetchRequest(f"{API}/items/7", PAGE)])))
    assert [entry["comment"] for entry in log["entries"]] == ["blocked, MissingAllowOriginHeader, cause: missing-cors-middleware"]


def test_the_file_holds_no_secret() -> None:
    session = session_of(exchanges_of(various(), asked(), cookie=f"sid={SECRETS[0]}"))
    text = session_har(session)
    assert [secret for secret in SECRETS if secret in text] == []
    assert len(read_har(text)) == len(shown(session)) == len(asked())


def test_calls_that_look_alike_without_their_secrets_stay_apart() -> None:
    """A simple request, and then one with a header to a URL that differs in what is hidden."""
    first, second = (f"{API}/items/{digest}" for digest in (SECRETS[2], SECRETS[2][::-1]))
    requests = [FetchRequest(first, PAGE), FetchRequest(second, PAGE, headers=(("X-Api-Key", "hunter22"),))]
    session = session_of(exchanges_of(various(), requests))
    fetches = read_har(session_har(session))
    assert [len(fetch.entries) for fetch in fetches] == [1, 1]
    assert [[name for name, _ in fetch.request.headers] for fetch in fetches] == [[], ["x-api-key"]]


def test_a_redirect_is_followed_in_the_file_where_the_path_is_hidden() -> None:
    session = session_of(exchanges_of(various(), [FetchRequest(f"{API}/old/{SECRETS[2]}", PAGE)]))
    (fetch,) = read_har(session_har(session))
    assert len(fetch.entries) == len(shown(session)[0].judged.call.exchanges)


def test_a_session_without_calls_is_a_file_without_entries() -> None:
    log = exported(session_of([]))
    assert lacking("log", log) == []
    assert (log["pages"], log["entries"]) == ([], [])


SEGMENTS = st.one_of(st.sampled_from(["users", "reset", "token", "7", "a b", "é", "..", "s3cr3tvalue"]), st.uuids().map(str))
TOKENS = st.from_regex(r"[A-Za-z0-9]{24}", fullmatch=True)


@settings(deadline=None, max_examples=60)
@given(
    path=st.lists(SEGMENTS, max_size=4).map("/".join),
    query=st.dictionaries(st.sampled_from(["page", "token", "q", "next"]), st.one_of(TOKENS, SEGMENTS), max_size=3),
    headers=st.dictionaries(st.sampled_from(["X-Key", "Authorization", "Content-Type", "Range"]), TOKENS, max_size=3),
    allowed=st.sampled_from([PAGE, "*", "null", f"{PAGE}/", f"{PAGE}, *", "https://app.example.com?x=s3cr3tvalue", ""]),
    engine=st.sampled_from(ENGINES),
)
def test_masking_changes_no_verdict(
    path: str, query: dict[str, str], headers: dict[str, str], allowed: str, engine: EngineName
) -> None:
    from urllib.parse import quote, urlencode

    async def answer(scope: Any, receive: Any, send: Any) -> None:
        lines = [(b"access-control-allow-origin", allowed.encode()), (b"access-control-allow-headers", b"x-key, range")]
        moved = scope["path"].startswith("/moved/")
        lines += [(b"location", b"/" + scope["raw_path"].removeprefix(b"/moved/"))] if moved else []
        await send({"type": "http.response.start", "status": 307 if moved else 200, "headers": lines})
        await send({"type": "http.response.body", "body": b"{}"})

    url = f"{API}/{'moved/' if path else ''}{quote(path)}?{urlencode(query)}"
    request = FetchRequest(url, PAGE, headers=tuple(headers.items()), credentials="include")
    session = session_of(exchanges_of(answer, [request], engine, "sid=s3cr3tvalue"))
    text = session_har(session)
    assert_same_verdicts(session, read_har(text))
    assert not any(value in text for name, value in headers.items() if name in ("X-Key", "Authorization"))
