"""`check URL --app`: what stands between the app's answer and the one that the page gets."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.check.live import serving
from tests.cli.commands import corsense

PAGE = "http://localhost:3000"
APP = """from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

app = FastAPI()
app.add_middleware(CORSMiddleware, allow_origins=["http://localhost:3000"], allow_methods=["PUT"])


@app.get("/items")
def items(): return []


@app.put("/items")
def put(): return []
"""
FRONT = """from main import app as inner


async def app(scope, receive, send):
    async def changed(message):
        if message["type"] == "http.response.start":
            lines = [line for line in message["headers"] if line[0] != {dropped}]
            message = {{**message, "headers": [*lines, *{added}]}}
        await send(message)

    await inner(scope, receive, changed)
"""


@pytest.mark.parametrize(
    ("dropped", "added", "slug", "said"),
    [
        (b"", (), None, None),
        (b"", ((b"vary", b"Accept-Encoding"),), None, None),
        (
            b"",
            ((b"access-control-expose-headers", b"X-A"),),
            None,
            "added access-control-expose-headers: 'X-A' (the app sets none)",
        ),
        (
            b"access-control-allow-origin",
            (),
            "cors-headers-changed-in-front",
            f"dropped access-control-allow-origin (the app sets '{PAGE}')",
        ),
        (
            b"access-control-allow-origin",
            ((b"access-control-allow-origin", b"*"),),
            "cors-headers-changed-in-front",
            f"replaced access-control-allow-origin: '{PAGE}' became '*'",
        ),
    ],
)
def test_what_is_changed_in_front_of_the_app_is_reported(
    tmp_path: Path, dropped: bytes, added: object, slug: str | None, said: str | None
) -> None:
    (tmp_path / "main.py").write_text(APP, encoding="utf-8")
    (tmp_path / "front.py").write_text(FRONT.format(dropped=dropped, added=added), encoding="utf-8")
    with serving(tmp_path, "front:app") as url:
        ran = corsense("check", url, "--origin", PAGE, "--app", "main:app", "--format", "json", folder=tmp_path)
    assert ran.slugs() == ([] if slug is None else [slug])
    lines = [*ran.document["notes"], *(line for found in ran.document["findings"] for line in found["evidence"]["front"])]
    changed = [line for line in lines if line.lower().startswith("something in front of the app")]
    assert len(changed) == (0 if said is None else 1)
    assert said is None or said in changed[0]


def test_the_document_says_of_each_exchange_who_set_what(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(APP, encoding="utf-8")
    with serving(tmp_path) as url:
        alone = corsense("check", url, "--origin", PAGE, "--format", "json", folder=tmp_path)
        ran = corsense("check", url, "--origin", PAGE, "--app", "main:app", "--format", "json", folder=tmp_path)
    attributions = [exchange["attribution"] for result in ran.document["results"] for exchange in result["exchanges"]]
    assert attributions[0] == {
        "answered_by": "app",
        "layer": None,
        "headers": {"access-control-allow-origin": "app", "vary": "app"},
        "undecided": [],
        "stored": False,
    }
    # The PUT itself was not sent.
    assert [found is None for found in attributions] == [False, False, True]
    exchanges = [exchange for result in alone.document["results"] for exchange in result["exchanges"]]
    assert {exchange["attribution"] for exchange in exchanges} == {None}


def test_the_apps_own_list_says_which_pages_to_try_where_none_is_named(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(APP.replace("http://localhost:3000", "https://app.example.com"), encoding="utf-8")
    with serving(tmp_path) as url:
        ran = corsense("check", url, "--app", "main:app", "--format", "json", folder=tmp_path)
    assert {result["origin"] for result in ran.document["results"]} == {"https://app.example.com"}
    assert ran.status == 0


def test_the_routes_of_the_app_are_tried_where_the_server_publishes_no_document(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(APP.replace("FastAPI()", "FastAPI(openapi_url=None)"), encoding="utf-8")
    with serving(tmp_path) as url:
        ran = corsense("check", url, "--app", "main:app", "--format", "json", folder=tmp_path)
    assert [(result["method"], result["url"].removeprefix(url)) for result in ran.document["results"]] == [
        ("GET", "/items"),
        ("PUT", "/items"),
    ]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("http://localhost:1", "--via", "http://localhost:2"), "--via needs --app"),
        (("main:app", "--via", "http://localhost:2"), "--via names an address between a URL and its app"),
        (("http://localhost:1", "--app", "main:app", "--via", "localhost:2"), "--via 'localhost:2' is not an http or https URL"),
        (("http://localhost:1", "--app", "main:app", "--via", "http://localhost:2/api"), "must be scheme, host and port alone"),
        (("http://localhost:1", "--app", "main:app", "--via", "http://localhost:1/"), "http://localhost:1 is named twice"),
    ],
)
def test_an_address_on_the_way_that_cannot_be_meant_is_refused(tmp_path: Path, options: tuple[str, ...], message: str) -> None:
    (tmp_path / "main.py").write_text(APP, encoding="utf-8")
    ran = corsense("check", *options, folder=tmp_path)
    assert (ran.status, ran.out, ran.err.count("\n")) == (2, "", 1)
    assert message in ran.err


def test_an_app_is_not_compared_with_itself(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(APP, encoding="utf-8")
    ran = corsense("check", "main:app", "--app", "main:app", folder=tmp_path)
    assert (ran.status, ran.err.count("\n")) == (2, 1)


def test_an_app_that_fails_in_process_is_compared_with_nothing_and_that_is_said(tmp_path: Path) -> None:
    needs = """
@app.middleware("http")
async def tenant(request, call_next):
    import os
    os.environ["ONLY_ON_THE_SERVER"]
    return await call_next(request)
"""
    (tmp_path / "main.py").write_text(APP + needs, encoding="utf-8")
    (tmp_path / "served.py").write_text(
        "import os\nos.environ['ONLY_ON_THE_SERVER'] = '1'\nfrom main import app\n", encoding="utf-8"
    )
    with serving(tmp_path, "served:app") as url:
        ran = corsense("check", url, "--origin", PAGE, "--app", "main:app", "--format", "json", folder=tmp_path)
    assert ran.slugs() == []
    assert any("In process the app failed at these requests" in note for note in ran.document["notes"])
    assert {exchange["attribution"] for exchange in ran.document["results"][0]["exchanges"]} == {None}


def test_an_app_that_a_function_returns_is_compared_too(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(APP + "\n\ndef make(): return app\n", encoding="utf-8")
    with serving(tmp_path) as url:
        ran = corsense("check", url, "--app", "main:make", "--factory", "--format", "json", folder=tmp_path)
    assert ran.document["results"][0]["exchanges"][0]["attribution"]["answered_by"] == "app"
