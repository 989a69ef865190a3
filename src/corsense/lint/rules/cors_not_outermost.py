"""`cors-not-outermost` in source: a layer that answers by itself is added after the CORS layer, hence outside it."""

from __future__ import annotations

from collections.abc import Iterator

from corsense.lint.answering import own_answer, writes_cors_headers
from corsense.lint.layers import CorsLayer, Layer
from corsense.lint.stacks import Stack
from corsense.lint.survey import Survey
from corsense.lint.violations import Violation

SLUG = "cors-not-outermost"


def violations(stack: Stack, survey: Survey) -> Iterator[Violation]:
    """Each layer outside the outermost CORS layer that can answer by itself."""
    seen: set[int] = set()
    writers = [layer for layer in stack.layers if writes_cors_headers(layer)]
    for cors in stack.cors:
        if any(isinstance(layer, CorsLayer) for layer in _outside(stack, cors)):
            continue
        for layer in _outside(stack, cors):
            if id(layer.node) in seen or _is_inside_any(stack, layer, writers):
                continue
            how = own_answer(survey.evaluator, layer)
            if how is None:
                continue
            seen.add(id(layer.node))
            where = f"{cors.module.path}:{cors.node.lineno}"
            message = (
                f"{layer.name} is outside CORSMiddleware ({where}), and it {how}. That response has no CORS headers; the layer "
                "added last is the outermost."
            )
            evidence = {"layer": layer.name, "cors_file": str(cors.module.path), "cors_line": cors.node.lineno}
            remedy = "Add CORSMiddleware after all other middleware, so that it is outermost."
            yield Violation(SLUG, message, layer.spot, evidence, remedy=remedy, layer=cors)


def _outside(stack: Stack, cors: CorsLayer) -> Iterator[Layer]:
    """The layers around a CORS layer; around one that wraps the app, only those that wrap it as well."""
    return (layer for layer in stack.outside(cors) if cors.form != "wrapped" or layer.form == "wrapped")


def _is_inside_any(stack: Stack, layer: Layer, writers: list[Layer]) -> bool:
    """Whether a layer that writes CORS headers by hand is around a layer: its answers have them then."""
    return bool(writers) and any(outer in writers for outer in stack.outside(layer))
