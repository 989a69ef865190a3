"""What standard output shows: colour and links on a terminal, neither in a pipe."""

from __future__ import annotations

import os
import sys

from corsense.report.terminal import WIDTH, Lines

_WITH_LINKS = ("iTerm.app", "WezTerm", "vscode", "ghostty", "Hyper", "Tabby", "rio")
"""Values of `TERM_PROGRAM` whose terminals show links (OSC 8)."""
_MARKS_OF_LINKS = ("WT_SESSION", "KITTY_WINDOW_ID", "KONSOLE_VERSION", "DOMTERM", "ALACRITTY_WINDOW_ID")


def terminal() -> Lines:
    """Standard output. `NO_COLOR`, `FORCE_COLOR`, `FORCE_HYPERLINK` and `COLUMNS` are honoured."""
    is_terminal = sys.stdout.isatty()
    colour = _wants_colour(is_terminal)
    if colour and sys.platform == "win32":
        os.system("")  # switches the console's reading of escape sequences on
    return Lines(_width(is_terminal), colour, _shows_links(is_terminal), encoding=sys.stdout.encoding or "utf-8")


def _wants_colour(is_terminal: bool) -> bool:
    if os.environ.get("NO_COLOR"):
        return False
    forced = os.environ.get("FORCE_COLOR")
    return forced.lower() not in ("0", "false") if forced else is_terminal and os.environ.get("TERM") != "dumb"


def _shows_links(is_terminal: bool) -> bool:
    forced = os.environ.get("FORCE_HYPERLINK")
    if forced:
        return forced.lower() not in ("0", "false")
    term = os.environ.get("TERM", "")
    if not is_terminal or term.startswith(("screen", "tmux", "dumb", "linux")):
        return False
    vte = os.environ.get("VTE_VERSION", "")
    return (
        os.environ.get("TERM_PROGRAM") in _WITH_LINKS
        or any(name in os.environ for name in _MARKS_OF_LINKS)
        or (vte.isdigit() and int(vte) >= 5000)
        or term.startswith(("xterm-kitty", "foot", "alacritty", "xterm-ghostty", "wezterm"))
    )


def _width(is_terminal: bool) -> int:
    """`COLUMNS` where it is set, else those of the terminal up to the width of prose."""
    named = os.environ.get("COLUMNS", "")
    if named.isascii() and named.isdigit() and int(named):
        return max(40, min(int(named), 10_000))
    if not is_terminal:
        return WIDTH
    from shutil import get_terminal_size  # brings the compressors along

    return max(40, min(get_terminal_size().columns, WIDTH))
