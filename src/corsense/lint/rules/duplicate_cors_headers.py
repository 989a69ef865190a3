"""`duplicate-cors-headers` in source: a layer outside the CORS layer adds the header once more."""

from __future__ import annotations

from collections.abc import Iterator

from corsense.lint.stacks import Stack
from corsense.lint.survey import Survey
from corsense.lint.values import FunctionValue, Spot
from corsense.lint.violations import Violation

SLUG = "duplicate-cors-headers"


def violations(stack: Stack, survey: Survey) -> Iterator[Violation]:
    """Hand-written layers outside that append `Access-Control-Allow-Origin` to an answer that has it."""
    if not any(isinstance(layer.made_of, FunctionValue) for layer in stack.layers):
        return
    for cors in stack.cors:
        for layer in stack.outside(cors):
            function = layer.made_of
            if not isinstance(function, FunctionValue):
                continue
            for found in survey.handwritten(function.module):
                header = found.value_of("access-control-allow-origin")
                if header is not None and header.appended and found.scope.node is function.node:
                    message = (
                        f"{layer.name} adds a second Access-Control-Allow-Origin. It is outside CORSMiddleware, and browsers "
                        "refuse two."
                    )
                    yield Violation(SLUG, message, Spot(function.module, header.node), {}, "error", "Remove it.", cors)
