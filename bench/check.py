"""What `corsense check` costs: verdicts per second in memory, a generated app of 1,000 routes, start-up."""

from __future__ import annotations

import argparse
import random
import re
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bench import start_up
from bench.rounds import CORSENSE, PYTHON, Command, interleave, median, ratio, table
from corsense.fetch import Allowed, Blocked, Browser, FetchRequest, NetworkError, WireRequest, WireResponse
from corsense.transports import drive

ORIGIN = "http://localhost:3000"
URL = "http://localhost:8000/api/users"
ORIGINS = (ORIGIN, "http://localhost:5173", "https://app.example.com")

Answer = Callable[[WireRequest], WireResponse | NetworkError]


@dataclass(frozen=True, slots=True)
class Situation:
    """A request, the server that answers it from memory, and the verdict it must come to."""

    request: FetchRequest
    answer: Answer
    verdict: type[Allowed] | type[Blocked]


def answering(actual: WireResponse, preflight: WireResponse | None = None) -> Answer:
    """A server of two prepared answers."""
    return lambda request: preflight if request.preflight and preflight is not None else actual


def situations() -> dict[str, Situation]:
    """The situations that are timed, by the name they have in the table."""
    # Two header lines that have nothing to do with CORS, as every server sends some.
    plain = (("content-type", "application/json"), ("content-length", "27"))
    allow = (("access-control-allow-origin", ORIGIN), ("access-control-allow-credentials", "true"), ("vary", "Origin"))
    grants = (
        ("access-control-allow-methods", "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT"),
        ("access-control-allow-headers", "Accept, Accept-Language, Authorization, Content-Language, Content-Type"),
        ("access-control-max-age", "600"),
    )
    answered = WireResponse(200, (*plain, *allow, ("access-control-expose-headers", "X-Total-Count")))
    post = FetchRequest(
        URL,
        ORIGIN,
        method="POST",
        headers=(("Content-Type", "application/json"), ("Authorization", "Bearer x")),
        credentials="include",
        body='{"name": "Ada"}',
    )
    elsewhere = WireResponse(307, (*allow, ("location", f"{URL}/")))
    final = answering(answered)
    return {
        "GET, allowed": Situation(FetchRequest(URL, ORIGIN, credentials="include"), final, Allowed),
        "GET, no headers": Situation(FetchRequest(URL, ORIGIN), answering(WireResponse(200, plain)), Blocked),
        "POST of JSON, preflighted, allowed": Situation(
            post, answering(answered, WireResponse(200, (*plain, *allow, *grants))), Allowed
        ),
        "POST of JSON, preflight refused": Situation(post, answering(answered, WireResponse(400, plain)), Blocked),
        "GET, redirected for its slash, allowed": Situation(
            FetchRequest(URL, ORIGIN, credentials="include"),
            lambda request: elsewhere if request.url == URL else final(request),
            Allowed,
        ),
    }


def judge(situation: Situation) -> None:
    """One verdict, in a browser that remembers nothing."""
    outcome = drive(Browser().fetch(situation.request), situation.answer).outcome
    if not isinstance(outcome, situation.verdict):
        raise RuntimeError(f"{situation.request} came to {outcome}, not to {situation.verdict.__name__}")


def verdict_rate(situation: Situation, seconds: float) -> float:
    """Verdicts per processor second on one core."""
    batch, done, start = 200, 0, time.process_time()
    while (spent := time.process_time() - start) < seconds:
        for _ in range(batch):
            judge(situation)
        done += batch
    return done / spent


def verdicts(rounds: int) -> str:
    """The table of the state machine. The aim is 30,000 verdicts per second on one core."""
    timed = situations()
    order = list(timed)
    rates: dict[str, list[float]] = {name: [] for name in order}
    for name in order:
        verdict_rate(timed[name], 0.05)
    for _ in range(rounds):
        random.shuffle(order)
        for name in order:
            rates[name].append(verdict_rate(timed[name], 0.2))
    medians = {name: median(measured) for name, measured in rates.items()}
    rows = [[name, f"{rate:,.0f}", f"{1e6 / rate:.1f}"] for name, rate in medians.items()]
    mean = len(medians) / sum(1 / rate for rate in medians.values())
    rows.append(["**equal shares of all**", f"**{mean:,.0f}**", f"**{1e6 / mean:.1f}**"])
    head = ["one verdict of `Browser`, answered from memory", "per second and core", "microseconds"]
    return f"### Verdicts in memory ({rounds} rounds)\n\n{table(head, rows)}\n"


