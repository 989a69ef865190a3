"""The commands, put together."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from corsense import __version__
from corsense.cli import (
    check,
    clients,
    demo,
    dev,
    explain,
    exporting,
    fix,
    importing,
    lint,
    lsp,
    mcp,
    policy,
    rule,
    schema,
    tightening,
    watch,
)
from corsense.cli.process import COULD_NOT_WORK, fail

app = typer.Typer(
    name="corsense",
    help="Will a browser let this page use this API? If not, why, and what is the fix?",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command(short_help="Find what browsers block, why, and the fix.")(check.check)
app.command(short_help="Print what a JavaScript client sends across origins.")(clients.clients)
app.command(short_help="Run broken and repaired apps in your browser.")(demo.demo)
app.command(short_help="Serve the app with a page on its cross-origin requests.")(dev.dev)
app.command(short_help="Explain a console message, with causes and fixes.")(explain.explain)
app.command(short_help="Repair the CORS of an app or of source, with proof.")(fix.fix)
app.command(short_help="Find wrong CORS configurations in source.")(lint.lint)
app.command(short_help="Serve the linter to editors.")(lsp.lsp)
app.command(short_help="Serve the commands as tools for coding assistants.")(mcp.mcp)
app.command(short_help="Print the page of a cause.")(rule.rule)
app.command(short_help="Print the JSON Schema of a document.")(schema.schema)
app.command(short_help="Check again whenever source changes.")(watch.watch)
policy.app.command(short_help="Propose the least policy that observations need.")(tightening.tighten)
policy.app.command(short_help="Write a policy for a proxy or gateway.")(exporting.export)
policy.app.command("import", short_help="Read the policy of a proxy from its configuration.")(importing.import_policy)
app.add_typer(policy.app, name="policy", short_help="Show, check, compare, import, export and tighten policies.")


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


def work() -> int:
    """Do what the command line says; the exit status."""
    from corsense.cli.usage import is_usage_error, name_values, sentence_of

    arguments = sys.argv[1:]
    command = typer.main.get_command(app)
    if not arguments or {"-h", "--help"}.intersection(arguments):
        name_values(app, command)
    try:
        return command.main(prog_name="corsense", standalone_mode=False) or 0
    except typer.Abort:
        return COULD_NOT_WORK
    except Exception as error:
        if not is_usage_error(error):
            raise
        if len(arguments) < 2 and not any(text.startswith("-") for text in arguments) and "\n" in str(error):
            print(error, file=sys.stderr)  # the help of a command that needs another word
            return COULD_NOT_WORK
        fail(sentence_of(error, arguments))
