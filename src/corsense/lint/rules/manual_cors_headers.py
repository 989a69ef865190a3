"""`manual-cors-headers` in source: a function writes CORS headers itself."""

from __future__ import annotations

from collections.abc import Iterator

from corsense.lint.program import Module
from corsense.lint.survey import Survey
from corsense.lint.values import Spot
from corsense.lint.violations import Violation

SLUG = "manual-cors-headers"


def violations(module: Module, survey: Survey) -> Iterator[Violation]:
    """One violation per function that names the origin. A handler of all exceptions has to: it runs outside every layer."""
    for found in survey.handwritten(module):
        first = found.value_of("access-control-allow-origin")
        if first is not None and found.scope.node not in survey.handlers_of_all:
            message = "CORS headers are written by hand. Preflights, error responses and Vary are not covered."
            yield Violation(SLUG, message, Spot(module, first.node), {}, remedy="Let CORSMiddleware set them.")
