"""What `corsense explain` costs: messages read per second, one message explained end to end."""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

from bench.rounds import CORSENSE, PYTHON, ROOT, Command, interleave, median, ratio, table
from corsense.console.parse import parse

PASTED = ROOT / "tests" / "data" / "corpus" / "pasted-sample.jsonl"
PRINTED = ROOT / "tests" / "data" / "corpus" / "browsers.jsonl"
MESSAGE = (
    "Access to fetch at 'http://localhost:8000/api/users' from origin 'http://localhost:3000' has been blocked by CORS policy: "
    "No 'Access-Control-Allow-Origin' header is present on the requested resource."
)
BARE = "python -c pass"
EXPLAIN = "corsense explain MESSAGE"


def pasted() -> list[str]:
    """Texts as people pasted them."""
    return [json.loads(line)["text"] for line in PASTED.read_text(encoding="utf-8").splitlines()]


def printed() -> list[str]:
    """Lines as consoles printed them."""
    rows = [json.loads(line) for line in PRINTED.read_text(encoding="utf-8").splitlines()[::10]]
    return [line["text"] for row in rows for seen in row["observed"].values() if seen for line in seen["console"]]


def rate(texts: list[str], seconds: float) -> float:
    """Messages read per second."""
    found, start = 0, time.perf_counter()
    while time.perf_counter() - start < seconds:
        found += sum(len(parse(text)) for text in texts)
    return found / (time.perf_counter() - start)


def reading(rounds: int) -> str:
    """The table of reading rates."""
    rows = []
    for name, texts in (("pasted by people", pasted()), ("as printed", printed())):
        rate(texts, 0.2)
        rows.append([name, f"{len(texts):,}", f"{median([rate(texts, 1.0) for _ in range(rounds)]):,.0f}"])
    return f"### Messages read ({rounds} rounds)\n\n{table(['texts', 'number', 'messages per second and core'], rows)}\n"


def end_to_end(rounds: int) -> str:
    """The table of one message, from the command line to the answer. The aim is 250 ms."""
    commands = {
        BARE: Command([PYTHON, "-c", "pass"], Path("/")),
        EXPLAIN: Command([CORSENSE, "explain", MESSAGE], Path("/"), frozenset({1})),
    }
    runs = interleave(commands, rounds)
    rows = [
        [f"`{name}`", f"{median([one.wall for one in measured]) * 1000:.0f}", f"{ratio(measured, runs[BARE]):.1f}"]
        for name, measured in runs.items()
    ]
    return f"### One message ({rounds} rounds)\n\n{table(['command', 'wall, ms', 'to a bare Python'], rows)}\n"


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(prog="scripts/bench explain", description=__doc__)
    parser.add_argument("--rounds", type=int, default=9, help="rounds to take the median of (default: %(default)s)")
    rounds = parser.parse_args().rounds
    print(reading(rounds))
    print(end_to_end(rounds))


if __name__ == "__main__":
    main()
