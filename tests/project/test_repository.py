"""The repository keeps its promises: metadata, scripts and lock."""

from __future__ import annotations

import os
import re
import subprocess
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import corsense

ROOT = Path(__file__).parents[2]
SCRIPTS = sorted(path for path in (ROOT / "scripts").iterdir() if path.is_file())


@cache
def pyproject() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


@cache
def lock() -> str:
    return (ROOT / "requirements" / "dev.lock").read_text(encoding="utf-8")


@cache
def repository_files() -> tuple[Path, ...]:
    """Every file that is, or could be, committed."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=60).stdout
    files = (ROOT / name for name in listed.split("\0") if name)
    return tuple(file for file in files if file.is_file())


def distribution(requirement: str) -> str:
    """The normalised name at the head of a requirement (`Ada_URL>=1.15` is `ada-url`)."""
    found = re.match(r"[A-Za-z0-9._-]+", requirement)
    assert found, requirement
    return re.sub(r"[-_.]+", "-", found.group()).lower()


UNLOCKED = ("azure", "gcs", "s3", "spark")


def direct_requirements() -> set[str]:
    """What the project names itself, but for the extra `spark` and the group `proxies`, which have locks of their own, and the
    clients of object storage, which have none."""
    project = pyproject()["project"]
    extras = [
        requirement for name, listed in project["optional-dependencies"].items() if name not in UNLOCKED for requirement in listed
    ]
    groups = [
        requirement for name, listed in pyproject()["dependency-groups"].items() if name != "proxies" for requirement in listed
    ]
    return {distribution(line) for line in [*project["dependencies"], *extras, *groups, *pyproject()["build-system"]["requires"]]}


def locked(text: str | None = None) -> dict[str, str]:
    """Each locked distribution and the text of its entry, hashes included."""
    entries = re.split(r"^(?=[A-Za-z0-9])", lock() if text is None else text, flags=re.MULTILINE)
    return {distribution(entry): entry for entry in entries if entry.strip()}


def test_the_version_is_the_same_in_the_package_and_in_its_metadata() -> None:
    assert corsense.__version__ == pyproject()["project"]["version"]


def test_the_changelog_knows_the_version_or_has_an_unreleased_part() -> None:
    headings = re.findall(r"^## \[?([\w.]+)", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert headings[0] in {"Unreleased", corsense.__version__}


def test_every_public_name_exists() -> None:
    assert [name for name in corsense.__all__ if not hasattr(corsense, name)] == []


def test_the_package_is_marked_as_typed() -> None:
    assert (ROOT / "src" / "corsense" / "py.typed").exists()


def test_the_base_installation_has_the_command_line_and_no_framework() -> None:
    base = {distribution(line) for line in pyproject()["project"]["dependencies"]}
    assert base == {"ada-url", "httpcore2", "publicsuffixlist", "pydantic", "pydantic-settings", "rich", "typer"}


def test_the_lock_covers_every_extra_the_development_tools_and_the_build_backend() -> None:
    assert direct_requirements() - set(locked()) == set()


def release(entry: str) -> str:
    """Name and version, without the extras that something else asks for: `pydantic[email]==2.14.3`."""
    return re.sub(r"\[.*?\]", "", entry).split()[0]


def spark_locked() -> dict[str, str]:
    return locked((ROOT / "requirements" / "spark.lock").read_text(encoding="utf-8"))


def test_the_lock_of_spark_has_the_same_releases_and_spark_itself() -> None:
    assert "pyspark" in spark_locked()
    both = locked().keys() & spark_locked().keys()
    assert {name for name in both if release(locked()[name]) != release(spark_locked()[name])} == set()


def proxies_locked() -> dict[str, str]:
    return locked((ROOT / "requirements" / "proxies.lock").read_text(encoding="utf-8"))


def test_the_lock_of_the_proxies_has_what_their_group_names() -> None:
    assert set(proxies_locked()) == {distribution(line) for line in pyproject()["dependency-groups"]["proxies"]}


def test_every_locked_distribution_is_pinned_and_hashed() -> None:
    entries = [*locked().items(), *spark_locked().items(), *proxies_locked().items()]
    loose = [name for name, entry in entries if not re.match(r"\S+==\S+", release(entry)) or "--hash=sha256:" not in entry]
    assert loose == []


def test_the_lock_names_no_index_and_no_host() -> None:
    options = re.findall(r"^\s*(--(?!hash=)\S+)", lock(), flags=re.MULTILINE)
    assert options == []
    assert "://" not in lock()
    assert "#" not in lock()


@pytest.mark.parametrize("script", [*SCRIPTS, ROOT / ".ci" / "run"], ids=lambda path: path.name)
def test_a_script_can_be_run_and_stops_at_the_first_error(script: Path) -> None:
    assert os.access(script, os.X_OK)
    text = script.read_text(encoding="utf-8")
    assert text.startswith("#!/usr/bin/env bash\n")
    assert "set -euo pipefail" in text
    assert subprocess.run(["bash", "-n", script], capture_output=True, text=True, timeout=60).stderr == ""


def documents() -> list[Path]:
    return [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]


def test_every_script_that_the_documents_name_exists() -> None:
    named = {name for document in documents() for name in re.findall(r"\bscripts/([\w-]+)", document.read_text(encoding="utf-8"))}
    assert {"demo", "test"} <= named <= {script.name for script in SCRIPTS}


def test_every_benchmark_that_the_documents_name_exists() -> None:
    named = {
        name
        for document in documents()
        for name in re.findall(r"\bscripts/bench ([a-z]\w*)", document.read_text(encoding="utf-8"))
    }
    assert named <= {file.stem for file in (ROOT / "bench").glob("*.py")}


def test_an_unknown_benchmark_is_refused_with_the_list_of_those_there_are() -> None:
    ran = subprocess.run([ROOT / "scripts" / "bench", "nonsense"], capture_output=True, text=True, timeout=60)
    assert ran.returncode == 2
    assert "bench/nonsense.py" in ran.stderr
    assert "scripts/bench check" in ran.stderr


def test_the_demo_names_a_cause_and_succeeds() -> None:
    ran = subprocess.run([ROOT / "scripts" / "demo"], capture_output=True, text=True, timeout=300)
    assert ran.returncode == 0, ran.stderr
    # A crash ends with status 1 as well, so the answer itself has to be there.
    assert "Traceback" not in ran.stderr
    assert re.search(r"\bCORS\d{3}\b", ran.stdout)


def test_continuous_integration_runs_the_tests() -> None:
    assert "exec scripts/test" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")


def test_no_module_has_a_name_that_says_nothing() -> None:
    nothing = {"utils", "util", "helpers", "helper", "common", "misc"}
    assert [str(file.relative_to(ROOT)) for file in repository_files() if file.suffix == ".py" and file.stem in nothing] == []


def test_a_report_of_a_wrong_answer_asks_for_what_can_be_reproduced() -> None:
    template = (ROOT / ".github" / "ISSUE_TEMPLATE" / "wrong-answer.yml").read_text(encoding="utf-8")
    assert "corsense check --format json" in template


def test_coverage_has_a_bound_and_a_job_of_its_own() -> None:
    assert pyproject()["tool"]["coverage"]["report"]["fail_under"] >= 85
    workflow = (ROOT / ".github" / "workflows" / "tests.yml").read_text(encoding="utf-8")
    assert re.search(r"^  coverage:\n(?:    .*\n|\n)+?      - run: scripts/coverage$", workflow, re.MULTILINE)
