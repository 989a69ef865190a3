"""Pages of other origins in Chromium: none reads anything of the inspector, and none triggers anything.

The app lets them in, credentials included: its CORS policy is not that of the inspector.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from starlette.middleware.cors import CORSMiddleware

from corsense.dev.inspector.inspector import Inspector
from corsense.dev.inspector.starting import inspected
from tests.browsers.inspector.stage import API, FRONTEND, Stage, call, frontend

pytestmark = pytest.mark.xdist_group("inspector")
FOREIGN = (
    FRONTEND,
    "http://127.0.0.1:8001",
    "http://app.localhost:3000",
    "http://evil.test:3000",
    "data:text/html,<title>null</title>",
)
PATHS = ("", "/", "/events", "/calls/1", "/session.har", "/test_cors.py", "/inspector.js", "/report.css")

READ = """async ({ paths }) => {
  const read = {};
  const kinds = { cors: {}, include: { credentials: "include" }, "no-cors": { mode: "no-cors" } };
  const added = (made, given, resolve) => {
    made.onload = () => resolve("loaded");
    made.onerror = () => resolve("blocked");
    document.body.append(Object.assign(made, given));
  };
  const soon = (ms) => new Promise((resolve) => setTimeout(() => resolve("nothing"), ms));
  for (const url of paths) {
    for (const [name, options] of Object.entries(kinds)) {
      read[`${name} ${url}`] = await fetch(url, options).then((response) => response.type, () => "blocked");
    }
    read[`script ${url}`] = await new Promise((resolve) => {
      added(document.createElement("script"), { src: url }, resolve);
    });
    read[`style ${url}`] = await new Promise((resolve) => {
      added(document.createElement("link"), { rel: "stylesheet", href: url }, resolve);
    });
    read[`image ${url}`] = await new Promise((resolve) => {
      added(new Image(), { src: url }, resolve);
    });
  }
  const events = paths.find((url) => url.endsWith("/events"));
  for (const withCredentials of [false, true]) {
    const source = new EventSource(events, { withCredentials });
    read[`stream ${withCredentials}`] = await Promise.race([
      new Promise((resolve) => {
        source.addEventListener("hello", () => resolve("read"));
        source.onerror = () => resolve("blocked");
      }),
      soon(5000),
    ]);
    source.close();
  }
  const socket = new WebSocket(events.replace("http", "ws"));
  read.socket = await new Promise((resolve) => {
    socket.onopen = () => resolve("open");
    socket.onerror = () => resolve("blocked");
  });
  return read;
}"""

ACT = """async ({ paths, token }) => {
  const options = [
    { method: "POST" },
    { method: "POST", mode: "no-cors" },
    { method: "POST", mode: "no-cors", credentials: "include", body: "x" },
    { method: "POST", headers: { "X-Corsense-Token": token } },
    { method: "POST", credentials: "include", body: "{}", headers: { "X-Corsense-Token": token, "Content-Type": "text/json" } },
  ];
  const got = [];
  for (const url of paths) {
    for (const each of options) got.push(await fetch(url, each).then((response) => response.type, () => "blocked"));
    navigator.sendBeacon(url, "x");
    const frame = Object.assign(document.createElement("iframe"), { name: `frame${got.length}` });
    const form = Object.assign(document.createElement("form"), { method: "POST", action: url, target: frame.name });
    document.body.append(frame, form);
    const answered = new Promise((resolve) => (frame.onload = resolve));
    form.submit();
    await Promise.race([answered, new Promise((resolve) => setTimeout(resolve, 3000))]);
  }
  return got;
}"""


TOKEN = """() => new Promise((resolve) => {
  const source = new EventSource("events");
  source.addEventListener("hello", ({ data }) => { source.close(); resolve(JSON.parse(data).token); });
})"""

TRY = """async ({ base, paths, token }) => {
  const answer = async (path, options) => {
    const response = await fetch(`${base}/__corsense__${path}`, options);
    return [path, response.status, await response.text()];
  };
  const headers = { "X-Corsense-Token": token };
  return [
    ...(await Promise.all(paths.map((path) => answer(path, { credentials: "include" })))),
    await answer("/clear", { method: "POST", headers }),
    await answer("/fixes/1", { method: "POST", headers }),
    await answer("/clear", { method: "POST", body: "x" }),
  ];
}"""


async def generous(scope: Any, receive: Any, send: Any) -> None:
    """An app that lets every page in, with credentials and every header."""
    origin = next((value for name, value in scope["headers"] if name == b"origin"), b"*")
    names = (b"origin", b"credentials", b"methods", b"headers")
    values = (origin, b"true", b"GET, POST", b"x-corsense-token, content-type")
    headers = [(b"access-control-allow-" + name, value) for name, value in zip(names, values, strict=True)]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"the app"})


@pytest.fixture(scope="module")
def inspector(stage: Stage) -> Iterator[Inspector]:
    found = inspected(generous)
    stage.server.serve(8000, found)
    stage.server.serve(8001, frontend)
    yield found
    stage.close_tabs()


@pytest.fixture(params=FOREIGN)
def foreign(request: pytest.FixtureRequest, stage: Stage, inspector: Inspector) -> Iterator[Any]:
    """A page of another origin, which the app lets in with credentials."""
    page = stage.open(request.param)
    assert call(page, "GET", f"{API}/api", {}, "include", None)["passed"]
    yield page
    stage.close_tabs()


def test_it_reads_nothing(foreign: Any) -> None:
    paths = [f"{API}/__corsense__{path}" for path in PATHS]
    read = foreign.evaluate(READ, {"paths": paths})
    assert set(read.values()) == {"blocked"}, {key: value for key, value in read.items() if value != "blocked"}


def test_it_triggers_nothing_even_with_the_token(foreign: Any, inspector: Inspector, stage: Stage) -> None:
    own = stage.open(f"{API}/__corsense__/")
    own.locator("#list button").first.wait_for()
    token = own.evaluate(TOKEN)
    before = inspector.session.shown()[1]
    paths = [f"{API}/__corsense__/clear", f"{API}/__corsense__/fixes/1"]
    got = foreign.evaluate(ACT, {"paths": paths, "token": token})
    assert set(got) == {"blocked"}
    kept = [shown.judged.call.number for shown in inspector.session.shown()[1]]
    assert kept == [shown.judged.call.number for shown in before] != []
    cleared = own.evaluate(
        "token => fetch('clear', { method: 'POST', headers: { 'X-Corsense-Token': token } }).then((one) => one.status)", token
    )
    assert cleared == 200


def test_a_frame_of_it_stays_empty(foreign: Any) -> None:
    foreign.evaluate(
        "url => new Promise((resolve) => { const frame = document.createElement('iframe');"
        " document.body.append(Object.assign(frame, { src: url, onload: resolve })); })",
        f"{API}/__corsense__/",
    )
    frame = foreign.frames[-1]
    frame.wait_for_url("chrome-error://chromewebdata/")
    assert "corsense inspector" not in frame.content()


def test_a_window_that_it_opens_is_out_of_its_reach(foreign: Any) -> None:
    with foreign.context.expect_page() as opened:
        foreign.evaluate("url => { window.opened = window.open(url); }", f"{API}/__corsense__/")
    page = opened.value
    page.locator("#state.live").wait_for()
    assert page.evaluate("window.opener") is None
    foreign.wait_for_function("window.opened.closed")


def test_a_layer_around_the_inspector_that_lets_every_page_in_gives_it_only_the_refusal(
    stage: Stage, inspector: Inspector
) -> None:
    reflecting = CORSMiddleware(
        inspector, allow_origin_regex=".*", allow_methods=["*"], allow_headers=["*"], allow_credentials=True
    )
    stage.server.serve(8002, reflecting)
    token = stage.open("http://localhost:8002/__corsense__/").evaluate(TOKEN)
    page = stage.open(FRONTEND)
    assert_refused(page.evaluate(TRY, {"base": "http://localhost:8002", "paths": PATHS, "token": token}), inspector, token)
    stage.close_tabs()


def test_a_name_that_is_made_to_lead_to_this_machine_gets_only_the_refusal(stage: Stage, inspector: Inspector) -> None:
    token = stage.open(f"{API}/__corsense__/").evaluate(TOKEN)
    page = stage.open("http://rebound.test:8000/")
    assert page.inner_text("body") == "the app"
    assert_refused(page.evaluate(TRY, {"base": "", "paths": PATHS, "token": token}), inspector, token)
    stage.close_tabs()


def assert_refused(answers: list[tuple[str, int, str]], inspector: Inspector, token: str) -> None:
    """Each answer is one sentence that says no, and the list of calls is not cleared."""
    assert {(path, status) for path, status, _ in answers} == {(path, 403) for path in (*PATHS, "/clear", "/fixes/1")}
    for _, _, text in answers:
        assert "The inspector answers only " in text
        assert token not in text
        assert len(text) < 250
    assert inspector.session.shown()[1]
