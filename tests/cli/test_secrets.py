"""A pasted request is sent with its secrets, and none of them is printed."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import pytest

from tests.check.hostile import hostile
from tests.cli.commands import Ran, corsense

SECRET = "zQ7kP2mX9vT4bN8c"
ORIGIN = "http://localhost:3000"
FORMATS = ("text", "json", "html", "sarif", "github")


def planted(number: str) -> str:
    return f"{SECRET}{number}"


def echoing(connection: socket.socket, request: bytes) -> None:
    """Lets the page in, and throws back what it got in headers and body, with secrets of its own."""
    body = json.dumps({"detail": f"invalid key {planted('header')} at postgresql://u:{planted('db')}@db/x"}).encode()
    head = (
        f"HTTP/1.1 {'204 No Content' if request.startswith(b'OPTIONS') else '500 Oops'}\r\n"
        f"Access-Control-Allow-Origin: {ORIGIN}\r\nAccess-Control-Allow-Headers: authorization, x-api-key, x-other\r\n"
        "Access-Control-Allow-Methods: GET, PUT\r\nAccess-Control-Allow-Credentials: true\r\nVary: Origin\r\n"
        f"X-Debug: {planted('debug')}\r\nSet-Cookie: sid={planted('setcookie')}; Path=/\r\nX-Key: {planted('key')}\r\n"
        f"Location: /cb?code={planted('location')}#access_token={planted('fragment')}\r\n"
    )
    length = 0 if request.startswith(b"OPTIONS") else len(body)
    connection.sendall(f"{head}Content-Length: {length}\r\n\r\n".encode() + (body if length else b""))


def curl(url: str) -> str:
    return (
        f"curl '{url}/api/{planted('path')}?code={planted('query')}&SAMLResponse={planted('saml')}' -H 'Origin: {ORIGIN}' "
        f"-H 'Authorization: Bearer {planted('auth')}' -H 'X-Api-Key: {planted('header')}' -b 'sid={planted('cookie')}' "
        f"-H 'Referer: {ORIGIN}/x?t={planted('referer')}'"
    )


def insist(ran: Ran) -> None:
    assert SECRET not in ran.out + ran.err
    assert ran.status in (0, 1), ran.err


@pytest.mark.parametrize("format", FORMATS)
def test_a_pasted_command_is_replayed_with_its_secrets_and_prints_none(format: str) -> None:
    with hostile(echoing) as server:
        insist(corsense("check", "--curl", curl(server.url), "--format", format, "--verbose"))
        sent = server.requests[-1].decode()
    for place in ("path", "query", "saml", "auth", "header"):
        assert any(planted(place) in request.decode() for request in server.requests), f"{place} was not sent"
    assert planted("cookie") not in sent, "a value of a cookie is not kept"


@pytest.mark.parametrize("format", FORMATS)
def test_a_pasted_call_prints_no_secret(format: str) -> None:
    with hostile(echoing) as server:
        call = (
            f"fetch('{server.url}/a?ticket={planted('query')}#access_token={planted('fragment')}', {{method: 'PUT', "
            f"headers: {{'X-Other': '{planted('header')}'}}, body: JSON.stringify({{secret: '{planted('body')}'}})}})"
        )
        insist(corsense("check", "--fetch", call, "--origin", ORIGIN, "--format", format, "--verbose"))


@pytest.mark.parametrize("format", FORMATS)
def test_a_recording_prints_no_secret(format: str, tmp_path: Path) -> None:
    entry = {
        "_resourceType": "fetch",
        "request": {
            "method": "GET",
            "url": f"http://localhost:8000/{planted('path')}?state={planted('query')}",
            "headers": [
                {"name": "Origin", "value": ORIGIN},
                {"name": "Authorization", "value": f"Bearer {planted('auth')}"},
                {"name": "X-Other", "value": planted("header")},
                {"name": "Cookie", "value": f"sid={planted('cookie')}"},
            ],
        },
        "response": {
            "status": 500,
            "headers": [{"name": "X-Debug", "value": planted("debug")}],
            "content": {"text": f"no {planted('header')} for state={planted('query')}"},
        },
    }
    (tmp_path / "x.har").write_text(json.dumps({"log": {"entries": [entry]}}))
    insist(corsense("check", "x.har", "--format", format, "--verbose", folder=tmp_path))


APP = f"""\
from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from starlette.middleware.sessions import SessionMiddleware

