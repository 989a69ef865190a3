"""What one changed file costs in `corsense lsp`: a tree of 1,000 files, one of them edited."""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from bench.rounds import median, table
from corsense.lint.incremental import LintSession

AIM = 50.0
"""Milliseconds for one changed file."""

CORS = """\
from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware


def add_cors(app: FastAPI, origins: list[str]) -> None:
    app.add_middleware(CORSMiddleware, allow_origins=origins, allow_credentials=True, allow_methods=["*"])
"""
SETTINGS = 'ORIGINS = ["https://app.example.com", "http://localhost:3000/"]\n'
ROUTER = """\
from fastapi import APIRouter

from app.settings import ORIGINS

router = APIRouter()


@router.get("/items/{number}")
def read(number: int) -> int: ...


@router.post("/items")
def write(body: dict[str, str]) -> None: ...
"""


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="scripts/bench editing", description=__doc__)
    parser.add_argument("--rounds", type=int, default=9, help="edits to take the median of (default: %(default)s)")
    asked = parser.parse_args()
    print(report(asked.rounds))


def report(rounds: int) -> str:
    """The table of trees by what is edited, in milliseconds of processor time."""
    rows = []
    for services, files in ((20, 50), (4, 250), (1, 1000)):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name).resolve()
            for number in range(services):
                write_service(folder / f"service{number:02}" / "app", files)
            start = time.process_time()
            session = LintSession((folder,))
            session.findings()
            first = _milliseconds_since(start)
            rows.append([f"{services} apps of {files} files: opened", f"{first:.0f}", ""])
            for file in ("settings.py", "routers/router000.py", "main.py", "cors.py"):
                path = folder / "service00" / "app" / file
                spent = [_edit(session, path, text) for text in edits_of(path, rounds)]
                rows.append(
                    [f"{services} apps of {files} files: {file} is edited", f"{median(spent):.1f}", f"{median(spent) / AIM:.2f}"]
                )
    return table(("tree", "processor, ms", "to the aim of 50 ms"), rows)


def _edit(session: LintSession, path: Path, text: bytes) -> float:
    """The processor time of one edit, in milliseconds."""
    start = time.process_time()
    session.change(path, text)
    session.findings()
    return _milliseconds_since(start)


def edits_of(path: Path, rounds: int) -> Iterator[bytes]:
    """The texts of a file while someone types at its end."""
    for number in range(rounds):
        yield path.read_bytes() + b"\nvalue = %d\n" % number


def _milliseconds_since(start: float) -> float:
    return (time.process_time() - start) * 1000


def write_service(folder: Path, files: int) -> None:
    """An app of so many files: it reads its origins from settings, and hands them to a function that adds the layer."""
    (folder / "routers").mkdir(parents=True)
    names = [f"router{number:03}" for number in range(files - 5)]
    for package in (folder, folder / "routers"):
        (package / "__init__.py").touch()
    (folder / "cors.py").write_text(CORS)
    (folder / "settings.py").write_text(SETTINGS)
    for name in names:
        (folder / "routers" / f"{name}.py").write_text(ROUTER)
    imports = "".join(f"from app.routers import {name}\n" for name in names)
    includes = "".join(f"app.include_router({name}.router)\n" for name in names)
    head = "from fastapi import FastAPI\n\nfrom app.cors import add_cors\nfrom app.settings import ORIGINS\n"
    (folder / "main.py").write_text(f"{head}{imports}\napp = FastAPI()\nadd_cors(app, ORIGINS)\n{includes}")


if __name__ == "__main__":
    main()
