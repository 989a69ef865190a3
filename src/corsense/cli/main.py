"""The commands, put together."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import Annotated

import typer

from corsense import __version__
from corsense.app.session import end_what_was_launched
from corsense.cli import COULD_NOT_WORK, check, explain, policy, rule, schema

_INTERRUPTED = 130

app = typer.Typer(
    name="corsense",
    help="Will a browser let this page use this API? If not, why, and what is the fix?",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command()(check.check)
app.command()(explain.explain)
app.command()(rule.rule)
app.command()(schema.schema)
app.add_typer(policy.app, name="policy")


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"corsense {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", "-V", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    pass


def run() -> None:
    """Run the command line and end the process.

    An error of our own is told in one line too: no traceback of ours reaches a user. The process ends without taking its
    modules apart,
    which would take longer than many a check.
    """
    status = _status_of_run()
    end_what_was_launched()
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()
    os._exit(status)


def _status_of_run() -> int:
    try:
        app()
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 0 if end.code is None else COULD_NOT_WORK
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return COULD_NOT_WORK
    except KeyboardInterrupt:
        return _INTERRUPTED
    except Exception as error:
        if os.environ.get("CORSENSE_TRACEBACK"):
            raise
        print(
            f"corsense: a fault of corsense itself, not of your app: {type(error).__name__}: {error} ({_where(error)}). "
            "Run again with CORSENSE_TRACEBACK=1 for the whole story, and please report it.",
            file=sys.stderr,
        )
        return COULD_NOT_WORK
    return 0


def _where(error: BaseException) -> str:
    frame = error.__traceback__
    while frame is not None and frame.tb_next is not None:
        frame = frame.tb_next
    return f"{os.path.basename(frame.tb_frame.f_code.co_filename)}:{frame.tb_lineno}" if frame else "place unknown"
