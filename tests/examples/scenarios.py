"""The scenarios of `examples/`, read from their manifest."""

from __future__ import annotations

import importlib.util
import tomllib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, cast

from corsense.fetch import FetchRequest

FOLDER = Path(__file__).parents[2] / "examples"


@dataclass(frozen=True, slots=True)
class Scenario:
    """One entry of `scenarios.toml`: an app and the request that shows what it is about."""

    name: str
    row: int
    request: str
    origin: str
    credentials: str = "same-origin"
    headers: tuple[str, ...] = ()
    run_endpoints: bool = False
    situation: str = "success"
    outcome: str = "allowed"
    error: str = ""
    finding: str = ""
    place: str = ""
    status: int = 1
    untrusted_page: str = ""
    sees: str = ""
    why: str = ""
    repaired_origin: str = ""

    @property
    def once_repaired(self) -> Scenario:
        """The request to make of the repaired app."""
        return replace(self, origin=self.repaired_origin or self.origin)

    @property
    def options(self) -> list[str]:
        """The options of `corsense check` that ask for this request."""
        options = ["--origin", self.origin, "--request", self.request]
        for header in self.headers:
            options += ["--header", header]
        if self.credentials != "same-origin":
            options += ["--credentials", self.credentials]
        return [*options, "--run-endpoints"] if self.run_endpoints else options

    @property
    def fetch(self) -> FetchRequest:
        """The request as a page makes it."""
        method, path = self.request.split()
        headers = tuple(cast("tuple[str, str]", tuple(line.split(": ", 1))) for line in self.headers)
        credentials = cast("Literal['same-origin', 'include']", self.credentials)
        body = "{}" if method == "POST" else None
        return FetchRequest(f"http://localhost:8000{path}", self.origin, method, headers, credentials, body=body)


def load(kind: Literal["example", "harmless"]) -> tuple[Scenario, ...]:
    """Every scenario of one kind, in the order of the manifest."""
    return tuple(_scenario(entry) for entry in manifest()[kind])


def manifest() -> dict[str, Any]:
    """The manifest as it is written."""
    return tomllib.loads((FOLDER / "scenarios.toml").read_text("utf-8"))


def app_of(*parts: str) -> Any:
    """The app of `examples/PARTS/main.py`, imported afresh."""
    path = FOLDER.joinpath(*parts, "main.py")
    spec = importlib.util.spec_from_file_location("_".join(parts).replace("-", "_"), path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.app


def _scenario(entry: dict[str, Any]) -> Scenario:
    repaired = entry.pop("repaired", {})
    headers = tuple(entry.pop("headers", ()))
    return Scenario(**entry, headers=headers, repaired_origin=repaired.get("origin", ""))
