"""Virtual environments for the tests: made once, with the Pythons that are installed here."""

from __future__ import annotations

import fcntl
import functools
import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@functools.cache
def interpreter(version: str) -> str:
    """The path of a Python of that version; the test is skipped where there is none."""
    found = subprocess.run([ROOT / "scripts/find-python", version], capture_output=True, text=True, check=False)
    if found.returncode != 0:
        pytest.skip(f"there is no Python {version} on this machine")
    return found.stdout.strip()


def environment(base: Path, version: str, *packages: str) -> Path:
    """The folder of an environment below `base` with these packages, made when it is not there yet; workers share it."""
    python = interpreter(version)
    folder = base / "-".join([version, *packages]).replace("=", "")
    base.mkdir(exist_ok=True)
    with (base / f"{folder.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "ready").exists():
            uv = str(ROOT / ".venv/bin/uv")
            clean = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}
            subprocess.run([uv, "venv", "-q", "--clear", "-p", python, folder], check=True, env=clean)
            if packages:
                made = folder / "bin/python"
                subprocess.run([uv, "pip", "install", "-q", "-p", made, *packages], check=True, env=clean)
            (folder / "ready").touch()
    return folder
