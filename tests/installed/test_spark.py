"""The grouping of `corsense policy replay` on Spark, in local mode: the same results as on DuckDB, and only groups come back."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.installed.conftest import ROOT, UV, Environment, clean_environment, succeed

SCRIPT = Path(__file__).with_name("replay_with_spark.py")


@pytest.fixture(scope="module")
def ran(wheel: Path, environment: Callable[..., Environment], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the script printed, in an environment of the locked releases."""
    if shutil.which("java") is None:
        message = "Spark needs Java, which is not installed"
        pytest.fail(message) if os.environ.get("CI") else pytest.skip(message)
    made = environment("3.11", "--requirement", ROOT / "requirements" / "spark.lock")
    succeed(UV, "--quiet", "pip", "install", "--python", made.python, "--no-deps", wheel, folder=ROOT)
    done = subprocess.run(
        [made.python, SCRIPT, tmp_path_factory.mktemp("logs")],
        cwd=tmp_path_factory.mktemp("work"),
        env=clean_environment() | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=1200,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize("log", ["lines and gzip", "dirty lines", "text", "flat columns", "nested columns", "recording"])
def test_spark_says_what_duckdb_says(ran: dict[str, Any], log: str) -> None:
    said = ran["said"][log]
    assert said["duckdb"]["summary"]["judged"] > 0
    assert said["duckdb"]["lost"]["requests"] > 0
    for each in said.values():
        del each["broken"]["samples"]  # which broken line is shown depends on the engine, how many there are does not
    assert said["spark"] == said["duckdb"]


def test_only_groups_come_back_from_spark(ran: dict[str, Any]) -> None:
    nodes = [found[1] for line in ran["plan"].splitlines() if (found := re.match(r"^[\s:+\-*()\d]*([A-Za-z]+)", line))]
    before_the_groups = nodes[: next(index for index, node in enumerate(nodes) if node.endswith("Aggregate"))]
    assert not [node for node in before_the_groups if node.endswith("Scan")]
    assert "FileScan" in nodes
    assert ran["rows"] < ran["lines"] / 4
