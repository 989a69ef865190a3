from __future__ import annotations

import pytest
from starlette.middleware.cors import CORSMiddleware as StarlettesMiddleware

from corsense import CORSMiddleware
from corsense.fix.edits import (
    adopt_corsense,
    give_keywords,
    install_layer,
    merge_cors_layers,
    move_from_startup,
    only_in_production,
    wrap_with_cors,
)
from tests.fix.programs import cors, layers, line_of, program, run

TWICE = program("""
    from fastapi import FastAPI
    from fastapi.middleware.cors import CORSMiddleware

    app = FastAPI()
    # Ours.
    app.add_middleware(CORSMiddleware, allow_origins=["https://a.example"], allow_methods=["POST"])

    app.add_middleware(CORSMiddleware, allow_origins=["https://b.example"], allow_headers=["X-B"])
""")


def test_two_layers_become_one_that_allows_what_both_did() -> None:
    edited = merge_cors_layers(TWICE, line_of(TWICE, "b.example"), line_of(TWICE, "a.example"))
    assert edited is not None
    assert "# Ours." not in edited
    layer = cors(edited)
    assert list(layer.allow_origins) == ["https://b.example", "https://a.example"]
    assert {"GET", "POST"} <= set(layer.allow_methods)
    assert "x-b" in {header.lower() for header in layer.allow_headers}


@pytest.mark.parametrize(
    "change",
    [
        ('"https://a.example"]', '"*"]'),
        ('allow_methods=["POST"]', "allow_credentials=True"),
        ('allow_methods=["POST"]', 'allow_origin_regex="https://.*"'),
        ('["https://a.example"]', "settings.origins"),
        ('allow_methods=["POST"]', "**options"),
    ],
)
def test_layers_whose_union_would_open_more_stay_apart(change: tuple[str, str]) -> None:
    text = TWICE.replace(*change)
    first, second = (number for number, row in enumerate(text.splitlines(), 1) if "add_middleware" in row)
    assert merge_cors_layers(text, second, first) is None


STARTUP = program("""
    from contextlib import asynccontextmanager
    from fastapi import FastAPI
    from fastapi.middleware.cors import CORSMiddleware

    async def load():
        return ["https://a.example"]

    @asynccontextmanager
    async def lifespan(app):
        app.add_middleware(CORSMiddleware, allow_origins=await load())
        yield

    api = FastAPI(lifespan=lifespan)
    x = 1
""")


def test_a_layer_leaves_the_start_up_code_and_what_it_awaited_becomes_plain() -> None:
    edited = move_from_startup(STARTUP, line_of(STARTUP, "add_middleware"), line_of(STARTUP, "api ="))
    assert edited is not None
    assert "    app.add_middleware" not in edited
    assert list(cors(edited, "api").allow_origins) == ["https://a.example"]
    assert move_from_startup(edited, line_of(edited, "add_middleware"), line_of(edited, "api =")) is None


@pytest.mark.parametrize(
    "change",
    [
        ('return ["https://a.example"]', "return await read()"),
        ("await load()", "app.state.origins"),
        ("x = 1", "other = load()"),
        ("api = FastAPI(lifespan=lifespan)", "api = FastAPI(lifespan=lifespan); y = 2"),
    ],
)
def test_what_only_the_start_up_code_knows_stays_there(change: tuple[str, str]) -> None:
    text = STARTUP.replace(*change)
    assert move_from_startup(text, line_of(text, "add_middleware"), line_of(text, "api =")) is None


WRAPPED = program("""
    from fastapi import FastAPI
    from fastapi.middleware.cors import CORSMiddleware
    from starlette.middleware.gzip import GZipMiddleware

    api = FastAPI()
    api.add_middleware(CORSMiddleware, allow_origins=["https://a.example"])
    app = GZipMiddleware(api, minimum_size=1)
""")


def test_the_layer_goes_around_what_wraps_the_app() -> None:
    edited = wrap_with_cors(WRAPPED, line_of(WRAPPED, "add_middleware"), line_of(WRAPPED, "app ="))
    assert edited is not None
    names = run(edited)
    assert isinstance(names["app"], StarlettesMiddleware)
    assert list(names["app"].allow_origins) == ["https://a.example"]
    assert layers(edited, "api") == []


