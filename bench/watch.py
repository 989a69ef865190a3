"""How long `corsense watch` takes from a save to its answer, beside importing the app: a repair and a new fault in turn."""

from __future__ import annotations

import argparse
import os
import subprocess
import tempfile
import time
from pathlib import Path
from statistics import median

from bench.rounds import CORSENSE, PYTHON, Command, run, table
from bench.start_up import APP, ORIGIN

BROKEN = APP.replace(":3000", ":3000/")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="scripts/bench watch", description=__doc__)
    parser.add_argument("--rounds", type=int, default=9, help="rounds to take the median of (default: %(default)s)")
    print(report(parser.parse_args().rounds))


def report(rounds: int) -> str:
    """The table. The aim is an answer within 1.5 times the import."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "main.py").write_text(APP, encoding="utf-8")
        imports, answers = _measured(folder, rounds)
    rows = [
        ['`python -c "import main"`', f"{median(imports) * 1000:.0f}", "1.00"],
        *(
            [f"`corsense watch`: {what}", f"{median(times) * 1000:.0f}", f"{_ratio(times, imports):.2f}"]
            for what, times in answers.items()
        ),
    ]
    return f"### From a save to the answer ({rounds} rounds)\n\n{table(['what', 'wall, ms', 'to the import'], rows)}\n"


def _ratio(times: list[float], imports: list[float]) -> float:
    return median(one / other for one, other in zip(times, imports, strict=True))


def _measured(folder: Path, rounds: int) -> tuple[list[float], dict[str, list[float]]]:
    imports: list[float] = []
    answers: dict[str, list[float]] = {"a new fault": [], "its repair": []}
    environment = {**os.environ, "XDG_STATE_HOME": str(folder), "COLUMNS": "300"}
    words = [CORSENSE, "watch", "main:app", "--origin", ORIGIN]
    with subprocess.Popen(words, cwd=folder, stdout=subprocess.PIPE, encoding="utf-8", env=environment) as process:
        _answered(process, "Ctrl-C ends.")
        for _ in range(rounds):
            for text, what, last in ((BROKEN, "a new fault", "help: corsense rule"), (APP, "its repair", "fixed ")):
                time.sleep(1.0)  # a person writes meanwhile
                started = time.perf_counter()
                (folder / "main.py").write_text(text, encoding="utf-8")
                _answered(process, "main.py: ")
                answers[what].append(time.perf_counter() - started)
                _answered(process, last)
            imports.append(run(Command([PYTHON, "-c", "import main"], folder)).wall)
        process.kill()
    return imports, answers


def _answered(process: subprocess.Popen[str], text: str) -> None:
    """Wait for the line with a text."""
    assert process.stdout is not None
    if not any(text in line for line in process.stdout):
        raise RuntimeError(f"corsense watch ended before {text!r}")


if __name__ == "__main__":
    main()
