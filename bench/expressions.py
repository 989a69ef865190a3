"""What an `origin_regex` costs: a match against one of `re.fullmatch`, and any number of generated expressions against `re`."""

from __future__ import annotations

import argparse
import random
import re
import statistics
import sys
import time
from collections.abc import Callable
from functools import partial
from itertools import repeat

from bench.rounds import table
from corsense.origin.breadth import foreign_origin, insecure_origin
from corsense.origin.expression import UnsupportedRegex
from corsense.origin.regex import OriginRegex
from tests.origin.generated import Expressions, differences

EXPRESSIONS = (
    (r"https://[a-z0-9-]+\.example\.com", "https://pr-1234.example.com"),
    (r"https://.*\.example\.com", "https://app.staging.example.com"),
    (r"https://([a-z0-9-]+\.)*example\.com", "https://app.staging.example.com"),
    (r"^https?://(localhost|127\.0\.0\.1)(:\d+)?$", "http://localhost:3000"),
    (r"https://(www|app)\.example\.com", "https://app.example.com"),
    (r"https://[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.example\.com", "https://pr-1234.example.com"),
    (r"https://myproj-[a-z0-9-]+-team\.vercel\.app", "https://myproj-git-feature-x-team.vercel.app"),
    (r"https://.*\..*\.example\.com", "https://app.staging.example.com"),
)
"""Ordinary ones; the last is read in more ways the longer a text is, so it is matched by the table."""
UNTRUSTED_ORIGIN = "https://stranger.example.net"
HUGE = (
    "[a-z]*" * 6, "(?:(?:a|ab)(?:c|bc)?)+", "https://(?:a|b|ab)+\\.example\\.com", "(a{1,100}){1,100}", "(?:a{1000}){1000}",
    ".*a.{14}b", "(?:.*a.{10}b)", "x?" * 8_000, "x" * 16_000, "(" * 5_000 + ")" * 5_000,
    "|".join(f"https://customer-{number}\\.example\\.com" for number in range(450)),
    "|".join(f"https://[a-z]+\\.ex{number}ample\\.com" for number in range(140)),
    "https://[a-z.]{1,253}\\.example\\.com", "(?:[a-z0-9-]{1,63}\\.){1,8}example\\.com",
    "(?:" + "|".join("x" * number for number in range(1, 170)) + ")*",
)  # fmt: skip


def seconds(call: Callable[[], object], times: int) -> float:
    """Processor time of one call."""
    start = time.process_time()
    for _ in repeat(None, times):
        call()
    return (time.process_time() - start) / times


def matching(rounds: int, times: int) -> list[list[str]]:
    """One row an expression: a match and a refusal, beside `fullmatch` of the decoded header as Starlette calls it."""
    rows = []
    for pattern, origin in EXPRESSIONS:
        ours, theirs = OriginRegex.compile(pattern).match, re.compile(pattern).fullmatch
        row = [f"`{pattern}`".replace("|", "\\|")]
        for text in (origin, UNTRUSTED_ORIGIN):
            sent = text.encode()
            calls = (partial(_as_corsense, ours, sent), partial(_as_starlette, theirs, sent))
            found: list[list[float]] = [[], []]
            for _ in range(rounds):
                for number in random.sample((0, 1), 2):
                    found[number].append(seconds(calls[number], times))
            mine, other = (statistics.median(each) for each in found)
            row += [
                f"{other * 1e9:.0f}",
                f"{mine * 1e9:.0f}",
                f"{statistics.median(a / b for a, b in zip(*found, strict=True)):.2f}",
            ]
        rows.append(row)
    return rows


def _as_starlette(fullmatch: Callable[[str], object], sent: bytes) -> object:
    """The header as text, then matched."""
    return fullmatch(sent.decode("latin-1"))


def _as_corsense(match: Callable[[bytes], object], sent: bytes) -> object:
    """The header as it came, matched."""
    return match(sent)


def construction() -> list[list[str]]:
    """One row an expression that is hard to compile: processor time until it is compiled and its breadth known, or refused."""
    rows = []
    foreign_origin(OriginRegex.compile("warm."))
    insecure_origin(OriginRegex.compile("warm."))
    for pattern in HUGE:
        start = time.process_time()
        try:
            compiled = OriginRegex.compile(pattern)
            foreign_origin(compiled)
            insecure_origin(compiled)
            ended = f"compiled, {len(compiled.automaton.rows):,} states"
        except UnsupportedRegex as error:
            ended = f"refused: {error.construct}"
        shown = pattern if len(pattern) <= 40 else f"{pattern[:30]}... ({len(pattern):,})"
        rows.append([f"`{shown}`".replace("|", "\\|"), f"{(time.process_time() - start) * 1e3:.0f}", ended])
    return rows


def main() -> None:
    """Print the tables, or compare generated expressions."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument(
        "--generated", type=int, default=0, metavar="NUMBER", help="compare so many generated expressions with re"
    )
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    if chosen.generated:
        counted = differences(Expressions(chosen.seed), chosen.generated)
        print(counted)
        sys.exit(bool(counted.different))
    heads = ["expression", "`re`, ns", "ours, ns", "ratio", "`re`, refused, ns", "ours, ns", "ratio"]
    print(table(heads, matching(chosen.rounds, 20_000)))
    print()
    print(table(["expression", "processor, ms", "ends"], construction()))


if __name__ == "__main__":
    main()
