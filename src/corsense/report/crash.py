"""A traceback of the user's app for people: their own frame first, then what led there."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import PurePath

from corsense._redaction import Redactor
from corsense.app.agent.places import relative
from corsense.app.traceback import Frame, ParsedTraceback

_OTHER_FRAMES = 3
_FIELDS = 4


def crash_lines(traceback: ParsedTraceback | None) -> Iterator[str]:
    """The lines to print, without secrets; nothing when there is no traceback."""
    if traceback is not None:
        redactor = Redactor()
        yield from map(redactor.text, _crash_lines(traceback))


def _crash_lines(traceback: ParsedTraceback) -> Iterator[str]:
    yield traceback.summary
    yield from _invalid_fields(traceback)
    own = [frame for frame in traceback.user_first if frame.origin == "user"]
    others = [frame for frame in traceback.user_first if frame.origin in ("library", "stdlib") and not _is_ours(frame)]
    for number, frame in enumerate(own):
        yield from _frame_lines("in your code" if number == 0 else "called from", frame)
    for frame in others[:_OTHER_FRAMES]:
        yield from _frame_lines("by way of", frame)
    if len(others) > _OTHER_FRAMES:
        yield f"  and {len(others) - _OTHER_FRAMES} more frames of libraries"


def _invalid_fields(traceback: ParsedTraceback) -> Iterator[str]:
    """The fields that pydantic refuses, each with the reason, without its value, which may be a secret."""
    if traceback.type.rpartition(".")[2] != "ValidationError":
        return
    rest = [line for line in traceback.message.splitlines()[1:] if line.strip() and "errors.pydantic.dev" not in line]
    for field, reason in list(zip(rest[::2], rest[1::2], strict=False))[:_FIELDS]:
        yield f"  {field.strip()}: {reason.partition(' [')[0].strip()}"


def _is_ours(frame: Frame) -> bool:
    """Whether a frame only imports the app: corsense's own, and the machinery of imports."""
    return "importlib" in frame.file or PurePath(frame.file).parts[-4:-1] == ("corsense", "app", "agent")


def _frame_lines(label: str, frame: Frame) -> Iterator[str]:
    function = f" in {frame.function}" if frame.function else ""
    yield f"  {label} {relative(frame.file, os.getcwd())}:{frame.line}{function}"
    if frame.source:
        yield f"      {frame.source.strip()}"
