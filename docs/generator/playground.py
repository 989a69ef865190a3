"""The playground of the site: the page below docs/playground, Pyodide, and corsense's own modules in an archive.

Pyodide comes from the npm package that scripts/node-packages installs; nothing of it is kept in this repository.
"""

from __future__ import annotations

import gzip
import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import zipfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "docs" / "playground"
PACKAGE = ROOT / "src" / "corsense"
PYODIDE = ROOT / "build" / "node" / "node_modules" / "pyodide"

CORE = ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm")
"""The files of Pyodide without which Python does not start; beside them, its standard library."""

NOT_IN_A_PAGE = (
    *("_pyrepl/", "ctypes/", "doctest.py", "email/", "ensurepip/", "ftplib.py", "imaplib.py", "mailbox.py", "multiprocessing/"),
    *("pdb.py", "poplib.py", "pydoc.py", "pydoc_data/", "smtplib.py", "sqlite3/", "tkinter/", "turtle.py", "unittest/", "venv/"),
    *("wsgiref/", "xml/", "xmlrpc/"),
)
"""Parts of the standard library that no answer imports; one that does is kept."""

_PROBES: tuple[dict[str, str], ...] = (
    {"text": "Access to fetch at 'http://a.b/' from origin 'http://c.d' has been blocked by CORS policy: No "
     "'Access-Control-Allow-Origin' header is present on the requested resource."},
    {"text": "from fastapi import FastAPI\nfrom fastapi.middleware.cors import CORSMiddleware\napp = FastAPI()\n"
     "app.add_middleware(CORSMiddleware, allow_origins=['http://localhost:3000/'])\n"},
    {"text": "curl 'http://a.b/' -H 'Origin: http://c.d'", "response": "HTTP/1.1 200 OK\nserver: nginx"},
    {"text": "Policy(origins=['https://a.example'])", "origin": "https://a.example"},
    {"text": "server {\n  location / {\n    add_header Access-Control-Allow-Origin *;\n  }\n}\n"},
    {"text": '{"log": {"entries": [{"_resourceType": "fetch", "request": {"method": "GET", "url": "http://a.b/", "headers": '
     '[{"name": "Origin", "value": "http://c.d"}]}, "response": {"status": 200, "headers": []}}]}}'},
)  # fmt: skip
"""A question of each kind. What their answers import of the standard library is compiled ahead, which halves the start."""

LEFT_OUT = frozenset({".agents", "browsers", "cli", "demo", "dev", "lsp", "mcp", "replay", "testing"})
"""Folders of corsense that the playground never imports."""

LIBRARIES = {"publicsuffixlist": (".py", ".dat"), "crossplane": (".py",), "yaml": (".py",)}
"""The libraries that the page imports, each pure Python, and which of their files."""

LARGEST = 8_000_000
"""Bytes that the page may take to load, compressed as servers compress."""

_MOMENT = (1980, 1, 1, 0, 0, 0)


def build(folder: Path) -> None:
    """Write the playground into `folder`. Raises FileNotFoundError when Pyodide is not installed."""
    if not PYODIDE.is_dir():
        raise FileNotFoundError(f"{PYODIDE.relative_to(ROOT)} is missing; run scripts/node-packages.")
    folder.mkdir(parents=True, exist_ok=True)
    for source in sorted(SOURCE.iterdir()):
        shutil.copy(source, folder / source.name)
    shutil.copy(PACKAGE / "report" / "html" / "report.css", folder / "report.css")
    (folder / "pyodide").mkdir(exist_ok=True)
    for name in CORE:
        shutil.copy(PYODIDE / name, folder / "pyodide" / name)
    lock = json.loads((PYODIDE / "pyodide-lock.json").read_text(encoding="utf-8"))
    (folder / "pyodide" / "pyodide-lock.json").write_text(json.dumps({**lock, "packages": {}}), encoding="utf-8")
    write_archive(folder / "corsense.zip")
    _write_standard_library(folder)
    sizes = {name: (folder / name).stat().st_size for name in _files(folder) if name != "service-worker.js"}
    (folder / "files.json").write_text(json.dumps({"files": sizes}, indent=1), encoding="utf-8")
    _name_files(folder)


def _write_standard_library(folder: Path) -> None:
    """Write the standard library; what was made of the same files before is taken again, since it takes some seconds."""
    script = Path(__file__).parent / "stdlib.mjs"
    questions, left_out = json.dumps(_PROBES), json.dumps(NOT_IN_A_PAGE)
    made_of = hashlib.sha256(f"{questions}{left_out}".encode())
    for file in (folder / "corsense.zip", PYODIDE / "python_stdlib.zip", script):
        made_of.update(file.read_bytes())
    made = PYODIDE.parents[1] / f"stdlib-{made_of.hexdigest()[:16]}.zip"
    if not made.exists():
        for old in made.parent.glob("stdlib-*.zip"):
            old.unlink(missing_ok=True)
        partial = made.with_suffix(f".{os.getpid()}")
        command: list[str | Path] = ["node", script, PYODIDE, folder / "corsense.zip", questions, left_out, partial]
        ran = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
        if ran.returncode != 0:
            raise RuntimeError(f"the standard library could not be compiled: {ran.stderr[-2000:]}")
        partial.replace(made)
    shutil.copy(made, folder / "pyodide" / "python_stdlib.zip")


def write_archive(path: Path) -> None:
    """Write the modules that the page imports: corsense, and its libraries. The same source gives the same bytes."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, file in sorted(_modules()):
            archive.writestr(zipfile.ZipInfo(name, _MOMENT), file.read_bytes(), zipfile.ZIP_DEFLATED, 9)


def compressed_size(folder: Path) -> int:
    """Bytes that the page takes to load, each file compressed as servers compress."""
    return sum(len(gzip.compress((folder / name).read_bytes(), 6)) for name in _files(folder))


def _modules() -> Iterator[tuple[str, Path]]:
    for file in PACKAGE.rglob("*"):
        folders = file.relative_to(PACKAGE).parent.as_posix()
        left_out = any(folders == name or folders.startswith(f"{name}/") for name in LEFT_OUT)
        if file.is_file() and "__pycache__" not in file.parts and not left_out:
            yield f"corsense/{file.relative_to(PACKAGE).as_posix()}", file
    for package, suffixes in LIBRARIES.items():
        found = importlib.util.find_spec(package)
        assert found is not None, f"{package} is not installed; run scripts/setup"
        assert found.origin is not None
        for file in Path(found.origin).parent.rglob("*"):
            if file.suffix in suffixes and file.name != "test.py":
                yield f"{package}/{file.relative_to(Path(found.origin).parent).as_posix()}", file


def _files(folder: Path) -> list[str]:
    return sorted(file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file())


def _name_files(folder: Path) -> None:
    """Fill in the service worker's list of files, and a version that changes when any of them does."""
    names = [name for name in _files(folder) if name != "service-worker.js"]
    version = hashlib.sha256()
    for name in names:
        version.update(name.encode())
        version.update((folder / name).read_bytes())
    file = folder / "service-worker.js"
    text = file.read_text(encoding="utf-8")
    text = text.replace('"{version}"', json.dumps(version.hexdigest()[:16])).replace('["{files}"]', json.dumps(names))
    file.write_text(text, encoding="utf-8")
