"""`corsense mcp`: the tools for coding assistants."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from corsense.cli.process import fail


def mcp(
    allow_url: Annotated[
        list[str] | None,
        typer.Option(
            metavar="URL", help="A server that may be checked besides those on loopback. Repeatable.", show_default=False
        ),
    ] = None,
    allow_path: Annotated[
        list[str] | None,
        typer.Option(metavar="PATH", help="A file or folder outside the working directory. Repeatable.", show_default=False),
    ] = None,
    allow_run_endpoints: Annotated[
        bool,
        typer.Option("--allow-run-endpoints", help="Let calls run the endpoints of an app for real, as run_endpoints asks."),
    ] = False,
    time_limit: Annotated[float, typer.Option(help="Seconds that one call may take.", min=1.0, max=86_400)] = 300.0,
) -> None:
    """Serve check, explain, lint, fix, rule, policy_explain and policy_diff as tools, over the Model Context Protocol on standard
    input and output. Assistants start it; docs/how-to/assistants.md has their configuration.

    The tools look at files below the working directory and at servers on loopback. Needs `pip install 'corsense[mcp]'`.
    """
    from corsense.errors import InputError
    from corsense.mcp.boundary import Boundary

    try:
        boundary = Boundary.of(os.getcwd(), allow_path or (), allow_url or (), runs_endpoints=allow_run_endpoints)
    except InputError as error:
        fail(str(error))
    try:
        from corsense.mcp.server import serve
    except ModuleNotFoundError as error:
        if error.name not in ("mcp", "anyio"):
            raise
        fail("serving tools needs mcp, which is not installed; run: pip install 'corsense[mcp]'")
    serve(boundary, time_limit)
