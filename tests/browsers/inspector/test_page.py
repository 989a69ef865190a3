"""The inspector's page in Chromium: with the mouse, with keys alone, read aloud, dark, on a phone, across restarts."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from corsense.dev.inspector.inspector import Inspector
from tests.browsers.inspector.stage import API, FRONTEND, Stage, call, inspecting
from tests.examples.scenarios import FOLDER

pytestmark = pytest.mark.xdist_group("inspector")
JSON = {"Content-Type": "application/json"}


@dataclass
class Bench:
    """A frontend page, and the inspector's page beside it."""

    stage: Stage
    inspector: Inspector
    front: Any
    page: Any

    def call(self, path: str, method: str = "GET", headers: dict[str, str] | None = None) -> dict[str, Any]:
        body = "{}" if method in ("POST", "PUT") else None
        return call(self.front, method, f"{API}{path}", headers or {}, "same-origin", body)

    def see(self, text: str) -> Any:
        found = self.page.get_by_text(text).first
        found.wait_for()
        return found

    @property
    def listed(self) -> list[str]:
        """The requests in the list, the newest first."""
        found: list[str] = self.page.locator("#list li:not([hidden]) .asked").all_inner_texts()
        return found

    def wait_for(self, *requests: str) -> None:
        """Wait until the list shows these requests, the newest first."""
        wanted = list(requests)
        self.page.wait_for_function(
            "wanted => JSON.stringify([...document.querySelectorAll('#list li:not([hidden]) .asked')].map(one => one.innerText))"
            " === JSON.stringify(wanted)",
            arg=wanted,
        )


@pytest.fixture
def bench(stage: Stage) -> Iterator[Bench]:
    with inspecting(stage, FOLDER / "broken" / "no-cors-middleware") as inspector:
        front = stage.open(FRONTEND)
        page = stage.open(f"{API}/__corsense__", viewport={"width": 1240, "height": 900})
        page.locator("#state.live").wait_for()
        complaints: list[str] = []
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda line: complaints.append(line.text) if "Content Security Policy" in line.text else None)
        elsewhere: list[str] = []
        page.on("request", lambda asked: None if asked.url.startswith(API) else elsewhere.append(asked.url))
        yield Bench(stage, inspector, front, page)
        assert (complaints, elsewhere) == ([], [])


def test_an_empty_list_says_what_to_do(bench: Bench) -> None:
    assert bench.page.url == f"{API}/__corsense__/"
    bench.see("Open your frontend and let it call the API at http://localhost:8000.")


def test_requests_come_as_they_are_made_and_the_chosen_one_is_explained(bench: Bench) -> None:
    bench.call("/api/users")
    bench.call("/api/users", "POST", JSON)
    bench.wait_for("POST /api/users", "GET /api/users")
    assert bench.page.inner_text("#requests-name") == "Requests (2)"
    bench.page.locator("#list button").first.click()
    bench.see("Chromium never sends the request, because the preflight does not pass.")
    bench.see("has been blocked by CORS policy: Response to preflight request")
    assert bench.page.locator("#part-wire svg[role=img] desc").count() == 1
    assert bench.page.locator("#part-cause .where code").nth(1).inner_text() == "missing-cors-middleware"
    assert "null" not in bench.page.inner_text("#details").split()
    bench.page.locator("#said", has_text="new request").wait_for(state="attached")


OTHER_KINDS = """async (api) => {
  const ended = (begin) => new Promise((resolve) => begin(() => resolve("passed"), () => resolve("refused")));
  return [
    await ended((passed, refused) => {
      const asked = new XMLHttpRequest();
      Object.assign(asked, { onload: passed, onerror: refused });
      asked.open("GET", `${api}/api/by-xhr`);
      asked.send();
    }),
    await ended((passed, refused) => {
      const source = new EventSource(`${api}/api/by-eventsource`);
      Object.assign(source, { onopen: passed, onerror: refused });
    }),
    await ended((passed, refused) => import(`${api}/api/by-import`).then(passed, refused)),
  ];
}"""


def test_whatever_a_page_calls_with_is_listed_with_the_verdict_that_its_script_got(bench: Bench) -> None:
    assert bench.front.evaluate(OTHER_KINDS, API) == ["refused"] * 3
    bench.wait_for("GET /api/by-import", "GET /api/by-eventsource", "GET /api/by-xhr")
    assert [text.split()[-1] for text in bench.page.locator("#list .verdict").all_inner_texts()] == ["blocked"] * 3


def test_the_list_is_filtered_by_words_verdict_and_page(bench: Bench) -> None:
    bench.call("/api/users")
    bench.call("/api/others?page=2")
    other = bench.stage.open("http://localhost:5173")
    call(other, "GET", f"{API}/api/users", {}, "same-origin", None)
    everything = ("GET /api/users", "GET /api/others?page=2", "GET /api/users")
    bench.wait_for(*everything)
    bench.page.fill("#text", "OTHERS blocked")
    bench.wait_for("GET /api/others?page=2")
    assert bench.page.inner_text("#requests-name") == "Requests (1 of 3)"
    bench.page.fill("#text", "nothing like it")
    bench.see("No request matches the filter.")
    bench.page.fill("#text", "")
    bench.page.select_option("#verdict", "allowed")
    bench.wait_for()
    bench.page.select_option("#verdict", "blocked")
    bench.wait_for(*everything)
    bench.page.select_option("#page", "http://localhost:5173")
    bench.wait_for("GET /api/users")


