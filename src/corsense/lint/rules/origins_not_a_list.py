"""`origins-not-a-list` in source: `allow_origins`, or another list, is one string."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from corsense.lint.accessors import splitting_accessors
from corsense.lint.layers import CorsLayer
from corsense.lint.values import Known, Setting, Spot, Value
from corsense.lint.violations import Violation

SLUG = "origins-not-a-list"
_OTHERS = ("allow_methods", "allow_headers", "expose_headers")


def violations(layer: CorsLayer) -> Iterator[Violation]:
    """Strings in the place of a list."""
    for argument in _OTHERS:
        for each in layer.argument(argument):
            if isinstance(each.value, Known) and isinstance(each.value.value, str) and not layer.is_ours:
                yield from _other(layer, argument, each.value.value)
                break
    for each in layer.argument("allow_origins"):
        found = _string(each.value)
        if found is not None:
            yield _violation(layer, *found, accessor=_accessor(layer, found[0]))
            break


def _other(layer: CorsLayer, argument: str, text: str) -> Iterator[Violation]:
    """A string of methods or headers: only `*` means the same as in a list."""
    if "*" in text:
        return
    parts = [part.strip() for part in text.split(",") if part.strip()]
    message = f"{argument} is the string {text!r}, not a list. Starlette takes each of its letters for a value."
    evidence = {"argument": argument, "value": text}
    yield Violation(SLUG, message, layer.keyword_spot(argument), evidence, "warning", f"{argument}={parts!r}", layer)


def _string(value: Value) -> tuple[str | None, str | None, Spot] | None:
    """What is given, by which setting, where; None where it is not a string."""
    match value:
        case Known(value=str(text), spot=spot):
            return text, None, spot
        case Setting(name=name, default=Known(value=str(text)), spot=spot):
            return text, name, spot
        case Setting(name=name, default=None, is_text=True, spot=spot):
            return None, name, spot
        case _:
            return None


def _accessor(layer: CorsLayer, text: str | None) -> str | None:
    """What to read in place of the string, where the settings split it themselves."""
    given = layer.keyword_spot("allow_origins")
    if layer.evaluator is None or not isinstance(given.node, ast.keyword):
        return None
    return next(iter(splitting_accessors(layer.evaluator, given.module, given.node.value, text or "")), None)


def _violation(layer: CorsLayer, text: str | None, setting: str | None, spot: Spot, *, accessor: str | None) -> Violation:
    given = f"the string {text!r}" if setting is None else f"{setting}, one string"
    if text is not None and "*" in text:
        why = "The string contains a *, so Starlette allows every origin."
    else:
        why = "Any part of it passes, because Starlette looks for the origin inside the string."
    message = f"allow_origins is {given}, not a list. {why}"
    remedy = (
        f"allow_origins=[{text!r}]" if setting is None else f'allow_origins=[origin.strip() for origin in {setting}.split(",")]'
    )
    if accessor is not None:
        message += f" {accessor} splits it."
        remedy = f"allow_origins={accessor}"
    evidence = {"value": text if text is not None else setting}
    return Violation(SLUG, message, layer.keyword_spot("allow_origins"), evidence, "error", remedy, layer)
