"""A live server is judged as the same app is in process."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.check.live import serving
from tests.cli.commands import corsense
from tests.examples.scenarios import FOLDER, Scenario, load

BY_NAME = {scenario.name: scenario for scenario in load("example")}
NAMES = (
    "no-cors-middleware",
    "trailing-slash",
    "delete-forgotten",
    "token-header",
    "auth-outside",
    "options-by-hand",
    "headers-twice",
    "cookies-not-allowed",
    "wildcard-for-a-login",
    "slash-redirect",
)


def verdict(document: dict[str, Any]) -> dict[str, Any]:
    """What a browser makes of the first result: nothing that only an app in process can tell."""
    result = next(found for found in document["results"] if found["scenario"] == "success")
    statuses = [
        exchange["response"]["status"] for exchange in result["exchanges"] if exchange["preflight"] or result["method"] == "GET"
    ]
    return {name: result[name] for name in ("origin", "method", "outcome", "error", "parameter")} | {"statuses": statuses}


@pytest.mark.parametrize("name", NAMES)
def test_a_url_gets_the_verdict_that_the_app_gets(name: str) -> None:
    scenario = BY_NAME[name]
    in_process = corsense("check", "main:app", *scenario.options, "--format", "json", folder=FOLDER / "broken" / name)
    with serving(FOLDER / "broken" / name) as url:
        live = corsense("check", url, *scenario.options, "--format", "json")
    assert live.status == 1
    assert live.document["target"] == {"kind": "url", "name": url}
    assert verdict(live.document) == verdict(in_process.document)


def test_the_routes_of_a_live_server_are_those_of_its_openapi_document() -> None:
    with serving(FOLDER / "broken" / "trailing-slash") as url:
        ran = corsense("check", url, "--origin", "http://localhost:3000", "--format", "json")
    asked = {(result["method"], result["url"].removeprefix(url)) for result in ran.document["results"]}
    assert ("POST", "/api/users") in asked
    assert ran.status == 1
    assert "origin-mismatch" in ran.slugs()


def test_a_request_that_may_change_something_is_not_sent(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(
        "from fastapi import FastAPI\nfrom fastapi.middleware.cors import CORSMiddleware\n\napp = FastAPI()\n"
        'app.add_middleware(CORSMiddleware, allow_origins=["http://localhost:3000"], allow_methods=["*"])\n\n\n'
        '@app.delete("/items")\ndef remove() -> None:\n    open("removed", "w").close()\n',
        encoding="utf-8",
    )
    with serving(tmp_path) as url:
        asked = ["--origin", "http://localhost:3000", "--request", "DELETE /items", "--format", "json"]
        careful = corsense("check", url, *asked)
        assert careful.status == 0
        assert not (tmp_path / "removed").exists()
        assert any("--run-endpoints" in note for note in careful.document["notes"])
        corsense("check", url, *asked, "--run-endpoints")
        assert (tmp_path / "removed").exists()


def test_a_server_that_lets_everybody_in_is_found_out() -> None:
    with serving(FOLDER / "broken" / "wildcard-and-credentials") as url:
        ran = corsense("check", url, "--origin", "http://localhost:3000", "--format", "json")
    assert ran.status == 1
    assert "reflected-origin" in ran.slugs()


def test_a_server_that_lets_everybody_in_who_sends_a_cookie_is_found_out(tmp_path: Path) -> None:
    # As Starlette's layer before 1.0 does with allow_origins=["*"] and allow_credentials=True.
    (tmp_path / "main.py").write_text(
        "async def app(scope, receive, send):\n"
        "    if scope['type'] != 'http':\n        return\n"
        "    sent = dict(scope['headers'])\n"
        "    allowed = sent[b'origin'] if b'cookie' in sent and b'origin' in sent else b'*'\n"
        "    headers = [(b'access-control-allow-origin', allowed), (b'access-control-allow-credentials', b'true')]\n"
        "    await send({'type': 'http.response.start', 'status': 200, 'headers': headers})\n"
        "    await send({'type': 'http.response.body', 'body': b''})\n",
        encoding="utf-8",
    )
    with serving(tmp_path) as url:
        ran = corsense("check", f"{url}/me", "--origin", "http://localhost:3000", "--format", "json", folder=tmp_path)
    assert ran.status == 1
    assert "reflected-origin" in ran.slugs()


@pytest.mark.parametrize("name", ["delete-forgotten", "auth-outside", "trailing-slash"])
def test_a_repaired_server_is_left_in_peace(name: str) -> None:
    scenario: Scenario = BY_NAME[name].once_repaired
    with serving(FOLDER / "repaired" / name) as url:
        ran = corsense("check", url, *scenario.options, "--format", "json")
    assert ran.status == 0, ran.document["findings"]


def test_a_client_whose_requests_are_withheld_is_not_passed_over(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(
        "from fastapi import FastAPI\nfrom fastapi.middleware.cors import CORSMiddleware\n\napp = FastAPI()\n"
        "app.add_middleware(CORSMiddleware, allow_origins=['http://localhost:3000'], allow_headers=['*'], allow_methods=['*'])\n"
        "app.post('/grpc')(lambda: 1)\n",
        encoding="utf-8",
    )
    with serving(tmp_path) as url:
        asked = ["--origin", "http://localhost:3000", "--client", "grpc-web", "--request", "POST /grpc", "--format", "json"]
        ran = corsense("check", url, *asked, folder=tmp_path)
    assert any("grpc-status" in note and "not tried" in note for note in ran.document["notes"])
    assert ran.document["summary"]["complete"] is False
