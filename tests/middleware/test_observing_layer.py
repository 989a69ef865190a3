"""A layer that observes answers as one that does not, whatever is asked, however often, and from whatever thread."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI, WebSocket
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Match, Route

from corsense.middleware import CORSMiddleware, install
from corsense.middleware.route_template import RouteTemplates
from corsense.observe import ObservationFolder, ObservedRequests
from corsense.observe.lines import read
from corsense.observe.rollout import rollout_reaches
from corsense.observe.verdict import verdict_on
from corsense.policy import Policy
from corsense.replay.replaying import replay
from corsense.replay.tally import Policies
from tests.middleware.asking import ORIGIN, UNTRUSTED_ORIGIN, Message, Receive, Scope, Send, ask, get, plain, preflight, scope
from tests.middleware.test_law import NAMES, PAGES, keywords, policy_of

NEVER = 3600.0
pages = st.tuples(st.just(b"origin"), st.sampled_from([page.encode() for page in PAGES]) | st.just(b"a" * 600))
others = st.lists(
    st.one_of(
        pages,
        st.tuples(st.just(b"access-control-request-method"), st.sampled_from([b"PUT", b"GET", b"put", b"", b"A" * 3000])),
        st.tuples(
            st.just(b"access-control-request-headers"),
            st.sampled_from([name.lower().encode() for name in NAMES]) | st.sampled_from([b"", b"x-a, ,x-b", b"x," * 900]),
        ),
        st.tuples(st.just(b"access-control-request-private-network"), st.just(b"true")),
        st.tuples(st.just(b"cookie"), st.just(b"a=b")),
        st.tuples(st.just(b"content-type"), st.sampled_from([b"application/json", b"text/plain"])),
        st.tuples(st.just(b"sec-fetch-mode"), st.sampled_from([b"cors", b"navigate"])),
    ),
    max_size=5,
)
lines = st.tuples(pages, others).map(lambda drawn: [drawn[0], *drawn[1]]) | others
asked = st.tuples(st.sampled_from(["/", "/a", "/b/1"]), st.sampled_from(["GET", "OPTIONS", "OPTIONS", "POST"]), lines)


def observed(folder: Path) -> list[ObservedRequests]:
    found = [read(file.read_bytes().splitlines(keepends=True)) for file in sorted(folder.glob("*.jsonl"))]
    assert not any(each.broken for each in found)
    return [seen for each in found for seen in each.requests]


async def shut_down(layer: CORSMiddleware) -> None:
    """What a server does at the end of a lifespan."""
    messages = iter(({"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}))

    async def receive() -> Message:
        return next(messages)

    async def send(message: Message) -> None:
        pass

    await layer(scope(kind="lifespan"), receive, send)


@settings(suppress_health_check=[HealthCheck.filter_too_much])
@given(keywords, keywords, st.lists(asked, min_size=1, max_size=5), st.sampled_from([0, 0.5, 1]))
def test_an_observing_layer_answers_as_the_policy_that_applies_does(
    live: Any, tried: Any, requests: list[tuple[str, str, list[tuple[bytes, bytes]]]], rollout: float
) -> None:
    policy, candidate = policy_of(live), policy_of(tried)
    assume(policy is not None and candidate is not None)
    assert policy is not None
    assert candidate is not None
    observing = CORSMiddleware(plain, policy=policy, candidate=candidate, rollout=rollout)
    enforcing = {each: CORSMiddleware(plain, policy=each) for each in (policy, candidate)}
    for path, method, headers in requests * 2:  # what comes again takes a shorter way
        origin = next((value for name, value in headers if name == b"origin"), None)
        applies = candidate if origin is not None and rollout_reaches(origin, rollout) else policy
        answer = ask(observing, path, *headers, method=method)
        expected = ask(enforcing[applies], path, *headers, method=method)
        assert (answer.status, answer.body) == (expected.status, expected.body)
        without_vary = [line for line in answer.lines if line[0] != "vary"]
        assert without_vary == [line for line in expected.lines if line[0] != "vary"]
        assert (answer["vary"] or "") == (expected["vary"] or "") or 0 < rollout < 1


def test_a_stream_and_a_socket_are_counted_when_they_begin_and_not_when_they_end(tmp_path: Path) -> None:
    async def endless(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            return
        if scope["type"] == "http":
            await send({"type": "http.response.start", "status": 200, "headers": []})
        else:
            await receive()
            await send({"type": "websocket.accept"})
        await asyncio.Event().wait()

    policy = Policy(origins=[ORIGIN], websockets=True)
    layer = CORSMiddleware(endless, policy=policy, observe=ObservationFolder(tmp_path, interval=NEVER))

    async def connect() -> None:
        async def receive() -> Message:
            return {"type": "websocket.connect"}

        async def send(message: Message) -> None:
            pass

        page = (b"origin", ORIGIN.encode())
        open_ones = [asyncio.ensure_future(layer(scope("/", page, kind=kind), receive, send)) for kind in ("http", "websocket")]
        await asyncio.sleep(0.01)
        await shut_down(layer)
        for each in open_ones:
            each.cancel()
        await asyncio.gather(*open_ones, return_exceptions=True)

    asyncio.run(connect())
    found = {(seen.request.kind.value, seen.request.status, seen.count) for seen in observed(tmp_path)}
    assert found == {("simple", 2, 1), ("websocket", 1, 1)}


def test_an_app_that_crashes_is_counted_once_whether_it_had_answered_or_not(tmp_path: Path) -> None:
    async def crashing(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            return
        if scope["path"] == "/late":
            await send({"type": "http.response.start", "status": 200, "headers": []})
        raise ValueError("no")

    layer = CORSMiddleware(crashing, policy=Policy(origins=[ORIGIN]), observe=ObservationFolder(tmp_path, interval=NEVER))
    for path in ("/early", "/late"):
        with pytest.raises(ValueError, match="no"):
            get(layer, path=path)
    asyncio.run(shut_down(layer))
    assert {(seen.request.status, seen.count) for seen in observed(tmp_path)} == {(5, 1), (2, 1)}


def in_threads(work: Callable[[], None], number: int) -> None:
    """Run the same work in several threads; an exception in one of them fails the test."""
    failures: list[BaseException] = []

    def guarded() -> None:
        try:
            work()
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=guarded) for _ in range(number)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert failures == []


def test_no_request_sees_half_of_a_reconfiguration_and_none_is_lost_with_many_threads(tmp_path: Path) -> None:
    """Both policies admit the origin; each has a header of its own. A rollout of 1 stays, so only candidates may answer."""
    policies = [Policy(origins=[ORIGIN], expose_headers=[f"X-{number}"]) for number in range(4)]
    layer = CORSMiddleware(plain, policy=policies[0], candidate=policies[1], rollout=1, observe=tmp_path)
    number, threads = 300, 6
    unexpected: set[str | None] = set()
    done = threading.Event()

    def serve() -> None:
        async def all_of_them() -> None:
            for _ in range(number):
                sent: list[Message] = []

                async def send(message: Message, sent: list[Message] = sent) -> None:
                    sent.append(message)

                async def receive() -> Message:
                    return {"type": "http.request"}

                await layer(scope("/", (b"origin", ORIGIN.encode())), receive, send)
                exposed = dict(sent[0]["headers"]).get(b"access-control-expose-headers", b"").decode()
                if exposed not in ("X-1", "X-3"):
                    unexpected.add(exposed)

        asyncio.run(all_of_them())

    def move() -> None:
        while not done.is_set():
            layer.reconfigure(policies[2], candidate=policies[3])
            layer.reconfigure(policies[0], candidate=policies[1])

    mover = threading.Thread(target=move)
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        mover.start()
        in_threads(serve, threads)
    finally:
        done.set()
        mover.join()
        sys.setswitchinterval(interval)
    asyncio.run(shut_down(layer))
    assert unexpected == set()
    assert sum(seen.count for seen in observed(tmp_path)) == number * threads


def test_the_real_sdk_counts_differences_with_labels_from_closed_sets() -> None:
    code = """
