"""`origin-regex-not-a-string` in source: a list, a number or a truth value is given as `allow_origin_regex`."""

from __future__ import annotations

from collections.abc import Iterator

from corsense.diagnose.regexes import not_a_string
from corsense.lint.layers import CorsLayer
from corsense.lint.values import Known, Listed, Setting, Split, Table, Value, entries, is_complete
from corsense.lint.violations import Violation

SLUG = "origin-regex-not-a-string"


def violations(layer: CorsLayer) -> Iterator[Violation]:
    """The first value that Starlette cannot compile."""
    for each in layer.argument("allow_origin_regex"):
        given = _given(each.value)
        if given is not None:
            written = _written_as_bytes(each.value)
            texts = [entry.text for entry in entries(each.value)] if is_complete(each.value) else []
            texts = texts if written is None else [written]
            message, remedy = not_a_string(given, texts, is_bytes=written is not None)
            evidence: dict[str, object] = {"argument": "allow_origin_regex", "values": texts}
            yield Violation(SLUG, message, layer.keyword_spot("allow_origin_regex"), evidence, "error", remedy, layer)
            break


def _written_as_bytes(value: Value) -> str | None:
    match value:
        case Known(value=bytes(expression)):
            return expression.decode("latin-1")
        case _:
            return None


def _given(value: Value) -> str | None:
    """What is given, in words; None where it may be an expression."""
    match value:
        case Setting(default=Listed() | Split() as default):
            return _given(default)
        case Listed() | Split():
            return "a list"
        case Table():
            return "a dict"
        case Known(value=None | str()):
            return None
        case Known(value=constant):
            return repr(constant)
        case _:
            return None
