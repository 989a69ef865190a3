"""`corsense watch`: an app in an editor, saved in the ways of editors, and what is printed after each save."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.cli.commands import COMMAND, corsense
from tests.dev.running import Running

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C is sent as a signal")

APP = """\
from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
app = FastAPI()
app.add_middleware(CORSMiddleware, allow_origins=["http://localhost:3000/"])
@app.get("/items")
def items():
    return []
"""
REPAIRED = APP.replace("3000/", "3000")
OPEN = REPAIRED.replace('"http://localhost:3000"', '"*"').replace("])", "], allow_credentials=True)")
SLASH, WILDCARD = "CORS201 origin-trailing-slash", "CORS301 wildcard-with-credentials"


Start = Callable[..., Running]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts the command in a folder of its own, with an app in `main.py`."""
    (tmp_path / "app").mkdir()
    running: list[Running] = []

    def started(*arguments: str, app: str = APP) -> Running:
        (tmp_path / "app" / "main.py").write_text(app)
        running.append(Running.start([COMMAND, "watch", *arguments], tmp_path / "app", environment(tmp_path)))
        return running[-1]

    yield started
    for watching in running:
        watching.kill()


def environment(home: Path) -> dict[str, str]:
    return {**os.environ, "XDG_STATE_HOME": str(home / "state"), "COLUMNS": "300"}


ORIGIN = ("main:app", "--origin", "http://localhost:3000")


def test_a_repair_is_reported_as_fixed_and_decides_the_status(start: Start) -> None:
    watching = start(*ORIGIN)
    assert f"error[{SLASH.partition(' ')[0]}]" in watching.until("Ctrl-C ends.")
    watching.save(REPAIRED)
    assert "main.py: 1 fixed." in watching.until(f"fixed main.py:4:1: error {SLASH}")
    assert watching.end() == 0


def test_the_configuration_counts_as_soon_as_it_is_saved(start: Start) -> None:
    watching = start(*ORIGIN)
    watching.until("Ctrl-C ends.")
    watching.save("ignore = ['origin-trailing-slash']\n", "corsense.toml")
    assert "corsense.toml: 1 fixed." in watching.until(f"fixed main.py:4:1: error {SLASH}")
    watching.save("ignore = 7\n", "corsense.toml")
    assert "the configuration cannot be used; the one before counts." in watching.until("corsense.toml: no change")
    watching.save("", "corsense.toml")
    watching.until(f"new   main.py:4:1: error {SLASH}")


def test_an_app_that_is_not_there_is_waited_for_by_name(start: Start) -> None:
    watching = start("api:app", "--origin", "http://localhost:3000")
    printed = watching.until("Ctrl-C ends.")
    assert "There is no module 'api'." in printed
    assert "Waiting until api:app can be loaded: watching . for changes." in printed
    watching.save(REPAIRED, "api.py")
    watching.until("api.py: the app can be loaded now.")


def test_a_new_fault_is_shown_as_check_shows_it_with_its_fix(start: Start) -> None:
    watching = start(*ORIGIN, app=REPAIRED)
    watching.until("Ctrl-C ends.")
    watching.save(OPEN)
    assert "main.py: 1 new." in watching.until(f"new   main.py:4:1: error {WILDCARD}")
    assert "fix (verified)" in watching.until("help: corsense rule CORS301")
    assert watching.end() == 1


def test_what_is_still_there_is_named_beside_what_changed(start: Start) -> None:
    route = '@app.delete("/items/{number}")\ndef remove(number: int):\n    return number\n'
    watching = start(*ORIGIN, app=OPEN + route)
    watching.until("Ctrl-C ends.")
    watching.save(REPAIRED + route)
    printed = watching.until("still main.py")
    assert "main.py: 1 fixed, 1 still there." in printed
    assert f"fixed main.py:4:1: error {WILDCARD}" in printed
    assert "CORS601 method-not-allowed" in printed


def test_a_save_that_changes_nothing_is_one_line(start: Start) -> None:
    watching = start(*ORIGIN)
    watching.until("Ctrl-C ends.")
    watching.save(APP + "# a comment\n")
    assert watching.until("no change").endswith("main.py: no change, 1 finding.\n")
    watching.save(REPAIRED)
    watching.until("fixed main.py")
    watching.save(REPAIRED + "# a comment\n")
    assert watching.until("no change").endswith("main.py: no change, nothing wrong found.\n")


def test_a_syntax_error_is_reported_once_and_the_next_save_is_compared_with_what_was_before(start: Start) -> None:
    watching = start(*ORIGIN)
    watching.until("Ctrl-C ends.")
    watching.save(APP + "def broken(:\n")
    assert "main.py: the app cannot be checked." in watching.until("SyntaxError: invalid syntax (main.py, line 8)")
    watching.save(APP + "def broken(:\n# still\n")
    watching.until("the app still cannot be checked, for the same reason.")
    watching.save(REPAIRED)
    assert "the app can be loaded again; 1 fixed." in watching.until("fixed main.py")
    assert watching.end() == 0


