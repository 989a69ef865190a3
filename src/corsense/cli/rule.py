"""`corsense rule`: print a cause's page."""

from __future__ import annotations

from typing import Annotated

import typer

from corsense.causes import Cause, catalogue
from corsense.cli import fail


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
        _print(_find(name))


def _find(name: str) -> Cause:
    from difflib import get_close_matches

    for cause in catalogue():
        if name.upper() == cause.code or name.lower() == cause.slug:
            return cause
    names = [text for cause in catalogue() for text in (cause.code, cause.slug)]
    near = get_close_matches(name, names, 1) or get_close_matches(name.upper(), names, 1)
    hint = f"did you mean {near[0]}?" if near else "`corsense rule` lists them all."
    fail(f"there is no rule {name!r}; {hint}")


def _print(cause: Cause) -> None:
    import sys

    if sys.stdout.isatty():
        from rich.console import Console
        from rich.markdown import Markdown

        Console().print(Markdown(f"# {cause.code} {cause.slug}\n\n{cause.page}\n"))
    else:
        print(f"# {cause.code} {cause.slug} ({cause.severity})\n\n{cause.page}\n")
