"""What the middleware records of requests, what it never records, and that nobody can make it grow."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import pytest
from fastapi import APIRouter, FastAPI, WebSocket
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route
from starlette.testclient import TestClient

from corsense.fetch import Browser, FetchRequest, WireResponse
from corsense.middleware import CORSMiddleware, install
from corsense.middleware import observer as observing
from corsense.middleware.route_template import RouteTemplates
from corsense.observe import ALLOWED, ObservedRequests, RequestKind
from corsense.observe.lines import LONGEST_LINE, read
from corsense.observe.rollout import rollout_reaches
from corsense.observe.table import MOST_PER_ORIGIN, MOST_TUPLES
from corsense.observe.verdict import verdict_on
from corsense.policy import Policy
from corsense.transports import drive
from corsense.transports.asgi import AsgiSend
from tests.middleware.asking import ORIGIN, UNTRUSTED_ORIGIN, ask, plain
from tests.middleware.test_law import keywords, policy_of, requests

SECRETS = ["4711", "tok3n", "s3cret", "203.0.113.9"]
LIVE = Policy(origins="*", methods=["*"], request_headers=["*", "Authorization"])
CANDIDATE = Policy(origins=[ORIGIN], methods=["PUT"], request_headers=["Content-Type"], websockets=True)


def application() -> FastAPI:
    app = FastAPI()
    inner = FastAPI()

    @inner.get("/things/{thing}")
    def thing(thing: str) -> str:
        return thing

    @app.get("/users/{user_id}")
    @app.put("/users/{user_id}")
    def user(user_id: str) -> str:
        return user_id

    @app.get("/crash")
    def crash() -> None:
        raise ValueError("no")

    @app.websocket("/rooms/{room}")
    async def room(socket: WebSocket, room: str) -> None:
        await socket.accept()
        await socket.close()

    shared = APIRouter()

    @shared.get("/files/{name:path}")
    def file(name: str) -> str:
        return name

    app.include_router(shared, prefix="/one")
    app.include_router(shared, prefix="/two")
    app.mount("/tenants/{tenant}", inner)
    app.mount("/plain", Starlette(routes=[Route("/{number:int}", lambda request: PlainTextResponse("x"))]))
    return app


def observed(folder: Path) -> list[ObservedRequests]:
    found: list[ObservedRequests] = []
    for file in sorted(folder.glob("*.jsonl")):
        with file.open("rb") as lines:
            seen = read(lines)
        assert seen.broken == 0
        found += seen.requests
    return found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "observations"


def send(client: TestClient, origin: str = ORIGIN) -> None:
    headers = {"Origin": origin}
    asked = {"Access-Control-Request-Method": "PUT", "Access-Control-Request-Headers": "content-type,x-trace"}
    client.get("/users/4711?token=tok3n", headers=headers)
    client.get("/users/4711", headers={**headers, "Cookie": "session=s3cret"})
    client.put("/users/4711", headers={**headers, "Authorization": "Bearer s3cret", "X-Forwarded-For": "203.0.113.9"})
    client.options("/users/4711", headers={**headers, **asked})
    client.get("/crash", headers=headers)
    client.get("/nowhere/4711", headers=headers)
    client.get("/one/files/4711/tok3n", headers=headers)
    client.get("/two/files/4711", headers=headers)
    client.get("/tenants/s3cret/things/4711", headers=headers)
    client.get("/plain/4711", headers=headers)
    with client.websocket_connect("/rooms/4711", headers=headers):
        pass


def test_a_run_leaves_bounded_tuples_and_nothing_of_a_single_request(folder: Path) -> None:
    app = application()
    install(app, LIVE, candidate=CANDIDATE, observe=folder)
    with TestClient(app, raise_server_exceptions=False) as client:
        send(client)
    found = {
        (seen.request.route, seen.request.kind.value, seen.request.credentials.value, seen.request.status)
        for seen in observed(folder)
    }
    assert found == {
        ("/users/{user_id}", "simple", "none", 2),
        ("/users/{user_id}", "simple", "cookies", 2),
        ("/users/{user_id}", "actual", "authorization", 2),
        ("/users/{user_id}", "preflight", "none", 2),
        ("/crash", "simple", "none", 5),
        ("", "simple", "none", 4),
        ("/one/files/{name}", "simple", "none", 2),
        ("/two/files/{name}", "simple", "none", 2),
        ("/tenants/{tenant}/things/{thing}", "simple", "none", 2),
        ("/plain/{number}", "simple", "none", 2),
        ("/rooms/{room}", "websocket", "none", 1),
    }
    text = "".join(file.read_text() for file in folder.iterdir())
    assert [secret for secret in SECRETS if secret in text] == []


def test_both_verdicts_are_recorded(folder: Path) -> None:
    app = application()
    install(app, LIVE, candidate=CANDIDATE, observe=folder)
    with TestClient(app) as client:
        asked = {"Access-Control-Request-Method": "PUT", "Access-Control-Request-Headers": "content-type,x-trace"}
        client.options("/users/1", headers={"Origin": ORIGIN, **asked})
        client.get("/users/1", headers={"Origin": UNTRUSTED_ORIGIN})
    verdicts = {seen.request.origin: (seen.request.live, seen.request.candidate) for seen in observed(folder)}
    assert verdicts == {ORIGIN: (ALLOWED, "header-not-allowed"), UNTRUSTED_ORIGIN: (ALLOWED, "origin-not-allowed")}


def test_the_live_policy_answers_and_a_difference_is_logged_once_per_origin_reason_and_route(
    caplog: pytest.LogCaptureFixture,
) -> None:
    layer = CORSMiddleware(application(), policy=LIVE, candidate=CANDIDATE)
    client = TestClient(layer)
    with caplog.at_level(logging.WARNING, "corsense"):
        for number in range(5):
            answer = client.get(f"/users/{number}", headers={"Origin": UNTRUSTED_ORIGIN})
            assert answer.headers["access-control-allow-origin"] == "*"
        client.get("/plain/7", headers={"Origin": UNTRUSTED_ORIGIN})
        client.get("/users/7", headers={"Origin": ORIGIN})
    message = [record.getMessage() for record in caplog.records]
    assert message == [
        f"CORS: the candidate policy would refuse simple GET from {UNTRUSTED_ORIGIN!r} to {route!r}: origin-not-allowed."
        for route in ("/users/{user_id}", "/plain/{number}")
    ]


def test_differences_are_counted_with_labels_from_closed_sets(monkeypatch: pytest.MonkeyPatch) -> None:
    counted: list[tuple[str, str, str]] = []
    monkeypatch.setattr(observing, "counter_if_wanted", lambda wanted: lambda *labels: counted.append(labels))
    client = TestClient(CORSMiddleware(application(), policy=LIVE, candidate=CANDIDATE, telemetry=False))
    for number in range(3):
        client.get(f"/users/{number}", headers={"Origin": UNTRUSTED_ORIGIN})
    client.get("/users/7", headers={"Origin": ORIGIN})
    assert counted == [("simple", "candidate-refuses", "origin-not-allowed")] * 3


def test_a_candidate_that_comes_later_is_counted_and_logged_too(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    counted: list[tuple[str, str, str]] = []
    monkeypatch.setattr(observing, "counter_if_wanted", lambda wanted: lambda *labels: counted.append(labels))
    layer = CORSMiddleware(application(), policy=LIVE, candidate=LIVE, telemetry=False)
    client = TestClient(layer)
    client.get("/users/1", headers={"Origin": UNTRUSTED_ORIGIN})
    assert counted == []
    for candidate in (CANDIDATE, CANDIDATE.replace(max_age=5)):
        layer.reconfigure(candidate=candidate)
        client.get("/users/1", headers={"Origin": UNTRUSTED_ORIGIN})
    assert counted == [("simple", "candidate-refuses", "origin-not-allowed")] * 2
    assert caplog.text.count("the candidate policy would refuse") == 2


@pytest.mark.parametrize(
    "sent",
    [
        {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Mode": "cors", "Sec-Fetch-Site": "same-origin"},
        {"Origin": "http://testserver"},
        {"Origin": "null, null"},
        {"Origin": "https://app.example.com/path"},
    ],
    ids=str,
)
def test_what_is_no_request_of_another_origins_script_makes_no_tuple(folder: Path, sent: dict[str, str]) -> None:
    app = application()
    install(app, LIVE, observe=folder)
    with TestClient(app) as client:
        client.post("/users/1", headers={"Origin": ORIGIN, **sent})
        client.post("/users/1", headers={"Origin": UNTRUSTED_ORIGIN})
    assert [seen.request.origin for seen in observed(folder)] == [UNTRUSTED_ORIGIN]


def test_a_route_is_found_where_a_layer_hides_it(folder: Path) -> None:
    async def pass_on(request: Any, call_next: Any) -> Any:
        return await call_next(request)

    class Copying:
        def __init__(self, app: Any) -> None:
            self.app = app

        async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
            await self.app(dict(scope), receive, send)

    inner = Starlette(routes=[Mount("/v1", routes=[Route("/a/{b}", lambda request: PlainTextResponse("x"))])])
    inner.add_middleware(BaseHTTPMiddleware, dispatch=pass_on)
    inner.add_middleware(Copying)
    install(inner, LIVE, observe=folder)
    with TestClient(inner) as client:
        client.get("/v1/a/4711", headers={"Origin": ORIGIN})
    assert [seen.request.route for seen in observed(folder)] == ["/v1/a/{b}"]


def test_a_flood_of_origins_paths_and_names_cannot_grow_memory_or_disk(folder: Path) -> None:
    app = Starlette(routes=[Route("/{rest:path}", lambda request: PlainTextResponse("x"), methods=["GET", "POST"])])
    installation = install(app, Policy(origins="*"), candidate=Policy(origins=[ORIGIN]), observe=folder)
    with TestClient(app) as client:
        flood = installation.layer
        for number in range(2 * observing.MOST_CELLS):
            ask(flood, f"/{number}", (b"origin", b"https://host-%d.example" % number))
        for number in range(600):
            names = (b"access-control-request-headers", b"x-%d" % number)
            ask(
                flood,
                "/",
                (b"origin", b"https://one.example"),
                (b"access-control-request-method", b"PUT"),
                names,
                method="OPTIONS",
            )
        ask(flood, "/", (b"origin", b"https://" + b"a" * 60_000))
        ask(flood, "/", (b"origin", b"https://one.example"), method="A" * 60_000)
        client.get("/late", headers={"Origin": ORIGIN})
    found = observed(folder)
    assert len(found) <= MOST_TUPLES
    assert ORIGIN in {seen.request.origin for seen in found}, "what a policy names has room kept for it"
    assert sum(seen.request.origin == "https://one.example" for seen in found) <= MOST_PER_ORIGIN
    [file] = folder.glob("*.jsonl")
    assert file.stat().st_size <= (MOST_TUPLES + 1) * LONGEST_LINE
    head = json.loads(file.read_text().splitlines()[0])
    assert head["unkept"] + sum(seen.count for seen in found) == 2 * observing.MOST_CELLS + 603


def test_what_an_earlier_worker_left_is_continued_not_repeated(folder: Path) -> None:
    for count in (1, 2, 3):
        app = application()
        install(app, LIVE, observe=folder)
        with TestClient(app) as client:
            client.get("/users/1", headers={"Origin": ORIGIN})
        [seen] = observed(folder)
        assert seen.count == count
        assert seen.days == 1


def test_a_folder_that_cannot_be_written_is_logged_and_harms_no_request(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    file = tmp_path / "file"
    file.write_text("text")
    app = application()
    install(app, LIVE, observe=file / "observations")
    with TestClient(app) as client:
        assert client.get("/users/1", headers={"Origin": ORIGIN}).status_code == 200
    assert "observations cannot be written to" in caplog.text


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ({"rollout": 0.5}, ValueError, "needs a policy to roll out"),
        ({"rollout": 1.5, "candidate": CANDIDATE}, ValueError, "from 0 to 1"),
        ({"rollout": True, "candidate": CANDIDATE}, ValueError, "from 0 to 1"),
        ({"candidate": {"origins": ["*"]}}, TypeError, "must be a Policy, not dict"),
        ({"observe": 7}, TypeError, "must be a folder"),
        ({"observe": ""}, ValueError, "does not name a folder"),
        ({"observe": __file__}, ValueError, "is a file"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_cannot_be_tried_or_written_is_refused_at_once(given: dict[str, Any], error: type[Exception], message: str) -> None:
    app = application()
    with pytest.raises(error, match=message):
        install(app, LIVE, **given)
    install(app, LIVE)  # the app is as it was


def test_reconfigure_moves_the_rollout_and_keeps_what_is_not_given() -> None:
    installation = install(application(), Policy(origins=[ORIGIN]), policies={"/users/*": LIVE}, candidate=LIVE)
    app = installation.app
    client = TestClient(app)
    page = {"Origin": UNTRUSTED_ORIGIN}
    assert "access-control-allow-origin" not in client.get("/plain/1", headers=page).headers
    installation.reconfigure(rollout=1)
    assert client.get("/plain/1", headers=page).headers["access-control-allow-origin"] == "*"
    assert installation.layer.policies == {"/users/*": LIVE}
    installation.reconfigure(rollout=0)
    assert "access-control-allow-origin" not in client.get("/plain/1", headers=page).headers
    with pytest.raises(ValueError, match="from 0 to 1"):
        installation.reconfigure(rollout=7)
    assert installation.layer.rollout == 0
    installation.reconfigure(LIVE, candidate=None)
    assert installation.layer.candidate is None
    assert client.get("/plain/1", headers=page).headers["access-control-allow-origin"] == "*"


def test_an_answer_that_another_policy_may_give_to_another_origin_is_not_shared_by_caches() -> None:
    client = TestClient(CORSMiddleware(application(), policy=Policy(origins="*"), candidate=CANDIDATE, rollout=0.5))
    for number in range(20):
        assert "Origin" in client.get("/plain/1", headers={"Origin": f"https://{number}.example"}).headers["vary"]
    assert "Origin" in client.get("/plain/1").headers["vary"]


@given(st.text(min_size=1, max_size=30), st.floats(0, 1), st.floats(0, 1))
def test_a_larger_rollout_keeps_every_origin_of_a_smaller_one(origin: str, one: float, other: float) -> None:
    low, high = sorted((one, other))
    sent = origin.encode()
    assert not (rollout_reaches(sent, low) and not rollout_reaches(sent, high))
    assert not rollout_reaches(sent, 0)
    assert rollout_reaches(sent, 1)


def test_a_rollout_reaches_about_its_share_of_origins() -> None:
    origins = [b"https://tenant-%d.example.com" % number for number in range(4000)]
    assert 320 < sum(rollout_reaches(origin, 0.1) for origin in origins) < 480


@settings(max_examples=150, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.function_scoped_fixture])
@given(keywords, keywords, st.lists(requests, min_size=3, max_size=8), st.sampled_from([0, 0.5, 1]))
def test_replaying_the_observations_of_a_run_gives_the_verdicts_that_the_middleware_gave(
    tmp_path_factory: pytest.TempPathFactory, live: Any, tried: Any, asked: list[FetchRequest], rollout: float
) -> None:
    policy, candidate = policy_of(live), policy_of(tried)
    assume(policy is not None and candidate is not None)
    assert policy is not None
    assert candidate is not None
    folder = tmp_path_factory.mktemp("run")
    layer = CORSMiddleware(plain, policy=policy, candidate=candidate, rollout=rollout, observe=folder)
    gave: dict[tuple[str, str], set[bool]] = {}
    sender = AsgiSend(layer)
    for request in asked:
        for exchange in drive(Browser("standard").fetch(request), sender).exchanges:
            origin, method = (exchange.request.header(name) for name in ("origin", "access-control-request-method"))
            if origin is not None and method is not None and isinstance(exchange.response, WireResponse):
                gave.setdefault((origin, method), set()).add(exchange.response.status == 200)
    sender.close()
    ask(layer, kind="lifespan")
    for seen in observed(folder):
        request_tuple = seen.request
        assert request_tuple.live == verdict_on(request_tuple, policy)
        assert request_tuple.candidate == verdict_on(request_tuple, candidate)
        if request_tuple.kind is RequestKind.PREFLIGHT:
            applied = candidate if rollout_reaches(request_tuple.origin.encode(), rollout) else policy
            allowed = verdict_on(request_tuple, applied) == ALLOWED
            assert allowed == (request_tuple.status == 2)
            assert allowed in gave[request_tuple.origin, request_tuple.method]


@pytest.mark.parametrize(
    ("path", "sent", "preflight"),
    [
        ("/files/{name:path}", "/files/a/b/c", "/files/{name}"),
        ("/copy/{source:path}/to/{target:path}", "/copy/a/to/b", ""),
        ("/between/{first}-{last}", "/between/1-2", ""),
    ],
)
def test_a_path_that_many_ways_divide_is_known_by_the_route_that_the_app_chose_alone(
    path: str, sent: str, preflight: str
) -> None:
    app = FastAPI()
    app.add_api_route(path, lambda: None, methods=["GET"])
    templates = RouteTemplates()
    scope: dict[str, Any] = {"type": "http", "path": sent, "root_path": "", "method": "OPTIONS"}
    assert templates.find(scope, app, "GET") == preflight
    (route,) = [route for route in app.routes if getattr(route, "path", None) == path]
    assert templates.find({**scope, "method": "GET", "route": route}, app) == path.replace(":path", "")
