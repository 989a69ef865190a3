"""What axe-core finds wrong in a page."""

from __future__ import annotations

from functools import cache
from typing import Any

from docs.generator.playground import PYODIDE

_AXE = PYODIDE.parent / "axe-core" / "axe.min.js"


@cache
def _source() -> str:
    return _AXE.read_text(encoding="utf-8")


def violations(page: Any) -> list[str]:
    """The rules that the page breaks, with where."""
    page.evaluate(_source())
    found: list[str] = page.evaluate(
        """async () => (await axe.run(document, { resultTypes: ["violations"] })).violations.flatMap(
          ({ id, nodes }) => nodes.map(({ target, failureSummary }) => `${id}: ${target} ${failureSummary}`)
        )"""
    )
    return found
