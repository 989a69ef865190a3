from __future__ import annotations

import ast
from functools import partial

import pytest
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.gzip import GZipMiddleware

from corsense.fix.edits import insert_cors_middleware
from tests.fix.programs import cors, layers, line_of, program, run

ORIGIN = "http://localhost:3000"
insert = partial(insert_cors_middleware, origins=[ORIGIN])
CALL = 'app.add_middleware(\n    CORSMiddleware,\n    allow_origins=["http://localhost:3000"],\n)\n'


def test_the_layer_goes_behind_the_constructor_and_the_import_among_its_package_s() -> None:
    before = program('''
        """The API."""

        from __future__ import annotations

        import os
        from fastapi import FastAPI, Request
        from fastapi.responses import JSONResponse

        app = FastAPI(  # ours
            title="x",
        )  # done


        @app.get("/")
        def root() -> None: ...
    ''')
    after = program('''
        """The API."""

        from __future__ import annotations

        import os
        from fastapi import FastAPI, Request
        from fastapi.middleware.cors import CORSMiddleware
        from fastapi.responses import JSONResponse

        app = FastAPI(  # ours
            title="x",
        )  # done
        app.add_middleware(
            CORSMiddleware,
            allow_origins=["http://localhost:3000"],
            allow_methods=["GET", "POST"],
            allow_headers=["X-Api-Key"],
            allow_credentials=True,
            expose_headers=["X-Total"],
        )


        @app.get("/")
        def root() -> None: ...
    ''')
    edited = insert(
        before,
        line_of(before, "FastAPI("),
        "app",
        methods=["GET", "POST"],
        headers=["Content-Type", "X-Api-Key"],
        credentials=True,
        expose=["X-Total"],
    )
    assert edited == after
    assert layers(edited) == [CORSMiddleware]
    assert insert(edited, line_of(edited, "= FastAPI("), "app") is None


def test_the_policy_says_no_more_than_is_asked() -> None:
    edited = insert("from fastapi import FastAPI\napp = FastAPI()\n", 2, None, methods=["GET"], headers=["content-type"])
    assert edited is not None
    assert edited.endswith(CALL)
    layer = cors(edited)
    assert list(layer.allow_origins) == [ORIGIN]
    assert list(layer.allow_methods) == ["GET"]


def test_the_layer_is_the_outermost() -> None:
    before = program("""
        from fastapi import FastAPI
        from starlette.middleware.gzip import GZipMiddleware
        from starlette.middleware.trustedhost import TrustedHostMiddleware

        app = FastAPI()
        app.add_middleware(GZipMiddleware)


        @app.get("/")
        def root() -> None: ...


        if True:
            app.add_middleware(TrustedHostMiddleware)


        @app.middleware("http")
        async def auth(request, call_next):
            return await call_next(request)


        @app.get("/late")
        def late() -> None: ...
    """)
    edited = insert(before, 5)
    assert edited is not None
    assert layers(edited)[0] is CORSMiddleware
    assert len(layers(edited)) == 4
    assert "return await call_next(request)\n\n\napp.add_middleware(\n" in edited
    assert ')\n\n\n@app.get("/late")' in edited


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_a_factory_gets_the_layer_at_its_own_indentation(newline: str) -> None:
    before = program("""
        from fastapi import FastAPI
        from starlette.middleware.gzip import GZipMiddleware

        def create_app(debug=False):
        \tapp = FastAPI()
        \tif debug:
        \t\tapp.add_middleware(GZipMiddleware)

        \t@app.middleware('http')
        \tasync def auth(request, call_next):
        \t\treturn await call_next(request)
        \treturn app

        app = create_app()
    """).replace("\n", newline)
    edited = insert(before, 5, "app")
    expected = (
        "\t\treturn await call_next(request)\n\n"
        "\tapp.add_middleware(\n\t\tCORSMiddleware,\n\t\tallow_origins=['http://localhost:3000'],\n\t)\n\treturn app\n"
    )
    assert edited is not None
    assert expected.replace("\n", newline) in edited
    assert layers(edited)[0] is CORSMiddleware
    assert newline == "\n" or "\n" not in edited.replace("\r\n", "")


