"""`corsense rule`: print a cause's page."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from corsense.causes import Cause, catalogue, find, names
from corsense.cli.process import fail
from corsense.errors import nearest, quoted


def rule(
    name: Annotated[str | None, typer.Argument(metavar="CODE|SLUG", help="Such as CORS201 or origin-trailing-slash.")] = None,
    all_: Annotated[bool, typer.Option("--all", help="Every cause, in the order of the codes.")] = False,
) -> None:
    """Print the page of a cause: what it does, why, an example, what to write instead."""
    if all_:
        for cause in catalogue():
            _print(cause)
    elif name is None:
        for cause in catalogue():
            print(f"{cause.code}  {cause.severity:<8} {cause.slug:<38} {cause.title}")
    else:
        _print(_found(name))


def _found(name: str) -> Cause:
    try:
        return find(name)
    except KeyError:
        near = nearest(name, names())
        hint = f"did you mean {near}?" if near else "`corsense rule` lists them all."
        fail(f"there is no rule {quoted(name)}; {hint}")


def _print(cause: Cause) -> None:
    if sys.stdout.isatty():
        from rich.console import Console
        from rich.markdown import Markdown

        Console().print(Markdown(f"# {cause.code} {cause.slug}\n\n{cause.page}\n"))
    else:
        print(f"# {cause.code} {cause.slug} ({cause.severity})\n\n{cause.page}\n")
