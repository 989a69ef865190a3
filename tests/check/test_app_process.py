"""What a check runs of an app, and what it says where it did not."""

from __future__ import annotations

from pathlib import Path

import pytest

from corsense.app import AppSession, AppTarget
from corsense.check.app import AppCheck
from corsense.check.request import CheckOperation, CheckRequest
from corsense.check.results import Report
from corsense.fix.verified import check_with_fixes

ORIGIN = "http://localhost:3000"
FORM = """
from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.middleware.cors import CORSMiddleware

app = FastAPI()


@app.post("/form")
async def form(request: Request):
    with open("ran", "a") as file:
        print(request.headers.get("origin"), request.headers.get("cookie"), file=file)
    return []


@app.get("/form")
async def shown(request: Request):
    with open("ran", "a") as file:
        print("shown", file=file)
    return []

"""
LAYER = "app.add_middleware(CORSMiddleware, allow_origins=['http://localhost:3000'])\n"


def check(folder: Path, source: str, **asked: object) -> Report:
    (folder / "main.py").write_text(source)
    target = AppTarget.parse("main:app", directory=folder)
    wanted = CheckRequest(origins=(ORIGIN,), **asked)  # type: ignore[arg-type]
    with AppSession.start(target, lifespan=wanted.run_endpoints) as session:
        return check_with_fixes(AppCheck(target, wanted), session)


def test_a_request_that_may_change_something_runs_its_endpoint_once(tmp_path: Path) -> None:
    sent = (("Content-Type", "text/plain"),)
    report = check(tmp_path, FORM + LAYER, operations=(CheckOperation("POST", "/form"),), headers=sent, run_endpoints=True)
    assert [result.outcome for result in report.results] == ["allowed"]
    assert (tmp_path / "ran").read_text() == f"{ORIGIN} None\n"


def test_a_proof_that_runs_endpoints_again_is_reported(tmp_path: Path) -> None:
    sent = (("Content-Type", "text/plain"),)
    report = check(tmp_path, FORM, operations=(CheckOperation("POST", "/form"),), headers=sent, run_endpoints=True)
    assert [finding.cause.slug for finding in report.findings] == ["missing-cors-middleware"]
    assert (tmp_path / "ran").read_text() == f"{ORIGIN} None\n" * 2
    assert "Endpoints ran once for each request, and once more on the repaired app to prove the fixes." in report.notes


def test_an_endpoint_that_reflects_any_origin_by_itself_is_still_found(tmp_path: Path) -> None:
    reflecting = """
from fastapi import FastAPI, Request, Response

app = FastAPI()


@app.get("/form")
def shown(request: Request, response: Response):
    response.headers["access-control-allow-origin"] = request.headers.get("origin", "")
    response.headers["access-control-allow-credentials"] = "true"
    response.headers["vary"] = "Origin"
    return []
"""
    report = check(tmp_path, reflecting, run_endpoints=True)
    assert "reflected-origin" in [finding.cause.slug for finding in report.findings]


LIFESPAN = """
from contextlib import asynccontextmanager

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware


@asynccontextmanager
async def lifespan(app):
    raise RuntimeError("no database")
    yield


app = FastAPI(lifespan=lifespan)


@app.get("/items")
def items():
    return []

"""


def test_nothing_gets_through_to_an_app_whose_start_up_fails(tmp_path: Path) -> None:
    report = check(tmp_path, LIFESPAN + LAYER, run_endpoints=True)
    (finding,) = report.findings
    assert finding.cause.slug == "unhandled-exception"
    assert finding.message == "The app does not start. Its lifespan fails: RuntimeError: no database."
    assert {result.outcome for result in report.results} == {"failed"}
    assert all(result.findings == (0,) for result in report.results)


def test_a_start_up_that_was_not_run_is_reported(tmp_path: Path) -> None:
    report = check(tmp_path, LIFESPAN + LAYER)
    assert any(note.endswith("The start-up code of the app was not run either.") for note in report.notes)


def test_what_is_mounted_and_cannot_be_looked_into_is_reported(tmp_path: Path) -> None:
    mounted = "async def raw(scope, receive, send):\n    raise SystemExit\n\n\napp.mount('/raw', raw)\n"
    report = check(tmp_path, FORM + LAYER + mounted)
    message_text = "What is mounted at /raw has no routes that can be listed; try one with --request 'GET /raw/'."
    assert message_text in report.notes
    assert not report.complete


def test_a_stand_in_for_what_is_mounted_says_nothing_of_its_headers(tmp_path: Path) -> None:
    mounted = "async def raw(scope, receive, send):\n    raise SystemExit\n\n\napp.mount('/raw', raw)\n"
    report = check(tmp_path, FORM + LAYER + mounted, operations=(CheckOperation("GET", "/raw/feed"),))
    assert "What is mounted at /raw did not run. If it sets CORS headers itself, --run-endpoints shows them." in report.notes
    assert report.verdict == "Nothing wrong found in what was tried; the notes say what was not."
    assert check(tmp_path, FORM + LAYER + mounted, operations=(CheckOperation("GET", "/form"),)).complete


