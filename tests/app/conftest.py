from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from corsense.app import AppSession, AppTarget

OpenApp = Callable[..., AppSession]


def write_files(folder: Path, files: str | Mapping[str, str]) -> None:
    """Write an app: the text of `main.py`, or several files by name."""
    for name, text in ({"main.py": files} if isinstance(files, str) else files).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text), encoding="utf-8")


@pytest.fixture(scope="module")
def open_once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenApp]:
    """Like `open_app`, but the tests of a module that write the same app share one session."""
    sessions: dict[str, AppSession] = {}

    def start(files: str | Mapping[str, str]) -> AppSession:
        key = repr(files)
        if key not in sessions:
            folder = tmp_path_factory.mktemp("app")
            write_files(folder, files)
            sessions[key] = AppSession.start(AppTarget.parse(directory=folder), base=folder)
        return sessions[key]

    yield start
    for session in sessions.values():
        session.close()


@pytest.fixture
def open_app(tmp_path: Path) -> Iterator[OpenApp]:
    """Write an app into a fresh folder and start a session on it; all are closed in the end."""
    sessions: list[AppSession] = []

    def start(files: str | Mapping[str, str], target: str | None = None, *, factory: bool = False, **options: Any) -> AppSession:
        write_files(tmp_path, files)
        parsed = AppTarget.parse(target, factory=factory, directory=tmp_path)
        session = AppSession.start(parsed, base=tmp_path, **options)
        sessions.append(session)
        return session

    yield start
    for session in sessions:
        session.close()
