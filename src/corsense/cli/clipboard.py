"""The clipboard, by the tool that the system has for it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator

from corsense.errors import InputError, quoted

_SECONDS = 10.0
_POWERSHELL = ("-NoProfile", "-NonInteractive", "-Command")
_GET_CLIPBOARD = "[Console]::OutputEncoding = [Text.Encoding]::UTF8; Get-Clipboard -Raw"


def clipboard_text() -> str:
    """What was copied last. Raises InputError when no tool can tell."""
    message = []
    for command in _commands():
        try:
            ran = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=_SECONDS, check=False)
        except (OSError, subprocess.TimeoutExpired) as error:
            message.append(f"{os.path.basename(command[0])}: {error}")
            continue
        if ran.returncode == 0:
            return ran.stdout.decode("utf-8", "replace")
        first = ran.stderr.decode("utf-8", "replace").strip().partition("\n")[0]
        message.append(f"{os.path.basename(command[0])}: {first or f'exit status {ran.returncode}'}")
    if message:
        raise InputError(f"the clipboard cannot be read ({quoted(message[0])}); pipe the text in, or give it in quotes.")
    raise InputError(
        "--clipboard finds no tool that reads the clipboard; install wl-clipboard (Wayland) or xclip (X11), or pipe the text in."
    )


def _commands() -> Iterator[list[str]]:
    """The commands to try, those of the session that runs first."""
    if sys.platform == "win32":
        windows = os.environ.get("SYSTEMROOT", r"C:\Windows")
        yield [rf"{windows}\System32\WindowsPowerShell\v1.0\powershell.exe", *_POWERSHELL, _GET_CLIPBOARD]
        return
    tools = [("pbpaste",), ("powershell.exe", *_POWERSHELL, _GET_CLIPBOARD)]
    if os.environ.get("DISPLAY"):
        tools[:0] = [("xclip", "-selection", "clipboard", "-out"), ("xsel", "--clipboard", "--output")]
    if os.environ.get("WAYLAND_DISPLAY"):
        tools[:0] = [("wl-paste", "--no-newline")]
    for name, *arguments in tools:
        found = shutil.which(name)
        if found is not None:
            yield [found, *arguments]
