"""`websocket-origin-unchecked` in source: pages are restricted by a list, and a websocket takes every page."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from corsense.lint.origins import restricts_origins
from corsense.lint.routes import Route, routes_of
from corsense.lint.stacks import Stack
from corsense.lint.survey import Survey
from corsense.lint.values import Spot
from corsense.lint.violations import Violation

SLUG = "websocket-origin-unchecked"

_CHECKS = ("origin", "token", "auth", "api_key", "apikey", "jwt", "secret", "ticket", "credential", "permission", "verify")


def violations(stack: Stack, survey: Survey) -> Iterator[Violation]:
    """The first websocket that checks neither the origin nor a token."""
    if not any(restricts_origins(layer) and not layer.is_ours for layer in stack.cors):
        return
    open_ones = [
        route
        for route in routes_of(survey.evaluator, stack.scope, stack.name, (b"websocket",))
        if "WEBSOCKET" in route.methods and not _checks(route)
    ]
    if open_ones:
        first = open_ones[0]
        names = ", ".join(route.path or route.function.name for route in open_ones[:5])
        message = f"CORSMiddleware does not check WebSockets. Any page can open {names}."
        remedy = "Compare websocket.headers.get('origin') with your list before accept()."
        yield Violation(SLUG, message, Spot(first.module, first.function), {}, "info", remedy)


def _checks(route: Route) -> bool:
    written = ast.unparse(route.function).lower()
    return any(word in written for word in _CHECKS)