app = FastAPI()
app.add_middleware(SessionMiddleware, secret_key="{planted("session")}")
app.add_middleware(CORSMiddleware, allow_origins=["{ORIGIN}/"])


@app.get("/x/{{name}}")
def x(name: str) -> None:
    raise RuntimeError(f"cannot connect to postgresql://u:{planted("db")}@db/x for {{name}}, password={planted("password")}")
"""


@pytest.mark.parametrize("format", FORMATS)
def test_an_app_whose_endpoint_crashes_prints_no_secret(format: str, tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(APP)
    request = f"GET /x/{planted('path')}?code={planted('query')}"
    options = ("--origin", ORIGIN, "--request", request, "--header", f"X-Key: {planted('header')}", "--format", format)
    insist(corsense("check", "main:app", *options, "--run-endpoints", "--verbose", folder=tmp_path))
    insist(corsense("check", "main:app", *options, folder=tmp_path))


@pytest.mark.parametrize(
    "source",
    [f"raise RuntimeError('dsn postgresql://u:{planted('db')}@db/x')\n", f"raise KeyError('Bearer {planted('auth')}')\n"],
)
def test_an_app_that_cannot_be_imported_prints_no_secret(source: str, tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(source)
    ran = corsense("check", "main:app", folder=tmp_path)
    assert ran.status == 2
    assert SECRET not in ran.out + ran.err


@pytest.mark.parametrize("format", ["text", "json", "sarif", "github"])
def test_the_linter_prints_no_secret_of_an_origin(format: str, tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(
        "from fastapi import FastAPI\nfrom fastapi.middleware.cors import CORSMiddleware\napp = FastAPI()\n"
        f"app.add_middleware(CORSMiddleware, allow_origins=['https://u:{planted('user')}@a.example', "
        f"'https://b.example/?key={planted('query')}'])\n"
    )
    insist(corsense("lint", "main.py", "--format", format, folder=tmp_path))


@pytest.mark.parametrize(
    "arguments",
    [
        [f"http://ada:{planted('a')}@127.0.0.1:1/"],
        [f"htp://x/?code={planted('a')}"],
        [f"localhost:8000/?code={planted('a')}"],
        [f"http://127.0.0.1:1/x?code={planted('a')}"],
        ["--curl", f"curl http://[::1/?code={planted('a')}"],
        ["--curl", f"curl x -H 'X: {planted('a')}"],
        ["--fetch", f"fetch('/rel?code={planted('a')}')"],
        ["main:app", "--header", f"Authorization Bearer {planted('a')}"],
        ["main:app", "--request", f"GET x?code={planted('a')}"],
        ["main:app", "--origin", f"http://u:{planted('a')}@h"],
    ],
)
def test_what_cannot_be_used_is_named_without_its_secret(arguments: list[str]) -> None:
    ran = corsense("check", *arguments)
    assert SECRET not in ran.out + ran.err
    assert ran.status in (1, 2)


def test_an_explanation_prints_no_secret() -> None:
    text = (
        f"Access to fetch at 'http://localhost:8000/a/{planted('path')}?code={planted('query')}' from origin '{ORIGIN}' has been "
        "blocked by CORS policy: No 'Access-Control-Allow-Origin' header is present on the requested resource.\n"
        f"Authorization: Bearer {planted('auth')}\nCookie: sid={planted('cookie')}\n"
    )
    for format in ("text", "json"):
        insist(corsense("explain", "--format", format, text=text))
