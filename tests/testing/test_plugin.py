from __future__ import annotations

from pathlib import Path

import fastapi.middleware.cors  # noqa: F401  imported once, and not again by each project below
import pytest

import corsense.testing.fixtures  # noqa: F401
from tests.testing.apps import needs_vary

pytest_plugins = ["pytester"]

APP = """
    import pytest
    from fastapi import FastAPI
    from fastapi.middleware.cors import CORSMiddleware

    PAGE, STRANGER = "https://app.example.com", "https://evil.example"

    def make_app(origins):
        app = FastAPI()
        app.add_middleware(CORSMiddleware, allow_origins=origins)

        @app.get("/users")
        async def users():
            return []

        return app

    app = make_app([PAGE])
"""


# Plugins that take longer than the tests.
WITHOUT = ("-p", "no:hypothesispytest", "-p", "no:cov", "-p", "no:cacheprovider")


def run(pytester: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    return pytester.runpytest_inprocess("-q", "-p", "no:xdist", *WITHOUT, *arguments)


def written(pytester: pytest.Pytester, tests: str, app: str = APP) -> None:
    pytester.makepyfile(shop=app, test_shop="from shop import *\n" + tests)


@needs_vary
def test_the_fixture_asserts(pytester: pytest.Pytester) -> None:
    written(
        pytester,
        """
def test_the_page_is_let_in(cors):
    cors.allowed(app, "GET", "/users", origin=PAGE)
    cors.blocked(app, "GET", "/users", origin=STRANGER, error="MissingAllowOriginHeader")
    cors.no_foreign_access(app, trusted=[PAGE])
    assert len(cors.matrix(app, origins=[PAGE])) == 2
""",
    )
    run(pytester).assert_outcomes(passed=1)


def test_a_failure_shows_the_tests_line_and_the_browsers_words_and_nothing_between(pytester: pytest.Pytester) -> None:
    written(pytester, 'def test_the_page_is_let_in(cors):\n    cors.allowed(app, "GET", "/users", origin=STRANGER)\n')
    ran = run(pytester)
    ran.assert_outcomes(failed=1)
    ran.stdout.fnmatch_lines(
        [
            '>       cors.allowed(app, "GET", "/users", origin=STRANGER)',
            "E       AssertionError: GET https://testserver/users from a page at https://evil.example is blocked in Chromium *",
            "E       error[[]CORS202[]]: 'https://evil.example' is not in allow_origins",
            'E          = fix: allow_origins=[[]"https://app.example.com", "https://evil.example"[]]',
            "E       Access to fetch at 'https://testserver/users' from origin 'https://evil.example' has been blocked by CORS *",
            "test_shop.py:3: AssertionError",
        ]
    )
    assert "kit.py" not in ran.stdout.str()
    assert "assertions.py" not in ran.stdout.str()


def test_the_engine_is_chosen_by_a_flag(pytester: pytest.Pytester) -> None:
    written(pytester, 'def test_the_page_is_let_in(cors):\n    cors.allowed(app, "GET", "/users", origin=STRANGER)\n')
    ran = run(pytester, "--cors-engine", "firefox")
    ran.stdout.fnmatch_lines(["E       Cross-Origin Request Blocked: *"])


SNAPSHOTS = """
def test_access(cors_snapshot):
    cors_snapshot(app, origins=[PAGE, STRANGER])
    cors_snapshot(app, origins=[PAGE], name="page alone")

class TestMore:
    @pytest.mark.parametrize("who", ["a/b", "c"])
    def test_access(self, cors, who):
        cors.snapshot(app, origins=[PAGE])
"""


def snapshots(folder: Path) -> list[str]:
    return sorted(file.name.split("-")[0] for file in (folder / "__cors__" / "test_shop").iterdir())


def test_snapshots_are_written_by_the_flag_then_hold_then_tell(pytester: pytest.Pytester) -> None:
    written(pytester, SNAPSHOTS)
    first = run(pytester)
    first.assert_outcomes(failed=3)
    first.stdout.fnmatch_lines(["E*There is no snapshot __cors__/test_shop/test_access.cors yet. *pytest --cors-update*"])
    run(pytester, "--cors-update").assert_outcomes(passed=3)
    assert snapshots(pytester.path) == [
        "TestMore.test_access_a_b", "TestMore.test_access_c", "test_access.cors", "test_access.page_alone",
    ]  # fmt: skip
    run(pytester).assert_outcomes(passed=3)
    (pytester.path / "shop.py").write_text((pytester.path / "shop.py").read_text().replace("make_app([PAGE])", 'make_app(["*"])'))
    opened = run(pytester)
    opened.stdout.fnmatch_lines(
        ["E*https://evil.example gained access:", "E*  GET /users  credentials: omit", "E*pytest --cors-update, and review*"]
    )


def test_two_snapshots_of_one_test_need_names(pytester: pytest.Pytester) -> None:
    written(pytester, "def test_twice(cors):\n    for _ in 'ab':\n        cors.snapshot(app, origins=[PAGE])\n")
    ran = run(pytester, "--cors-update")
    ran.stdout.fnmatch_lines(["E*InputError: a second snapshot in one test needs a name of its own: name='admin'"])


# An app without a framework, which every worker would have to import.
BARE_APP = """
    import pytest

    PAGE, STRANGER = "https://app.example.com", "https://evil.example"

    async def app(scope, receive, send):
        headers = [(b"access-control-allow-origin", PAGE.encode())]
        body = b'{"paths": {"/users": {"get": {}}}}' if scope["path"] == "/openapi.json" else b""
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})
"""
MANY = """
@pytest.mark.parametrize("number", range(6))
def test_many(cors, number):
    cors.snapshot(app, origins=[PAGE])
"""


def test_snapshots_written_by_several_workers_are_whole(pytester: pytest.Pytester) -> None:
    written(pytester, SNAPSHOTS + MANY, BARE_APP)
    pytester.runpytest_subprocess("-q", "-n", "2", "--cors-update", *WITHOUT).assert_outcomes(passed=9)
    run(pytester).assert_outcomes(passed=9)
    assert len(snapshots(pytester.path)) == 10


@needs_vary
def test_async_tests_await_in_the_loop_of_anyio(pytester: pytest.Pytester) -> None:
    written(
        pytester,
        """
import asyncio
pytestmark = pytest.mark.anyio

@pytest.fixture
def anyio_backend():
    return "asyncio"

@pytest.fixture
async def loop():
    return asyncio.get_running_loop()

async def test_the_page_is_let_in(cors, loop):
    seen = []

    @app.get("/loop")
    async def ask():
        seen.append(asyncio.get_running_loop())

    await cors.aio.allowed(app, "GET", "/loop", origin=PAGE)
    await cors.aio.blocked(app, "GET", "/loop", origin=STRANGER)
    assert seen == [loop, loop]
    await cors.aio.no_foreign_access(app, trusted=[PAGE])
    assert len(await cors.aio.matrix(app, origins=[PAGE])) == 4
    await cors.aio.snapshot(app, origins=[PAGE])

async def test_the_page_is_not_let_in(cors):
    await cors.aio.allowed(app, "GET", "/users", origin=STRANGER)
""",
    )
    ran = run(pytester, "--cors-update")
    ran.assert_outcomes(passed=1, failed=1)
    assert "kit.py" not in ran.stdout.str()
    assert "aio.py" not in ran.stdout.str()


def test_a_project_that_does_not_use_it_pays_nothing(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import sys

        def test_nothing_is_imported():
            assert "corsense.testing.plugin" in sys.modules
            found = {name for name in sys.modules if name.partition(".")[0] == "corsense"}
            assert found == {"corsense", "corsense._lazy", "corsense._version", "corsense.testing", "corsense.testing.plugin"}
            assert not {"pydantic", "starlette", "fastapi", "asyncio.runners", "typer", "rich"} & set(sys.modules)
        """
    )
    ran = pytester.runpytest_subprocess("-q", "-p", "no:anyio", "-p", "no:xdist", *WITHOUT)
    ran.assert_outcomes(passed=1)
    assert not (pytester.path / "__cors__").exists()


def test_its_flags_are_documented(pytester: pytest.Pytester) -> None:
    ran = run(pytester, "--help")
    ran.stdout.fnmatch_lines(["CORS as browsers judge it:", "  --cors-update *", "  --cors-engine=*"])
    listed = run(pytester, "--fixtures")
    listed.stdout.fnmatch_lines(["cors -- *", "cors_snapshot -- *"])


def test_a_fixture_of_the_same_name_comes_first(pytester: pytest.Pytester) -> None:
    pytester.makeconftest("import pytest\n\n@pytest.fixture\ndef cors():\n    return 'mine'\n")
    pytester.makepyfile("def test_it_is_mine(cors):\n    assert cors == 'mine'\n")
    run(pytester).assert_outcomes(passed=1)