def test_layers_added_by_functions_of_the_program_come_before() -> None:
    before = program("""
        from fastapi import FastAPI
        from starlette.middleware.gzip import GZipMiddleware

        def protect(application):
            application.add_middleware(GZipMiddleware)

        application = FastAPI()
        protect(application)
        app = application
    """)
    edited = insert(before, 7, "app")
    assert edited is not None
    assert layers(edited) == [CORSMiddleware, GZipMiddleware]


def test_the_layer_comes_before_the_name_is_given_to_something_else() -> None:
    before = program("""
        from fastapi import FastAPI
        from starlette.middleware.gzip import GZipMiddleware

        app = FastAPI()
        inner = app
        app = GZipMiddleware(app)
        print(app)
    """)
    edited = insert(before, 4)
    assert edited is not None
    assert layers(edited, "inner") == [CORSMiddleware]


def test_an_app_in_a_branch_is_made_outermost_after_the_branch() -> None:
    before = program("""
        from fastapi import FastAPI
        from starlette.middleware.gzip import GZipMiddleware

        if True:
            app = FastAPI(docs_url=None)
        else:
            app = FastAPI()
        app.add_middleware(GZipMiddleware)
    """)
    edited = insert(before, 5)
    assert edited is not None
    assert layers(edited) == [CORSMiddleware, GZipMiddleware]
    alone = before.replace("app.add_middleware(GZipMiddleware)\n", "")
    edited = insert(alone, 5)
    assert edited is not None
    assert "    app.add_middleware(\n        CORSMiddleware,\n" in edited
    assert layers(edited) == [CORSMiddleware]


def test_an_app_in_a_handler_of_an_exception_is_made_outermost_after_it() -> None:
    before = program("""
        from fastapi import FastAPI
        from starlette.middleware.gzip import GZipMiddleware

        try:
            raise KeyError
        except KeyError:
            app = FastAPI()
        app.add_middleware(GZipMiddleware)
    """)
    edited = insert(before, 7)
    assert edited is not None
    assert layers(edited) == [CORSMiddleware, GZipMiddleware]


def test_an_app_kept_as_an_attribute_gets_the_layer() -> None:
    before = program("""
        from fastapi import FastAPI

        class Server:
            def __init__(self) -> None:
                self.app: FastAPI = FastAPI()
                self.port = 1
    """)
    edited = insert(before, 5, "app")
    assert edited is not None
    assert "        self.app.add_middleware(\n            CORSMiddleware,\n" in edited
    assert run(edited)["Server"]().app.user_middleware[0].cls is CORSMiddleware
    assert insert(edited, line_of(edited, "= FastAPI("), "app") is None


@pytest.mark.parametrize(
    ("imports", "reference"),
    [
        ("from fastapi.middleware.cors import CORSMiddleware", "CORSMiddleware"),
        ("from starlette.middleware.cors import CORSMiddleware as C", "C"),
        ("from starlette.middleware import cors", "cors.CORSMiddleware"),
        ("import starlette.middleware.cors", "starlette.middleware.cors.CORSMiddleware"),
        ("import fastapi.middleware.cors as cors", "cors.CORSMiddleware"),
    ],
)
def test_a_class_that_is_imported_already_is_used(imports: str, reference: str) -> None:
    before = f"{imports}\nfrom fastapi import FastAPI\n\napp = FastAPI()\n"
    edited = insert(before, 4)
    assert edited == before + CALL.replace("CORSMiddleware", reference)
    assert layers(edited) == [CORSMiddleware]
    assert insert(edited, 4) is None


