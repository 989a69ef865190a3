"""The button of the page: what it writes is what the page shows and `corsense fix` proves, or nothing."""

from __future__ import annotations

import asyncio
import json
import runpy
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from corsense.app.target import AppTarget
from corsense.dev.inspector.applying import apply_fix
from corsense.dev.inspector.inspector import PATH, Inspector
from corsense.dev.inspector.session import Explanation
from corsense.dev.inspector.starting import inspected
from corsense.errors import InputError
from corsense.fetch import Allowed, FetchRequest
from tests.dev.inspector.asgi import scope, send
from tests.dev.inspector.live import browse

PAGE = "http://localhost:5173"
PATIENCE = 120.0

APP = """\
from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

app = FastAPI()
app.add_middleware(CORSMiddleware, allow_origins=["http://localhost:3000"], allow_methods=["GET"])


@app.get("/items")
def items() -> list[int]:
    return []


@app.put("/items")
def replace() -> None:
    pass
"""
URL = "http://localhost:8000/items"
GET = FetchRequest(URL, PAGE)
PUT = FetchRequest(URL, PAGE, "PUT")
COMPUTED = APP.replace('["http://localhost:3000"]', '[f"http://localhost:{port}" for port in range(3000, 3002)]')


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path


def served(source: str = APP) -> Inspector:
    """The app of main.py, with its inspector."""
    Path("main.py").write_text(source)
    return inspected(loaded(), AppTarget.parse("main:app"))


def loaded() -> Any:
    return runpy.run_path("main.py")["app"]


def until(found: Callable[[], Any]) -> Any:
    """What is found, once it is there."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        result = found()
        if result:
            return result
        time.sleep(0.02)
    pytest.fail("it did not come")


def explained(app: Inspector, request: FetchRequest, *, with_edits: bool = True) -> Explanation:
    """The explanation of a call of a page, with what can be applied."""
    before = len(app.session.explanations())
    trace, noted = browse(app.app, request, cookies=request.cookies)
    assert not isinstance(trace.outcome, Allowed)
    for exchange in noted:
        app.session.note(exchange)
    found: Explanation = until(lambda: app.session.explanations()[before:])[0]
    if with_edits:
        until(lambda: getattr(app.session.explanation(found.number), "edits", ()))
    return app.session.explanation(found.number) or found


def passes(request: FetchRequest) -> bool:
    """Whether a browser passes the answer of what is in main.py now."""
    return isinstance(browse(loaded(), request)[0].outcome, Allowed)


def press(app: Inspector, number: int) -> tuple[int, dict[str, Any]]:
    """What the page's script gets when the button of an explanation is pressed: status and document."""
    return asyncio.run(_press(app, number))


async def never() -> Any:
    """The client neither sends more nor goes away."""
    await asyncio.Event().wait()


async def _press(app: Inspector, number: int) -> tuple[int, dict[str, Any]]:
    events: asyncio.Queue[Any] = asyncio.Queue()
    stream = asyncio.create_task(app(scope("GET", f"{PATH}/events"), never, events.put))
    token = ""
    while not token:
        text = (await events.get()).get("body", b"").decode()
        line = next((line for line in text.splitlines() if line.startswith("data:")), "")
        token = json.loads(line.removeprefix("data:")).get("token", "") if line else ""
    stream.cancel()
    sent = await send(
        app, scope("POST", f"{PATH}/fixes/{number}", {"Origin": "http://localhost:8000", "X-Corsense-Token": token})
    )
    return sent[0]["status"], json.loads(sent[1]["body"])


def test_the_button_writes_the_proven_edits_and_the_call_passes() -> None:
    app = served()
    explanation = explained(app, GET)
    assert press(app, explanation.number) == (200, {"done": "Changed main.py."})
    written = Path("main.py").read_text()
    assert written == explanation.edits[0].after
    assert '["http://localhost:3000", "http://localhost:5173"]' in written
    assert passes(GET)
    assert not passes(PUT)


def test_everything_that_keeps_one_call_from_passing_is_repaired_at_once() -> None:
    app = served()
    explanation = explained(app, PUT)
    assert len(explanation.findings) == 2
    apply_fix(app.session, explanation.number)
    assert passes(PUT)


def test_a_call_that_lacks_less_than_an_earlier_one_is_given_no_more_than_it_lacks(capfd: pytest.CaptureFixture[str]) -> None:
    app = served()
    explained(app, PUT)
    number = explained(app, GET).number
    apply_fix(app.session, number)
    assert passes(GET)
    assert not passes(PUT)
    assert capfd.readouterr().err.count("has another port than the page") == 1


def test_pressing_again_writes_nothing() -> None:
    app = served()
    number = explained(app, GET).number
    with ThreadPoolExecutor() as pool:
        answers = list(pool.map(lambda _: apply_fix(app.session, number), range(2)))
    assert set(answers) == {"Changed main.py."}
    once = Path("main.py").read_text()
    Path("main.py").write_text(APP)
    assert press(app, number) == (200, {"done": "Changed main.py."})
    assert Path("main.py").read_text() == APP != once


