from __future__ import annotations

import pytest
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.gzip import GZipMiddleware

from corsense.fix.edits import move_cors_outermost, move_cors_to_later_app, remove_duplicate_cors
from tests.fix.programs import layers, line_of, program

HEAD = """
from fastapi import FastAPI
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.gzip import GZipMiddleware

"""


def moved(before: str, after: str, cors: str = "CORSMiddleware", layer: str = "GZipMiddleware") -> None:
    edited = move_cors_outermost(before, line_of(before, cors), line_of(before, layer))
    assert edited == after
    assert move_cors_outermost(edited, line_of(before, cors), line_of(before, layer)) is None
    assert move_cors_outermost(edited, line_of(edited, cors), line_of(edited, layer)) is None


def test_the_statement_moves_with_its_comments_behind_the_other() -> None:
    moved(
        program("""
            app = FastAPI()

            # Let the page in.
            # Nobody else.
            app.add_middleware(
                CORSMiddleware,
                allow_origins=["a"],  # page
            )  # end

            app.add_middleware(GZipMiddleware)  # zip

            x = 1
        """),
        program("""
            app = FastAPI()

            app.add_middleware(GZipMiddleware)  # zip

            # Let the page in.
            # Nobody else.
            app.add_middleware(
                CORSMiddleware,
                allow_origins=["a"],  # page
            )  # end

            x = 1
        """),
    )


def test_the_statement_moves_behind_a_decorated_function() -> None:
    before = program("""
        def create():
            app = FastAPI()
            app.add_middleware(CORSMiddleware)
            @app.middleware("http")
            async def auth(request, call_next):
                return await call_next(request)
            return app
    """)
    after = program("""
        def create():
            app = FastAPI()
            @app.middleware("http")
            async def auth(request, call_next):
                return await call_next(request)

            app.add_middleware(CORSMiddleware)
            return app
    """)
    moved(before, after, layer="@app.middleware")
    moved(before, after, layer="async def auth")


def test_the_statement_moves_behind_the_branch_that_adds_the_other() -> None:
    moved(
        "app.add_middleware(CORSMiddleware)\nif debug:\n    app.add_middleware(GZipMiddleware)\nelse:\n    pass\nrun(app)\n",
        "if debug:\n    app.add_middleware(GZipMiddleware)\nelse:\n    pass\napp.add_middleware(CORSMiddleware)\nrun(app)\n",
    )


def test_the_statement_moves_behind_a_function_registered_by_a_call() -> None:
    moved(
        'app.add_middleware(CORSMiddleware)\napp.middleware("http")(GZipMiddleware)\n',
        'app.middleware("http")(GZipMiddleware)\napp.add_middleware(CORSMiddleware)\n',
    )


def test_the_last_line_needs_no_line_end() -> None:
    moved(
        "app.add_middleware(CORSMiddleware)\r\napp.add_middleware(GZipMiddleware)",
        "app.add_middleware(GZipMiddleware)\r\napp.add_middleware(CORSMiddleware)",
    )


def test_the_statement_moves_behind_the_try_that_adds_the_other_in_a_handler() -> None:
    moved(
        "app.add_middleware(CORSMiddleware)\ntry:\n    x()\nexcept E:\n    app.add_middleware(GZipMiddleware)\n",
        "try:\n    x()\nexcept E:\n    app.add_middleware(GZipMiddleware)\napp.add_middleware(CORSMiddleware)\n",
    )


def test_the_moved_layer_is_the_outermost_when_the_app_runs() -> None:
    before = HEAD + "app = FastAPI()\napp.add_middleware(CORSMiddleware)\napp.add_middleware(GZipMiddleware)\n"
    edited = move_cors_outermost(before, 8, 9)
    assert edited is not None
    assert layers(before) == [GZipMiddleware, CORSMiddleware]
    assert layers(edited) == [CORSMiddleware, GZipMiddleware]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "app = FastAPI(middleware=[Middleware(GZipMiddleware), Middleware(CORSMiddleware)])\n",
            "app = FastAPI(middleware=[Middleware(CORSMiddleware), Middleware(GZipMiddleware)])\n",
        ),
        (
            "app = FastAPI(middleware=[\n    Middleware(GZipMiddleware),\n    Middleware(\n        CORSMiddleware\n    )\n])\n",
            "app = FastAPI(middleware=[\n    Middleware(\n        CORSMiddleware\n    ),\n    Middleware(GZipMiddleware)\n])\n",
        ),
        (
            "m = [\n    # zip\n    Middleware(GZipMiddleware),\n    # page\n    Middleware(CORSMiddleware),  # in\n    # e\n]\n",
            "m = [\n    # page\n    Middleware(CORSMiddleware),  # in\n    # zip\n    Middleware(GZipMiddleware),\n    # e\n]\n",
        ),
        (
            "m = [\n    Middleware(GZipMiddleware),  # zip\n    Middleware(CORSMiddleware)  # in\n]\n",
            "m = [\n    Middleware(CORSMiddleware),  # in\n    Middleware(GZipMiddleware),  # zip\n]\n",
        ),
        ("m = [Middleware(GZipMiddleware),  # zip\n    Middleware(CORSMiddleware)]\n", None),
    ],
)
def test_an_item_of_a_middleware_list_becomes_the_first(before: str, after: str | None) -> None:
    cors = next(n for n, row in enumerate(before.splitlines(), 1) if "CORSMiddleware" in row)
    other = next(n for n, row in enumerate(before.splitlines(), 1) if "GZipMiddleware" in row)
    edited = move_cors_outermost(before, cors, other)
    assert edited == after
    if edited is not None:
        for line in (cors, 1, 2, 3):
            assert move_cors_outermost(edited, line, other) is None


