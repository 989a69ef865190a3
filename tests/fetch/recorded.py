"""The scenarios that real engines ran, read from `tests/data/corpus`, and a server that answers as the recorded one did."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from corsense.fetch import Browser, FailureReason, FetchRequest, NetworkError, Trace, WireRequest, WireResponse
from corsense.fetch.trace import EngineName
from corsense.fetch.wire import Headers
from corsense.transports import drive

CORPUS = Path(__file__).parent.parent / "data" / "corpus"
PORTS = {41730: "http", 41731: "http", 41743: "https", 48000: "http", 48001: "http", 48443: "https"}

Scenario = dict[str, Any]


def scenarios(*kinds: str) -> list[Scenario]:
    """The scenarios whose every step is of one of `kinds` (or a wait)."""
    with (CORPUS / "browsers.jsonl").open(encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    return [row for row in rows if all(step["kind"] in (*kinds, "wait") for step in row["request"])]


@dataclass
class Clock:
    now: float = 0.0

    def __call__(self) -> float:
        return self.now


@dataclass
class RecordedServer:
    """Answers as the server of a scenario did: raw answers by route, or those a FastAPI program gave."""

    scenario: Scenario
    engine: EngineName
    turns: dict[tuple[str, str], int] = field(default_factory=dict)
    replayed: int = 0

    def __call__(self, request: WireRequest) -> WireResponse | NetworkError:
        url = urlsplit(request.url)
        server = self.scenario["server"]
        if "app" in server:
            return self._program_answer(request)
        host, port = url.hostname or "", url.port
        if host.endswith(".invalid"):
            return NetworkError(FailureReason.NAME_NOT_RESOLVED)
        if port not in PORTS:
            return NetworkError(FailureReason.CONNECTION_REFUSED)
        if PORTS[port] == "http" and url.scheme == "https":
            return NetworkError(FailureReason.TLS)
        if PORTS[port] == "https" and url.scheme == "http":
            return NetworkError(FailureReason.CONNECTION_CLOSED)
        return self._raw_answer(request, url.path)

    def _raw_answer(self, request: WireRequest, path: str) -> WireResponse | NetworkError:
        server = self.scenario["server"]
        tail = path.removeprefix("/" + self.scenario["id"])
        if tail == path:
            return self._response({"status": 404, "headers": [], "body": "no such scenario"}, request)
        route = server.get("routes", {}).get(tail, server)
        kind = "preflight" if request.method == "OPTIONS" and request.header("access-control-request-method") else "actual"
        answer = route.get(kind) or {"status": 200, "headers": []}
        if isinstance(answer, list):
            turn = self.turns.get((tail, kind), 0)
            self.turns[tail, kind] = turn + 1
            answer = answer[min(turn, len(answer) - 1)]
        return self._response(answer, request)

    def _response(self, answer: dict[str, Any], request: WireRequest) -> WireResponse | NetworkError:
        match answer.get("action"):
            case "close":
                return NetworkError(FailureReason.CONNECTION_CLOSED)
            case "reset":
                return NetworkError(FailureReason.CONNECTION_RESET)
            case "hang":
                return NetworkError(FailureReason.TIMEOUT)
            case None:
                pass
            case other:
                return NetworkError(FailureReason.INVALID_HTTP, other)
        acrh = request.header("access-control-request-headers") or ""
        origin = request.header("origin") or ""
        headers = [
            (name, value.replace("$REQUEST_ORIGIN", origin).replace("$ACRH", acrh)) for name, value in answer.get("headers", [])
        ]
        present = {name.lower() for name, _ in headers}
        body = answer.get("body", '{"ok":true}')
        defaults = {"Content-Type": "application/json", "Cache-Control": "no-store", "Connection": "close"}
        if answer["status"] != 204:
            defaults["Content-Length"] = str(len(body))
        if answer["status"] == 304:
            del defaults["Content-Type"]
        headers += [(name, value) for name, value in defaults.items() if name.lower() not in present]
        return WireResponse(answer["status"], tuple(headers))

    def _program_answer(self, request: WireRequest) -> WireResponse | NetworkError:
        seen = self.scenario["observed"][self.engine]["seen"]
        if self.replayed >= len(seen):
            return NetworkError(FailureReason.CONNECTION_REFUSED)
        answer = seen[self.replayed]["answer"]
        self.replayed += 1
        return WireResponse(answer["status"], tuple((name, value) for name, value in answer["headers"]))


def fetch_requests(scenario: Scenario) -> Iterator[FetchRequest | float]:
    """The steps of a scenario: requests, and seconds to wait between them."""
    origin = scenario["page_origin"]
    origin = "null" if origin.startswith("null") else origin
    for step in scenario["request"]:
        if step["kind"] == "wait":
            yield step["ms"] / 1000
        elif step["kind"] == "fetch":
            yield _from_fetch(step, origin, scenario)
        else:
            yield _from_xhr(step, origin, scenario)


def _from_fetch(step: dict[str, Any], origin: str, scenario: Scenario) -> FetchRequest:
    init = step.get("init", {})
    headers, body = _headers_and_body(init)
    names = ("method", "credentials", "mode", "redirect", "cache")
    options = {name: init[name] for name in names if name in init}
    if _page_is_public(scenario, step["url"]):
        options["address_space"] = "public"
    return FetchRequest(step["url"], origin, headers=headers, body=body, cookies=bool(scenario.get("cookies_set_on")), **options)


def _from_xhr(step: dict[str, Any], origin: str, scenario: Scenario) -> FetchRequest:
    headers, body = _headers_and_body(step)
    return FetchRequest(
        step["url"],
        origin,
        method=step.get("method", "GET"),
        headers=headers,
        body=body,
        credentials="include" if step.get("withCredentials") else "same-origin",
        initiator="xhr",
        upload_listeners=bool(step.get("upload")),
        address_space="public" if _page_is_public(scenario, step["url"]) else None,
        cookies=bool(scenario.get("cookies_set_on")),
    )


def _page_is_public(scenario: Scenario, url: str) -> bool:
    """Chromium was configured so that the servers of pages have public addresses, and the user gave no permission for the local
    network."""
    to_a_page_server = urlsplit(url).port in (41730, 41743)
    return "chromium_flags" in scenario and "chromium_grant" not in scenario and not to_a_page_server


def _headers_and_body(options: dict[str, Any]) -> tuple[Headers, str | bytes | Iterator[bytes] | None]:
    given = options.get("headers") or {}
    headers = tuple((name, value) for name, value in (given.items() if isinstance(given, dict) else given))
    body = options.get("body")
    if isinstance(body, dict) and "$blob" in body:
        content, kind = body["$blob"]
        if kind and not any(name.lower() == "content-type" for name, _ in headers):
            headers += (("Content-Type", kind),)
        return headers, content.encode()
    if isinstance(body, dict) and "$stream" in body:
        return headers, iter([b"x"])
    assert body is None or isinstance(body, str)
    return headers, body


def run(scenario: Scenario, engine: EngineName) -> list[Trace]:
    """Run a scenario's steps in one browser of `engine`."""
    clock = Clock()
    browser = Browser(engine, clock=clock)
    server = RecordedServer(scenario, engine)
    traces = []
    for step in fetch_requests(scenario):
        if isinstance(step, float):
            clock.now += step
        else:
            traces.append(drive(browser.fetch(step), server))
    return traces
