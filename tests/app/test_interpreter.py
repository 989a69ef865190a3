"""Which Python runs the app."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from corsense.app.errors import AppLoadError
from corsense.app.interpreter import OWN, find_interpreter

NOTHING: Mapping[str, str] = {}


def environment(folder: Path, *, broken: bool = False) -> Path:
    """A folder that looks like a virtual environment; returns its interpreter."""
    program = folder / "bin/python"
    program.parent.mkdir(parents=True)
    (folder / "pyvenv.cfg").write_text("home = /nowhere\n")
    program.symlink_to("/nowhere/python3" if broken else sys.executable)
    return program


def tool(folder: Path, name: str, script: str) -> str:
    """A command that prints what `script` does, on a `PATH` of its own, which is returned."""
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\n{script}\n")
    (folder / name).chmod(0o755)
    return str(folder)


@pytest.fixture(autouse=True)
def in_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def found(folder: Path, environ: Mapping[str, str] = NOTHING, **options: str) -> tuple[str, str | None]:
    chosen = find_interpreter(folder, environ=environ, **options)  # type: ignore[arg-type]
    return chosen.path, chosen.reason


def test_without_any_sign_it_is_the_one_of_corsense(tmp_path: Path) -> None:
    assert find_interpreter(tmp_path, environ=NOTHING) == OWN
    assert OWN.is_own


def test_what_is_named_comes_first_and_then_the_nearest_environment(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").touch()
    named, configured, active, beside = (environment(tmp_path / name) for name in ("a", "b", "c", ".venv"))
    environ = {"VIRTUAL_ENV": str(tmp_path / "c")}
    both = {"option": str(named), "configured": str(configured)}
    assert found(tmp_path, environ, **both) == (str(named), "--python")
    assert found(tmp_path, environ, configured=str(configured)) == (str(configured), "[tool.corsense] python")
    assert found(tmp_path, environ) == (str(active), "VIRTUAL_ENV")
    assert found(tmp_path) == (str(beside), ".venv")


@pytest.mark.parametrize("name", [".venv", "venv"])
def test_the_environment_beside_pyproject_is_found_from_below(tmp_path: Path, name: str) -> None:
    (tmp_path / "pyproject.toml").touch()
    program = environment(tmp_path / name)
    (tmp_path / "src/shop").mkdir(parents=True)
    assert found(tmp_path / "src/shop") == (str(program), name)


def test_the_environment_of_a_workspace_is_beside_its_lock(tmp_path: Path) -> None:
    member = tmp_path / "packages/api"
    member.mkdir(parents=True)
    (tmp_path / "pyproject.toml").touch()
    (member / "pyproject.toml").touch()
    shared, other = environment(tmp_path / ".venv"), environment(tmp_path / "other")
    assert find_interpreter(member, environ=NOTHING) == OWN
    (tmp_path / "uv.lock").touch()
    assert found(member) == (str(shared), ".venv")
    assert found(member, {"UV_PROJECT_ENVIRONMENT": "other"}) == (str(other), "UV_PROJECT_ENVIRONMENT")
    own = environment(member / ".venv")
    assert found(member) == (str(own), ".venv")


def test_an_environment_above_the_repository_is_nobodys(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").touch()
    environment(tmp_path / ".venv")
    (tmp_path / "repository/.git").mkdir(parents=True)
    assert find_interpreter(tmp_path / "repository", environ=NOTHING) == OWN


def test_an_environment_in_a_folder_that_everybody_may_write_to_is_not_taken(tmp_path: Path) -> None:
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared/pyproject.toml").touch()
    environment(tmp_path / "shared/.venv")
    (tmp_path / "shared/mine").mkdir()
    (tmp_path / "shared").chmod(0o777)
    assert find_interpreter(tmp_path / "shared/mine", environ=NOTHING) == OWN


def test_our_own_environment_is_no_other(tmp_path: Path) -> None:
    assert find_interpreter(tmp_path, environ={"VIRTUAL_ENV": sys.prefix}).is_own
    assert find_interpreter(tmp_path, option=sys.executable, environ=NOTHING).is_own


def test_a_folder_and_a_bare_name_are_interpreters_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = environment(tmp_path / "environment")
    assert found(tmp_path, option="environment")[0] == str(program)
    assert found(tmp_path, option="./environment/bin/python")[0] == str(program)
    monkeypatch.setenv("PATH", tool(tmp_path / "path", "python9", "exit 0"))
    assert found(tmp_path, option="python9")[0] == str(tmp_path / "path/python9")


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ("nowhere/python", "There is no interpreter 'nowhere/python' (--python)."),
        ("python-of-nobody", "There is no interpreter 'python-of-nobody' (--python), neither here nor on PATH."),
        ("empty", "The folder 'empty' (--python) has no interpreter."),
    ],
)
def test_what_is_not_there_is_reported_in_one_sentence(tmp_path: Path, option: str, message: str) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(AppLoadError) as caught:
        find_interpreter(tmp_path, option=option, environ=NOTHING)
    assert caught.value.message == message
    assert caught.value.remedy == "Give the path of a Python interpreter, or of a virtual environment."


@pytest.mark.parametrize("where", [".venv", "VIRTUAL_ENV"])
def test_an_environment_whose_python_is_gone_is_not_passed_over_in_silence(tmp_path: Path, where: str) -> None:
    environment(tmp_path / ".venv", broken=True)
    environ = {"VIRTUAL_ENV": str(tmp_path / ".venv")} if where == "VIRTUAL_ENV" else NOTHING
    with pytest.raises(AppLoadError) as caught:
        find_interpreter(tmp_path, environ=environ)
    assert caught.value.message == f"The environment '{tmp_path}/.venv' ({where}) has no interpreter any more."
    assert "--python" in str(caught.value.remedy)


@pytest.mark.parametrize(
    ("files", "command", "reason", "prints"),
    [
        ({"poetry.lock": ""}, "poetry", "poetry env info", "{folder}"),
        ({"pyproject.toml": "[tool.poetry]\n"}, "poetry", "poetry env info", "{folder}"),
        ({"pdm.lock": ""}, "pdm", "pdm info --python", "{program}"),
        ({"pyproject.toml": "[tool.hatch.envs.default]\n"}, "hatch", "hatch env find", "{folder}"),
        ({"Pipfile": ""}, "pipenv", "pipenv --py", "{program}"),
        ({"uv.lock": ""}, "uv", "uv python find", "{program}"),
    ],
)
def test_a_tool_that_the_project_uses_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, files: Mapping[str, str], command: str, reason: str, prints: str
) -> None:
    program = environment(tmp_path / "elsewhere")
    message_text = prints.format(folder=tmp_path / "elsewhere", program=program)
    monkeypatch.setenv("PATH", tool(tmp_path / "path", command, f"echo a warning >&2; echo {message_text}") + os.pathsep + "/bin")
    project = tmp_path / "project"
    project.mkdir()
    assert find_interpreter(project, environ=NOTHING) == OWN, "nothing says that the tool is used"
    for name, text in files.items():
        (project / name).write_text(text)
    assert found(project) == (str(program), reason)
    assert find_interpreter(project, environ=NOTHING, run_commands=False) == OWN


@pytest.mark.parametrize("script", ["exit 1", "echo nonsense", "echo", "sleep 60", "echo relative/path", "printf '\\377'"])
def test_a_tool_that_says_nothing_useful_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    monkeypatch.setattr("corsense.app.interpreter.COMMAND_LIMIT", 1.0)
    monkeypatch.setenv("PATH", tool(tmp_path / "path", "poetry", script) + os.pathsep + "/bin")
    (tmp_path / "poetry.lock").touch()
    assert find_interpreter(tmp_path, environ=NOTHING) == OWN


def test_uv_is_not_believed_when_it_names_the_python_of_the_system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", tool(tmp_path / "path", "uv", "echo /bin/sh") + os.pathsep + "/bin")
    (tmp_path / "uv.lock").touch()
    assert find_interpreter(tmp_path, environ=NOTHING) == OWN


def test_condas_environment_counts_unless_it_is_the_one_that_is_always_active(tmp_path: Path) -> None:
    program = environment(tmp_path / "conda")
    environ = {"CONDA_PREFIX": str(tmp_path / "conda"), "CONDA_DEFAULT_ENV": "shop"}
    assert found(tmp_path, environ) == (str(program), "CONDA_PREFIX")
    base = {**environ, "CONDA_DEFAULT_ENV": "base"}
    assert find_interpreter(tmp_path, environ=base) == OWN
    (tmp_path / "environment.yml").touch()
    assert found(tmp_path, base) == (str(program), "CONDA_PREFIX")


@pytest.mark.parametrize("text", ["name: shop\nchannels: [conda-forge]\n", "# ours\nname: 'shop'\ndependencies:\n  - name: x\n"])
@pytest.mark.parametrize(("command", "variable"), [("conda", None), ("micromamba", None), ("conda", "CONDA_EXE")])
def test_the_environment_that_condas_file_names_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, command: str, variable: str | None
) -> None:
    base, program = environment(tmp_path / "conda"), environment(tmp_path / "conda/envs/shop")
    listed = json.dumps({"envs": [str(base.parent.parent), str(tmp_path / "gone/shop"), str(program.parent.parent)]})
    folder = tool(tmp_path / "path", command, f"test \"$*\" = 'env list --json' && echo '{listed}'")
    monkeypatch.setenv("PATH", "/bin" if variable else folder + os.pathsep + "/bin")
    active = {"CONDA_PREFIX": str(tmp_path / "conda"), "CONDA_DEFAULT_ENV": "base"}
    environ = {**active, **({variable: f"{folder}/{command}"} if variable else {})}
    project = tmp_path / "project"
    project.mkdir()
    assert find_interpreter(project, environ=environ) == OWN, "nothing says that conda is used"
    (project / "environment.yml").write_text(text)
    assert found(project, environ) == (str(program), f"{command} env list")


@pytest.mark.parametrize(
    "script", ["exit 1", "echo '[]'", 'echo \'{"envs": [1, "/nowhere/shop"]}\'', "echo '{\"envs\": 1}'", "echo {"]
)
def test_what_conda_cannot_tell_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    monkeypatch.setenv("PATH", tool(tmp_path / "path", "conda", script) + os.pathsep + "/bin")
    (tmp_path / "environment.yaml").write_text("name: shop\n")
    assert find_interpreter(tmp_path, environ=NOTHING) == OWN


def test_the_folder_that_uv_is_configured_to_use_counts(tmp_path: Path) -> None:
    program = environment(tmp_path / "of-uv")
    (tmp_path / "uv.lock").touch()
    assert found(tmp_path, {"UV_PROJECT_ENVIRONMENT": "of-uv"}) == (str(program), "UV_PROJECT_ENVIRONMENT")


def test_an_option_is_relative_to_the_working_directory_and_a_setting_to_its_folder(tmp_path: Path) -> None:
    program = environment(tmp_path / "project/environment")
    assert found(tmp_path / "project", configured="environment")[0] == str(program)
    assert found(tmp_path / "project", option="project/environment")[0] == str(program)
    with pytest.raises(AppLoadError):
        find_interpreter(tmp_path / "project", option="environment", environ=NOTHING)
