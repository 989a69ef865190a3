"""`manual-cors-headers` in source: a function writes CORS headers itself."""

from __future__ import annotations

from collections.abc import Iterator

from corsense.lint.evaluation import Evaluator
from corsense.lint.handwritten import handwritten
from corsense.lint.marks import Mark
from corsense.lint.program import Module
from corsense.lint.values import Spot

SLUG = "manual-cors-headers"


def marks(module: Module, evaluator: Evaluator) -> Iterator[Mark]:
    """One mark a function that names the origin."""
    for found in handwritten(evaluator, module):
        first = found.value_of("access-control-allow-origin")
        if first is not None:
            message = "CORS headers are written by hand: preflights, error answers and Vary are left out."
            yield Mark(SLUG, message, Spot(module, first.node), {}, remedy="Leave them to CORSMiddleware.")
