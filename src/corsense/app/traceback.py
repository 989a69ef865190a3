"""Python tracebacks as text, read back: which exception, and which of its frames is the user's own.

A traceback may come from an import that failed here, or be pasted from a log: chained exceptions, exception groups, syntax errors
without a header, prefixes that log collectors put before each line, and terminal colours are understood.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Literal

from corsense.app.agent.frames import STANDARD_LIBRARY, frame_origin
from corsense.app.rich_traceback import without_boxes

if TYPE_CHECKING:
    from corsense.app.agent.frames import FrameOrigin

Link = Literal["cause", "context"]


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame: `file` as Python printed it, `line` counts from 1, `function` is None for the place of a syntax error;
    `source` is the line of code, when it was printed; `origin` says whose code it is."""

    file: str
    line: int
    function: str | None
    source: str | None
    origin: FrameOrigin


@dataclass(frozen=True, slots=True)
class ParsedException:
    """One exception: `type` as printed (dotted when it is not built in), `message` (several lines possible, empty when none),
    `frames` outermost first.

    `previous` is the exception that was printed before it; `link` says how they hang together: `cause` (`raise ... from`) or
    `context` (raised while the other was being handled). `members` are the sub-exceptions of an exception group.
    """

    type: str
    message: str
    frames: tuple[Frame, ...] = ()
    previous: ParsedException | None = None
    link: Link | None = None
    members: tuple[ParsedException, ...] = ()

    @property
    def summary(self) -> str:
        """The last line of a traceback: `ValueError: x must be positive`, first line of the message only."""
        return f"{self.type}: {self.message.splitlines()[0]}" if self.message.strip() else self.type

    @property
    def own_frame(self) -> Frame | None:
        """The deepest frame that is in neither the standard library nor an installed package."""
        return next((frame for frame in reversed(self.frames) if frame.origin == "user"), None)


@dataclass(frozen=True, slots=True)
class ParsedTraceback:
    """A traceback: `exception` is the one that ended it (the last printed), `text` the text it was read from, without
    prefixes."""

    exception: ParsedException
    text: str = field(repr=False, default="")

    @property
    def type(self) -> str:
        """The type of the exception to look at: the only member of a group, else the exception that ended it."""
        return self.culprit.type

    @property
    def message(self) -> str:
        """The message of that exception."""
        return self.culprit.message

    @property
    def summary(self) -> str:
        """Type and first line of the message."""
        return self.culprit.summary

    @property
    def culprit(self) -> ParsedException:
        """The exception to look at: groups of one (as task groups make them) are opened."""
        found = self.exception
        while len(found.members) == 1:
            found = found.members[0]
        return found

    @property
    def user_frame(self) -> Frame | None:
        """The user's own frame: the deepest one outside the standard library and installed packages, searched for in the
        exception that ended it, in the members of a group, and then in the exceptions before it. None when there is none."""
        return _own_frame(self.exception)

    @property
    def user_first(self) -> tuple[Frame, ...]:
        """The frames in the order of interest: the user's own, deepest first, then the others, deepest first."""
        frames = self.culprit.frames or self.exception.frames
        own = [frame for frame in reversed(frames) if frame.origin == "user"]
        return (*own, *(frame for frame in reversed(frames) if frame.origin != "user"))


def parse_traceback(text: str, claimed: tuple[str, ...] = (), library: str = "") -> ParsedTraceback:
    """The last traceback in `text`, which may be a traceback alone or a whole log. Raises ValueError when it contains none.

    `claimed` and `library` are as in `parse_tracebacks`.
    """
    found = parse_tracebacks(text, claimed, library)
    if not found:
        raise ValueError("there is no Python traceback in this text")
    return found[-1]


def parse_tracebacks(text: str, claimed: tuple[str, ...] = (), library: str = "") -> tuple[ParsedTraceback, ...]:
    """Every traceback in `text`, in order; chained exceptions count as one.

    `claimed` are packages that are the user's own also where they are installed, `library` the folder of the standard library of
    the Python that printed it (default: that of this one).
    """
    origin = partial(frame_origin, claimed=claimed, standard_library=library or STANDARD_LIBRARY)
    lines = [line.rstrip() for line in without_boxes(_ANSI.sub("", text)).splitlines()]
    found: list[ParsedTraceback] = []
    position = 0
    while position < len(lines):
        start = _Start.find(lines, position)
        if start is None:
            break
        block = _unprefixed(lines, start)
        reader = _Reader(block, origin)
        exception = reader.chain("")
        if exception is not None:
            found.append(ParsedTraceback(exception, "\n".join(block[: reader.position]).rstrip()))
        position = start.index + max(reader.position, 1)
    return tuple(found)