def test_arguments_of_several_lines_are_not_wrapped() -> None:
    text = WRAPPED.replace('["https://a.example"]', '[\n    "https://a.example",\n]')
    assert wrap_with_cors(text, line_of(text, "add_middleware"), line_of(text, "app =")) is None


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("from fastapi.middleware.cors import CORSMiddleware", "from corsense import CORSMiddleware"),
        ("from starlette.middleware.cors import CORSMiddleware as Cors", "from corsense import CORSMiddleware as Cors"),
        (
            "from starlette.middleware.cors import ALL_METHODS, CORSMiddleware",
            "from starlette.middleware.cors import ALL_METHODS\nfrom corsense import CORSMiddleware",
        ),
        (
            "if 1:\n    from fastapi.middleware.cors import (\n        CORSMiddleware,\n    )",
            "if 1:\n    from corsense import CORSMiddleware",
        ),
    ],
)
def test_adopting_changes_the_import_and_nothing_else(line: str, expected: str) -> None:
    rest = "x = 1 # CORSMiddleware\n"
    assert adopt_corsense(f"{line}\n{rest}") == f"{expected}\n{rest}"
    assert adopt_corsense(f"{expected}\n{rest}") is None


@pytest.mark.parametrize(
    "text",
    [
        "import starlette.middleware.cors as cors\n",
        "from fastapi.middleware.cors import *\n",
        "from fastapi.middleware.cors import CORSMiddleware\nCORSMiddleware = wrapped(CORSMiddleware)\n",
        "from fastapi.middleware.cors import CORSMiddleware; x = 1\nclass CORSMiddleware: pass\n",
    ],
)
def test_what_is_no_import_by_name_is_not_adopted(text: str) -> None:
    assert adopt_corsense(text) is None


def test_a_program_works_with_what_it_has_adopted() -> None:
    text = TWICE.replace('app.add_middleware(CORSMiddleware, allow_origins=["https://b.example"], allow_headers=["X-B"])', "")
    edited = adopt_corsense(text)
    assert edited is not None
    assert layers(edited) == [CORSMiddleware]


def test_an_installed_layer_is_outside_of_everything() -> None:
    text = WRAPPED.rpartition("app = ")[0]
    edited = install_layer(text, line_of(text, "add_middleware"))
    assert edited is not None
    assert "CORSMiddleware" not in edited
    api = run(edited)["api"]
    assert api.user_middleware == []
    assert isinstance(api.build_middleware_stack(), CORSMiddleware)


def test_a_name_that_is_taken_keeps_the_layer_from_being_installed() -> None:
    text = WRAPPED + "def install(): ...\n"
    assert install_layer(text, line_of(text, "add_middleware")) is None


def test_a_redirect_is_left_to_production() -> None:
    text = program("""
        import uvicorn
        from starlette.applications import Starlette
        from starlette.middleware.httpsredirect import HTTPSRedirectMiddleware

        app = Starlette()
        app.add_middleware(HTTPSRedirectMiddleware)  # always
    """)
    edited = only_in_production(text, 6)
    assert edited is not None
    assert layers(edited) == []
    assert edited.endswith("    app.add_middleware(HTTPSRedirectMiddleware)  # always\n")
    assert all(only_in_production(edited, line) is None for line in range(1, 12))
    assert only_in_production(text, 5) is None


def test_keywords_are_given_and_exchanged() -> None:
    text = 'app.add_middleware(SessionMiddleware, secret_key=key, same_site="lax")\n'
    given = {"same_site": '"none"', "https_only": "True"}
    edited = give_keywords(text, 1, "SessionMiddleware", given)
    assert edited == 'app.add_middleware(SessionMiddleware, secret_key=key, same_site="none", https_only=True)\n'
    assert give_keywords(edited, 1, "SessionMiddleware", given) is None
    assert give_keywords(text.replace("secret_key=key", "**options"), 1, "SessionMiddleware", given) is None
