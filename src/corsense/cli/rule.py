"""`corsense rule`: print a cause's page."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from corsense.causes import Cause, catalogue, find, names
from corsense.cli.process import fail
from corsense.errors import nearest, quoted
from corsense.report.formats import TextOrJson


def rule(
    name: Annotated[str | None, typer.Argument(metavar="CODE|SLUG", help="Such as CORS201 or origin-trailing-slash.")] = None,
    all_: Annotated[bool, typer.Option("--all", help="Every cause, in the order of the codes.")] = False,
    format: Annotated[TextOrJson, typer.Option(help="How to print the page of a cause.")] = TextOrJson.TEXT,
) -> None:
    """Print the page of a cause: what it does, why, an example, what to write instead."""
    if format is TextOrJson.JSON:
        if name is None or all_:
            fail("--format json prints the page of one rule; name it, for example corsense rule CORS201 --format json.")
        _print_json(find_rule(name))
    elif all_:
        for cause in catalogue():
            _print(cause)
    elif name is None:
        for cause in catalogue():
            print(f"{cause.code}  {cause.severity:<8} {cause.slug:<38} {cause.title}")
    else:
        _print(find_rule(name))


def find_rule(name: str) -> Cause:
    """The cause of a code or a slug; where there is no such rule, the command ends."""
    try:
        return find(name)
    except KeyError:
        near = nearest(name, names())
        hint = f"did you mean {near}?" if near else "`corsense rule` lists them all."
        fail(f"there is no rule {quoted(name)}; {hint}")


def _print_json(cause: Cause) -> None:
    from corsense._terminal import accept
    from corsense.report.rule_page import rule_document

    accept("json")
    print(rule_document(cause).printed())


def _print(cause: Cause) -> None:
    if sys.stdout.isatty():
        from rich.console import Console
        from rich.markdown import Markdown

        Console().print(Markdown(f"# {cause.code} {cause.slug}\n\n{cause.page}\n"))
    else:
        print(f"# {cause.code} {cause.slug} ({cause.severity})\n\n{cause.page}\n")
