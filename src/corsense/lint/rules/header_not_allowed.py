"""`header-not-allowed` in source: the app reads a token from `Authorization`, and its CORS layer does not allow that header."""

from __future__ import annotations

from collections.abc import Iterator

from corsense.lint.routes import routes_of
from corsense.lint.rules.method_not_allowed import is_string, listed
from corsense.lint.stacks import Stack
from corsense.lint.survey import Survey
from corsense.lint.violations import Violation

SLUG = "header-not-allowed"


def violations(stack: Stack, survey: Survey) -> Iterator[Violation]:
    """Headers that the app's security schemes read and the list lacks."""
    read: list[str] | None = None
    for layer in stack.answering:
        given = layer.argument("allow_headers")
        if layer.is_ours or (not given and not layer.complete) or not layer.argument("allow_origins"):
            continue
        lists = [listed(each.value) for each in given] if given else [()]
        allowed = lists[0]
        if len(lists) != 1 or allowed is None or "*" in allowed or is_string(given):
            continue
        names = {header.lower() for header in allowed}
        read = _headers_read(stack, survey) if read is None else read
        missing = [header for header in read if header.lower() not in names]
        if missing:
            default = "" if given else " Without allow_headers, no header is allowed."
            verb = "is" if len(missing) == 1 else "are"
            message = (
                f"{', '.join(missing)} {verb} not in allow_headers. The app reads {'it' if len(missing) == 1 else 'them'}, but "
                f"preflights that ask for {'it' if len(missing) == 1 else 'them'} fail.{default}"
            )
            evidence = {"headers": missing, "allow_headers": list(allowed)}
            remedy = f"allow_headers={[*allowed, *missing]!r}"
            yield Violation(SLUG, message, layer.keyword_spot("allow_headers"), evidence, "warning", remedy, layer)


def _headers_read(stack: Stack, survey: Survey) -> list[str]:
    """The headers that security schemes read in the modules of the app's routes and in what those import of the program."""
    if not survey.may_read_headers(stack.scope.module):
        return []
    routes = routes_of(survey.evaluator, stack.scope, stack.name)
    modules = {route.module for route in routes} | {stack.scope.module}
    found = {header for module in modules for path in survey.program_around(module) for header in survey.headers_read(path)}
    return sorted(found, key=lambda header: (header != "Authorization", header))
