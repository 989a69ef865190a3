"""Exceptions of the app as text of bounded length, whatever they do when they are printed."""

from __future__ import annotations

import sys
import traceback

from .frames import is_own_code

LONGEST_TRACEBACK = 100_000
"""The most characters of a traceback that are kept."""

_LONGEST_LINE = 2_000
_HEADER = "Traceback (most recent call last):"


def traceback_text(error: BaseException) -> str:
    """The traceback as Python prints it, the exceptions that led to it included."""
    try:
        text = "".join(traceback.format_exception(type(error), error, error.__traceback__))
    except BaseException:
        text = f"Traceback (most recent call last):\n{type(error).__name__}: the exception cannot be printed\n"
    text = "".join(line if len(line) <= _LONGEST_LINE else line[:_LONGEST_LINE] + "\n" for line in text.splitlines(keepends=True))
    if len(text) <= LONGEST_TRACEBACK:
        return text
    end = text[-LONGEST_TRACEBACK:]
    return end[end.find(_HEADER) :] if _HEADER in end else text[:LONGEST_TRACEBACK]


def stack_text(thread: int) -> str:
    """Where a thread is, as a traceback."""
    lines = traceback.format_stack(sys._current_frames().get(thread))
    return "".join(["Traceback (most recent call last):\n", *lines, "TimeoutError: the time limit was reached here\n"])


def ran_own_code(error: BaseException) -> bool:
    """Whether the user's code ran before the exception was raised."""
    current: BaseException | None = error
    while current is not None:
        frames = traceback.walk_tb(current.__traceback__)
        if any(is_own_code(frame.f_code.co_filename) for frame, _ in frames):
            return True
        current = current.__cause__ or current.__context__
    return False


def first_line(error: BaseException) -> str:
    """`ValueError: x must be positive`: the type, and the first line of the message, without a full stop."""
    try:
        message = str(error).strip()
    except BaseException:
        message = ""
    text = f"{type(error).__name__}: {message.splitlines()[0]}" if message else type(error).__name__
    return text[:500].rstrip(".")
