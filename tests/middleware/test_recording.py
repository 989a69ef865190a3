"""What recording requests needs beside a request: the thread that writes, and the patterns of parameters."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

from starlette.datastructures import Headers
from starlette.responses import Response

from corsense.middleware import CORSMiddleware
from corsense.middleware.route_template import convertor_pattern
from corsense.policy import Policy
from tests.middleware.asking import ORIGIN, get, plain, preflight
from tests.middleware.test_observing_layer import observed, shut_down


def test_the_thread_that_writes_does_not_keep_the_process_alive(tmp_path: Path) -> None:
    layer = CORSMiddleware(plain, policy=Policy(origins=[ORIGIN]), observe=str(tmp_path))
    get(layer)
    writing = [thread for thread in threading.enumerate() if thread.name == "corsense-observations"]
    assert writing
    assert all(thread.daemon for thread in writing)


def test_a_convertor_of_the_apps_own_matches_like_a_text() -> None:
    assert convertor_pattern("its_own") == convertor_pattern("str") == convertor_pattern(None)
    assert convertor_pattern("path") != convertor_pattern("str")


def test_the_headers_of_a_preflight_that_a_subclass_answers_are_recorded(tmp_path: Path) -> None:
    class Own(CORSMiddleware):
        def preflight_response(self, request_headers: Headers) -> Response:
            return super().preflight_response(request_headers)

    layer = Own(plain, policy=Policy(origins=[ORIGIN], methods=["PUT"], request_headers=["X-A"]), observe=str(tmp_path))
    preflight(layer, ORIGIN, "PUT", "x-a")
    asyncio.run(shut_down(layer))
    assert [seen.request.headers for seen in observed(tmp_path)] == [("x-a",)]
