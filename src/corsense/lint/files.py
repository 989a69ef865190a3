"""Which files of a tree are worth reading as programs: their bytes tell."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

_SUFFIXES = (".py", ".pyw", ".pyi")
_SKIPPED = frozenset({"__pycache__", "node_modules", "site-packages", "dist-packages", "__pypackages__"})
_BY_ONE = 2500
"""Up to so many files, starting more processes takes longer than reading them."""

_FRAMEWORKS = (b"fastapi", b"starlette")
_BY_HAND = re.compile(rb"ontrol-[Aa]llow-[Oo]rigin|@[\w.]+\.options\(|@[\w.]+route\([^)]*OPTIONS")
_APPS = (b"FastAPI(", b"Starlette(", b"add_middleware")


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file that was not read, and why. `line` and `column` say where it cannot be read, where that is known."""

    file: str
    reason: str
    line: int | None = None
    column: int | None = None

    @property
    def place(self) -> str:
        """`main.py:3:12`, or the file alone."""
        return f"{self.file}:{self.line}:{self.column}" if self.line is not None else self.file


@dataclass(frozen=True, slots=True)
class Scan:
    """What the bytes of a tree's files tell: those that `concern` CORS, and the `apps` that may call what those define."""

    files: int
    concern: tuple[Path, ...]
    apps: tuple[Path, ...]
    skipped: tuple[Skipped, ...] = ()
    unreadable: tuple[Skipped, ...] = ()


def scan(paths: Sequence[Path]) -> Scan:
    """Look at the bytes of every Python file below the paths, with all processors where there are many.

    Raises:
        FileNotFoundError: one of the paths does not exist.
    """
    links: set[str] = set()
    found = _once([file for path in paths for file in _below(path, links)], links, len(paths))
    sources = [file for file in found if not file.endswith(".ipynb")]
    workers = min(os.cpu_count() or 1, 1 + len(sources) // _BY_ONE)
    results = _in_processes(sources, workers) if workers > 1 else [_look_at(sources)]
    return Scan(
        len(sources),
        tuple(Path(file) for result in results for file in result[0]),
        tuple(Path(file) for result in results for file in result[1]),
        tuple(Skipped(file, "a notebook, which is not read") for file in found if file.endswith(".ipynb") and _concerns(file)),
        tuple(Skipped(*pair) for result in results for pair in result[2]),
    )


def _once(files: list[str], links: set[str], paths: int) -> list[str]:
    """The files, each once, whatever path or symbolic link leads to it; by the link only where nothing else does."""
    if paths == 1 and not links:
        return files
    found: dict[str, str] = {}
    for file in sorted(files, key=links.__contains__):
        found.setdefault(os.path.realpath(file), file)
    kept = set(found.values())
    return [file for file in dict.fromkeys(files) if file in kept]


Looked = tuple[list[str], list[str], list[tuple[str, str]]]


def _in_processes(sources: list[str], workers: int) -> list[Looked]:
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor

    methods = multiprocessing.get_all_start_methods()
    context = multiprocessing.get_context("fork" if "fork" in methods else "spawn")
    parts = [sources[number::workers] for number in range(workers)]
    with ProcessPoolExecutor(workers, mp_context=context) as pool:
        return list(pool.map(_look_at, parts))


def _look_at(sources: list[str]) -> Looked:
    concern: list[str] = []
    apps: list[str] = []
    unreadable: list[tuple[str, str]] = []
    for file in sources:
        try:
            content = _bytes_of(file)
        except OSError as error:
            unreadable.append((file, error.strerror or str(error)))
            continue
        if concerns_cors(content):
            concern.append(file)
            apps.append(file)
        elif any(name in content for name in _FRAMEWORKS) and any(name in content for name in _APPS):
            apps.append(file)
    return concern, apps, unreadable


def _bytes_of(file: str) -> bytes:
    # A third faster than `open`, which sets up buffers that nobody uses.
    handle = os.open(file, os.O_RDONLY | getattr(os, "O_BINARY", 0))
    try:
        parts = [os.read(handle, 1 << 20)]
        while len(parts[-1]) == 1 << 20:
            parts.append(os.read(handle, 1 << 20))
    finally:
        os.close(handle)
    return parts[0] if len(parts) == 1 else b"".join(parts)


def concerns_cors(content: bytes) -> bool:
    """Whether a file has a word in it without which no rule finds anything."""
    if b"CORSMiddleware" in content or b"corsense" in content:
        return True
    return any(name in content for name in _FRAMEWORKS) and _BY_HAND.search(content) is not None


def _concerns(file: str) -> bool:
    try:
        return concerns_cors(_bytes_of(file))
    except OSError:
        return False


def _below(path: Path, links: set[str]) -> Iterator[str]:
    """The files below a path; symbolic links are noted in `links` as well."""
    if path.is_dir():
        yield from _walk(str(path), links)
    elif path.exists():
        if path.is_symlink():
            links.add(str(path))
        yield str(path)
    else:
        raise FileNotFoundError(str(path))


def _walk(folder: str, links: set[str]) -> Iterator[str]:
    try:
        with os.scandir(folder) as entries:
            listed = sorted(entries, key=lambda entry: entry.name)
    except OSError:
        return
    for entry in listed:
        name = entry.name
        if entry.is_dir(follow_symlinks=False):
            if not name.startswith(".") and name not in _SKIPPED and not os.path.exists(f"{entry.path}/pyvenv.cfg"):
                yield from _walk(entry.path, links)
        elif name.endswith(_SUFFIXES) or name.endswith(".ipynb"):
            file = os.path.normpath(entry.path)
            if entry.is_symlink():
                links.add(file)
            yield file
