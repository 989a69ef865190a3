"""`python -m corsense`: the command line."""

from __future__ import annotations

from corsense.cli import main

main()
