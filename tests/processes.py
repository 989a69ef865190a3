"""Whether a process still runs."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def is_running(pid: int) -> bool:
    """Whether a process runs. It may end between two questions; and where nobody waits for an orphan it stays, as a zombie."""
    try:
        os.kill(pid, 0)
        return sys.platform != "linux" or "State:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except (ProcessLookupError, FileNotFoundError):
        return False
