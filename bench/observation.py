"""What observing requests costs, in instructions: over the enforcing middleware, around a FastAPI route and around two sends."""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Callable
from typing import Any

from fastapi import FastAPI

from bench.instructions import count
from bench.middleware import METHODS, NAMES, ORIGIN, App, Case, actual, app, preflight
from bench.rounds import table
from corsense import CORSMiddleware, Policy
from corsense.observe import ObservationFolder

UNTRUSTED = "https://stranger.example.net"
POLICY = Policy(origins=[ORIGIN], methods=METHODS, request_headers=NAMES, max_age=600)
CANDIDATE = Policy(origins=[ORIGIN, "https://admin.example.com"], methods=["PUT"], request_headers=NAMES)
AIM = 1.03
_FOLDER = tempfile.TemporaryDirectory()


def observing(candidate: Policy | None = None) -> dict[str, Any]:
    """The keywords of a layer that observes. Its file is written once an hour: counted is what a request costs."""
    return {"observe": ObservationFolder(_FOLDER.name, interval=3600), "candidate": candidate}


def fastapi() -> App:
    """A FastAPI app with two JSON routes, the same around which every layer is: only the layers differ."""
    made = FastAPI()

    @made.get("/items")
    async def items() -> dict[str, int]:
        return {"count": 1}

    @made.post("/items")
    async def add(item: dict[str, int]) -> dict[str, int]:
        return item

    return made


def around(inner: App, **keywords: Any) -> Callable[[Case], App]:
    """The layer around an app."""
    return lambda case: CORSMiddleware(inner, policy=POLICY, **keywords)


INNER = {"FastAPI": fastapi(), "two sends": app}
LAYERS: dict[str, Callable[[Case], App]] = {
    f"{name} {how}": around(inner, **keywords)
    for name, inner in INNER.items()
    for how, keywords in {"enforcing": {}, "observing": observing(), "candidate": observing(CANDIDATE)}.items()
}


def cases() -> list[Case]:
    """The kinds of request."""
    return [
        Case("GET without `Origin`", actual(None), None),
        Case("GET of an allowed page", actual(ORIGIN), None),
        Case("GET of a refused page", actual(UNTRUSTED), None),
        Case("POST of an allowed page", [*actual(ORIGIN), (b"content-type", b"application/json")], None, "POST"),
        Case("preflight", preflight(ORIGIN, b"content-type"), None, "OPTIONS"),
    ]


def main() -> None:
    """Print the table."""
    warnings.simplefilter("ignore")
    counted = count([case.name for case in cases()], list(LAYERS), "bench.observation")
    if counted is None:
        print("valgrind is not installed: nothing was counted.")
        return
    rows = []
    for name, of in counted.items():
        for kind in ("FastAPI", "two sends"):
            base = of[f"{kind} enforcing"]
            cells = [f"{of[f'{kind} {how}'] / base:.3f}" for how in ("observing", "candidate")]
            more = of[f"{kind} observing"] - base
            rows.append([name, kind, f"{base / 1000:,.1f}", f"{more / 1000:,.1f}", *cells])
    head = [
        "thousand instructions a request",
        "around",
        "enforcing",
        "observing: more",
        "observing, ratio",
        "with a candidate, ratio",
    ]
    print(f"Aim: {AIM} over the enforcing middleware.\n\n{table(head, rows)}")


if __name__ == "__main__":
    main()
