"""What a reader of a program follows: helpers of helpers, objects, models, the command line; and what never runs."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from corsense.lint import lint_paths, lint_text
from corsense.suppression import RuleSelection
from tests.lint.marked import finds_what_it_says, program, tree_finds_what_it_says

FOLLOWED = {
    "an object whose method is called": """
        class Manager:
            def p(self):
                return ["*"]
            def add(self, app):
                app.add_middleware(CORSMiddleware, allow_origins=self.p(), allow_credentials=1)  # finds wildcard-with-credentials
        Manager().add(app)
    """,
    "a model made from a dict": """
        from pydantic import BaseModel
        class Pages(BaseModel):
            allowed: list[str]
        settings = Pages(**{"allowed": ["https://a.example/"]})  # finds origin-trailing-slash
        app.add_middleware(CORSMiddleware, allow_origins=settings.allowed)
    """,
    "the command line": """
        import argparse
        parser = argparse.ArgumentParser()
        parser.add_argument("--allowed-pages", nargs="+", default=["https://a.example/"])  # finds origin-trailing-slash
        args = parser.parse_args()
        app.add_middleware(CORSMiddleware, allow_origins=args.allowed_pages)
    """,
    "a default that a condition changes": """
        class Settings:
            pages = ["https://a.example"]
            if os.getenv("MORE"):
                pages = pages + ["https://b.example/"]  # finds origin-trailing-slash
        app.add_middleware(CORSMiddleware, allow_origins=Settings.pages)
    """,
    "a list that is copied item by item": """
        PAGES = ["https://a.example/"]  # finds origin-trailing-slash
        allowed = []
        for page in PAGES:
            allowed.append(page)
        app.add_middleware(CORSMiddleware, allow_origins=allowed)
    """,
    "items that a loop makes": """
        allowed = ["https://a.example"]
        for port in (3000,):
            page = f"http://localhost:{port}/"  # finds origin-trailing-slash
            allowed.append(page)
        app.add_middleware(CORSMiddleware, allow_origins=allowed)
    """,
    "a loop that takes blanks and slashes away": """
        allowed = set()
        for page in os.getenv("PAGES", "https://a.example, https://b.example/").split(","):
            page = page.strip()
            if not page:
                continue
            if page not in allowed:
                print("allowed", page)
                allowed.add(page.rstrip("/"))
        app.add_middleware(CORSMiddleware, allow_origins=list(allowed))
    """,
    "a loop that keeps the blanks": """
        allowed = []
        for page in os.getenv("PAGES", "https://a.example,https://b.example").split(","):  # finds env-split-without-strip
            allowed += [page]
        app.add_middleware(CORSMiddleware, allow_origins=allowed)
    """,
    "a loop that leaves the wildcard out": """
        allowed = []
        for page in ["*", "https://a.example"]:
            if page == "*":
                continue
            allowed.append(page)
        app.add_middleware(CORSMiddleware, allow_origins=allowed, allow_credentials=True)
    """,
    "a loop that does more than to copy": """
        allowed = []
        for page in ["https://a.example/"]:
            allowed.append(page)
            allowed.clear()
        app.add_middleware(CORSMiddleware, allow_origins=allowed)
    """,
    "a wildcard where another list has none": """
        listed = [page.strip() for page in os.getenv("PAGES", "").split(",")]
        if "*" not in listed:
            app.add_middleware(CORSMiddleware, allow_origins=["*"], allow_credentials=True)  # finds wildcard-with-credentials
    """,
    "a fallback of a split, which is never empty": """
        pages = os.getenv("PAGES", "").split(",")  # finds env-split-without-strip
        if not pages:
            pages = ["https://*.example.com"]
        app.add_middleware(CORSMiddleware, allow_origins=pages)
    """,
    "a fallback for JSON that is JSON": """
        import json
        text = os.getenv("PAGES", '["https://a.example"]')
        try:
            pages = json.loads(text)
        except json.JSONDecodeError:
            pages = text.split(",")
        app.add_middleware(CORSMiddleware, allow_origins=pages)
    """,
    "an answer in an except": """
        app.add_middleware(CORSMiddleware, allow_origins=["https://a.example"])
        async def guard(request, call_next):
            try:
                response = await call_next(request)
            except PermissionError:
                response = JSONResponse({}, status_code=401)
            return response
        app.middleware("http")(guard)  # finds cors-not-outermost
    """,
    "an answer that is there before the inner one": """
        app.add_middleware(CORSMiddleware, allow_origins=["https://a.example"])
        @app.middleware("http")
        async def session(request, call_next):
            response = Response("error", status_code=500)
            try:
                response = await call_next(request)
            finally:
                close()
            return response
    """,
    "an object that is called": """
        class Guard:
            async def __call__(self, request, call_next):
                if request.method == "POST":
                    return JSONResponse({}, status_code=403)
                return await call_next(request)
        app.add_middleware(CORSMiddleware, allow_origins=["https://a.example"])
        app.middleware("http")(Guard())  # finds cors-not-outermost
    """,
    "an exception that no handler sees": """
        from starlette.middleware.base import BaseHTTPMiddleware
        class Guard(BaseHTTPMiddleware):
            async def dispatch(self, request, call_next):
                self.check(request)
                return await call_next(request)
            def check(self, request):
                raise HTTPException(403)
        app.add_middleware(CORSMiddleware, allow_origins=["https://a.example"])
        app.add_middleware(Guard)  # finds cors-not-outermost
    """,
    "a layer that is made for its rules": """
        app.add_middleware(CORSMiddleware, allow_origins=["https://a.example"])
        def headers():
            cors = CORSMiddleware(app, allow_origins=["https://a.example"])
            return cors.simple_headers
    """,
    "a second app of the same name": """
        app.add_middleware(CORSMiddleware, allow_origins=["https://a.example"])
        app = FastAPI()
        app.add_middleware(CORSMiddleware, allow_origins=["https://a.example"])
    """,
    "a route for OPTIONS behind the layer": """
        app.add_middleware(CORSMiddleware, allow_origins=["https://a.example"])
        @app.options("/items")
        def options():  # finds manual-options-handler
            return {}
    """,
    "a handler of everything that names listed origins": """
        LISTED = ["https://a.example"]
        app.add_middleware(CORSMiddleware, allow_origins=LISTED)
        @app.exception_handler(Exception)
        async def failed(request, error):
            response = JSONResponse({}, status_code=500)
            if request.headers.get("origin") in LISTED:
                response.headers["Access-Control-Allow-Origin"] = request.headers["origin"]
                response.headers["Vary"] = "Origin"
            return response
    """,
    "a guard of another branch": """
        @app.middleware("http")
        async def cors(request, call_next):
            origin = request.headers.get("origin")
            response = await call_next(request)
            if request.url.path.startswith("/public/"):
                response.headers["Access-Control-Allow-Origin"] = origin or "*"  # finds manual-cors-headers, reflected-origin
            elif origin in ("https://a.example",):
                response.headers["Access-Control-Allow-Origin"] = origin
                response.headers["Vary"] = "Origin"
            return response
    """,
}


@pytest.mark.parametrize("form", FOLLOWED)
def test_a_program_is_followed_as_it_runs(form: str) -> None:
    finds_what_it_says(FOLLOWED[form])


def test_a_file_that_only_calls_helpers_is_followed(tmp_path: Path) -> None:
    sources = {
        "main.py": "from fastapi import FastAPI\nfrom layers import add_layers\napp = FastAPI()\nadd_layers(app)\n",
        "layers.py": """
            from cors import add_cors
            from guard import add_guard
            def add_layers(app):
                add_cors(app)
                add_guard(app)
        """,
        "cors.py": (
            "from fastapi.middleware.cors import CORSMiddleware\n"
            'def add_cors(app):\n    app.add_middleware(CORSMiddleware, allow_origins=["https://a.example"])\n'
        ),
        "guard.py": """
            from starlette.middleware.base import BaseHTTPMiddleware
            from starlette.responses import Response
            class Guard(BaseHTTPMiddleware):
                async def dispatch(self, request, call_next):
                    return Response(status_code=403)
            def add_guard(app):
                app.add_middleware(Guard)  # finds cors-not-outermost
        """,
    }
    tree_finds_what_it_says(tmp_path, sources)


def test_a_message_names_the_file_in_which_a_layer_answers(tmp_path: Path) -> None:
    (tmp_path / "guard.py").write_text(
        "from starlette.responses import Response\nasync def guard(request, call_next):\n    return Response()\n"
    )
    (tmp_path / "main.py").write_text(
        program('app.add_middleware(CORSMiddleware, allow_origins=["https://a.example"])\nfrom guard import guard\n')
        + 'app.middleware("http")(guard)\n'
    )
    (finding,) = lint_paths([tmp_path]).findings
    assert "guard.py:3" in finding.message


def test_what_a_test_hands_over_is_not_what_the_program_does(tmp_path: Path) -> None:
    sources = {
        "cors.py": (
            "from fastapi.middleware.cors import CORSMiddleware\n"
            "def add_cors(app, pages):\n    app.add_middleware(CORSMiddleware, allow_origins=pages)\n"
        ),
        "tests/test_cors.py": (
            "from fastapi import FastAPI\nfrom cors import add_cors\nadd_cors(FastAPI(), ['https://a.example/'])\n"
        ),
    }
    tree_finds_what_it_says(tmp_path, sources)


def test_a_handler_of_options_in_a_test_stands_in_for_an_api(tmp_path: Path) -> None:
    program = dedent("""\
        from fastapi import FastAPI
        app = FastAPI()
        @app.options("/items")
        def preflight():
            return {}
    """)
    tree = tmp_path / "tests" / "shop"
    (tree / "tests").mkdir(parents=True)
    (tree / "tests" / "test_items.py").write_text(program)
    assert lint_paths([tree]).findings == ()
    (tree / "main.py").write_text(program)
    assert [finding.cause.slug for finding in lint_paths([tree]).findings] == ["manual-options-handler"]  # the tree is in tests


def test_files_of_other_projects_that_call_something_of_the_same_name_are_not_read(tmp_path: Path) -> None:
    for project in ("shop", "other"):
        (tmp_path / project).mkdir()
    (tmp_path / "shop" / "serving.py").write_text(
        dedent("""\
            from fastapi.middleware.cors import CORSMiddleware
            def share(app, origins):
                app.add_middleware(CORSMiddleware, allow_origins=origins)
        """)
    )
    calling = "import fastapi\nfrom serving import share\nshare(fastapi.FastAPI(), ['https://a.example/'])\n"
    (tmp_path / "shop" / "main.py").write_text(calling)
    (tmp_path / "other" / "serving.py").write_text("def share(app, origins):\n    return origins\n")
    (tmp_path / "other" / "main.py").write_text(calling + "def broken(:\n")
    report = lint_paths([tmp_path])
    assert [finding.cause.slug for finding in report.findings] == ["origin-trailing-slash"]
    assert report.skipped == ()  # the file that is not Python was not read


def test_a_caller_may_import_the_function_through_another_module(tmp_path: Path) -> None:
    package = tmp_path / "app"
    (package / "core").mkdir(parents=True)
    (package / "core" / "serving.py").write_text(
        dedent("""\
            from fastapi.middleware.cors import CORSMiddleware
            def share(app, origins):
                app.add_middleware(CORSMiddleware, allow_origins=origins)
        """)
    )
    (package / "setup.py").write_text("from app.core.serving import share\n")
    (package / "main.py").write_text(
        "import fastapi\nimport app.core\nfrom app.setup import share\nshare(fastapi.FastAPI(), ['https://a.example/'])\n"
    )
    assert [finding.cause.slug for finding in lint_paths([tmp_path]).findings] == ["origin-trailing-slash"]


def test_a_rule_that_nobody_selected_does_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from corsense.lint.rules import header_not_allowed

    def run(*_: object) -> None:
        raise AssertionError("it runs")

    monkeypatch.setattr(header_not_allowed, "violations", run)
    (tmp_path / "main.py").write_text(program('app.add_middleware(CORSMiddleware, allow_origins=["https://a.example/"])'))
    selected = RuleSelection(select=frozenset({"origin-trailing-slash"}))
    assert [finding.cause.slug for finding in lint_paths([tmp_path], selected).findings] == ["origin-trailing-slash"]
    with pytest.raises(AssertionError):
        lint_paths([tmp_path])


def test_thousands_of_faults_of_a_kind_are_counted() -> None:
    listed = ", ".join(f"'https://a{number}.example/'" for number in range(3000))
    found = lint_text(program(f"app.add_middleware(CORSMiddleware, allow_origins=[{listed}])"))
    assert len(found) == 101
    assert any("2,900 more" in finding.message for finding in found)
