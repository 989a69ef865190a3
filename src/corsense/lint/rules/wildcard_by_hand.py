"""`wildcard-with-credentials` in source: headers written by hand allow every origin, and credentials."""

from __future__ import annotations

from collections.abc import Iterator

from corsense.lint.conditions import path_of
from corsense.lint.evaluation import Evaluator
from corsense.lint.handwritten import Handwritten, Written, values_with_origin
from corsense.lint.program import Module
from corsense.lint.survey import Survey
from corsense.lint.values import Spot, compatible
from corsense.lint.violations import Violation

SLUG = "wildcard-with-credentials"


def violations(module: Module, survey: Survey) -> Iterator[Violation]:
    """Functions that write `*` beside `true` in answers to pages."""
    for found in survey.handwritten(module):
        origin = _wildcard_with_credentials(survey.evaluator, found)
        if origin is not None:
            message = "Browsers refuse Access-Control-Allow-Origin: * with credentials. The response must name the page's origin."
            remedy = "Leave both to CORSMiddleware with the origins that may send cookies."
            yield Violation(SLUG, message, Spot(module, origin.node), {}, "error", remedy)


def _wildcard_with_credentials(evaluator: Evaluator, found: Handwritten) -> Written | None:
    """The header that says `*` where another says `true` in the same run of the function."""
    origins = [header for header in found.headers if header.name == "access-control-allow-origin"]
    flags = [header for header in found.headers if header.name == "access-control-allow-credentials"]
    for origin in origins:
        if flags and "*" in values_with_origin(evaluator, found, origin):
            path = path_of(found.module, origin.node)
            for flag in flags:
                if compatible(path, path_of(found.module, flag.node)) and "true" in values_with_origin(evaluator, found, flag):
                    return origin
    return None