@pytest.mark.parametrize(
    "before",
    [
        # Right already.
        "app.add_middleware(GZipMiddleware)\napp.add_middleware(CORSMiddleware)\n",
        # Not the same block, file or app.
        "def f(app):\n    app.add_middleware(CORSMiddleware)\napp.add_middleware(GZipMiddleware)\n",
        "app.add_middleware(CORSMiddleware)\ndef f(app):\n    app.add_middleware(GZipMiddleware)\n",
        "if x:\n    app.add_middleware(CORSMiddleware)\napp.add_middleware(GZipMiddleware)\n",
        "app.add_middleware(CORSMiddleware)\nother.add_middleware(GZipMiddleware)\n",
        "app = FastAPI(middleware=[Middleware(CORSMiddleware)])\napp.add_middleware(GZipMiddleware)\n",
        "asgi = CORSMiddleware(app)\napp.add_middleware(GZipMiddleware)\n",
        "app.add_middleware(CORSMiddleware)\nx = GZipMiddleware\n",
        # The arguments, or the app, would be others.
        "app.add_middleware(CORSMiddleware, allow_origins=o)\no = []\napp.add_middleware(GZipMiddleware)\n",
        "app.add_middleware(CORSMiddleware)\nasgi = app\napp = x()\napp.add_middleware(GZipMiddleware)\n",
        "app.add_middleware(CORSMiddleware)\nfrom x import app\napp.add_middleware(GZipMiddleware)\n",
        "app.add_middleware(CORSMiddleware)\ndef app(): ...\napp.add_middleware(GZipMiddleware)\n",
        # Lines are shared.
        "app.add_middleware(CORSMiddleware); x = 1\napp.add_middleware(GZipMiddleware)\n",
        "app.add_middleware(CORSMiddleware)\napp.add_middleware(GZipMiddleware); x = 1\n",
        "x = app.add_middleware(CORSMiddleware)\napp.add_middleware(GZipMiddleware)\n",
    ],
)
def test_where_moving_would_change_more_than_the_order_nothing_moves(before: str) -> None:
    assert move_cors_outermost(before, line_of(before, "CORSMiddleware"), line_of(before, "GZipMiddleware")) is None


def test_a_return_in_between_keeps_the_layer_where_it_is() -> None:
    before = program("""
        def create(app, bare):
            app.add_middleware(CORSMiddleware)
            if bare:
                return app
            app.add_middleware(GZipMiddleware)
            return app
    """)
    assert move_cors_outermost(before, 2, 5) is None
    inner = before.replace("if bare:\n        return app", "def bare():\n        return app")
    assert move_cors_outermost(inner, 2, 5) is not None


def test_a_layer_that_is_there_twice_goes_once() -> None:
    before = program("""
        app.add_middleware(CORSMiddleware, allow_origins=["a"])  # one
        x = 1

        # two
        app.add_middleware(
            CORSMiddleware,
            allow_origins=['a'],
        )

        y = 2
    """)
    assert (
        remove_duplicate_cors(before, 5, 1) == 'app.add_middleware(CORSMiddleware, allow_origins=["a"])  # one\nx = 1\n\ny = 2\n'
    )
    edited = remove_duplicate_cors(before, 1, 5)
    assert edited is not None
    assert edited.startswith("x = 1\n\n# two\n")
    assert remove_duplicate_cors(edited, 1, 5) is None
    assert remove_duplicate_cors(before.replace("'a'", "'b'"), 5, 1) is None
    assert remove_duplicate_cors(before.replace("x = 1", "app = 1"), 5, 1) is None
    assert remove_duplicate_cors(before, 1, 1) is None


@pytest.mark.parametrize("later", ["FastAPI(title='x')", "versioned(app)"])
def test_a_layer_follows_the_name_of_its_app_to_a_later_object(later: str) -> None:
    before = f"app = FastAPI()\n# pages\napp.add_middleware(CORSMiddleware, allow_origins=ORIGINS)\napp = {later}\n\nx = 1\n"
    edited = move_cors_to_later_app(before, 3)
    assert edited == (
        f"app = FastAPI()\napp = {later}\n\n# pages\napp.add_middleware(CORSMiddleware, allow_origins=ORIGINS)\n\nx = 1\n"
    )
    assert move_cors_to_later_app(edited, 5) is None


@pytest.mark.parametrize(
    "source",
    [
        "app = FastAPI()\napp.add_middleware(CORSMiddleware, allow_origins=ORIGINS)\nother = FastAPI()\n",
        "app = FastAPI()\napp.add_middleware(CORSMiddleware, allow_origins=ORIGINS)\nORIGINS = []\napp = FastAPI()\n",
        "app = FastAPI()\napp.add_middleware(CORSMiddleware, allow_origins=ORIGINS)\nif x:\n    app = FastAPI()\n",
        "app = FastAPI()\napp = CORSMiddleware(app, allow_origins=ORIGINS)\napp = FastAPI()\n",
    ],
)
def test_a_layer_stays_where_its_app_keeps_the_name_or_its_arguments_change(source: str) -> None:
    assert move_cors_to_later_app(source, 2) is None
