"""The steps of the Dockerfile, in folders of this machine in place of the image's: no container engine is needed for that."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.installed.conftest import ROOT, clean_environment, interpreter, succeed

FORGOTTEN = ROOT / "examples" / "broken" / "delete-forgotten"
FOLDERS = ("/opt/corsense", "/source", "/work")
"""The folders of the image that the Dockerfile names."""
OF_THE_SYSTEM = "useradd --create-home corsense"
"""What is not tried here, because it changes the machine."""


def instructions() -> Iterator[tuple[str, str]]:
    """The instructions of the Dockerfile, each with its arguments on one line."""
    text = re.sub(r"^#.*\n", "", (ROOT / "Dockerfile").read_text(encoding="utf-8"), flags=re.MULTILINE)
    for line in text.replace("\\\n", " ").splitlines():
        if line.strip():
            name, _, rest = line.partition(" ")
            yield name, " ".join(rest.split())


def given(name: str) -> list[str]:
    return [arguments for found, arguments in instructions() if found == name]


def version() -> str:
    """The Python of the image, as in `python:3.13-slim`."""
    found = re.search(r"python:(\d+\.\d+)", given("FROM")[0])
    assert found is not None
    return found[1]


class Image:
    """What stands for the image: its folders below one of ours, and its environment."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = clean_environment()
        (folder / "work").mkdir()
        (folder / "bin").mkdir()
        (folder / "bin" / "python").symlink_to(interpreter(version()))
        self.environment["PATH"] = f"{folder / 'bin'}{os.pathsep}{self.environment['PATH']}"

    def placed(self, text: str) -> str:
        """A text of the Dockerfile with our folders in place of the image's."""
        return re.sub("|".join(map(re.escape, FOLDERS)), lambda found: f"{self.folder}{found[0]}", text)

    def copy(self, arguments: str) -> None:
        *sources, target = arguments.split()
        for name in sources:
            source, place = ROOT / name, Path(self.placed(target))
            place.mkdir(parents=True, exist_ok=True)
            if source.is_dir():  # as Docker does: its content
                shutil.copytree(source, place, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(source, place)

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        folder, environment = self.folder / "work", self.environment
        return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=600)


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Image:
    """The image, each instruction of the Dockerfile followed."""
    found = Image(tmp_path_factory.mktemp("image"))
    for name, arguments in instructions():
        if name == "COPY" and not arguments.startswith("--from="):
            found.copy(arguments)
        elif name == "RUN" and arguments != OF_THE_SYSTEM:
            ran = found.run("/bin/sh", "-c", found.placed(arguments))
            assert ran.returncode == 0, f"{arguments}\n{ran.stdout}{ran.stderr}"
        elif name == "ENV":
            for each in re.findall(r'(\w+)="?([^" ]+)"?', found.placed(arguments)):
                found.environment[each[0]] = each[1].replace("$PATH", found.environment["PATH"])
    return found


def test_the_command_of_the_image_judges_what_is_mounted(image: Image) -> None:
    shutil.copy(FORGOTTEN / "main.py", image.folder / "work")
    (entry,) = given("ENTRYPOINT")
    ran = image.run(*json.loads(entry), "lint", "main.py", "--format", "json")
    assert ran.returncode == 1, ran.stderr
    findings = [finding for finding in json.loads(ran.stdout)["findings"] if finding["severity"] != "info"]
    assert [finding["code"] for finding in findings] == ["CORS601"]


def test_the_image_has_no_installer_and_does_not_compile_at_each_start(image: Image) -> None:
    (packages,) = (image.folder / "opt/corsense/lib").glob("python*/site-packages")
    assert not (packages / "pip").exists()
    assert list((packages / "corsense" / "__pycache__").glob("*.pyc"))


def test_the_image_runs_as_nobody_in_particular_where_the_project_is_mounted() -> None:
    assert given("USER") == ["corsense"]
    assert OF_THE_SYSTEM in given("RUN")
    assert given("WORKDIR") == ["/work"]


def test_both_stages_have_one_python_so_that_the_environment_works_in_the_second() -> None:
    first, second = (arguments.split()[0] for arguments in given("FROM"))
    assert first == second


def test_what_is_copied_is_part_of_the_context() -> None:
    kept = {line[1:] for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines() if line.startswith("!")}
    copied = {name for arguments in given("COPY") if not arguments.startswith("--from=") for name in arguments.split()[:-1]}
    assert copied == kept
    assert {name.partition("/")[0] for name in succeed("git", "ls-files", *sorted(copied), folder=ROOT).splitlines()} == copied
