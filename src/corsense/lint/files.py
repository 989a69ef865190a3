"""Which files of a tree are worth reading as programs: their bytes tell."""

from __future__ import annotations

import errno
import os
import re
import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from corsense.layers.reading.recognition import format_of, may_be_configuration

_SUFFIXES = (".py", ".pyw", ".pyi")
_SKIPPED = frozenset({"__pycache__", "node_modules", "site-packages", "dist-packages", "__pypackages__"})
_MARK = "pyvenv.cfg"
"""A folder with this file is an environment of Python."""
_BY_ONE = 10_000
"""Up to this many files, starting more processes takes longer than reading them."""

LARGEST = 4_000_000
"""Bytes of the largest file that is read. Larger ones are not written by hand."""

_ASGI = b"http.response.start"
_FRAMEWORKS = (b"fastapi", b"starlette", _ASGI)
_KEPT = 64_000_000
"""Up to this many bytes of files that may be read as programs are kept in memory; the rest is read again."""

_BY_HAND = re.compile(rb"ontrol-[Aa]llow-(?:[Oo]rigin|[Pp]rivate)|@[\w.]+\.options\(|@[\w.]+route\([^)]*OPTIONS")
_HINTS = (b"ontrol-Allow-", b"ontrol-allow-", b".options(", b"OPTIONS")
"""One of these is in every file in which `_BY_HAND` finds something; to look for them takes a tenth of the time."""
_APP_MADE = re.compile(rb"=\s*(?:\w+\.)?(?:FastAPI|Starlette)\(")
POST_ROUTE = re.compile(rb"@\s*[\w.]+\.post\(\s*(?:path\s*=\s*)?[\"']([^\"'\n]{0,200})[\"']")
"""A route that a form reaches: other methods that change state need a preflight."""
POST_LISTED = re.compile(rb"\bmethods\s*=\s*[\[({][^\])}]{0,200}[\"']POST[\"']")
INCLUDES = re.compile(rb"\.include_router\(")
_HELPERS = (b"cors", b"fastapi", b"starlette", b"middleware")
"""What a file mentions, in upper or lower case, that may call a function which configures an app."""


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file that was not read, and why. `line` and `column` say where it cannot be read, where that is known."""

    file: str
    reason: str
    line: int | None = None
    column: int | None = None
    is_unusual: bool = False
    """Whether it is left out because of what it is: a device, a FIFO, a link that leads out, a file that is too large."""

    @property
    def place(self) -> str:
        """`main.py:3:12`, or the file alone."""
        return f"{self.file}:{self.line}:{self.column}" if self.line is not None else self.file


@dataclass(frozen=True, slots=True)
class Scan:
    """What the bytes of a tree's files tell: those that `concern` CORS, `apps`, those that may call what those define,
    `helpers`, those that write CORS headers without a word of the framework, and `writing`, those without a word of CORS that
    make an app which may take writes."""

    files: int
    concern: tuple[Path, ...]
    apps: tuple[Path, ...]
    helpers: tuple[Path, ...] = ()
    writing: tuple[Path, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    unreadable: tuple[Skipped, ...] = ()
    configurations: tuple[str, ...] = ()
    """Files that may configure a proxy, by their names; those that are named, by their text."""
    contents: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    """The bytes of files of `apps`, as far as they are kept, by path."""
    folders: tuple[Path, ...] = ()
    """The folders that were looked through."""

    def read(self, path: Path) -> bytes:
        """The bytes of a file that was looked at. Raises as `read_source` does."""
        known = self.contents.get(str(path))
        return known if known is not None else read_source(path)


class NotRead(OSError):
    """A file is not read, whatever is in it: it is too large, or no regular file."""


def scan(paths: Sequence[Path]) -> Scan:
    """Look at the bytes of every Python file below the paths, with all processors where there are many. Only regular files up to
    `LARGEST` are read, and no link that leads out of the paths is followed.

    Raises:
        FileNotFoundError: one of the paths does not exist.
    """
    walk = _Walk(tuple(os.path.realpath(path) for path in paths))
    for path in paths:
        walk.add(path)
    found = _once(walk.files, walk.links, len(paths))
    sources = [file for file in found if not file.endswith(".ipynb")]
    workers = min(os.cpu_count() or 1, 1 + len(sources) // _BY_ONE)
    results = _in_processes(sources, workers) if workers > 1 else [_look_at(sources, _KEPT)]
    refused = {pair for result in results for pair in result.refused}
    named = {str(path) for path in paths}
    return Scan(
        len(sources),
        tuple(Path(file) for result in results for file in result.concern),
        tuple(Path(file) for result in results for file in result.apps),
        tuple(Path(file) for result in results for file in result.helpers),
        tuple(Path(file) for result in results for file in result.writing),
        (
            *walk.skipped,
            *(Skipped(*pair, is_unusual=True) for pair in sorted(refused) if pair[0] not in named),
            *(Skipped(file, "a notebook, which is not read") for file in found if file.endswith(".ipynb") and _concerns(file)),
        ),
        (
            *walk.unreadable,
            *(Skipped(*pair) for pair in sorted(refused) if pair[0] in named),
            *(Skipped(*pair) for result in results for pair in result.unreadable),
        ),
        tuple(dict.fromkeys(walk.configurations)),
        results[0].contents if len(results) == 1 else {},
        tuple(path for path in paths if path.is_dir()),
    )


def _once(files: list[str], links: set[str], paths: int) -> list[str]:
    """The files, each once, whatever path or symbolic link leads to it; by the link only where nothing else does."""
    if paths == 1 and not links:
        return files
    found: dict[str, str] = {}
    folders: dict[str, str] = {}
    for file in sorted(files, key=links.__contains__):
        if file in links:
            found.setdefault(os.path.realpath(file), file)
            continue
        folder, name = os.path.split(file)
        if folder not in folders:
            folders[folder] = os.path.realpath(folder)
        found.setdefault(os.path.join(folders[folder], name), file)
    kept = set(found.values())
    return [file for file in dict.fromkeys(files) if file in kept]


@dataclass(slots=True)
class _Looked:
    """What the bytes of files tell."""

    concern: list[str] = field(default_factory=list)
    apps: list[str] = field(default_factory=list)
    helpers: list[str] = field(default_factory=list)
    writing: list[str] = field(default_factory=list)
    refused: list[tuple[str, str]] = field(default_factory=list)
    unreadable: list[tuple[str, str]] = field(default_factory=list)
    contents: dict[str, bytes] = field(default_factory=dict)


def _in_processes(sources: list[str], workers: int) -> list[_Looked]:
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor

    methods = multiprocessing.get_all_start_methods()
    context = multiprocessing.get_context("fork" if "fork" in methods else "spawn")
    size = -(-len(sources) // workers)
    parts = [sources[start : start + size] for start in range(0, len(sources), size)]  # so that the files stay in their order
    with ProcessPoolExecutor(workers, mp_context=context) as pool:
        return list(pool.map(_look_at, parts))


def _look_at(sources: list[str], kept: int = 0) -> _Looked:
    """Look at the bytes of files, and keep a limited number of them."""
    found = _Looked()
    for file in sources:
        try:
            content = _bytes_of(file)
        except NotRead as error:
            found.refused.append((file, str(error)))
            continue
        except OSError as error:
            found.unreadable.append((file, error.strerror or str(error)))
            continue
        part = part_of(content)
        if part is None:
            continue
        found.apps.append(file)
        if part != "app":
            getattr(found, part).append(file)
        if len(content) <= kept:
            found.contents[file] = content
            kept -= len(content)
    return found


Part = Literal["concern", "helpers", "writing", "app"]
"""The part of a scan that a file is in, beside its `apps`; `app` for none."""


def part_of(content: bytes) -> Part | None:
    """What the bytes of a file tell; None where they have nothing to do with CORS or the frameworks."""
    lowered = content.lower()  # ten times as fast as an expression that ignores case
    speaks = any(word in lowered for word in _HELPERS)
    if not speaks and _ASGI not in content:
        return None
    by_hand = _is_by_hand(content)
    if _names_cors(content) or (by_hand and is_of_framework(content)):
        return "concern"
    if not speaks:
        return None
    return "helpers" if by_hand else "writing" if makes_an_app(content) else "app"


def read_source(path: Path) -> bytes:
    """The bytes of a regular file that is not too large. Nothing else is opened for longer than it takes to see what it is.

    Raises:
        NotRead: it is larger than `LARGEST`, or no regular file.
        OSError: it cannot be read.
    """
    return _bytes_of(str(path))


_FLAGS = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)
"""A FIFO without a writer does not block."""


def _bytes_of(file: str) -> bytes:
    # A third faster than `open`, which sets up buffers that are not needed.
    try:
        handle = os.open(file, _FLAGS)
    except OSError as error:
        if error.errno == errno.ENXIO:  # a socket
            raise NotRead("not a regular file") from None
        raise
    try:
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode):
            raise NotRead("not a regular file")
        if status.st_size > LARGEST:
            raise NotRead(_TOO_LARGE)
        wanted = min(status.st_size + (1 << 12), 1 << 20)  # a larger buffer takes time to give back
        parts = [os.read(handle, wanted)]
        size = len(parts[0])
        while len(parts[-1]) == wanted:
            parts.append(os.read(handle, wanted))
            size += len(parts[-1])
            if size > LARGEST:  # it grows while it is read
                raise NotRead(_TOO_LARGE)
    finally:
        os.close(handle)
    return parts[0] if len(parts) == 1 else b"".join(parts)


_TOO_LARGE = f"larger than {LARGEST // 1_000_000} MB"


def concerns_cors(content: bytes) -> bool:
    """Whether a file has a word in it without which no rule finds anything."""
    return _names_cors(content) or (_is_by_hand(content) and is_of_framework(content))


def _names_cors(content: bytes) -> bool:
    return b"CORSMiddleware" in content or b"corsense" in content


def _is_by_hand(content: bytes) -> bool:
    """Whether a file may write a CORS header or answer a preflight itself."""
    return any(hint in content for hint in _HINTS) and _BY_HAND.search(content) is not None


def makes_an_app(content: bytes) -> bool:
    """Whether a file makes an app that forms may reach: it has POST routes, or includes routers."""
    if b"FastAPI(" not in content and b"Starlette(" not in content:
        return False
    return _APP_MADE.search(content) is not None and (
        INCLUDES.search(content) is not None or POST_ROUTE.search(content) is not None or POST_LISTED.search(content) is not None
    )


def is_of_framework(content: bytes) -> bool:
    """Whether a file has to do with FastAPI, Starlette or ASGI."""
    return any(name in content for name in _FRAMEWORKS)


def _concerns(file: str) -> bool:
    try:
        return concerns_cors(_bytes_of(file))
    except OSError:
        return False


@dataclass(slots=True)
class _Walk:
    """The files below some paths, in the order of the paths and of their names. `homes` are the paths without links on the way;
    `links` are those of the files that are symbolic links."""

    homes: tuple[str, ...]
    found: dict[str, None] = field(default_factory=dict)
    links: set[str] = field(default_factory=set)
    configurations: list[str] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    unreadable: list[Skipped] = field(default_factory=list)

    @property
    def files(self) -> list[str]:
        return list(self.found)

    def add(self, path: Path) -> None:
        """Add a file, or what is below a folder.

        Raises:
            FileNotFoundError: there is no such path.
        """
        if path.is_dir():
            self._below(str(path))
        elif _configures_a_proxy(path):
            self.configurations.append(str(path))
        elif path.exists():
            if path.is_symlink():
                self.links.add(str(path))
            self.found[str(path)] = None
        else:
            raise FileNotFoundError(str(path))

    def _below(self, root: str) -> None:
        waiting = [root]
        while waiting:
            folder = waiting.pop()
            try:
                with os.scandir(folder) as entries:
                    listed = sorted(entries, key=lambda entry: entry.name)
            except OSError as error:
                self.unreadable.append(Skipped(folder, error.strerror or str(error)))
                continue
            if folder != root and any(entry.name == _MARK for entry in listed):
                continue
            inner = [entry for entry in listed if entry.is_dir(follow_symlinks=False) and _is_searched(entry.name)]
            waiting += [entry.path for entry in reversed(inner)]
            for entry in listed:
                if entry.name.endswith((*_SUFFIXES, ".ipynb")) and not entry.is_dir(follow_symlinks=False):
                    self._file(entry)
                elif may_be_configuration(entry.name) and entry.is_file(follow_symlinks=False):
                    self.configurations.append(os.path.normpath(entry.path))
                elif entry.is_symlink() and entry.is_dir() and self._leads_out(entry.path) and _is_of_program(entry):
                    self.skipped.append(Skipped(entry.path, "a link that leads out of the folder", is_unusual=True))

    def _file(self, entry: os.DirEntry[str]) -> None:
        path = os.path.normpath(entry.path)
        if entry.is_symlink():
            if not os.path.exists(entry.path):
                self.unreadable.append(Skipped(path, os.strerror(errno.ENOENT)))
                return
            if self._leads_out(entry.path):
                self.skipped.append(Skipped(path, "a link that leads out of the folder", is_unusual=True))
                return
            self.links.add(path)
        elif not entry.is_file(follow_symlinks=False):
            self.skipped.append(Skipped(path, "not a regular file", is_unusual=True))
            return
        self.found[path] = None

    def _leads_out(self, path: str) -> bool:
        real = os.path.realpath(path)
        return not any(real == home or real.startswith(home.rstrip(os.sep) + os.sep) for home in self.homes)


def _is_searched(folder: str) -> bool:
    """Whether a folder may be part of the program, by its name: not hidden, not installed packages."""
    return not folder.startswith(".") and folder not in _SKIPPED


def is_looked_at(path: Path, root: Path) -> bool:
    """Whether `scan` looks into the folders between a folder and a file below it: into no environment, and no hidden folder."""
    between = path.relative_to(root).parts[:-1]
    folders = (root.joinpath(*between[:depth]) for depth in range(1, len(between) + 1))
    return all(map(_is_searched, between)) and not any((folder / _MARK).exists() for folder in folders)


def _is_of_program(entry: os.DirEntry[str]) -> bool:
    return _is_searched(entry.name) and not os.path.exists(f"{entry.path}/{_MARK}")


def _configures_a_proxy(path: Path) -> bool:
    """Whether a file that is named is a configuration and no program."""
    if path.name.endswith((*_SUFFIXES, ".ipynb")):
        return False
    try:
        content = _bytes_of(str(path))
    except OSError:
        return may_be_configuration(path.name) and path.exists()
    return may_be_configuration(path.name) or format_of(path.name, content.decode("utf-8", "replace")) is not None
