"""The table of layers in ARCHITECTURE.md: order and purity from pyproject.toml, meaning from the docstrings.

python -m docs.generator.layers             writes the table into ARCHITECTURE.md
python -m docs.generator.layers PACKAGE     prints the modules of a package, a line each, as in `fetch` or `lint/rules`
"""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "corsense"
DOCUMENT = ROOT / "ARCHITECTURE.md"
BEGIN, END = "<!-- layers: scripts/architecture writes this table -->\n", "<!-- end of layers -->\n"


def main(arguments: list[str]) -> int:
    """Write the table, or print the modules of the packages named."""
    for name in arguments:
        folder = PACKAGE / name
        if not (folder / "__init__.py").is_file():
            print(f"architecture: {name!r} is not a package below src/corsense/.", file=sys.stderr)
            return 2
        print(*(f"{path.relative_to(PACKAGE)}: {summary(path)}" for path in sorted(folder.rglob("*.py"))), sep="\n")
    if not arguments:
        DOCUMENT.write_text(with_table(DOCUMENT.read_text(encoding="utf-8")), encoding="utf-8")
    return 0


def with_table(document: str) -> str:
    """The document with the table of today. Raises ValueError when the document has no place for it."""
    before, found, rest = document.partition(BEGIN)
    _, ended, after = rest.partition(END)
    if not (found and ended):
        raise ValueError(f"{DOCUMENT.name} must have the lines {BEGIN.strip()!r} and {END.strip()!r}.")
    return f"{before}{BEGIN}{table()}{END}{after}"


def table() -> str:
    """The layers from top to bottom; those of one row may not import each other."""
    pure = _contract("pure-core")["source_modules"]
    rows = ["| layer | what it is | I/O |", "|---|---|---|"]
    for names in layers():
        for name in names:
            home = PACKAGE / name / "__init__.py"
            shown = f"`{name}/`" if home.is_file() else f"`{name}.py`"
            rows.append(
                f"| {shown} | {summary(home if home.is_file() else PACKAGE / f'{name}.py')} | "
                f"{'none' if f'corsense.{name}' in pure else ''} |"
            )
    return "\n".join(rows) + "\n"


def layers() -> Iterator[list[str]]:
    """The modules of each layer that exist, from top to bottom."""
    for line in _contract("layers")["layers"]:
        names = re.findall(r"\w+", line)
        yield [name for name in names if (PACKAGE / name).is_dir() or (PACKAGE / f"{name}.py").is_file()]


def summary(path: Path) -> str:
    """The first sentence of a module's docstring, without the full stop."""
    docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    first = " ".join(docstring.partition("\n\n")[0].split())
    return re.split(r"\.(?: |$)", first)[0].replace("|", "\\|")


def _contract(name: str) -> dict[str, Any]:
    configuration = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    found: dict[str, Any] = next(item for item in configuration["tool"]["importlinter"]["contracts"] if item["id"] == name)
    return found


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
