from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from corsense.app import AppLoadError, AppSession
from tests.app.conftest import OpenApp

ASGI = """
async def app(scope, receive, send):
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body", "body": b""})
"""


def failure(session: AppSession) -> AppLoadError:
    with pytest.raises(AppLoadError) as caught:
        _ = session.description
    return caught.value


def test_what_the_app_prints_goes_to_standard_error(open_app: OpenApp, capfd: pytest.CaptureFixture[str]) -> None:
    session = open_app(
        'import os, sys\nprint("to stdout")\nos.write(1, b"to the descriptor\\n")\nsys.stderr.write("to stderr\\n")\n' + ASGI
    )
    assert session.description.target == "main:app"
    session.close()
    out, err = capfd.readouterr()
    assert out == ""
    assert {"to stdout", "to the descriptor", "to stderr"} <= set(err.splitlines())


def test_an_app_may_close_standard_output_and_read_standard_input(open_app: OpenApp) -> None:
    session = open_app('import os, sys\nassert sys.stdin.read() == ""\nsys.stdout.close()\nos.close(1)\nos.close(0)\n' + ASGI)
    assert session.description.kind == "asgi"


def test_the_folder_of_the_app_is_its_working_directory_and_on_the_path(open_app: OpenApp) -> None:
    session = open_app(
        {"main.py": "import os, helper\nassert open('data.txt').read() == 'x'\n" + ASGI, "helper.py": "", "data.txt": "x"}
    )
    assert session.description.target == "main:app"


@pytest.mark.parametrize(
    ("files", "target", "found"),
    [
        ({"main.py": "other = 1\n" + ASGI.replace("app(", "api(")}, None, "main:api"),
        ({"shop/__init__.py": "", "shop/web.py": ASGI}, "shop.web", "shop.web:app"),
        ({"shop/web.py": ASGI}, "shop/web.py", "web:app"),
        ({"main.py": ASGI + "class Box:\n    inner = app\nbox = Box\n"}, "main:box.inner", "main:box.inner"),
    ],
    ids=["api", "package", "file", "dotted"],
)
def test_the_app_is_found_in_its_module(open_app: OpenApp, files: Mapping[str, str], target: str | None, found: str) -> None:
    assert open_app(files, target).description.target == found


def test_the_fastapi_instance_that_fastapi_dev_takes_is_taken_when_none_has_a_usual_name(open_app: OpenApp) -> None:
    source = "from fastapi import FastAPI\nfrom starlette.applications import Starlette\nname = 'x'\n"
    description = open_app(f"{source}later = FastAPI()\nbackend = FastAPI()\nany = Starlette()\n").description
    assert (description.target, description.apps[0].variable) == ("main:backend", "backend")


@pytest.mark.parametrize("factory", [True, False])
def test_a_factory_is_called(open_app: OpenApp, factory: bool) -> None:
    source = ASGI.replace("async def app(", "async def _app(") + "def create_app():\n    return _app\n"
    description = open_app(source, "main:create_app", factory=factory).description
    assert (description.target, description.factory) == ("main:create_app", True)


def test_a_factory_is_found_by_its_usual_names(open_app: OpenApp) -> None:
    source = ASGI.replace("async def app(", "async def _app(") + "def create_app(debug=False):\n    return _app\n"
    assert open_app(source, "main", factory=True).description.target == "main:create_app"


@pytest.mark.parametrize(
    ("files", "target", "message", "remedy"),
    [
        ({"main.py": ASGI}, "mian:app", "There is no module 'mian'.", "Did you mean 'main'?"),
        ({"shop/main.py": ASGI}, "shop.mian:app", "There is no module 'shop.mian'.", "Did you mean 'shop.main'?"),
        ({"shop/main.py": ASGI}, "shap.main:app", "There is no module 'shap.main'.", "Did you mean 'shop.main'?"),
        ({"main.py": ASGI}, "main:aap", "The module 'main' has no 'aap'.", "Did you mean 'main:app'?"),
        ({"main.py": "app = {'a': 1}\n"}, "main:app", "'main:app' is a dict, not an ASGI app.", "Name the variable"),
        ({"main.py": "app = None\n"}, "main:app", "'main:app' is a NoneType, not an ASGI app.", "Name the variable"),
        (
            {"main.py": "from fastapi import FastAPI\nApp = FastAPI\n"},
            "main:App",
            "'main:App' is the class FastAPI",
            "app = FastAPI()",
        ),
        (
            {"main.py": "def app(environ, start_response):\n    return []\n"},
            "main:app",
            "'main:app' is a function, a WSGI app, not an ASGI app.",
            "by URL",
        ),
        ({"main.py": "x = 1\n"}, None, "There is no FastAPI or Starlette app in 'main'", "package.module:app"),
        (
            {"main.py": "import uvicorn\nif __name__ == '__main__':\n    uvicorn.run('shop.web:app', port=80)\n"},
            None,
            "There is no FastAPI or Starlette app in 'main'",
            "It starts 'shop.web:app'; name that.",
        ),
        (
            {"main.py": "def run(app):\n    ...\nrun(app='shop.web:app')\n"},
            "main",
            "There is no FastAPI or Starlette app in 'main'",
            "It starts 'shop.web:app'; name that.",
        ),
        (
            {"main.py": "def create_app():\n    ...\n"},
            None,
            "'main' has a factory, but no app.",
            "'main:create_app' with --factory",
        ),
        (
            {"main.py": "def make():\n    return 3\n"},
            "main:make",
            "'main:make()' is an int, not an ASGI app.",
            "Name the variable",
        ),
        ({"main.py": "async def make():\n    return 3\n"}, "main:make", "'main:make' is a function, not an ASGI app.", "Name"),
        (
            {"main.py": "import sys\nsys.exit(3)\n"},
            "main:app",
            "'main' ended the process while it was imported: sys.exit(3).",
            None,
        ),
        (
            {"main.py": "import nothing_like_it\n"},
            "main:app",
            "Importing 'main' failed: No module named 'nothing_like_it'.",
            f"nothing_like_it is not installed in {sys.executable}",
        ),
        (
            {"main.py": "import os\nos.environ['DATABASE_URL_X']\n"},
            "main:app",
            "Importing 'main' failed: KeyError",
            "DATABASE_URL_X",
        ),
        ({"main.py": "import os\nos._exit(3)\n"}, "main:app", "ended unexpectedly: exit status 3", "by hand"),
        ({"main.py": "import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)\n"}, "main:app", "signal SIGSEGV", "by hand"),
        (
            {"main.py": "def make():\n    raise ValueError('no database.')\n"},
            "main:make",
            "The factory 'main:make' failed: ValueError: no database.",
            None,
        ),
    ],
)
def test_what_cannot_be_loaded_is_reported_in_one_sentence_with_a_remedy(
    open_app: OpenApp, files: Mapping[str, str], target: str | None, message: str, remedy: str | None
) -> None:
    error = failure(open_app(files, target))
    assert message in error.message
    assert "\n" not in error.message
    assert (remedy is None) == (error.remedy is None)
    assert remedy is None or remedy in str(error.remedy)


