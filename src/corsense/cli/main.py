"""The commands, put together."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from corsense import __version__
from corsense.cli import COULD_NOT_WORK, check, explain, rule, schema

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
    """Run the command line. An error of our own is told in one line too: no traceback of ours reaches a user."""
    try:
        app()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(COULD_NOT_WORK) from None
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    except Exception as error:
        if os.environ.get("CORSENSE_TRACEBACK"):
            raise
        place = _where(error)
        print(
            f"corsense: a fault of corsense itself, not of your app: {type(error).__name__}: {error} ({place}). "
            "Run again with CORSENSE_TRACEBACK=1 for the whole story, and please report it.",
            file=sys.stderr,
        )
        raise SystemExit(COULD_NOT_WORK) from None


def _where(error: BaseException) -> str:
    frame = error.__traceback__
    while frame is not None and frame.tb_next is not None:
        frame = frame.tb_next
    return f"{os.path.basename(frame.tb_frame.f_code.co_filename)}:{frame.tb_lineno}" if frame else "place unknown"