def _own_frame(exception: ParsedException) -> Frame | None:
    for member in exception.members:
        if found := _own_frame(member):
            return found
    if exception.own_frame is not None:
        return exception.own_frame
    return _own_frame(exception.previous) if exception.previous is not None else None


_ANSI = re.compile(r"\x1b\[[0-9;:?]*[ -/]*[@-~]|\x1b\][^\x07]*\x07")
_HEADER = re.compile(r"(?P<prefix>.*?)(?P<group>\+ Exception Group )?Traceback \(most recent call last\):$")
_FRAME = re.compile(r'  File "(?P<file>.+)", line (?P<line>\d+)(?:, in (?P<function>.+))?$')
_BARE_SYNTAX = re.compile(r'(?P<prefix>.*?)  File "(?P<file>.+)", line (?P<line>\d+)$')
_REPEATED = re.compile(r"  \[Previous line repeated \d+ more times?\]$")
_EXCEPTION = re.compile(r"(?P<type>[A-Za-z_][\w.<>]*)(?:: ?(?P<message>.*))?$")
_MEMBER = re.compile(r"(?P<indent> *)\+(?P<first>-\+)?-{4,} (?:\d+|\.\.\.) -{4,}$")
_END_OF_GROUP = re.compile(r" *\+-{4,}$")
_LINKS: dict[str, Link] = {
    "The above exception was the direct cause of the following exception:": "cause",
    "During handling of the above exception, another exception occurred:": "context",
}
_LOG_LINE = re.compile(
    r"(?:\[?\d{4}-\d\d-\d\d[T ]\d\d:\d\d|\[?(?:DEBUG|INFO|WARNING|ERROR|CRITICAL)\b\]?[: ]|\d+\.\d+\.\d+\.\d+:\d+ - )"
)
_LONGEST_MESSAGE = 80


@dataclass(frozen=True, slots=True)
class _Start:
    """Where a traceback begins: the index of its first line, and what stands before each of its lines."""

    index: int
    prefix: str
    header: bool

    @classmethod
    def find(cls, lines: list[str], position: int) -> _Start | None:
        for index in range(position, len(lines)):
            header = _HEADER.match(lines[index])
            if header:
                # In a group the header stands at the margin of the group, two characters before its "+".
                prefix = header["prefix"]
                return cls(index, prefix[:-2] if header["group"] and prefix.endswith("  ") else prefix, True)
            if _BARE_SYNTAX.match(lines[index]) and _leads_to_syntax_error(lines, index):
                prefix = _BARE_SYNTAX.match(lines[index])["prefix"]  # type: ignore[index]
                return cls(index, prefix, False)
        return None


def _leads_to_syntax_error(lines: list[str], index: int) -> bool:
    return any(re.search(r"\b(?:Syntax|Indentation|Tab)Error: ", line) for line in lines[index + 1 : index + 5])


def _unprefixed(lines: list[str], start: _Start) -> list[str]:
    """The lines from the start on, without the prefix (`api-1  | `, a time stamp, quoting, indentation) where they have it."""
    rest = lines[start.index :]
    if not start.prefix:
        return rest
    pattern = re.compile(_any_number(start.prefix))
    only_prefix = re.compile(_any_number(start.prefix.rstrip()) + "$")
    stripped = [rest[0][len(start.prefix) :]]
    bare = len(rest) > 1 and not pattern.match(rest[1])
    for line in rest[1:]:
        if bare:
            stripped.append(line)
            continue
        match = pattern.match(line)
        if match:
            stripped.append(line[match.end() :])
        elif not line.strip() or only_prefix.match(line):
            stripped.append("")
        else:
            break
    return stripped


def _any_number(prefix: str) -> str:
    """A pattern for the prefix in which every number may differ, since time stamps do."""
    return re.sub(r"\d+", r"\\d+", re.escape(prefix))


