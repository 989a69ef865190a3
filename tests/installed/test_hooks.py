"""The pre-commit hooks, tried as pre-commit tries them: on a clone, in an environment that it makes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.installed.conftest import clean_environment, succeed

SLASH = """\
from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

app = FastAPI()
app.add_middleware(CORSMiddleware, allow_origins=["https://app.example.com/"])
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where pre-commit keeps the environment of the hooks, which are of one repository."""
    return tmp_path_factory.mktemp("pre-commit")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "main.py").write_text(SLASH, encoding="utf-8")
    succeed("git", "init", "--quiet", folder=tmp_path)
    succeed("git", "add", "main.py", folder=tmp_path)
    return tmp_path


def try_hook(hook: str, clone: Path, project: Path, home: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pre_commit", "try-repo", str(clone), hook, "--all-files", "--verbose"],
        cwd=project,
        env=clean_environment() | {"PRE_COMMIT_HOME": str(home)},
        capture_output=True,
        text=True,
        timeout=600,
    )


@pytest.mark.xdist_group("hooks")
def test_the_hook_that_lints_finds_a_fault(clone: Path, project: Path, home: Path) -> None:
    ran = try_hook("corsense-lint", clone, project, home)
    assert ran.returncode == 1, ran.stdout + ran.stderr
    assert "error[CORS201]" in ran.stdout


@pytest.mark.xdist_group("hooks")
def test_the_hook_that_fixes_repairs_it(clone: Path, project: Path, home: Path) -> None:
    try_hook("corsense-fix", clone, project, home)
    assert 'allow_origins=["https://app.example.com"]' in (project / "main.py").read_text(encoding="utf-8")
    succeed("git", "add", "main.py", folder=project)
    again = try_hook("corsense-fix", clone, project, home)
    assert again.returncode == 0, again.stdout + again.stderr
    assert os.listdir(project).count("main.py") == 1
