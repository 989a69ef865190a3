"""A command that goes on, such as `corsense watch`: what it prints as it comes, and how it ends."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, Queue
from typing import Self

import pytest

PATIENCE = 60.0
"""Seconds after which a test is given up, on any machine."""


@dataclass
class Running:
    """The command at work in a folder. What it prints is read as it comes."""

    folder: Path
    process: subprocess.Popen[str]
    printed: Queue[str] = field(default_factory=Queue)

    def __post_init__(self) -> None:
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    @classmethod
    def start(cls, command: Sequence[str | Path], folder: Path, environment: Mapping[str, str]) -> Self:
        """Start a command in a session of its own, so that those it starts can be ended with it."""
        process = subprocess.Popen(
            command,
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            env=environment,
            start_new_session=True,
        )
        return cls(folder, process)

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.printed.put(line)

    def until(self, text: str) -> str:
        """What is printed up to the line that has a text."""
        found = ""
        while text not in found.rpartition("\n")[0].rpartition("\n")[2]:
            try:
                found += self.printed.get(timeout=PATIENCE)
            except Empty:
                pytest.fail(f"{text!r} is not in what was printed: {found}")
        return found

    def rest(self) -> str:
        """What is printed until the end, of a command that has ended."""
        self.reader.join(PATIENCE)
        lines = []
        while not self.printed.empty():
            lines.append(self.printed.get())
        return "".join(lines)

    def save(self, text: str, name: str = "main.py") -> None:
        (self.folder / name).write_text(text)

    def end(self) -> int:
        """Press Ctrl-C; the exit status."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(PATIENCE)

    def kill(self) -> None:
        """End it and those it has started, and read what it printed."""
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            self.process.kill()
        self.process.wait(PATIENCE)
        self.reader.join(PATIENCE)
        assert self.process.stdout is not None
        self.process.stdout.close()