def test_the_users_own_frame_comes_first_when_the_import_crashes(open_app: OpenApp, tmp_path: Path) -> None:
    error = failure(
        open_app(
            {
                "main.py": "from settings import load\n\nload()\n",
                "settings.py": "import json\n\n\ndef load():\n    json.loads('{')\n",
            }
        )
    )
    assert error.message.startswith("Importing 'main' failed: JSONDecodeError: Expecting property name")
    assert error.traceback is not None
    own = error.traceback.user_frame
    assert own is not None
    assert (own.file, own.line, own.function) == (str(tmp_path / "settings.py"), 5, "load")
    assert [frame.line for frame in error.traceback.user_first[:2]] == [5, 3]
    assert {frame.origin for frame in error.traceback.user_first[2:]} <= {"stdlib", "frozen", "library"}


def test_a_syntax_error_is_shown_at_its_line(open_app: OpenApp, tmp_path: Path) -> None:
    error = failure(open_app("x = 1\ndef f(\n"))
    assert error.traceback is not None
    assert error.traceback.user_frame is not None
    assert (error.traceback.user_frame.file, error.traceback.user_frame.line) == (str(tmp_path / "main.py"), 2)


def test_an_import_that_takes_too_long_is_ended_and_its_line_is_named(open_app: OpenApp, tmp_path: Path) -> None:
    session = open_app("import time\nx = 1\ntime.sleep(60)\nopen('imported', 'w').close()\n", time_limit=1.0)
    error = failure(session)
    assert not (tmp_path / "imported").exists()
    assert error.message == f"Importing 'main' took longer than 1 s. It was at {tmp_path / 'main.py'}:3."
    assert "allow more time" in str(error.remedy)


def test_a_failure_is_reported_each_time(open_app: OpenApp) -> None:
    session = open_app("raise RuntimeError('x')\n")
    assert failure(session) is failure(session)


def test_an_app_that_starts_a_server_when_it_is_imported_is_still_loaded(open_app: OpenApp) -> None:
    source = "import uvicorn\n" + ASGI + "uvicorn.run(app, port=1)\n"
    description = open_app(source).description
    assert [(place.file, place.line) for place in description.starts_server] == [("main.py", 6)]


def test_a_file_is_imported_with_the_text_that_replaces_it(open_app: OpenApp, tmp_path: Path) -> None:
    old = "from fastapi import FastAPI\nfrom origins import ORIGINS\napp = FastAPI(title=ORIGINS)\n"
    session = open_app({"main.py": old, "origins.py": "ORIGINS = 'old'\n"})
    assert session.description.routes
    new = old + "assert ORIGINS == 'new', ORIGINS\n"
    overlay = {str(tmp_path / "main.py"): new, str(tmp_path / "origins.py"): "ORIGINS = 'new'\n"}
    replaced = open_app({"main.py": old, "origins.py": "ORIGINS = 'old'\n"}, overlay=overlay)
    assert replaced.description.kind == "fastapi"
    again = open_app({"main.py": old + "assert ORIGINS == 'old', ORIGINS\n"})
    assert again.description.kind == "fastapi", "byte code of the replaced text must not stay behind"


def test_a_replaced_file_shows_its_new_text_when_it_crashes(open_app: OpenApp, tmp_path: Path) -> None:
    error = failure(open_app("x = 1\n", overlay={str(tmp_path / "main.py"): "x = 1\nraise ValueError('replaced')\n"}))
    assert error.traceback is not None
    assert error.traceback.user_frame is not None
    assert error.traceback.user_frame.source == "raise ValueError('replaced')"


def test_the_app_finds_the_environment_as_under_fastapi_dev(open_app: OpenApp) -> None:
    source = f"import os, sys\nassert sys.executable == {sys.executable!r}\nassert os.environ['FASTAPI_ENV'] == 'development'\n"
    assert open_app(source + ASGI).description.kind == "asgi"