def test_an_app_that_is_broken_in_the_end_is_no_all_clear(start: Start) -> None:
    watching = start(*ORIGIN, app=REPAIRED)
    watching.until("Ctrl-C ends.")
    watching.save("def broken(:\n")
    watching.until("SyntaxError: invalid syntax")
    assert watching.end() == 2


def test_an_app_may_be_broken_at_first(start: Start) -> None:
    watching = start(*ORIGIN, app="import nothing_of_that_name\n")
    assert "nothing_of_that_name" in watching.until("Ctrl-C ends.")
    watching.save(APP)
    assert "the app can be loaded now." in watching.until("1 error (1 fixable")
    assert watching.end() == 1


def test_a_file_that_is_removed_and_one_that_takes_its_place(start: Start) -> None:
    watching = start(*ORIGIN)
    watching.until("Ctrl-C ends.")
    (watching.folder / "main.py").unlink()
    watching.until("There is no module 'main'.")
    (watching.folder / "new").write_text(REPAIRED)
    (watching.folder / "new").rename(watching.folder / "main.py")
    watching.until("the app can be loaded again; 1 fixed.")


def test_an_editor_that_replaces_the_file_is_one_save(start: Start) -> None:
    watching = start(*ORIGIN)
    watching.until("Ctrl-C ends.")
    (watching.folder / ".main.py.tmp").write_text(REPAIRED)
    (watching.folder / ".main.py.tmp").rename(watching.folder / "main.py")
    assert "main.py: 1 fixed." in watching.until("fixed main.py")


def test_the_last_of_a_burst_of_saves_is_what_counts(start: Start) -> None:
    watching = start(*ORIGIN)
    watching.until("Ctrl-C ends.")
    for number in range(30):
        watching.save(f"{APP}# {number}\n")
    watching.save(REPAIRED)
    watching.until("fixed main.py")
    assert watching.end() == 0


def test_a_module_that_the_app_imports_is_watched_too(start: Start) -> None:
    watching = start(
        *ORIGIN, app=APP.replace('["http://localhost:3000/"]', "origins").replace("app = F", "from pages import origins\napp = F")
    )
    watching.until("Ctrl-C ends.")
    watching.save('origins = ["http://localhost:3000/"]\n', "pages.py")
    watching.until("the app can be loaded now.")
    watching.until("1 error (1 fixable")
    watching.save('origins = ["http://localhost:3000"]\n', "pages.py")
    assert "pages.py: 1 fixed." in watching.until("fixed ")


def test_without_a_target_the_last_check_is_made_again(start: Start, tmp_path: Path) -> None:
    (tmp_path / "app" / "main.py").write_text(APP)
    corsense("check", "main:app", "--origin", "http://localhost:4000", folder=tmp_path / "app", environment=environment(tmp_path))
    watching = start()
    assert "from http://localhost:4000" in watching.until("Ctrl-C ends.")


def test_without_a_check_the_app_is_the_one_that_fastapi_dev_would_run(start: Start) -> None:
    assert "no check was made in this folder" in start().until("Ctrl-C ends.")


def test_endpoints_that_a_check_ran_do_not_run_after_every_change(start: Start, tmp_path: Path) -> None:
    (tmp_path / "app" / "main.py").write_text(APP)
    corsense("check", *ORIGIN, "--run-endpoints", folder=tmp_path / "app", environment=environment(tmp_path))
    assert "--run-endpoints runs them" in start().until("Ctrl-C ends.")


def test_a_header_of_the_last_check_is_not_kept(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(APP)
    corsense("check", *ORIGIN, "--header", "X-Key: hush-hush", folder=tmp_path, environment=environment(tmp_path))
    assert "hush-hush" not in (tmp_path / "state" / "corsense" / "checks.json").read_text()
    ran = corsense("watch", folder=tmp_path, environment=environment(tmp_path))
    assert ran.status == 2
    assert "used --header, whose values are not kept; name them again: corsense watch main:app --header" in ran.err


@pytest.mark.parametrize("target", ["http://localhost:8000", "recording.har"])
def test_what_has_no_source_cannot_be_watched(tmp_path: Path, target: str) -> None:
    ran = corsense("watch", target, folder=tmp_path, environment=environment(tmp_path))
    assert (ran.status, ran.out) == (2, "")
    assert f"'{target}' has no source that changes; name the app, for example main:app." in ran.err


def test_without_watchfiles_the_command_says_what_to_install(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(APP)
    program = (
        "import sys; sys.modules['watchfiles'] = None; sys.argv = ['corsense', 'watch', 'main:app']; "
        "from corsense.cli import main; main()"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        capture_output=True,
        encoding="utf-8",
        env=environment(tmp_path),
        check=False,
    )
    assert ran.returncode == 2
    assert "pip install 'corsense[dev]'" in ran.stderr
