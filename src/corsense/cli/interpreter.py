"""Which Python runs the app, for the commands that load one."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from corsense.app.interpreter import Interpreter

_DECIDES = (".venv", "venv", "pyproject.toml", "corsense.toml", "Pipfile", "environment.yml", "environment.yaml")


def interpreter_for(folder: str, option: str | None, *, silent: bool = False) -> Interpreter:
    """The interpreter of an app that lives in `folder`; says in one line which it is when it is not our own, unless `silent`.

    Raises AppLoadError when what was named is not there, InputError when the configuration cannot be read.
    """
    from corsense.app.interpreter import find_interpreter
    from corsense.config import Configuration

    configuration = Configuration.near(folder)
    configured = configuration.path(configuration.python) if configuration.python is not None else None
    found = find_interpreter(folder, option=option, configured=configured)
    if not found.is_own and not silent:
        from corsense.readers.controls import harmless

        print(f"corsense: the app runs with {harmless(found.path)} ({found.reason}).", file=sys.stderr)
    return found


def launch_ahead_for(arguments: list[str]) -> None:
    """Start the process of the app while the command line is still being imported, with the interpreter that it will most likely
    need. Tools are not asked for their environments here: that would take longer than it saves."""
    from corsense.app.agent_start import launch_ahead

    if not _is_open(arguments):
        launch_ahead()
        return
    from corsense.app.errors import AppLoadError
    from corsense.app.interpreter import find_interpreter
    from corsense.config import Configuration
    from corsense.errors import InputError

    try:
        configuration = Configuration.near(os.getcwd())
        configured = configuration.path(configuration.python) if configuration.python is not None else None
        found = find_interpreter(os.getcwd(), option=_python_in(arguments), configured=configured, run_commands=False)
    except (AppLoadError, InputError, OSError):
        return  # the command itself reports it
    launch_ahead(found.path)


def _is_open(arguments: list[str]) -> bool:
    """Whether anything may name an interpreter other than our own."""
    variables = ("VIRTUAL_ENV", "CONDA_PREFIX", "UV_PROJECT_ENVIRONMENT")
    if any(text.startswith("--python") for text in arguments) or any(os.environ.get(name) for name in variables):
        return True
    folder = os.getcwd()
    while True:
        if any(os.path.exists(os.path.join(folder, name)) for name in _DECIDES):
            return True
        above = os.path.dirname(folder)
        if above == folder or os.path.exists(os.path.join(folder, ".git")):
            return False
        folder = above


def _python_in(arguments: list[str]) -> str | None:
    for word, following in zip(arguments, [*arguments[1:], None], strict=True):
        if word == "--python":
            return following
        if word.startswith("--python="):
            return word.partition("=")[2]
    return None
