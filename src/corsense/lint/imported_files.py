"""`ImportedFiles`: which file of the tree an import means. Nothing is imported."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

_ANCESTORS = 8
"""In how many folders above a file the module that it imports is looked for."""


@dataclass(eq=False)
class ImportedFiles:
    """Looks for modules beside a file and above it. Paths are absolute strings inside: `Path` takes ten times as long to compare,
    and a large tree asks some ten thousand times."""

    _named: dict[tuple[str, str], Path | None] = field(default_factory=dict, repr=False)
    _found: dict[tuple[str, str], tuple[Path, ...]] = field(default_factory=dict, repr=False)
    _surroundings: dict[str, tuple[frozenset[str], tuple[str, ...]]] = field(default_factory=dict, repr=False)
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
            self._found[key] = tuple(self._upwards(folder, name))
        return next((path for path in self._found[key] if path != importer), None)

    def _upwards(self, folder: str, name: str) -> Iterator[Path]:
        """The files of a name in a folder and those around it."""
        first = name.partition(".")[0]
        names, folders = self._around(folder)
        if first and first not in names:
            return  # most imports are of other packages
        for around in folders:
            found = self._at(around, name)
            if found is not None:
                yield found

    def _around(self, folder: str) -> tuple[frozenset[str], tuple[str, ...]]:
        """A folder and those around it, up to the root of the repository, behind the names of what is in them."""
        if folder not in self._surroundings:
            names: set[str] = set()
            found = []
            current = folder
            for _ in range(_ANCESTORS):
                entries = self._entries(current)
                names |= entries
                found.append(current)
                above = os.path.dirname(current)
                if above == current or ".git" in entries:
                    break
                current = above
            self._surroundings[folder] = frozenset(names), tuple(found)
        return self._surroundings[folder]

    def _at(self, folder: str, name: str) -> Path | None:
        first = name.partition(".")[0]
        if first and first not in self._entries(folder):
            return None
        key = (folder, name)
        if key not in self._named:
            self._named[key] = next((Path(path) for path in _candidates(folder, name) if self._is_within(path, folder)), None)
        return self._named[key]

    def _entries(self, folder: str) -> frozenset[str]:
        """The names of what is in a folder, those of modules without their `.py`."""
        if folder not in self._listed:
            try:
                with os.scandir(folder) as entries:
                    self._listed[folder] = frozenset(entry.name.removesuffix(".py") for entry in entries)
            except OSError:
                self._listed[folder] = frozenset()
        return self._listed[folder]

    def _is_within(self, path: str, folder: str) -> bool:
        """Whether a path is a file and no link on the way to it leads out of a folder."""
        if not os.path.isfile(path):
            return False
        if folder not in self._real:
            self._real[folder] = os.path.realpath(folder)
        return os.path.realpath(path).startswith(self._real[folder].rstrip(os.sep) + os.sep)


def _candidates(folder: str, name: str) -> Iterator[str]:
    base = os.path.join(folder, *name.split(".")) if name else folder
    if name:
        yield f"{base}.py"
    yield os.path.join(base, "__init__.py")
