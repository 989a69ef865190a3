"""Several test workers of a fresh clone run scripts/node-packages at the same moment. The npm of these tests only pretends."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(shutil.which("flock") is None, reason="there is no flock")

ROOT = Path(__file__).parents[2]

NPM = """#!/bin/sh
rm -rf node_modules
sleep 0.3
mkdir node_modules
echo installed >node_modules/package
"""


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A fresh clone, as far as the script needs one, beside the folder `bin` with npm."""
    folder = tmp_path / "clone"
    (folder / "scripts").mkdir(parents=True)
    shutil.copy(ROOT / "scripts" / "node-packages", folder / "scripts")
    shutil.copytree(ROOT / "requirements" / "node", folder / "requirements" / "node")
    npm = tmp_path / "bin" / "npm"
    npm.parent.mkdir()
    npm.write_text(NPM)
    npm.chmod(0o755)
    return folder


def started(clone: Path) -> subprocess.Popen[str]:
    path = f"{clone.parent / 'bin'}{os.pathsep}{os.environ['PATH']}"
    return subprocess.Popen(
        [clone / "scripts" / "node-packages"],
        env=os.environ | {"PATH": path},
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def run_at_once(clone: Path, number: int) -> list[tuple[int, str]]:
    """The exit status of each of so many runs that were started together, and what it printed."""
    running = [started(clone) for _ in range(number)]
    printed = ["".join(process.communicate()) for process in running]
    return [(process.returncode, text) for process, text in zip(running, printed, strict=True)]


def test_runs_at_the_same_moment_all_find_the_packages(clone: Path) -> None:
    assert set(run_at_once(clone, 4)) == {(0, "")}
    assert (clone / "build/node/node_modules/package").read_text() == "installed\n"


def test_packages_of_another_lock_are_replaced(clone: Path) -> None:
    run_at_once(clone, 1)
    with (clone / "requirements/node/package-lock.json").open("a") as lock:
        lock.write("\n")
    (clone / "build/node/node_modules/package").write_text("of the old lock\n")
    assert set(run_at_once(clone, 3)) == {(0, "")}
    assert (clone / "build/node/node_modules/package").read_text() == "installed\n"