def test_an_edit_elsewhere_in_the_file_stays_and_the_fix_is_written_beside_it() -> None:
    app = served()
    number = explained(app, GET).number
    Path("main.py").write_text("# mine\n" + APP)
    assert press(app, number) == (200, {"done": "Changed main.py."})
    assert Path("main.py").read_text().startswith("# mine\n")
    assert passes(GET)


def test_a_fix_that_would_be_another_one_now_is_shown_before_it_is_written() -> None:
    app = served()
    number = explained(app, GET).number
    edited = APP.replace("3000", "4000")
    Path("main.py").write_text(edited)
    status, document = press(app, number)
    assert (status, document["problem"]) == (
        409, "main.py has changed, and the fix with it, so nothing was written. The page shows the new fix.",
    )  # fmt: skip
    assert Path("main.py").read_text() == edited
    assert press(app, number) == (200, {"done": "Changed main.py."})
    assert '["http://localhost:4000", "http://localhost:5173"]' in Path("main.py").read_text()


def test_a_fault_that_is_gone_from_the_source_is_not_repaired() -> None:
    app = served()
    number = explained(app, GET).number
    edited = APP.replace("3000", "5173")
    Path("main.py").write_text(edited)
    with pytest.raises(InputError, match=r"^main\.py has changed, and the fix is not proven any more, so nothing was written"):
        apply_fix(app.session, number)
    assert Path("main.py").read_text() == edited


@pytest.mark.parametrize("source", ["def (\n", "raise SystemExit(1)\n"])
def test_an_app_that_cannot_be_loaded_any_more_stays_as_it_is(source: str) -> None:
    app = served()
    number = explained(app, GET).number
    Path("main.py").write_text(source)
    status, document = press(app, number)
    assert status == 409
    assert document["problem"].startswith("The app cannot be loaded to prove the fix, so nothing was written: ")
    assert Path("main.py").read_text() == source


def test_a_file_that_is_gone_is_named() -> None:
    app = served()
    number = explained(app, GET).number
    Path("main.py").unlink()
    with pytest.raises(InputError, match=r"cannot be loaded to prove the fix"):
        apply_fix(app.session, number)
    assert not Path("main.py").exists()


def test_two_causes_in_one_file_are_repaired_one_after_the_other() -> None:
    app = served(APP.replace(", allow_methods", ",\n    allow_methods"))
    other = FetchRequest(URL, "http://localhost:3000", "PUT")
    first, second = explained(app, GET).number, explained(app, other).number
    apply_fix(app.session, first)
    assert not passes(other)
    apply_fix(app.session, second)
    assert passes(GET)
    assert passes(other)


def test_a_file_that_cannot_be_written_stays_as_it_is() -> None:
    app = served()
    number = explained(app, GET).number
    Path("other.py").hardlink_to("main.py")  # where root runs the tests, no file is read-only
    with pytest.raises(InputError, match=r"main\.py has 2 names \(hard links\)"):
        apply_fix(app.session, number)
    assert Path("main.py").read_text() == APP
    assert app.session.explanations()[0].applied is None


