"""The installed command, run as a user runs it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

COMMAND = Path(sys.executable).parent / "corsense"


@dataclass(frozen=True)
class Ran:
    """What a run printed, and its exit status."""

    status: int
    out: str
    err: str

    @property
    def document(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.out)
        return found

    def slugs(self) -> list[str]:
        return [finding["slug"] for finding in self.document["findings"]]


def corsense(
    *arguments: str,
    folder: Path | None = None,
    text: str | None = None,
    environment: dict[str, str] | None = None,
    columns: int = 200,
) -> Ran:
    """Run `corsense` in `folder`, with `text` on standard input, for a terminal of so many columns."""
    done = subprocess.run(
        [COMMAND, *arguments],
        cwd=folder,
        input=text,
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=False,
        env={**(os.environ if environment is None else environment), "COLUMNS": str(columns)},
    )
    return Ran(done.returncode, done.stdout, done.stderr)