import asyncio, json
from opentelemetry.metrics import set_meter_provider
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from corsense import CORSMiddleware, Policy
from tests.middleware.asking import get, plain, preflight

reader = InMemoryMetricReader()
set_meter_provider(MeterProvider([reader]))
layer = CORSMiddleware(plain, policy=Policy(origins="*"), candidate=Policy(origins=["https://app.example.com"]))
for number in range(300):
    get(layer, f"https://host-{number}.example", path=f"/{number}")
    preflight(layer, f"https://host-{number}.example", "GET", path=f"/{number}")
    get(layer, "https://app.example.com")
[resource] = reader.get_metrics_data().resource_metrics
points = [point for scope in resource.scope_metrics for metric in scope.metrics for point in metric.data.data_points]
print(json.dumps([[sorted(point.attributes.items()), point.value] for point in points]))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    points = {tuple(value for _, value in attributes): count for attributes, count in json.loads(done.stdout)}
    assert points == {
        ("actual", "allowed"): 600,
        ("preflight", "allowed"): 300,
        ("simple", "candidate-refuses", "origin-not-allowed"): 300,
        ("preflight", "candidate-refuses", "origin-not-allowed"): 300,
    }


segments = st.sampled_from(["a", "me", "{x}", "{n:int}", "{f:float}", "{u:uuid}", "report-{x}.csv", "v1.0"])
templates = st.lists(
    st.tuples(st.lists(segments, min_size=1, max_size=3), st.booleans(), st.sampled_from([["GET"], ["PUT"], ["GET", "PUT"]])),
    max_size=8,
)
values = st.sampled_from(
    ["a", "b", "me", "1", "1.5", "01234567-89ab-cdef-0123-456789abcdef", "report-1.csv", "report-.csv", "", "x y", "v1.0", "v1x0"]
)


