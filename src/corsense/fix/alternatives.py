"""What a repair leaves to the user: an origin that only the user can name, and a way without CORS where there is one."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from corsense.app.description import AppDescription
from corsense.check.request import CheckRequest
from corsense.check.results import Report

_NEEDS_A_NAME = frozenset(
    {"missing-cors-middleware", "wildcard-with-credentials", "manual-options-handler", "manual-cors-headers", "reflected-origin"}
)
_FOLDERS = (".", "frontend", "web", "client", "ui", "webapp", "../frontend", "../web", "../client", "../ui", "../webapp")
_BUILDS = {
    "next": "out", "react-scripts": "build", "@angular/core": "dist", "vite": "dist", "@vue/cli-service": "dist", "astro": "dist",
    "svelte": "dist", "vue": "dist", "react": "dist",
}  # fmt: skip
"""Frameworks of frontends, by the package that identifies them, and the folder of their build."""
_LARGEST = 200_000


def alternatives(report: Report, app: AppDescription, asked: CheckRequest, directory: str) -> Iterator[str]:
    """What to do besides the fixes, a sentence each. `directory` is the folder of the app."""
    slugs = {finding.cause.slug for finding in report.findings if finding.severity != "info"}
    if slugs & _NEEDS_A_NAME and not asked.origins:
        yield (
            "No origin was named, and corsense does not guess one; name it, for example: "
            f"corsense fix {app.target} --origin https://app.example.com."
        )
    frontend = frontend_beside(directory) if "missing-cors-middleware" in slugs else None
    if frontend is not None:
        folder, build = frontend
        yield (
            f"Alternative without CORS: the frontend in {folder} belongs to this project. {_serve(app, folder, build)}, and "
            "let its development server forward the API's paths to the app (for Vite: server.proxy). Pages then have the "
            "API's own origin."
        )


def _serve(app: AppDescription, folder: str, build: str) -> str:
    built = f"{folder}/{build}" if folder != "." else build
    version = tuple(int(part) for part in app.versions.get("fastapi", "0").split(".")[:2] if part.isdigit())
    if app.kind == "fastapi" and version >= _HAS_FRONTEND:
        return f'Serve its build from the app, app.frontend("/", directory="{built}")'
    return f'Serve its build from the app, app.mount("/", StaticFiles(directory="{built}", html=True)), after all routes'


_HAS_FRONTEND = (0, 138)


def frontend_beside(directory: str) -> tuple[str, str] | None:
    """The folder of a frontend in the same project, relative to `directory`, and that of its build; None where there is none."""
    for folder in _FOLDERS:
        place = Path(directory, folder)
        if folder.startswith("..") and not _is_project(Path(directory, "..")):
            continue
        build = _build_of(place / "package.json")
        if build is not None:
            return os.path.normpath(folder), build
    return None


def _is_project(folder: Path) -> bool:
    """Whether a folder is the root of a project: what lies beside an app without one may be anything."""
    return any((folder / name).exists() for name in (".git", "docker-compose.yml", "compose.yaml", "README.md"))


def _build_of(file: Path) -> str | None:
    with suppress(OSError, ValueError, AttributeError, TypeError, RecursionError):
        if not file.is_file() or file.stat().st_size > _LARGEST:
            return None
        package = json.loads(file.read_text("utf-8"))
        named = {*package.get("dependencies", {}), *package.get("devDependencies", {})}
        return next((build for name, build in _BUILDS.items() if name in named), None)
    return None
