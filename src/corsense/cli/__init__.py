"""The command line: one module a command, each as thin as a page. Nothing heavy is imported before a command needs it."""

from __future__ import annotations

import os
import sys
from itertools import pairwise
from typing import NoReturn

from corsense._version import __version__
from corsense.cli import process

_WITH_ADDRESS = frozenset({"--origin", "--base-url", "--request", "--header"})
"""Options whose value may be or hold a URL, and does not name the target."""


def main() -> NoReturn:
    """The `corsense` command. Exits with 0 when nothing was found, 1 when something was, 2 when the command could not do its
    work."""
    if sys.argv[1:] in (["--version"], ["-V"]):
        raise SystemExit(process.status_of(_print_version))
    _insist_on_a_working_directory()
    _get_ahead(sys.argv[1:])
    from corsense.cli.plain import plain_work

    process.run(plain_work(sys.argv[1:]) or _any_work)


def _any_work() -> int:
    from corsense.cli.commands import work

    return work()


def _insist_on_a_working_directory() -> None:
    try:
        os.getcwd()
    except OSError:
        process.fail("the working directory does not exist any more; change to another one.")


def _print_version() -> None:
    print(f"corsense {__version__}")


def _get_ahead(arguments: list[str]) -> None:
    """Let the process of the app start while this one still imports the command line."""
    if arguments[:1] in (["check"], ["fix"]) and not any(
        text.endswith((".har", "-help", "-h")) or ("://" in text and not text.startswith("-") and option not in _WITH_ADDRESS)
        for option, text in pairwise(arguments)
    ):
        from corsense.cli.interpreter import launch_ahead_for

        launch_ahead_for(arguments)
