"""`wildcard-with-credentials` in source: headers written by hand allow every origin, and credentials."""

from __future__ import annotations

from collections.abc import Iterator

from corsense.lint.evaluation import Evaluator
from corsense.lint.handwritten import handwritten, text_value
from corsense.lint.marks import Mark
from corsense.lint.program import Module
from corsense.lint.rules.reflected_origin import is_of_request
from corsense.lint.values import Spot

SLUG = "wildcard-with-credentials"


def marks(module: Module, evaluator: Evaluator) -> Iterator[Mark]:
    """Functions that write a literal `*` beside `true`."""
    for found in handwritten(evaluator, module):
        origin = found.value_of("access-control-allow-origin")
        credentials = found.value_of("access-control-allow-credentials")
        if origin is None or credentials is None or is_of_request(found, origin):
            continue  # `*` where a request has no origin reaches no page
        if "*" in text_value(evaluator, module, origin.value) and "true" in text_value(evaluator, module, credentials.value):
            message = "Access-Control-Allow-Origin: * with Access-Control-Allow-Credentials: true: browsers refuse the pair."
            remedy = "Leave both to CORSMiddleware with the origins that may send cookies."
            yield Mark(SLUG, message, Spot(module, origin.node), {}, "error", remedy)
