"""`LintSession`: a tree that is linted again and again while its files are edited.

What was read of a file, its syntax tree included, is kept until the file changes. Findings are kept by group: the files that are
connected by imports, or lie around an app. One changed file has only its group judged again.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from corsense.finding import Finding
from corsense.lint.files import Part, Scan, part_of, read_source, scan
from corsense.lint.linter import uncollected
from corsense.lint.program import Program, Unreadable, import_statements, read_module
from corsense.lint.rule_runner import RuleRunner
from corsense.suppression import EVERYTHING, RuleSelection

_APPS = (b"FastAPI(", b"Starlette(")
_Group = frozenset[Path]


@dataclass(eq=False)
class LintSession:
    """The files below `roots`, absolute folders or files. `selection` says which findings count."""

    roots: tuple[Path, ...]
    selection: RuleSelection = EVERYTHING
    broken: dict[Path, Unreadable] = field(default_factory=dict, init=False)
    """Files whose last text is not Python: what they had before counts."""
    _scan: Scan = field(init=False, repr=False)
    _program: Program = field(init=False, repr=False)
    _kept: dict[str, bytes] = field(default_factory=dict, init=False, repr=False)
    _parts: dict[Path, Part] = field(default_factory=dict, init=False, repr=False)
    _buffers: dict[Path, bytes] = field(default_factory=dict, init=False, repr=False)
    _findings: dict[_Group, tuple[Finding, ...]] = field(default_factory=dict, init=False, repr=False)
    _changed: set[Path] = field(default_factory=set, init=False, repr=False)
    _groups: list[_Group] | None = field(default=None, init=False, repr=False)

    def __post_init__(self) -> None:
        self._program = Program()
        self.reread()

    def reread(self) -> None:
        """Look at the files on the disk again: some were written, came or went."""
        self._scan = scan([root for root in self.roots if root.exists()])
        parts: dict[Path, Part] = dict.fromkeys(self._scan.apps, "app")
        parts |= dict.fromkeys(self._scan.concern, "concern")
        parts |= dict.fromkeys(self._scan.helpers, "helpers")
        parts |= dict.fromkeys(self._scan.writing, "writing")
        self._parts, self._kept = parts, dict(self._scan.contents)
        before, self._program = self._program, Program(self._kept, self._scan.folders)
        for module in before.modules:
            if self._program.content(module.home) == before.content(module.home):
                self._program.keep(module)
        self._findings.clear()
        self._changed.clear()
        self._groups = None
        for path, content in list(self._buffers.items()):
            self._take(path, content)

    def select(self, selection: RuleSelection) -> None:
        """Judge by other rules from now on."""
        self.selection = selection
        self._findings.clear()

    def change(self, path: Path, content: bytes | None) -> None:
        """The text of a file is `content`, whatever is on the disk; None: it is what is on the disk. A text that is not Python
        changes nothing: while someone types, what was known before is the better answer."""
        if content is None:
            self.broken.pop(path, None)
            if self._buffers.pop(path, None) is None:
                return
            try:
                self._take(path, read_source(path))
            except OSError:  # it is no longer there
                self.reread()
            return
        if self._buffers.get(path) != content and self._take(path, content):
            self._buffers[path] = content

    def findings(self) -> dict[Path, list[Finding]]:
        """The findings by file, in the order of lines. Raises InputError when the configuration cannot be read."""
        groups = self._groups if self._groups is not None else self._grouped()
        self._groups = groups
        known = {group: found for group, found in self._findings.items() if not group & self._changed}
        self._findings = {group: known[group] if group in known else self._judge(group) for group in groups}
        self._changed.clear()
        by_file: dict[Path, list[Finding]] = {}
        for found in self._findings.values():
            for finding in found:
                if finding.place is not None:
                    by_file.setdefault(Path(os.path.abspath(finding.place.file)), []).append(finding)
        return by_file

    def content(self, path: Path) -> bytes:
        """What a file contains as far as it counts. Raises OSError where it cannot be read."""
        known = self._kept.get(str(path))
        return known if known is not None else read_source(path)

    def with_text(self, path: Path, content: bytes) -> dict[Path, list[Finding]] | None:
        """The findings if a file had another text; None where that is not Python. Nothing stays changed."""
        try:
            before = self.content(path)
        except OSError:
            return None
        known = dict(self._findings)
        if not self._take(path, content):
            self.broken.pop(path, None)
            return None
        try:
            return self.findings()
        finally:
            self._take(path, before)
            self._findings = known
            self._changed.discard(path)

    def _take(self, path: Path, content: bytes) -> bool:
        """Use a text in place of what was known of a file; False where it is not Python."""
        part = part_of(content)
        home = Path(os.path.abspath(path))
        module = None
        if part is not None or home in self._parts or self._is_read(home):
            try:
                module = read_module(home, content)
            except Unreadable as error:
                self.broken[home] = error
                return False
        self.broken.pop(home, None)
        before = self._connections(home)
        same = import_statements(self._program.content(home)) == import_statements(content)
        self._program.forget(home, imports=not same)
        self._kept[str(home)] = content
        if module is not None:
            self._program.keep(module)
        if part is None:
            self._parts.pop(home, None)
        else:
            self._parts[home] = part
        if self._connections(home) != before:
            self._groups = None
        self._changed.add(home)
        return True

    def _connections(self, home: Path) -> tuple[object, ...]:
        """What decides which files a file belongs to."""
        return home in self._parts, self._may_have_layers(home), self._program.named_by(home)

    def _may_have_layers(self, home: Path) -> bool:
        """Whether what lies around a file may depend on it: an app, or a function that adds a layer to one."""
        part = self._parts.get(home)
        return part == "concern" or (part is not None and any(word in self._program.content(home) for word in _APPS))

    def _is_read(self, home: Path) -> bool:
        return any(home in group for group in self._findings)

    def _judge(self, group: _Group) -> tuple[Finding, ...]:
        by_part: dict[Part, list[Path]] = {"concern": [], "helpers": [], "writing": [], "app": []}
        apps = sorted(group & self._parts.keys(), key=str)  # to compare paths takes ten times as long
        for path in apps:
            by_part[self._parts[path]].append(path)
        if not (by_part["concern"] or by_part["helpers"] or by_part["writing"]):
            return ()
        part = Scan(
            len(group),
            tuple(by_part["concern"]),
            tuple(apps),
            tuple(by_part["helpers"]),
            tuple(by_part["writing"]),
            contents=self._kept,
            folders=self._scan.folders,
        )
        for module in self._program.modules:
            module.is_used_by_app = False
        with uncollected():
            runner = RuleRunner(part, self._program)
            runner.read()
            return runner.findings(self.selection)

    def _grouped(self) -> list[_Group]:
        """The files that are connected, by imports or by a folder around them that has an app or adds a layer to one."""
        joined = _Joined()
        waiting = list(self._parts)
        seen = set(waiting)
        for path in waiting:
            for other in self._program.named_by(path):
                joined.join(path, other)
                if other not in seen:
                    seen.add(other)
                    waiting.append(other)
        folders: dict[str, Path] = {}
        for path in self._parts:
            if self._may_have_layers(path):
                folders.setdefault(str(path.parent), path)
        for path in seen:
            folder = os.path.dirname(str(path))
            while True:
                if folder in folders:
                    joined.join(path, folders[folder])
                above = os.path.dirname(folder)
                if above == folder:
                    break
                folder = above
        return joined.groups(seen)


@dataclass(slots=True)
class _Joined:
    """Files that belong together, as a forest: each leads to another one of its group."""

    above: dict[Path, Path] = field(default_factory=dict)

    def top(self, path: Path) -> Path:
        root = path
        while (parent := self.above.get(root, root)) != root:
            root = parent
        while path != root:
            self.above[path], path = root, self.above.get(path, root)
        return root

    def join(self, one: Path, other: Path) -> None:
        self.above[self.top(one)] = self.top(other)

    def groups(self, paths: Iterable[Path]) -> list[_Group]:
        found: dict[Path, set[Path]] = {}
        for path in paths:
            found.setdefault(self.top(path), set()).add(path)
        return [frozenset(group) for group in found.values()]
