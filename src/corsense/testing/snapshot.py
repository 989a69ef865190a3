"""What pages may do, kept in a file and reviewed like code: no origin gains access unnoticed."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from corsense._redaction import redact_text
from corsense.errors import InputError
from corsense.testing.matrix import CorsMatrix, PageAccess

VERSION = 1
_HEAD = f"""\
# What browsers let pages of each origin do with this API: the routes they can call, and whether with credentials
# (include), without (omit), or both. Made by corsense; to write it anew: pytest --cors-update. Review the difference.
corsense snapshot {VERSION}
"""
_LINE = re.compile(r"  (?P<method>\S+) (?P<route>.+?)  +(?P<modes>(?:omit|same-origin|include)(?: omit| same-origin| include)*)")
_NOTHING = "  nothing"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What was asked (`origins`, `credentials`, `requests`), and all that was `allowed`."""

    origins: frozenset[str]
    credentials: frozenset[str]
    requests: frozenset[str]
    allowed: frozenset[PageAccess]

    @classmethod
    def of(cls, matrix: CorsMatrix) -> Snapshot:
        """The snapshot of a matrix, without the secrets of URLs."""
        return cls(
            frozenset(matrix.origins),
            frozenset(cell.credentials for cell in matrix),
            frozenset(f"{cell.method} {redact_text(cell.route)}" for cell in matrix),
            frozenset(access._replace(route=redact_text(access.route)) for access in matrix.allowed),
        )

    @classmethod
    def read(cls, text: str, name: str = "the snapshot") -> Snapshot:
        """What a file says. Raises InputError for what is not a snapshot, or one of another version."""
        lines = [line.rstrip() for line in text.splitlines() if line.strip() and not line.startswith("#")]
        if not lines or lines[0] != f"corsense snapshot {VERSION}":
            raise InputError(f"{name} is not a snapshot that this version can read: rewrite it with pytest --cors-update")
        origin = None
        origins, modes, requests, allowed = set[str](), set[str](), set[str](), set[PageAccess]()
        for line in lines[1:]:
            found = _LINE.fullmatch(line)
            if line.startswith("origin "):
                origin = line.removeprefix("origin ")
                origins.add(origin)
            elif line.startswith("credentials "):
                modes.update(line.split()[1:])
            elif line.startswith("request "):
                requests.add(line.removeprefix("request "))
            elif found is not None and origin is not None:
                allowed.update(PageAccess(origin, found["route"], found["method"], mode) for mode in found["modes"].split())
            elif line != _NOTHING:
                raise InputError(f"{name} cannot be read at {line.strip()!r}: rewrite it with pytest --cors-update")
        return cls(frozenset(origins), frozenset(modes), frozenset(requests), frozenset(allowed))

    def __str__(self) -> str:
        """The text of the file: sorted, a line for each request that an origin may make."""
        asked = "".join(f"request {request}\n" for request in sorted(self.requests, key=_by_path))
        modes = " ".join(sorted(self.credentials, reverse=True))
        return f"{_HEAD}\ncredentials {modes}\n{asked}" + "".join(self._of_origin(origin) for origin in sorted(self.origins))

    def _of_origin(self, origin: str) -> str:
        requests: dict[tuple[str, str], list[str]] = {}
        for access in sorted(self.allowed):
            if access.origin == origin:
                requests.setdefault((access.route, access.method), []).append(access.credentials)
        width = max((len(f"{method} {route}") for route, method in requests), default=0)
        lines = [
            f"  {f'{method} {route}':<{width}}  {' '.join(sorted(modes, reverse=True))}"
            for (route, method), modes in requests.items()
        ]
        return "\n".join(["", f"origin {origin}", *(lines or [_NOTHING])]) + "\n"


def _by_path(request: str) -> tuple[str, str]:
    method, _, route = request.partition(" ")
    return route, method


def difference_text(kept: Snapshot, seen: Snapshot, name: str) -> str | None:
    """The message of an assertion that wanted a snapshot to hold; None when it does."""
    parts = [*_changes("gained", seen.allowed - kept.allowed), *_changes("lost", kept.allowed - seen.allowed)]
    for what, before, now in (
        ("origin", kept.origins, seen.origins),
        ("request", kept.requests, seen.requests),
        ("credentials", kept.credentials, seen.credentials),
    ):
        parts += [f"{what} not asked for before: {value}" for value in sorted(now - before)]
        parts += [f"{what} no longer asked for: {value}" for value in sorted(before - now)]
    if not parts:
        return None
    first = f"What pages may do is not what {name} says."
    return "\n".join([first, "", *parts, "", "If that is meant: pytest --cors-update, and review how the file changes."])


def _changes(word: str, changed: Iterable[PageAccess]) -> Iterator[str]:
    by_origin: dict[str, list[PageAccess]] = {}
    for access in sorted(changed):
        by_origin.setdefault(access.origin, []).append(access)
    for origin, accesses in by_origin.items():
        yield f"{origin} {word} access:"
        yield from (f"  {access}" for access in accesses)


def compare(matrix: CorsMatrix, path: str | os.PathLike[str], *, update: bool) -> str | None:
    """Compare with the file at `path`, or write it when `update`. The message of a failure, None when all is well.

    Raises InputError when the file is no snapshot.
    """
    file, seen = Path(path), Snapshot.of(matrix)
    if file.is_dir():
        raise InputError(f"{_shown(file)} is a folder; name a file for the snapshot, such as {_shown(file / 'access.cors')}.")
    if update:
        write(file, str(seen))
        return None
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        return (
            f"There is no snapshot {_shown(file)} yet. Write it with pytest --cors-update (or update=True), review and commit it."
            f"\n\nIt would say:\n\n{seen}"
        )
    return difference_text(Snapshot.read(text, _shown(file)), seen, _shown(file))


def write(file: Path, text: str) -> None:
    """Write a file in one go, so that nobody ever reads half of it; nothing is touched when it says so already."""
    if file.is_file() and file.read_text(encoding="utf-8") == text:
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as stream:
            stream.write(text)
        os.chmod(temporary, 0o644)
        os.replace(temporary, file)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _shown(file: Path) -> str:
    try:
        return file.resolve().relative_to(Path.cwd()).as_posix()
    except ValueError:
        return str(file)