ROUTES = 1000
ROUTERS = 25
METHODS = ("get", "post", "put", "patch", "delete")

APP_HEAD = """\
from typing import Annotated

from fastapi import APIRouter, Depends, FastAPI, HTTPException
from fastapi.middleware.cors import CORSMiddleware
from fastapi.security import HTTPBearer
from pydantic import BaseModel

app = FastAPI()
bearer = HTTPBearer()


class Item(BaseModel):
    name: str
    price: float = 0


"""

REPAIRED = f"""\
app.add_middleware(
    CORSMiddleware,
    allow_origins={list(ORIGINS)!r},
    allow_credentials=True,
    allow_methods=["*"],
    allow_headers=["*"],
)
"""


def route(number: int) -> str:
    """One endpoint of the generated app: the methods in turn, every third behind a bearer token."""
    method = METHODS[number % len(METHODS)]
    arguments = ["key: int"]
    if method in ("post", "put", "patch"):
        arguments.append("item: Item")
    if number % 3 == 0:
        arguments.append("token: Annotated[object, Depends(bearer)]")
    return (
        f'@router.{method}("/things{number}/{{key}}")\n'
        f"def {method}_thing_{number}({', '.join(arguments)}) -> dict[str, int]:\n"
        f"    if key < 0:\n"
        f"        raise HTTPException(404)\n"
        f'    return {{"key": key}}\n\n\n'
    )


def generated_app(routes: int, *, repaired: bool) -> str:
    """The source of an app with `routes` routes on included routers; with a CORS layer that allows `ORIGINS` when `repaired`."""
    parts = [APP_HEAD]
    share = -(-routes // ROUTERS)
    for first in range(0, routes, share):
        parts.append(f'router = APIRouter(prefix="/group{first // share}")\n\n\n')
        parts.extend(route(number) for number in range(first, min(first + share, routes)))
        parts.append("app.include_router(router)\n")
    if repaired:
        parts.append(REPAIRED)
    return "".join(parts)


def many_routes(rounds: int, routes: int = ROUTES) -> str:
    """The table of the generated app, end to end. The aim is 10 s for 1,000 routes and 3 origins in every situation."""
    origins = [word for origin in ORIGINS for word in ("--origin", origin)]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "repaired.py").write_text(generated_app(routes, repaired=True), encoding="utf-8")
        (folder / "broken.py").write_text(generated_app(routes, repaired=False), encoding="utf-8")
        reference = 'python -c "import repaired"'
        commands = {reference: Command([PYTHON, "-c", "import repaired"], folder)}
        for app in ("repaired", "broken"):
            words = [CORSENSE, "check", f"{app}:app", *origins]
            commands[f"corsense check {app}:app"] = Command(words, folder, frozenset({0, 1}))
        runs = interleave(commands, rounds)
    rows = []
    for command, measured in runs.items():
        checked = re.findall(r"([\d,]+) requests judged", measured[0].output)[0] if command != reference else ""
        rows.append(
            [
                f"`{command}`",
                checked,
                f"{median([one.wall for one in measured]):.2f}",
                f"{median([one.processor for one in measured]):.2f}",
                f"{median([one.memory for one in measured]):.0f}",
                f"{ratio(measured, runs[reference]):.2f}",
            ]
        )
    head = ["command", "requests judged", "wall, s", "processor, s", "memory, MB", "to the import"]
    return f"### {routes:,} routes, {len(ORIGINS)} origins, every situation ({rounds} rounds)\n\n{table(head, rows)}\n"


SECTIONS: dict[str, Callable[[int], str]] = {"verdicts": verdicts, "routes": many_routes, "start-up": start_up.report}
ROUNDS = {"verdicts": 7, "routes": 3, "start-up": 15}


def main() -> None:
    """Print the tables of the sections asked for, of all without a name."""
    parser = argparse.ArgumentParser(prog="scripts/bench check", description=__doc__)
    parser.add_argument("sections", nargs="*", metavar="SECTION", help=f"{', '.join(SECTIONS)} (default: all)")
    parser.add_argument("--rounds", type=int, help="rounds to take the median of (default: by section)")
    arguments = parser.parse_args()
    unknown = [name for name in arguments.sections if name not in SECTIONS]
    if unknown:
        parser.error(f"no section {unknown[0]!r}; there are {', '.join(SECTIONS)}")
    for name in arguments.sections or SECTIONS:
        print(SECTIONS[name](arguments.rounds or ROUNDS[name]), flush=True)


if __name__ == "__main__":
    main()