def test_the_settings_may_be_in_another_file_of_a_package(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("shop").mkdir()
    Path("shop/__init__.py").touch()
    Path("shop/web.py").write_text(
        "from fastapi import FastAPI\nfrom fastapi.middleware.cors import CORSMiddleware\n\n\n"
        "def protect(app: FastAPI) -> None:\n"
        "    app.add_middleware(CORSMiddleware, allow_origins=['http://localhost:3000'])\n"
    )
    Path("shop/main.py").write_text(
        "from fastapi import FastAPI\n\nfrom shop.web import protect\n\napp = FastAPI()\nprotect(app)\n"
        "app.get('/items')(lambda: [])\n"
    )
    monkeypatch.syspath_prepend(".")
    app = inspected(runpy.run_path("shop/main.py")["app"], AppTarget.parse("shop.main:app"))
    number = explained(app, GET).number
    assert press(app, number) == (200, {"done": "Changed shop/web.py."})
    assert "allow_origins=['http://localhost:3000', 'http://localhost:5173']" in Path("shop/web.py").read_text()


UNSAFE = """\
from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from fastapi.middleware.httpsredirect import HTTPSRedirectMiddleware

app = FastAPI()
app.add_middleware(CORSMiddleware, allow_origins=["http://localhost:5173"], allow_methods=["*"])
app.add_middleware(HTTPSRedirectMiddleware)


@app.put("/items")
def replace() -> None:
    pass
"""


def test_a_fix_that_is_not_safe_is_refused_with_the_command_that_makes_it() -> None:
    app = served(UNSAFE)
    explanation = explained(app, PUT, with_edits=False)
    until(lambda: app.session._to_explain.qsize() == 0)
    status, document = press(app, explanation.number)
    assert status == 409
    assert document["problem"].startswith("The fix is not safe (the redirect is gone wherever APP_ENV is not 'production'), so ")
    assert document["problem"].endswith(
        "corsense fix main:app --origin http://localhost:5173 --request 'PUT /items' --write --unsafe-fixes"
    )
    assert Path("main.py").read_text() == UNSAFE


def test_a_fix_that_is_pressed_before_the_page_shows_it_is_shown_first() -> None:
    app = served()
    number = explained(app, GET).number
    app.session.offer(number, ())
    with pytest.raises(InputError, match=r"nothing was written\. The page shows it now"):
        apply_fix(app.session, number)
    assert Path("main.py").read_text() == APP
    apply_fix(app.session, number)
    assert passes(GET)


@pytest.mark.parametrize("page", ["https://localhost.com", "chrome-extension://abcdefgh"])
def test_a_page_that_may_be_anybodys_gets_no_access_by_a_click(page: str) -> None:
    app = served()
    explanation = explained(app, FetchRequest(URL, page, "PUT"), with_edits=False)
    until(lambda: app.session._to_explain.qsize() == 0)
    assert all(finding.fix is None for finding in explanation.findings)
    with pytest.raises(InputError, match="is not named by the app or its configuration"):
        apply_fix(app.session, explanation.number)
    assert Path("main.py").read_text() == APP


@pytest.mark.parametrize("where", ["source", "configuration"])
def test_a_page_that_the_project_names_gets_its_access(where: str) -> None:
    page = "https://shop.example.com"
    if where == "configuration":
        Path("corsense.toml").write_text(f'origins = ["{page}"]\n')
    app = served(APP.replace("http://localhost:3000", f"{page}/" if where == "source" else "http://localhost:3000"))
    apply_fix(app.session, explained(app, FetchRequest(URL, page)).number)
    assert passes(FetchRequest(URL, page))


def test_a_number_that_nothing_has_is_refused() -> None:
    app = served()
    assert press(app, 7) == (409, {"problem": "This cause is not known any more; make the request again."})


def test_a_list_that_is_built_elsewhere_is_not_changed_by_a_click() -> None:
    app = served(COMPUTED)
    number = explained(app, GET, with_edits=False).number
    with pytest.raises(InputError, match="The fix is not safe \\(the list is built elsewhere"):
        apply_fix(app.session, number)
    assert Path("main.py").read_text() == COMPUTED


def test_a_fix_that_is_not_enough_has_no_button() -> None:
    source = APP.replace("CORSMiddleware, ", "HTTPSRedirectMiddleware)\napp.add_middleware(CORSMiddleware, ", 1).replace(
        "from fastapi.middleware.cors",
        "from fastapi.middleware.httpsredirect import HTTPSRedirectMiddleware\nfrom fastapi.middleware.cors",
    )
    app = served(source)
    explanation = explained(app, FetchRequest(URL, "http://localhost:3000", "PUT"), with_edits=False)
    until(lambda: app.session._to_explain.qsize() == 0)
    assert explanation.finding.fix is not None
    assert explanation.finding.fix.verified is False
    with pytest.raises(InputError, match="no proven fix"):
        apply_fix(app.session, explanation.number)
    assert Path("main.py").read_text() == source


def test_edits_that_hold_a_secret_are_not_offered() -> None:
    source = APP.replace(
        'allow_origins=["http://localhost:3000"]', 'allow_origins=["http://localhost:3000"], password="hunter2hunter2"'
    )
    source = source.replace("CORSMiddleware, ", "Layer, ").replace(
        "app = FastAPI()",
        "app = FastAPI()\n\n\nclass Layer(CORSMiddleware):\n"
        "    def __init__(self, app, password, **options):\n        super().__init__(app, **options)\n",
    )
    app = served(source)
    explanation = explained(app, GET, with_edits=False)
    until(lambda: app.session._to_explain.qsize() == 0)
    with pytest.raises(InputError, match="no proven fix"):
        apply_fix(app.session, explanation.number)


def test_an_app_that_no_target_leads_to_has_no_button() -> None:
    Path("main.py").write_text(APP)
    app = inspected(loaded())
    explanation = explained(app, GET, with_edits=False)
    assert explanation.check is None
    with pytest.raises(
        InputError, match=r"recorded request alone.*corsense fix package\.module:app --origin http://localhost:5173"
    ):
        apply_fix(app.session, explanation.number)


def test_a_header_of_responses_that_a_page_sends_is_not_allowed_by_a_click() -> None:
    source = APP.replace('allow_methods=["GET"]', 'allow_headers=["X-Token"]')
    app = served(source)
    request = FetchRequest(URL, "http://localhost:3000", headers=(("Access-Control-Allow-Origin", "*"),))
    explanation = explained(app, request, with_edits=False)
    assert explanation.finding.remedy == (
        "access-control-allow-origin belongs in responses of the server. Drop it from the request that the page makes."
    )
    with pytest.raises(InputError, match="no proven fix"):
        apply_fix(app.session, explanation.number)
    assert Path("main.py").read_text() == source
