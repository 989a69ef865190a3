"""`corsense clients`: the clients that `check --client` and `Policy(clients=...)` know."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Annotated

import typer

from corsense.cli.process import fail


def clients(
    name: Annotated[str | None, typer.Argument(metavar="NAME", help="Such as mcp or tus. Default: all, a line each.")] = None,
) -> None:
    """Print what a client sends across origins, which headers it reads, and what no CORS setting can fix."""
    from corsense.clients import MEASURED, PROFILES, ClientProfile

    def page(profile: ClientProfile) -> None:
        print(f"{profile.name}: {profile.title}\n  measured {MEASURED}: {profile.packages}")
        for label, values in (
            ("methods", profile.methods), ("request headers", profile.request_headers), ("expose headers", profile.expose_headers)
        ):  # fmt: skip
            print(f"  {label + ':':<17} {', '.join(values) or 'none'}")
        print(f"  {'credentials:':<17} {profile.credentials}")
        for read in profile.reads:
            print(f"  {read.name} not exposed: {read.without}")
        for request in profile.requests:
            if request.without is not None:
                print(f"  {request.method} with {', '.join(name for name, _ in request.headers)} blocked: {request.without}")
        for sentence in profile.beyond:
            print(f"  no CORS setting helps: {sentence}")

    if name is None:
        for profile in PROFILES:
            print(f"{profile.name:<20} {profile.title} ({profile.packages})")
        return
    found = next((profile for profile in PROFILES if profile.name == name.strip().lower()), None)
    if found is None:
        near = get_close_matches(name, [profile.name for profile in PROFILES], 1)
        fail(
            f"There is no client {name[:60]!r}; " + (f"did you mean {near[0]}?" if near else "`corsense clients` lists them all.")
        )
    page(found)
