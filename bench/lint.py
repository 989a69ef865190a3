"""What `corsense lint` costs over a tree where little concerns CORS: the packages of an environment."""

from __future__ import annotations

import argparse
import shutil
import sysconfig
import tempfile
from pathlib import Path

from bench.rounds import CORSENSE, PYTHON, ROOT, Command, interleave, median, ratio, table

SCAN = """
import sys
from pathlib import Path
from corsense.lint.files import scan
scan([Path(sys.argv[1])])
"""
PARSE = """
import ast, sys, warnings
from pathlib import Path
import corsense.lint
warnings.simplefilter("ignore")
for file in Path(sys.argv[1]).rglob("*.py"):
    try: ast.parse(file.read_bytes())
    except (SyntaxError, ValueError, RecursionError): pass
"""
RULE = """
rules:
  - id: wildcard-with-credentials
    languages: [python]
    severity: ERROR
    message: every origin is allowed, with credentials
    pattern: $APP.add_middleware(CORSMiddleware, ..., allow_origins=["*"], ..., allow_credentials=True, ...)
"""
LINT = "corsense lint"
NOTHING = '`python -c "import corsense.lint"`'


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="scripts/bench lint", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="rounds to take the median of (default: %(default)s)")
    parser.add_argument("--tree", type=Path, default=Path(sysconfig.get_path("purelib")), help="default: this environment")
    parser.add_argument("--slow", action="store_true", help="also what takes a minute: `ast` on everything, semgrep")
    asked = parser.parse_args()
    print(report(asked.tree, asked.rounds, slow=asked.slow))


def report(tree: Path, rounds: int, *, slow: bool) -> str:
    """The table of commands over `tree`, with files per second."""
    files = list(tree.rglob("*.py"))
    size = sum(file.stat().st_size for file in files) / 1e6
    found = frozenset({0, 1})
    commands = {
        NOTHING: Command([PYTHON, "-c", "import corsense.lint"]),
        f"`{LINT} TREE`": Command([CORSENSE, "lint", "--quiet", str(tree)], ROOT, found),
        "its look at the bytes alone": Command([PYTHON, "-c", SCAN, str(tree)]),
    }
    missing = []
    if slow:
        commands["`ast.parse` on every file"] = Command([PYTHON, "-c", PARSE, str(tree)])
        semgrep = shutil.which("semgrep")
        if semgrep is None:
            missing.append("semgrep")
        else:
            rule = Path(tempfile.mkdtemp()) / "rule.yaml"
            rule.write_text(RULE, encoding="utf-8")
            words = [
                semgrep,
                "--metrics=off",
                "--disable-version-check",
                "--quiet",
                "--no-git-ignore",
                "--config",
                str(rule),
                str(tree),
            ]
            commands["`semgrep`, one equivalent rule"] = Command(words)
    runs = interleave(commands, rounds)
    start = median([one.wall for one in runs[NOTHING]])
    rows = []
    for name, measured in runs.items():
        wall = median([one.wall for one in measured])
        rate = "" if name == NOTHING else f"{len(files) / (wall - (0 if 'semgrep' in name else start)):,.0f}"
        memory = max(one.memory for one in measured)
        rows.append([name, f"{wall:.2f}", f"{median([o.processor for o in measured]):.2f}", rate, f"{memory:.0f}",
                     f"{ratio(measured, runs[f'`{LINT} TREE`']):.2f}"])  # fmt: skip
    head = ["command", "wall, s", "processor, s", "files per second", "memory, MB", "to `corsense lint`"]
    left = f"\n\nNot installed here: {', '.join(missing)}." if missing else ""
    return f"### {len(files):,} files, {size:.0f} MB ({rounds} rounds)\n\n{table(head, rows)}{left}\n"


if __name__ == "__main__":
    main()
