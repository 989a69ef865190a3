"""`method-not-allowed` in source: the app serves a method that its CORS layer does not allow."""

from __future__ import annotations

from collections.abc import Iterator

from corsense.lint.layers import CorsLayer
from corsense.lint.routes import routes_of, words_of
from corsense.lint.stacks import Stack
from corsense.lint.survey import Survey
from corsense.lint.values import Alternatives, Value, entries, is_complete, text_of
from corsense.lint.violations import Violation

SLUG = "method-not-allowed"

_ASKED_FOR = ("POST", "PUT", "PATCH", "DELETE")


def violations(stack: Stack, survey: Survey) -> Iterator[Violation]:
    """Methods of routes that the list lacks, and methods in lower case, which are others."""
    served: dict[str, bool] = {}
    for layer in stack.answering:
        given = layer.argument("allow_methods")
        if layer.is_ours or (not given and not layer.complete) or not layer.argument("allow_origins"):
            continue
        lists = [listed(each.value) for each in given] if given else [("GET",)]
        allowed = lists[0]
        if len(lists) != 1 or allowed is None or "*" in allowed or is_string(given):
            continue
        lower = [method for method in allowed if method != method.upper() and method.upper() in (*_ASKED_FOR, "GET")]
        missing = [method for method in _ASKED_FOR if method not in allowed and _serves(stack, survey, method, served)]
        if missing:
            yield _violation(layer, missing, allowed, bool(given))
        elif lower:
            message = f"{lower[0]!r} in allow_methods must be upper case. It does not allow {lower[0].upper()}."
            yield Violation(
                SLUG, message, layer.keyword_spot("allow_methods"), {"methods": [m.upper() for m in lower]}, layer=layer
            )


def is_string(given: Alternatives) -> bool:
    """Whether a string stands in the place of the list, which is a finding of its own."""
    return any(text_of(each.value) is not None for each in given)


def _serves(stack: Stack, survey: Survey, method: str, known: dict[str, bool]) -> bool:
    if method not in known:
        routes = routes_of(survey.evaluator, stack.scope, stack.name, words_of(method))
        known[method] = any(method in route.methods for route in routes)
    return known[method]


def listed(value: Value) -> tuple[str, ...] | None:
    """The strings of a list that is known whole; None where it is not."""
    text = text_of(value)
    if text is not None:
        return (text.text,)
    return tuple(entry.text for entry in entries(value)) if is_complete(value) else None


def _violation(layer: CorsLayer, missing: list[str], allowed: tuple[str, ...], given: bool) -> Violation:
    names = ", ".join(missing)
    default = "" if given else " Without allow_methods, only GET is allowed."
    verb = "is" if len(missing) == 1 else "are"
    it = "it" if len(missing) == 1 else "them"
    message = f"{names} {verb} not in allow_methods. The app serves {it}, but preflights that ask for {it} fail.{default}"
    evidence = {"methods": missing, "allow_methods": list(allowed)}
    remedy = f"allow_methods={sorted({*allowed, *missing})!r}"
    return Violation(SLUG, message, layer.keyword_spot("allow_methods"), evidence, "warning", remedy, layer)
