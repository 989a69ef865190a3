"""What clients and apps can send, in Chromium: nothing of it runs, breaks the layout, or grows without end."""

from __future__ import annotations

import http.client
from collections.abc import Iterator
from typing import Any

import pytest

from corsense.dev.inspector.calls import MOST_CALLS
from corsense.dev.inspector.events import MOST_STREAMS
from corsense.dev.inspector.inspector import Inspector
from corsense.dev.inspector.starting import inspected
from tests.browsers.inspector.stage import API, FRONTEND, Stage, frontend

pytestmark = pytest.mark.xdist_group("inspector")
MARKUP = "<img src=x onerror=window.ran=1><script>window.ran=1</script>"
LONG = "long" * 1_000
CONTROL = "\u202egnp.exe \x1b[31m \x07 \x00"
PAGES = (FRONTEND, "https://" + ".".join(["a" * 60] * 4), "null", f"app://{'x' * 300}")
QUESTIONS: tuple[tuple[str, str, dict[str, str]], ...] = (
    ("GET", "/%3Cimg%20src=x%20onerror=window.ran=1%3E", {}),
    ("GET", '/"><script>window.ran=1</script>', {}),
    ("GET", "/%E2%80%AEgnp.exe%1B[31m%07%00", {}),
    ("GET", f"/{LONG}?{LONG}={LONG}", {}),
    ("OPTIONS", "/", {"Access-Control-Request-Method": "B'`|~", "Access-Control-Request-Headers": "x-'`|~"}),
    ("OPTIONS", "/", {"Access-Control-Request-Method": "X" * 3_000, "Access-Control-Request-Headers": LONG}),
    ("GET", "/raises", {"User-Agent": f"Mozilla/5.0 {MARKUP}", "X-Long": LONG}),
    *(("GET", f"/from/{number}", {"Origin": page}) for number, page in enumerate(PAGES)),
)


async def hostile(scope: Any, receive: Any, send: Any) -> None:
    """An app whose answers and errors hold markup, control characters and words without end."""
    if scope["path"] == "/raises":
        raise RuntimeError(f"{MARKUP} {CONTROL} {LONG}")
    values = (MARKUP, LONG, CONTROL.replace("\x00", ""), "http://localhost:3000 http://localhost:3000")
    headers = [(b"content-type", b"text/html"), (b"access-control-allow-headers", MARKUP.encode())]
    headers += [(b"access-control-allow-origin", values[len(scope["path"]) % 4].encode("utf-8"))]
    await send({"type": "http.response.start", "status": 401, "headers": headers})
    await send({"type": "http.response.body", "body": f"{MARKUP}{LONG}".encode()})


@pytest.fixture
def inspector(stage: Stage) -> Iterator[Inspector]:
    found = inspected(hostile)
    stage.server.serve(8000, found)
    yield found
    stage.close_tabs()


def ask(stage: Stage, method: str, target: str, headers: dict[str, str]) -> None:
    """A request as any client can send it, byte by byte."""
    connection = http.client.HTTPConnection("127.0.0.1", stage.port, timeout=30)
    connection.putrequest(method, "/", skip_host=True)
    connection._buffer[0] = f"{method} {target} HTTP/1.1".encode("latin-1")  # type: ignore[attr-defined]
    for name, value in {"Host": "localhost:8000", "Origin": FRONTEND, "User-Agent": "Mozilla/5.0 Chrome/140", **headers}.items():
        connection.putheader(name, value)
    connection.endheaders()
    connection.getresponse().read()
    connection.close()


def test_whatever_is_sent_stays_text_in_its_place(stage: Stage, inspector: Inspector) -> None:
    for question in QUESTIONS:
        ask(stage, *question)
    page = stage.open(f"{API}/__corsense__/")
    complaints: list[str] = []
    page.on("dialog", lambda dialog: complaints.append(dialog.message))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda line: complaints.append(line.text))
    page.wait_for_function("count => document.querySelectorAll('#list .why').length === count", arg=len(QUESTIONS))
    assert max(map(len, page.locator("#list button").all_inner_texts())) < 1_000
    for width in (1240, 360):
        page.set_viewport_size({"width": width, "height": 800})
        for number in range(1, len(QUESTIONS) + 1):
            page.click(f"#call-{number}")
            page.locator(f"#details [id^='call-{number}-']").first.wait_for(state="attached")
            assert page.evaluate("document.documentElement.scrollWidth") <= width, (number, page.inner_text("#details-name"))
            found = set(page.evaluate("[...document.querySelectorAll('#details *')].map((one) => one.localName)"))
            assert found.isdisjoint({"img", "script", "iframe", "object", "style", "link", "form"})
    assert page.evaluate("window.ran") is None
    assert complaints == []


def test_a_frontend_that_calls_without_end_fills_a_list_that_does_not_grow(stage: Stage) -> None:
    stage.server.serve(8000, inspected(frontend))
    page = stage.open(f"{API}/__corsense__/")
    stage.open(FRONTEND).evaluate(
        "async ({ url, count }) => { for (let number = 1; number <= count; number++) await fetch(url + number).catch(() => 0); }",
        {"url": f"{API}/calls/", "count": MOST_CALLS + 20},
    )
    page.locator("#list li:first-child .asked", has_text=f"/calls/{MOST_CALLS + 20}").wait_for()
    page.locator("#requests-name", has_text=f"Requests ({MOST_CALLS})").wait_for()
    assert page.locator("#list li").count() == MOST_CALLS
    page.click("#list li:last-child button")
    page.locator("#details-name", has_text="/calls/21").wait_for()
    stage.close_tabs()


def test_a_tab_too_many_says_so_and_is_live_once_another_is_closed(stage: Stage, inspector: Inspector) -> None:
    tabs = [stage.open(f"{API}/__corsense__/") for _ in range(MOST_STREAMS)]
    for tab in tabs:
        tab.locator("#state.live").wait_for()
    late = stage.open(f"{API}/__corsense__/")
    sentence = f"The inspector is open in {MOST_STREAMS} tabs already; close one of them."
    late.locator("#state.lost", has_text=sentence).wait_for()
    tabs[0].close()
    late.locator("#state.live").wait_for()


def test_a_request_that_is_chosen_while_the_server_is_away_says_so(stage: Stage, inspector: Inspector) -> None:
    ask(stage, "GET", "/one", {})
    page = stage.open(f"{API}/__corsense__/")
    page.locator("#call-1 .why").wait_for()
    page.route("**/calls/1", lambda route: route.abort())
    page.click("#call-1")
    page.locator("#problem", has_text="The server does not answer; try again once the page is live.").wait_for()
    page.unroute("**/calls/1")
    page.click("#call-1")
    page.locator("#details-name", has_text="GET /one").wait_for()
    page.locator("#problem").wait_for(state="hidden")