def test_a_redirect_to_another_server_is_not_answered_by_the_app(tmp_path: Path) -> None:
    leading = """
from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from fastapi.responses import RedirectResponse

app = FastAPI()


@app.get("/{target}")
def leave(target: str):
    return RedirectResponse({"far": "https://accounts.example.org/near", "near": "http://localhost:8000/items/1",
        "port": "http://localhost:9000/items/1", "loopback": "http://127.0.0.1:8000/items/1"}[target])


@app.get("/items/{key}")
def item(key: int):
    return {}

"""
    operations = tuple(CheckOperation("GET", f"/{name}") for name in ("far", "near", "port", "loopback"))
    report = check(tmp_path, leading + LAYER, operations=operations, run_endpoints=True)
    reached = {result.url.rpartition("/")[2]: result.answered_by[-1] for result in report.results}
    assert {name for name, who in reached.items() if who is None} == {"far", "port"}


RAW = """from starlette.middleware.cors import CORSMiddleware


async def graph(scope, receive, send):
    if scope["type"] == "http" and scope["method"] not in ("OPTIONS", "GET"):
        raise SystemExit("the app ran")
    await send({{"type": "http.response.start", "status": 200, "headers": [(b"allow", b"OPTIONS, POST, GET")]}})
    await send({{"type": "http.response.body", "body": b""}})


app = {app}
"""
POST = (CheckOperation("POST", "/"),)


def test_a_post_to_an_app_of_another_framework_is_judged_by_its_preflight(tmp_path: Path) -> None:
    wrapped = f"CORSMiddleware(graph, allow_origins={[ORIGIN]!r}, allow_methods=['POST'])"
    report = check(tmp_path, RAW.format(app=wrapped), operations=POST)
    assert not report.found_something
    assert {result.outcome for result in report.results} == {"allowed"}
    assert any("only the preflight" in note for note in report.notes)


def test_an_app_of_another_framework_that_answers_options_without_cors_has_no_layer(tmp_path: Path) -> None:
    # mirumee/ariadne#104
    report = check(tmp_path, RAW.format(app="graph"), operations=POST)
    (finding,) = [found for found in report.findings if found.severity != "info"]
    assert finding.cause.slug == "missing-cors-middleware"
    assert finding.remedy is not None
    assert finding.remedy.startswith("Wrap it: app = CORSMiddleware(app")


BY_HAND = """from fastapi import FastAPI, Request

app = FastAPI()


@app.middleware("http")
async def cors(request: Request, call_next):
    origin = request.headers.get("origin", "")
    response = await call_next(request)
    if {compared}:
        response.headers["access-control-allow-origin"] = origin
        response.headers["access-control-allow-credentials"] = "true"
        response.headers["vary"] = "Origin"
    return response


@app.get("/items")
def items():
    return []
"""


@pytest.mark.parametrize(
    ("compared", "page", "severity"),
    [
        ('origin and origin in ("https://app.example.com")', "https://app.example.com", "error"),  # a string, not a tuple
        ('origin.endswith("example.com")', "https://app.example.com", "error"),
        ('origin.startswith("http://localhost")', "http://localhost:3000", "error"),
        ('origin in ("https://app.example.com",)', "https://app.example.com", None),
        ('origin.endswith(".example.com")', "https://app.example.com", None),
        ('origin.startswith("http://localhost:")', "http://localhost:3000", None),
    ],
)
def test_a_comparison_by_hand_that_lets_other_sites_in_is_found(
    tmp_path: Path, compared: str, page: str, severity: str | None
) -> None:
    (tmp_path / "main.py").write_text(BY_HAND.format(compared=compared))
    target = AppTarget.parse("main:app", directory=tmp_path)
    with AppSession.start(target) as session:
        report = AppCheck(target, CheckRequest(origins=(page,))).survey(session).report
    found = [finding.severity for finding in report.findings if finding.cause.slug == "reflected-origin"]
    assert found == ([severity] if severity is not None else [])


def test_a_route_of_any_method_that_is_one_slash_away_is_not_missing(tmp_path: Path) -> None:
    source = """
from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from starlette.routing import Route


class Everything:
    async def __call__(self, scope, receive, send):
        raise SystemExit


app = FastAPI()
app.add_middleware(CORSMiddleware, allow_origins=["http://localhost:5173"], allow_methods=["POST"])
app.router.routes.append(Route("/mcp/", Everything()))
"""
    near = check(tmp_path, source, operations=(CheckOperation("POST", "/mcp"),))
    assert "route-not-found" not in [finding.cause.slug for finding in near.findings]
    far = check(tmp_path, source, operations=(CheckOperation("POST", "/mpc"),))
    assert "route-not-found" in [finding.cause.slug for finding in far.findings]