@pytest.mark.parametrize(
    "taking",
    ["class CORSMiddleware: ...", "CORSMiddleware = None", "from other import CORSMiddleware", "def f(CORSMiddleware): ..."],
)
def test_a_name_that_is_taken_is_not_taken_again(taking: str) -> None:
    before = f"from fastapi import FastAPI\n{taking}\napp = FastAPI()\n"
    edited = insert(before, 3)
    assert edited is not None
    assert "from fastapi.middleware.cors import CORSMiddleware as StarletteCORSMiddleware\n" in edited
    assert "app.add_middleware(\n    StarletteCORSMiddleware,\n" in edited
    assert insert(edited, 4) is None
    assert insert(before.replace("\napp", "\nStarletteCORSMiddleware = 1\napp"), 4) is None


@pytest.mark.parametrize(
    ("before", "line", "head"),
    [
        (
            "from starlette.applications import Starlette\napp = Starlette()\n",
            2,
            "from starlette.applications import Starlette\nIMPORT",
        ),
        ("import fastapi\nimport os\napp = fastapi.FastAPI()\n", 3, "import fastapi\nIMPORTimport os\n"),
        ("from fastapi.responses import Response\nfrom web import FastAPI\napp = FastAPI()\n", 3, "IMPORTfrom fastapi.responses"),
        ("import os\nfrom web import App\napp = App()\n", 3, "import os\nfrom web import App\nIMPORTapp"),
        ('"""Doc."""\n\napp = App()\n', 3, '"""Doc."""\n\nIMPORT\napp'),
        ("#!/usr/bin/env python\n# é\napp = App()\n", 3, "#!/usr/bin/env python\n# é\nIMPORT\napp"),
        (
            '"""Doc."""\nfrom __future__ import annotations\napp = App()\n',
            3,
            '"""Doc."""\nfrom __future__ import annotations\nIMPORTapp',
        ),
        (
            "from fastapi import (\n    FastAPI,  # a\n)  # b\napp = FastAPI()\n",
            4,
            "from fastapi import (\n    FastAPI,  # a\n)  # b\nIMPORTapp",
        ),
        ("from fastapi import *\napp = FastAPI()\nimport os\n", 2, "from fastapi import *\nIMPORTapp"),
        ("try:\n    from fastapi import FastAPI\nfinally:\n    pass\napp = FastAPI()\n", 5, "IMPORT\ntry:"),
    ],
)
def test_the_import_finds_its_place(before: str, line: int, head: str) -> None:
    package = "fastapi" if "fastapi" in before else "starlette"
    edited = insert(before, line)
    assert edited is not None
    assert edited.startswith(head.replace("IMPORT", f"from {package}.middleware.cors import CORSMiddleware\n"))
    # Nothing but insertions.
    rest = iter(edited.splitlines(keepends=True))
    assert all(row in rest for row in before.splitlines(keepends=True))


def test_lines_of_text_that_mixes_line_ends_keep_theirs() -> None:
    before = "import os\r\nfrom fastapi import FastAPI\napp = FastAPI()\n"
    edited = insert(before, 3)
    assert edited is not None
    assert edited.startswith(
        "import os\r\nfrom fastapi import FastAPI\nfrom fastapi.middleware.cors import CORSMiddleware\napp = FastAPI()\n"
    )


def test_an_import_within_the_factory_stays_within() -> None:
    before = program("""
        def create_app():
            from fastapi import FastAPI

            app = FastAPI()
            return app
    """)
    edited = insert(before, 4)
    assert edited == program("""
        def create_app():
            from fastapi import FastAPI
            from fastapi.middleware.cors import CORSMiddleware

            app = FastAPI()
            app.add_middleware(
                CORSMiddleware,
                allow_origins=["http://localhost:3000"],
            )
            return app
    """)


