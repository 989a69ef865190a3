"""`corsense check` judges apps that use the layer."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

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


RULES = """
    from fastapi import Depends, FastAPI, WebSocket
    from corsense import CORSMiddleware, Policy, install
    from corsense.middleware import cors

    app = FastAPI()


    @app.delete("/items")
    def remove() -> None: ...


    @app.put("/partners/items")
    def replace() -> None: ...


    @app.put("/marked")
    @cors(Policy(origins=["https://marked.example"]))
    def marked() -> None: ...


    def known(origin: str) -> bool:
        return origin == "https://app.example.com"


    @app.delete("/resolved")
    @cors(Policy(origin_resolver=known))
    def resolved() -> None: ...


    @app.get("/inside/health")
    def health() -> None: ...


    @app.websocket("/ws")
    async def ws(socket: WebSocket) -> None: ...


    install(
        app,
        Policy(
            origins=["https://app.example.com", "https://*.dev.example.com", "http://localhost:*"],
            credentials=["https://app.example.com"],
            methods=["PUT"],
        ),
        policies={"/partners/*": Policy(origins=["https://partner.example"], methods=["PATCH"]), "/inside/*": None},
    )
"""


def found_at(ran: Ran, path: str) -> dict[str, dict[str, Any]]:
    """The findings about requests for a path, by slug."""
    indices = {index for result in ran.document["results"] if result["route"] == path for index in result["findings"]}
    return {finding["slug"]: finding for index, finding in enumerate(ran.document["findings"]) if index in indices}


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Ran]:
    """`corsense check` of the app with several policies, once for each set of arguments."""
    folder = tmp_path_factory.mktemp("rules")
    (folder / "main.py").write_text(textwrap.dedent(RULES), encoding="utf-8")
    done: dict[tuple[str, ...], Ran] = {}

    def run(*arguments: str) -> Ran:
        if arguments not in done:
            done[arguments] = corsense("check", "main:app", *arguments, "--format", "json", folder=folder)
        return done[arguments]

    return run


FROM_APP = ("--origin", "https://app.example.com", "--credentials", "include", "--header", "X-Trace: 1")
FROM_DEV = ("--origin", "http://a.dev.example.com", "--credentials", "include")


def test_the_list_that_lacks_a_method_or_header_is_named_and_the_place_of_install(judged: Callable[..., Ran]) -> None:
    found = found_at(judged(*FROM_APP), "/items")
    assert set(found) == {"method-not-allowed", "header-not-allowed"}
    assert found["method-not-allowed"]["message"] == "DELETE is not in methods. The list is ['PUT']."
    assert "is not in request_headers. The list is []." in found["header-not-allowed"]["message"]
    assert found["method-not-allowed"]["file"] == "main.py"
    line = textwrap.dedent(RULES).splitlines().index("install(") + 1
    assert line <= found["method-not-allowed"]["line"] <= line + 9


def test_what_the_policy_lacks_is_added_to_it_and_tried(judged: Callable[..., Ran]) -> None:
    fix = found_at(judged(*FROM_APP), "/items")["method-not-allowed"]["fix"]
    assert '+        methods=["PUT", "DELETE"],' in fix["diff"]
    assert fix["verified"] is True


def test_the_nearest_pattern_is_named_and_how_it_differs(judged: Callable[..., Ran]) -> None:
    found = found_at(judged(*FROM_DEV), "/items")
    mismatch = found["origin-scheme-mismatch"]
    assert mismatch["evidence"]["allowed"] == "https://*.dev.example.com"
    assert "whose scheme is https, not http" in mismatch["message"]
    assert "['https://app.example.com']" in found["credentials-not-allowed"]["message"]


def test_a_path_and_a_route_are_judged_by_the_policy_of_their_own(judged: Callable[..., Ran]) -> None:
    found = found_at(judged(*FROM_APP), "/partners/items")
    assert "is not in methods. The list is ['PATCH']." in found["method-not-allowed"]["message"]
    assert "'https://partner.example'" in found["origin-mismatch"]["message"]
    assert "'https://marked.example'" in found_at(judged(*FROM_APP), "/marked")["origin-mismatch"]["message"]


def test_an_origin_that_only_the_resolver_knows_is_not_called_refused(judged: Callable[..., Ran]) -> None:
    found = found_at(judged(*FROM_APP), "/resolved")
    assert set(found) == {"method-not-allowed", "header-not-allowed", "credentials-not-allowed"}
    assert (
        "The origin_resolver does not allow it either" in found_at(judged(*FROM_DEV), "/resolved")["origin-mismatch"]["message"]
    )


def test_a_path_that_is_left_alone_is_reported_as_such(judged: Callable[..., Ran]) -> None:
    missing = found_at(judged(*FROM_APP), "/inside/health")["missing-cors-middleware"]
    assert "does not cover /inside/health" in missing["message"]


def test_a_policy_that_does_not_look_at_websockets_is_shown_how(judged: Callable[..., Ran]) -> None:
    (unchecked,) = [each for each in judged(*FROM_APP).document["findings"] if each["slug"] == "websocket-origin-unchecked"]
    assert "can open /ws" in unchecked["message"]
    assert "The policy does not look at WebSockets." in unchecked["message"]


def test_a_layer_that_refuses_its_settings_is_named_with_the_fault(tmp_path: Path) -> None:
    ran = check(tmp_path, 'app.add_middleware(CORSMiddleware, alow_origins=["http://localhost:3000"], max_age=-5)')
    (finding,) = ran.document["findings"]
    assert (finding["slug"], finding["line"]) == ("unknown-keyword", 14)
    assert "Did you mean allow_origins?" in finding["message"]
    assert "There is another fault of its policy." in finding["message"]


def test_a_foreign_origin_is_blocked_and_the_layer_is_not_called_missing(tmp_path: Path) -> None:
    ran = check(tmp_path, "install(app, policy)", "--origin", "http://localhost:4000")
    assert ran.status == 1
    assert "missing-cors-middleware" not in ran.slugs()
    assert {result["outcome"] for result in ran.document["results"]} == {"blocked"}
