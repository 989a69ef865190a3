"""`fix --write` that is killed, wherever it is: the next run finishes it or takes it back, and nothing is left behind."""

from __future__ import annotations

import json
import os
import re
import shutil
import stat
import subprocess
import sys
from collections import Counter
from contextlib import suppress
from pathlib import Path

import pytest

from corsense.finding import Edit
from corsense.fix.write import WriteError, finish_interrupted, is_interrupted, write_all
from tests.fix.killing import CALLS, killed_at

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork and SIGKILL")

NAMES = ("a.py", "b.py", "sub/c.py")
WHEN = ("before", "during", "after")


class Project:
    """Three files in two folders, and the folder of the journal."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.state = folder / "project", folder / "state"
        (self.folder / "sub").mkdir(parents=True)
        for name in NAMES:
            (self.folder / name).write_text(f"old {name}\n" * 3)
            (self.folder / name).chmod(0o640)
        self.edits = [Edit(str(self.folder / name), self.old(name), self.new(name)) for name in NAMES]

    def old(self, name: str) -> str:
        return f"old {name}\n" * 3

    def new(self, name: str) -> str:
        return f"new {name}\n" * 5

    def write(self) -> None:
        write_all(self.edits, self.state)

    def finish(self) -> str | None:
        return finish_interrupted(self.state)

    def contents(self) -> list[str]:
        return [(self.folder / name).read_text() for name in NAMES]

    def all_old(self) -> bool:
        return self.contents() == [self.old(name) for name in NAMES]

    def all_new(self) -> bool:
        return self.contents() == [self.new(name) for name in NAMES]

    def insist_that_nothing_is_left(self) -> None:
        assert sorted(str(path.relative_to(self.folder)) for path in self.folder.rglob("*")) == [
            "a.py",
            "b.py",
            "sub",
            "sub/c.py",
        ]
        assert list(self.state.iterdir()) == []
        assert all(stat.S_IMODE((self.folder / name).stat().st_mode) == 0o640 for name in NAMES)


@pytest.mark.parametrize("when", WHEN)
def test_killed_at_any_call_the_next_run_ends_it(tmp_path: Path, when: str) -> None:
    number, ends = 0, Counter[str]()
    while True:
        number += 1
        project = Project(tmp_path / str(number))
        if not killed_at(number, when, project.write):
            break
        message = project.finish()
        assert project.all_old() or project.all_new(), f"half-written after call {number}"
        assert message is None or ("finished" in message) == project.all_new() or "undone" in message
        if project.state.exists():
            project.insist_that_nothing_is_left()
        ends["new" if project.all_new() else "old"] += 1
        if project.all_old():
            project.write()
            assert project.all_new()
            project.insist_that_nothing_is_left()
    assert number > 30
    assert ends["new"] > 3
    assert ends["old"] > 3


def test_killed_again_while_it_is_ended_the_run_after_ends_it(tmp_path: Path) -> None:
    total = 0
    for first in range(5, 200, 7):
        if not killed_at(first, "after", Project(tmp_path / f"probe{first}").write):
            break
        second = 0
        while True:
            second += 1
            project = Project(tmp_path / f"{first}-{second}")
            assert killed_at(first, "after", project.write)
            if not killed_at(second, WHEN[second % 3], project.finish):
                break
            project.finish()
            assert project.all_old() or project.all_new(), f"half-written after calls {first} and {second}"
            project.insist_that_nothing_is_left()
            total += 1
    assert total > 20


def test_a_file_that_is_edited_after_the_kill_keeps_its_edit_and_the_others_go_back(tmp_path: Path) -> None:
    number, taken_back = 0, 0
    while True:
        number += 1
        project = Project(tmp_path / str(number))
        if not killed_at(number, "after", project.write):
            break
        (project.folder / "b.py").write_text("mine\n")
        interrupted = is_interrupted(project.state)
        message = project.finish() or ""
        a, b, c = project.contents()
        assert b == "mine\n"
        assert (a, c) in [(project.old("a.py"), project.old("sub/c.py")), (project.new("a.py"), project.new("sub/c.py"))]
        if interrupted:
            assert "undone" in message or not message  # killed before there was a whole journal
            assert a == project.old("a.py")
            taken_back += "has been edited since" in message
            assert list(project.folder.rglob(".*")) == []
    assert taken_back > 3


def test_the_next_write_ends_what_was_interrupted_before_it_begins(tmp_path: Path) -> None:
    number = 0
    while True:
        number += 1
        project = Project(tmp_path / str(number))
        if not killed_at(number, "after", project.write):
            break
        with suppress(WriteError):  # what it read is no longer there once the earlier run is ended
            project.write()
        assert project.all_old() or project.all_new()
        if not is_interrupted(project.state):
            assert list(project.folder.rglob(".*")) == []
        project.finish()
        project.insist_that_nothing_is_left()


_WRITER = """
import json, os, sys
from pathlib import Path
from corsense.finding import Edit
from corsense.fix.write import write_all, exchange
edits = [Edit(*each) for each in json.loads(Path(sys.argv[1]).read_text())]
exchange(sys.argv[1], sys.argv[1])  # what is loaded once, is loaded
os.path.exists("/the-writing-begins")
write_all(edits, Path(sys.argv[2]))
os.path.exists("/the-writing-ends")
os._exit(0)
"""
_CHANGING = {
    "open": "openat", "openat": "openat", "creat": "openat", "write": "write", "pwrite64": "write", "writev": "write",
    "fsync": "fsync", "rename": "rename", "renameat": "rename", "renameat2": "rename", "unlink": "unlink", "unlinkat": "unlink",
    "mkdir": "mkdir", "mkdirat": "mkdir", "chmod": "chmod", "fchmodat": "chmod", "fchmod": "chmod", "chown": "chown",
    "fchown": "chown", "lchown": "chown", "fchownat": "chown", "setxattr": "setxattr", "link": "link", "linkat": "link",
    "symlink": "link", "symlinkat": "link", "truncate": "truncate", "ftruncate": "truncate", "close": "close", "flock": "flock",
}  # fmt: skip


def strace(*options: str, project: Project) -> subprocess.CompletedProcess[str]:
    file = project.folder.parent / "edits.json"
    file.write_text(json.dumps([[edit.file, edit.before, edit.after] for edit in project.edits]))
    command = ["strace", *options, sys.executable, "-c", _WRITER, str(file), str(project.state)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


@pytest.fixture
def _with_strace(tmp_path: Path) -> None:
    if shutil.which("strace") is None:
        pytest.skip("needs strace")
    tried = subprocess.run(["strace", "-o", str(tmp_path / "tried"), "true"], capture_output=True, check=False)
    if tried.returncode != 0:
        pytest.skip("this machine does not let strace trace")


def system_calls(project: Project, folder: Path) -> list[tuple[str, int]]:
    """Every system call of the writing, with its number among the calls of that name."""
    trace = folder / "trace"
    ran = strace("-o", str(trace), project=project)
    assert ran.returncode == 0, ran.stderr
    seen, writing, found = Counter[str](), False, list[tuple[str, int]]()
    for line in trace.read_text(errors="replace").splitlines():
        name = re.match(r"\w+", line)
        if name is None:
            continue
        seen[name[0]] += 1
        writing = (writing or "/the-writing-begins" in line) and "/the-writing-ends" not in line
        if writing and name[0] in _CHANGING:
            found.append((name[0], seen[name[0]]))
    return found


@pytest.mark.usefixtures("_with_strace")
def test_killed_at_every_system_call_the_next_run_ends_it(tmp_path: Path) -> None:
    calls = system_calls(Project(tmp_path / "whole"), tmp_path)
    assert len(calls) > 40
    known = {*CALLS, "openat", "rename", "flock"}
    assert {_CHANGING[name] for name, _ in calls} <= known, "a call that the other tests do not kill at"
    for number, (name, nth) in enumerate(calls):
        project = Project(tmp_path / str(number))
        killed = strace("-o", os.devnull, "-e", f"inject={name}:signal=KILL:when={nth}", project=project)
        assert killed.returncode in (-9, 137), killed.stderr
        project.finish()
        assert project.all_old() or project.all_new(), f"half-written after {name} number {nth}"
        if project.state.exists():
            project.insist_that_nothing_is_left()
