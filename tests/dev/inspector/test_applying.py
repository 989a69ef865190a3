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
COMPUTED = APP.replace('["http://localhost:3000"]', "sorted({'http://localhost:3000'})")


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
    trace, noted = browse(app.app, request)
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


def test_a_file_that_was_edited_meanwhile_stays_as_it_is() -> None:
    app = served()
    number = explained(app, GET).number
    Path("main.py").write_text(APP + "\n# mine\n")
    status, document = press(app, number)
    assert status == 409
    assert document["problem"].startswith("main.py has changed since the fix was proven, so nothing was written")
    assert Path("main.py").read_text() == APP + "\n# mine\n"


def test_a_file_that_is_gone_is_named() -> None:
    app = served()
    number = explained(app, GET).number
    Path("main.py").unlink()
    with pytest.raises(InputError, match=r"main\.py has changed"):
        apply_fix(app.session, number)


def test_a_number_that_nothing_has_is_refused() -> None:
    app = served()
    assert press(app, 7) == (409, {"problem": "This cause is not known any more; make the request again."})


def test_a_cause_without_an_edit_has_no_button() -> None:
    app = served(COMPUTED)
    number = explained(app, GET, with_edits=False).number
    with pytest.raises(InputError, match="no proven fix"):
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
    with pytest.raises(InputError, match="no proven fix"):
        apply_fix(app.session, explanation.number)
