"""Programs to repair, and what the repaired ones do."""

from __future__ import annotations

import textwrap
from typing import Any

from starlette.middleware.cors import CORSMiddleware


def program(text: str) -> str:
    """A program as its indented text in a test means it."""
    return textwrap.dedent(text).lstrip("\n")


def line_of(text: str, mark: str) -> int:
    """The line, from 1, of the only line that contains `mark`."""
    lines = [number for number, row in enumerate(text.splitlines(), 1) if mark in row]
    assert len(lines) == 1, f"{mark!r} is on lines {lines}"
    return lines[0]


def run(text: str) -> dict[str, Any]:
    """The names a program defines."""
    names: dict[str, Any] = {"__name__": "patched"}
    exec(compile(text, "patched.py", "exec"), names)
    return names


def layers(text: str, app: str = "app") -> list[type]:
    """The middleware classes of a program's app, outermost first."""
    return [layer.cls for layer in run(text)[app].user_middleware]


def cors(text: str, app: str = "app") -> CORSMiddleware:
    """The only CORS layer of a program's app."""
    found = [layer for layer in run(text)[app].user_middleware if issubclass(layer.cls, CORSMiddleware)]
    assert len(found) == 1
    layer: CORSMiddleware = found[0].cls(None, **found[0].kwargs)
    return layer
