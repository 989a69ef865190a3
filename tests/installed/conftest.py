"""What a new user has: a clone, an interpreter, an empty environment, the built wheel."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
UV = Path(sys.executable).parent / "uv"

_KEPT = ("HOME", "LANG", "LC_ALL", "PATH", "TERM", "TMPDIR", "USER")
_NETWORK = ("PIP_", "UV_", "SSL_", "XDG_", "HTTP_", "HTTPS_", "NO_PROXY", "NODE_EXTRA", "CI")


def clean_environment() -> dict[str, str]:
    """The environment of a new terminal: no virtual environment, nothing of the test run; how to reach the network is kept."""
    kept = {name: value for name, value in os.environ.items() if name in _KEPT or name.upper().startswith(_NETWORK)}
    own = str(Path(sys.executable).parent)
    kept["PATH"] = os.pathsep.join(folder for folder in kept["PATH"].split(os.pathsep) if folder != own)
    return kept | {"NO_COLOR": "1"}


def run(*command: str | Path, folder: Path, text: str | None = None, time_limit: float = 999) -> subprocess.CompletedProcess[str]:
    """Run a command in a clean environment; its output is text."""
    return subprocess.run(
        [str(part) for part in command],
        cwd=folder,
        env=clean_environment(),
        input=text,
        capture_output=True,
        text=True,
        timeout=time_limit,
    )


def succeed(*command: str | Path, folder: Path) -> str:
    """Run a command that has to succeed, and return what it prints."""
    ran = run(*command, folder=folder)
    assert ran.returncode == 0, f"{' '.join(map(str, command))}\n{ran.stdout}{ran.stderr}"
    return ran.stdout


def interpreter(version: str) -> Path:
    """An installed Python of this version. Without one the test is skipped; continuous integration has all of them."""
    ran = run(ROOT / "scripts" / "find-python", version, folder=ROOT)
    if ran.returncode:
        message = f"there is no Python {version} on this machine"
        pytest.fail(message) if os.environ.get("CI") else pytest.skip(message)
    return Path(ran.stdout.strip())


@dataclass(frozen=True)
class Environment:
    """A virtual environment that has only what was installed into it."""

    folder: Path

    @property
    def python(self) -> Path:
        return self.folder / "bin" / "python"

    @property
    def corsense(self) -> Path:
        return self.folder / "bin" / "corsense"


@pytest.fixture(scope="session")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh clone of this repository, as it is committed."""
    folder = tmp_path_factory.mktemp("clone") / "corsense"
    succeed("git", "clone", "--quiet", "--no-hardlinks", ROOT, folder, folder=ROOT)
    return folder


@pytest.fixture(scope="session")
def distributions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the wheel and the source distribution, built as a release builds them: in isolation."""
    folder = tmp_path_factory.mktemp("dist")
    succeed(UV, "--quiet", "build", "--out-dir", folder, folder=ROOT)
    return folder


@pytest.fixture(scope="session")
def wheel(distributions: Path) -> Path:
    (found,) = distributions.glob("*.whl")
    return found


@pytest.fixture(scope="session")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Environment]:
    """Makes an environment with an interpreter of `version` and the requirements given."""

    def make(version: str, *requirements: str | Path) -> Environment:
        folder = tmp_path_factory.mktemp(f"python{version}") / "env"
        succeed(UV, "--quiet", "venv", "--python", interpreter(version), folder, folder=ROOT)
        succeed(UV, "--quiet", "pip", "install", "--python", folder / "bin" / "python", *requirements, folder=ROOT)
        return Environment(folder)

    return make
