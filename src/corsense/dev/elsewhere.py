"""Starting `corsense dev` in another interpreter, that of the app; and whether an interpreter has what that needs."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from collections.abc import Sequence
from importlib.machinery import PathFinder

from corsense.app.errors import AppLoadError

_LIMIT = 30.0
_NEEDED = ("corsense.dev.serving", "uvicorn", "pip")
_ASK = f"""
import importlib.util
def lacks(name):
    try:
        return importlib.util.find_spec(name) is None
    except ImportError:
        return True
print(",".join(name for name in {_NEEDED} if lacks(name)))
"""
_NOT_FOR_OTHERS = ("PYTHONHOME", "__PYVENV_LAUNCHER__")


def command_in(python: str, arguments: Sequence[str]) -> list[str]:
    """The command line that runs `corsense` with `arguments` in the interpreter at the path `python`.

    Raises `AppLoadError` when that interpreter lacks corsense or what serving needs.
    """
    try:
        # Not in the working directory: a file there may have the name of a package.
        asked = subprocess.run([python, "-P", "-c", _ASK], capture_output=True, text=True, timeout=_LIMIT, check=False)
    except (OSError, subprocess.TimeoutExpired, ValueError) as error:
        raise AppLoadError(
            f"{python!r} cannot be started: {error}.", "Name the interpreter that runs the app with --python."
        ) from None
    if asked.returncode != 0:
        raise AppLoadError(
            f"{python!r} cannot run corsense dev, which needs Python 3.11 or newer.",
            "Start the app as you are used to; `corsense check` works with any Python from 3.9.",
        )
    lacking = set(asked.stdout.strip().split(","))
    if lacking & set(_NEEDED[:2]):
        install = f"uv pip install --python {python}" if "pip" in lacking else f"{python} -m pip install"
        raise AppLoadError(
            f"The app runs with {python}, where {_what(lacking)} is not installed.", f"Run: {install} 'corsense[dev]'"
        )
    return [python, "-P", "-m", "corsense", *arguments]


def _what(lacking: set[str]) -> str:
    return "corsense" if "corsense.dev.serving" in lacking else "uvicorn"


def environment_for(python: str, variable: str) -> dict[str, str]:
    """The environment of that command: ours, without what is about our own interpreter, and `variable` with its path."""
    kept = {name: value for name, value in os.environ.items() if name not in _NOT_FOR_OTHERS}
    return {**kept, variable: python}


def is_module(name: str, paths: Sequence[str]) -> bool:
    """Whether a module exists in folders, or elsewhere on the path. Nothing is imported."""
    top, *rest = name.split(".")
    before = list(sys.path)
    sys.path[:0] = paths
    try:
        spec = importlib.util.find_spec(top)
    except (ImportError, ValueError):
        spec = None
    finally:
        sys.path[:] = before
    full = top
    for part in rest:
        if spec is None:
            return False
        if spec.submodule_search_locations is None:
            return False
        full = f"{full}.{part}"
        spec = PathFinder.find_spec(full, list(spec.submodule_search_locations))
    return spec is not None