def test_what_comes_while_the_list_is_paused_is_counted_and_shown_later(bench: Bench) -> None:
    bench.call("/api/users")
    bench.wait_for("GET /api/users")
    bench.page.click("#pause")
    bench.call("/api/one")
    bench.call("/api/two")
    bench.see("Paused (2 new)")
    assert bench.listed == ["GET /api/users"]
    bench.page.click("#pause")
    bench.wait_for("GET /api/two", "GET /api/one", "GET /api/users")
    assert bench.page.inner_text("#pause") == "Pause"


def test_the_list_is_cleared_and_begins_anew(bench: Bench) -> None:
    bench.call("/api/users")
    bench.wait_for("GET /api/users")
    bench.page.click("#clear")
    bench.wait_for()
    assert bench.inspector.session.shown()[1] == []
    bench.call("/api/others")
    bench.wait_for("GET /api/others")


def test_the_session_is_exported(bench: Bench) -> None:
    bench.call("/api/users")
    bench.wait_for("GET /api/users")
    with bench.page.expect_download() as download:
        bench.page.click("text=Export HAR")
    assert download.value.suggested_filename == "session.har"
    assert '"http://localhost:8000/api/users"' in download.value.path().read_text("utf-8")


def test_a_restarting_server_is_reported_and_followed(bench: Bench) -> None:
    async def nobody(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 503, "headers": []})
        await send({"type": "http.response.body"})

    bench.call("/api/users")
    bench.wait_for("GET /api/users")
    bench.stage.server.serve(8000, nobody)
    bench.page.locator("#state.lost, #state.restarting").wait_for()
    with inspecting(bench.stage, FOLDER / "broken" / "wrong-port"):
        bench.page.locator("#state.live").wait_for()
        bench.wait_for()
        bench.call("/api/tasks")
        bench.wait_for("GET /api/tasks")


def test_keys_alone_reach_everything(bench: Bench) -> None:
    for path in ("/api/one", "/api/two", "/api/three"):
        bench.call(path)
    bench.wait_for("GET /api/three", "GET /api/two", "GET /api/one")
    keyboard, focused = bench.page.keyboard, "document.activeElement.id || document.activeElement.textContent"
    bench.page.evaluate("document.activeElement.blur()")
    reached = []
    for _ in range(9):
        keyboard.press("Tab")
        reached.append(bench.page.evaluate(focused))
        outline = bench.page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline == "solid", reached
    assert reached == [
        *("To the requests", "text", "verdict", "page", "pause", "clear", "Export HAR", "Export tests", "call-3"),
    ]
    keyboard.press("ArrowDown")
    assert bench.page.evaluate(focused) == "call-2"
    bench.page.locator("#details-name", has_text="/api/two").wait_for()
    keyboard.press("End")
    bench.page.locator("#details-name", has_text="/api/one").wait_for()
    assert bench.page.locator("#list [aria-current]").get_attribute("id") == "call-1"
    keyboard.press("ArrowDown")
    assert bench.page.evaluate(focused) == "call-1"
    keyboard.press("Home")
    bench.page.locator("#details-name", has_text="/api/three").wait_for()
    keyboard.press("Tab")
    assert bench.page.evaluate("document.querySelector('#details').contains(document.activeElement)")
    keyboard.press("Shift+Tab")
    assert bench.page.evaluate(focused) == "call-3"
    for _ in range(4):
        keyboard.press("Shift+Tab")
    assert bench.page.evaluate(focused) == "pause"
    keyboard.press("Space")
    assert bench.page.get_attribute("#pause", "aria-pressed") == "true"


@pytest.mark.parametrize(("scheme", "width"), [("light", 1240), ("dark", 1240), ("light", 360), ("dark", 360)])
def test_assistive_technology_finds_no_fault(bench: Bench, scheme: str, width: int) -> None:
    from docs.generator import playground
    from tests.browsers.playground.accessibility import violations

    if subprocess.run([playground.ROOT / "scripts" / "node-packages"], capture_output=True, check=False).returncode:
        pytest.skip("axe-core is not installed")
    page = bench.stage.open(
        f"{API}/__corsense__/", viewport={"width": width, "height": 800}, color_scheme=scheme, bypass_csp=True
    )
    page.locator("#state.live").wait_for()
    assert violations(page) == []
    bench.call("/api/users", "POST", JSON)
    bench.call(f"/api/{'a-long-name-' * 12}?and={'more' * 30}")
    page.locator("#list button .why").nth(1).wait_for()
    page.locator("#list button").first.click()
    page.locator("#part-wire").wait_for()
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.locator("#list button").nth(1).click()
    page.locator("#details-name", has_text="POST").wait_for()
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_on_a_phone_a_touched_request_brings_its_details_into_view(bench: Bench) -> None:
    page = bench.stage.open(f"{API}/__corsense__/", viewport={"width": 360, "height": 640}, has_touch=True)
    bench.call("/api/users")
    page.locator("#list button").tap()
    page.locator("#details-name").wait_for()
    page.wait_for_function("document.activeElement.id === 'details-name'")
    assert page.evaluate("document.querySelector('#details').getBoundingClientRect().top") <= 1
    page.get_by_role("button", name="Back to the list").tap()
    assert page.evaluate("document.activeElement.id") == "call-1"
