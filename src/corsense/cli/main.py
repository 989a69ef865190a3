"""The commands, put together."""

from __future__ import annotations

from typing import Annotated

import typer

from corsense import __version__
from corsense.cli import check, demo, explain, fix, lint, policy, rule, schema

app = typer.Typer(
    name="corsense",
    help="Will a browser let this page use this API? If not, why, and what is the fix?",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command()(check.check)
app.command()(demo.demo)
app.command()(explain.explain)
app.command()(fix.fix)
app.command()(lint.lint)
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