@settings(max_examples=300)
@given(templates, st.lists(values, min_size=1, max_size=3), st.sampled_from(["GET", "PUT", "DELETE"]))
def test_a_preflight_is_noted_for_the_route_that_the_router_would_choose(
    given_templates: list[tuple[list[str], bool, list[str]]], path: list[str], method: str
) -> None:
    routes = []
    for number, (parts, is_open, methods) in enumerate(given_templates):
        named = [part.replace("{", f"{{p{place}") for place, part in enumerate(parts)]
        text = "/" + "/".join([*named, *(["{rest:path}"] if is_open else [])])
        routes.append(Route(text, plain_page, methods=methods, name=str(number)))
    app = Starlette(routes=routes)
    sent: dict[str, Any] = {"type": "http", "path": "/" + "/".join(path), "root_path": "", "method": method, "headers": []}
    matches = [(route.matches(dict(sent))[0], route) for route in routes]
    chosen = next((route for match, route in matches if match is Match.FULL), None)
    chosen = chosen or next((route for match, route in matches if match is Match.PARTIAL), None)
    found = RouteTemplates().find({**sent, "method": "OPTIONS"}, app, method)
    without_convertors = "" if chosen is None else chosen.path_format
    assert found == without_convertors


def test_with_ten_thousand_routes_a_path_is_compared_with_few() -> None:
    app = Starlette(routes=[Route(f"/api/things-{number}/{{item}}", plain_page) for number in range(10_000)])
    templates = RouteTemplates()
    sent: dict[str, Any] = {"type": "http", "path": "/api/things-9999/7", "root_path": "", "method": "OPTIONS", "headers": []}
    assert templates.find(sent, app, "GET") == "/api/things-9999/{item}"
    compared = 0

    def count(frame: Any, event: str, argument: Any) -> None:
        nonlocal compared
        compared += event == "c_call"

    sys.setprofile(count)
    try:
        templates.find({**sent, "path": "/api/things-5000/8"}, app, "GET")
    finally:
        sys.setprofile(None)
    assert compared < 200


def plain_answer() -> str:
    return "x"


def plain_page(request: Request) -> PlainTextResponse:
    return PlainTextResponse("x")


def test_two_layers_with_the_same_folder_have_a_file_each(tmp_path: Path) -> None:
    layers = [CORSMiddleware(plain, policy=Policy(origins="*"), observe=tmp_path) for _ in range(2)]
    for layer in layers:
        get(layer)
        preflight(layer, UNTRUSTED_ORIGIN, "GET")
    for layer in layers:
        asyncio.run(shut_down(layer))
    assert sum(seen.count for seen in observed(tmp_path)) == 4


def test_a_candidate_without_a_policy_beside_it_is_refused() -> None:
    with pytest.raises(ValueError, match="candidate needs a policy"):
        install(FastAPI(), None, policies={"/public/*": Policy(origins="*")}, candidate=Policy(origins=[ORIGIN]))


handshakes = st.tuples(st.just("websocket"), st.sampled_from(["/a", "/public/1"]), st.sampled_from(PAGES), st.just(""))
preflights = st.tuples(
    st.just("preflight"), st.sampled_from(["/a", "/public/1"]), st.sampled_from(PAGES), st.sampled_from(["GET", "PUT", "DELETE"])
)
reads = st.tuples(st.just("GET"), st.sampled_from(["/a", "/public/1"]), st.sampled_from(PAGES), st.sampled_from(["", "a=b"]))


