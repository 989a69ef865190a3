"""The errors between a target and its answers, each one sentence and a remedy."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from corsense.app.traceback import ParsedTraceback


class _AppError(Exception):
    """One clear sentence, what to do about it, and the traceback of the user's code where there is one."""

    def __init__(self, message: str, remedy: str | None = None, traceback: ParsedTraceback | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy
        self.traceback = traceback

    def __str__(self) -> str:
        return self.message


class AppLoadError(_AppError):
    """The target cannot be turned into an app: it does not exist, is no ASGI app, or its import failed or took too long.

    `message` is one sentence that names the value, `remedy` says what to do (None: nothing better than the traceback),
    `traceback` is that of the user's own code, when it ran.
    """


class AppHungError(_AppError):
    """The app blocked while it answered, in a way that cannot be interrupted; its process has been ended. `traceback` is where
    it was."""


class AppStoppedError(_AppError):
    """The process of the app ended unexpectedly: it called `os._exit`, or crashed."""
