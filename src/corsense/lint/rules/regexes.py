"""What the rules about `allow_origin_regex` share."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from corsense.diagnose.regexes import regex_fault
from corsense.lint.layers import CorsLayer
from corsense.lint.marks import Mark
from corsense.lint.values import Alternative, Known, combined, text_of, truth


def regex_marks(layer: CorsLayer, slug: str) -> Iterator[Mark]:
    """A mark for each expression whose fault is `slug`."""
    flags = layer.argument("allow_credentials") or (Alternative(Known(False, layer.spot)),)
    seen: set[str] = set()
    for (regex, credentials), _ in combined(layer.argument("allow_origin_regex"), flags):
        text = text_of(regex)
        if text is None or not text.text or text.text in seen or backtracks(text.text):
            continue
        fault = regex_fault(text.text, bool(truth(credentials)))
        if fault is not None and fault.slug == slug:
            seen.add(text.text)
            evidence = {"value": text.text, "admits": fault.admits}
            yield Mark(slug, fault.message, text.spot, evidence, fault.severity, layer=layer)


def backtracks(expression: str) -> bool:
    """Whether trying an expression may take for ever: it repeats what is itself repeated, with nothing in between (`(a+)+`)."""
    parser: Any = re._parser  # type: ignore[attr-defined]
    try:
        return _repeats_repeats(parser.parse(expression))
    except (re.error, RecursionError, OverflowError):
        return False


def _repeats_repeats(items: Any) -> bool:
    for operation, argument in items:
        name = str(operation)
        if name in ("MAX_REPEAT", "MIN_REPEAT"):
            _, most, body = argument
            if (most > 1 and len(body) and all(_may_be_empty_or_long(item) for item in body)) or _repeats_repeats(body):
                return True
        elif any(_repeats_repeats(inner) for inner in _inside(name, argument)):
            return True
    return False


def _inside(name: str, argument: Any) -> list[Any]:
    """The parts of a group, and of a choice."""
    return [argument[-1]] if name == "SUBPATTERN" else list(argument[1]) if name == "BRANCH" else []


def _may_be_empty_or_long(item: Any) -> bool:
    name = str(item[0])
    if name == "SUBPATTERN":
        return all(_may_be_empty_or_long(inner) for inner in item[1][-1])
    return name in ("MAX_REPEAT", "MIN_REPEAT") and (item[1][0] == 0 or item[1][1] > 64)
