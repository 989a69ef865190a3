"""A finding as a compiler shows it: the cause at its source line, the fix, and short evidence.

error[CORS601]: DELETE is not in allow_methods
  --> main.py:11:5
   |
11 |     allow_methods=["GET", "POST"],
   |                   ^^^^^^^^^^^^^^^ the preflight asks for DELETE and gets 400
   |
   = blocks: DELETE /api/users/{user_id}  from http://localhost:3000
   = fix (verified): allow_methods=["GET", "POST", "DELETE"]
   = help: corsense rule CORS601
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from difflib import SequenceMatcher

from corsense.causes import Severity
from corsense.finding import Edit, Finding, Fix, Place
from corsense.fix.edits.diff import holds_secret, shared_diff
from corsense.report.columns import printed_width
from corsense.report.difference import shared_head
from corsense.report.excerpt import Mark, Sources, excerpt, fitting, marks_of
from corsense.report.terminal import Line, Lines, Pieces

COLOURS = {"error": "bold red", "warning": "yellow", "info": "bold cyan"}
_DIFF_COLOURS = {"+": "green", "-": "red"}
_FRAME = "bold blue"
_SENTENCE = re.compile(r"(?<=[^.\s]\.)\s+(?=[A-Z'\"`*{\[(])")
_FIX = {True: "fix (verified)", False: "fix (tried, still blocked)"}
_LONGEST_DIFF = 12
_LONGEST_HANG = 12
_LONGEST_LABEL = 100
_LONGEST_COMPARED = 1_000
"""Of more lines than these, lines that occur often are no anchors of a comparison: it takes the square of their number."""

Fact = tuple[str, Line]
"""A row behind `=`: its name, and what it says."""


def headline(message: str) -> tuple[str, str]:
    """The first sentence of a message without its full stop, and the others."""
    first, *rest = _SENTENCE.split(message.strip(), maxsplit=1)
    return first.removesuffix(".") if not first.endswith("...") else first, rest[0] if rest else ""


def _unsaid(text: str, label: str | None, finding: Finding, source: str) -> str:
    """The sentences of a message that neither the label says nor the source shows."""
    shown = {f"{label}."} if label is not None else set()
    for value in finding.evidence.values():
        entries = value if isinstance(value, list) else [value]
        if entries and all(isinstance(entry, str) and _in_source(entry, source) for entry in entries):
            listed = ", ".join(map(repr, entries))
            shown |= {
                f"The list is {value!r}.",
                f"The list has {listed}.",
                f"The expression is {value!r}.",
                f"{value!r} matches too.",
            }
    sentences = (sentence if sentence.endswith(".") else f"{sentence}." for sentence in _SENTENCE.split(text))
    return " ".join(sentence for sentence in sentences if sentence[:1].lower() + sentence[1:] not in _lowered(shown))


def _in_source(value: str, source: str) -> bool:
    return value in source or repr(value)[1:-1] in source


def _lowered(sentences: Iterable[str]) -> set[str]:
    return {sentence[:1].lower() + sentence[1:] for sentence in sentences}


def grouped(findings: Iterable[Finding]) -> list[list[Finding]]:
    """The findings of one cause and severity together, in the order of the first of each."""
    groups: dict[tuple[str, Severity], list[Finding]] = {}
    for finding in findings:
        groups.setdefault((finding.cause.slug, finding.severity), []).append(finding)
    return list(groups.values())


def place_of(place: Place | None) -> str:
    """A place as editors open it: file, line and column; empty for None."""
    return "" if place is None else f"{place.file}:{place.line}" + (f":{place.column}" if place.column else "")


def one_line(finding: Finding, lines: Lines, lead: Pieces | None = None) -> None:
    """A finding on one line, for `--quiet`; behind `lead`, where there is one."""
    place = place_of(finding.place)
    lines.unwrapped(
        [
            *(lead or []),
            (f"{place}: " if place else "", "bold"),
            (finding.severity, COLOURS[finding.severity]),
            (f" {finding.cause.code} {finding.cause.slug}: {finding.message}", ""),
        ]
    )


@dataclass(frozen=True, slots=True)
class Section:
    """A finding of a block: its label, and where it is if not in a file."""

    finding: Finding
    label: str | None = None
    address: str | None = None


@dataclass(slots=True)
class FindingBlocks:
    """Prints blocks, one a cause. `untried` is the name of a fix that was not tried."""

    lines: Lines
    sources: Sources = field(default_factory=Sources)
    untried: str = "fix (not tried)"

    def print(
        self,
        sections: Sequence[Section],
        evidence: Sequence[Fact] = (),
        *,
        fixes: Sequence[Fact] | None = None,
        hint: str = "",
        with_source: bool = True,
        with_help: bool = True,
    ) -> None:
        """Print the block of findings of one cause: each at its place, then `evidence`, the fixes, and where to read more.

        `fixes` stand in place of those of the findings. `with_source` False leaves the source to a diff, `with_help` False where
        to read more.
        """
        first = sections[0].finding
        head, rest = headline(first.message)
        colour = COLOURS[first.severity]
        self.lines.led([(f"{first.severity}[{first.cause.code}]", colour), (": ", "bold")], [(head, "bold")], [("    ", "")])
        frame = _Frame(self.lines, max((_last_line(section.finding.place) for section in sections), default=0))
        facts: list[Fact] = []
        shown: dict[tuple[str, tuple[Mark, ...]], None] = {}
        if not with_source:
            frame.arrow("-->", place_of(first.place))
            facts, sections = ([("note", rest)] if rest else []), sections[1:]
        for section in sections:
            facts += self._section(frame, section, shown, (head, rest))
        for name, text in [*facts, *evidence]:
            frame.fact(name, text)
        if fixes is None:
            self._fixes(frame, [section.finding for section in sections])
        for name, text in fixes or ():
            frame.fact(name, text)
        if with_help:
            frame.fact("help", [(first.cause.documentation, f"link={first.cause.url}"), (hint, "")])

    def _section(
        self, frame: _Frame, section: Section, shown: dict[tuple[str, tuple[Mark, ...]], None], first: tuple[str, str]
    ) -> list[Fact]:
        """Print where a finding is; return what is not said in the header of the block or beside the source."""
        finding = section.finding
        place = finding.place
        lines = self.sources.lines(place.file) if place is not None else []
        marks = marks_of(place, finding.evidence, lines) if place is not None else []
        where = place_of(place) or section.address or ""
        key = (where if not marks or place is None else place.file, tuple(marks))
        head, rest = headline(finding.message)
        head = "" if shown and section.label is not None else head
        to_say = [text for text in (head, rest) if text and text not in first] if shown else [rest] if rest else []
        if key in shown:
            return [("also", " ".join(to_say))] if to_say else []
        if marks and place is not None and marks[0].line != place.line:
            where = f"{place.file}:{marks[0].line}:{marks[0].start + 1}"
        frame.arrow(":::" if shown else "-->", where)
        shown[key] = None
        label = section.label
        source = "".join(lines[mark.line - 1] for mark in marks)
        to_say = [kept for text in to_say if (kept := _unsaid(text, label, finding, source))]
        if label is None and to_say and marks and len(_SENTENCE.split(to_say[0])[0]) <= _LONGEST_LABEL:
            label, others = headline(to_say.pop(0))
            to_say = [text for text in (others, *to_say) if text]
        if marks:
            frame.rule()
            for row in excerpt(marks, label, lines, frame.room, frame.lines.shown):
                frame.source(row.number, row.text, COLOURS[finding.severity] if row.is_mark else "")
            frame.rule()
        facts: list[Fact] = [("note", " ".join(to_say))] if to_say else []
        return [*facts, ("browser", label)] if label is not None and not marks else facts

    def _fixes(self, frame: _Frame, findings: Sequence[Finding]) -> None:
        different: dict[tuple[object, ...], Finding] = {}
        for finding in findings:
            key = (finding.fix.title, finding.fix.edits) if finding.fix is not None else (finding.remedy,)
            different.setdefault(key, finding)
        shared = _lines_of_several([finding.fix for finding in different.values() if finding.fix is not None])
        for finding in different.values():
            if finding.fix is not None and shared:
                frame.fact(self._name(finding.fix), finding.fix.title)
            elif finding.fix is not None:
                self.fix(frame, finding.fix, finding.place)
            elif finding.remedy:
                where = f"{place_of(finding.place)}: " if len(different) > 1 and finding.place is not None else ""
                frame.fact("fix", f"{where}{finding.remedy}")

    def _name(self, fix: Fix) -> str:
        return self.untried if fix.verified is None else _FIX[fix.verified]

    def fix(self, frame: _Frame, fix: Fix, place: Place | None) -> None:
        """Print a fix: the line as it will be where only one changes, else what it does with the lines that change."""
        name = self._name(fix)
        if any(map(holds_secret, fix.edits)):
            frame.fact(name, fix.title)
            for edit in fix.edits:
                frame.fact(
                    "diff", shared_diff(edit).strip() if holds_secret(edit) else f"corsense fix shows that of {edit.file}."
                )
            return
        changes = [change for edit in fix.edits for change in changed_lines(edit)]
        line = _one_line_of(changes, place)
        if line is not None:
            choices = [line, argument_of(fix.edits[0], changes[1]) or ""]
            if any(frame.code(name, text) for text in (reversed(choices) if "#" in line else choices)):
                return
        moved = _move(changes)
        if moved is not None:
            frame.fact(name, f"{fix.title} ({moved})")
            return
        frame.fact(name, fix.title)
        if fix.verified is False:
            return
        shown = [change for change in changes if change.text.strip()]
        if len(shown) > _LONGEST_DIFF:
            frame.fact("diff", f"{len(shown)} lines change; `corsense fix` prints them.")
            return
        if shown:
            frame.rule()
        file = place.file if place is not None else None
        for change in _cut(shown, frame):
            if change.file != file:
                frame.arrow(":::", change.file)
                file = change.file
            frame.change(change)


@dataclass(frozen=True, slots=True)
class LineChange:
    """A line that an edit takes away (`sign` is `-`, `number` that of the old text) or adds (`+`, of the new text)."""

    file: str
    number: int
    sign: str
    text: str


def changed_lines(edit: Edit) -> Iterator[LineChange]:
    """The lines that an edit changes, as a diff without context has them."""
    before, after = edit.before.split("\n"), edit.after.split("\n")
    head = shared_head(before, after)
    tail = shared_head(before[head:][::-1], after[head:][::-1])
    old, new = before[head : len(before) - tail], after[head : len(after) - tail]
    for kind, first, last, start, end in SequenceMatcher(None, old, new, autojunk=len(old) > _LONGEST_COMPARED).get_opcodes():
        if kind == "equal":
            continue
        yield from (LineChange(edit.file, head + first + index + 1, "-", text) for index, text in enumerate(old[first:last]))
        yield from (LineChange(edit.file, head + start + index + 1, "+", text) for index, text in enumerate(new[start:end]))


def _cut(changes: Sequence[LineChange], frame: _Frame) -> Iterator[LineChange]:
    """The changes, lines that are much longer than those of the output cut around what changes in them."""
    gone, come = ([change for change in changes if change.sign == sign] for sign in "-+")
    pairs = list(zip(gone, come, strict=False)) if len(gone) == len(come) else []
    other = {change: counterpart.text for pair in pairs for change, counterpart in (pair, pair[::-1])}
    for change in changes:
        if printed_width(change.text) <= 2 * frame.room:
            yield change
            continue
        head = shared_head(change.text, other.get(change, ""))
        tail = shared_head(change.text[head:][::-1], other.get(change, "")[head:][::-1])
        mark = Mark(change.number, head, len(change.text) - tail)
        yield replace(change, text=fitting(change.text, mark, frame.room, frame.lines.shown)[0])


def _lines_of_several(fixes: Sequence[Fix]) -> bool:
    """Whether a line is changed by more than one of the fixes, so that no new line shows all of them."""
    changed = [
        (edit.file, change.number) for fix in fixes for edit in fix.edits for change in changed_lines(edit) if change.sign == "-"
    ]
    return len(set(changed)) < len(changed)


def _one_line_of(changes: Sequence[LineChange], place: Place | None) -> str | None:
    """The new line where one takes the place of one, with its file and number where it is not that of the finding."""
    if [change.sign for change in changes] != ["-", "+"]:
        return None
    old, new = changes
    if old.text.strip() == new.text.strip():  # it moves
        return None
    text = new.text.strip().removesuffix(",")
    here = place is not None and place.file == old.file and place.line <= old.number <= (place.end_line or place.line)
    return text if here else f"{old.file}:{old.number}: {text}"


def argument_of(edit: Edit, change: LineChange) -> str | None:
    """The argument of a call that an edit changes in one line, or adds there; None where it changes more."""
    old, new = edit.before.split("\n")[change.number - 1], change.text
    head = shared_head(old, new)
    tail = shared_head(old[head:][::-1], new[head:][::-1])
    start, end = head, len(new) - tail
    while start < end and new[start] in ", ":
        start += 1
    try:
        tree = ast.parse(edit.after)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    found = (_span_of(node, change.number, new) for node in ast.walk(tree) if isinstance(node, ast.keyword) and node.arg)
    around = [span for span in found if span is not None and span[0] <= start and end <= span[1]]
    smallest = min(around, key=lambda span: span[1] - span[0], default=None)
    return None if smallest is None else new[smallest[0] : smallest[1]]


def _span_of(node: ast.keyword, line: int, text: str) -> tuple[int, int] | None:
    """The characters of an argument that stands on one line."""
    if node.lineno != line or node.end_lineno != line or node.end_col_offset is None:
        return None
    encoded = text.encode("utf-8")
    start, end = (len(encoded[:offset].decode("utf-8", "replace")) for offset in (node.col_offset, node.end_col_offset))
    return start, end


def fix_in_short(finding: Finding) -> tuple[str, bool]:
    """What to do about a finding, on one line where that is known, and whether it is code."""
    fix = finding.fix
    if fix is None:
        return (finding.remedy or "").partition("\n")[0], False
    if any(map(holds_secret, fix.edits)):
        return fix.title, False
    line = _one_line_of([change for edit in fix.edits for change in changed_lines(edit)], finding.place)
    return (line, True) if line is not None else (fix.title, False)


def _move(changes: Sequence[LineChange]) -> str | None:
    """Where lines go that only change their place; None where a line changes."""
    gone, come = ([change for change in changes if change.sign == sign and change.text.strip()] for sign in "-+")
    if not gone or [change.text for change in gone] != [change.text for change in come]:
        return None
    moved = f"line {gone[0].number} moves" if len(gone) == 1 else f"lines {gone[0].number}-{gone[-1].number} move"
    return f"{moved} to line {come[0].number}"


def _last_line(place: Place | None) -> int:
    return max(place.line, place.end_line or 0) if place is not None else 0


@dataclass(frozen=True, slots=True)
class _Frame:
    """The column of line numbers, and what stands right of it."""

    lines: Lines
    last_line: int

    @property
    def width(self) -> int:
        return max(2, len(str(self.last_line)))

    @property
    def room(self) -> int:
        """Columns for source and labels."""
        return self.lines.width - self.width - 3

    def arrow(self, arrow: str, where: str) -> None:
        if where:
            self.lines.unwrapped([(f"{'':{self.width}}{arrow} ", _FRAME), (where, "")])

    def rule(self) -> None:
        self.lines.plain([(f"{'':{self.width}} |", _FRAME)])

    def source(self, number: int | None, text: str, style: str) -> None:
        self.lines.unwrapped([(f"{number or '':>{self.width}} | ", _FRAME), (text, style)])

    def change(self, change: LineChange) -> None:
        sign = (f"{change.sign} ", _DIFF_COLOURS[change.sign])
        self.lines.unwrapped([(f"{change.number:>{self.width}} ", _FRAME), sign, (change.text, _DIFF_COLOURS[change.sign])])

    def fact(self, name: str, text: Line) -> None:
        lead: Pieces = [(f"{'':{self.width}} = ", _FRAME), (f"{name}: ", "bold")]
        hang = len(name) + 2 if len(name) + 2 <= _LONGEST_HANG else 4
        self.lines.led(lead, text, [(f"{'':{self.width + 3 + hang}}", "")])

    def code(self, name: str, text: str) -> bool:
        """Print code beside its name, or below it; false where it fits on neither row, and nothing is printed."""
        if not text:
            return False
        room = self.lines.width - printed_width(text)
        if self.width + 5 + len(name) <= room:
            self.fact(name, text)
        elif self.width + 5 <= room:
            self.lines.plain([(f"{'':{self.width}} = ", _FRAME), (f"{name}:", "bold")])
            self.lines.unwrapped(f"{'':{self.width + 5}}{text}")
        else:
            return False
        return True
