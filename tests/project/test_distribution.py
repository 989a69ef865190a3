"""What is installed: the wheel that hatchling builds of this tree."""

from __future__ import annotations

import email
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert ran.returncode == 0, ran.stderr
    (built,) = folder.glob("*.whl")
    return zipfile.ZipFile(built)


def metadata(wheel: zipfile.ZipFile, name: str) -> str:
    (path,) = (path for path in wheel.namelist() if path.endswith(f".dist-info/{name}"))
    return wheel.read(path).decode()


def test_the_wheel_holds_the_package_and_nothing_else(wheel: zipfile.ZipFile) -> None:
    tops = {path.partition("/")[0] for path in wheel.namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"corsense"}


def test_the_wheel_holds_every_module_and_the_mark_of_a_typed_package(wheel: zipfile.ZipFile) -> None:
    source = ROOT / "src"
    modules = {path.relative_to(source).as_posix() for path in source.rglob("*.py")}
    assert {"corsense/py.typed", *modules} <= set(wheel.namelist())


def test_the_wheel_holds_the_skill_where_assistants_look_for_it(wheel: zipfile.ZipFile) -> None:
    skill = ROOT / "src" / "corsense" / ".agents" / "skills" / "corsense" / "SKILL.md"
    assert wheel.read("corsense/.agents/skills/corsense/SKILL.md") == skill.read_bytes()


def test_installing_without_extras_brings_the_command_line(wheel: zipfile.ZipFile) -> None:
    message = email.message_from_string(metadata(wheel, "METADATA"))
    required = message.get_all("Requires-Dist", [])
    base = ["ada-url", "httpcore2", "publicsuffixlist", "pydantic", "pydantic-settings", "rich", "typer"]
    assert sorted(line.partition(">")[0] for line in required if "extra ==" not in line) == base
    assert "cli" not in message.get_all("Provides-Extra", [])


def test_what_drives_real_browsers_is_an_extra_called_browser(wheel: zipfile.ZipFile) -> None:
    required = email.message_from_string(metadata(wheel, "METADATA")).get_all("Requires-Dist", [])
    brought = {line.partition(">")[0] for line in required if "extra == 'browser'" in line}
    assert brought == {"cryptography", "playwright", "websockets"}


def test_the_command_is_called_corsense(wheel: zipfile.ZipFile) -> None:
    assert "corsense = corsense.cli:main" in metadata(wheel, "entry_points.txt")


def test_the_licence_comes_along(wheel: zipfile.ZipFile) -> None:
    assert metadata(wheel, "licenses/LICENSE").startswith("MIT License")
