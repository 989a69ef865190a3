"""A client without a model repairs broken apps: it knows what the user said (the page, the request that fails) and reads what the
tools return, nothing else."""

from __future__ import annotations

import importlib.util
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from corsense.fetch import Allowed, Blocked
from tests.causes.visits import visit
from tests.examples.scenarios import FOLDER, Scenario, load
from tests.mcp.assistant import Answer, Assistant, assistant

NAMES = (
    "no-cors-middleware", "wrong-scheme", "wrong-port", "localhost-and-127", "trailing-slash", "trailing-slash-from-pydantic",
    "path-in-origin", "no-scheme", "upper-case", "null-origin-listed", "string-origins", "regex-list", "wildcard-and-credentials",
    "wildcard-for-a-login", "reflecting-middleware", "cookies-not-allowed", "insecure-twin", "auth-outside", "maintenance-switch",
    "added-at-startup", "misspelt-keyword", "cors-twice", "mounted-apps", "headers-twice", "options-by-hand", "headers-by-hand",
    "slash-redirect", "delete-forgotten", "own-header", "setting-with-spaces",
)  # fmt: skip
"""Examples whose repair opens nothing that the user has not named, so that no further question is needed."""
SCENARIOS = [scenario for scenario in load("example") if scenario.name in NAMES]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("broken")
    for name in NAMES:
        shutil.copytree(FOLDER / "broken" / name, folder / name)
    return folder


@pytest.fixture(scope="module")
def client(project: Path) -> Iterator[Assistant]:
    with assistant(project) as found:
        yield found


def repair(client: Assistant, target: str, reported: dict[str, Any]) -> Answer:
    """Check, fix what is proven as long as something changes, and check again: the last check."""
    found = client.call("check", target=target, **reported)
    for _ in range(3):
        assert not found.is_error, found.text
        if not found.faults:
            break
        fixed = client.call("fix", targets=[target], write=True, **reported)
        assert not fixed.is_error, fixed.text
        if not fixed.document["written"]:
            break
        found = client.call("check", target=target, **reported)
    return found


def reported(scenario: Scenario) -> dict[str, Any]:
    """What the user says: which page calls what."""
    said: dict[str, Any] = {"origins": [scenario.origin], "requests": [scenario.request]}
    if scenario.headers:
        said["headers"] = list(scenario.headers)
    if scenario.credentials != "same-origin":
        said["credentials"] = scenario.credentials
    return said


def app_in(folder: Path) -> Any:
    spec = importlib.util.spec_from_file_location(f"repaired_{folder.name.replace('-', '_')}", folder / "main.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.app


def test_there_are_thirty_of_them() -> None:
    assert len(SCENARIOS) == 30


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_the_client_repairs_the_app(client: Assistant, project: Path, scenario: Scenario) -> None:
    last = repair(client, f"{scenario.name}/main.py:app", reported(scenario))
    assert last.faults == []
    app = app_in(project / scenario.name)
    with TestClient(app):
        assert isinstance(visit(app, scenario.fetch).outcome, Allowed)
    if scenario.untrusted_page:
        request = replace(scenario.fetch, origin=scenario.untrusted_page)
        assert isinstance(visit(app, request).outcome, Blocked)
