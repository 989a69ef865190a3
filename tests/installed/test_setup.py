"""scripts/setup works on a fresh clone, with every supported Python and the versions of pip that are about."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.installed.conftest import ROOT, clean_environment, interpreter, run, succeed


@pytest.mark.parametrize(("version", "pip"), [("3.11", None), ("3.12", "24.*"), ("3.13", "25.*")])
def test_a_fresh_clone_sets_itself_up(version: str, pip: str | None, tmp_path: Path) -> None:
    folder = tmp_path / "corsense"
    succeed("git", "clone", "--quiet", ROOT, folder, folder=ROOT)
    succeed(interpreter(version), "-m", "venv", ".venv", folder=folder)
    if pip is not None:
        succeed(".venv/bin/pip", "install", "--quiet", f"pip=={pip}", folder=folder)
    succeed("scripts/setup", folder=folder)
    succeed(".venv/bin/pip", "check", folder=folder)
    assert succeed(".venv/bin/corsense", "--version", folder=folder).startswith("corsense ")
    assert run("scripts/setup", folder=folder).stderr == "", "the second time there is nothing to do"


def test_a_python_that_is_too_old_is_refused_with_a_remedy(tmp_path: Path) -> None:
    folder = tmp_path / "corsense"
    succeed("git", "clone", "--quiet", ROOT, folder, folder=ROOT)
    ran = run("env", f"PYTHON={interpreter('3.10')}", "scripts/setup", folder=folder)
    assert ran.returncode == 2
    assert "not a Python 3.11 or newer" in ran.stderr
    assert not (folder / ".venv").exists()


def test_nothing_of_the_test_run_reaches_a_clean_environment() -> None:
    assert not {"VIRTUAL_ENV", "PYTHONPATH", "PYTEST_CURRENT_TEST"} & clean_environment().keys()
