"""Which Python runs the app: the one that was named, the one of its environment, else our own."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from corsense.app.errors import AppLoadError
from corsense.config import upwards

COMMAND_LIMIT = 10.0
"""Seconds that the command of a tool has to say where the environment is."""

_FOLDERS = (".venv", "venv")
_PROGRAMS = ("Scripts/python.exe", "python.exe") if os.name == "nt" else ("bin/python", "bin/python3")
_REMEDY = "Give the path of a Python interpreter, or of a virtual environment."
_CONDA = {"conda": "CONDA_EXE", "mamba": "MAMBA_EXE", "micromamba": "MAMBA_EXE"}
"""Commands that know the environments of conda, and the variable in which a shell keeps the path of each: there it may be a
function, and not on `PATH`."""
_CONDA_NAME = re.compile(r"""^name:[ \t]*["']?([\w.-]+)""", re.MULTILINE)
"""The name of the environment, as the first key of `environment.yml` spells it."""
_TOOL_TABLE = re.compile(r"^\s*\[tool\.(\w+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Interpreter:
    """A Python: the `path` of its program, and the `reason` why it was chosen (`--python`, `.venv`, `poetry env info`); the
    reason is None for our own."""

    path: str
    reason: str | None = None

    @property
    def is_own(self) -> bool:
        """Whether corsense runs in the same environment."""
        return self.reason is None


OWN = Interpreter(sys.executable)


def find_interpreter(
    folder: str | os.PathLike[str],
    *,
    option: str | None = None,
    configured: str | None = None,
    run_commands: bool = True,
    environ: Mapping[str, str] = os.environ,
) -> Interpreter:
    """The Python of an app that lives in `folder`.

    In this order: `option` (`--python`), `configured` (`[tool.corsense] python`), `VIRTUAL_ENV`, `.venv` or `venv` beside the
    nearest `pyproject.toml` (in `folder` where there is none), or beside the `uv.lock` of its workspace, what the project's own
    tool says (uv, Poetry, PDM, Hatch, Pipenv, conda), our own. A tool is asked only where its files say that it is used and its
    command exists, and not at all without `run_commands`. A path is that of an interpreter or of a virtual environment; that of
    the option is relative to the working directory, that of the configuration to `folder`. A bare name is looked up on `PATH`.

    Raises:
        AppLoadError: what was named, or the environment that was found, has no interpreter.
    """
    start = Path(os.path.abspath(folder))
    for name, value, relative_to in (("--python", option, Path.cwd()), ("[tool.corsense] python", configured, start)):
        if value is not None:
            return _chosen(_named(value, name, relative_to), name)
    found = next(_environments(start, environ, run_commands=run_commands), None)
    return OWN if found is None else _chosen(*found)


def _chosen(path: str, reason: str) -> Interpreter:
    return OWN if _is_own(path) else Interpreter(path, reason)


def _is_own(path: str) -> bool:
    """Whether a program belongs to the environment that corsense runs in. Programs of several environments are links to one."""
    if os.path.abspath(path) == os.path.abspath(sys.executable):
        return True
    if sys.prefix == sys.base_prefix and os.path.realpath(path) == os.path.realpath(sys.executable):
        return not _is_virtual(path)
    root = os.path.dirname(os.path.dirname(os.path.abspath(path)))
    try:
        return os.path.isfile(os.path.join(root, "pyvenv.cfg")) and os.path.samefile(root, sys.prefix)
    except OSError:
        return False


def _named(text: str, name: str, start: Path) -> str:
    """The program that an option or the configuration names."""
    path = Path(os.path.expanduser(text))
    if os.sep not in text and "/" not in text and not (start / path).exists():
        from shutil import which  # brings the compressors along

        found = which(text)
        if found is None:
            raise AppLoadError(f"There is no interpreter {text!r} ({name}), neither here nor on PATH.", _REMEDY)
        return found
    path = start / path
    if path.is_dir():
        program = _program(path)
        if program is None:
            raise AppLoadError(f"The folder {text!r} ({name}) has no interpreter.", _REMEDY)
        return program
    if not path.is_file():
        raise AppLoadError(f"There is no interpreter {text!r} ({name}).", _REMEDY)
    return str(path)


def _program(environment: Path) -> str | None:
    return next((str(path) for name in _PROGRAMS if (path := environment / name).is_file()), None)


def _environments(start: Path, environ: Mapping[str, str], *, run_commands: bool) -> Iterator[tuple[str, str]]:
    """The interpreters of environments, and where each comes from, the best first."""
    active = environ.get("VIRTUAL_ENV")
    if active:
        yield _of_environment(Path(active), "VIRTUAL_ENV"), "VIRTUAL_ENV"
    project = next((folder for folder in upwards(start) if (folder / "pyproject.toml").is_file()), start)
    workspace = next((folder for folder in upwards(project) if (folder / "uv.lock").is_file()), None)
    elsewhere = environ.get("UV_PROJECT_ENVIRONMENT")
    if elsewhere and workspace is not None:
        yield _of_environment(workspace / elsewhere, "UV_PROJECT_ENVIRONMENT"), "UV_PROJECT_ENVIRONMENT"
    for folder in dict.fromkeys((start, project, workspace or project)):
        for name in _FOLDERS:
            if (folder / name / "pyvenv.cfg").is_file() or _program(folder / name) is not None:
                yield _of_environment(folder / name, name), name
    if run_commands:
        yield from _by_tools(project)
    conda = environ.get("CONDA_PREFIX")
    is_base = environ.get("CONDA_DEFAULT_ENV") == "base"
    if conda and not is_base:
        yield _of_environment(Path(conda), "CONDA_PREFIX"), "CONDA_PREFIX"
    if run_commands:
        yield from _by_conda(project, environ)
    if conda and is_base and any(project.glob("environment.y*ml")):
        yield _of_environment(Path(conda), "CONDA_PREFIX"), "CONDA_PREFIX"


def _of_environment(folder: Path, name: str) -> str:
    program = _program(folder)
    if program is None:
        raise AppLoadError(
            f"The environment {str(folder)!r} ({name}) has no interpreter any more.",
            "Recreate it, or name the interpreter that runs the app with --python.",
        )
    return program


# The tools that keep environments elsewhere.


@dataclass(frozen=True, slots=True)
class _Tool:
    """A tool that keeps environments: the command that prints the interpreter or the folder of the environment, the files that
    say that the tool is used, its table in `pyproject.toml`. `only_virtual`: it also prints interpreters of no environment."""

    command: tuple[str, ...]
    files: tuple[str, ...]
    table: str | None = None
    only_virtual: bool = False

    def is_used_by(self, project: Path, tables: set[str]) -> bool:
        """Whether the files of a project say so, and the command exists."""
        is_used = self.table in tables or any((project / name).is_file() for name in self.files)
        if not is_used:
            return False
        from shutil import which

        return which(self.command[0]) is not None

    def interpreter(self, project: Path) -> str | None:
        """What the command says; None when that is not an interpreter, or it fails or takes too long."""
        for line in _printed(self.command, project).splitlines():
            path = Path(line.strip())
            program = _program(path) if path.is_dir() else str(path) if path.is_file() else None
            if program is not None and path.is_absolute() and (not self.only_virtual or _is_virtual(program)):
                return program
        return None


_TOOLS = (
    _Tool(("poetry", "env", "info", "--path"), ("poetry.lock",), "poetry"),
    _Tool(("pdm", "info", "--python"), ("pdm.lock", ".pdm-python"), "pdm"),
    _Tool(("hatch", "env", "find"), ("hatch.toml",), "hatch"),
    _Tool(("pipenv", "--py"), ("Pipfile",)),
    _Tool(("uv", "python", "find"), ("uv.lock",), "uv", only_virtual=True),
)


def _by_tools(project: Path) -> Iterator[tuple[str, str]]:
    tables = _tables(project / "pyproject.toml")
    for tool in _TOOLS:
        if tool.is_used_by(project, tables):
            program = tool.interpreter(project)
            if program is not None:
                yield program, " ".join(tool.command[:3])


def _by_conda(project: Path, environ: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """The environment that `environment.yml` names, where the command knows one of that name."""
    name = next((name for file in sorted(project.glob("environment.y*ml")) if (name := _conda_name(file)) is not None), None)
    if name is None:
        return
    from shutil import which

    for tool, variable in _CONDA.items():
        command = which(environ.get(variable) or tool)
        program = _conda_program(_printed((command, "env", "list", "--json"), project), name) if command is not None else None
        if program is not None:
            yield program, f"{tool} env list"


def _conda_name(file: Path) -> str | None:
    try:
        found = _CONDA_NAME.search(file.read_text(encoding="utf-8", errors="replace"))
    except OSError:
        return None
    return found[1] if found is not None else None


def _conda_program(printed: str, name: str) -> str | None:
    try:
        document = json.loads(printed)
    except (ValueError, RecursionError):
        return None
    folders = document.get("envs") if isinstance(document, dict) else None
    named = (Path(folder) for folder in folders if isinstance(folder, str)) if isinstance(folders, list) else ()
    return next((program for folder in named if folder.name == name and (program := _program(folder)) is not None), None)


def _printed(command: tuple[str, ...], project: Path) -> str:
    """What a command prints in the folder of the project; nothing when it fails or takes too long."""
    try:
        done = subprocess.run(
            command, cwd=project, stdin=subprocess.DEVNULL, capture_output=True, timeout=COMMAND_LIMIT, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.decode(errors="replace") if done.returncode == 0 else ""


def _tables(file: Path) -> set[str]:
    """The tools that have a table in `pyproject.toml`."""
    try:
        return set(_TOOL_TABLE.findall(file.read_text(encoding="utf-8", errors="replace")))
    except OSError:
        return set()


def _is_virtual(program: str) -> bool:
    return (Path(program).parent.parent / "pyvenv.cfg").is_file()
