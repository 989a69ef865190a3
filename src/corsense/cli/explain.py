"""`corsense explain`: from the red text of a console to cause and fix."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from corsense.cli.explaining import explain_text, print_catalogue
from corsense.report.formats import TextOrJson


def explain(
    text: Annotated[
        str | None, typer.Argument(help="The text, as copied. Default: standard input, or what you paste.", show_default=False)
    ] = None,
    file: Annotated[Path | None, typer.Option(help="Read the text from a file.")] = None,
    clipboard: Annotated[bool, typer.Option("--clipboard", help="Read the text from the clipboard.")] = False,
    app: Annotated[str | None, typer.Option(help="package.module:app: the app to try the call on.")] = None,
    url: Annotated[str | None, typer.Option(help="URL of the running server to try the call on.")] = None,
    format: Annotated[TextOrJson, typer.Option(help="How to print the explanations.")] = TextOrJson.TEXT,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Without the code of the fixes.")] = False,
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Every line, every cause with its code, and the whole report.")
    ] = False,
    run_endpoints: Annotated[bool, typer.Option("--run-endpoints", help="Run the endpoint of the tried call for real.")] = False,
    list_: Annotated[bool, typer.Option("--list", help="List all known messages.")] = False,
) -> None:
    """Explain console messages of any browser: what was checked, the causes by likelihood, the fix of each as code.

    With --app or --url the call is tried, and the cause is named. Exit status: 1 when something was recognised, 2 when
    nothing was.
    """
    if list_:
        print_catalogue(format)
    else:
        explain_text(
            text,
            file=file,
            clipboard=clipboard,
            app=app,
            url=url,
            format=format,
            quiet=quiet,
            verbose=verbose,
            run_endpoints=run_endpoints,
        )
