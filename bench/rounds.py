"""Measures commands side by side: interleaved rounds in random order, medians, ratios of the same round."""

from __future__ import annotations

import os
import random
import statistics
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
BIN = ROOT / ".venv" / "bin"
PYTHON = str(BIN / "python")
CORSENSE = str(BIN / "corsense")


@dataclass(frozen=True, slots=True)
class Command:
    """A command to time: its words, the folder it runs in, and the exit statuses that mean it did its work."""

    words: Sequence[str]
    folder: Path = ROOT
    statuses: frozenset[int] = frozenset({0})


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a command: wall clock and processor time in seconds, peak resident memory in MB (that of the largest of its
    processes), and what it wrote to standard output."""

    wall: float
    processor: float
    memory: float
    output: str


def run(command: Command) -> Run:
    """Run `command` to its end. Raises RuntimeError, with the end of what it printed, when it did not do its work."""
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        start = time.perf_counter()
        process = subprocess.Popen(command.words, cwd=command.folder, stdin=subprocess.DEVNULL, stdout=output, stderr=errors)
        # Only wait4 tells the processor time and the memory of this child and of those it waited for.
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        errors.seek(0)
        if process.returncode not in command.statuses:
            message = errors.read().decode(errors="replace")[-2000:]
            raise RuntimeError(f"{' '.join(command.words)} ended with status {process.returncode}:\n{message}")
        return Run(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, output.read().decode(errors="replace"))


def interleave(commands: Mapping[str, Command], rounds: int) -> dict[str, list[Run]]:
    """Run every command once a round, in an order drawn for each round; a first round, not counted, warms the caches."""
    order = list(commands)
    for name in order:
        run(commands[name])
    runs: dict[str, list[Run]] = {name: [] for name in order}
    for _ in range(rounds):
        random.shuffle(order)
        for name in order:
            runs[name].append(run(commands[name]))
    return runs


def median(values: Sequence[float]) -> float:
    """The middle value."""
    return statistics.median(values)


def ratio(runs: Sequence[Run], reference: Sequence[Run]) -> float:
    """The median, over the rounds, of the wall time in relation to that of `reference` in the same round."""
    return statistics.median(one.wall / other.wall for one, other in zip(runs, reference, strict=True))


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table; every column but the first is aligned to the right."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
