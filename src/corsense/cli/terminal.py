"""Where text goes: a terminal in colour, a pipe without."""

from __future__ import annotations

import sys

from rich.console import Console

from corsense.report.terminal import Lines


def terminal() -> Lines:
    """Standard output; what its encoding cannot print is written as `?`."""
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="replace")
    return Lines(Console(highlight=False, markup=False, emoji=False))