@pytest.mark.parametrize(
    "before",
    [
        "from fastapi import FastAPI; app = FastAPI(); x = app\n",
        "from fastapi import FastAPI\ndef make(): app = FastAPI(); return app\napp = make()\n",
        "from fastapi import FastAPI\napp = FastAPI()",
        "from fastapi import FastAPI\napp = FastAPI()  # no line end",
        "import os; from fastapi import FastAPI as F\napp = F(); app.state.x = 1\n",
        "from fastapi import FastAPI\napp = api = FastAPI()\n",
        "import fastapi\napp = fastapi.FastAPI(\n)\n",
        "from fastapi import FastAPI\nclass Mine(FastAPI): ...\napp = Mine()\n",
        "\ufefffrom fastapi import FastAPI\napp = FastAPI()\n",
    ],
)
def test_programs_of_any_shape_get_a_layer_that_works(before: str) -> None:
    line = next(n for n, row in enumerate(before.splitlines(), 1) if "= F" in row or "= fastapi." in row or "= Mine" in row)
    edited = insert(before, line)
    assert edited is not None
    assert edited.startswith("\ufeff") == before.startswith("\ufeff")
    assert layers(edited.removeprefix("\ufeff")) == [CORSMiddleware]
    assert insert(edited, line) is None


@pytest.mark.parametrize(
    "before",
    [
        # There is one already, whatever its form.
        "app = FastAPI()\napp.add_middleware(CORSMiddleware)\n",
        "app = FastAPI()\nif x: app.add_middleware(CORSMiddleware, **o)\n",
        "app = FastAPI()\napp.add_middleware(CORSMiddleware, [])\n",
        "app = FastAPI(middleware=[Middleware(CORSMiddleware)])\n",
        "app = FastAPI(middleware=stack)\nstack = [Middleware(CORSMiddleware)]\n",
        "app = FastAPI()\nasgi = CORSMiddleware(app)\n",
        # There is no name to add it to.
        "FastAPI()\n",
        "app = wrap(FastAPI())\n",
        "apps['x'] = FastAPI()\n",
        "def make(): return FastAPI()\n",
        "a, b = FastAPI(), FastAPI()\n",
        "a = FastAPI(); b = FastAPI()\n",
        "app = make_app()\n",
        "with FastAPI() as app: ...\n",
    ],
)
def test_where_it_is_not_certain_nothing_is_inserted(before: str) -> None:
    ast.parse(before)
    assert insert(before, 1) is None


def test_one_app_s_layer_does_not_stand_for_another_s() -> None:
    before = program("""
        from fastapi import FastAPI
        from fastapi.middleware.cors import CORSMiddleware

        admin = FastAPI()
        admin.add_middleware(CORSMiddleware, allow_origins=[])
        app = FastAPI()
    """)
    assert insert(before, 4) is None
    edited = insert(before, 6)
    assert edited == before + CALL


def test_a_policy_that_is_unsafe_or_empty_is_not_inserted() -> None:
    before = "from fastapi import FastAPI\napp = FastAPI()\n"
    assert insert_cors_middleware(before, 2, origins=[]) is None
    assert insert_cors_middleware(before, 2, origins=["*"], credentials=True) is None
    assert insert_cors_middleware(before, 2, origins=['"'], credentials=True) is None
    assert insert_cors_middleware(before, 2, origins=["*"]) is not None
    assert insert_cors_middleware(before, 1, origins=[ORIGIN]) is None


def test_an_app_that_another_package_returns_gets_its_layer_once_its_name_is_known() -> None:
    before = "server = FastMCP()\napp = server.http_app()\n"
    assert insert(before, 2) is None
    edited = insert(before, 2, "app")
    assert edited is not None
    assert edited.startswith("from starlette.middleware.cors import CORSMiddleware\n")
    assert edited.endswith("app = server.http_app()\n" + CALL)
    assert insert("app = server.http_app()\napp = wrap(app)\n", 1, "app") is None
    assert insert("app = wrap(server.http_app())\n", 1, "other") is None
