"""Options that several commands have, each with one meaning."""

from __future__ import annotations

from typing import Annotated, TypeAlias

import typer

Select: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--select", metavar="RULES", help="Only these rules: slugs or codes, with commas. Repeatable.", show_default=False
    ),
]
Ignore: TypeAlias = Annotated[
    list[str] | None, typer.Option("--ignore", metavar="RULES", help="Skip these rules. Repeatable.", show_default=False)
]
Python: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--python",
        metavar="PATH",
        help="The interpreter, or the virtual environment, that the app runs in. Default: [tool.corsense] python, VIRTUAL_ENV, "
        ".venv, what uv, Poetry, PDM, Hatch, Pipenv or conda say, else that of corsense.",
        show_default=False,
    ),
]
Origins: TypeAlias = Annotated[
    list[str] | None, typer.Option("--origin", help="Origin of a page, such as http://localhost:3000. Repeatable.")
]
Requests: TypeAlias = Annotated[
    list[str] | None, typer.Option("--request", help="A request, such as 'POST /api/users'. Repeatable. Default: every route.")
]
Headers: TypeAlias = Annotated[
    list[str] | None, typer.Option("--header", help="A header that the page's script sets, 'Name: value'. Repeatable.")
]
BaseUrl: TypeAlias = Annotated[
    str | None, typer.Option("--base-url", metavar="URL", help="Where the API will live, such as https://api.example.com.")
]
BehindProxy: TypeAlias = Annotated[
    bool | None,
    typer.Option(
        "--behind-proxy/--no-behind-proxy",
        help="TLS ends at a proxy in front of the app, which sees http.",
        show_default=False,
    ),
]
Clients: TypeAlias = Annotated[
    list[str] | None,
    typer.Option("--client", help="A client to plan for, such as mcp or tus; `corsense clients` lists them. Repeatable."),
]
PastedCurl: TypeAlias = Annotated[
    str | None, typer.Option("--curl", metavar="TEXT", help="A request copied as cURL ('-': from standard input).")
]
PastedFetch: TypeAlias = Annotated[
    str | None, typer.Option("--fetch", metavar="TEXT", help="A request copied as fetch ('-': from standard input).")
]
Factory: TypeAlias = Annotated[bool, typer.Option("--factory", help="The target is a function that returns the app.")]
TimeLimit: TypeAlias = Annotated[
    float,
    typer.Option("--time-limit", help="Seconds allowed for importing the app, and for each answer.", min=0.1, max=86_400),
]
