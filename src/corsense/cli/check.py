"""`corsense check`: will browsers let these pages use this API?"""

from __future__ import annotations

from typing import Annotated

import typer

from corsense.cli.checking import BrowserChoice, Credentials, EngineChoice, check_target
from corsense.cli.options import (
    BaseUrl,
    BehindProxy,
    Clients,
    Factory,
    Headers,
    Ignore,
    Origins,
    PastedCurl,
    PastedFetch,
    Python,
    Requests,
    Select,
    TimeLimit,
)
from corsense.report.formats import Format


def check(
    target: Annotated[
        str | None,
        typer.Argument(
            help="package.module:app, a URL or a .har file. Default: the app that `fastapi dev` would run.", show_default=False
        ),
    ] = None,
    origin: Origins = None,
    request: Requests = None,
    header: Headers = None,
    credentials: Annotated[Credentials | None, typer.Option(help="Whether the page sends cookies.")] = None,
    engine: Annotated[
        EngineChoice | None,
        typer.Option(
            help="The browser engine whose rules apply. Default: that of --browser or of the recording, else chromium.",
            show_default=False,
        ),
    ] = None,
    run_endpoints: Annotated[
        bool, typer.Option("--run-endpoints", help="Run the endpoints for real; by default a stand-in answers.")
    ] = False,
    base_url: BaseUrl = None,
    behind_proxy: BehindProxy = None,
    client: Clients = None,
    curl: PastedCurl = None,
    fetch: PastedFetch = None,
    browser: Annotated[
        BrowserChoice | None, typer.Option(help="Make the same requests in a real browser too, and compare.", show_default=False)
    ] = None,
    browser_path: Annotated[
        str | None, typer.Option(metavar="PATH", help="The executable of --browser.", show_default=False)
    ] = None,
    app: Annotated[
        str | None,
        typer.Option(metavar="MODULE:APP", help="The app behind a URL: compare its own answers with the server's."),
    ] = None,
    via: Annotated[
        list[str] | None,
        typer.Option(
            metavar="URL",
            help="An address between the URL and the --app, next to the URL first. Repeatable.",
            show_default=False,
        ),
    ] = None,
    factory: Factory = False,
    python: Python = None,
    select: Select = None,
    ignore: Ignore = None,
    format: Annotated[Format, typer.Option(help="How to print the report.")] = Format.TEXT,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Only the findings, one per line.")] = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Every request with its exchanges.")] = False,
    time_limit: TimeLimit = 30.0,
    max_operations: Annotated[
        int, typer.Option(help="The most operations of a URL's OpenAPI document to try.", min=1, max=1_000_000)
    ] = 500,
    max_time: Annotated[float, typer.Option(help="Seconds allowed for the whole check of a URL.", min=0.1, max=86_400)] = 300.0,
    follow: Annotated[
        bool | None,
        typer.Option(
            "--follow/--no-follow",
            help="Follow a URL's redirects to other servers, headers included. Default: ask on a terminal, else no.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Send an app or a URL what pages would send, and report what a browser blocks, why, and what to write instead.

    Exit status: 0 nothing found, 1 something found, 2 the check could not be made, or a real browser disagreed with corsense.
    """
    check_target(
        target,
        origin=origin,
        request=request,
        header=header,
        credentials=credentials,
        engine=engine,
        run_endpoints=run_endpoints,
        base_url=base_url,
        behind_proxy=behind_proxy,
        client=client,
        curl=curl,
        fetch=fetch,
        browser=browser,
        browser_path=browser_path,
        app=app,
        via=via,
        factory=factory,
        python=python,
        select=select,
        ignore=ignore,
        format=format,
        quiet=quiet,
        verbose=verbose,
        time_limit=time_limit,
        max_operations=max_operations,
        max_time=max_time,
        follow=follow,
    )
