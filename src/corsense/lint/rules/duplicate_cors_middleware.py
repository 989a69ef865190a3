"""`duplicate-cors-middleware` in source: one app gets two CORS layers in the same run of the program."""

from __future__ import annotations

from collections.abc import Iterator

from corsense.lint.layers import CorsLayer
from corsense.lint.stacks import Stack
from corsense.lint.survey import Survey
from corsense.lint.violations import Violation

SLUG = "duplicate-cors-middleware"


def violations(stack: Stack, survey: Survey) -> Iterator[Violation]:
    """The last of them."""
    if len({layer.node for layer in stack.cors}) < 2:
        return  # one call, however often it runs
    for first in stack.cors:
        again = [layer for layer in stack.outside(first) if isinstance(layer, CorsLayer) and layer.node is not first.node]
        if again:
            last = again[-1]
            places = f"{first.module.path}:{first.node.lineno} and {last.module.path}:{last.node.lineno}"
            message = f"The app has {len(stack.cors)} CORS layers, {places}. The outermost decides where both allow a page."
            yield Violation(SLUG, message, last.spot, {"layers": len(stack.cors)}, remedy="Keep one of them.", layer=last)
            return
