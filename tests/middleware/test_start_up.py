"""Settings that are refused: said when the app starts, with the line that adds the layer."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import subprocess
import sys
import textwrap
import warnings
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.testclient import TestClient

from corsense.middleware import CORSMiddleware, install
from corsense.policy import Policy, PolicyError
from corsense.policy.environment import ENVIRONMENT_NAMES
from corsense.warnings import DevelopmentOriginWarning, IgnoredSettingWarning
from tests.middleware.asking import get, plain

TUTORIAL = ["http://localhost.tiangolo.com", "https://localhost.tiangolo.com", "http://localhost", "http://localhost:8080"]


def line_of(text: str) -> str:
    """Where `text` stands in this file."""
    rows = Path(__file__).read_text().splitlines()
    (row,) = (number for number, row in enumerate(rows, 1) if text in row and "line_of" not in row)
    return f"{__file__}:{row}"


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ENVIRONMENT_NAMES:
        monkeypatch.delenv(name, raising=False)


def refused_app() -> FastAPI:
    app = FastAPI()
    app.add_middleware(CORSMiddleware, allow_origins=["*"], allow_credentials=True, max_age=111)  # marked: refused
    app.add_middleware(CORSMiddleware, allow_origins=["https://fine.example.com"])
    return app


class TestAtStartUp:
    def test_the_start_up_fails_and_names_the_line(self, caplog: pytest.LogCaptureFixture) -> None:
        app, sent = refused_app(), []

        async def receive() -> Any:
            return {"type": "lifespan.startup"}

        async def send(message: Any) -> None:
            sent.append(message)

        with pytest.raises(PolicyError, match="wildcard-with-credentials") as refused:
            asyncio.run(app({"type": "lifespan", "state": {}}, receive, send))
        (message,) = sent
        assert message["type"] == "lifespan.startup.failed"
        assert message["message"].startswith(f"CORSMiddleware, added at {line_of('# marked: refused')}, refuses its settings: ")
        assert refused.value.__notes__ == [f"CORSMiddleware is added at {line_of('# marked: refused')}."]
        assert [record.getMessage() for record in caplog.records if record.name == "corsense"] == [message["message"]]

    def test_a_test_client_raises_why(self) -> None:
        with pytest.raises(PolicyError, match="wildcard"):
            TestClient(refused_app()).__enter__()

    def test_a_server_without_start_up_gets_the_error_with_the_first_request(self) -> None:
        app = refused_app()
        with pytest.raises(PolicyError) as refused:
            get(app)
        assert refused.value.__notes__ == [f"CORSMiddleware is added at {line_of('# marked: refused')}."]

    def test_uvicorn_does_not_start(self, tmp_path: Path) -> None:
        source = """
            from fastapi import FastAPI
            from corsense import CORSMiddleware

            app = FastAPI()
            app.add_middleware(
                CORSMiddleware,
                allow_origins="https://app.example.com",
            )
        """
        (tmp_path / "main.py").write_text(textwrap.dedent(source))
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = str(free.getsockname()[1])
        ran = subprocess.run(
            [sys.executable, "-m", "uvicorn", "main:app", "--port", port],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(tmp_path)},
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert ran.returncode == 3
        assert f"CORSMiddleware, added at {tmp_path / 'main.py'}:6, refuses its settings: allow_origins: " in ran.stderr
        assert "Application startup failed" in ran.stderr


class TestTheLine:
    def test_of_a_list_of_middleware(self) -> None:
        app = Starlette(middleware=[Middleware(CORSMiddleware, allow_origins=["null"], max_age=222)])  # marked: list
        with pytest.raises(PolicyError) as refused:
            get(app)
        assert refused.value.__notes__ == [f"CORSMiddleware is added at {line_of('# marked: list')}."]

    def test_of_a_layer_made_by_hand(self) -> None:
        with pytest.raises(PolicyError) as refused:
            CORSMiddleware(plain, allow_origins=["null"], max_age=333)  # marked: by hand
        assert refused.value.__notes__ == [f"CORSMiddleware is added at {line_of('# marked: by hand')}."]

    def test_of_an_installation(self) -> None:
        with pytest.raises(PolicyError) as refused:
            install(FastAPI(), allow_origins=["null"])  # marked: installed
        assert refused.value.__notes__ == [f"CORSMiddleware is added at {line_of('# marked: installed')}."]

    def test_of_a_subclass_and_of_what_only_the_program_knows(self) -> None:
        class Mine(CORSMiddleware):
            def __init__(self, app: Any, **keywords: Any) -> None:
                super().__init__(app, **keywords)

        origins = ["null"]
        app = FastAPI()
        app.add_middleware(Mine, allow_origins=origins, max_age=444)  # type: ignore[arg-type] # marked: subclass
        with pytest.raises(PolicyError) as refused:
            get(app)
        assert refused.value.__notes__ == [f"CORSMiddleware is added at {line_of('# marked: subclass')}."]

    def test_of_a_layer_that_another_layer_makes(self) -> None:
        def outer(app: Any) -> CORSMiddleware:
            return CORSMiddleware(app, allow_origins=["null"], max_age=777)  # marked: made by another

        app = FastAPI()
        app.add_middleware(outer)
        with pytest.raises(PolicyError) as refused:
            get(app)
        assert refused.value.__notes__ == [f"CORSMiddleware is added at {line_of('# marked: made by another')}."]

    def test_modules_that_are_not_what_they_seem_do_no_harm(self, monkeypatch: pytest.MonkeyPatch) -> None:
        class Odd(ModuleType):
            def __getattr__(self, name: str) -> Any:
                raise OSError(name)

        class Incomparable:
            def __eq__(self, other: object) -> bool:
                raise ValueError("ambiguous")

            __hash__ = None  # type: ignore[assignment]

        odd = Odd("odd")
        vars(odd).update(value=Incomparable(), __file__=str(Path(os.__file__)))
        monkeypatch.setitem(sys.modules, "odd", odd)
        monkeypatch.setitem(sys.modules, "odder", Incomparable())
        app = FastAPI()
        app.add_middleware(CORSMiddleware, allow_origins=["null"], max_age=888)  # marked: odd
        with pytest.raises(PolicyError) as refused:
            get(app)
        assert refused.value.__notes__ == [f"CORSMiddleware is added at {line_of('# marked: odd')}."]

    def test_is_not_guessed_where_several_could_be_meant(self) -> None:
        app = FastAPI()
        if len(TUTORIAL) == 4:
            app.add_middleware(CORSMiddleware, allow_origins=["null"], max_age=555)
        else:
            app.add_middleware(CORSMiddleware, allow_origins=["null"], max_age=555)
        with pytest.raises(PolicyError) as refused:
            get(app)
        assert not hasattr(refused.value, "__notes__")

    def test_of_a_setting_without_effect(self) -> None:
        app = FastAPI()
        app.add_middleware(CORSMiddleware, allow_origins=["*"], max_age=666_666)  # marked: without effect
        with pytest.warns(IgnoredSettingWarning) as warned:
            get(app)
        assert f"{warned[0].filename}:{warned[0].lineno}" == line_of("# marked: without effect")


class TestDevelopmentLists:
    def test_the_list_of_fastapis_tutorial_serves_with_a_warning(self) -> None:
        app = FastAPI()
        app.add_middleware(
            CORSMiddleware, allow_origins=TUTORIAL, allow_credentials=True, allow_methods=["*"], allow_headers=["*"]
        )
        with pytest.warns(DevelopmentOriginWarning, match=r"^CORS: http://localhost\.tiangolo\.com may send cookies over http\."):
            answers = [get(app, origin) for origin in TUTORIAL]
        assert [answer["access-control-allow-origin"] for answer in answers] == TUTORIAL

    @pytest.mark.parametrize("origin", [
        "http://frontend:3000", "http://192.168.1.20:3000", "http://10.0.0.5", "http://172.17.0.1:8080", "http://raspberrypi.local",
        "http://host.docker.internal:3000", "http://web.test", "http://[fd00::1]:3000", "http://100.101.102.103", "http://nas.lan",
        "http://169.254.1.1", "http://localhost.example.com:3000", "http://0.0.0.0:3000", "http://app.home.arpa",
    ])  # fmt: skip
    def test_hosts_of_a_developers_network_are_warned_of_and_refused_in_production(
        self, origin: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        policy = Policy(origins=[origin, "https://app.example.com"], credentials=True)
        assert policy.insecure_development_origins == (origin,)
        with pytest.warns(DevelopmentOriginWarning, match="may send cookies over http"):
            assert get(CORSMiddleware(plain, policy=policy), origin)["access-control-allow-credentials"] == "true"
        for variable in ENVIRONMENT_NAMES:
            monkeypatch.setenv(variable, "stage")
            with pytest.raises(PolicyError, match=rf"{variable} is 'stage', and '{origin}'".replace("[", r"\[")):
                CORSMiddleware(plain, policy=policy)
            with pytest.raises(PolicyError, match=r"allow_origins: .* is 'stage'"):
                CORSMiddleware(plain, allow_origins=[origin], allow_credentials=True)
            monkeypatch.setenv(variable, "local")
            with pytest.warns(DevelopmentOriginWarning):
                CORSMiddleware(plain, policy=policy)
            monkeypatch.delenv(variable)

    @pytest.mark.parametrize(
        "origin",
        [
            "http://app.example.com", "http://8.8.8.8", "http://localhost.com", "http://evil-localhost.com",
            "http://a.example.internal.com", "http://mylocal.org", "http://*.example.com",
        ],
    )  # fmt: skip
    def test_hosts_of_the_public_web_are_refused_everywhere(self, origin: str) -> None:
        with pytest.raises(PolicyError, match="insecure-origin-with-credentials"):
            Policy(origins=[origin], credentials=True)

    @pytest.mark.parametrize("origin", ["http://localhost.:3000", "http://app.localhost.:3000", "http://localhost:3000"])
    def test_this_machine_is_not_warned_of_with_a_dot_at_the_end_either(self, origin: str) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            assert get(CORSMiddleware(plain, allow_origins=[origin], allow_credentials=True), origin).cors

    @pytest.mark.parametrize("changes", [{"credentials": False}, {"dangerously_allow_insecure_origins": True}])
    def test_without_cookies_or_on_purpose_nothing_is_reported(self, changes: dict[str, Any]) -> None:
        policy = Policy(**{"origins": ["http://frontend:3000"], "credentials": True, **changes})
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            CORSMiddleware(plain, policy=policy)

    def test_only_those_that_may_send_cookies_count(self) -> None:
        policy = Policy(origins=["http://frontend:3000", "http://other:1"], credentials=["http://other:1"])
        assert policy.insecure_development_origins == ("http://other:1",)
        assert Policy(origins="*", credentials=["http://other:1"]).insecure_development_origins == ("http://other:1",)

    def test_production_refuses_them(self) -> None:
        with pytest.raises(PolicyError, match="insecure-origin-in-production"):
            Policy.production(["http://frontend:3000"], credentials=True)

    def test_a_reconfiguration_in_production_is_refused_and_the_old_policy_stays(self, monkeypatch: pytest.MonkeyPatch) -> None:
        layer = CORSMiddleware(plain, allow_origins=["https://app.example.com"])
        monkeypatch.setenv("ENVIRONMENT", "production")
        with pytest.raises(PolicyError):
            layer.reconfigure(Policy(origins=["http://frontend:3000"], credentials=True))
        assert get(layer, "https://app.example.com").cors


def test_a_refusal_is_logged_at_error(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR, "corsense"), pytest.raises(TypeError):
        CORSMiddleware(plain, policy=Policy(origins=["https://a.example"]), allow_methods=["PUT"])
    assert "policy conflicts with allow_methods" in caplog.text
