"""`corsense check` judges apps that use the layer."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from tests.cli.commands import Ran, corsense

APP = """
    from fastapi import FastAPI
    from pydantic import BaseModel
    from corsense.middleware import CORSMiddleware, install
    from corsense.policy import Policy

    app = FastAPI()
    policy = Policy(
        origins=["http://localhost:3000"],
        credentials=True,
        methods=["PUT", "DELETE"],
        request_headers=["Content-Type", "Authorization"],
    )
    {added}


    class Item(BaseModel):
        name: str


    @app.post("/items")
    def add(item: Item) -> None: ...


    @app.delete("/items/{{number}}")
    def remove(number: int) -> None: ...


    sub = FastAPI()


    @sub.get("/x")
    def x() -> None: ...


    app.mount("/sub", sub)
"""


def check(folder: Path, added: str, *arguments: str) -> Ran:
    (folder / "main.py").write_text(textwrap.dedent(APP).format(added=added), encoding="utf-8")
    return corsense("check", "main:app", *arguments, "--format", "json", folder=folder)


@pytest.mark.parametrize("credentials", ["omit", "include"])
def test_an_app_with_the_layer_installed_has_no_finding_at_all(tmp_path: Path, credentials: str) -> None:
    ran = check(tmp_path, "install(app, policy)", "--origin", "http://localhost:3000", "--credentials", credentials)
    assert (ran.status, ran.slugs()) == (0, [])
    assert ran.document["summary"]["checked"] > 10
    assert {result["outcome"] for result in ran.document["results"]} == {"allowed"}


def test_added_as_middleware_it_is_known_as_a_cors_layer(tmp_path: Path) -> None:
    ran = check(tmp_path, "app.add_middleware(CORSMiddleware, policy=policy)", "--origin", "http://localhost:3000")
    assert "missing-cors-middleware" not in ran.slugs()


def test_a_foreign_origin_is_blocked_and_the_layer_is_not_called_missing(tmp_path: Path) -> None:
    ran = check(tmp_path, "install(app, policy)", "--origin", "http://localhost:4000")
    assert ran.status == 1
    assert "missing-cors-middleware" not in ran.slugs()
    assert {result["outcome"] for result in ran.document["results"]} == {"blocked"}
