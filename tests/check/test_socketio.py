"""Socket.IO below a mount, as public threads have it: it answers with its own list of origins and its own CORS headers, which
`check` learns without opening a session."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("socketio")

from tests.cli.commands import Ran, corsense

PAGE = "http://localhost:3000"
APP = """\
import socketio
from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

app = FastAPI()
sio = socketio.AsyncServer(async_mode="asgi"{arguments})


@sio.event
def connect(sid, environ):
    raise SystemExit("a session was opened")


app.mount("{mount}", socketio.ASGIApp(sio, socketio_path="{path}"))
"""
LAYER = f'app.add_middleware(CORSMiddleware, allow_origins=["{PAGE}"], allow_methods=["*"])\n'


def checked(folder: Path, arguments: str, *, mount: str = "/", path: str = "socket.io", layer: str = LAYER) -> Ran:
    (folder / "main.py").write_text(APP.format(arguments=arguments, mount=mount, path=path) + layer)
    return corsense("check", "main:app", "--origin", PAGE, "--format", "json", folder=folder)


@pytest.mark.parametrize("own", ["'*'", f"'{PAGE}'", f"['{PAGE}']"])
def test_two_lists_of_origins_are_two_values_in_one_header(tmp_path: Path, own: str) -> None:
    # Kludex/starlette#1309, pyropy/fastapi-socketio#28, pyropy/fastapi-socketio#13
    ran = checked(tmp_path, f", cors_allowed_origins={own}")
    assert ran.slugs()[0] == "duplicate-cors-headers"
    assert "cors_allowed_origins=[]" in ran.out


def test_an_empty_list_leaves_the_headers_to_the_middleware(tmp_path: Path) -> None:
    ran = checked(tmp_path, ", cors_allowed_origins=[]")
    assert (ran.status, ran.slugs()) == (0, [])


def test_a_list_of_its_own_that_lacks_the_page_is_named(tmp_path: Path) -> None:
    ran = checked(tmp_path, ", cors_allowed_origins=['https://app.example.com']")
    assert ran.slugs()[0] == "origin-check-refused"
    assert "CORSMiddleware sets them alone" in ran.out


def test_around_the_app_it_refuses_by_its_own_list_before_any_route_or_middleware(tmp_path: Path) -> None:
    app = APP.format(arguments=", cors_allowed_origins=['https://app.example.com']", mount="/ws", path="socket.io") + LAYER
    (tmp_path / "main.py").write_text(app + "served = socketio.ASGIApp(sio, other_asgi_app=app)\n")
    polled = ("--request", "GET /socket.io/?EIO=4&transport=polling")
    ran = corsense("check", "main:served", "--origin", PAGE, *polled, "--format", "json", folder=tmp_path)
    assert ran.slugs() == ["origin-check-refused"]
    assert f"cors_allowed_origins=['{PAGE}']" in ran.out


def test_around_the_app_what_it_refuses_for_another_reason_is_not_the_origin(tmp_path: Path) -> None:
    app = APP.format(arguments=f", cors_allowed_origins=['{PAGE}']", mount="/ws", path="socket.io") + LAYER
    (tmp_path / "main.py").write_text(app + "served = socketio.ASGIApp(sio, other_asgi_app=app)\n")
    polled = ("--request", "GET /socket.io/?EIO=1&transport=polling")
    ran = corsense("check", "main:served", "--origin", PAGE, *polled, "--format", "json", folder=tmp_path)
    assert "origin-check-refused" not in ran.slugs()


def test_without_middleware_the_page_goes_into_its_own_list(tmp_path: Path) -> None:
    ran = checked(tmp_path, "", layer="")
    assert ran.slugs() == ["origin-check-refused"]
    assert f"cors_allowed_origins=['{PAGE}']" in ran.out


def test_its_own_headers_are_enough_where_nothing_else_sets_any(tmp_path: Path) -> None:
    ran = checked(tmp_path, f", cors_allowed_origins=['{PAGE}']", layer="")
    assert "missing-cors-middleware" not in ran.slugs()
    assert ran.document["results"][0]["outcome"] == "allowed"


def test_the_mount_belongs_to_its_path(tmp_path: Path) -> None:
    # fastapi/fastapi#3670
    ran = checked(tmp_path, ", cors_allowed_origins=[]", mount="/ws")
    assert ran.slugs()[0] == "route-not-found"
    assert "socketio_path='ws/socket.io'" in ran.out
    assert checked(tmp_path, ", cors_allowed_origins=[]", mount="/ws", path="ws/socket.io").slugs() == []


def test_a_path_that_nothing_answers_goes_before_what_its_answer_lacks(tmp_path: Path) -> None:
    checked(tmp_path, ", cors_allowed_origins='*'", mount="/ws", path="ws/socket.io", layer="")
    asked = ("--request", "GET /socket.io/?EIO=4&transport=polling")
    ran = corsense("check", "main:app", "--origin", PAGE, *asked, "--format", "json", folder=tmp_path)
    assert ran.slugs()[0] == "route-not-found"
    assert "GET /ws/socket.io/" in ran.out
