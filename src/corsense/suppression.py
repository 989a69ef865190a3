"""Which findings are reported: `select`, `ignore`, `per-file-ignores` and comments `# corsense: ignore[rule]`, with one meaning
for every command."""

from __future__ import annotations

import ast
import os
import re
import tokenize
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatch
from io import StringIO
from pathlib import Path

from corsense.causes import cause, find, names
from corsense.config import Configuration, read_rules
from corsense.errors import InputError, nearest
from corsense.finding import Finding, Place

UNUSED = "unused-ignore"

_COMMENT = re.compile(r"#\s*(corsense:\s*ignore(?![\w-])(?:\s*\[([^\]]*)\])?)")


@dataclass(frozen=True, slots=True)
class RuleSelection:
    """The rules whose findings are reported.

    - `select`, `ignore`: the slugs that the command line names, None where it names none. They override the configuration;
      `select` overrides its `ignore` as well.
    - `start`: the file or folder whose configuration counts for findings that are in no file; for the others it is that near
      their file. None: no configuration is read.
    """

    select: frozenset[str] | None = None
    ignore: frozenset[str] | None = None
    start: Path | None = None
    _near: dict[str, Configuration] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def of(cls, start: Path, select: Sequence[str] | None = None, ignore: Sequence[str] | None = None) -> RuleSelection:
        """The selection of the options `--select` and `--ignore`, each with slugs or codes, several with commas between.

        Raises:
            InputError: a name is not a rule, or the configuration near `start` cannot be read.
        """
        found = cls(_named(select, "--select"), _named(ignore, "--ignore"), start)
        found._configuration(None)
        return found

    def selects(self, slug: str, files: Iterable[str]) -> bool:
        """Whether findings of a cause can be reported in one of the files, so that it is worth looking for them. Raises
        InputError when the configuration cannot be read."""
        folders = {os.path.dirname(os.path.abspath(file)) for file in files}
        return any(self._selects(slug, self._configuration(folder)) for folder in folders)

    def _selects(self, slug: str, configuration: Configuration) -> bool:
        select = self.select if self.select is not None else configuration.select
        ignore = self.ignore if self.ignore is not None else configuration.ignore if self.select is None else frozenset()
        return (not select or slug in select) and slug not in ignore

    def wants(self, finding: Finding) -> bool:
        """Whether a finding is reported, comments aside. Raises InputError when the configuration cannot be read."""
        slug = finding.cause.slug
        place = finding.place
        configuration = self._configuration(os.path.dirname(os.path.abspath(place.file)) if place is not None else None)
        if not self._selects(slug, configuration):
            return False
        ignored = configuration.per_file_ignores.items()
        return finding.place is None or not any(
            slug in rules and _matches(finding.place.file, pattern, configuration.folder) for pattern, rules in ignored
        )

    def _configuration(self, folder: str | None) -> Configuration:
        """The configuration near a folder, or near where the selection starts."""
        if self.start is None:
            return Configuration(Path())
        folder = os.path.abspath(self.start) if folder is None else folder
        if folder not in self._near:
            self._near[folder] = Configuration.near(folder)
        return self._near[folder]


EVERYTHING = RuleSelection()
"""Every rule, whatever the configuration says."""


@dataclass(frozen=True, slots=True)
class UnusedIgnore:
    """A comment that silences nothing: where it stands, and the rule that it names without effect (None: it names no rule)."""

    place: Place
    rule: str | None
    comment: str

    @property
    def finding(self) -> Finding:
        """The finding that reports it."""
        known = cause(UNUSED)
        message = f"`# {self.comment}` silences nothing found here."
        remedy = "Delete it, or write it beside the code that it is about."
        if self.rule is not None:
            message = f"`# {self.comment}` silences nothing: {self.rule} was not found here."
            near = nearest(self.rule, names()) if _slug(self.rule) is None else None
            remedy = f"Did you mean {near}?" if near is not None else remedy
        return Finding(known, message, known.severity, self.place, {"rule": self.rule}, remedy=remedy)


@dataclass(frozen=True, slots=True)
class Judgement:
    """Of each finding whether it is `reported`, in their order, and the comments that silence none of them."""

    reported: tuple[bool, ...]
    unused: tuple[UnusedIgnore, ...]


def judge(
    findings: Sequence[Finding],
    selection: RuleSelection,
    text_of: Callable[[str], str | None],
    files: Iterable[str] = (),
) -> Judgement:
    """Which findings are reported. `text_of` gives the source of a file, None where it cannot be read; in `files` comments that
    silence nothing are searched for. Raises InputError when the configuration cannot be read."""
    comments = _Comments(text_of)
    silenced = [comments.silence(finding) for finding in findings]
    reported = [selection.wants(finding) and not silent for finding, silent in zip(findings, silenced, strict=True)]
    unused = [each for each in comments.unused(files) if selection.wants(each.finding)]
    return Judgement(tuple(reported), tuple(unused))


