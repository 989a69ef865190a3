"""Which changes of files count."""

from __future__ import annotations

import itertools
import threading
from pathlib import Path

import pytest

from corsense.dev.files import Contents, changed_files, is_source


@pytest.mark.parametrize("path", ["main.py", "app/api/routes.py", ".env", ".env.local", "pyproject.toml", "app/corsense.toml"])
def test_files_of_the_program_count(path: str) -> None:
    assert is_source(f"/home/venv/shop/{path}", ["/home/venv/shop"])  # a folder around the program is not part of it


@pytest.mark.parametrize(
    "path",
    [
        "README.md", "main.pyc", "main.py~", ".#main.py", "main.py.swp", "data.json", "__pycache__/main.py", ".venv/lib/x.py",
        "node_modules/x.py", "venv/x.py", "lib/site-packages/x.py",
    ],
)  # fmt: skip
def test_other_files_do_not(path: str) -> None:
    assert not is_source(f"/shop/{path}", ["/shop"])


def test_files_outside_do_not() -> None:
    assert not is_source("/shopping/main.py", ["/shop"])


def test_a_file_that_is_saved_as_it_was_has_not_changed(tmp_path: Path) -> None:
    file, contents = tmp_path / "main.py", Contents()
    file.write_text("a = 1\n")
    assert contents.changed(str(file))
    file.write_text("a = 1\n")
    assert not contents.changed(str(file))
    file.write_text("a = 2\n")
    assert contents.changed(str(file))
    file.unlink()
    assert contents.changed(str(file))
    assert not contents.changed(str(file))


def test_what_changes_during_other_work_is_found_afterwards(tmp_path: Path) -> None:
    found, seen, is_watching = changed_files([str(tmp_path)]), set[str](), threading.Event()

    def write_until_it_is_seen() -> None:
        for number in itertools.count():
            (tmp_path / "first.py").write_text(f"a = {number}\n")
            if is_watching.wait(0.05):
                return

    assert next(found) == ()
    writer = threading.Thread(target=write_until_it_is_seen)
    writer.start()
    seen.update(next(found))
    is_watching.set()
    writer.join()
    (tmp_path / "second.py").write_text("b = 1\n")
    (tmp_path / "new.py.part").write_text("c = 1\n")
    (tmp_path / "new.py.part").rename(tmp_path / "third.py")
    (tmp_path / "notes.txt").write_text("nothing\n")
    while len(seen) < 3:
        seen.update(next(found))
    found.close()
    assert {Path(path).name for path in seen} == {"first.py", "second.py", "third.py"}


def test_a_system_that_lets_no_more_files_be_watched_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object, **__: object) -> None:
        raise OSError("OS file watch limit reached")

    monkeypatch.setattr("corsense.dev.files.watch", refused)
    found = changed_files([str(tmp_path)])
    assert next(found) == ()
    with pytest.raises(OSError, match="watch limit"):
        next(found)