class _Reader:
    """Reads a chain of exceptions from lines; `position` is the next line."""

    def __init__(self, lines: list[str], origin: Callable[[str], FrameOrigin]) -> None:
        self.lines = lines
        self.origin = origin
        self.position = 0

    def chain(self, margin: str) -> ParsedException | None:
        """One exception and those that followed from it."""
        found = self._exception(margin)
        while found is not None:
            back = self.position
            link = self._link(margin)
            following = self._exception(margin) if link is not None else None
            if following is None:
                self.position = back
                break
            found = replace(following, previous=found, link=link)
        return found

    def _line(self, margin: str) -> str | None:
        """The current line without the margin of its group; None at the end, and where the group ends."""
        if self.position >= len(self.lines):
            return None
        line = self.lines[self.position]
        if line.startswith(margin):
            return line[len(margin) :]
        return "" if line == margin.rstrip() or not line.strip() else None

    def _link(self, margin: str) -> Link | None:
        link: Link | None = None
        while (line := self._line(margin)) is not None:
            if line.strip() in _LINKS:
                link = _LINKS[line.strip()]
            elif line.strip():
                return link
            self.position += 1
        return link

    def _exception(self, margin: str) -> ParsedException | None:
        inner = self._header(margin)
        if inner is None:
            return None
        frames = self._frames(inner)
        line = self._line(inner)
        match = _EXCEPTION.match(line) if line is not None else None
        if match is None:
            return None
        self.position += 1
        rest = self._message(inner)
        message = "\n".join([match["message"] or "", *rest]).rstrip()
        return ParsedException(match["type"], message, frames, members=self._members(inner))

    def _header(self, margin: str) -> str | None:
        """Pass the header, when there is one (members of a group, and syntax errors, may lack it): the margin of what follows."""
        line = self._line(margin)
        if line is None:
            return None
        match = _HEADER.match(line)
        if match is None:
            return margin
        self.position += 1
        return margin + match["prefix"] + "| " if match["group"] else margin

    def _frames(self, margin: str) -> tuple[Frame, ...]:
        frames: list[Frame] = []
        while (line := self._line(margin)) is not None:
            match = _FRAME.match(line)
            if match:
                frames.append(Frame(match["file"], int(match["line"]), match["function"], None, self.origin(match["file"])))
            elif line.startswith("    ") and frames:
                if frames[-1].source is None and line.strip(" ^~"):
                    frames[-1] = replace(frames[-1], source=line.strip())
            elif not _REPEATED.match(line):
                break
            self.position += 1
        return tuple(frames)

    def _message(self, margin: str) -> list[str]:
        """The further lines of a message, up to what cannot belong to it."""
        rest: list[str] = []
        while (line := self._line(margin)) is not None and len(rest) < _LONGEST_MESSAGE:
            if _MEMBER.match(self.lines[self.position]) or _END_OF_GROUP.match(self.lines[self.position]):
                break
            if line.strip() in _LINKS or _HEADER.match(line) or _LOG_LINE.match(line):
                break
            if not line.strip() and not self._continues(margin):
                break
            rest.append(line)
            self.position += 1
        return rest

    def _continues(self, margin: str) -> bool:
        """Whether a message goes on after an empty line: only when what follows is indented, as in the errors of pydantic."""
        following = self.lines[self.position + 1] if self.position + 1 < len(self.lines) else ""
        return (
            following.startswith(margin)
            and following[len(margin) :].startswith("  ")
            and not _FRAME.match(following[len(margin) :])
        )

    def _members(self, margin: str) -> tuple[ParsedException, ...]:
        """The members of a group: the separator before the first, `+-+---`, stands two characters left of the margin of the
        members."""
        members: list[ParsedException] = []
        inner = " " * len(margin) + "| "
        while self.position < len(self.lines):
            match = _MEMBER.match(self.lines[self.position])
            first = not members
            expected = len(margin) - 2 if first else len(margin)
            if match is None or bool(match["first"]) != first or len(match["indent"]) != expected:
                break
            self.position += 1
            member = self.chain(inner)
            members.append(member or ParsedException("", ""))
            self._skip_to_separator(inner)
        if members and self.position < len(self.lines) and _END_OF_GROUP.match(self.lines[self.position]):
            self.position += 1
        return tuple(member for member in members if member.type)

    def _skip_to_separator(self, margin: str) -> None:
        """Pass what is left of a member that was not understood."""
        while self.position < len(self.lines) and self.lines[self.position].startswith(margin.rstrip()):
            self.position += 1
