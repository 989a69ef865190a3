"""`private-network-headers-obsolete` in source: a function writes the header by hand."""

from __future__ import annotations

from collections.abc import Iterator

from corsense.lint.marks import Mark
from corsense.lint.program import Module
from corsense.lint.survey import Survey
from corsense.lint.values import Spot

SLUG = "private-network-headers-obsolete"


def marks(module: Module, survey: Survey) -> Iterator[Mark]:
    """One mark a function."""
    for found in survey.handwritten(module):
        header = found.value_of("access-control-allow-private-network")
        if header is not None:
            message = "Access-Control-Allow-Private-Network has no effect: no browser reads it any more."
            yield Mark(SLUG, message, Spot(module, header.node), {}, remedy="Remove it.")