@dataclass(frozen=True, slots=True)
class _Comment:
    """`rules` are the names in the brackets as they are written; None: no brackets, so every rule. `used` are those that have
    silenced something."""

    place: Place
    text: str
    rules: tuple[str, ...] | None
    used: set[str | None] = field(default_factory=set)

    def silence(self, slug: str) -> bool:
        """Whether the comment silences findings of this cause; it is in use then."""
        if self.rules is None:
            self.used.add(None)
            return True
        named = [rule for rule in self.rules if _slug(rule) == slug]
        self.used.update(named)
        return bool(named)

    @property
    def unused(self) -> Iterator[UnusedIgnore]:
        if self.rules and UNUSED in map(_slug, self.rules):
            return
        for rule in self.rules or (None,):
            if rule not in self.used:
                yield UnusedIgnore(self.place, rule, self.text)


@dataclass(frozen=True, slots=True)
class _Source:
    """The comments of a file by their lines, and the first and last lines of its statements."""

    comments: dict[int, _Comment] = field(default_factory=dict)
    statements: list[tuple[int, int]] = field(default_factory=list)

    def beside(self, place: Place) -> Iterator[_Comment]:
        """The comments on the lines of a place, and on the first and the last line of the statement around it."""
        lines = set(range(place.line, (place.end_line or place.line) + 1))
        around = [(last - first, first, last) for first, last in self.statements if first <= place.line <= last]
        if around:
            lines.update(min(around)[1:])
        yield from (comment for line, comment in self.comments.items() if line in lines)


class _Comments:
    """The comments of the files that are asked about."""

    def __init__(self, text_of: Callable[[str], str | None]) -> None:
        self._text_of = text_of
        self._sources: dict[str, _Source] = {}

    def silence(self, finding: Finding) -> bool:
        """Whether a comment silences a finding: beside its place, or beside the CORS layer that it belongs to."""
        silent = False
        for place in _places(finding):
            for comment in self._source(place.file).beside(place):
                silent = comment.silence(finding.cause.slug) or silent  # each of them is in use
        return silent

    def unused(self, files: Iterable[str]) -> Iterator[UnusedIgnore]:
        """What has silenced nothing so far."""
        for file in files:
            for comment in self._source(file).comments.values():
                yield from comment.unused

    def _source(self, file: str) -> _Source:
        path = os.path.abspath(file)
        if path not in self._sources:
            text = self._text_of(file) or ""
            comments = {comment.place.line: comment for comment in _comments_in(text, file)}
            self._sources[path] = _Source(comments, list(_statements_in(text)) if comments else [])
        return self._sources[path]


def _places(finding: Finding) -> Iterator[Place]:
    if finding.place is not None:
        yield finding.place
    file, line = finding.evidence.get("cors_file"), finding.evidence.get("cors_line")
    if isinstance(file, str) and isinstance(line, int):
        yield Place(file, line)


def _comments_in(text: str, file: str) -> Iterator[_Comment]:
    if "corsense:" not in text:
        return
    for line, column, comment in _comment_tokens(text):
        found = _COMMENT.search(comment)
        if found is not None:
            rules = (
                None if found[2] is None else tuple(dict.fromkeys(name for part in found[2].split(",") if (name := part.strip())))
            )
            start = column + found.start(1) + 1
            yield _Comment(Place(file, line, start, line, start + len(found[1])), found[1], rules)


def _comment_tokens(text: str) -> Iterator[tuple[int, int, str]]:
    """Line, column from 0 and text of every comment; those behind a place that is not Python are not found."""
    try:
        for token in tokenize.generate_tokens(StringIO(text).readline):
            if token.type == tokenize.COMMENT:
                yield (*token.start, token.string)
    except (tokenize.TokenError, SyntaxError):
        return


def _statements_in(text: str) -> Iterator[tuple[int, int]]:
    """First and last line of each statement; of one with a body only its head, decorators included."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.stmt):
            first = min([node.lineno, *(decorator.lineno for decorator in getattr(node, "decorator_list", ()))])
            body = getattr(node, "body", None)
            yield first, max(node.lineno, body[0].lineno - 1) if body else node.end_lineno or node.lineno


def _matches(file: str, pattern: str, folder: Path) -> bool:
    """Whether a pattern means a file: its path from the folder of the configuration, its name, or a folder around it. A `!` in
    front means all other files."""
    if pattern.startswith("!"):
        return not _matches(file, pattern[1:], folder)
    path = Path(os.path.abspath(file))
    shown = path.relative_to(folder).as_posix() if path.is_relative_to(folder) else path.as_posix()
    within = f"{pattern.rstrip('/')}/*"
    return any(fnmatch(text, form) for text in (shown, f"/{shown}") for form in (pattern, within)) or fnmatch(path.name, pattern)


def _named(names: Sequence[str] | None, option: str) -> frozenset[str] | None:
    try:
        return read_rules(name.strip() for text in names for name in text.split(",") if name.strip()) if names else None
    except InputError as error:
        raise InputError(f"{option}: {error}") from None


def _slug(rule: str) -> str | None:
    try:
        return find(rule).slug
    except KeyError:
        return None
