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
