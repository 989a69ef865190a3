"""`private-network-headers-obsolete` in source: a function writes the header by hand."""

from __future__ import annotations

from collections.abc import Iterator

from corsense.lint.program import Module
from corsense.lint.survey import Survey
from corsense.lint.values import Spot
from corsense.lint.violations import Violation

SLUG = "private-network-headers-obsolete"


def violations(module: Module, survey: Survey) -> Iterator[Violation]:
    """One violation per function."""
    for found in survey.handwritten(module):
        header = found.value_of("access-control-allow-private-network")
        if header is not None:
            message = "Access-Control-Allow-Private-Network has no effect. Browsers no longer read it."
            yield Violation(SLUG, message, Spot(module, header.node), {}, remedy="Remove it.")
