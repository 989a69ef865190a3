"""`corsense explain` where the text is pasted into the terminal, or copied."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.cli.commands import COMMAND, Ran, corsense

MESSAGE = (
    "Access to fetch at 'http://localhost:8000/api/users' from origin 'http://localhost:3000' has been blocked by CORS policy: "
    "No 'Access-Control-Allow-Origin' header is present on the requested resource."
)
CAUSE = "missing-cors-middleware"


def typed(keys: bytes, *arguments: str) -> Ran:
    """Run `corsense explain` on a terminal in which the keys are pressed once it asks for them."""
    import pty

    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [COMMAND, "explain", *arguments], stdin=theirs, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8"
    )
    assert process.stderr is not None
    asked = process.stderr.readline()
    os.write(ours, keys)
    out, err = process.communicate(timeout=60)
    os.close(ours)
    os.close(theirs)
    return Ran(process.returncode, out, asked + err)


@pytest.mark.skipif(os.name != "posix", reason="terminals are opened as POSIX does")
@pytest.mark.parametrize("options", [(), ("--quiet",)], ids=["alone", "with options"])
def test_on_a_terminal_a_paste_is_read_until_control_d(options: tuple[str, ...]) -> None:
    ran = typed(MESSAGE.encode() + b"\n\x04", *options)
    assert "then press Ctrl-D" in ran.err
    assert ran.status == 1
    assert CAUSE in ran.out


@pytest.mark.skipif(os.name != "posix", reason="terminals are opened as POSIX does")
def test_on_a_terminal_an_empty_paste_is_reported() -> None:
    ran = typed(b"\x04")
    assert ran.status == 2
    assert "there is no text to explain" in ran.err


def clipboard(folder: Path, tools: dict[str, str], **environment: str) -> Ran:
    """Run `corsense explain --clipboard` where these tools are all that can be found."""
    for name, script in tools.items():
        (folder / name).write_text(f"#!/bin/sh\n{script}\n")
        (folder / name).chmod(0o755)
    return corsense("explain", "--clipboard", environment={"PATH": str(folder), **environment})


@pytest.mark.skipif(os.name != "posix", reason="the tools are scripts of a shell")
@pytest.mark.parametrize(
    ("tool", "environment"),
    [("wl-paste", {"WAYLAND_DISPLAY": "wayland-0"}), ("xclip", {"DISPLAY": ":0"}), ("xsel", {"DISPLAY": ":0"}), ("pbpaste", {})],
)
def test_the_clipboard_is_read_by_the_tool_of_the_session(tmp_path: Path, tool: str, environment: dict[str, str]) -> None:
    ran = clipboard(tmp_path, {tool: f'echo "{MESSAGE}"'}, **environment)
    assert (ran.status, ran.err) == (1, "")
    assert CAUSE in ran.out


@pytest.mark.skipif(os.name != "posix", reason="the tools are scripts of a shell")
def test_a_tool_that_fails_leaves_the_next_a_try(tmp_path: Path) -> None:
    tools = {"xclip": "echo no target >&2; exit 1", "xsel": f'echo "{MESSAGE}"'}
    assert clipboard(tmp_path, tools, DISPLAY=":0").status == 1
    ran = clipboard(tmp_path, {"xsel": "exit 1"}, DISPLAY=":0")
    assert (ran.status, len(ran.err.splitlines())) == (2, 1)
    assert "xclip: no target" in ran.err


def test_without_a_tool_the_remedy_is_to_install_one(tmp_path: Path) -> None:
    ran = clipboard(tmp_path, {})
    assert (ran.status, ran.out) == (2, "")
    assert "install wl-clipboard (Wayland) or xclip (X11)" in ran.err


def test_the_text_is_given_once(tmp_path: Path) -> None:
    ran = corsense("explain", MESSAGE, "--clipboard", folder=tmp_path)
    assert (ran.status, ran.err) == (2, "corsense: give the text once: as an argument, with --file, or with --clipboard.\n")
