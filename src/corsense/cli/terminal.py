"""Where text goes: a terminal in colour, a pipe without."""

from __future__ import annotations

import os
import sys

from corsense.report.terminal import Lines


def terminal() -> Lines:
    """Standard output, in colour where it is a terminal."""
    if not sys.stdout.isatty() and not os.environ.get("FORCE_COLOR"):
        return Lines(None)
    from rich.console import Console

    return Lines(Console(highlight=False, markup=False, emoji=False))
