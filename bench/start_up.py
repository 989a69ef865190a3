"""How long short commands take: `--version`, `explain`, `rule`, `check` of a one-route app, beside the imports they need."""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from bench.rounds import CORSENSE, PYTHON, Command, interleave, median, ratio, table

APP = """\
from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

app = FastAPI()
app.add_middleware(CORSMiddleware, allow_origins=["http://localhost:3000", "http://localhost:5173"])


@app.get("/items")
def items() -> list[str]:
    return []
"""

ORIGIN = "http://localhost:3000"
TEXT = "Access to fetch at 'http://localhost:8000/items' from origin 'http://localhost:3000' has been blocked by CORS policy: No \
'Access-Control-Allow-Origin' header is present on the requested resource."

BARE = "python -c pass"
IMPORT_FASTAPI = 'python -c "import fastapi"'
IMPORT_APP = 'python -c "import main"'
VERSION = "corsense --version"
CHECK = "corsense check main:app"
CHECK_BROKEN = f"corsense check broken:app --origin {ORIGIN}"
EXPLAIN = "corsense explain TEXT"
RULE = "corsense rule CORS201"


def commands(folder: Path) -> dict[str, Command]:
    """What is timed, by the name it has in the table. Writes the one-route app to `folder`, as it should be and without
    its CORS layer (which `check` repairs and tries again)."""
    (folder / "main.py").write_text(APP, encoding="utf-8")
    without_cors = "".join(line for line in APP.splitlines(keepends=True) if "CORS" not in line)
    (folder / "broken.py").write_text(without_cors, encoding="utf-8")
    return {
        BARE: Command([PYTHON, "-c", "pass"], folder),
        VERSION: Command([CORSENSE, "--version"], folder),
        IMPORT_FASTAPI: Command([PYTHON, "-c", "import fastapi"], folder),
        IMPORT_APP: Command([PYTHON, "-c", "import main"], folder),
        CHECK: Command([CORSENSE, "check", "main:app"], folder),
        CHECK_BROKEN: Command([CORSENSE, "check", "broken:app", "--origin", ORIGIN], folder, frozenset({1})),
        EXPLAIN: Command([CORSENSE, "explain", TEXT], folder, frozenset({1})),
        RULE: Command([CORSENSE, "rule", "CORS201"], folder),
    }


def report(rounds: int) -> str:
    """The table. The aims are 100 ms for `--version`, 250 ms for `explain`, and 1.3 times the import of the app for `check`."""
    with tempfile.TemporaryDirectory() as folder:
        runs = interleave(commands(Path(folder)), rounds)
    rows = [
        [
            f"`{name}`",
            f"{median([one.wall for one in measured]) * 1000:.0f}",
            f"{median([one.processor for one in measured]) * 1000:.0f}",
            f"{ratio(measured, runs[IMPORT_FASTAPI]):.2f}",
            f"{ratio(measured, runs[IMPORT_APP]):.2f}",
        ]
        for name, measured in runs.items()
    ]
    head = ["command", "wall, ms", "processor, ms", "to `import fastapi`", "to `import main`"]
    return f"### Start-up ({rounds} rounds)\n\n{table(head, rows)}\n"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="scripts/bench start_up", description=__doc__)
    parser.add_argument("--rounds", type=int, default=15, help="rounds to take the median of (default: %(default)s)")
    print(report(parser.parse_args().rounds))


if __name__ == "__main__":
    main()
