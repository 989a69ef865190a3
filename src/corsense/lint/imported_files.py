"""`ImportedFiles`: which file of the tree an import means. Nothing is imported."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

_ANCESTORS = 8
"""How many folders above a file are searched for the module that it imports."""


@dataclass(eq=False)
class ImportedFiles:
    """Looks for modules beside a file and above it. Paths are absolute strings inside: `Path` takes ten times as long to compare,
    and a large tree asks some ten thousand times."""

    _named: dict[tuple[str, str], Path | None] = field(default_factory=dict, repr=False)
    _found: dict[tuple[str, str], Path | None] = field(default_factory=dict, repr=False)
    _holders: dict[tuple[str, str], tuple[str, ...]] = field(default_factory=dict, repr=False)
    _surroundings: dict[str, tuple[str, ...]] = field(default_factory=dict, repr=False)
    _listed: dict[str, frozenset[str]] = field(default_factory=dict, repr=False)
    _real: dict[str, str] = field(default_factory=dict, repr=False)

    def find(self, importer: Path, name: str, level: int = 0) -> Path | None:
        """The file that an import of `name` in the file `importer`, an absolute path, means; None for other packages. `level` is
        the number of dots of a relative import."""
        folder = os.path.dirname(importer)
        if level:
            for _ in range(level - 1):
                folder = os.path.dirname(folder)
            return self._at(folder, name)
        key = (folder, name)
        if key not in self._found:
            self._found[key] = next(self._upwards(folder, name), None)
        found = self._found[key]
        if found == importer:  # it means another one of its own name
            return next((path for path in self._upwards(folder, name) if path != importer), None)
        return found

    def may_have(self, importer: Path, name: str, level: int = 0) -> bool:
        """Whether anything that `find` looks at has the first part of a name. True for relative imports."""
        return level > 0 or bool(self._holding(os.path.dirname(importer), name.partition(".")[0]))

    def _upwards(self, folder: str, name: str) -> Iterator[Path]:
        """The files of a name in a folder and those around it."""
        for around in self._holding(folder, name.partition(".")[0]):
            found = self._at(around, name)
            if found is not None:
                yield found

    def _holding(self, folder: str, first: str) -> tuple[str, ...]:
        """A folder and those around it, as far as they hold the first part of a module's name."""
        key = (folder, first)
        if key not in self._holders:
            names = {first, f"{first}.py"}
            self._holders[key] = tuple(
                around for around in self._around(folder) if not first or not names.isdisjoint(self._entries(around))
            )
        return self._holders[key]

    def _around(self, folder: str) -> tuple[str, ...]:
        """A folder and those around it, up to the root of the repository."""
        if folder not in self._surroundings:
            found = []
            current = folder
            for _ in range(_ANCESTORS):
                found.append(current)
                above = os.path.dirname(current)
                if above == current or ".git" in self._entries(current):
                    break
                current = above
            self._surroundings[folder] = tuple(found)
        return self._surroundings[folder]

    def _at(self, folder: str, name: str) -> Path | None:
        key = (folder, name)
        if key not in self._named:
            path = self._candidate(folder, name)
            self._named[key] = Path(path) if path is not None and self._is_within(path, folder) else None
        return self._named[key]

    def _candidate(self, folder: str, name: str) -> str | None:
        """Where the module of a name is below a folder, by the names of what is in the folders on the way."""
        home = folder
        *packages, last = name.split(".")
        for package in packages:
            if package not in self._entries(home):
                return None
            home = f"{home}{os.sep}{package}"
        if last and f"{last}.py" in self._entries(home):
            return os.path.join(home, f"{last}.py")
        if last:
            if last not in self._entries(home):
                return None
            home = f"{home}{os.sep}{last}"
        return os.path.join(home, "__init__.py") if "__init__.py" in self._entries(home) else None

    def _entries(self, folder: str) -> frozenset[str]:
        """The names of what is in a folder."""
        if folder not in self._listed:
            try:
                self._listed[folder] = frozenset(os.listdir(folder))
            except OSError:
                self._listed[folder] = frozenset()
        return self._listed[folder]

    def _is_within(self, path: str, folder: str) -> bool:
        """Whether a path is a file and no link on the way to it leads out of a folder."""
        try:
            mode = os.lstat(path).st_mode
        except OSError:
            return False
        real = os.path.realpath(path) if stat.S_ISLNK(mode) else os.path.join(self._real_folder(os.path.dirname(path)), "")
        is_file = stat.S_ISREG(mode) or (stat.S_ISLNK(mode) and os.path.isfile(path))
        return is_file and real.startswith(self._real_folder(folder).rstrip(os.sep) + os.sep)

    def _real_folder(self, folder: str) -> str:
        if folder not in self._real:
            self._real[folder] = os.path.realpath(folder)
        return self._real[folder]
