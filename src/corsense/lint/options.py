"""Which findings are wanted: the command line, `[tool.corsense]`, and comments beside the source."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path

from corsense.config import Configuration, read_rules
from corsense.errors import InputError
from corsense.finding import Finding
from corsense.lint.program import Module

_COMMENT = re.compile(r"#.*?\bcorsense:\s*ignore(?!-)(?:\s*\[([^\]]*)\])?")


@dataclass(frozen=True, slots=True)
class Options:
    """`select` (empty: everything) and `ignore` name causes by slug or code; `per_file` ignores by a pattern of the path."""

    select: frozenset[str] = frozenset()
    ignore: frozenset[str] = frozenset()
    per_file: Mapping[str, frozenset[str]] = field(default_factory=dict)
    folder: Path = Path()

    @classmethod
    def read(cls, start: Path, select: Sequence[str] = (), ignore: Sequence[str] = ()) -> Options:
        """The options of the command line, and those of the configuration near `start`.

        Raises:
            InputError: a name is no cause, or the configuration cannot be read.
        """
        configuration = Configuration.near(start)
        return cls(
            named_rules(select, "--select") or configuration.select,
            named_rules(ignore, "--ignore") | configuration.ignore,
            configuration.per_file_ignores,
            configuration.folder,
        )

    def wants(self, finding: Finding) -> bool:
        """Whether a finding is wanted, comments aside."""
        slug = finding.cause.slug
        if (self.select and slug not in self.select) or slug in self.ignore:
            return False
        return not any(slug in ignored and self._matches(finding, pattern) for pattern, ignored in self.per_file.items())

    def _matches(self, finding: Finding, pattern: str) -> bool:
        if finding.place is None:
            return False
        file = Path(finding.place.file).absolute()
        base = self.folder.absolute()
        shown = file.relative_to(base).as_posix() if file.is_relative_to(base) else file.as_posix()
        return fnmatch(shown, pattern) or fnmatch(file.name, pattern)


def named_rules(names: Iterable[str], option: str) -> frozenset[str]:
    """The slugs of the causes that an option of the command line names by slug or code, several at once with commas between.

    Raises:
        InputError: there is no such cause.
    """
    try:
        return read_rules(name.strip() for text in names for name in text.split(",") if name.strip())
    except InputError as error:
        raise InputError(f"{option}: {error}") from None


def is_ignored(finding: Finding, module: Module) -> bool:
    """Whether a comment `# corsense: ignore[slug]` stands on one of the lines of a finding, or of the statement around it."""
    place = finding.place
    if place is None or "corsense:" not in module.text:
        return False
    for line in range(place.line, (place.end_line or place.line) + 1):
        found = _COMMENT.search(module.lines[line - 1]) if line <= len(module.lines) else None
        if found and (found[1] is None or _names_it(found[1], finding)):
            return True
    return False


def _names_it(listed: str, finding: Finding) -> bool:
    names = {name.strip().lower() for name in listed.split(",")}
    return finding.cause.slug in names or finding.cause.code.lower() in names
