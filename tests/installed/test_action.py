"""The GitHub Action, the workflows and the container image are valid, and their scripts do what they say."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.installed.conftest import ROOT, clean_environment, succeed

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
FORGOTTEN = ROOT / "examples" / "broken" / "delete-forgotten"


def action() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
    return loaded


def judged(folder: Path, **inputs: str) -> tuple[subprocess.CompletedProcess[str], dict[str, str]]:
    """Run the step that judges, as the runner would; returns it with its outputs."""
    given = {name: value["default"] for name, value in action()["inputs"].items()} | inputs
    (step,) = [step for step in action()["runs"]["steps"] if step.get("id") == "judge"]
    outputs = folder / "outputs"
    values = {
        name: given[found[1]]
        for name, value in step["env"].items()
        if (found := re.fullmatch(r"\$\{\{ inputs\.(\S+) \}\}", value))
    }
    own = {"CORSENSE": str(Path(sys.executable).parent / "corsense"), "GITHUB_OUTPUT": str(outputs)}
    ran = subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
        cwd=folder,
        env=clean_environment() | values | own,
        capture_output=True,
        text=True,
        timeout=120,
    )
    lines = outputs.read_text(encoding="utf-8").splitlines() if outputs.exists() else []
    return ran, dict(line.split("=", 1) for line in lines)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    shutil.copy(FORGOTTEN / "main.py", tmp_path)
    return tmp_path


def test_the_action_is_valid() -> None:
    succeed(sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.github-actions", "action.yml", folder=ROOT)


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_is_valid(workflow: Path) -> None:
    succeed(sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.github-workflows", workflow, folder=ROOT)


@pytest.mark.parametrize(
    ("schema", "name"),
    [("issue-forms", "wrong-answer.yml"), ("issue-forms", "idea.yml"), ("issue-config", "config.yml")],
    ids=lambda value: value,
)
def test_an_issue_template_is_valid(schema: str, name: str) -> None:
    template = ROOT / ".github" / "ISSUE_TEMPLATE" / name
    succeed(sys.executable, "-m", "check_jsonschema", "--builtin-schema", f"vendor.github-{schema}", template, folder=ROOT)


def test_scripts_of_workflows_and_of_the_container_exist() -> None:
    texts = [path.read_text(encoding="utf-8") for path in WORKFLOWS]
    named = {name for text in texts for name in re.findall(r"(?:scripts|\.ci)/[\w-]+", text)}
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", (ROOT / "Dockerfile").read_text(encoding="utf-8"), re.MULTILINE)
    assert {".ci/run", "scripts/matrix"} <= named
    assert [name for name in [*named, *(part for line in copied for part in line.split())] if not (ROOT / name).exists()] == []


def test_the_release_needs_no_secret() -> None:
    text = (ROOT / ".github" / "workflows" / "release.yml").read_text(encoding="utf-8")
    assert "id-token: write" in text
    assert "secrets." not in text


def test_check_writes_sarif_and_annotations_and_fails(project: Path) -> None:
    arguments = "--origin http://localhost:3000 --request 'DELETE /api/users/7'"
    ran, outputs = judged(project, command="check", target="main:app", arguments=arguments)
    assert ran.returncode == 1, ran.stderr
    assert outputs == {"sarif-file": str(project / "corsense.sarif"), "exit-status": "1"}
    (log,) = json.loads((project / "corsense.sarif").read_text(encoding="utf-8"))["runs"]
    assert [result["ruleId"] for result in log["results"]] == ["CORS601"]
    assert re.search(r"^::error title=CORS601 .*file=main.py,line=11", ran.stdout, re.MULTILINE)


def test_lint_of_source_without_faults_passes(project: Path) -> None:
    ran, outputs = judged(project, arguments="--ignore method-not-allowed")
    assert (ran.returncode, outputs["exit-status"]) == (0, "0"), ran.stderr
    assert ran.stdout == ""


def test_what_stands_in_an_input_is_not_run(project: Path) -> None:
    judged(project, target="$(touch stolen) `touch stolen` ; touch stolen")
    assert not (project / "stolen").exists()


def test_another_command_is_refused(project: Path) -> None:
    ran, _ = judged(project, command="demo")
    assert ran.returncode == 2
    assert ran.stdout == "::error::corsense: command is 'demo'; it must be check or lint\n"
