"""`vary-origin-missing` in source: a hand-written answer depends on the origin, and does not say so to caches."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from corsense.lint.guards import is_guarded, is_handed, is_of_request
from corsense.lint.program import Module
from corsense.lint.survey import Survey
from corsense.lint.values import Spot
from corsense.lint.violations import Violation

SLUG = "vary-origin-missing"


def violations(module: Module, survey: Survey) -> Iterator[Violation]:
    """Functions that answer with the request's origin and write no Vary."""
    for found in survey.handwritten(module):
        header = found.value_of("access-control-allow-origin")
        if header is None or not (is_handed(found, header) or (is_of_request(found, header) and is_guarded(found, header))):
            continue  # what names every origin has a worse fault
        around = found.scope.parent.node if found.scope.parent is not None else found.scope.node
        speaking = around if isinstance(around, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) else found.scope.node
        if "vary" not in ast.unparse(speaking).lower():
            message = (
                "The response names the request's origin without Vary: Origin. A cache can serve it to pages of other origins."
            )
            remedy = 'response.headers.add_vary_header("Origin")'
            yield Violation(SLUG, message, Spot(module, header.node), {}, remedy=remedy)
