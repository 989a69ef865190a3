"""What cross-origin protection costs: instructions a request, and what a FastAPI with it still carries over sockets."""

from __future__ import annotations

import argparse
import importlib.util
import warnings
from collections.abc import Callable
from typing import Any

from bench import sockets
from bench.instructions import count
from bench.middleware import App, Case, Headers, app, browser_headers
from bench.rounds import median, table
from corsense import CORSMiddleware, CrossOriginProtection, Policy

OWN = "https://api.example.com"
PARTNER = "https://app.example.com"
FOREIGN = "https://evil.example"
HOSTS = ["api.example.com"]


def corsense(protection: Any) -> Callable[[Case], App]:
    """corsense's CORS layer with this protection."""
    return lambda case: CORSMiddleware(app, policy=Policy(origins=[PARTNER]), protection=protection)


def starlette(case: Case) -> App:
    """Starlette's CORS layer, which refuses nothing."""
    from starlette.middleware.cors import CORSMiddleware as Starlette

    return Starlette(app, allow_origins=[PARTNER])


def peer(case: Case) -> App:
    """The package `asgi-cross-origin-protection` around Starlette's CORS layer, so that both do what ours does."""
    from asgi_cross_origin_protection import CrossOriginProtection as Peer  # type: ignore[import-not-found,unused-ignore]

    made: App = Peer(starlette(case), allowed_origins=[PARTNER])
    return made


LAYERS: dict[str, Callable[[Case], App]] = {
    "bare": lambda case: app,
    "Starlette": starlette,
    "asgi-cross-origin-protection": peer,
    "corsense off": corsense(None),
    "corsense enforce": corsense("enforce"),
    "corsense with hosts": corsense(CrossOriginProtection(mode="enforce", hosts=HOSTS)),
}


def of_page(origin: str | None, site: str, mode: str = "cors") -> Headers:
    """The headers that Chromium sends for a page of `origin`."""
    own = ((b"origin", origin.encode()),) if origin is not None else ()
    message = {b"sec-fetch-site": site.encode(), b"sec-fetch-mode": mode.encode()}
    return [(name, message.get(name, value)) for name, value in browser_headers(*own)]


def cases() -> list[Case]:
    """The kinds of request."""
    return [
        Case("GET of the own page", of_page(None, "same-origin"), None),
        Case("GET of a listed page", of_page(PARTNER, "same-site"), None),
        Case("GET of a foreign page", of_page(FOREIGN, "cross-site"), None),
        Case("POST of the own page", of_page(OWN, "same-origin"), None, "POST"),
        Case("POST of a listed page", of_page(PARTNER, "same-site"), None, "POST"),
        Case(
            "POST of no browser", [(b"host", b"api.example.com"), (b"user-agent", b"curl/8.9"), (b"accept", b"*/*")], None, "POST"
        ),
        Case("POST of a foreign page", of_page(FOREIGN, "cross-site"), None, "POST"),
    ]


def present() -> list[str]:
    """The layers that can be measured here."""
    there = importlib.util.find_spec("asgi_cross_origin_protection") is not None
    return [name for name in LAYERS if there or name != "asgi-cross-origin-protection"]


def instructions() -> str:
    """The table of instructions, with the ratio of protection to the CORS layer without it."""
    names = present()
    counted = count([case.name for case in cases()], names, "bench.protection")
    if counted is None:
        return "valgrind is not installed: nothing was counted."
    off, shown = "corsense off", [name for name in names if name.startswith(("corsense e", "corsense w"))]
    rows = [
        [case, *(f"{of[name] / 1000:,.1f}" for name in names), *(f"{of[name] / of[off]:.2f}" for name in shown)]
        for case, of in counted.items()
    ]
    return table(["thousand instructions a request", *names, *(f"{name[9:]} to off" for name in shown)], rows)


def main() -> None:
    """Print the tables."""
    warnings.simplefilter("ignore")
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=9, help="rounds of load over sockets; 0: none")
    rounds = parser.parse_args().rounds
    print(instructions())
    found = sockets.throughput(rounds, sockets.PROTECTED, ("own POST",)) if rounds else None
    if found is None:
        return
    measured, how = found
    loads = measured["own POST"]
    base = loads[sockets.PROTECTED[0]]
    rows = [
        [
            name,
            f"{median([load.rate for load in of]):,.0f}",
            f"{median([load.rate / other.rate for load, other in zip(of, base, strict=True)]):.3f}",
            f"{median([load.processor for load in of]):.1f}",
            f"{median([load.processor / other.processor for load, other in zip(of, base, strict=True)]):.3f}",
        ]
        for name, of in loads.items()
    ]
    print(f"\nA JSON POST of the own page; {how}, {rounds} rounds\n")
    print(table(["server", "requests a second", "to off", "processor, us a request", "to off"], rows))


if __name__ == "__main__":
    main()
