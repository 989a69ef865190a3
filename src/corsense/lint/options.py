"""Which findings are wanted: the command line, `[tool.corsense]`, and comments beside the source."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from fnmatch import fnmatch
from pathlib import Path

from corsense.causes import catalogue
from corsense.finding import Finding
from corsense.lint.program import Module
from corsense.readers.errors import InputError, quoted

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
        """The options of the command line, added to those of the nearest `pyproject.toml` with `[tool.corsense]`.

        Raises:
            InputError: a name is no cause, or the table cannot be read.
        """
        folder, table = _table(start)
        per_file = table.get("per-file-ignores", {})
        if not isinstance(per_file, dict):
            raise InputError(
                '[tool.corsense] per-file-ignores is no table; write per-file-ignores = { "tests/*" = ["wildcard-origins"] }.'
            )
        return cls(
            slugs(select, "--select") or slugs(_names(table, "select"), "[tool.corsense] select"),
            slugs(ignore, "--ignore") | slugs(_names(table, "ignore"), "[tool.corsense] ignore"),
            {str(name): slugs(_names(per_file, name), "per-file-ignores") for name in per_file},
            folder,
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


def slugs(names: Iterable[str], source: str) -> frozenset[str]:
    """The slugs of causes that are named by slug or code, several at once with commas between.

    Raises:
        InputError: there is no such cause; `source` says where it was named.
    """
    known = {name: cause.slug for cause in catalogue() for name in (cause.slug, cause.code)}
    found = set()
    for name in (part.strip() for text in names for part in text.split(",")):
        if not name:
            continue
        slug = known.get(name) or known.get(name.upper()) or known.get(name.lower())
        if slug is None:
            near = get_close_matches(name, list(known), 1)
            hint = f"did you mean {near[0]}?" if near else "`corsense rule` lists them all."
            raise InputError(f"{source} names {quoted(name)}, which is no rule; {hint}")
        found.add(slug)
    return frozenset(found)


def _names(table: Mapping[str, object], key: str) -> list[str]:
    value = table.get(key, [])
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return [str(item) for item in value]
    raise InputError(f"[tool.corsense] {key} is {quoted(value)}, where a list of rules is due.")


def _table(start: Path) -> tuple[Path, Mapping[str, object]]:
    """`[tool.corsense]` of the nearest `pyproject.toml` that has one, from `start` upwards."""
    folder = start.absolute() if start.is_dir() else start.absolute().parent
    for candidate in (folder, *folder.parents):
        file = candidate / "pyproject.toml"
        try:
            document = tomllib.loads(file.read_text(encoding="utf-8"))
        except OSError:
            continue
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise InputError(f"{file} cannot be read: {error}.") from None
        tool = document.get("tool", {})
        table = tool.get("corsense") if isinstance(tool, dict) else None
        if isinstance(table, dict):
            return candidate, table
    return folder, {}


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
