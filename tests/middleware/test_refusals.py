"""Telling what was refused: the log, debug mode, the counter."""

from __future__ import annotations

import logging
import tracemalloc
import warnings
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from corsense.fetch import Browser, FetchRequest
from corsense.middleware import CORSMiddleware, install
from corsense.middleware.refusal_log import MOST_REMEMBERED, SILENCE
from corsense.policy import Policy
from corsense.policy.environment import ENVIRONMENT_NAMES
from corsense.transports import drive
from corsense.transports.asgi import asgi_send
from corsense.warnings import DebugModeWarning
from tests.middleware.asking import ORIGIN, UNTRUSTED_ORIGIN, ask, get, plain, preflight

POLICY = Policy(origins=[ORIGIN], credentials=True, methods=["PUT"], request_headers=["X-Token"])


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.INFO, logger="corsense")
    return caplog


class TestLog:
    def test_what_is_allowed_is_not_logged(self, log: pytest.LogCaptureFixture) -> None:
        app = CORSMiddleware(plain, policy=POLICY)
        get(app)
        get(app, None)
        preflight(app)
        assert log.messages == []

    def test_a_refused_origin_is_logged_once_with_the_nearest_one(self, log: pytest.LogCaptureFixture) -> None:
        app = CORSMiddleware(plain, policy=POLICY)
        for _ in range(3):
            get(app, "http://app.example.com")
        assert len(log.messages) == 1
        assert "http://app.example.com" in log.messages[0]
        assert ORIGIN in log.messages[0]
        assert log.records[0].levelno == logging.WARNING

    @pytest.mark.parametrize("segment", ["eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln", "zQ7kP2mX9vT4bN8c"])
    def test_a_token_in_a_path_is_not_logged(self, log: pytest.LogCaptureFixture, segment: str) -> None:
        app = CORSMiddleware(plain, policy=POLICY)
        path = f"/invite/{segment}/accept"
        get(app, UNTRUSTED_ORIGIN, path)
        preflight(app, UNTRUSTED_ORIGIN, path=path)
        assert len(log.messages) == 2
        assert all("'/invite/redacted/accept'" in message for message in log.messages)

    def test_a_route_of_a_mounted_app_is_reported_with_its_mount(self, log: pytest.LogCaptureFixture) -> None:
        app, inner = FastAPI(), FastAPI()

        @inner.get("/items/{number}")
        def item(number: int) -> None: ...

        app.mount("/shop", inner)
        install(app, POLICY)
        TestClient(app, root_path="/proxied").get("/proxied/shop/items/1", headers={"Origin": UNTRUSTED_ORIGIN})
        assert "'/shop/items/{number}'" in log.messages[0]

    def test_each_route_is_reported_once_whatever_its_parameters(self, log: pytest.LogCaptureFixture) -> None:
        app = FastAPI()

        @app.get("/items/{number}")
        def item(number: int) -> None: ...

        @app.get("/other")
        def other() -> None: ...

        install(app, POLICY)
        client = TestClient(app)
        for path in ("/items/1", "/items/2", "/other", "/items/3", "/nowhere/1", "/nowhere/2"):
            client.get(path, headers={"Origin": UNTRUSTED_ORIGIN})
        assert [("/items/{number}" in line, "'/other'" in line) for line in log.messages] == [
            (True, False), (False, True), (False, False)
        ]  # fmt: skip

    @pytest.mark.parametrize(
        ("asked", "named"),
        [
            ((ORIGIN, "PATCH"), ["'PATCH'", "PUT"]),
            ((ORIGIN, "PUT", "x-other,x-token"), ["'x-other'", "x-token"]),
            ((UNTRUSTED_ORIGIN, "PUT"), [UNTRUSTED_ORIGIN]),
        ],
    )
    def test_a_refused_preflight_names_what_did_not_match(
        self, log: pytest.LogCaptureFixture, asked: tuple[str, ...], named: list[str]
    ) -> None:
        app = CORSMiddleware(plain, policy=POLICY)
        for _ in range(3):
            preflight(app, *asked)
        assert len(log.messages) == 1
        assert all(name in log.messages[0] for name in named)

    def test_a_request_whose_endpoint_crashes_is_logged_too(self, log: pytest.LogCaptureFixture) -> None:
        async def app(scope: Any, receive: Any, send: Any) -> None:
            raise LookupError

        with pytest.raises(LookupError):
            get(CORSMiddleware(app, policy=POLICY), UNTRUSTED_ORIGIN)
        assert len(log.messages) == 1

    @pytest.mark.parametrize("poison", ["\r\nINFO forged", "\x1b[31mred", "\u2028line", "\x00", "' forged='1", "\x85"])
    def test_nothing_can_be_forged(self, log: pytest.LogCaptureFixture, poison: str) -> None:
        """CVE-2024-1681 (flask-cors): a path with line breaks forged lines of the log."""
        app = CORSMiddleware(plain, policy=POLICY)
        raw = poison.encode("utf-8").decode("latin-1")
        get(app, "https://a" + raw, "/x" + poison)
        preflight(app, "https://a" + raw, path="/x" + poison)
        preflight(app, ORIGIN, "PUT" + raw, path="/x" + poison)
        preflight(app, ORIGIN, "PUT", "x-a" + raw, path="/x" + poison)
        ask(app, "/x" + poison, (b"origin", b"https://b"), method="GET" + poison)
        assert len(log.messages) == 5
        for line in log.messages:
            assert line.isascii()
            assert line.isprintable()
            assert len(line) < 2000

    def test_what_is_remembered_and_logged_is_bounded(
        self, log: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        now = [0.0]
        monkeypatch.setattr("corsense.middleware.refusal_log.time.monotonic", lambda: now[0])
        app = CORSMiddleware(plain, policy=POLICY)
        for number in range(MOST_REMEMBERED + 500):
            get(app, f"https://a{number}.example")
        assert len(log.messages) == MOST_REMEMBERED + 1
        assert "no more" in log.messages[-1]
        now[0] = SILENCE + 1
        get(app, "https://new.example")
        assert "500 more" in log.messages[-2]
        assert "https://new.example" in log.messages[-1]

    @pytest.mark.parametrize(
        ("asked", "logged"),
        [
            ((ORIGIN, "PUT", "x-token"), 0),
            ((ORIGIN, "PUT", " X-Token ,,"), 0),
            ((UNTRUSTED_ORIGIN, "PUT", "x-token"), 1),
            ((UNTRUSTED_ORIGIN, "PATCH", "x-other"), 1),
            (("https://" + "a" * 9000, "PUT"), 1),
            ((ORIGIN, "PATCH"), 1),
            ((ORIGIN, "PATCH", "x-token"), 1),
            ((ORIGIN, "put"), 1),
            ((ORIGIN, "A" * 65), 1),
            ((ORIGIN, "A" * 70_000, "x-other"), 2),
            ((ORIGIN, "PUT", "x-other"), 1),
            ((ORIGIN, "PUT", "X-Other, y"), 1),
            ((ORIGIN, "PATCH", "x-other"), 2),
            ((ORIGIN, "PUT", "," * 8192), 1),
            ((ORIGIN, "PATCH", "x-token," * 2000), 2),
            ((ORIGIN, "PUT", "x-token", "x-other"), 1),
        ],
        ids=lambda value: None,
    )
    def test_the_same_preflight_is_answered_alike_each_time_and_logged_once(
        self, log: pytest.LogCaptureFixture, asked: tuple[str, ...], logged: int
    ) -> None:
        app = CORSMiddleware(plain, policy=POLICY)
        answers = [preflight(app, *asked, path="/a" * 200) for _ in range(4)]
        assert len({(answer.status, tuple(sorted(answer.lines)), answer.body) for answer in answers}) == 1
        assert len(log.messages) == logged
        assert all(len(line) < 1500 and line.isascii() for line in log.messages)

    def test_the_response_to_one_origin_reveals_nothing_about_another(self, log: pytest.LogCaptureFixture) -> None:
        app = CORSMiddleware(plain, policy=Policy(origins=[ORIGIN, "https://b.example"], methods=["PUT"]))
        for _ in range(2):
            for origin in (ORIGIN, "https://b.example", UNTRUSTED_ORIGIN):
                for path in ("/x", "/y"):
                    assert preflight(app, origin, "PATCH", path=path).status == 400
                    assert preflight(app, origin, "PUT", "x-other", path=path).status == 400
        assert len(log.messages) == 2 * (2 + 2 + 1)

    def test_long_paths_and_origins_are_not_kept(self) -> None:
        app = CORSMiddleware(plain, policy=POLICY)
        tracemalloc.start()
        for number in range(200):
            name = f"{number}".rjust(60_000, "a")
            preflight(app, f"https://{name}.example", path=f"/{name}")
            preflight(app, ORIGIN, name, path=f"/{name}")
            get(app, f"https://{name}.example", path=f"/{name}")
        kept = tracemalloc.get_traced_memory()[0]
        tracemalloc.stop()
        assert kept < 2_000_000

    def test_a_path_that_is_no_text_is_logged_and_answered(self, log: pytest.LogCaptureFixture) -> None:
        app = CORSMiddleware(plain, policy=POLICY, policies={"/a/*": None})
        for path in ("/\ud800", "/a\udfff/../b", "/\x00"):
            assert preflight(app, UNTRUSTED_ORIGIN, path=path).status == 400
            assert get(app, UNTRUSTED_ORIGIN, path=path).status == 200
        assert len(log.messages) == 4  # each preflight by its path, the others by their route, which they have none of
        assert all(line.isascii() and line.isprintable() for line in log.messages)


class TestDebug:
    def console(self, policy: Policy, debug: bool, **asked: Any) -> str:
        app = CORSMiddleware(plain, policy=policy, debug=debug)
        request = FetchRequest("http://localhost:8000/api", **{"origin": ORIGIN, "credentials": "include", **asked})
        with asgi_send(app) as send:
            return " ".join(drive(Browser().fetch(request), send).console())

    @pytest.mark.parametrize(
        ("asked", "named"),
        [
            ({"method": "DELETE"}, "Method DELETE is not allowed"),
            ({"headers": [("X-Other", "1")]}, "Request header field x-other is not allowed"),
            ({"origin": UNTRUSTED_ORIGIN, "method": "PUT"}, "No 'Access-Control-Allow-Origin' header"),
        ],
    )
    def test_the_browser_itself_names_what_failed(self, asked: dict[str, Any], named: str) -> None:
        assert named in self.console(POLICY, True, **asked)
        if "origin" not in asked:
            assert named not in self.console(POLICY, False, **asked)

    @pytest.mark.parametrize("engine", ["chromium", "firefox", "webkit", "standard"])
    @pytest.mark.parametrize("policy", [POLICY, Policy(origins="*", request_headers=["*"], methods=["*"])])
    def test_it_lets_nothing_through(self, engine: Any, policy: Policy) -> None:
        request = FetchRequest("https://api.test/", ORIGIN, method="PUT", headers=(("Authorization", "x"), ("X-Token", "1")))
        with asgi_send(CORSMiddleware(plain, policy=policy, debug=True)) as send:
            assert type(drive(Browser(engine).fetch(request), send).outcome).__name__ == "Blocked"

    def test_a_header_says_why(self) -> None:
        app = CORSMiddleware(plain, policy=POLICY, debug=True)
        for answer in (get(app, "http://app.example.com"), preflight(app, "http://app.example.com")):
            assert ORIGIN in (answer["x-cors-refused"] or "")
        assert "DELETE" in (preflight(app, ORIGIN, "DELETE")["x-cors-refused"] or "")
        assert get(app)["x-cors-refused"] is None
        assert preflight(app)["x-cors-refused"] is None
        assert get(CORSMiddleware(plain, policy=POLICY), UNTRUSTED_ORIGIN)["x-cors-refused"] is None

    def test_a_warning_where_others_can_see_it(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in ENVIRONMENT_NAMES:
            monkeypatch.delenv(name, raising=False)
        app = CORSMiddleware(plain, policy=POLICY, debug=True)
        with pytest.warns(DebugModeWarning, match="other machines"):
            get(app, UNTRUSTED_ORIGIN, client=("203.0.113.9", 4000))
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            get(CORSMiddleware(plain, policy=POLICY, debug=True), UNTRUSTED_ORIGIN)
        for environment in ("production", "stage", "eu-1"):
            monkeypatch.setenv("ENVIRONMENT", environment)
            with pytest.warns(DebugModeWarning, match=f"the environment is '{environment}'"):
                CORSMiddleware(plain, policy=POLICY, debug=True)


class Meter:
    """Stands in for OpenTelemetry's SDK."""

    def __init__(self) -> None:
        self.counted: list[dict[str, str]] = []

    def create_counter(self, name: str, **_: Any) -> Meter:
        assert name == "cors.decisions"
        return self

    def add(self, amount: int, attributes: dict[str, str]) -> None:
        self.counted += [attributes] * amount


class TestTelemetry:
    def test_decisions_are_counted_by_kind_outcome_and_reason(self, monkeypatch: pytest.MonkeyPatch) -> None:
        meter = Meter()
        monkeypatch.setattr("opentelemetry.metrics.get_meter", lambda *_: meter)
        app = CORSMiddleware(plain, policy=POLICY, telemetry=True)
        for origin in (ORIGIN, UNTRUSTED_ORIGIN, None):
            get(app, origin)
        for asked in ((ORIGIN,), (UNTRUSTED_ORIGIN,), (ORIGIN, "PATCH"), (ORIGIN, "PUT", "x-other")):
            preflight(app, *asked)
        assert [tuple(labels.values()) for labels in meter.counted] == [
            ("actual", "allowed"),
            ("actual", "refused", "origin-not-allowed"),
            ("actual", "no-origin"),
            ("preflight", "allowed"),
            ("preflight", "refused", "origin-not-allowed"),
            ("preflight", "refused", "method-not-allowed"),
            ("preflight", "refused", "header-not-allowed"),
        ]
        assert {name for labels in meter.counted for name in labels} == {"cors.kind", "cors.outcome", "cors.reason"}

    def test_without_an_sdk_nothing_is_imported_and_nothing_counted(self) -> None:
        import subprocess
        import sys

        code = (
            "import sys, asyncio\n"
            "from tests.middleware.asking import get, plain, preflight\n"
            "from corsense.middleware import CORSMiddleware\n"
            "app = CORSMiddleware(plain, allow_origins=['https://app.example.com'])\n"
            "get(app); preflight(app); get(app, 'https://x.example')\n"
            "unwanted = {'opentelemetry', 'starlette', 'fastapi', 'pydantic'}\n"
            "assert not unwanted & {name.split('.')[0] for name in sys.modules}"
        )
        subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
