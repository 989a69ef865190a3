"""`reflected-origin` in source: the answer names whatever origin the request named."""

from __future__ import annotations

from collections.abc import Iterator

from corsense.lint.guards import is_guarded, origins_written
from corsense.lint.handwritten import text_value
from corsense.lint.program import Module
from corsense.lint.survey import Survey
from corsense.lint.values import Spot
from corsense.lint.violations import Violation

SLUG = "reflected-origin"


def violations(module: Module, survey: Survey) -> Iterator[Violation]:
    """One violation per function: the first header whose value is the request's own Origin, which nothing compared with a
    list."""
    for found in survey.handwritten(module):
        header = next((header for header in origins_written(found) if not is_guarded(found, header)), None)
        if header is None:
            continue
        credentials = found.value_of("access-control-allow-credentials")
        with_cookies = credentials is not None and "true" in text_value(survey.evaluator, module, credentials.value)
        what = "read this API with your users' cookies" if with_cookies else "read its responses"
        message = f"Access-Control-Allow-Origin reflects any Origin. Any site can {what}."
        remedy = "Let CORSMiddleware set it, with a list of origins."
        yield Violation(SLUG, message, Spot(module, header.node), {}, "error" if with_cookies else "warning", remedy)