@settings(suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.function_scoped_fixture])
@given(
    keywords, keywords, keywords, st.booleans(), st.sampled_from([0, 0.5, 1]),
    st.lists(handshakes | preflights | reads, min_size=4, max_size=10),
)  # fmt: skip
def test_replaying_a_run_by_the_policies_of_its_paths_changes_no_verdict_of_requests_and_sockets(
    tmp_path_factory: pytest.TempPathFactory,
    live: Any,
    tried: Any,
    public: Any,
    websockets: bool,
    rollout: float,
    run: list[tuple[str, str, str, str]],
) -> None:
    policy, candidate, other = (policy_of({**each, "websockets": websockets}) for each in (live, tried, public))
    assume(policy is not None and candidate is not None and other is not None)
    assert policy is not None
    assert candidate is not None
    assert other is not None
    folder = tmp_path_factory.mktemp("run")
    app = FastAPI()
    app.add_api_route("/a", plain_answer, methods=["GET"])
    app.add_api_route("/public/{number}", plain_answer, methods=["GET"])
    for path in ("/a", "/public/{number}"):
        app.add_api_websocket_route(path, accept)
    layer = CORSMiddleware(
        app, policy=policy, policies={"/public/*": other}, candidate=candidate, rollout=rollout, observe=folder
    )
    gave = Counter(outcome(layer, *asked) for asked in run)
    asyncio.run(shut_down(layer))
    seen = observed(folder)
    applied = {
        "/a": lambda origin: candidate if rollout_reaches(origin.encode(), rollout) else policy,
        "/public/{number}": lambda origin: other,
    }
    told: Counter[tuple[str, str, str, bool]] = Counter()
    for each in seen:
        asked = each.request
        verdict = verdict_on(asked, applied[asked.route](asked.origin))
        own = asked.candidate if applied[asked.route](asked.origin) is candidate else asked.live
        assert own == verdict
        if asked.kind.value != "simple":
            told[asked.kind.value, asked.route, asked.origin, verdict == "allowed"] += each.count
    assert told == Counter({key: count for key, count in gave.items() if key[0] != "GET"})
    result = replay([str(folder)], Policies(policy, {"/public/{number}": other}))
    assert (result.judged, result.lost.requests, result.gained.requests) == (len(run), 0, 0)


def outcome(layer: CORSMiddleware, kind: str, path: str, page: str, more: str) -> tuple[str, str, str, bool]:
    """Ask, and say what the layer gave: kind, route, origin, whether it was allowed."""
    route = "/a" if path == "/a" else "/public/{number}"
    if kind == "websocket":
        return kind, route, page, asyncio.run(opens(layer, path, page))
    if kind == "preflight":
        return kind, route, page, preflight(layer, page, more, path=path).status == 200
    cookie = ((b"cookie", more.encode()),) if more else ()
    ask(layer, path, (b"origin", page.encode()), *cookie)
    return kind, route, page, True


async def opens(layer: CORSMiddleware, path: str, page: str) -> bool:
    """Whether a handshake is accepted."""
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "websocket.connect"}

    async def send(message: Message) -> None:
        sent.append(message)

    await layer(scope(path, (b"origin", page.encode()), kind="websocket"), receive, send)
    return bool(sent[0]["type"] == "websocket.accept")


async def accept(socket: WebSocket) -> None:
    await socket.accept()
    await socket.close()


def test_preflights_that_differ_in_one_thing_get_an_answer_each_however_often_they_come() -> None:
    policies = {"/other/*": Policy(origins=[UNTRUSTED_ORIGIN], methods=["PUT"], request_headers=["x-a"])}
    layer = CORSMiddleware(
        plain,
        policy=Policy(origins=[ORIGIN], methods=["PUT"], request_headers=["x-a"]),
        policies=policies,
        candidate=Policy(origins=[ORIGIN]),
    )
    expected = {
        (ORIGIN, "PUT", "x-a", "/"): 200,
        (ORIGIN, "PUT", "x-b", "/"): 400,
        (ORIGIN, "DELETE", "x-a", "/"): 400,
        (UNTRUSTED_ORIGIN, "PUT", "x-a", "/"): 400,
        (UNTRUSTED_ORIGIN, "PUT", "x-a", "/other/"): 200,
        (ORIGIN, "PUT", "x-a", "/other/"): 400,
    }
    for (origin, method, name, path), status in [*expected.items()] * 3:
        assert preflight(layer, origin, method, name, path=path).status == status


@pytest.mark.parametrize(
    ("paths", "sent", "chosen"),
    [
        (["/me", "/{x}"], "/me", "/me"),
        (["/{x}", "/me"], "/me", "/{x}"),
        (["/{rest:path}", "/a/me"], "/a/me", "/{rest}"),
        (["/a/{x}", "/{rest:path}", "/a/me"], "/a/me", "/a/{x}"),
        (["/{n:int}", "/{x}"], "/seven", "/{x}"),
    ],
)
def test_of_several_routes_that_serve_a_path_the_first_is_noted(paths: list[str], sent: str, chosen: str) -> None:
    app = Starlette(routes=[Route(path, plain_page, methods=["GET"]) for path in paths])
    asked: dict[str, Any] = {"type": "http", "path": sent, "root_path": "", "method": "OPTIONS", "headers": []}
    assert RouteTemplates().find(asked, app, "GET") == chosen
